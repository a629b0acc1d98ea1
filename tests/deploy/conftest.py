"""A stage at AWS' stand-in, which `make deploy` made: see tests/support/rehearsal.py for what that proves."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.support import rehearsal, stages
from tests.support.database_server import Cluster, Database
from tools.configuration.catalog import stored_in_parameter
from tools.configuration.sources import parameter_of
from tools.deploy import __main__ as command


class Rehearsal:
    """A stage, its database, and the commands that work on it, run in this process."""

    def __init__(self, url: str, aws: rehearsal.Aws, database: Database, folder: Path, patch: pytest.MonkeyPatch):
        self.url = url
        self.aws = aws
        self.database = database
        self.folder = folder
        self._patch = patch
        self._look: rehearsal.Stage | None = None

    def run(self, name: str, **variables: str) -> tuple[int, str]:
        """The exit code of a command, and all that it printed."""
        with self._patch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as printed:
            for variable, value in variables.items():
                patch.setenv(variable, value)
            with contextlib.redirect_stderr(printed):
                code = command.main([name])
        return code, printed.getvalue()

    def deploy(
        self, version: str, *, schedules: tuple[str, ...] = ("process_jobs",), **variables: str
    ) -> tuple[int, str]:
        stage = variables.get("STAGE", "prod")
        built = rehearsal.build(self.folder / version, version, stage=stage, schedules=schedules)
        return self.run("deploy", **{"BUILT": str(built), **variables})

    def serves(self) -> dict[str, str]:
        """The handler of each function -> the VERSION that its alias serves."""
        return dict(self.look.serves())

    @property
    def look(self) -> rehearsal.Stage:
        self._look = self._look or rehearsal.Stage(self.url)
        return self._look


@contextlib.contextmanager
def rehearsing(database: Database, folder: Path) -> Iterator[Rehearsal]:
    """An empty account, a database, and a drill that succeeded today."""
    database.run("SELECT ops.note_maintenance_run_tx('drill', true)")
    with rehearsal.running_aws() as (url, aws), pytest.MonkeyPatch.context() as patch:
        for name, value in rehearsal.environment(url, database.url("postgres"), "prod").items():
            patch.setenv(name, value)
        put_configuration(url, "prod")
        patch.delenv("TO", raising=False)
        patch.delenv("FORCE", raising=False)
        yield Rehearsal(url, aws, database, folder, patch)


def put_configuration(url: str, stage: str, changes: Mapping[str, str] | None = None) -> None:
    """The stage's parameters, as make secrets would leave them."""
    ssm = boto3.client("ssm", endpoint_url=url, region_name=rehearsal.REGION)
    for function, values in stages.configured(stage).items():
        stored = {name: value for name, value in values.items() if name in stored_in_parameter(function)}
        stored |= {name: value for name, value in (changes or {}).items() if name in stored}
        name = parameter_of(stage, function)
        ssm.put_parameter(Name=name, Value=json.dumps(stored), Type="SecureString", Overwrite=True)


@pytest.fixture(scope="module")
def deployed(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """A stage that was deployed once, and that the tests of a file share."""
    with cluster.database() as database, rehearsing(database, tmp_path_factory.mktemp("packages")) as stage:
        code, printed = stage.deploy("v1")
        assert code == 0, printed
        yield stage


@pytest.fixture
def healthy(deployed: Rehearsal) -> Iterator[Rehearsal]:
    """That stage, whose AWS does what it is asked."""
    yield deployed
    deployed.aws.answer = rehearsal.healthy
    deployed.aws.refuses = lambda method, path, body: False


@pytest.fixture
def account(database: Database, tmp_path: Path) -> Iterator[Rehearsal]:
    """An account and a database of the test's own, with nothing deployed."""
    with rehearsing(database, tmp_path) as stage:
        yield stage


def refused_at(text: str) -> Any:
    """What AWS refuses: requests whose path or body has this text."""
    return lambda method, path, body: text in path or text in body
