"""`make mutants`: makes each small change that mutants/*.toml lists, one at a time, and sees whether a test fails.

A change that no test notices could be made by mistake too. All runs are in a copy of the working tree, which is left
alone. The copy's tests migrate a Postgres of their own from the copy's files, so a change of sql/ counts there as well.
The area's tests run unchanged first: were they red, every mutant would look killed. Exits with 1 when too many survive.
"""

from __future__ import annotations

import argparse
import fnmatch
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

# The least share of mutants that must be killed: of all together, and of each area that says `strict = true`.
ALL_SHARE = 0.95
STRICT_SHARE = 0.98

# A mutant may take three times as long as its area's unchanged tests, and this many seconds more.
SPARE_SECONDS = 60.0

# tests/conftest.py needs it. Importing all installed plugins would take longer than the tests of most areas.
_PLUGINS = ("-p", "pytest_rerunfailures")

_FOLDER = "stories-mutants-"
_MEMORY = Path("/dev/shm")
_MEMORY_NEEDED = 4 * 1024**3

KILLED, TIMED_OUT, SURVIVED, EQUIVALENT, BROKEN = "killed", "killed by time", "SURVIVED", "equivalent", "BROKEN"


class BadMutants(Exception):
    """The data or the unchanged tests are not as they must be; the message says what to mend."""


@dataclass(frozen=True)
class Mutant:
    """One change: in `file`, `after` takes the place of `before`, which stands there exactly once."""

    area: str
    name: str
    file: str
    before: str
    after: str
    why: str
    """What would go wrong for a family or for the operator."""
    tests: tuple[str, ...]
    """Files or node ids that pytest is given."""
    equivalent: str = ""
    """Why nobody could see a difference. Such a mutant is not run."""

    def apply(self, text: str) -> str:
        """The changed text. Raises BadMutants where `before` is not found exactly once, or nothing would change."""
        found = text.count(self.before)
        if found != 1:
            raise BadMutants(f"{self}: `before` stands {found} times in {self.file}, and must stand there once")
        if self.before == self.after:
            raise BadMutants(f"{self}: `after` is the same as `before`")
        return text.replace(self.before, self.after)

    def __str__(self) -> str:
        return f"{self.area}: {self.name}"


@dataclass(frozen=True)
class Area:
    """One file of mutants/; `strict` asks for STRICT_SHARE."""

    name: str
    strict: bool
    mutants: tuple[Mutant, ...]


@dataclass(frozen=True)
class Result:
    mutant: Mutant
    outcome: str
    note: str = ""
    """The test that failed, or what else ended the run."""


def read(folder: Path = ROOT / "mutants") -> list[Area]:
    """Every area, by name. Raises BadMutants for a key that is missing or unknown, and for a name used twice."""
    return [_read_area(path) for path in sorted(folder.glob("*.toml"))]


def _read_area(path: Path) -> Area:
    area = path.stem
    try:
        content = tomllib.loads(path.read_text())
        tests = tuple(content.pop("tests"))
        strict = content.pop("strict", False)
        # A mutant's own tests, where it names any, take the place of the area's.
        mutants = [
            Mutant(area, **{**entry, "tests": tuple(entry.get("tests", tests))}) for entry in content.pop("mutant")
        ]
    except (KeyError, TypeError, tomllib.TOMLDecodeError) as error:
        raise BadMutants(f"{path.name}: {error}") from error
    if content:
        raise BadMutants(f"{path.name}: unknown key {', '.join(content)}")
    names = [mutant.name for mutant in mutants]
    for name in names:
        if names.count(name) > 1:
            raise BadMutants(f"{path.name}: two mutants are called {name}")
    return Area(area, strict, tuple(mutants))


