"""`make operation`: the stubs of a new operation, written into a copy of the files it touches."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest

from tools.new_operation import ROOT, Refused, write

FOLDERS = ("chalicelib/operations", "sql/functions", "tests/api")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for folder in FOLDERS:
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(ROOT / "app.py", tmp_path / "app.py")
    return tmp_path


def everything(folder: Path) -> dict[Path, str]:
    return {path: path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("route", ["thank-storyteller", "add-an-echo", "zip-archive"])
def test_the_operation_its_function_its_test_and_its_route_are_written(copy: Path, route: str) -> None:
    name = route.replace("-", "_")
    write(route, copy)
    for path in copy.rglob("*.py"):
        ast.parse(path.read_text("utf-8"))
    assert f"CREATE OR REPLACE FUNCTION ops.{name}_tx(" in (copy / f"sql/functions/{name}_tx.sql").read_text("utf-8")
    imports = [line for line in (copy / "app.py").read_text("utf-8").splitlines() if "chalicelib.operations" in line]
    assert imports == sorted(imports) and f"from chalicelib.operations.{name} import {name}" in imports
    assert f'app.operation("{route}", {name}, limit=WRITES' in (copy / "app.py").read_text("utf-8")


@pytest.mark.parametrize("name", ["", "thank", "Thank-Storyteller", "thank_storyteller", "thank-", "thank storyteller"])
def test_a_name_that_is_no_route_is_refused_and_nothing_is_written(copy: Path, name: str) -> None:
    before = everything(copy)
    with pytest.raises(Refused, match="thank-storyteller"):
        write(name, copy)
    assert everything(copy) == before


def test_a_file_that_exists_is_never_overwritten(copy: Path) -> None:
    write("thank-storyteller", copy)
    before = everything(copy)
    with pytest.raises(Refused, match="exists already"):
        write("thank-storyteller", copy)
    assert everything(copy) == before
