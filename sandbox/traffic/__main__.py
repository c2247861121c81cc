"""The process of the traffic: `python -m sandbox traffic start` starts it."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import uuid
from pathlib import Path

import pymysql

from ..errors import SandboxError
from ..sandbox import Sandbox
from ..secrets_store import APPLICATION
from ..state import write_private
from .clients import Traffic
from .ledger import Ledger
from .process import current_file, ledger_file, ledger_name
from .settings import from_env_file, from_secret


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox.traffic", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--clients", type=int, required=True)
    parser.add_argument("--env-file", type=Path)
    arguments = parser.parse_args()
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    sandbox = Sandbox(arguments.folder)
    try:
        if arguments.env_file:
            read = from_env_file(arguments.env_file)
        else:
            read = from_secret(sandbox.endpoint("aws"), APPLICATION)
        name = ledger_name(read(), otherwise=str(uuid.uuid4()))
        with (
            Ledger(ledger_file(sandbox, name)) as ledger,
            Traffic(read, ledger, rate=arguments.rate, clients=arguments.clients),
        ):
            write_private(current_file(sandbox), name)
            stopping.wait()
    except (SandboxError, pymysql.MySQLError, OSError) as error:
        print(f"The shop's application has no database: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
