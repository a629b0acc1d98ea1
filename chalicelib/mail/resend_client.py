"""Resend: sends a mail, once for each idempotency key. The one module that speaks to it.

It asks Resend's API itself: Resend's library follows redirects and reads an answer of any length. Neither an error nor
the log says to whom or what; no address, subject or word of Resend's own is repeated.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from chalicelib import vendor_http
from chalicelib.config import MailSettings, ResendSettings
from chalicelib.errors import NotRetryable, Unavailable
from chalicelib.mail.templates import Letter
from chalicelib.vendor_http import Answer, failed, trouble_of_status

SECONDS = 8.0
"""For one mail. Resend keeps what arrived: a request that timed out and is repeated with its key sends one mail."""

_API = "https://api.resend.com"
_ABOUT_THE_MAIL = (400, 413, 422)
_ABOUT_US = frozenset({"invalid_from_address"})
"""Refusals with such a status that are about our configuration, and so about every mail."""
ABOUT_THE_RECIPIENT = re.compile(r"`to`|\brecipients?\b", re.IGNORECASE)
"""In the message of a refusal: it is about the address, and not about the mail."""


class RecipientRefused(NotRetryable):
    """Resend takes no mail to this address."""


def send(settings: MailSettings, to: Sequence[str], letter: Letter, idempotency_key: str) -> None:
    """Sends one letter to all of `to`. Raises RecipientRefused, NotRetryable where Resend refuses the mail as it is,
    Unavailable("resend") where asking again may help.
    """
    mail = {
        "from": settings.mail_from,
        "to": list(to),
        "subject": letter.subject,
        "text": letter.text,
        "html": letter.html,
    }
    headers = {
        **_authorization(settings),
        "Content-Type": "application/json",
        "Idempotency-Key": idempotency_key,
    }
    url = (settings.resend_api_url or _API) + "/emails"
    try:
        answer = vendor_http.ask("resend", "POST", url, seconds=SECONDS, headers=headers, body=json.dumps(mail))
    except Unavailable as trouble:
        raise failed("resend", trouble.trouble) from None
    _judge(answer)


def ping(settings: ResendSettings, seconds: float) -> None:
    """Asks Resend once whether it knows our key, within `seconds`. Raises Unavailable."""
    url = (settings.resend_api_url or _API) + "/domains"
    answer = vendor_http.ask("resend", "GET", url, seconds=seconds, headers=_authorization(settings))
    # A key that may only send is refused the list of domains, by name: so it is known.
    if answer.status != 200 and answer.json_object().get("name") != "restricted_api_key":
        raise Unavailable("resend", trouble=trouble_of_status(answer.status))


def _authorization(settings: ResendSettings) -> dict[str, str]:
    return {"Authorization": f"Bearer {settings.resend_api_key}"}


def _judge(answer: Answer) -> None:
    said, status = answer.json_object(), answer.status
    if status == 200 and isinstance(said.get("id"), str):
        return
    name = said.get("name")
    if status == 409 and name == "invalid_idempotent_request":
        # The same key with other words: the first mail was taken, and that is what the key is for.
        return
    # A refusal that is not in Resend's shape is some proxy's, and says nothing of the mail.
    if status in _ABOUT_THE_MAIL and isinstance(name, str) and name not in _ABOUT_US:
        if ABOUT_THE_RECIPIENT.search(str(said.get("message"))):
            raise RecipientRefused("RecipientRefused")
        raise NotRetryable(f"Resend{status}")
    raise failed("resend", "refuses us" if name in _ABOUT_US else trouble_of_status(status), status=status)
