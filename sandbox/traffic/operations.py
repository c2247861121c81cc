"""What customers do: each operation is one transaction over several tables, marked with its own name in all of them.

Orders and customers belong to the client that made them, so that the ledger says in which state each must be.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..shop.operations import SCHEMA as MARKS

Statement = tuple[str, tuple[Any, ...]]

PREFIX = "traffic-"
TICKET_SHARE = 0.25
ADDRESSES = 2
WISHES = 2

# What the shop held before: the traffic changes none of it but the stock.
PARENTS = {
    "stores": "SELECT id FROM stores ORDER BY id LIMIT 100",
    "countries": "SELECT id FROM countries ORDER BY id LIMIT 100",
    "order_statuses": "SELECT id FROM order_statuses ORDER BY id",
    "currencies": "SELECT id FROM currencies ORDER BY id",
    "payment_methods": "SELECT id FROM payment_methods ORDER BY id",
    "product_variants": "SELECT product_id, variant_no FROM product_variants ORDER BY product_id, variant_no LIMIT 500",
    "stock": f"SELECT stock_level_id FROM {MARKS}.stock_counts ORDER BY stock_level_id LIMIT 500",
}


@dataclass
class Customer:
    """A customer that this client registered; `subject` is the operation that did."""

    subject: str
    id: int = 0
    address: int = 0


@dataclass
class Order:
    """An order that this client placed; `subject` is the operation that did, and its number."""

    subject: str
    items: int
    ticket: bool
    stock: int
    customer: Customer | None
    id: int = 0


@dataclass(frozen=True)
class Work:
    """One operation: what it does to which order or customer. The same one can be tried again after a refusal."""

    name: str
    kind: str
    thing: Order | Customer
    picked: Mapping[str, Any] = field(default_factory=dict)

    @property
    def creates(self) -> bool:
        return self.thing.subject == self.name

    @property
    def deletes(self) -> bool:
        return self.kind in ("cancel", "leave")

    def facts(self) -> dict[str, Any]:
        """What the ledger needs to know of it besides its name."""
        facts: dict[str, Any] = {"kind": self.kind, "subject": self.thing.subject}
        if self.creates and isinstance(self.thing, Order):
            facts |= {"items": self.thing.items, "ticket": self.thing.ticket}
        return facts


class Customers:
    """What one client does next, from its own orders and customers. The same name does the same."""

    def __init__(self, name: str, parents: Mapping[str, list[tuple[Any, ...]]]) -> None:
        self._name = name
        self._rng = random.Random(name)
        self._parents = parents
        self._made = 0
        self._orders: list[Order] = []
        self._customers: list[Customer] = []

    def next(self) -> Work:
        self._made += 1
        name = f"{PREFIX}{self._name}-{self._made:07d}"
        draw = self._rng.random()
        if draw < 0.35 and self._orders:
            return Work(name, "change", self._taken(self._orders))
        if draw < 0.50 and self._orders:
            return Work(name, "cancel", self._taken(self._orders))
        if draw < 0.54 and len(self._customers) > 1:
            return Work(name, "leave", self._taken(self._customers))
        if draw < 0.60:
            return Work(name, "register", Customer(name), self._picked())
        customer = self._rng.choice(self._customers) if self._customers else None
        stock = int(self._rng.choice(self._parents["stock"])[0])
        ticket = self._rng.random() < TICKET_SHARE
        return Work(name, "order", Order(name, self._rng.randint(1, 3), ticket, stock, customer), self._picked())

    def acknowledged(self, work: Work) -> None:
        """What is there after it may be worked on again; without this nobody does, as nobody knows its state."""
        if not work.deletes:
            self._keep(work.thing)

    def refused(self, work: Work) -> None:
        """What was there before it may be worked on again."""
        if not work.creates:
            self._keep(work.thing)

    def _keep(self, thing: Order | Customer) -> None:
        if isinstance(thing, Order):
            self._orders.append(thing)
        else:
            self._customers.append(thing)

    def _taken[T](self, owned: list[T]) -> T:
        chosen = self._rng.randrange(len(owned))
        owned[chosen], owned[-1] = owned[-1], owned[chosen]
        return owned.pop()

    def _picked(self) -> dict[str, Any]:
        picked: dict[str, Any] = {name: self._rng.choice(rows)[0] for name, rows in self._parents.items()}
        return picked | {"variants": [self._rng.choice(self._parents["product_variants"]) for _ in range(3)]}


def perform(cursor: Any, work: Work) -> None:
    """Everything of the operation but its COMMIT, sent as one: at 500 a second, round trips would be most of it."""
    stock, taken = None, 0
    match work.kind, work.thing:
        case "order", Order() as order:
            statements = _order(work, order)
            stock, taken = order.stock, order.items
        case "change", Order() as order:
            statements = _change(work, order)
        case "cancel", Order() as order:
            statements = _cancel(order)
            stock, taken = order.stock, -order.items
        case "register", Customer() as customer:
            statements = _register(work)
        case "leave", Customer() as customer:
            statements = _leave(customer)
    if taken:
        # Late: the row is everybody's, and is held until the commit.
        statements.append(("UPDATE stock_levels SET quantity = quantity - %s WHERE id = %s", (taken, stock)))
    statements.append(
        (
            f"INSERT INTO {MARKS}.operations (operation, kind, stock_level_id, taken) VALUES (%s, %s, %s, %s)",
            (work.name, work.kind, stock, taken),
        )
    )
    ids = _sent(cursor, statements)
    match work.kind, work.thing:
        case "order", Order() as order:
            order.id = ids[0]
        case "register", Customer() as customer:
            customer.id, customer.address = ids[0], ids[2]


def _sent(cursor: Any, statements: Sequence[Statement]) -> list[int]:
    """The new id of each statement, 0 where it made none; the first that fails raises, and none after it is run."""
    cursor.execute("; ".join(cursor.mogrify(text, values) for text, values in statements))
    ids = [cursor.lastrowid]
    while cursor.nextset():
        ids.append(cursor.lastrowid)
    return ids


def _order(work: Work, order: Order) -> list[Statement]:
    """A trigger adds a row to the order's history."""
    customer, picked = order.customer, work.picked
    lines = range(1, order.items + 1)
    items = [(line, *picked["variants"][line - 1], f"item 🛒 {line}") for line in lines]
    statements: list[Statement] = [
        (
            (
                "INSERT INTO orders (store_id, user_id, billing_id, order_status_id, currency_id, number, subtotal, "
                "note, placed_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, NOW(6))"
            ),
            (
                picked["stores"],
                customer.id if customer else None,
                customer.address if customer else None,
                picked["order_statuses"],
                picked["currencies"],
                work.name,
                order.items * 10,
                work.name,
            ),
        ),
        ("SET @order_id = LAST_INSERT_ID()", ()),
        (
            "INSERT INTO order_items (order_id, line_no, product_id, variant_no, name, quantity) VALUES "
            + ", ".join(["(@order_id, %s, %s, %s, %s, 1)"] * len(items)),
            tuple(value for item in items for value in item),
        ),
        (
            (
                "INSERT INTO payments (order_id, payment_method_id, currency_id, amount, reference) "
                "VALUES (@order_id, %s, %s, %s, %s)"
            ),
            (picked["payment_methods"], picked["currencies"], order.items * 10, work.name),
        ),
    ]
    if order.ticket:
        statements.append(
            (
                "INSERT INTO tickets (store_id, user_id, order_id, subject) VALUES (%s, %s, @order_id, %s)",
                (picked["stores"], customer.id if customer else None, work.name),
            )
        )
    return statements


