# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings about definitions: what of the source's schemas the target lacks, refuses or takes for something else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .. import collations
from ..connection import quoted, sentences
from ..foreign_keys import foreign_keys, mismatches
from ..selection import other_defaults, present
from .finding import ERROR, INFO, MOST_NAMES, WARNING, Finding, listed
from .generated import by_default
from .pair import Pair

TRANSACTIONAL = frozenset({"innodb"})
NEW_WORDS = frozenset(
    {
        "CUBE", "CUME_DIST", "DENSE_RANK", "EMPTY", "EXCEPT", "FIRST_VALUE", "FUNCTION", "GROUPING", "GROUPS",
        "INTERSECT", "JSON_TABLE", "LAG", "LAST_VALUE", "LATERAL", "LEAD", "LIBRARY", "MANUAL", "NTH_VALUE",
        "NTILE", "OF", "OVER", "PARALLEL", "PERCENT_RANK", "QUALIFY", "RANK", "RECURSIVE", "ROW", "ROWS",
        "ROW_NUMBER", "SYSTEM", "TABLESAMPLE", "WINDOW",
    }
)  # fmt: skip
"""Reserved by 8.0 and later and not by 5.7, which has no information_schema.keywords (manual, "Keywords")."""

_TABLES = """SELECT table_schema AS s, table_name AS n, engine, row_format AS fmt, create_options AS options
FROM information_schema.tables
WHERE table_type = 'BASE TABLE' AND table_schema IN ({schemas})"""
_COLUMNS = """SELECT table_schema AS s, table_name AS n, column_name AS c, data_type AS kind,
collation_name AS collation, column_default AS given
FROM information_schema.columns WHERE table_schema IN ({schemas})"""
_UNIQUE = """SELECT table_schema AS s, table_name AS n, index_name AS i, column_name AS c, sub_part AS part
FROM information_schema.statistics WHERE non_unique = 0 AND table_schema IN ({schemas})
ORDER BY table_schema, table_name, index_name, seq_in_index"""
_FILES = """SELECT t.name AS name, f.path AS path FROM information_schema.innodb_tablespaces t
JOIN information_schema.innodb_datafiles f ON f.space = t.space
WHERE f.path NOT LIKE './%' AND t.space_type = 'Single'"""


def in_the_way(pair: Pair) -> Iterator[Finding]:
    """Tables at the target that another one made: the copy touches none of them."""
    ours = pair.settings.name if pair.state else ""
    known = set(pair.facts["target"].pop("groups", ())) if ours else set()
    pair.facts["target"].pop("groups", None)
    found = present(pair.target.connection, pair.settings.schemas)
    foreign = sorted(name for name in pair.selection.tables if name in found and name not in known)
    if foreign:
        yield Finding(
            "table-in-the-way",
            ERROR,
            "target",
            f"It already has {listed(foreign)}, which this migration did not create.",
            "Drop what is not needed, exclude those tables, or give the migration the name it had before.",
        )


def schema_defaults(pair: Pair) -> Iterator[Finding]:
    for line, fix in other_defaults(pair.target.connection, pair.target.server, pair.selection):
        yield Finding("schema-collation", ERROR, "target", f"It already has {line}: the copy refuses that.", fix)


def primary_keys(pair: Pair) -> Iterator[Finding]:
    target = pair.target.variables
    strict = [v for v in ("sql_require_primary_key", "sql_generate_invisible_primary_key") if target.on(v)]
    source = pair.source.variables
    hidden = " INVISIBLE" if source.version >= (8, 0, 23) and not source.mariadb else ""
    for table in pair.selection.tables.values():
        if table.primary_key:
            continue
        evidence = (
            "Has no primary key: it is copied as one unit, and a replica looks every changed row up by a full scan."
        )
        if strict:
            evidence += f" The target has {' and '.join(strict)} ON."
        yield Finding(
            "no-primary-key",
            ERROR if strict else WARNING,
            f"table {table.full_name}",
            evidence,
            f"ALTER TABLE {table.sql} ADD COLUMN my_row_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT{hidden} PRIMARY KEY "
            "FIRST;",
        )


def engines(pair: Pair) -> Iterator[Finding]:
    supported = {
        row["engine"].lower() for row in pair.target.dicts("SHOW ENGINES") if row["support"] in ("YES", "DEFAULT")
    }
    for table in _tables(pair):
        engine = str(table["engine"] or "").lower()
        if not engine or engine in TRANSACTIONAL:
            continue
        lacking = engine not in supported
        yield Finding(
            "engine",
            ERROR if lacking else WARNING,
            f"table {_name(table)}",
            f"Its engine is {table['engine']}, "
            + (
                "which the target does not have."
                if lacking
                else "which no snapshot covers: hold its writes while copying."
            ),
            f"ALTER TABLE {_sql(table)} ENGINE=InnoDB;",
        )