def select(areas: Sequence[Area], area: str = "*", name: str = "*", shard: str = "1/1") -> list[Area]:
    """The areas and mutants that match the two globs; of these, one of the equal parts that `shard` (2/8) names.

    A part is a run of neighbours, so that it has few areas, and each area's unchanged tests run in few parts.
    """
    wanted = re.fullmatch(r"(\d+)/(\d+)", shard)
    if not wanted or not 1 <= int(wanted[1]) <= int(wanted[2]):
        raise BadMutants(f"shard {shard!r}: write 2/8 for the second of eight")
    number, of = int(wanted[1]), int(wanted[2])
    chosen = [
        mutant
        for each in areas
        if fnmatch.fnmatchcase(each.name, area)
        for mutant in each.mutants
        if fnmatch.fnmatchcase(mutant.name, name)
    ]
    if not chosen:
        raise BadMutants(f"no mutant is called {name!r} in an area called {area!r}")
    part = set(chosen[(number - 1) * len(chosen) // of : number * len(chosen) // of])
    found = [Area(each.name, each.strict, tuple(m for m in each.mutants if m in part)) for each in areas]
    return [each for each in found if each.mutants]


def run(areas: Sequence[Area], root: Path = ROOT, spare_seconds: float = SPARE_SECONDS) -> list[Result]:
    """Runs every mutant of these areas in a copy of `root` and prints a line for each.

    Raises BadMutants where a mutant does not apply, or where an area's unchanged tests fail.
    """
    total = sum(len(area.mutants) for area in areas)
    results: list[Result] = []
    with _copy_of(root) as tree:
        for area in areas:
            bound = _unchanged(area, tree) * 3 + spare_seconds
            for mutant in area.mutants:
                began = time.monotonic()
                result = _try(mutant, tree, bound)
                results.append(result)
                progress = f"{len(results)}/{total} {result.outcome}: {mutant} ({time.monotonic() - began:.1f} s)"
                print(progress, result.note, flush=True)
    return results


def _unchanged(area: Area, tree: Path) -> float:
    """Runs the unchanged tests that the area's mutants need; how many seconds they took."""
    tests = sorted({test for mutant in area.mutants if not mutant.equivalent for test in mutant.tests})
    if not tests:
        return 0
    began = time.monotonic()
    code, output = _pytest(tests, tree, None)
    if code:
        raise BadMutants(f"{area.name}: its tests fail without any mutant. Mend them first.\n{output}")
    return time.monotonic() - began


def _try(mutant: Mutant, tree: Path, bound: float) -> Result:
    if mutant.equivalent:
        return Result(mutant, EQUIVALENT)
    path = tree / mutant.file
    text = path.read_text()
    try:
        _write(path, mutant.apply(text))
        code, output = _pytest(mutant.tests, tree, bound)
    finally:
        _write(path, text)
    if code is None:
        return Result(mutant, TIMED_OUT, f"after {bound:.0f} s")
    if code == 0:
        return Result(mutant, SURVIVED)
    if "in make_template" in output:
        return Result(mutant, BROKEN, "the changed SQL does not load, so no test ran")
    failed = re.search(r"^(?:FAILED|ERROR) \S+\.py.*?(?= - |$)", output, re.MULTILINE)
    if failed is None:
        return Result(mutant, BROKEN, f"pytest ended with {code}, and no test failed")
    return Result(mutant, KILLED, failed[0])


def _write(path: Path, text: str) -> None:
    path.write_text(text)
    # Python takes it for current where whole second and size are the same, as those of two mutants can be.
    Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)


def _pytest(tests: Sequence[str], tree: Path, bound: float | None) -> tuple[int | None, str]:
    """pytest's exit code, None when it took longer than `bound` seconds, and what it printed. Nothing of it stays."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=short", "-p", "no:cacheprovider", *_PLUGINS, *tests]
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTEST_ADDOPTS")}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    environment["TMPDIR"] = str(tree.parent / "tmp")
    with (tree.parent / "output").open("w+b") as output:
        process = subprocess.Popen(
            command,
            cwd=tree,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        code: int | None = None
        try:
            with suppress(subprocess.TimeoutExpired):
                code = process.wait(bound)
        finally:
            if code is None:
                # With all that its tests started; also where Ctrl-C ends us.
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        output.seek(0)
        return code, output.read().decode(errors="replace")


@contextmanager
def _copy_of(root: Path) -> Iterator[Path]:
    """A copy of what git knows or would add, as it is in the working tree; in memory where there is room."""
    in_memory = "TMPDIR" not in os.environ and os.access(_MEMORY, os.W_OK)
    if in_memory and shutil.disk_usage(_MEMORY).free < _MEMORY_NEEDED:
        in_memory = False
    parent = _MEMORY if in_memory else Path(tempfile.gettempdir())
    _sweep(parent)
    folder = Path(tempfile.mkdtemp(prefix=f"{_FOLDER}{os.getpid()}-", dir=parent))
    try:
        (folder / "tmp").mkdir()
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(listed, cwd=root, check=True, capture_output=True, text=True).stdout.split("\0")
        for name in names:
            if name and (root / name).is_file():
                (folder / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / name, folder / "tree" / name)
        yield folder / "tree"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(parent: Path) -> None:
    """Removes the copies that a killed run left."""
    for folder in parent.glob(f"{_FOLDER}*"):
        owner = re.match(rf"{_FOLDER}(\d+)-", folder.name)
        if owner and not _is_alive(int(owner[1])):
            shutil.rmtree(folder, ignore_errors=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def report(areas: Sequence[Area], results: Sequence[Result]) -> bool:
    """Prints a table of the areas and whatever was not killed. True when enough were, and none is broken."""
    strict = {area.name: area.strict for area in areas}
    enough = True
    print(f"\n{'area':24}{'mutants':>8}{'killed':>8}{'by time':>8}{'survived':>9}{'equivalent':>11}{'share':>8}")
    for name in [*strict, "all"]:
        found = [result.outcome for result in results if name in ("all", result.mutant.area)]
        killed = found.count(KILLED) + found.count(TIMED_OUT)
        counted = len(found) - found.count(EQUIVALENT)
        share = killed / counted if counted else 1.0
        least = ALL_SHARE if name == "all" else STRICT_SHARE if strict[name] else 0.0
        survived = found.count(SURVIVED) + found.count(BROKEN)
        line = f"{len(found):8}{killed:8}{found.count(TIMED_OUT):8}{survived:9}{found.count(EQUIVALENT):11}{share:8.1%}"
        print(f"{name:24}{line}{f'  too few: at least {least:.0%}' if share < least else ''}")
        enough = enough and share >= least
    for result in results:
        if result.outcome in (SURVIVED, BROKEN):
            print(f"\n{result.outcome}: {result.mutant} [{result.mutant.file}] {result.note}\n  {result.mutant.why}")
    return enough and all(result.outcome != BROKEN for result in results)


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """0 when enough mutants were killed, 1 when not, 2 when they could not be tried."""
    parser = argparse.ArgumentParser(prog="make mutants", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--area", default="", help="a file of mutants/, without .toml; a glob may take several")
    parser.add_argument("--name", default="", help="a mutant's name; a glob may take several")
    parser.add_argument("--shard", default="", help="2/8: the second of eight equal parts")
    given: Any = parser.parse_args(arguments)
    try:
        areas = select(read(root / "mutants"), given.area or "*", given.name or "*", given.shard or "1/1")
        results = run(areas, root)
    except BadMutants as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0 if report(areas, results) else 1


if __name__ == "__main__":
    raise SystemExit(main())
