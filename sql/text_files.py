"""sql/views and sql/functions: what has changed there since the last run, and all of it applied in one transaction.

Views come first: a function may take or return a view's rows. So a view can only call functions that a migration made.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import sqlparse

from sql.function_files import existing_functions, make_functions
from sql.migration_guards import (
    DeployerBackend,
    MigrationFailed,
    checksum,
    refuse_transaction_control,
    remember,
)
from sql.view_files import drop_views, existing, make_views, view_of

Report = Callable[[str], None]


@dataclass(frozen=True)
class TextFiles:
    """The files of sql/views and sql/functions by their names there: views/NAME.sql, functions/NAME.sql."""

    views: dict[str, Path]
    functions: dict[str, Path]
    statements: dict[str, list[str]]
    stored: dict[str, str]
    """The SHA-256 of each file as it was applied last."""

    def of(self, files: Iterable[str]) -> dict[str, list[str]]:
        """The statements of these files, of those that exist."""
        return {file: self.statements[file] for file in files if file in self.statements}

    def changed(self, files: Mapping[str, Path]) -> list[str]:
        """Names of the files whose text is new or changed."""
        return [path.name for file, path in files.items() if self.stored.get(file) != checksum(path)]

    def views_gone(self) -> list[str]:
        """Views that were applied once and whose file is gone."""
        return [file for file in self.stored if file.startswith("views/") and file not in self.views]


def read_text_files(backend: DeployerBackend, folder: Path) -> TextFiles:
    """Reads views/ and functions/ of the folder. Raises MigrationRefused where a file begins or ends a transaction."""
    views, functions = (
        {f"{kind}/{path.name}": path for path in sorted((folder / kind).glob("*.sql"))}
        for kind in ("views", "functions")
    )
    statements = {}
    for file, path in (views | functions).items():
        statements[file] = sqlparse.split(path.read_text(encoding="utf-8"))
        refuse_transaction_control(file, statements[file])
    stored = dict(backend.execute("SELECT file, sha256 FROM applied_files").fetchall())
    # What somebody has dropped or renamed by hand is made again.
    there = {*existing(backend, views), *existing_functions(backend, {file: statements[file] for file in functions})}
    stored = {file: sha256 for file, sha256 in stored.items() if file in there or file not in statements}
    return TextFiles(views, functions, statements, stored)


def apply_text(backend: DeployerBackend, files: TextFiles, *, all_views: bool, report: Report) -> list[str]:
    """Applies every function, and every view if any view's text changed, one's file is gone, or all_views says so.

    A changed function alone drops no view, so that no reader waits. Returns a sentence for each thing that was dropped.
    """
    started = time.monotonic()
    gone = files.views_gone()
    with_views = all_views or bool(gone or files.changed(files.views))
    dropped = []
    with backend.transaction():
        if with_views:
            existed = drop_views(backend, [*files.views, *gone])
            dropped = [f"dropped wire.{view_of(file)}: its file {file} is gone" for file in gone if file in existed]
            failed = make_views(backend, files.of(files.views))
            if failed:
                raise MigrationFailed("; ".join(str(error) for error in failed.values()))
        dropped += make_functions(backend, files.of(files.functions))
        for file in gone:
            backend.execute("DELETE FROM applied_files WHERE file = :file", {"file": file})
        for file, path in [*files.views.items(), *files.functions.items()]:
            remember(backend, file, checksum(path))
    for line in dropped:
        report(line)
    took = f"{(time.monotonic() - started) * 1000:.0f} ms"
    for kind, of_kind in (("views", files.views if with_views else {}), ("functions", files.functions)):
        if of_kind:
            report(f"applied {len(of_kind)} {kind}, {len(files.changed(of_kind))} of them new or changed ({took})")
    return dropped
