"""What stands in the columns: for every kind of column its SQL type and a deterministic way to fill it.

Values are the text of a LOAD DATA file: escaped, NULL as \\N.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

NULL = r"\N"
EPOCH = datetime(2024, 1, 1)  # noqa: DTZ001 - a DATETIME has no zone
DAYS = 690


def words(text: str) -> list[str]:
    return text.split()


WORDS = words(
    "blue copper winter linen travel classic small oak studio market harbour night river paper cotton amber "
    "field stone garden morning Straße für Größe café crème naïve señora mañana łódź žluťoučký kůň коричневый лист "
    "ποτάμι شمس שלום 東京 茶 한국 नमस्ते 🛒 🎁 👩‍💻 ﬁne e\u0301clair"
)
FIRST_NAMES = words("Ada Björn Chloé Dmitri Élise Fatima Grzegorz Hana Ioannis José Kateřina Lê 明 Noah Ørjan Zoë")
LAST_NAMES = words("Andersson Brontë D'Angelo Güler Hofmann Iglesias Jensen Kowalczyk Müller Nguyễn O'Neil Szabó Öz 王")
# What people paste into shops: what only looks like NULL, separators, quotes, nothing, spaces at the end.
ODDITIES = (
    r"\N",
    "",
    "NULL",
    "a\tb",
    "line one\nline two",
    "back\\slash",
    'it\'s "quoted"',
    "trailing  ",
    "\x00zero",
    "0",
)

Fill = Callable[[random.Random, range], list[str]]
"""Values for the rows of these numbers; a table is filled in several calls, so that it need not fit into memory."""


@dataclass(frozen=True)
class Kind:
    """A kind of column; `load` is the expression that turns the file's text (`{}`) into the value."""

    sql: str
    fill: Fill
    load: str | None = None


def escape(text: str) -> str:
    """One field of a LOAD DATA file."""
    return (
        text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r").replace("\x00", "\\0")
    )


def with_nulls(fill: Fill, share: float) -> Fill:
    """The same values, some of them NULL."""

    def filled(rng: random.Random, rows: range) -> list[str]:
        chance = rng.random
        return [NULL if chance() < share else value for value in fill(rng, rows)]

    return filled


def _from_pool(make: Callable[[random.Random], str], size: int = 400) -> Fill:
    """Values drawn from a pool: making every one anew would be most of the seed's time."""

    def fill(rng: random.Random, rows: range) -> list[str]:
        pool = [escape(make(rng)) for _ in range(min(size, len(rows)))]
        return rng.choices(pool, k=len(rows))

    return fill


def _numbers(low: int, high: int) -> Fill:
    return lambda rng, rows: [str(int(low + (high - low) * rng.random())) for _ in rows]


def _decimals(high: int, places: int, low: int = 0) -> Fill:
    unit = 10**places

    def fill(rng: random.Random, rows: range) -> list[str]:
        sign = {True: "-", False: ""}
        drawn = [rng.randrange(low * unit, high * unit) for _ in rows]
        return [f"{sign[n < 0]}{abs(n) // unit}.{abs(n) % unit:0{places}d}" for n in drawn]

    return fill


def _choice(*options: str) -> Fill:
    return lambda rng, rows: rng.choices(options, k=len(rows))


def _hex(size: int) -> Fill:
    return lambda rng, rows: [f"{rng.getrandbits(size * 8):0{size * 2}x}" for _ in rows]


def _uuids(rng: random.Random, rows: range) -> list[str]:
    digits = _hex(16)(rng, rows)
    return [f"{d[:8]}-{d[8:12]}-4{d[13:16]}-a{d[17:20]}-{d[20:]}" for d in digits]


def _moments(fraction: int) -> Fill:
    def make(rng: random.Random) -> str:
        moment = EPOCH + timedelta(days=rng.randrange(DAYS), seconds=rng.randrange(86400))
        return f"{moment:%Y-%m-%d %H:%M:%S}" + (f".{rng.randrange(10**fraction):0{fraction}d}" if fraction else "")

    return _from_pool(make, 5000)


def _sentence(rng: random.Random, low: int, high: int) -> str:
    return " ".join(rng.choices(WORDS, k=rng.randint(low, high)))


def _title(rng: random.Random) -> str:
    return rng.choice(ODDITIES) if rng.random() < 0.03 else _sentence(rng, 1, 4).title()


def _document(rng: random.Random) -> str:
    content = {
        "title": _sentence(rng, 1, 3),
        "count": rng.randrange(-(2**40), 2**40),
        "ratio": rng.random(),
        "tags": rng.choices(WORDS, k=rng.randrange(4)),
        "nested": {"null": None, "yes": True, "text": rng.choice(ODDITIES).replace("\x00", "")},
    }
    return json.dumps(content, ensure_ascii=rng.random() < 0.3)


