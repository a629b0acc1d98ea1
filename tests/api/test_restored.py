"""A process that Lambda starts from a snapshot keeps nothing of it that grows old, or that other processes have too."""

from __future__ import annotations

import random

import pytest

from chalicelib import config
from chalicelib.database import connections
from tests.support.api import Api

hooks = pytest.importorskip("awslambdaric.lambda_runtime_hooks_runner", reason="for Linux alone")


def test_two_processes_of_one_snapshot_draw_different_numbers() -> None:
    snapshot = random.getstate()
    drawn = set()
    for _ in range(2):
        random.setstate(snapshot)
        hooks.run_after_restore()
        drawn.add(random.random())
    assert len(drawn) == 2


def test_after_a_restore_the_configuration_is_read_again_and_connections_are_new(api: Api) -> None:
    person = api.person()
    assert person.get("/v1/me").status == 200
    read, kept = config.load(config.DatabaseSettings), list(connections._KEPT)
    assert kept
    hooks.run_after_restore()
    assert all(connection.closed for connection in kept)
    assert connections._KEPT == []
    assert config.load(config.DatabaseSettings) is not read
    assert person.get("/v1/me").status == 200