def storage(pair: Pair) -> Iterator[Finding]:
    """Row formats, partitions and places of files."""
    tables = _tables(pair)
    compressed = [_name(t) for t in tables if str(t["fmt"]).lower() == "compressed"]
    if compressed:
        yield Finding(
            "row-format-compressed",
            WARNING,
            listed(compressed),
            "ROW_FORMAT=COMPRESSED: Aurora stores such tables uncompressed, so they take more room there.",
            "ALTER TABLE ... ROW_FORMAT=DYNAMIC;",
        )
    parted = [_name(t) for t in tables if "partitioned" in str(t["options"]).lower()]
    if parted:
        yield Finding(
            "partitions",
            INFO,
            listed(parted),
            f"{len(parted)} tables are partitioned; their partitions come with them.",
        )
    if pair.source.variables.mariadb or pair.source.variables.version < (8,):
        return
    schemas = set(pair.settings.schemas)
    placed = [r["name"] for r in pair.source.dicts(_FILES) if str(r["name"]).partition("/")[0] in schemas]
    if placed:
        yield Finding(
            "data-directory",
            INFO,
            listed(placed),
            f"{len(placed)} tables lie outside the data directory; at the target they lie where all do.",
        )


def keys(pair: Pair) -> Iterator[Finding]:
    """Foreign keys whose parent is no unique key, is of another type, or does not come along."""
    unique: dict[tuple[str, str], dict[str, list[str]]] = {}
    for row in _of_schemas(pair, _UNIQUE):
        name = row["c"] if row["part"] is None else f"{row['c']}({row['part']})"
        unique.setdefault((row["s"], row["n"]), {}).setdefault(row["i"], []).append(name)
    for table in pair.selection.tables.values():
        for key in foreign_keys(table):
            if key.parent not in pair.selection.tables:
                yield Finding(
                    "foreign-key-parent-left-out", WARNING, key.label,
                    f"Its parent {key.parent} is not part of this migration.",
                    f"Add {key.parent} to the migration, or ALTER TABLE {table.sql} DROP FOREIGN KEY "
                    f"{quoted(key.name)};",
                )  # fmt: skip
                continue
            there = unique.get((key.parent_schema, key.parent_table), {})
            if list(key.parent_columns) not in there.values():
                listed_columns = ", ".join(quoted(name) for name in key.parent_columns)
                yield Finding(
                    "foreign-key-not-unique",
                    WARNING,
                    key.label,
                    f"It refers to {key.parent} ({listed_columns}), which is no unique key: 8.4 and later refuse "
                    f"new ones "
                    "(error 6125). The copy creates it all the same.",
                    f"ALTER TABLE {quoted(key.parent_schema)}.{quoted(key.parent_table)} ADD UNIQUE KEY "
                    f"({listed_columns});",
                )
    for mismatch in mismatches(pair.selection.tables):
        yield Finding(
            "foreign-key-type", ERROR, mismatch.key.label, f"{mismatch}; the target refuses that.", mismatch.fix
        )


def lacking_collations(pair: Pair) -> dict[str, list[collations.Named]]:
    """By collation that the target lacks: everything that has it."""
    with sentences(pair.target.server, "reading its collations"):
        there = collations.known(pair.target.connection)
    found: dict[str, list[collations.Named]] = {}
    for named in collations.lacking(there, pair.selection):
        found.setdefault(named.collation, []).append(named)
    return dict(sorted(found.items()))


def missing_collations(pair: Pair) -> Iterator[Finding]:
    for collation, found in lacking_collations(pair).items():
        mends = list(dict.fromkeys(named.mend for named in found))
        more = f" and {len(mends) - MOST_NAMES} more," if len(mends) > MOST_NAMES else ""
        yield Finding(
            "collation-missing",
            ERROR,
            f"collation {collation}",
            f"The target lacks it; {listed(list(dict.fromkeys(named.what for named in found)))} use it.",
            f"{'; '.join(mends[:MOST_NAMES])};{more} at the source, once no finding unique-collision is left.",
        )


