"""sql/views: the current text of every view of schema wire, made anew as a whole whenever any of it changed.

The file NAME.sql makes the view wire.NAME and is complete: CREATE VIEW, COMMENT, owner, revokes and grants. CREATE OR
REPLACE VIEW only adds columns at the end, so the views are dropped first. Nothing is lost: a view holds no rows.

Views may read each other. One DROP VIEW drops all of them, so it needs no order. They are made in the order of their
names, each behind a savepoint, and what failed is tried again after the others: Postgres knows which view needs which,
and a declared order would have to be kept right by hand.

Whoever reads a view meanwhile waits for a fraction of a second and then reads the new one. A session that keeps a view
locked (an open transaction, a dump) makes the run fail after LOCK_SECONDS with nothing changed: run it again later.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from psycopg2.errors import DependentObjectsStillExist, LockNotAvailable

from sql.function_files import drop_functions_of_rows
from sql.migration_guards import TRANSACTION, DeployerBackend, MigrationFailed, back_to_bookkeeping, naming

# How long to try for the locks of all views. While DROP VIEW waits for one lock it keeps those it has, and readers wait
# behind it. After a second of that Postgres may see a deadlock and cancel a reader, so a try is shorter and frees them.
LOCK_SECONDS = 10.0
TRY = "100ms"


def view_of(file: str) -> str:
    """The name of the view that views/NAME.sql makes in schema wire."""
    return file.removeprefix("views/").removesuffix(".sql")


def existing(backend: DeployerBackend, files: Iterable[str]) -> list[str]:
    """Those of the files whose view exists."""
    found = backend.execute(
        "SELECT 'views/' || relname || '.sql' AS file FROM pg_class"
        " WHERE relnamespace = to_regnamespace('wire') AND relkind = 'v' AND relname = ANY (:names) ORDER BY 1",
        {"names": [view_of(file) for file in files]},
    )
    return [row[0] for row in found.fetchall()]


def drop_views(backend: DeployerBackend, files: Iterable[str]) -> list[str]:
    """Drops the views of these files, and the functions of our files that take their rows; returns those that existed.

    Raises MigrationFailed when something else needs a view, or when a session keeps one locked.
    """
    found = existing(backend, files)
    names = [view_of(file) for file in found]
    views = ", ".join(f'wire."{name}"' for name in names)
    deadline = time.monotonic() + LOCK_SECONDS
    while found:
        try:
            with backend.transaction():  # a savepoint
                backend.execute(f"SET LOCAL lock_timeout = '{TRY}'")
                drop_functions_of_rows(backend, names)
                backend.execute(f"DROP VIEW {views}")
            break
        except LockNotAvailable:
            if time.monotonic() > deadline:
                raise MigrationFailed(
                    f"sql/views: another session has kept {views} or one of them locked for {LOCK_SECONDS:g} s; nothing"
                    " was changed. Wait for it or end it (pg_stat_activity, the oldest xact_start), and run this again"
                ) from None
            time.sleep(0.1)
        except DependentObjectsStillExist as error:
            raise MigrationFailed(
                f"sql/views: a view cannot be made anew while something that is in no file needs it"
                f" ({error.diag.message_detail}); nothing was changed. Drop it, or give it a file in sql/views"
            ) from None
    return found


def make_views(backend: DeployerBackend, files: Mapping[str, list[str]]) -> dict[str, MigrationFailed]:
    """Runs the statements of these files; returns the files whose view could not be made, each with its error."""
    waiting = dict(files)
    while waiting:
        failed: dict[str, MigrationFailed] = {}
        for file, statements in waiting.items():
            try:
                with naming(file), backend.transaction():  # a savepoint
                    backend.execute(TRANSACTION)
                    for statement in statements:
                        backend.cursor().execute(statement)
                    back_to_bookkeeping(backend)
                    if not existing(backend, [file]):
                        raise MigrationFailed(f"{file} does not make the view wire.{view_of(file)}")
            except MigrationFailed as error:
                failed[file] = error
        if len(failed) == len(waiting):
            return failed
        waiting = {file: waiting[file] for file in failed}
    return {}
