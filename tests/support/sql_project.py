"""A throw-away project for the tests of the migration program: folders of its own, and an empty database."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from sql import migrate
from tests.support.database_server import Database

FIRST = "20260101000000_first"
SECOND = "20260102000000_second"
THIRD = "20260103000000_third"


class Project:
    """Folders of migrations, views and functions, and the database they are applied to."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.database = database
        self.folder = folder
        self.migrations = folder / "migrations"
        self.views = folder / "views"
        self.functions = folder / "functions"
        for each in (self.migrations, self.views, self.functions):
            each.mkdir()
        self.url = database.url("postgres")
        self.reported: list[str] = []

    def migration(self, name: str, up: str, down: str = "SELECT 1;") -> None:
        (self.migrations / f"{name}.sql").write_text(up)
        (self.migrations / f"{name}.rollback.sql").write_text(down)

    def view(self, name: str, query: str, more: str = "") -> None:
        (self.views / f"{name}.sql").write_text(f"CREATE VIEW wire.{name} AS {query};\n{more}")

    def function(self, name: str, result: str, schema: str = "public", parameters: str = "", more: str = "") -> None:
        text = f"CREATE OR REPLACE FUNCTION {schema}.{name}({parameters}) RETURNS text LANGUAGE sql"
        (self.functions / f"{name}.sql").write_text(f"{text} AS $$ SELECT '{result}' $$;\n{more}")

    def apply(self, wait_seconds: float = 20) -> migrate.Outcome:
        return migrate.apply(self.url, folder=self.folder, report=self.reported.append, wait_seconds=wait_seconds)

    def rollback(self, steps: int | None = 1) -> migrate.Outcome:
        return migrate.rollback(self.url, steps, folder=self.folder, report=self.reported.append)

    def process(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, str(Path(migrate.__file__)), *arguments, "--database", self.url]
        command += ["--sql", str(self.folder)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def exists(self, table: str) -> bool:
        return self.database.run("SELECT to_regclass(%s) IS NOT NULL", [table]) == [(True,)]

    def applied(self) -> list[str]:
        return [name for name, is_applied in migrate.status(self.url, folder=self.folder) if is_applied]


def wait_for(condition: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not so within {seconds:g} s"
        time.sleep(0.02)
