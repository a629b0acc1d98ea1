"""sql/functions: the current text of every function, applied again as a whole whenever any of it changed.

A file may change the parameters of its function, their names or its result: the function as it was before is dropped in
the same transaction. The release that still runs calls it with the old parameters until it is replaced, so give a new
parameter a DEFAULT. A function whose file is gone is reported, and stays until a migration drops it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from psycopg2.errors import DependentObjectsStillExist, InvalidFunctionDefinition

from sql.migration_guards import (
    TRANSACTION,
    DeployerBackend,
    MigrationFailed,
    back_to_bookkeeping,
    naming,
    without_comments,
)

CREATE_FUNCTION = re.compile(r"\s*CREATE\s+(?:OR\s+REPLACE\s+)?FUNCTION\s+(\w+)\.(\w+)\s*\(", re.IGNORECASE)


def make_functions(backend: DeployerBackend, files: Mapping[str, list[str]]) -> list[str]:
    """Runs the statements of every file; returns a sentence for each function that was dropped for it."""
    said = []
    for file, statements in files.items():
        with naming(file):
            backend.execute(TRANSACTION)
            for statement in statements:
                # One by one: a later statement of the file may name the function without its parameters, which is
                # an error while two functions have the name.
                makes = CREATE_FUNCTION.match(without_comments(statement))
                if makes:
                    dropped = replace_function(backend, file, makes[1].lower(), makes[2].lower(), statement)
                    said += [f"dropped {signature}: {file} makes another in its place" for signature in dropped]
                else:
                    backend.cursor().execute(statement)
            back_to_bookkeeping(backend)
    return said


def existing_functions(backend: DeployerBackend, files: Mapping[str, list[str]]) -> list[str]:
    """Those of the files of whose functions none is missing."""
    found = backend.execute("SELECT pronamespace::regnamespace::text, proname FROM pg_proc").fetchall()
    names = {(schema, name) for schema, name in found}
    return [file for file, statements in files.items() if functions_of(statements) <= names]


def functions_of(statements: Iterable[str]) -> set[tuple[str, str]]:
    """Schema and name of each function that the statements make."""
    made = (CREATE_FUNCTION.match(without_comments(statement)) for statement in statements)
    return {(match[1].lower(), match[2].lower()) for match in made if match}


def replace_function(backend: DeployerBackend, file: str, schema: str, name: str, statement: str) -> list[str]:
    """Runs CREATE FUNCTION and drops whatever else has its schema and name; returns the signatures dropped."""
    before = versions(backend, schema, name)
    try:
        with backend.transaction():  # a savepoint
            backend.cursor().execute(statement)
    except InvalidFunctionDefinition:
        # The types are the same, the result or the names of the parameters are not: Postgres does not replace that.
        drop_functions(backend, file, before)
        backend.cursor().execute(statement)
        return [signature for signature, _ in before]
    after = versions(backend, schema, name)
    # What the statement wrote is a new row of pg_proc, whether the function was there before or not.
    others = sorted(after & before) if after - before else []
    drop_functions(backend, file, others)
    return [signature for signature, _ in others]


def versions(backend: DeployerBackend, schema: str, name: str) -> set[tuple[str, str]]:
    """Signature of each function of the name, and the transaction that wrote its row of the catalog."""
    found = backend.execute(
        "SELECT oid::regprocedure::text, xmin::text FROM pg_proc"
        " WHERE pronamespace = to_regnamespace(:schema) AND proname = :name",
        {"schema": schema, "name": name},
    )
    return set(found.fetchall())


def drop_functions(backend: DeployerBackend, file: str, functions: Iterable[tuple[str, str]]) -> None:
    for signature, _ in functions:
        try:
            backend.execute(f"DROP ROUTINE {signature}")
        except DependentObjectsStillExist as error:
            raise MigrationFailed(
                f"{file} makes another function in place of {signature}, which something still needs"
                f" ({error.diag.message_detail}); nothing was changed. Write a migration that drops what needs it, or"
                " leave the parameters as they were"
            ) from None


def functions_left_over(backend: DeployerBackend, folder: Path) -> list[str]:
    """Files that were applied once and are gone, while a function of their name is still there."""
    stored = [
        row[0]
        for row in backend.execute("SELECT file FROM applied_files WHERE starts_with(file, 'functions/')").fetchall()
    ]
    gone = [name for name in (file.removeprefix("functions/") for file in stored) if not (folder / name).exists()]
    left_over = []
    for name in gone:
        if backend.execute("SELECT FROM pg_proc WHERE proname = :name", {"name": name.removesuffix(".sql")}).rowcount:
            left_over.append(name)
        else:
            backend.execute("DELETE FROM applied_files WHERE file = :file", {"file": f"functions/{name}"})
    return left_over


def drop_functions_of_rows(backend: DeployerBackend, views: Iterable[str] | None = None) -> list[str]:
    """Drops the functions of our files that take or return rows of a table or view, and so keep it from being dropped.

    Of these views of schema wire alone, if any are named. The functions come back with the next apply.
    """
    found = backend.execute(
        """
        SELECT DISTINCT function.oid::regprocedure::text
        FROM pg_proc AS function
        JOIN migrations.applied_files ON file = 'functions/' || function.proname || '.sql'
        JOIN pg_depend AS needs ON needs.classid = 'pg_proc'::regclass AND needs.objid = function.oid
        JOIN pg_type AS type ON needs.refclassid = 'pg_type'::regclass AND needs.refobjid = type.oid
        LEFT JOIN pg_type AS element ON element.oid = type.typelem
        JOIN pg_class AS relation ON relation.oid IN (type.typrelid, element.typrelid)
        WHERE :every OR (relation.relnamespace = to_regnamespace('wire') AND relation.relname = ANY (:views))
        ORDER BY 1
        """,
        {"every": views is None, "views": list(views or [])},
    )
    names = [row[0] for row in found.fetchall()]
    for name in names:
        backend.execute(f"DROP FUNCTION {name}")
    return names
