"""The contract of Resend as its own library sees it, held against the local stand-in."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
import resend
from flask import Flask
from resend.exceptions import ResendError

from local.faults import Faults
from local.mail import resend_api
from local.mail.mailbox import Mailbox
from tests.support.http_server import HttpServer, running_http_server

KEY = "re_a_key_of_this_test_suite"
MAIL: dict[str, Any] = {
    "from": "Stories <stories@example.com>",
    "to": "Rosa <rosa@example.com>",
    "subject": "You are invited",
    "html": "<p>Come in</p>",
    "text": "Come in",
}


class Resend:
    """The running stand-in, its mailbox and its trouble."""

    def __init__(self, url: str, mailbox: Mailbox, faults: Faults) -> None:
        self.url = url
        self.mailbox = mailbox
        self.faults = faults

    def send(self, key: str | None = None, **changes: Any) -> str:
        """Sends MAIL with changes through the real library; a change to None takes the field out."""
        params: Any = {name: value for name, value in {**MAIL, **changes}.items() if value is not None}
        answer = resend.Emails.send(params, {} if key is None else {"idempotency_key": key})
        return answer["id"]

    def refusal(self, **changes: Any) -> tuple[str | int, str, str]:
        """The (status, name, message) with which the changed mail is refused."""
        with pytest.raises(ResendError) as caught:
            self.send(**changes)
        return caught.value.code, caught.value.error_type, caught.value.message


@pytest.fixture(scope="module")
def http_server() -> Iterator[HttpServer]:
    with running_http_server() as opened:
        yield opened


@pytest.fixture
def api(tmp_path: Path, http_server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Resend]:
    mailbox, faults = Mailbox(tmp_path / "mail.sqlite3"), Faults()
    app = Flask(__name__)
    app.register_blueprint(resend_api.create_blueprint(mailbox, api_key=KEY, faults=faults))
    http_server.serve(app)
    url = f"{http_server.url}/_local/resend"
    monkeypatch.setattr(resend, "api_key", KEY)
    monkeypatch.setattr(resend, "api_url", url)
    yield Resend(url, mailbox, faults)
    mailbox.close()


def test_a_mail_that_is_sent_is_in_the_mailbox(api: Resend) -> None:
    mail_id = api.send(reply_to="keeper@example.com", tags=[{"name": "kind", "value": "invite"}])
    mail = api.mailbox.newest("rosa@example.com")[0]
    assert mail.id == mail_id
    letter = mail.letter
    assert (letter.to, letter.subject, letter.text, letter.html, letter.sender) == (
        ("rosa@example.com",),
        "You are invited",
        "Come in",
        "<p>Come in</p>",
        "Stories <stories@example.com>",
    )
    assert "keeper@example.com" in letter.details
    assert '"value": "invite"' in letter.details


def test_one_mail_can_go_to_fifty_and_not_to_more(api: Resend) -> None:
    addresses = [f"cousin{number}@example.com" for number in range(51)]
    api.send(to=addresses[:50])
    assert len(api.mailbox.newest()[0].letter.to) == 50
    assert api.refusal(to=addresses)[:2] == (422, "validation_error")


def test_the_same_key_and_mail_is_one_mail(api: Resend) -> None:
    assert api.send(key="invite/1") == api.send(key="invite/1")
    assert len(api.mailbox.newest()) == 1
    assert api.send(key="invite/2") != api.send()
    assert len(api.mailbox.newest()) == 3


def test_ten_at_once_with_one_key_are_one_mail(api: Resend) -> None:
    with ThreadPoolExecutor(10) as pool:
        ids = set(pool.map(lambda _: api.send(key="invite/1"), range(10)))
    assert len(ids) == 1
    assert len(api.mailbox.newest()) == 1


def test_the_same_key_with_another_mail_is_refused(api: Resend) -> None:
    api.send(key="invite/1")
    assert api.refusal(key="invite/1", subject="Another")[:2] == (409, "invalid_idempotent_request")
    assert len(api.mailbox.newest()) == 1


def test_an_idempotency_key_is_forgotten_after_a_day(api: Resend, monkeypatch: pytest.MonkeyPatch) -> None:
    api.send(key="invite/1")
    tomorrow = time.time() + 24 * 3600 + 1
    monkeypatch.setattr("local.mail.mailbox.time.time", lambda: tomorrow)
    api.send(key="invite/1", subject="Another")
    assert len(api.mailbox.newest()) == 2


@pytest.mark.parametrize("key", ["", "k" * 257])
def test_an_idempotency_key_has_a_length_limit(api: Resend, key: str) -> None:
    assert api.refusal(key=key)[:2] == (400, "invalid_idempotency_key")


@pytest.mark.parametrize("field", ["from", "to", "subject"])
def test_a_mail_without_a_required_field_is_refused(api: Resend, field: str) -> None:
    assert api.refusal(**{field: None}) == (422, "missing_required_field", f"Missing `{field}` field.")


def test_a_mail_without_a_recipient_is_refused(api: Resend) -> None:
    assert api.refusal(to=[])[1] == "missing_required_field"


def test_a_mail_needs_html_or_text(api: Resend) -> None:
    assert api.refusal(html=None, text=None)[1] == "missing_required_field"
    api.send(html=None)
    api.send(text=None)


@pytest.mark.parametrize(
    "changes",
    [
        {"to": "rosa"},
        {"to": ["rosa@example.com", "rosa@"]},
        {"to": [5]},
        {"to": {"email": "rosa@example.com"}},
        {"to": "rosa@example.com\r\nBcc: all@example.com"},
        {"to": "Rosa\r\nBcc: all@example.com <rosa@example.com>"},
        {"to": "rosa@example.com, all@example.com"},
        {"from": "Stories"},
        {"from": "Stories\nBcc: all@example.com <stories@example.com>"},
        {"subject": "Hello\r\nBcc: all@example.com"},
        {"subject": "Hello\nthere"},
        {"subject": ["Hello"]},
        {"html": {"p": "Hello"}},
        {"reply_to": "nobody"},
        {"reply_to": "keeper@example.com\nBcc: all@example.com"},
        {"cc": "nobody"},
        {"bcc": ["rosa@example.com", "nobody"]},
        {"headers": {"X-Family": "1\r\nBcc: all@example.com"}},
        {"headers": {"X-Family\n": "1"}},
        {"headers": ["X-Family"]},
        {"tags": [{"name": "kind", "value": "an invite"}]},
        {"tags": [{"name": "", "value": "invite"}]},
        {"tags": [{"name": "kind"}]},
        {"tags": ["kind"]},
        {"tags": "kind"},
    ],
)
def test_a_mail_with_an_invalid_field_is_refused(api: Resend, changes: dict[str, Any]) -> None:
    assert api.refusal(**changes)[:2] == (422, "validation_error")
    assert api.mailbox.newest() == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"mail"', b'{"subject": "\\ud800"}'])
def test_a_body_that_is_not_a_mail_is_refused(api: Resend, body: bytes) -> None:
    answer = requests.post(f"{api.url}/emails", data=body, headers={"Authorization": f"Bearer {KEY}"}, timeout=10)
    assert answer.status_code == 400
    assert answer.json().keys() == {"statusCode", "name", "message"}


def test_without_the_key_nothing_is_sent(api: Resend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resend, "api_key", "re_another")
    assert api.refusal()[:2] == (403, "invalid_api_key")
    bare = requests.post(f"{api.url}/emails", json=MAIL, timeout=10)
    assert (bare.status_code, bare.json()["name"]) == (401, "missing_api_key")
    assert api.mailbox.newest() == []


def test_a_health_probe_can_ask_for_the_domains(api: Resend) -> None:
    assert resend.Domains.list()["data"] == []


def test_unknown_paths_answer_as_resend_does(api: Resend) -> None:
    answer = requests.get(f"{api.url}/nothing", headers={"Authorization": f"Bearer {KEY}"}, timeout=10)
    assert (answer.status_code, answer.json()["name"]) == (404, "not_found")


def test_a_requested_failure_happens_and_ends(api: Resend) -> None:
    api.faults.fail_next(429, times=2)
    api.faults.fail_next(500)
    assert api.refusal()[:2] == (429, "rate_limit_exceeded")
    with pytest.raises(ResendError) as limited:
        api.send()
    assert limited.value.headers["Retry-After"] == "1"
    assert api.refusal()[:2] == (500, "internal_server_error")
    assert api.mailbox.newest() == []
    api.send()


def test_a_mail_whose_answer_was_slow_was_accepted(api: Resend) -> None:
    api.faults.delay(1.5)
    headers = {"Authorization": f"Bearer {KEY}", "Idempotency-Key": "invite/1"}
    with pytest.raises(requests.Timeout):
        requests.post(f"{api.url}/emails", json=MAIL, headers=headers, timeout=0.3)
    assert len(api.mailbox.newest()) == 1
    api.send(key="invite/1")
    assert len(api.mailbox.newest()) == 1


def test_mail_survives_a_restart(api: Resend, tmp_path: Path) -> None:
    api.send(key="invite/1")
    reopened = Mailbox(tmp_path / "mail.sqlite3")
    assert [mail.letter.subject for mail in reopened.newest()] == ["You are invited"]
    reopened.close()
