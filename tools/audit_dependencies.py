"""`make audit-dependencies`: no distribution of the locks has a known vulnerability, save those accepted for a time.

pip-audit asks PyPI about each pin. It says "No known vulnerabilities found" and exits 0 also where every question was
answered with 404; here a pin that was not audited is a failure.
Exit status: 0 nothing is left to do, 1 something is, 2 the service did not answer and nothing is known.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

from packaging.utils import canonicalize_name
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from tools import locks

EXCEPTIONS = locks.ROOT / ".ci" / "audit-exceptions.toml"

# For all the pins together: PyPI needs a fraction of a second for one.
LIMIT_SECONDS = 300.0
ANSWER_SECONDS = 15
NAMED = 5

# Names and versions.
Pins = Collection[tuple[str, str]]


class NoAnswer(Exception):
    """Nothing is known: pip-audit did not finish; the message says why."""


class Accepted(BaseModel):
    """A known vulnerability that we accept, up to and including the day `until`. `id` may be any of its aliases."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    id: str = Field(min_length=1)
    package: Annotated[str, Field(min_length=1), AfterValidator(canonicalize_name)]
    reason: str = Field(min_length=20)
    until: date

    @property
    def label(self) -> str:
        return f"{self.id} of {self.package}"


class Exceptions(BaseModel):
    """The file of exceptions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    accepted: tuple[Accepted, ...] = ()


def read_exceptions(path: Path) -> tuple[Accepted, ...]:
    """The entries of the file. Raises ValueError for one that lacks a field or has an unknown one."""
    return Exceptions.model_validate(tomllib.loads(path.read_text())).accepted


def ask(pins: Pins, *, service: Sequence[str] = ("pypi",), limit_seconds: float = LIMIT_SECONDS) -> dict[str, Any]:
    """pip-audit's report (its JSON) on the pins. Raises NoAnswer.

    `service` is pip-audit's --vulnerability-service and its options.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as requirements:
        # Without markers: what only another platform installs is audited too.
        requirements.write("".join(f"{name}=={version}\n" for name, version in sorted(pins)))
        requirements.flush()
        command = [
            *(str(Path(sys.executable).with_name("pip-audit")), "--requirement", requirements.name),
            *("--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off"),
            *("--timeout", str(ANSWER_SECONDS), "--vulnerability-service", *service),
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=limit_seconds)
        except subprocess.TimeoutExpired as error:
            raise NoAnswer(f"the vulnerability service needs more than {limit_seconds:.0f} s") from error
    try:
        report: dict[str, Any] = json.loads(done.stdout)
    except json.JSONDecodeError as error:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise NoAnswer(f"pip-audit failed: {last}") from error
    return report


def judge(report: dict[str, Any], pins: Pins, accepted: Collection[Accepted], today: date) -> list[str]:
    """What has to be done, a line each: about vulnerabilities, about exceptions, about pins that were not audited."""
    answers = [answer for answer in report["dependencies"] if "vulns" in answer]
    unanswered = sorted(set(pins) - {(answer["name"], answer["version"]) for answer in answers})
    unknown = {name for name, _ in unanswered}
    lines = [f"{entry.label} was accepted until {entry.until}" for entry in accepted if entry.until < today]
    found: set[Accepted] = set()
    for answer in answers:
        for vulnerability in answer["vulns"]:
            ids = {vulnerability["id"], *vulnerability["aliases"]}
            matching = [entry for entry in accepted if entry.package == answer["name"] and entry.id in ids]
            found.update(matching)
            if not matching:
                fixed = ", ".join(vulnerability["fix_versions"]) or "no version yet"
                lines.append(f"{answer['name']}=={answer['version']} has {', '.join(sorted(ids))}; fixed in {fixed}")
    for entry in accepted:
        if entry not in found and entry.package not in unknown:
            lines.append(f"{entry.label} is accepted and not found any more: remove it from {EXCEPTIONS.name}")
    if unanswered:
        some = ", ".join(f"{name}=={version}" for name, version in unanswered[:NAMED])
        lines.append(f"{len(unanswered)} of {len(pins)} pins were not audited, the service does not know {some}")
    return lines


def main() -> int:
    pins = {(pin.name, pin.version) for lock in locks.LOCKS for pin in locks.read(lock)}
    try:
        accepted = read_exceptions(EXCEPTIONS)
    except ValueError as error:
        print(f"error: {EXCEPTIONS.name} cannot be used: {error}", file=sys.stderr)
        return 1
    try:
        report = ask(pins)
    except NoAnswer as error:
        print(f"error: nothing is known of the locks: {error}", file=sys.stderr)
        return 2
    lines = judge(report, pins, accepted, datetime.now(UTC).date())
    for line in lines:
        print(f"error: {line}", file=sys.stderr)
    if not lines:
        print(f"{len(pins)} pins audited; {len(accepted)} vulnerabilities accepted for now")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
