"""Resend, PostHog and Sentry: what mails, product events and error reports assume."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from chalicelib import vendor_http
from chalicelib.mail.resend_client import ABOUT_THE_RECIPIENT
from chalicelib.vendor_http import Answer
from tools.vendors.checks import check, expect
from tools.vendors.credentials import Vendors

DELIVERED = "delivered@resend.dev"
"""Resend's own address for tests: taken, and delivered to nobody."""
SECONDS = 20.0


def _resend(
    vendors: Vendors,
    path: str,
    mail: Mapping[str, Any] | None = None,
    key: str | None = None,
    api_key: str | None = None,
) -> Answer:
    headers = {
        "Authorization": f"Bearer {api_key or vendors.get('RESEND_API_KEY')}",
        "Content-Type": "application/json",
    }
    if key is not None:
        headers["Idempotency-Key"] = key
    url = vendors.get_or("RESEND_API_URL", "https://api.resend.com") + path
    body = None if mail is None else json.dumps(mail)
    return vendor_http.ask(
        "resend", "GET" if mail is None else "POST", url, seconds=SECONDS, headers=headers, body=body
    )


def _mail(vendors: Vendors, **changes: Any) -> dict[str, Any]:
    said = "A test of make verify-vendors."
    return {"from": vendors.get("MAIL_FROM"), "to": [DELIVERED], "subject": said, "text": said, "html": said, **changes}


@check(
    "resend-sends",
    assume="POST /emails with our key and MAIL_FROM answers 200 with an id.",
    why="Invites and the operator's alarms.",
    breaks="No mail is sent; the domain of MAIL_FROM may not be verified.",
)
def sends(vendors: Vendors) -> None:
    """Sends a mail to Resend's own test address."""
    answer = _resend(vendors, "/emails", _mail(vendors))
    named = answer.json_object()
    expect(answer.status == 200 and isinstance(named.get("id"), str), f"it is answered {answer.status} {_name(answer)}")


@check(
    "resend-idempotency",
    assume="The same mail with the same Idempotency-Key answers the first one's id; another mail with it answers"
    " 409 invalid_idempotent_request.",
    why="A job that is repeated after a time-out sends one mail.",
    breaks="People get a mail twice, or the job dies.",
)
def idempotency(vendors: Vendors) -> None:
    """Sends one mail twice with a key, then another one with it."""
    key = f"{vendors.scratch.prefix}/idempotency".replace("/", "-")
    first, second = (_resend(vendors, "/emails", _mail(vendors), key).json_object().get("id") for _ in range(2))
    expect(first is not None and first == second, "two mails were sent")
    other = _resend(vendors, "/emails", _mail(vendors, text="Another."), key)
    expect(
        (other.status, _name(other)) == (409, "invalid_idempotent_request"),
        f"it is answered {other.status} {_name(other)}",
    )


@check(
    "resend-refuses-recipient",
    assume="A mail to what is no address is refused with 4xx, and the message names `to` or the recipient.",
    why="The invite then shows its keeper that the address is wrong; other refusals are tried again.",
    breaks="A keeper waits for a mail that never comes.",
)
def refuses_recipient(vendors: Vendors) -> None:
    """Sends to a text without @."""
    answer = _resend(vendors, "/emails", _mail(vendors, to=["no-address"]))
    named = bool(ABOUT_THE_RECIPIENT.search(str(answer.json_object().get("message"))))
    expect(answer.status in (400, 413, 422) and named, f"it is answered {answer.status} {_name(answer)}")


@check(
    "resend-key",
    assume="GET /domains knows our key: 200, or for a key that may only send the name restricted_api_key; a "
    "wrong key gets 401 or 403.",
    why="/health asks this; a refused key is an alarm about us, not about the mail.",
    breaks="/health says that mail works while the key is revoked.",
)
def knows_key(vendors: Vendors) -> None:
    """Asks with our key and with a wrong one."""
    ours, wrong = (_resend(vendors, "/domains", api_key=key) for key in (None, "re_of_nobody_at_all"))
    expect(
        ours.status == 200 or _name(ours) == "restricted_api_key", f"our key is answered {ours.status} {_name(ours)}"
    )
    # Resend calls a key of the wrong form a 400.
    expect(
        wrong.status in (400, 401, 403) and _name(wrong) != "restricted_api_key",
        f"a wrong key is answered {wrong.status}",
    )


