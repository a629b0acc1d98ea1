"""Whatever pip installs, here or for Lambda, is named in a lock by its exact version and its SHA-256."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from local.settings import ROOT
from tools import locks
from tools.package.build import compare
from tools.package.target import Target

EACH = pytest.mark.parametrize("lock", locks.LOCKS, ids=lambda lock: lock.name)
GOOD = f"resend==2.51.0 --hash=sha256:{'0' * 64}"


@EACH
def test_every_requirement_has_a_version_and_a_hash(lock: Path) -> None:
    pins = locks.read(lock)
    assert pins
    assert len({pin.name for pin in pins}) == len(pins), "two versions of one distribution"


def test_no_requirements_file_is_left_out() -> None:
    assert set(ROOT.glob("requirements*.txt")) == set(locks.LOCKS)
    assert set(ROOT.glob("requirements*.in")) == {locks.source(lock) for lock in locks.LOCKS}


@EACH
def test_a_lock_is_made_anew_when_what_we_choose_changes(lock: Path) -> None:
    assert locks.digests_kept(lock) == locks.digests(lock), "run make lock"


@EACH
def test_a_lock_holds_what_we_choose_in_the_version_we_choose(lock: Path) -> None:
    pins = {pin.name: pin.version for pin in locks.read(lock)}
    for path in locks.sources(lock):
        for line in path.read_text().splitlines():
            if line and not line.startswith(("#", "-")):
                chosen = Requirement(line)
                assert str(chosen.specifier) == f"=={pins[canonicalize_name(chosen.name)]}", line


def test_what_ships_is_what_is_tested() -> None:
    assert set(locks.read(locks.SHIPPED)) < set(locks.read(locks.DEVELOPMENT))


@pytest.mark.parametrize("lock", locks.WHEELS_ONLY, ids=lambda lock: lock.name)
def test_no_code_of_an_sdist_runs_at_installation(lock: Path) -> None:
    assert "--only-binary :all:" in lock.read_text().splitlines()


def test_the_installation_requires_hashes() -> None:
    # Lines that end in a backslash go on in the next.
    commands = (ROOT / "Makefile").read_text().replace("\\\n", " ").splitlines()
    installs = [command for command in commands if re.search(r"\bpip\b.*\binstall\b", command)]
    assert len(installs) == 3
    assert all(" --require-hashes " in command for command in installs)


@pytest.mark.parametrize(
    "line",
    [
        "resend",
        "resend>=2.51.0 --hash=sha256:" + "0" * 64,
        "resend===2.51.0 --hash=sha256:" + "0" * 64,
        "resend==2.* --hash=sha256:" + "0" * 64,
        "resend==2.51.0,!=2.52 --hash=sha256:" + "0" * 64,
        "resend @ https://example.org/resend-2.51.0.whl --hash=sha256:" + "0" * 64,
        "resend==2.51.0",
        "resend==2.51.0 --hash=md5:" + "0" * 32,
        "resend==2.51.0 --hash=sha256:" + "0" * 63,
        GOOD + " --hash=sha1:" + "0" * 40,
        "-r requirements.txt",
        "-e .",
        "--index-url https://example.org/simple",
        "--extra-index-url https://example.org/simple",
        "--find-links wheels",
        "--no-binary :all:",
    ],
)  # fmt: skip
def test_a_line_that_is_no_exact_pin_with_a_hash_is_refused(tmp_path: Path, line: str) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text(f"{GOOD}\n{line}\n")
    with pytest.raises(locks.LockFault, match=r"requirements\.txt: "):
        locks.read(lock)


def test_a_pin_is_read_with_its_marker_and_all_its_hashes(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text(
        "# a comment\n--only-binary :all:\n\n"
        f"Py_JWT==2.15.1 ; sys_platform == 'win32' \\\n    --hash=sha256:{'0' * 64} \\\n    --hash=sha256:{'1' * 64}\n"
        "    # via -r requirements.in\n"
    )
    (pin,) = locks.read(lock)
    assert (pin.name, pin.version, pin.hashes) == ("py-jwt", "2.15.1", {"0" * 64, "1" * 64})
    assert str(pin.marker) == 'sys_platform == "win32"'


def test_a_change_of_an_included_file_makes_the_lock_stale(tmp_path: Path) -> None:
    (tmp_path / "requirements.in").write_text("resend==2.51.0\n")
    (tmp_path / "requirements-dev.in").write_text("-r requirements.in\n-c requirements.txt\npytest==9.2.0\n")
    lock = tmp_path / "requirements-dev.txt"
    lock.write_text("".join(f"# sha256 of {name}: {digest}\n" for name, digest in locks.digests(lock).items()))
    assert locks.digests_kept(lock) == locks.digests(lock)
    (tmp_path / "requirements.in").write_text("resend==2.52.0\n")
    assert locks.digests_kept(lock) != locks.digests(lock)


def a_zip(path: Path, *distributions: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for distribution in distributions:
            archive.writestr(f"{distribution}.dist-info/METADATA", "")
    return path


def test_a_zip_with_less_more_or_another_version_is_told_from_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    one = f"--hash=sha256:{'0' * 64}"
    lock.write_text(f"s3transfer==0.19.3 {one}\npy-jwt==2.15.1 {one}\n")
    pins = locks.read(lock)
    assert compare(a_zip(tmp_path / "same.zip", "s3transfer-0.19.3", "Py_JWT-2.15.1"), pins) == []
    assert compare(a_zip(tmp_path / "less.zip", "s3transfer-0.19.3"), pins) == ["py-jwt==2.15.1 is missing"]
    other = a_zip(tmp_path / "other.zip", "s3transfer-0.19.4", "Py_JWT-2.15.1", "ansicon-1.0")
    assert compare(other, pins) == [
        "s3transfer==0.19.3 is missing",
        "ansicon==1.0 is not in the lock",
        "s3transfer==0.19.4 is not in the lock",
    ]


@pytest.mark.parametrize(
    ("marker", "on_arm64", "on_x86_64"),
    [
        ("sys_platform == 'linux' and os_name == 'posix'", True, True),
        ("sys_platform == 'win32' or platform_system == 'Darwin'", False, False),
        ("platform_machine == 'aarch64'", True, False),
        ("platform_machine == 'x86_64'", False, True),
        ("python_version < '3.13'", False, False),
        ("python_full_version >= '3.13' and python_version < '3.14'", True, True),
        ("platform_python_implementation != 'PyPy' and implementation_name == 'cpython'", True, True),
    ],
)
def test_a_marker_is_answered_for_lambda_and_not_for_the_machine_that_builds(
    tmp_path: Path, marker: str, on_arm64: bool, on_x86_64: bool
) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text(f"{GOOD.replace(' --hash', f' ; {marker} --hash')}\n")
    (pin,) = locks.read(lock)
    assert [pin.applies(Target(name).markers) for name in ("arm64", "x86_64")] == [on_arm64, on_x86_64]


def test_what_ships_depends_on_nothing_that_only_lambda_itself_could_say() -> None:
    """The patch release of its Python and the version of its kernel change under a function that is not deployed."""
    unknown = {"implementation_version", "platform_release", "platform_version"}
    markers = [str(pin.marker) for pin in locks.read(locks.SHIPPED) if pin.marker is not None]
    assert markers
    assert not any(name in marker for name in unknown for marker in markers)
    for name in ("arm64", "x86_64"):
        assert Target(name).markers.keys() >= set(re.findall(r"[a-z]+_[a-z_]+", " ".join(markers)))
