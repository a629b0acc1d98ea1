"""The listed mutants still apply, and `make mutants` tells a change that a test notices from one that none does."""

from __future__ import annotations

import ast
import os
import subprocess
from pathlib import Path

import pytest

from local.settings import ROOT
from tests.support.database_server import is_alive
from tools import mutants
from tools.mutants import Area, BadMutants, Mutant, Result

AREAS = mutants.read()


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.name)
def test_every_mutant_still_applies_and_says_what_it_would_cost(area: Area) -> None:
    for mutant in area.mutants:
        changed = mutant.apply((ROOT / mutant.file).read_text())
        if mutant.file.endswith(".py"):
            ast.parse(changed, mutant.file)
        assert mutant.why.endswith("."), mutant
        assert [test for test in mutant.tests if not (ROOT / test.partition("::")[0]).exists()] == [], mutant


def test_few_mutants_are_called_equivalent() -> None:
    every = [mutant for area in AREAS for mutant in area.mutants]
    assert len([mutant for mutant in every if mutant.equivalent]) <= len(every) / 50 + 1


CODE = """\
import os
import subprocess
import threading

def limit(size):
    return size <= 3

def hang():
    with open(os.environ["PID_FILE"], "w") as note:
        note.write(str(subprocess.Popen(["sleep", "600"]).pid))
    threading.Event().wait()
"""