def _name(answer: Answer) -> str:
    name = answer.json_object().get("name", "")
    return name if isinstance(name, str) and name.replace("_", "").isalpha() else "without a name"


def _posthog(vendors: Vendors, api_key: str, identity: str) -> Answer:
    event = {
        "uuid": identity,
        "event": "verify_vendors",
        "distinct_id": "verify-vendors",
        "timestamp": datetime.now(UTC).isoformat(),
        "properties": {"$process_person_profile": False, "$ip": None, "$geoip_disable": True},
    }
    url = vendors.get_or("POSTHOG_HOST", "https://eu.i.posthog.com") + "/batch/"
    body = json.dumps({"api_key": api_key, "batch": [event]})
    headers = {"Content-Type": "application/json"}
    return vendor_http.ask("posthog", "POST", url, seconds=SECONDS, headers=headers, body=body)


@check(
    "posthog-batch",
    assume="POST /batch/ takes an event, twice with one uuid too, and answers 200 with a status.",
    why="A batch that timed out is sent again.",
    breaks="Events are lost, or their jobs wait for a day.",
)
def posthog_batch(vendors: Vendors) -> None:
    """Sends one event `verify_vendors` of nobody twice. It stays in the project: PostHog deletes no single event."""
    identity = str(uuid.uuid4())
    for _ in range(2):
        answer = _posthog(vendors, vendors.get("POSTHOG_API_KEY"), identity)
        taken = answer.status == 200 and isinstance(answer.json_object().get("status"), int | str)
        expect(taken, f"it is answered {answer.status}")


@check(
    "posthog-key",
    assume="An unknown key is refused with 401.",
    why="A refused key is an alarm; the events wait for the next one.",
    breaks="Events sent with a revoked key vanish in silence.",
)
def posthog_key(vendors: Vendors) -> None:
    """Sends an event with a key of nobody."""
    vendors.get("POSTHOG_API_KEY")
    answer = _posthog(vendors, "phc_of_nobody", str(uuid.uuid4()))
    expect(answer.status == 401, f"it is answered {answer.status}")


@check(
    "sentry-envelope",
    assume="An envelope with an event is answered 200 with the event's id; with another key 401 or 403.",
    why="Errors are reported by Sentry's library, which throws away what is refused.",
    breaks="Nobody hears of a bug by Sentry.",
)
def sentry_envelope(vendors: Vendors) -> None:
    """Sends one message of level info, and one with another key. The message stays in the project."""
    parts = urlsplit(vendors.get("SENTRY_DSN"))
    folder, _, project = parts.path.rpartition("/")
    host = parts.netloc.rpartition("@")[2]
    identity = uuid.uuid4().hex
    event = {
        "event_id": identity,
        "level": "info",
        "message": "make verify-vendors",
        "timestamp": datetime.now(UTC).isoformat(),
    }
    envelope = "\n".join(map(json.dumps, [{"event_id": identity}, {"type": "event"}, event]))
    seen = []
    for key in (parts.username or "", "0" * 32):
        headers = {
            "X-Sentry-Auth": f"Sentry sentry_version=7, sentry_client=verify-vendors/1, sentry_key={key}",
            "Content-Type": "application/x-sentry-envelope",
        }
        url = f"{parts.scheme}://{host}{folder}/api/{project}/envelope/"
        seen.append(vendor_http.ask("sentry", "POST", url, seconds=SECONDS, headers=headers, body=envelope))
    ours, wrong = seen
    expect(ours.status == 200 and ours.json_object().get("id") == identity, f"it is answered {ours.status}")
    expect(wrong.status in (401, 403), f"another key is answered {wrong.status}")
