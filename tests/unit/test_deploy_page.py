"""docs/deploy.md, from an empty account to a running stage: every step is whole, and all that it names exists."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from app import app
from chalicelib.billing.events import RELEVANT
from local.settings import ROOT
from tools.configuration.documents import EXAMPLE

PAGE = (ROOT / "docs" / "deploy.md").read_text("utf-8")
COSTS = (ROOT / "docs" / "costs.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
# What commands read that is no variable of a stage's file, with the file that reads it.
OF_COMMANDS = {
    "MIGRATIONS_DATABASE_URL": "Makefile",
    "ANON_KEY": "tools/vendors/supabase.py",
    "ALARM_EMAIL": "tools/deploy/deploy.py",
    "SUPABASE_ANON_KEY": "tools/deploy/smoke.py",
    "SMOKE_EMAIL": "tools/deploy/smoke.py",
    "SMOKE_PASSWORD": "tools/deploy/smoke.py",
    "AWS_REGION": "tools/deploy/target.py",
    "UNDO": "tools/configuration/__main__.py",
}


def steps() -> dict[str, str]:
    """A step's title -> its text."""
    pieces = re.split(r"^## (\d+\. .+)$", PAGE, flags=re.MULTILINE)[1:]
    return {title: text.split("\n## ")[0] for title, text in zip(pieces[::2], pieces[1::2], strict=True)}


def test_the_steps_are_numbered_in_order() -> None:
    assert [int(title.split(".")[0]) for title in steps()] == list(range(1, len(steps()) + 1))


@pytest.mark.parametrize("title", steps())
def test_every_step_says_what_to_do_how_to_see_that_it_worked_and_how_to_undo_it(title: str) -> None:
    labels = re.findall(r"^- \*\*(.+?):\*\*", steps()[title], re.MULTILINE)
    assert labels == ["Do", "It worked when", "Undo"]


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\bmake ([a-z][a-z-]+)", PAGE + COSTS))))
def test_every_command_exists(target: str) -> None:
    assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE) or re.search(
        rf"^OPERATE := .*\b{target}\b", MAKEFILE, re.M
    )


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\((?!http|#)([^)#]+)", PAGE + COSTS))))
def test_every_file_exists(path: str) -> None:
    assert (ROOT / "docs" / path).exists()


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([a-z]+\.md#[^)]+)\)", PAGE + COSTS))))
def test_every_section_exists(link: str) -> None:
    file, _, anchor = link.partition("#")
    titles = re.findall(r"^#+ (.+)$", (ROOT / "docs" / file).read_text("utf-8"), re.MULTILINE)
    assert anchor in {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize(
    "name", sorted(set(re.findall(r"`(?:API_HANDLER__)?([A-Z][A-Z0-9]*_[A-Z0-9_]+|UNDO)[`=]", PAGE)))
)
def test_every_variable_is_one_that_something_reads(name: str) -> None:
    if name in OF_COMMANDS:
        assert name in Path(ROOT, OF_COMMANDS[name]).read_text("utf-8")
    else:
        assert re.search(rf"^(# )?{name}=", EXAMPLE.read_text("utf-8"), re.MULTILINE)


def test_no_variable_that_a_stage_must_have_is_left_out() -> None:
    required = re.findall(r"^([A-Z0-9_]+)=$", EXAMPLE.read_text("utf-8"), re.MULTILINE)
    assert [name for name in required if name not in PAGE] == []


def test_the_bucket_s_cors_rule_is_what_uploads_and_playback_need() -> None:
    found = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    (rule,) = json.loads(found[1])
    # What get-signed-upload-url signs, and what a player needs; tools/vendors/store.py tries it at the vendor.
    assert {"content-type", "if-none-match", "content-md5", "range"} <= set(rule["AllowedHeaders"])
    assert {"PUT", "GET"} <= set(rule["AllowedMethods"])
    assert {"ETag", "Content-Range"} <= set(rule["ExposeHeaders"])


def test_the_webhook_gets_every_event_that_is_read() -> None:
    named = re.findall(r"`((?:checkout|customer|invoice)[a-z_.]*)\*?`", PAGE)
    assert [event for event in RELEVANT if not any(event.startswith(name.rstrip("*")) for name in named)] == []
    assert any(endpoint.path == "/functions/v1/stripe-webhook" for endpoint in app.endpoints)
    assert "functions/v1/stripe-webhook" in PAGE