TESTS = """\
from code_under_test import limit

def test_a_small_one_passes():
    assert limit(2)

def test_a_large_one_is_refused():
    assert not limit(9)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of one function, in git's hands, as the working tree is."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "code_under_test.py").write_text(CODE)
    (root / "test_code.py").write_text(TESTS)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    return root


def area_of(*changes: tuple[str, str], strict: bool = False) -> Area:
    made = [
        Mutant("limits", f"number {number}", "code_under_test.py", before, after, "It hurts.", ("test_code.py",))
        for number, (before, after) in enumerate(changes)
    ]
    return Area("limits", strict, tuple(made))


def test_a_change_that_no_test_notices_survives_and_the_working_tree_is_left_alone(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    area = area_of(("size <= 3", "size < 3"), ("size <= 3", "size > 3"))
    results = mutants.run([area], project)
    assert [(result.outcome, result.note) for result in results] == [
        (mutants.SURVIVED, ""),
        (mutants.KILLED, "FAILED test_code.py::test_a_small_one_passes"),
    ]
    assert {path.name for path in project.iterdir()} == {".git", "code_under_test.py", "test_code.py"}
    assert (project / "code_under_test.py").read_text() == CODE
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("1/2 SURVIVED: limits: number 0 (")
    assert second.startswith("2/2 killed: limits: number 1 (")


@pytest.mark.heavy
def test_a_mutant_that_hangs_is_killed_by_time_with_all_it_started(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PID_FILE", str(tmp_path / "pid"))
    # On a busy machine one second may be over before the mutant hangs.
    for seconds in (1, 5, 25):
        [result] = mutants.run([area_of(("return size <= 3", "hang()"))], project, spare_seconds=seconds)
        assert result.outcome == mutants.TIMED_OUT
        if (tmp_path / "pid").exists() and (tmp_path / "pid").read_text():
            break
    assert not is_alive(int((tmp_path / "pid").read_text()))


def test_where_the_unchanged_tests_fail_no_mutant_is_tried(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "test_code.py").write_text(TESTS.replace("limit(9)", "limit(1)"))
    with pytest.raises(
        BadMutants, match=r"limits: its tests fail without any mutant(.|\n)*test_a_large_one_is_refused"
    ):
        mutants.run([area_of(("size <= 3", "size > 3"))], project)
    assert capsys.readouterr().out == ""


def test_a_run_that_ends_without_a_failed_test_is_no_evidence(project: Path) -> None:
    [result] = mutants.run([area_of(("import os\n", "import os\nos._exit(1)\n"))], project)
    assert (result.outcome, result.note) == (mutants.BROKEN, "pytest ended with 1, and no test failed")


def test_a_copy_that_a_killed_run_left_is_removed_by_the_next_one(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "copies").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "copies"))
    monkeypatch.setattr("tempfile.tempdir", None)
    ended = subprocess.Popen(["true"])
    ended.wait()
    for pid in (ended.pid, os.getpid()):
        (tmp_path / "copies" / f"stories-mutants-{pid}-left").mkdir()
    mutants.run([], project)
    assert [path.name for path in (tmp_path / "copies").iterdir()] == [f"stories-mutants-{os.getpid()}-left"]


@pytest.mark.parametrize(
    ("killed", "survived", "strict", "enough"),
    [(95, 5, False, True), (94, 6, False, False), (98, 2, True, True), (97, 3, True, False)],
)
def test_too_few_killed_fail_the_command_and_a_strict_area_asks_for_more(
    killed: int, survived: int, strict: bool, enough: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    area = area_of(*[("3", "4")] * (killed + survived), strict=strict)
    outcomes = [mutants.KILLED] * (killed - 1) + [mutants.TIMED_OUT] + [mutants.SURVIVED] * survived
    results = [Result(mutant, outcome) for mutant, outcome in zip(area.mutants, outcomes, strict=True)]
    assert mutants.report([area], results) is enough
    printed = capsys.readouterr().out
    assert printed.count("SURVIVED: limits: number ") == survived
    assert ("too few" in printed) is not enough


def test_what_is_called_equivalent_is_not_run_and_counts_apart(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = Mutant(
        "limits", "n", "code_under_test.py", "3", "4", "It hurts.", ("none.py",), equivalent="Nobody sees it."
    )
    area = Area("limits", True, (made,))
    results = mutants.run([area], project)
    assert [result.outcome for result in results] == [mutants.EQUIVALENT]
    assert mutants.report([area], results)


def test_changed_sql_that_does_not_load_is_no_evidence(capsys: pytest.CaptureFixture[str]) -> None:
    area = area_of(("3", "4"))
    assert not mutants.report(
        [area], [Result(area.mutants[0], mutants.BROKEN), *[Result(area.mutants[0], mutants.KILLED)] * 99]
    )


HEAD = 'tests = ["t.py"]\n'
ENTRY = '[[mutant]]\nname = "n"\nfile = "f"\nbefore = "a"\nafter = "b"\nwhy = "w."\n'


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (HEAD + "strikt = true\n" + ENTRY, "strikt"),
        (HEAD + ENTRY.replace('after = "b"', ""), "after"),
        (HEAD + ENTRY + 'whi = "x"', "whi"),
        (HEAD + ENTRY + ENTRY, "two mutants are called n"),
        ("tests = [", "limits.toml"),
    ],
)
def test_a_key_that_is_misspelt_or_missing_is_named(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "limits.toml").write_text(text)
    with pytest.raises(BadMutants, match=fault):
        mutants.read(tmp_path)


def test_a_mutant_s_own_tests_take_the_place_of_its_area_s(tmp_path: Path) -> None:
    (tmp_path / "limits.toml").write_text(HEAD + ENTRY + 'tests = ["own.py"]\n' + ENTRY.replace('"n"', '"m"'))
    [area] = mutants.select(mutants.read(tmp_path))
    assert [mutant.tests for mutant in area.mutants] == [("own.py",), ("t.py",)]


def test_the_parts_of_a_night_are_all_mutants_and_none_twice() -> None:
    every = [mutant for area in AREAS for mutant in area.mutants]
    parts = [mutants.select(AREAS, shard=f"{number}/8") for number in range(1, 9)]
    assert [mutant for part in parts for area in part for mutant in area.mutants] == every


@pytest.mark.parametrize(
    "given", [["--area", "nonesuch"], ["--name", "nonesuch"], ["--shard", "9/8"], ["--shard", "half"]]
)
def test_a_choice_of_nothing_is_refused(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert mutants.main(given) == 2
    assert capsys.readouterr().err.startswith("error: ")