def generated_columns(pair: Pair) -> Iterator[Finding]:
    """STORED ones that another default collation computes otherwise; what sessions change, the rows tell."""
    here, there = (side.value("SELECT COLLATION(_utf8mb4'')") for side in (pair.source, pair.target))
    if here == there:
        return
    for table in pair.selection.tables.values():
        for column in table.columns:
            if column.materialized and by_default(table, column):
                yield Finding(
                    "generated-column-collation",
                    WARNING,
                    f"column {table.full_name}.{column.name}",
                    f"It compares texts by the server's default collation, {here} at the source and {there} at the "
                    "target, which may compute other values: the verify would find them different.",
                    "Name one that both have in its expression, as COLLATE utf8mb4_bin.",
                )


def defaults(pair: Pair) -> Iterator[Finding]:
    for column in columns(pair):
        given = str(column["given"] or "").strip("'")
        if column["kind"].lower() in ("date", "datetime", "timestamp") and given[:4].isdigit() and "-00" in given[:10]:
            yield Finding(
                "zero-date-default",
                WARNING,
                f"column {_name(column)}.{column['c']}",
                f"Its default is {given}, which the usual sql_mode of 8.0 (NO_ZERO_DATE) refuses in later ALTER and "
                f"INSERT; "
                "it is copied as it is.",
                f"ALTER TABLE {_sql(column)} ALTER COLUMN {quoted(column['c'])} DROP DEFAULT;",
            )


def words(pair: Pair) -> Iterator[Finding]:
    """Names that are reserved words at the target and were none at the source."""
    question = "SELECT UPPER(word) AS word FROM information_schema.keywords WHERE reserved = 1"
    if pair.target.variables.version < (8,) or pair.target.variables.mariadb:
        return
    reserved = {row["word"] for row in pair.target.dicts(question)}
    if pair.source.variables.version >= (8,) and not pair.source.variables.mariadb:
        fresh = reserved - {row["word"] for row in pair.source.dicts(question)}
    else:
        fresh = reserved & NEW_WORDS
    names = {f"{_name(c)}.{c['c']}" for c in columns(pair) if str(c["c"]).upper() in fresh}
    names |= {table.full_name for table in pair.selection.tables.values() if table.name.upper() in fresh}
    if names:
        yield Finding(
            "reserved-words",
            WARNING,
            listed(sorted(names)),
            f"{len(names)} names are reserved words at the target; the copy quotes them, the application and the "
            f"bodies of "
            "routines may not.",
            "Put these names into backquotes in the application's SQL, or rename them.",
        )


def views(pair: Pair) -> Iterator[Finding]:
    for name in pair.selection.broken:
        schema, _dot, view = name.partition(".")
        yield Finding(
            "view-broken",
            WARNING,
            f"view {name}",
            "It refers to what is not there, or its definer may not see it; it is left out.",
            f"SHOW CREATE VIEW {quoted(schema)}.{quoted(view)}; says what: mend it or DROP VIEW it.",
        )


def letters(pair: Pair) -> Iterator[Finding]:
    """lower_case_table_names, which only a new server can be given."""
    one, other = (side.variables["lower_case_table_names"] for side in (pair.source, pair.target))
    if one == other:
        return
    upper = sorted(name for name in pair.selection.tables if name != name.lower())
    yield Finding(
        "lower-case-table-names",
        ERROR if upper else WARNING,
        "target",
        f"lower_case_table_names is {one} at the source and {other} at the target"
        + (f"; {listed(upper)} would get other names." if upper else "; no table's name has a capital."),
        f"Create the target with lower_case_table_names = {one} in its parameter group.",
    )


def _tables(pair: Pair) -> list[dict[str, Any]]:
    return [row for row in _of_schemas(pair, _TABLES) if _name(row) in pair.selection.tables]


def columns(pair: Pair) -> list[dict[str, Any]]:
    """{s, n, c, kind, collation, given} of every column that is moved: schema, table, column first."""
    return [row for row in _of_schemas(pair, _COLUMNS) if _name(row) in pair.selection.tables]


def _of_schemas(pair: Pair, sql: str) -> list[dict[str, Any]]:
    return pair.source.of_schemas(sql, pair.settings.schemas)


def _name(row: dict[str, Any]) -> str:
    return f"{row['s']}.{row['n']}"


def _sql(row: dict[str, Any]) -> str:
    return f"{quoted(row['s'])}.{quoted(row['n'])}"


CHECKS = (
    in_the_way,
    schema_defaults,
    primary_keys,
    engines,
    storage,
    keys,
    missing_collations,
    generated_columns,
    defaults,
    words,
    views,
    letters,
)
