"""A controller that pauses the source under a watchdog: a program of its own that tests can kill or stop.

Reads one JSON line {source, target, accounts, job}, then `disarm`; says what it has done, a word a line.
"""

from __future__ import annotations

import json
import sys
from contextlib import closing

from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError
from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import Server, connect
from ansible_collections.replatform.aws.plugins.module_utils.mysql.journal import MysqlJournal
from ansible_collections.replatform.aws.plugins.module_utils.mysql.pause import best, ways
from ansible_collections.replatform.aws.plugins.module_utils.mysql.watchdog import Job, Watchdog


def main() -> None:
    given = json.loads(sys.stdin.readline())
    source, target = (Server.of(role, given[role]) for role in ("source", "target"))
    job = given["job"]
    here = connect(source)
    with closing(MysqlJournal(target, job["journal_schema"], job["migration"])) as journal:
        journal.prepare()
        epoch = journal.take(source="a test's", lease_s=60)
        way = best(ways(source, here, given["schemas"], []))
        journal.note({"pause": way.facts})
        dog = Watchdog(Job(source.as_dict(), target.as_dict(), epoch=epoch, pause=way.facts, **job))
        dog.arm()
        way.pause(5)
        dog.check()
        print(f"paused {dog.pid}", flush=True)
        sys.stdin.readline()
        try:
            dog.disarm(here)
        except ReplatformError as error:
            print(error.code, flush=True)
        else:
            print("disarmed", flush=True)


main()
