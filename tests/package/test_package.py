"""What `make package` makes of a clean checkout: all that the functions need is in the zip, no more of ours, and of
others exactly what requirements.txt names."""

from __future__ import annotations

import json
import platform
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chalice.app import ScheduledEventConfig
from packaging.utils import canonicalize_name

from app import app
from local.settings import ROOT
from tests.support.http_server import running_http_server
from tools import locks
from tools import package as packaging
from tools.template.document import APP

# Downloads the dependencies for Lambda: half a minute, and the network.
pytestmark = pytest.mark.heavy

IMPORTS_ALL = Path(__file__).with_name("imports_all.py")


@pytest.fixture(autouse=True)
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is committed."""
    folder = tmp_path_factory.mktemp("checkout")
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True, timeout=60)
    return folder


@pytest.fixture(scope="module")
def package(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with deployment.zip and sam.json."""
    made = tmp_path_factory.mktemp("package")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        packaging.package(checkout, "prod", made)
    return made


@pytest.fixture(scope="module")
def names(package: Path) -> set[str]:
    with zipfile.ZipFile(package / "deployment.zip") as archive:
        return set(archive.namelist())


def test_queries_templates_certificates_and_the_description_are_in_the_zip(names: set[str]) -> None:
    for folder in ("database/queries", "database/certificates", "mail/letters"):
        for path in (ROOT / "chalicelib" / folder).iterdir():
            assert f"chalicelib/{folder}/{path.name}" in names
    assert "chalicelib/openapi.json" in names
    # For a Postgres whose certificate the public authorities vouch for.
    assert "certifi/cacert.pem" in names
    assert "app.py" in names


def test_nothing_of_the_local_stack_the_tests_or_the_migrations_is_deployed(names: set[str]) -> None:
    ours = {name.split("/")[0] for name in names}
    assert not ours & {"local", "tools", "tests", "sql", "bench", "docs", "flask", "cheroot", "pytest", "yoyo"}


def test_every_schedule_is_a_function_that_is_started_at_its_times(checkout: Path, package: Path) -> None:
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
    versions = {own["Environment"]["Variables"]["VERSION"] for own in functions.values()}
    assert versions == {packaging.version_of(checkout)}


def test_the_gateway_answers_in_our_shape_by_itself(package: Path) -> None:
    resources = json.loads((package / "sam.json").read_text())["Resources"]
    definition = resources["RestAPI"]["Properties"]["DefinitionBody"]
    assert definition["x-amazon-apigateway-gateway-responses"]["MISSING_AUTHENTICATION_TOKEN"]["statusCode"] == 404
    assert "/functions/v1/create-family" in definition["paths"]


def test_what_watches_the_stage_names_only_what_is_in_the_template(package: Path) -> None:
    template = json.loads((package / "sam.json").read_text())
    resources = template["Resources"]
    functions = {name for name, each in resources.items() if each["Type"] == "AWS::Serverless::Function"}
    assert functions == {name.removesuffix("LogGroup") for name in resources if name.endswith("LogGroup")}
    alarms = [each["Properties"] for each in resources.values() if each["Type"] == "AWS::CloudWatch::Alarm"]
    named = set(re.findall(r'"Ref": "([^"]+)"', json.dumps([alarms, resources["AlarmTopic"]])))
    assert functions < named <= functions | {"AlarmTopic", "AlarmEmail"}
    # The dimension ApiName of API Gateway's metrics is the title of its definition.
    assert resources["RestAPI"]["Properties"]["DefinitionBody"]["info"]["title"] == APP


