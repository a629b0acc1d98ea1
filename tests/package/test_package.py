"""What `chalice package` makes of a clean checkout: all that the functions need is in the zip, and no more of ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from chalice.app import ScheduledEventConfig

from app import app
from local.settings import ROOT

# Downloads and builds the dependencies for Lambda: half a minute, and the network.
pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with deployment.zip and sam.json, made from what is committed."""
    checkout, made = tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("package")
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(checkout)], check=True, timeout=60)
    chalice = str(Path(sys.executable).with_name("chalice"))
    command = [chalice, "package", "--stage", "prod", "--merge-template", ".chalice/merge.json", str(made)]
    environment = {**os.environ, "AWS_DEFAULT_REGION": "eu-west-1"}
    subprocess.run(command, cwd=checkout, env=environment, check=True, capture_output=True, timeout=300)
    return made


@pytest.fixture(scope="module")
def names(package: Path) -> set[str]:
    with zipfile.ZipFile(package / "deployment.zip") as archive:
        return set(archive.namelist())


def test_queries_templates_and_the_description_are_in_the_zip(names: set[str]) -> None:
    for folder in ("database/queries", "mail/letters"):
        for path in (ROOT / "chalicelib" / folder).iterdir():
            assert f"chalicelib/{folder}/{path.name}" in names
    assert "chalicelib/openapi.json" in names
    assert "app.py" in names


def test_nothing_of_the_local_stack_the_tests_or_the_migrations_is_deployed(names: set[str]) -> None:
    ours = {name.split("/")[0] for name in names}
    assert not ours & {"local", "tools", "tests", "sql", "bench", "docs", "flask", "cheroot", "pytest", "yoyo"}


def test_every_schedule_is_a_function_that_is_started_at_its_times(package: Path) -> None:
    resources = json.loads((package / "sam.json").read_text())["Resources"]
    functions = {
        resource["Properties"]["Handler"].removeprefix("app."): resource["Properties"]
        for resource in resources.values()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    declared = {source.name: source for source in app.event_sources if isinstance(source, ScheduledEventConfig)}
    assert functions.keys() == {"app", *declared}
    for name, schedule in declared.items():
        (event,) = functions[name]["Events"].values()
        assert event["Properties"]["Schedule"] == schedule.schedule_expression, name
        assert functions[name]["Environment"]["Variables"]["STAGE"] == "prod"


def test_the_gateway_answers_in_our_shape_by_itself(package: Path) -> None:
    resources = json.loads((package / "sam.json").read_text())["Resources"]
    definition = resources["RestAPI"]["Properties"]["DefinitionBody"]
    assert definition["x-amazon-apigateway-gateway-responses"]["MISSING_AUTHENTICATION_TOKEN"]["statusCode"] == 404
    assert "/functions/v1/create-family" in definition["paths"]


def test_the_zip_is_within_what_lambda_takes(package: Path) -> None:
    assert (package / "deployment.zip").stat().st_size < 50_000_000
    with zipfile.ZipFile(package / "deployment.zip") as archive:
        assert sum(entry.file_size for entry in archive.infolist()) < 250_000_000
