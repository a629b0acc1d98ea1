"""Resend: sends a mail, once for each idempotency key. The one module that speaks to it.

Raises NotRetryable where Resend refuses the mail as it is, Unavailable where asking again later may help. Neither says
to whom or what; no address, subject or word of Resend's own is logged.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

from chalicelib import logs
from chalicelib.config import MailSettings
from chalicelib.errors import NotRetryable, Unavailable
from chalicelib.mail.templates import Letter

SECONDS = 8
"""For one request. Resend keeps what arrived: a request that timed out and is repeated with its key sends one mail."""

# Resend's library is configured by attributes of its module.
_lock = Lock()


def send(settings: MailSettings, to: Sequence[str], letter: Letter, idempotency_key: str) -> None:
    """Sends one letter to all of `to`. Raises NotRetryable, Unavailable("resend")."""
    # It takes 300 ms to import: only who sends mail pays for it.
    import resend
    from resend.exceptions import ResendError

    with _lock:
        resend.api_key = settings.resend_api_key
        resend.api_url = settings.resend_api_url or "https://api.resend.com"
        resend.default_http_client = resend.RequestsClient(timeout=SECONDS)
    params: resend.Emails.SendParams = {
        "from": settings.mail_from,
        "to": list(to),
        "subject": letter.subject,
        "text": letter.text,
        "html": letter.html,
    }
    try:
        resend.Emails.send(params, {"idempotency_key": idempotency_key})
    except ResendError as error:
        status = _status(error.code)
        logs.warning("mail_not_sent", status=status)
        if 400 <= status < 500 and status not in (408, 409, 429):
            raise NotRetryable(f"Resend{status}") from None
        if status == 409 and error.error_type == "invalid_idempotent_request":
            # The same key with other words: the first mail was taken, and that is what the key is for.
            return
        raise Unavailable("resend") from None


def _status(code: object) -> int:
    try:
        return int(str(code))
    except ValueError:
        return 500
