"""`python -m sandbox`: brings the parts up, fills the source, uses its shop, says how they are, takes them down."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pymysql

from . import parts
from .errors import SandboxError
from .sandbox import Report, Sandbox


def tell(report: Report) -> None:
    seconds = "" if report.seconds is None else f"{report.seconds:6.1f} s"
    print(f"{report.name:<14}{report.word:<10}{seconds:<10}{report.detail}".rstrip(), flush=True)


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in (
        ("up", "start parts (all but web when none is named) and wait until they are ready"),
        ("status", "say which parts are up, and where"),
        ("down", "stop parts; their data stays"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("parts", nargs="*", metavar="PART", help=f"one or more of: {', '.join(parts.NAMES)}")
        if name == "down":
            command.add_argument("--purge", action="store_true", help="remove their data too")
    seed_text = "fill the source with the shop (SHOP_SCALE rows, default 300000); nothing when it is so already"
    commands.add_parser("seed", help=seed_text, description=seed_text)
    traffic_text = "use the shop as its customers do, and prove afterwards that none of their writes is lost"
    traffic = commands.add_parser("traffic", help=traffic_text, description=traffic_text)
    actions = traffic.add_subparsers(dest="action", required=True, metavar="ACTION")
    start_text = "start customers in a process of its own, which goes on until it is stopped"
    start = actions.add_parser("start", help=start_text, description=start_text)
    start.add_argument("--rate", type=_positive, default=200, metavar="N", help="commits a second in all (200)")
    start.add_argument(
        "--clients", type=int, metavar="N", help="writing clients (one for 25 commits a second, at least 8)"
    )
    start.add_argument(
        "--env-file", type=Path, metavar="FILE", help="read the database from this .env file instead of the secret"
    )
    for name, text in (("status", "say what the customers saw until now"), ("stop", "stop the customers")):
        actions.add_parser(name, help=text, description=text)
    audit_text = "compare a server with what the customers were told; fails when anything is lost, doubled or torn"
    audit = actions.add_parser("audit", help=audit_text, description=audit_text)
    audit.add_argument("--against", choices=("source", "target"), default="source", help="which server (source)")
    audit.add_argument("--json", type=Path, metavar="FILE", help="write the same and the commits of every second to it")
    audit.add_argument(
        "--since", type=_moment, default=0.0, metavar="TIME", help="tell what customers saw from then on (ISO 8601)"
    )
    return parser.parse_args(given)


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"'{text}' is no number above 0")
    return number


def _moment(text: str) -> float:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no time such as 2026-01-31T12:00:00Z") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _traffic(sandbox: Sandbox, arguments: argparse.Namespace) -> int:
    from .traffic import process
    from .traffic.document import document
    from .traffic.words import audit_lines

    match arguments.action:
        case "start":
            tell(process.start_traffic(sandbox, arguments.rate, arguments.clients, arguments.env_file))
        case "stop":
            tell(process.stop_traffic(sandbox))
        case "status":
            tell(process.traffic_status(sandbox))
        case "audit":
            audit = process.audit_of(sandbox, arguments.against, arguments.since)
            if arguments.json:
                entries = process.ledger_of(sandbox, arguments.against).read()
                arguments.json.parent.mkdir(parents=True, exist_ok=True)
                arguments.json.write_text(json.dumps(document(audit, entries)) + "\n")
            for topic, words in audit_lines(audit):
                print(f"{topic:<14}{words}")
            return 0 if audit.passed else 1
    return 0


def _seed(sandbox: Sandbox) -> None:
    from .shop import seed as shop

    scale = shop.scale_from_environment()
    endpoint = sandbox.endpoint("mysql_source")
    began = time.monotonic()
    terminal = sys.stderr.isatty()
    progress = shop.show_progress(sys.stderr.write) if terminal else shop.quiet
    try:
        seeded = shop.seed(endpoint, scale, progress)
        shop.let_application_in(endpoint, sandbox.application(endpoint))
    finally:
        if terminal:
            sys.stderr.write("\r\033[K")
    size = f"{seeded.rows:,} rows, {seeded.tables} tables, {seeded.foreign_keys} foreign keys"
    tell(Report("seed", "was there" if seeded.already else "done", size, time.monotonic() - began))


def main(given: Sequence[str] | None = None) -> int:
    arguments = _arguments(given)
    sandbox = Sandbox()
    try:
        match arguments.command:
            case "up":
                sandbox.up(arguments.parts, tell)
            case "status":
                for report in sandbox.status(arguments.parts):
                    tell(report)
            case "seed":
                _seed(sandbox)
            case "traffic":
                return _traffic(sandbox, arguments)
            case "down":
                sandbox.down(arguments.parts, purge=arguments.purge, tell=tell)
    except SandboxError as error:
        print(error, file=sys.stderr)
        return 1
    except (pymysql.MySQLError, OSError) as error:
        print(f"The {arguments.command} ended early: {error}; run the same command again.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; the same command goes on from here.", file=sys.stderr, flush=True)
        # Not sys.exit: it would wait for the threads that bring the other parts up.
        os._exit(130)
    return 0


if __name__ == "__main__":
    sys.exit(main())
