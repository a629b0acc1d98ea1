"""A stage outside the local stack: whoever it reaches must prove a name, and gets no password by any other way."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from chalicelib import config
from chalicelib.database import connections
from tests.support.tls import Authority

HOST = "db.example.test"
USER = "app_login"
PASSWORD = "correct-horse-battery"


@dataclass
class Outside:
    """A stage outside the local stack, whose database is to be found at HOST."""

    monkeypatch: pytest.MonkeyPatch
    authority: Authority
    addresses: list[str]

    def point_at(self, port: int, password: str = PASSWORD, dbname: str = "postgres", **variables: str) -> None:
        url = f"postgresql://{USER}:{password}@{HOST}:{port}/{dbname}"
        for name, value in {"STAGE": "staging", "DATABASE_URL": url, "DATABASE_CA": "ours.crt", **variables}.items():
            self.monkeypatch.setenv(name, value)
        config.reset()
        connections.reset()
