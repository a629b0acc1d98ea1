"""What `make package` makes of a clean checkout: the same zip each time, for Lambda's Python and processor, with all
that the functions need, no more of ours, and of others exactly what requirements.txt names."""

from __future__ import annotations

import re
import struct
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from local.settings import ROOT
from tests.support.packages import clone, make_package
from tests.support.target_python import needs_target_python
from tools import locks
from tools.package import bytecode, pruning
from tools.package.target import Target

# Downloads the dependencies for Lambda and compiles them: half a minute, and the network.
pytestmark = [pytest.mark.heavy, needs_target_python]

AARCH64 = 183
"""e_machine of an ELF file, which says for what processor it is."""

FACTS_OF_A_PYC = """
import importlib.util, marshal, pathlib, struct, sys
folder = pathlib.Path(sys.argv[1])
for path in sorted(folder.rglob("*.pyc")):
    data = path.read_bytes()
    assert data[:4] == importlib.util.MAGIC_NUMBER, path
    # PEP 552: made from the hash of the source, which is not compared.
    assert struct.unpack("<I", data[4:8]) == (0b01,), path
    source = path.parent.parent / (path.name.split(".")[0] + ".py")
    assert importlib.util.source_hash(source.read_bytes()) == data[8:16], path
    assert marshal.loads(data[16:]).co_filename == f"/var/task/{source.relative_to(folder)}", path
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clone(tmp_path_factory.mktemp("checkout") / "stories")


@pytest.fixture(scope="module")
def package(checkout: Path) -> Path:
    """The folder with deployment.zip and sam.json."""
    done = make_package(checkout)
    assert done.returncode == 0, done.stderr
    return checkout / "dist"


@pytest.fixture(scope="module")
def unzipped(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unzipped")
    with zipfile.ZipFile(package / "deployment.zip") as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def names(package: Path) -> set[str]:
    with zipfile.ZipFile(package / "deployment.zip") as archive:
        return set(archive.namelist())


def test_a_build_in_another_folder_gives_the_same_bytes(package: Path, tmp_path: Path) -> None:
    other = clone(tmp_path / "elsewhere" / "and deeper")
    done = make_package(other, TZ="Asia/Kolkata", PYTHONHASHSEED="7", LC_ALL="C", UMASK="077")
    assert done.returncode == 0, done.stderr
    for name in ("deployment.zip", "sam.json"):
        assert (other / "dist" / name).read_bytes() == (package / name).read_bytes(), name


def test_every_extension_is_for_lambdas_processor_and_python(unzipped: Path) -> None:
    libraries = [path for path in unzipped.rglob("*") if re.search(r"\.so(\.|$)", path.name)]
    assert {"_psycopg", "_rust", "_pydantic_core"} <= {path.name.partition(".")[0] for path in libraries}
    for path in libraries:
        head = path.read_bytes()[:20]
        assert head[:4] == b"\x7fELF" and struct.unpack("<H", head[18:20]) == (AARCH64,), path
    tags = {match[1] for path in libraries if (match := re.search(r"\.(cpython-\d+|abi3)", path.name))}
    assert tags <= {"cpython-313", "abi3"}


def test_every_module_is_compiled_by_lambdas_python_and_never_compared_with_its_source(unzipped: Path) -> None:
    modules = sorted(path.relative_to(unzipped).as_posix() for path in unzipped.rglob("*.py"))
    compiled = sorted(
        f"{path.parent.parent.relative_to(unzipped).as_posix()}/{path.name.partition('.')[0]}.py".removeprefix("./")
        for path in unzipped.rglob("*.pyc")
    )
    assert modules == compiled
    python = str(bytecode.find_python())
    done = subprocess.run([python, "-c", FACTS_OF_A_PYC, str(unzipped)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_templates_certificates_and_the_description_are_in_the_zip(names: set[str]) -> None:
    for folder in ("database/certificates", "mail/letters"):
        for path in (ROOT / "chalicelib" / folder).iterdir():
            assert f"chalicelib/{folder}/{path.name}" in names
    assert "chalicelib/openapi.json" in names
    # For a Postgres whose certificate the public authorities vouch for.
    assert "certifi/cacert.pem" in names
    assert "app.py" in names


def test_nothing_of_the_local_stack_the_tests_or_the_migrations_is_deployed(names: set[str]) -> None:
    ours = {name.split("/")[0] for name in names}
    assert not ours & {"local", "tools", "tests", "sql", "bench", "docs", "flask", "cheroot", "pytest", "yoyo"}


def test_the_zip_holds_the_distributions_of_the_lock_and_no_other(names: set[str]) -> None:
    found = {re.sub(r"\.dist-info/.*", "", name) for name in names if ".dist-info/" in name}
    pins = [pin for pin in locks.read(locks.SHIPPED) if pin.applies(Target().markers)]
    assert {canonicalize_name(name.rpartition("-")[0]) + "==" + name.rpartition("-")[2] for name in found} == {
        f"{pin.name}=={pin.version}" for pin in pins if pin.name not in pruning.NOT_UNPACKED
    }


def test_the_chalice_in_the_zip_is_that_of_the_lock(package: Path) -> None:
    with zipfile.ZipFile(package / "deployment.zip") as archive:
        source = archive.read("chalice/app.py").decode()
    (pin,) = (pin for pin in locks.read(locks.DEVELOPMENT) if pin.name == "chalice")
    assert re.findall(r"^_*version_* ?(?:: ?str)? ?= ?['\"](.+)['\"]", source, re.MULTILINE) == [pin.version]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A checkout of the test's own."""
    return clone(tmp_path / "project")


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


@pytest.mark.parametrize(("change", "says"), [(change_hash, "DO NOT MATCH THE HASHES"), (remove_hashes, "has no hash")])
def test_a_file_without_its_hash_in_the_lock_ends_the_build(
    project: Path, change: Callable[[str], str], says: str
) -> None:
    lock = project / "requirements.txt"
    lock.write_text(change(lock.read_text()))
    (project / "dist").mkdir()
    for name in ("deployment.zip", "sam.json"):
        (project / "dist" / name).write_bytes(b"of yesterday")
    done = make_package(project)
    assert done.returncode == 1
    assert says in done.stderr
    assert "error: nothing was packaged: " in done.stderr
    assert list((project / "dist").iterdir()) == []


def test_a_stage_that_nobody_described_is_no_package(project: Path) -> None:
    done = make_package(project, "production")
    assert (done.returncode, done.stderr) == (
        1,
        "error: nothing was packaged: STAGE must be one of dev, staging, prod\n",
    )