def test_cloudformation_would_take_the_template(package: Path) -> None:
    command = ["make", "-s", "check-template", f"TEMPLATE={package / 'sam.json'}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_zip_is_within_what_lambda_takes(package: Path) -> None:
    assert (package / "deployment.zip").stat().st_size < 50_000_000
    with zipfile.ZipFile(package / "deployment.zip") as archive:
        assert sum(entry.file_size for entry in archive.infolist()) < 250_000_000


def test_the_zip_holds_the_distributions_of_the_lock_and_no_other(package: Path, names: set[str]) -> None:
    found = {re.sub(r"\.dist-info/.*", "", name) for name in names if ".dist-info/" in name}
    pins = [pin for pin in locks.read(ROOT / "requirements.txt") if pin.applies()]
    assert {canonicalize_name(name.rpartition("-")[0]) + "==" + name.rpartition("-")[2] for name in found} == {
        f"{pin.name}=={pin.version}" for pin in pins
    }
    # Whatever has a folder of its own in the zip belongs to one of them, is Chalice's, or ours.
    with zipfile.ZipFile(package / "deployment.zip") as archive:
        records = [name for name in names if name.endswith(".dist-info/RECORD")]
        listed = {line.split(",")[0] for name in records for line in archive.read(name).decode().splitlines()}
    others = {name for name in names - listed if not name.startswith(("chalicelib/", "chalice/")) and name != "app.py"}
    assert others == set()


def test_the_chalice_in_the_zip_is_that_of_the_lock(package: Path) -> None:
    with zipfile.ZipFile(package / "deployment.zip") as archive:
        source = archive.read("chalice/app.py").decode()
    (pin,) = (pin for pin in locks.read(locks.DEVELOPMENT) if pin.name == "chalice")
    assert re.findall(r"^_*version_* ?(?:: ?str)? ?= ?['\"](.+)['\"]", source, re.MULTILINE) == [pin.version]


@pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"), reason="Lambda's wheels run on Linux on x86-64 only"
)
def test_the_zip_needs_nothing_from_outside(package: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(package / "deployment.zip") as archive:
        archive.extractall(tmp_path)
    # -I and -S: the standard library and the zip, no environment, no site-packages.
    command = [sys.executable, "-I", "-S", "-B", str(IMPORTS_ALL), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "stripe" in done.stdout.split()


@pytest.fixture
def project(checkout: Path, tmp_path: Path) -> Path:
    """A checkout of the test's own."""
    folder = tmp_path / "project"
    subprocess.run(["git", "clone", "--quiet", str(checkout), str(folder)], check=True, timeout=60)
    return folder


def entry(text: str, name: str) -> str:
    """The lines of one distribution in a lock."""
    found = re.search(rf"^{name}==.*?(?=^[a-z])", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[0]


def change_hash(text: str) -> str:
    """As if the index had another file of this name and version than the one that was locked."""
    own = entry(text, "stripe")
    return text.replace(own, re.sub(r"sha256:[0-9a-f]{4}", "sha256:0000", own))


def remove_hashes(text: str) -> str:
    return re.sub(r" \\\n    --hash=\S+", "", text)


@pytest.mark.parametrize(
    ("change", "says"), [(change_hash, "DO NOT MATCH THE HASHES"), (remove_hashes, "Hashes are required")]
)
def test_a_file_without_its_hash_in_the_lock_ends_the_build(
    project: Path, tmp_path: Path, change: Callable[[str], str], says: str, capfd: pytest.CaptureFixture[str]
) -> None:
    lock = project / "requirements.txt"
    lock.write_text(change(lock.read_text()))
    (tmp_path / "deployment.zip").write_bytes(b"of yesterday")
    with pytest.raises(packaging.PackagingFailed, match="no wheel for Lambda with a SHA-256 of requirements"):
        packaging.package(project, "prod", tmp_path)
    assert not (tmp_path / "deployment.zip").exists()
    assert says in capfd.readouterr().err


def test_what_chalice_leaves_out_ends_the_build(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = project / "requirements.txt"
    lock.write_text(entry(lock.read_text(), "psycopg2-binary"))
    # A wheel that is no use on Lambda: Chalice says so, and exits 0.
    monkeypatch.setattr(packaging, "_platforms", lambda: ["musllinux_1_2_x86_64"])
    with pytest.raises(packaging.PackagingFailed, match=r"psycopg2-binary==\S+ is missing"):
        packaging.package(project, "prod", tmp_path)
    assert not (tmp_path / "deployment.zip").exists()


@pytest.fixture
def other_index(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """An index that the environment names, on this machine; gives the paths that were asked of it."""
    asked: list[str] = []

    def answer(environ: Any, start_response: Any) -> list[bytes]:
        asked.append(environ["PATH_INFO"])
        start_response("404 Not Found", [("Content-Length", "0")])
        return []

    with running_http_server() as server:
        server.serve(answer)
        monkeypatch.setenv("PIP_INDEX_URL", f"{server.url}/")
        monkeypatch.setenv("PIP_EXTRA_INDEX_URL", f"{server.url}/more/")
        yield asked


def test_chalice_gets_no_file_but_those_that_were_checked(
    project: Path, package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other_index: list[str]
) -> None:
    wheels = tmp_path / "wheels"
    with monkeypatch.context() as patch:
        patch.delenv("PIP_INDEX_URL")
        patch.delenv("PIP_EXTRA_INDEX_URL")
        packaging.download(project / "requirements.txt", wheels)
    (taken,) = wheels.glob("cryptography-*.whl")
    taken.unlink()
    with pytest.raises(packaging.PackagingFailed, match="chalice package failed"):
        packaging.run_chalice(project, "prod", tmp_path, wheels)
    assert other_index == []


def test_chalice_does_not_take_an_earlier_zip(checkout: Path, package: Path, tmp_path: Path) -> None:
    """It keeps one for each requirements.txt and code, whatever that one was made of: `package` has left one."""
    assert list((checkout / ".chalice" / "deployments").iterdir())
    with pytest.raises(packaging.PackagingFailed, match="chalice package failed"):
        packaging.run_chalice(checkout, "prod", tmp_path, tmp_path / "no wheels")
