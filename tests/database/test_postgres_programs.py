"""pg_dump and pg_restore speak to another machine over TLS alone, and show the password to nobody."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.database_server import Cluster
from tests.support.outside import HOST, PASSWORD, USER, Outside
from tests.support.tls import Authority, PretendServer
from tools.postgres_programs import ProgramFailed, run

QUICK = ["--schema-only", "--no-password", "--schema=public"]


DUMPED = "PostgreSQL database dump complete"


def url(port: int, password: str = "") -> str:
    return f"postgresql://{USER}{':' + password if password else ''}@{HOST}:{port}/postgres"


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What stands on the command lines, where every user of the machine can read it."""
    seen: list[list[str]] = []
    real = subprocess.run

    def watched(command: list[str], **options: Any) -> Any:
        seen.append(command)
        return real(command, **options)

    monkeypatch.setattr(subprocess, "run", watched)
    return seen


def test_a_server_that_proves_its_name_is_dumped_over_tls(
    outside: Outside, authority: Authority, cluster: Cluster, commands: list[list[str]]
) -> None:
    with PretendServer(certificate=authority.issue(HOST), real=cluster.server.port).serving() as server:
        outside.point_at(server.port)
        assert DUMPED in run("pg_dump", QUICK, url(server.port, cluster.password))
    assert cluster.password not in str(commands)


def test_a_password_comes_from_the_password_file_too(
    outside: Outside, authority: Authority, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PGPASSWORD", raising=False)
    file = tmp_path / "pgpass"
    file.write_text(f"{HOST}:*:other:{USER}:wrong\n{HOST}:*:*:{USER}:{cluster.password}\n")
    file.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(file))
    with PretendServer(certificate=authority.issue(HOST), real=cluster.server.port).serving() as server:
        outside.point_at(server.port)
        assert DUMPED in run("pg_dump", QUICK, url(server.port))


@pytest.mark.parametrize("whose", ["of nobody we trust", "of another host", "none: no TLS", "asks for it in clear"])
def test_another_server_gets_no_password(outside: Outside, authority: Authority, whose: str) -> None:
    server = {
        "of nobody we trust": PretendServer(certificate=authority.self_signed(HOST)),
        "of another host": PretendServer(certificate=authority.issue("other.example.test")),
        "none: no TLS": PretendServer(to_ssl=b"N"),
        "asks for it in clear": PretendServer(certificate=authority.issue(HOST)),
    }[whose]
    with server.serving():
        outside.point_at(server.port)
        with pytest.raises(ProgramFailed) as failure:
            run("pg_dump", QUICK, url(server.port, PASSWORD))
    assert PASSWORD.encode() not in server.received
    assert whose == "asks for it in clear" or not server.received, "not even the user's name"
    assert PASSWORD not in str(failure.value)
