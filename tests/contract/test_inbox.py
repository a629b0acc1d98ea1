"""The inbox: what people and tests read of the mail that was sent."""

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from local.mail import inbox
from local.mail.mailbox import Letter, Mailbox


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    opened = Mailbox(tmp_path / "mail.sqlite3")
    yield opened
    opened.close()


@pytest.fixture
def client(mailbox: Mailbox) -> FlaskClient:
    app = Flask(__name__)
    app.register_blueprint(inbox.create_blueprint(mailbox))
    return app.test_client()


def listed(client: FlaskClient, to: str | None = None) -> list[dict[str, Any]]:
    mails: list[dict[str, Any]] = client.get("/_local/inbox.json", query_string={"to": to} if to else {}).get_json()
    return mails


def test_the_list_has_the_newest_mail_first(mailbox: Mailbox, client: FlaskClient) -> None:
    mailbox.send("rosa@example.com", "First", "<p>1</p>", "1")
    mailbox.deliver(Letter(to=("rosa@example.com", "juan@example.com"), subject="Second", text="2"))
    second, first = listed(client)
    assert first.keys() == {"to", "subject", "text", "html", "sentAt"}
    assert (first["to"], first["subject"], first["html"], first["text"]) == (
        "rosa@example.com",
        "First",
        "<p>1</p>",
        "1",
    )
    assert (second["to"], second["html"]) == (["rosa@example.com", "juan@example.com"], "")
    age = datetime.now(UTC) - datetime.fromisoformat(first["sentAt"])
    assert timedelta(seconds=-1) < age < timedelta(seconds=10)


def test_the_list_can_be_of_one_address(mailbox: Mailbox, client: FlaskClient) -> None:
    mailbox.send("rosa@example.com", "For Rosa", "", "1")
    mailbox.deliver(Letter(to=("Juan@Example.com", "eva@example.com"), subject="For both", text="2"))

    def subjects(to: str) -> list[str]:
        return [mail["subject"] for mail in listed(client, to)]

    assert subjects("ROSA@example.com") == ["For Rosa"]
    assert subjects("juan@example.com") == subjects("eva@example.com") == ["For both"]
    assert subjects("nobody@example.com") == subjects("example.com") == []


def test_an_empty_inbox_says_how_to_get_a_first_mail(mailbox: Mailbox, client: FlaskClient) -> None:
    page = client.get("/_local/inbox").text
    assert "No mail yet" in page
    assert "/auth/v1/otp" in page
    assert listed(client) == []


def test_the_text_of_a_mail_is_escaped_on_the_page(mailbox: Mailbox, client: FlaskClient) -> None:
    attack = "\"><script>alert('x')</script>"
    mailbox.deliver(Letter(to=("rosa@example.com",), subject=attack, text=attack, html=attack, sender=attack))
    page = client.get("/_local/inbox").text
    assert page.count("<script") == 1
    assert attack not in page
    frame = re.search(r'srcdoc="([^"]*)"', page)
    assert frame is not None
    assert attack in html.unescape(frame[1])


def test_the_html_of_a_mail_can_neither_run_scripts_nor_reach_the_page(mailbox: Mailbox, client: FlaskClient) -> None:
    mailbox.send("rosa@example.com", "Hello", "<p>Hello</p>", "Hello")
    answer = client.get("/_local/inbox")
    sandbox = re.search(r'sandbox="([^"]*)"', answer.text)
    assert sandbox is not None
    assert {"allow-scripts", "allow-same-origin", "allow-forms", "allow-top-navigation"}.isdisjoint(sandbox[1].split())
    policy = answer.headers["Content-Security-Policy"]
    nonce = re.search(r'<script nonce="([^"]+)"', answer.text)
    assert nonce is not None
    assert f"script-src 'nonce-{nonce[1]}';" in policy
    assert policy.startswith("default-src 'none'")


def test_the_page_fetches_only_what_is_new(mailbox: Mailbox, client: FlaskClient) -> None:
    mailbox.send("rosa@example.com", "First", "", "1")
    mailbox.send("rosa@example.com", "Second", "", "2")
    newest = re.search(r'data-number="(\d+)"', client.get("/_local/inbox").text)
    assert newest is not None
    assert client.get(f"/_local/inbox?after={newest[1]}").text.strip() == ""
    mailbox.send("rosa@example.com", "Third", "", "3")
    fresh = client.get(f"/_local/inbox?after={newest[1]}").text
    assert "Third" in fresh
    assert "Second" not in fresh
    assert "<html" not in fresh
