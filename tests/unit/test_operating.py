"""The runbook, docs/operating.md, has a section for every alarm that can be mailed, and for no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chalicelib.database.alerts import KINDS
from tests.support.sam import finished_document
from tools.template.alarms import ALARM

RESOURCES = finished_document("prod")["Resources"]
ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operating.md").read_text("utf-8")
CHAPTERS = (
    "Which stage, which database",
    "Alarms",
    "Cases",
    "The commands",
    "Flags and switches",
    "Health",
    "Sentry and the log",
    "Dashboards",
    "Secrets and their rotation",
)
ASPECTS = ("Means", "First query", "Do", "Undo", "Over when")
# ops.note_alert('dead-job/' || v_job.kind, ...): the literal, and the last word of what is added to it.
NOTED = re.compile(r"ops\.note_alert\(\s*'([^']+)'(?:\s*\|\|\s*(?:\w+\.)?(?:[pv]_)?(\w+))?")


def chapter(title: str) -> str:
    """What stands under a heading, up to the next one of its level."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, f"docs/operating.md has no chapter {title}"
    return found[1]


def sections() -> dict[str, str]:
    """An alarm's fingerprint -> what the runbook says of it. A part that varies stands in capitals."""
    pieces = re.split(r"^### (.+)$", chapter("Alarms"), flags=re.MULTILINE)[1:]
    return dict(zip(pieces[::2], pieces[1::2], strict=True))


def noted_in_python() -> dict[str, str]:
    """Fingerprint -> the file that notes it."""
    return {
        f"{name}/{kind.part}" if kind.part else name: "chalicelib/database/alerts.py" for name, kind in KINDS.items()
    }


def noted_in_sql() -> dict[str, str]:
    """Fingerprint -> the file that notes it."""
    return {
        literal + part.upper(): f"sql/functions/{path.name}"
        for path in sorted((ROOT / "sql" / "functions").glob("*.sql"))
        for literal, part in NOTED.findall(path.read_text("utf-8"))
    }


def alarmed_from_outside() -> dict[str, str]:
    """An alarm of CloudWatch's -> the file that makes it."""
    alarms = [each["Properties"] for each in RESOURCES.values() if each["Type"] == ALARM]
    found = (re.search(r"section (\S+) in docs", alarm["AlarmDescription"]) for alarm in alarms)
    return {match[1]: "tools/template/alarms.py" for match in found if match}


ALL = noted_in_python() | noted_in_sql() | alarmed_from_outside()


def test_the_runbook_has_its_chapters_in_order() -> None:
    assert re.findall(r"^## (.+)$", PAGE, re.MULTILINE) == list(CHAPTERS)


@pytest.mark.parametrize(("fingerprint", "file"), sorted(ALL.items()))
def test_every_alarm_has_a_section_in_the_runbook(fingerprint: str, file: str) -> None:
    assert fingerprint in sections(), f"{file} notes it: write its section ### {fingerprint} in docs/operating.md"


@pytest.mark.parametrize("fingerprint", sections())
def test_every_section_of_the_runbook_is_of_an_alarm_that_something_notes(fingerprint: str) -> None:
    assert fingerprint in ALL, (
        f"no code notes {fingerprint}: remove its section from docs/operating.md, add it to KINDS of"
        " chalicelib/database/alerts.py, note it by ops.note_alert in sql/functions, or alarm it in tools/template"
    )


@pytest.mark.parametrize(("fingerprint", "text"), sections().items())
def test_every_section_says_what_to_ask_to_do_and_to_undo(fingerprint: str, text: str) -> None:
    labels = re.findall(r"^- \*\*(.+?):\*\*", text, re.MULTILINE)
    assert labels == list(ASPECTS), f"docs/operating.md, ### {fingerprint}: these points in this order: {ASPECTS}"


def test_every_note_alert_of_sql_is_read_by_these_tests() -> None:
    """A fingerprint that does not begin with a literal would be in no section, and nobody would miss it."""
    for path in (ROOT / "sql" / "functions").glob("*.sql"):
        text = path.read_text("utf-8")
        calls = len(re.findall(r"PERFORM ops\.note_alert\(", text))
        assert len(NOTED.findall(text)) == calls or path.name == "note_alert_tx.sql", (
            f"sql/functions/{path.name}: begin the fingerprint with a literal, ops.note_alert('kind/' || part, ...)"
        )


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\((?!http|#)([^)#]+)", PAGE))))
def test_every_file_that_the_runbook_links_exists(path: str) -> None:
    assert (ROOT / "docs" / path).exists()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"(?:`|^)make ([a-z][a-z-]+)", PAGE, re.MULTILINE))))
def test_every_command_that_the_runbook_names_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE), f"make {target}"
