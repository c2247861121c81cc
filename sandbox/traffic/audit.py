"""The proof that a database holds what customers were told: every acknowledged commit once and whole, nothing else."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pymysql

from ..errors import SandboxError
from ..mysqld import connect
from ..shop.operations import SCHEMA as MARKS
from ..shop.tables import BY_NAME, SCHEMA
from .ledger import Entry, Ledger
from .operations import ADDRESSES, PREFIX, WISHES

LOST, DOUBLED, INCONSISTENT = "lost", "doubled", "inconsistent"
EVERYONE = -1
PARENTS = ("orders", "users", "addresses", "wishlists")
CHILDREN = ("order_items", "order_status_history", "payments", "tickets", "addresses", "orders", "users", "wishlists",
            "wishlist_items")  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """What is not as the ledger says: `kind` is lost, doubled or inconsistent."""

    kind: str
    subject: str
    sentence: str


@dataclass(frozen=True)
class Gap:
    """A time without any acknowledged commit, between these servers."""

    ms: float = 0.0
    began: float = 0.0
    servers: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Client:
    """What one writing client saw."""

    number: int
    acknowledged: int
    retried: int
    gap: Gap
    errors: Mapping[int, int]


@dataclass(frozen=True)
class Account:
    """What all clients saw together; `gap` is the longest time in which none of them got a commit acknowledged."""

    began: float
    seconds: float
    acknowledged: int
    unknown: int
    retried: int
    reads: int
    gap: Gap
    errors: Mapping[int, int]
    servers: Mapping[str, int]
    clients: Sequence[Client]

    @property
    def rate(self) -> float:
        return self.acknowledged / self.seconds if self.seconds else 0.0

    @property
    def longest_pause_ms(self) -> float:
        """Of the client that waited longest from one acknowledged commit to its next."""
        return max((client.gap.ms for client in self.clients), default=0.0)


@dataclass(frozen=True)
class Audit:
    """What a server holds, compared with what the customers were told."""

    server: str
    account: Account
    present_unknown: int
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        return not self.findings

    @property
    def lost(self) -> int:
        return self._count(LOST)

    @property
    def doubled(self) -> int:
        return self._count(DOUBLED)

    @property
    def inconsistent(self) -> int:
        return self._count(INCONSISTENT)

    @property
    def gap_ms(self) -> float:
        return self.account.gap.ms

    @property
    def errors(self) -> Mapping[int, int]:
        return self.account.errors

    def _count(self, kind: str) -> int:
        return len({finding.subject for finding in self.findings if finding.kind == kind})


@dataclass
class Operation:
    """One operation of the ledger; `state` is asked, acknowledged or refused."""

    name: str
    entry: Entry
    state: str = "asked"


@dataclass
class Found:
    """What a database holds of the traffic."""

    marks: Mapping[str, int] = field(default_factory=dict)
    orders: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    customers: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    tickets: Mapping[str, Sequence[str | None]] = field(default_factory=dict)
    stock: Sequence[tuple[int, int, int]] = ()
    orphans: Sequence[tuple[str, str, int]] = ()


def audit(endpoint: Mapping[str, Any], ledger: Ledger, *, since: float = 0.0, until: float = float("inf")) -> Audit:
    """The server against the ledger, also while the traffic runs; the account is of the time from `since` to `until`.

    Raises: SandboxError when the ledger or the server's marks cannot be read.
    """
    # What was acknowledged before the snapshot must be in it; what came after may be.
    certain = sum(1 for _ in ledger.read())
    try:
        with (
            connect(endpoint, database=SCHEMA, autocommit=False, read_timeout=300) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
            cursor.execute("SELECT @@server_uuid")
            server = str((cursor.fetchone() or ("",))[0])
            found = _found(cursor)
    except pymysql.MySQLError as error:
        raise SandboxError(
            f"{endpoint['host']}:{endpoint['port']} cannot be audited: {error.args[-1]}; is the shop there?"
        ) from error
    entries = list(ledger.read())
    unanswered = (each.name for each in operations(entries).values() if each.state == "asked")
    present = sum(1 for name in unanswered if found.marks.get(name))
    return Audit(server, account(entries, since, until), present, tuple(findings(operations(entries, certain), found)))


def operations(entries: Iterable[Entry], certain: int | None = None) -> dict[str, Operation]:
    """Every operation that a client asked to commit, by name; acknowledged only by the first `certain` entries."""
    known: dict[str, Operation] = {}
    for number, entry in enumerate(entries):
        if "ask" in entry:
            known[entry["ask"]] = Operation(entry["ask"], entry)
        elif "refused" in entry:
            known[entry["refused"]].state = "refused"
        elif "ack" in entry and (certain is None or number < certain):
            known[entry["ack"]].state = "acknowledged"
    return known


def findings(known: Mapping[str, Operation], found: Found) -> Iterator[Finding]:
    """Everything in which the database differs from the ledger."""
    yield from _marks(known, found)
    subjects: dict[str, list[Operation]] = defaultdict(list)
    for operation in known.values():
        if found.marks.get(operation.name):
            subjects[operation.entry["subject"]].append(operation)
    # Whatever became of the marks: nothing of a subject without any may be there either.
    for name in {*found.orders, *found.customers, *found.tickets} - set(subjects):
        yield Finding(INCONSISTENT, name, f"{name} is there, and no operation that made it.")
    for name, done in subjects.items():
        first, last = done[0].entry, done[-1]
        if first["ask"] != name:
            yield Finding(LOST, name, f"{name} was changed by {done[0].name}, and what made it is not there.")
        elif first["kind"] == "order":
            yield from _order(first, last, found)
        else:
            yield from _customer(name, last, found)
    for stock, expected, quantity in found.stock:
        yield Finding(
            INCONSISTENT, f"stock {stock}", f"stock_levels {stock} is {quantity}, its movements make it {expected}."
        )
    for child, parent, count in found.orphans:
        yield Finding(INCONSISTENT, child, f"{count} rows of {child} point to rows of {parent} that are not there.")


def _marks(known: Mapping[str, Operation], found: Found) -> Iterator[Finding]:
    for name, operation in known.items():
        count = found.marks.get(name, 0)
        if count > 1:
            yield Finding(DOUBLED, name, f"{name} was written {count} times.")
        elif operation.state == "acknowledged" and not count:
            yield Finding(LOST, name, f"{name} ({operation.entry['kind']}) was acknowledged and is not there.")
        elif operation.state == "refused" and count:
            yield Finding(INCONSISTENT, name, f"{name} was refused and is there.")
    for name in found.marks.keys() - known.keys():
        yield Finding(INCONSISTENT, name, f"{name} is there, and no client asked for it.")


def _order(first: Entry, last: Operation, found: Found) -> Iterator[Finding]:
    name = first["ask"]
    deleted = last.entry["kind"] == "cancel"
    row = found.orders.get(name)
    if deleted and row:
        yield Finding(LOST, last.name, f"{name} was deleted by {last.name} and is there.")
    elif not deleted and not row:
        yield Finding(LOST, last.name, f"{name}, last written by {last.name}, is not there.")
    elif row:
        note, items, history, payments, reference = row
        for what, count, wanted in (
            ("items", items, first["items"]),
            ("history", history, 1),
            ("payments", payments, 1),
        ):
            if count != wanted:
                kind = LOST if count < wanted else DOUBLED
                yield Finding(kind, name, f"{name} has {count} rows of {what} instead of {wanted}.")
        for what, value in (("orders", note), ("payments", reference)):
            if value != last.name:
                yield Finding(LOST, last.name, f"{name} has '{value}' in {what}; {last.name} wrote it last.")
    wanted_tickets = [None if deleted else name] if first["ticket"] else []
    tickets = list(found.tickets.get(name, ()))
    if len(tickets) != len(wanted_tickets):
        kind = LOST if len(tickets) < len(wanted_tickets) else DOUBLED
        yield Finding(kind, name, f"{name} has {len(tickets)} tickets instead of {len(wanted_tickets)}.")
    elif tickets != wanted_tickets:
        yield Finding(
            INCONSISTENT, name, f"The ticket of {name} belongs to order {tickets[0]}, not {wanted_tickets[0]}."
        )


def _customer(name: str, last: Operation, found: Found) -> Iterator[Finding]:
    deleted = last.entry["kind"] == "leave"
    row = found.customers.get(name)
    if deleted and row:
        yield Finding(LOST, last.name, f"Customer {name} left by {last.name} and is there.")
    elif not deleted and not row:
        yield Finding(LOST, name, f"Customer {name} is not there.")
    elif row:
        for what, count, wanted in zip(("addresses", "wishes"), row, (ADDRESSES, WISHES), strict=True):
            if count != wanted:
                kind = LOST if count < wanted else DOUBLED
                yield Finding(kind, name, f"Customer {name} has {count} {what} instead of {wanted}.")


def _found(cursor: Any) -> Found:
    def rows(query: str, *values: object) -> list[tuple[Any, ...]]:
        cursor.execute(query, values)
        return list(cursor.fetchall())

    ours = f"{PREFIX}%"
    orders = rows(
        "SELECT o.number, o.note, "
        "(SELECT COUNT(*) FROM order_items AS i WHERE i.order_id = o.id), "
        "(SELECT COUNT(*) FROM order_status_history AS h WHERE h.order_id = o.id), "
        "COUNT(p.id), MAX(p.reference) "
        "FROM orders AS o LEFT JOIN payments AS p ON p.order_id = o.id WHERE o.number LIKE %s GROUP BY o.id",
        ours,
    )
    customers = rows(
        "SELECT SUBSTRING_INDEX(u.email, '@', 1), "
        "(SELECT COUNT(*) FROM addresses AS a WHERE a.user_id = u.id), "
        "(SELECT COUNT(*) FROM wishlist_items AS i JOIN wishlists AS w ON w.id = i.wishlist_id WHERE w.user_id = u.id) "
        "FROM users AS u WHERE u.email LIKE %s",
        ours,
    )
    tickets: dict[str, list[str | None]] = defaultdict(list)
    for subject, number in rows(
        "SELECT t.subject, o.number FROM tickets AS t LEFT JOIN orders AS o ON o.id = t.order_id "
        "WHERE t.subject LIKE %s",
        ours,
    ):
        tickets[subject].append(number)
    return Found(
        marks={
            name: int(count) for name, count in rows(f"SELECT operation, COUNT(*) FROM {MARKS}.operations GROUP BY 1")
        },
        orders={number: tuple(values) for number, *values in orders},
        customers={name: tuple(values) for name, *values in customers},
        tickets=tickets,
        stock=[
            (int(stock), int(expected), int(quantity))
            for stock, expected, quantity in rows(
                "SELECT c.stock_level_id, c.quantity - IFNULL(SUM(o.taken), 0) AS expected, s.quantity "
                f"FROM {MARKS}.stock_counts AS c JOIN stock_levels AS s ON s.id = c.stock_level_id "
                f"LEFT JOIN {MARKS}.operations AS o ON o.stock_level_id = c.stock_level_id "
                "GROUP BY c.stock_level_id, c.quantity, s.quantity HAVING expected <> s.quantity"
            )
        ],
        orphans=[orphans for query in _orphan_queries() for orphans in rows(query) if orphans[2]],
    )


def _orphan_queries() -> Iterator[str]:
    """One for each foreign key of the tables that the traffic writes to."""
    for child in CHILDREN:
        for key in BY_NAME[child].foreign_keys:
            if key.table in PARENTS:
                column = key.columns[0]
                yield (
                    f"SELECT '{child}', '{key.table}', COUNT(*) FROM `{child}` AS c LEFT JOIN `{key.table}` AS p "
                    f"ON p.id = c.`{column}` WHERE c.`{column}` IS NOT NULL AND p.id IS NULL"
                )


def account(entries: Iterable[Entry], since: float = 0.0, until: float = float("inf")) -> Account:
    """What the clients saw from `since` to `until`. A time in which no traffic ran is no gap."""
    asked: dict[str, Entry] = {}
    answered: set[str] = set()
    failed: set[str] = set()
    writers: set[int] = set()
    acks: list[list[tuple[float, int, str]]] = [[]]
    errors: dict[int, Counter[int]] = defaultdict(Counter)
    began, last, reads = 0.0, 0.0, 0
    for entry in entries:
        at = entry["at"]
        if "ask" in entry:
            asked[entry["ask"]] = entry
        if not since <= at <= until:
            continue
        began, last = began or at, at
        if "run" in entry:
            acks.append([])
        elif "ack" in entry:
            answered.add(entry["ack"])
            acks[-1].append((at, asked[entry["ack"]]["client"], entry["server"]))
        elif "refused" in entry:
            answered.add(entry["refused"])
        elif "error" in entry:
            errors[entry["client"]][entry["error"]] += 1
            if "operation" in entry:
                failed.add(entry["operation"])
                writers.add(entry["client"])
        elif "reads" in entry:
            reads += entry["reads"]
        elif "stop" in entry:
            # For everyone: who got no commit any more waited until here.
            acks[-1].append((at, EVERYONE, ""))
    unanswered = [entry for name, entry in asked.items() if name not in answered and since <= entry["at"] <= until]
    retried = Counter(asked[name]["client"] for name in failed & answered if name in asked)
    everyone = [ack for run in acks for ack in run if ack[1] != EVERYONE]
    counts = Counter(client for _, client, _ in everyone)
    clients = [
        Client(
            number,
            counts[number],
            retried[number],
            _longest([[ack for ack in run if ack[1] in (number, EVERYONE)] for run in acks]),
            dict(errors[number]),
        )
        for number in sorted({*counts, *writers})
    ]
    return Account(
        began,
        last - began,
        len(everyone),
        len(unanswered),
        sum(retried.values()),
        reads,
        _longest(acks),
        dict(sum(errors.values(), Counter())),
        dict(Counter(server for _, _, server in everyone)),
        clients,
    )


def _longest(runs: Iterable[Sequence[tuple[float, int, str]]]) -> Gap:
    """The longest time between two acknowledged commits of the same run, or from the last one to its end."""
    longest = Gap()
    for run in runs:
        for (before, _, left), (after, _, reached) in pairwise(sorted(run)):
            if (after - before) * 1000 > longest.ms:
                longest = Gap((after - before) * 1000, before, (left, reached))
    return longest
