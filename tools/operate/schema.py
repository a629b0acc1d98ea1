"""The schema: what is missing of it is applied, or the last migration undone, by the role that owns the database."""

from __future__ import annotations

import os
from collections.abc import Callable

import psycopg2

from sql import migrate
from tools.operate.stage import MIGRATIONS, Mistaken


def apply() -> None:
    """Brings the database to the state that sql/ describes. Raises Mistaken."""
    _run(migrate.apply)


def rollback() -> None:
    """Undoes the last migration. Raises Mistaken."""
    _run(migrate.rollback)


def _run(work: Callable[[str], migrate.Outcome]) -> None:
    try:
        work(os.environ[MIGRATIONS])
    except (migrate.MigrationRefused, migrate.MigrationFailed) as trouble:
        raise Mistaken(str(trouble)) from None
    except psycopg2.OperationalError:
        # libpq's own text names the user.
        raise Mistaken(f"{MIGRATIONS} cannot be reached: address, password or certificate") from None
    except psycopg2.Error as trouble:
        raise Mistaken(str(trouble).strip()) from None
