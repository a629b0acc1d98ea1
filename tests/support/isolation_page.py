"""Reads isolation.md, which says who may do what, and the catalog, both into the same shapes, for tests to compare."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from local.settings import ROOT
from tests.support.database_server import Database

PAGE = ROOT / "tests" / "database" / "isolation.md"
SHOWN = "tests/database/isolation.md"

SCHEMAS = ("public", "ops", "rls", "wire", "migrations")
"""The project's schemas. The others of a database are Supabase's or Postgres's own."""

ROLES = {
    "anonymous": "anon",
    "stranger": "authenticated",
    "storyteller": "authenticated",
    "keeper": "authenticated",
    "removed": "authenticated",
    "service": "service_role",
    "app_service": "app_service",
    "app_login": "app_login",
}
"""The role each persona's session takes. The last two are the project's own, and have no column in the page."""

REFUSED = "-"
READS = (REFUSED, "none", "ours", "own")
EVERY = "*"

Cell = tuple[str, str]
"""A column of a table or view: ("public.families", "name")."""


@dataclass(frozen=True)
class Page:
    """What isolation.md declares."""

    reading: dict[Cell, dict[str, str]]
    updating: dict[Cell, dict[str, str]]
    closed: set[str]
    schemas: dict[str, set[str]]
    functions: dict[str, frozenset[str]]

    def is_declared(self, relation: str, column: str) -> bool:
        return relation.split(".")[0] in self.closed or any((relation, c) in self.reading for c in (column, EVERY))

    def readable(self, cell: Cell, persona: str) -> str:
        return (self.reading.get(cell) or self.reading.get((cell[0], EVERY)) or {}).get(persona, REFUSED)

    def relations(self) -> list[str]:
        """The tables and views of which somebody may read something."""
        return sorted({relation for (relation, _), words in self.reading.items() if {*words.values()} != {REFUSED}})

    def rows_of(self, relation: str, persona: str) -> str:
        """The one word for the rows a persona reads of a relation; every column of it that they read says the same."""
        said = {outcomes[persona] for (name, _), outcomes in self.reading.items() if name == relation} - {REFUSED}
        if len(said) > 1:
            raise ValueError(f"{SHOWN}: {relation} shows {persona} {' and '.join(sorted(said))}: write one of them")
        return said.pop() if said else REFUSED

    def updatable(self, cell: Cell, persona: str) -> str:
        return self.updating.get(cell, {}).get(persona, REFUSED)

    def callers(self, function: str, granted: frozenset[str]) -> frozenset[str]:
        """The roles that may call a function. The file of a function of ops decides whether app_service is one."""
        of_schema = {"ops": granted & {"app_service"}, "wire": {"authenticated"}}
        unnamed = of_schema.get(function.split(".")[0], frozenset())
        return self.functions.get(function, unnamed)


def read_page(path: Path = PAGE) -> Page:
    """Parses the page; an unknown word in it is a ValueError that names it."""
    sections = dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", path.read_text("utf-8"), re.M | re.S))
    return Page(
        reading=matrix(sections["Reading"]),
        updating=matrix(sections["Writing"]),
        closed=set(re.findall(r"^- (\S+)$", sections["Closed"], re.M)),
        schemas={row["schema"]: set(words(row["USAGE"])) for row in table(sections["Schemas"])},
        functions={row["function"]: frozenset(words(row["EXECUTE"])) for row in table(sections["Functions"])},
    )


def matrix(text: str) -> dict[Cell, dict[str, str]]:
    cells: dict[Cell, dict[str, str]] = {}
    for row in table(text):
        (_, relation), (_, named), *outcomes = row.items()
        for persona, outcome in outcomes:
            if persona not in ROLES or outcome not in READS:
                raise ValueError(f"{SHOWN}: {relation}, {persona}: {outcome!r} is none of {', '.join(READS)}")
        if named == EVERY and not relation.startswith("wire."):
            raise ValueError(f"{SHOWN}: name the columns of {relation}: * is for the views of wire")
        for column in words(named):
            if (relation, column) in cells:
                raise ValueError(f"{SHOWN}: {relation}.{column} stands there twice: delete one")
            cells[relation, column] = dict(outcomes)
    return cells