def _change(work: Work, order: Order) -> list[Statement]:
    return [
        ("UPDATE orders SET note = %s, tax = tax + 1 WHERE id = %s", (work.name, order.id)),
        ("UPDATE payments SET reference = %s, amount = amount + 1 WHERE order_id = %s", (work.name, order.id)),
    ]


def _cancel(order: Order) -> list[Statement]:
    """The payment forbids it (NO ACTION) and goes first; items and history cascade, a ticket stays without order."""
    return [
        ("DELETE FROM payments WHERE order_id = %s", (order.id,)),
        ("DELETE FROM orders WHERE id = %s", (order.id,)),
    ]


def _register(work: Work) -> list[Statement]:
    picked = work.picked
    address = (picked["countries"], work.name)
    wishes = [product for product, _ in picked["variants"][:WISHES]]
    return [
        (
            "INSERT INTO users (store_id, name, email, password, permissions_mask) VALUES (%s, %s, %s, %s, 0)",
            (picked["stores"], "Größe 東京", f"{work.name}@traffic.example", work.name),
        ),
        ("SET @user_id = LAST_INSERT_ID()", ()),
        (
            "INSERT INTO addresses (user_id, country_id, line_one) VALUES "
            + ", ".join(["(@user_id, %s, %s)"] * ADDRESSES),
            address * ADDRESSES,
        ),
        ("UPDATE users SET default_address_id = LAST_INSERT_ID() WHERE id = @user_id", ()),
        (
            "INSERT INTO wishlists (user_id, store_id, name) VALUES (@user_id, %s, %s)",
            (picked["stores"], work.name),
        ),
        (
            "INSERT INTO wishlist_items (wishlist_id, product_id, added_by_id) VALUES "
            + ", ".join(["(LAST_INSERT_ID(), %s, @user_id)"] * WISHES),
            tuple(wishes),
        ),
    ]


def _leave(customer: Customer) -> list[Statement]:
    """Addresses and wishlists cascade, the items of the wishlists after them; orders and tickets stay without user."""
    return [("DELETE FROM users WHERE id = %s", (customer.id,))]
