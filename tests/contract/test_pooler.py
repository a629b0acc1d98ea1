"""The pooler of the local stack: what a stand-in for Supabase's must do, whoever stops it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import psycopg2
import pytest

from local import pooler
from local.pooler import Pooler
from local.postgres import StartFailed
from local.settings import ROOT
from tests.support.database_server import Cluster

pytestmark = pytest.mark.skipif(pooler.WHY_NOT is not None, reason=str(pooler.WHY_NOT))


@pytest.fixture
def running(cluster: Cluster, tmp_path: Path) -> Iterator[Pooler]:
    started = Pooler(tmp_path / "pooler", cluster.server, default_pool_size="1").start()
    yield started
    started.stop()


def test_each_message_has_a_connection_to_postgres_for_itself_alone(running: Pooler, cluster: Cluster) -> None:
    url = running.before(cluster.url("postgres", "postgres"))
    with closing(psycopg2.connect(url)) as one, closing(psycopg2.connect(url)) as other:
        seen = []
        for connection in (one, other, one):
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                seen.append(cursor.fetchone())
        assert seen[0] == seen[1] == seen[2]


def test_a_settings_mistake_is_a_start_that_failed(cluster: Cluster, tmp_path: Path) -> None:
    with pytest.raises(StartFailed, match="pgbouncer"):
        Pooler(tmp_path / "pooler", cluster.server, pool_mode="nonsense").start()


def test_it_ends_with_the_process_that_started_it_though_that_is_killed(cluster: Cluster, tmp_path: Path) -> None:
    # A stand-in for the server: the pooler connects to it only when somebody asks.
    script = (
        "import sys, time; from pathlib import Path; from types import SimpleNamespace;"
        "from local.pooler import Pooler;"
        "server = SimpleNamespace(port=1, superuser_password='x', cluster=Path(sys.argv[2]));"
        "print(Pooler(Path(sys.argv[1]), server).start().pid, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "pooler"), str(cluster.server.cluster)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        started = psutil.Process(int(owner.stdout.readline()))
        owner.kill()
    until = time.monotonic() + 20
    while started.is_running() and started.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < until, "the pooler lives on"
        time.sleep(0.01)
