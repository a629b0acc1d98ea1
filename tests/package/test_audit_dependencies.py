"""What the audit says of pip-audit's report and of the exceptions; pip-audit itself runs against an OSV of ours."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.support.http_server import running_http_server
from tests.support.in_time import in_time
from tools import audit_dependencies as audit

TODAY = date(2026, 11, 21)
PINS = {("jinja2", "3.1.2"), ("idna", "3.20")}

# As OSV has it, shortened to what pip-audit reads.
XMLATTR = {
    "id": "GHSA-h5c8-rqwp-cp95",
    "aliases": ["CVE-2024-22195"],
    "summary": "Jinja vulnerable to HTML attribute injection when passing user input as keys to xmlattr filter",
    "published": "2024-01-11T15:20:48Z",
    "affected": [
        {
            "package": {"name": "jinja2", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.1.3"}]}],
        }
    ],
}

# What pip-audit 2.10.1 prints of it.
REPORT: dict[str, Any] = {
    "dependencies": [
        {"name": "idna", "version": "3.20", "vulns": []},
        {
            "name": "jinja2",
            "version": "3.1.2",
            "vulns": [
                {
                    "id": "CVE-2024-22195",
                    "fix_versions": ["3.1.3"],
                    "aliases": ["GHSA-h5c8-rqwp-cp95"],
                    "description": XMLATTR["summary"],
                }
            ],
        },
    ],
    "fixes": [],
}
CLEAN = {"dependencies": [{"name": name, "version": version, "vulns": []} for name, version in PINS], "fixes": []}


def accepted(**changes: Any) -> audit.Accepted:
    entry = {
        "id": "GHSA-h5c8-rqwp-cp95",
        "package": "Jinja2",
        "reason": "We never call its filter xmlattr.",
        "until": TODAY,
    }
    return audit.Accepted.model_validate(entry | changes)


@contextmanager
def osv(answers: dict[str, Any], silent: bool = False) -> Iterator[tuple[str, ...]]:
    """OSV's query operation on this machine; gives pip-audit's options to reach it."""
    ended = Event()

    def answer(environ: Any, start_response: Any) -> list[bytes]:
        question = json.load(environ["wsgi.input"])
        if silent:
            ended.wait(30)
        body = json.dumps(answers.get(question["package"]["name"], {})).encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    with running_http_server() as server:
        server.serve(answer)
        try:
            yield ("osv", "--osv-url", f"{server.url}/v1/query")
        finally:
            ended.set()


def test_pip_audit_reports_as_the_rules_below_take_it() -> None:
    with osv({"jinja2": {"vulns": [XMLATTR]}}) as service:
        report = audit.ask(PINS, service=service)
    report["dependencies"].sort(key=lambda answer: answer["name"])
    assert report == REPORT


def test_a_service_that_is_silent_is_left_in_time() -> None:
    began = time.monotonic()
    with osv({}, silent=True) as service, pytest.raises(audit.NoAnswer, match="more than 2 s"):
        audit.ask(PINS, service=service, limit_seconds=2)
    in_time(time.monotonic() - began, at_most=10)


def test_a_service_that_cannot_be_reached_is_no_clean_report() -> None:
    with osv({}) as service:
        pass
    with pytest.raises(audit.NoAnswer, match=r"pip-audit failed: .+"):
        audit.ask(PINS, service=service)


def test_nothing_found_and_nothing_accepted_is_clean() -> None:
    assert audit.judge(CLEAN, PINS, [], TODAY) == []


def test_a_vulnerability_that_nobody_accepted_fails() -> None:
    assert audit.judge(REPORT, PINS, [], TODAY) == [
        "jinja2==3.1.2 has CVE-2024-22195, GHSA-h5c8-rqwp-cp95; fixed in 3.1.3"
    ]


@pytest.mark.parametrize("known_as", ["CVE-2024-22195", "GHSA-h5c8-rqwp-cp95"])
def test_an_accepted_one_passes_up_to_its_last_day_by_any_of_its_ids(known_as: str) -> None:
    assert audit.judge(REPORT, PINS, [accepted(id=known_as)], TODAY) == []


def test_an_exception_whose_last_day_has_passed_fails() -> None:
    entry = accepted(until=TODAY - timedelta(days=1))
    assert audit.judge(REPORT, PINS, [entry], TODAY) == ["GHSA-h5c8-rqwp-cp95 of jinja2 was accepted until 2026-11-20"]


def test_an_exception_for_another_package_or_another_id_accepts_nothing() -> None:
    for entry in (accepted(package="idna"), accepted(id="CVE-2024-22196")):
        lines = audit.judge(REPORT, PINS, [entry], TODAY)
        assert lines[0].startswith("jinja2==3.1.2 has CVE-2024-22195")
        assert lines[1].startswith(f"{entry.label} is accepted and not found any more")


def test_an_exception_that_no_longer_applies_fails() -> None:
    no_more = "is accepted and not found any more: remove it from audit-exceptions.toml"
    assert audit.judge(CLEAN, PINS, [accepted()], TODAY) == [f"GHSA-h5c8-rqwp-cp95 of jinja2 {no_more}"]
    without = {"dependencies": [{"name": "idna", "version": "3.20", "vulns": []}], "fixes": []}
    assert audit.judge(without, {("idna", "3.20")}, [accepted()], TODAY) == [f"GHSA-h5c8-rqwp-cp95 of jinja2 {no_more}"]


def test_a_pin_that_was_not_audited_is_no_clean_one() -> None:
    """What PyPI answers 404 for pip-audit skips, and says "No known vulnerabilities found"."""
    skipped = {"name": "jinja2", "skip_reason": "Dependency not found on PyPI and could not be audited: jinja2 (3.1.2)"}
    report = {"dependencies": [{"name": "idna", "version": "3.20", "vulns": []}, skipped], "fixes": []}
    not_audited = "1 of 2 pins were not audited, the service does not know jinja2==3.1.2"
    assert audit.judge(report, PINS, [], TODAY) == [not_audited]
    # Nothing is known of the exception either: it is not called superfluous.
    assert audit.judge(report, PINS, [accepted()], TODAY) == [not_audited]
    assert audit.judge({"dependencies": [], "fixes": []}, PINS, [], TODAY)


@pytest.mark.parametrize(
    "entry",
    [
        'id = "CVE-1"\npackage = "jinja2"\nreason = "We never call its filter xmlattr."',
        'id = "CVE-1"\npackage = "jinja2"\nreason = "later"\nuntil = 2026-12-31',
        'id = "CVE-1"\npackage = "jinja2"\nreason = "We never call its filter xmlattr."\nuntil = "some day"',
        'id = ""\npackage = "jinja2"\nreason = "We never call its filter xmlattr."\nuntil = 2026-12-31',
        'id = "CVE-1"\npackage = "jinja2"\nreason = "We never call its filter xmlattr."\nuntil = 2026-12-31\nend = 1',
        "id = ",
    ],
)
def test_an_exception_without_a_reason_or_a_last_day_cannot_be_used(tmp_path: Path, entry: str) -> None:
    path = tmp_path / "exceptions.toml"
    path.write_text(f"[[accepted]]\n{entry}\n")
    with pytest.raises(ValueError):
        audit.read_exceptions(path)


def test_the_file_of_exceptions_can_be_used_and_so_can_the_example_in_it(tmp_path: Path) -> None:
    audit.read_exceptions(audit.EXCEPTIONS)
    example = audit.EXCEPTIONS.read_text().partition("# [[accepted]]")[2]
    path = tmp_path / "exceptions.toml"
    path.write_text("[[accepted]]" + example.partition("\n\n")[0].replace("\n# ", "\n"))
    assert len(audit.read_exceptions(path)) == 1
