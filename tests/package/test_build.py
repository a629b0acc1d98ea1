"""The steps of `make package` that need no network: what is taken, what is left out, how it is compiled and packed."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.target_python import needs_target_python
from tools.package import PackagingFailed, archive, bytecode, pruning
from tools.package.build import own_files
from tools.package.target import Target


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with two entry modules, a package, and what is not deployed."""
    folder = tmp_path / "checkout"
    for name in ("app.py", "webhook.py", "chalicelib/a.py", "chalicelib/queries/a.sql", "tools/b.py", "README.md"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    (folder / ".gitignore").write_text("__pycache__/\n")
    for command in (["init", "--quiet"], ["add", "."]):
        subprocess.run(["git", *command], cwd=folder, check=True, timeout=60)
    return folder


def test_the_entry_modules_and_what_they_import_are_taken_as_git_tracks_them(checkout: Path) -> None:
    (checkout / "chalicelib" / "__pycache__").mkdir()
    (checkout / "chalicelib" / "__pycache__" / "a.cpython-311.pyc").write_bytes(b"of this machine")
    (checkout / "notes").write_text("not in git, and not deployed")
    names = [path.as_posix() for path in own_files(checkout)]
    assert names == ["app.py", "chalicelib/a.py", "chalicelib/queries/a.sql", "webhook.py"]


@pytest.mark.parametrize("name", ["chalicelib/new.py", "chalicelib/new/secret.env", "new_function.py"])
def test_a_file_that_is_not_in_git_ends_the_build_by_its_name(checkout: Path, name: str) -> None:
    """Left out, the functions would fail where they import it; taken, no version would say what runs."""
    (checkout / name).parent.mkdir(exist_ok=True)
    (checkout / name).write_text("")
    with pytest.raises(PackagingFailed, match=rf"not in git.*: {name} "):
        own_files(checkout)


def test_only_a_git_checkout_is_packaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(PackagingFailed, match="only a git checkout"):
        own_files(tmp_path)


@pytest.mark.parametrize("architecture", ["", "aarch64", "amd64", "ARM64"])
def test_a_processor_that_lambda_does_not_have_is_refused(architecture: str) -> None:
    with pytest.raises(PackagingFailed, match="ARCH must be one of arm64, x86_64"):
        Target(architecture)


@pytest.mark.parametrize(
    ("path", "stays"),
    [
        ("stripe/_customer.py", True),
        ("stripe/params/_customer_create_params.py", False),
        ("stripe-16.1.0.dist-info/METADATA", True),
        ("stripe-16.1.0.dist-info/RECORD", False),
        ("botocore/auth.py", True),
        ("botocore/data/s3/2006-03-01/service-2.json.gz", False),
        ("sentry_sdk/integrations/__init__.py", True),
        ("sentry_sdk/integrations/django/__init__.py", False),
        ("pydantic/main.pyi", False),
        ("certifi/cacert.pem", True),
        ("psycopg2_binary.libs/libpq-6d43a12c.so.5.17", True),
    ],
)
def test_what_no_deployed_code_reaches_is_left_out(tmp_path: Path, path: str, stays: bool) -> None:
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text("")
    pruning.prune(tmp_path)
    assert (tmp_path / path).exists() == stays


def tree(folder: Path) -> Path:
    for name, text in {"b.py": "B = {'x', 'y', 'z'}\n", "a/__init__.py": "", "a/c.txt": "c"}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_the_same_files_give_the_same_zip_whatever_their_times_modes_and_folder(tmp_path: Path) -> None:
    one, other = tree(tmp_path / "one"), tree(tmp_path / "another")
    (other / "b.py").chmod(0o700)
    os.utime(other / "b.py", (0, 0))
    archive.write(one, tmp_path / "one.zip")
    archive.write(other, tmp_path / "other.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "other.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as packed:
        assert packed.namelist() == ["a/__init__.py", "a/c.txt", "b.py"]
        # Lambda runs the functions as a user of its own, who must be able to read every file.
        assert {entry.external_attr >> 16 for entry in packed.infolist()} == {0o100644}


def test_a_zip_that_grew_is_refused_until_somebody_decides(tmp_path: Path) -> None:
    made = tmp_path / "deployment.zip"
    archive.write(tree(tmp_path / "tree"), made)
    size = made.stat().st_size
    archive.refuse_growth(made, usual=size)
    archive.refuse_growth(made, usual=round(size / 1.01))
    with pytest.raises(PackagingFailed, match=rf"grown to {size:,} bytes; .* USUAL_BYTES"):
        archive.refuse_growth(made, usual=round(size / 1.04))
    assert [line.split()[-1] for line in archive.report(made, most=2)] == ["which", "b.py", "a"]


def test_no_size_is_usual_that_exceeds_the_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert archive.USUAL_BYTES * (1 + archive.TOLERANCE) < archive.MOST_BYTES
    made = tmp_path / "deployment.zip"
    archive.write(tree(tmp_path / "tree"), made)
    monkeypatch.setattr(archive, "MOST_BYTES", made.stat().st_size - 1)
    with pytest.raises(PackagingFailed, match="are the most"):
        archive.refuse_growth(made, usual=10**9)


@needs_target_python
def test_the_same_files_are_compiled_to_the_same_bytes_in_any_folder(tmp_path: Path) -> None:
    compiled = []
    for folder in (tree(tmp_path / "one"), tree(tmp_path / "far" / "away")):
        bytecode.compile_all(bytecode.find_python(), folder)
        (path,) = folder.glob("__pycache__/b.*.pyc")
        compiled.append(path.read_bytes())
    assert compiled[0] == compiled[1]
    assert b"/var/task/b.py" in compiled[0] and b"one" not in compiled[0]


@needs_target_python
def test_a_module_that_does_not_compile_ends_the_build(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tree(tmp_path / "tree") / "a" / "wrong.py").write_text("def (")
    with pytest.raises(PackagingFailed, match="does not compile"):
        bytecode.compile_all(bytecode.find_python(), tmp_path / "tree")
    assert "a/wrong.py" in capfd.readouterr().out


def test_without_lambdas_python_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TARGET_PYTHON", raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    with pytest.raises(PackagingFailed, match=r"Python 3\.13.*apt install python3\.13.*TARGET_PYTHON="):
        bytecode.find_python()
    # As pyenv's, which stands on the PATH and fails while another version is chosen.
    (tmp_path / "python3.13").write_text("#!/bin/sh\nexit 127\n")
    (tmp_path / "python3.13").chmod(0o755)
    with pytest.raises(PackagingFailed, match="there is none here"):
        bytecode.find_python()
    monkeypatch.setenv("TARGET_PYTHON", str(tmp_path / "python3.13"))
    with pytest.raises(PackagingFailed, match="TARGET_PYTHON must be"):
        bytecode.find_python()
