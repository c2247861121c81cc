"""`python -m sandbox`: brings the parts up, fills the source, says how they are, takes them down."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence

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
    traffic_text = "write orders to the seeded shop, until Ctrl-C or for some seconds"
    traffic = commands.add_parser("traffic", help=traffic_text, description=traffic_text)
    traffic.add_argument("--rate", type=_positive, default=200, metavar="N", help="transactions a second (200)")
    traffic.add_argument("--seconds", type=_positive, metavar="N", help="stop after this time")
    traffic.add_argument("--seed", type=int, help="of the random orders; a fixed one orders once only")
    return parser.parse_args(given)


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"'{text}' is no number above 0")
    return number


def _traffic(sandbox: Sandbox, rate: float, seconds: float | None, seed: int | None) -> None:
    from .shop.traffic import Traffic

    # A new seed each time: the numbers of its orders must not meet those of the last run.
    traffic = Traffic(sandbox.endpoint("mysql_source"), rate=rate, seed=int(time.time()) if seed is None else seed)
    deadline = time.monotonic() + (seconds or float("inf"))
    # Not a KeyboardInterrupt somewhere in the middle: the account at the end is the point.
    interrupted = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: interrupted.set())
    with traffic:
        while time.monotonic() < deadline and not interrupted.wait(min(1.0, max(0.0, deadline - time.monotonic()))):
            if sys.stderr.isatty():
                account = traffic.account()
                sys.stderr.write(f"\rtraffic  {account.commits:,} commits  {account.rate:.0f}/s ")
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
    account = traffic.account()
    errors = ", ".join(f"{count} x error {number}" for number, count in sorted(account.errors.items())) or "no errors"
    tell(
        Report(
            "traffic",
            "done",
            f"{account.commits:,} commits ({account.inserted:,} new, {account.updated:,} changed, "
            f"{account.deleted:,} deleted orders), {account.rate:.0f}/s, {errors}",
            account.seconds,
        )
    )


def _seed(sandbox: Sandbox) -> None:
    from .shop import seed as shop

    scale = shop.scale_from_environment()
    endpoint = sandbox.endpoint("mysql_source")
    began = time.monotonic()
    terminal = sys.stderr.isatty()
    progress = shop.show_progress(sys.stderr.write) if terminal else shop.quiet
    try:
        seeded = shop.seed(endpoint, scale, progress)
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
                _traffic(sandbox, arguments.rate, arguments.seconds, arguments.seed)
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
