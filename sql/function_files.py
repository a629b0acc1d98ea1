"""sql/functions: the current text of every function, re-applied as a whole whenever any of it changed.

A function whose file is gone is reported, and stays until a migration drops it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import sqlparse

from sql.migration_guards import (
    TRANSACTION,
    DeployerBackend,
    back_to_bookkeeping,
    checksum,
    naming,
    refuse_transaction_control,
    remember,
)

Report = Callable[[str], None]


def apply_functions(backend: DeployerBackend, folder: Path, *, force: bool, report: Report) -> list[str]:
    """Applies every function file in one transaction when the text of any is new, or a migration ran before."""
    files = {f"functions/{path.name}": path for path in sorted(folder.glob("*.sql"))}
    stored = dict(backend.execute("SELECT file, sha256 FROM applied_files").fetchall())
    changed = [path.name for file, path in files.items() if stored.get(file) != checksum(path)]
    if not files or not (changed or force):
        return []
    for file, path in files.items():
        refuse_transaction_control(file, sqlparse.split(path.read_text(encoding="utf-8")))
    started = time.monotonic()
    with backend.transaction():
        for file, path in files.items():
            with naming(file):
                backend.execute(TRANSACTION)
                backend.cursor().execute(path.read_text(encoding="utf-8"))
                back_to_bookkeeping(backend)
            remember(backend, file, checksum(path))
    report(f"applied {len(files)} functions, {len(changed)} of them new or changed ({since(started)})")
    return changed


def functions_left_over(backend: DeployerBackend, folder: Path) -> list[str]:
    """Files that were applied once and are gone, while a function of their name is still there."""
    stored = [
        row[0]
        for row in backend.execute("SELECT file FROM applied_files WHERE starts_with(file, 'functions/')").fetchall()
    ]
    gone = [file.removeprefix("functions/") for file in stored if not (folder.parent / file).exists()]
    left_over = []
    for name in gone:
        if backend.execute("SELECT FROM pg_proc WHERE proname = :name", {"name": name.removesuffix(".sql")}).rowcount:
            left_over.append(name)
        else:
            backend.execute("DELETE FROM applied_files WHERE file = :file", {"file": f"functions/{name}"})
    return left_over


def drop_functions_of_rows(backend: DeployerBackend) -> list[str]:
    """Drops the functions of our files that take or return rows of some table, and so keep it from being dropped."""
    found = backend.execute(
        """
        SELECT DISTINCT function.oid::regprocedure::text
        FROM pg_proc AS function
        JOIN migrations.applied_files ON file = 'functions/' || function.proname || '.sql'
        JOIN pg_depend AS needs ON needs.classid = 'pg_proc'::regclass AND needs.objid = function.oid
        JOIN pg_type AS type ON needs.refclassid = 'pg_type'::regclass AND needs.refobjid = type.oid
        LEFT JOIN pg_type AS element ON element.oid = type.typelem
        WHERE type.typrelid <> 0 OR element.typrelid <> 0
        ORDER BY 1
        """
    )
    names = [row[0] for row in found.fetchall()]
    for name in names:
        backend.execute(f"DROP FUNCTION {name}")
    return names


def since(started: float) -> str:
    return f"{(time.monotonic() - started) * 1000:.0f} ms"