def _codes(rng: random.Random, rows: range) -> list[str]:
    prefix = "".join(rng.choices("ABCDEFGHKLMNPRSTUVWXYZ", k=3))
    return [f"{prefix}-{number + 1:07d}" for number in rows]


def _emails(rng: random.Random, rows: range) -> list[str]:
    return [
        f"customer{number}@{host}.example"
        for number, host in zip(rows, rng.choices(("mail", "post", "shop"), k=len(rows)), strict=True)
    ]


KINDS: dict[str, Kind] = {
    "bits": Kind("BIT(12) NOT NULL", _numbers(0, 4096), "CAST({} AS UNSIGNED)"),
    "blob": Kind(
        "LONGBLOB NULL",
        with_nulls(_from_pool(lambda rng: rng.randbytes(rng.randrange(3000)).hex(), 60), 0.05),
        "UNHEX({})",
    ),
    "bool": Kind("TINYINT(1) NOT NULL DEFAULT 0", _choice("0", "1")),
    "code": Kind("VARCHAR(40) NOT NULL", _codes),
    "date": Kind(
        "DATE NULL", with_nulls(_from_pool(lambda rng: str((EPOCH + timedelta(days=rng.randrange(DAYS))).date())), 0.1)
    ),
    "digest": Kind("BINARY(32) NOT NULL", _hex(32), "UNHEX({})"),
    "double": Kind("DOUBLE NULL", with_nulls(lambda rng, rows: [repr(rng.uniform(-1e9, 1e9)) for _ in rows], 0.1)),
    "email": Kind("VARCHAR(190) NOT NULL", _emails),
    "exact": Kind("DECIMAL(24,8) NULL", with_nulls(_decimals(10**12, 8, -(10**12)), 0.1)),
    "flags": Kind(
        "SET('gift','fragile','express','b2b','tax_free') NOT NULL DEFAULT ''",
        _choice("", "gift", "gift,express", "fragile", "b2b,tax_free", "gift,fragile,express,b2b,tax_free"),
    ),
    # Six digits are what a FLOAT shows, not what it holds: 16777217 is stored as 16777216.
    "float": Kind(
        "FLOAT NULL",
        with_nulls(
            lambda rng, rows: [rng.choice(("3.1415927", "16777216", "0.1", f"{rng.random():.9g}")) for _ in rows], 0.1
        ),
    ),
    "int": Kind("INT NOT NULL DEFAULT 0", _numbers(-1000, 100_000)),
    "ip": Kind(
        "VARCHAR(45) NULL", with_nulls(_from_pool(lambda rng: f"10.{rng.randrange(256)}.{rng.randrange(256)}.7"), 0.1)
    ),
    "json": Kind("JSON NULL", with_nulls(_from_pool(_document), 0.1)),
    "long": Kind("LONGTEXT NULL", with_nulls(_from_pool(lambda rng: _sentence(rng, 80, 300), 60), 0.05)),
    "moment": Kind("DATETIME(6) NULL", with_nulls(_moments(6), 0.1)),
    "money": Kind("DECIMAL(12,2) NOT NULL DEFAULT 0.00", _decimals(2000, 2, -50)),
    "name": Kind(
        "VARCHAR(120) NOT NULL", _from_pool(lambda rng: f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}")
    ),
    "phone": Kind("VARCHAR(32) NULL", with_nulls(_from_pool(lambda rng: f"+{rng.randrange(10**11):011d}"), 0.2)),
    "small": Kind("SMALLINT UNSIGNED NOT NULL DEFAULT 0", _numbers(0, 1000)),
    "stamp": Kind("TIMESTAMP NULL", with_nulls(_moments(0), 0.1)),
    "status": Kind(
        "ENUM('draft','active','paused','archived') NOT NULL DEFAULT 'draft'",
        _choice("draft", "active", "paused", "archived"),
    ),
    "text": Kind("TEXT NULL", with_nulls(_from_pool(lambda rng: _sentence(rng, 5, 40)), 0.1)),
    "time": Kind(
        "TIME(3) NULL",
        with_nulls(_from_pool(lambda rng: f"{rng.randrange(-800, 800)}:{rng.randrange(60):02d}:00.125"), 0.1),
    ),
    "title": Kind("VARCHAR(190) NOT NULL", _from_pool(_title)),
    "token": Kind("CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL", _hex(32)),
    "unix": Kind("INT UNSIGNED NOT NULL", _numbers(1_700_000_000, 1_790_000_000)),
    "url": Kind(
        "VARCHAR(500) NULL",
        with_nulls(_from_pool(lambda rng: f"https://shop.example/{rng.randrange(10**6)}?q={rng.randrange(99)}"), 0.1),
    ),
    "uuid": Kind("CHAR(36) NOT NULL", _uuids),
    "latin": Kind("VARCHAR(80) CHARACTER SET latin1 NULL", with_nulls(_choice("Größe", "café", "plain", "Åse"), 0.1)),
}