def table(text: str) -> list[dict[str, str]]:
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    head, _rule, *body = rows
    for row in body:
        if len(row) != len(head):
            raise ValueError(f"{SHOWN}: the row of {row[0]} has {len(row)} cells; write {len(head)}: {', '.join(head)}")
    return [dict(zip(head, row, strict=True)) for row in body]


def words(cell: str) -> list[str]:
    return [word for word in cell.split(", ") if word]


# What the catalog holds --------------------------------------------------------------------------------------------


def columns(database: Database) -> dict[str, list[str]]:
    """Every table and view of the project's schemas, with its columns."""
    rows = database.run(
        """
        SELECT format('%%I.%%I', nspname, relname), array_agg(attname::text ORDER BY attnum)
        FROM pg_class AS class
        JOIN pg_namespace AS namespace ON namespace.oid = relnamespace
        JOIN pg_attribute ON attrelid = class.oid AND attnum > 0 AND NOT attisdropped
        WHERE nspname = ANY (%s) AND relkind IN ('r', 'p', 'v', 'm', 'f')
        GROUP BY 1 ORDER BY 1
        """,
        [list(SCHEMAS)],
    )
    return dict(rows)


def calls(database: Database) -> dict[str, list[str]]:
    """Every function of the project's schemas, with one call of each of its signatures, every argument NULL."""
    rows = database.run(
        """
        SELECT format('%%I.%%I', nspname, proname),
               array_agg(format('%%I.%%I(%%s)', nspname, proname, (
                 SELECT string_agg(
                   CASE WHEN provariadic <> 0 AND position = pronargs THEN 'VARIADIC ' ELSE '' END
                   || 'NULL::' || format_type(type, NULL), ', ' ORDER BY position)
                 FROM unnest(proargtypes) WITH ORDINALITY AS argument (type, position))))
        FROM pg_proc AS function
        JOIN pg_namespace AS namespace ON namespace.oid = pronamespace
        WHERE nspname = ANY (%s) AND prokind IN ('f', 'p')
        GROUP BY 1 ORDER BY 1
        """,
        [list(SCHEMAS)],
    )
    return dict(rows)


def grants_on_columns(database: Database) -> dict[tuple[Cell, str], set[str]]:
    """(column, role) -> privileges, by grants on the column or on its whole table; the owner and the migrating role,
    who is a member of the owner, left out. PUBLIC is a role like any other here."""
    rows = database.run(
        """
        SELECT format('%%I.%%I', nspname, relname), attname::text,
               CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END,
               array_agg(DISTINCT privilege_type || CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
        FROM pg_class AS class
        JOIN pg_namespace AS namespace ON namespace.oid = relnamespace
        JOIN pg_attribute ON attrelid = class.oid AND attnum > 0 AND NOT attisdropped
        CROSS JOIN LATERAL (SELECT * FROM aclexplode(relacl) UNION ALL SELECT * FROM aclexplode(attacl)) AS granted
        WHERE nspname = ANY (%s) AND relkind IN ('r', 'p', 'v', 'm', 'f')
          AND grantee <> relowner AND grantee::regrole::text <> 'postgres'
        GROUP BY 1, 2, 3
        """,
        [list(SCHEMAS)],
    )
    return {((relation, column), role): set(privileges) for relation, column, role, privileges in rows}


def grants_on_functions(database: Database) -> dict[str, frozenset[str]]:
    """Function -> roles with EXECUTE, the owner and the migrating role left out."""
    rows = database.run(
        """
        SELECT format('%%I.%%I', nspname, proname),
               array_agg(DISTINCT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END)
                 FILTER (WHERE grantee <> proowner AND grantee::regrole::text <> 'postgres')
        FROM pg_proc AS function
        JOIN pg_namespace AS namespace ON namespace.oid = pronamespace
        CROSS JOIN LATERAL aclexplode(coalesce(proacl, acldefault('f', proowner)))
        WHERE nspname = ANY (%s) GROUP BY 1
        """,
        [list(SCHEMAS)],
    )
    return {name: frozenset(roles or []) for name, roles in rows}
