"""The inbox of the local stack: a page at /_local/inbox, and the same mail as JSON for tests.

Mail is untrusted: the page escapes everything, and a mail's HTML is shown in a frame that cannot run scripts and cannot
read the page around it.
"""

import secrets
from datetime import UTC, datetime
from pathlib import Path

from flask import Blueprint, Response, jsonify, make_response, render_template, request

from local.mail.mailbox import Mail, Mailbox

_TEMPLATES = Path(__file__).with_name("templates")
_MOST_SHOWN = 50
# In front of a mail's own HTML: links open in a new window, because their frame may show the mail alone.
_FRAME_HEAD = '<!doctype html><meta charset="utf-8"><base target="_blank">'


def create_blueprint(mailbox: Mailbox) -> Blueprint:
    """The blueprint: GET /_local/inbox (page) and GET /_local/inbox.json?to= (list, newest first)."""
    blueprint = Blueprint("inbox", __name__, url_prefix="/_local", template_folder=str(_TEMPLATES))

    @blueprint.get("/inbox")
    def page() -> Response:
        after = request.args.get("after", 0, type=int)
        mails = mailbox.newest(request.args.get("to"), after=after, limit=_MOST_SHOWN)
        template = "inbox_mails.html" if "after" in request.args else "inbox.html"
        nonce = secrets.token_urlsafe(16)
        response = make_response(render_template(template, mails=[_shown(mail) for mail in mails], nonce=nonce))
        response.headers["Content-Security-Policy"] = (
            f"default-src 'none'; script-src 'nonce-{nonce}'; connect-src 'self'; style-src 'unsafe-inline';"
            " img-src data: https:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    @blueprint.get("/inbox.json")
    def listing() -> Response:
        response = jsonify([_as_json(mail) for mail in mailbox.newest(request.args.get("to"))])
        response.headers["Cache-Control"] = "no-store"
        return response

    return blueprint


def _as_json(mail: Mail) -> dict[str, object]:
    letter = mail.letter
    return {
        "to": letter.to[0] if len(letter.to) == 1 else list(letter.to),
        "subject": letter.subject,
        "text": letter.text,
        "html": letter.html,
        "sentAt": _sent_at(mail).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }


def _shown(mail: Mail) -> dict[str, object]:
    return {
        "number": mail.number,
        "to": ", ".join(mail.letter.to),
        "sender": mail.letter.sender,
        "subject": mail.letter.subject,
        "text": mail.letter.text,
        "frame": _FRAME_HEAD + mail.letter.html if mail.letter.html else "",
        "sent_at": _sent_at(mail).isoformat(timespec="seconds"),
        "sent_words": _sent_at(mail).strftime("%d %B %Y, %H:%M:%S UTC"),
    }


def _sent_at(mail: Mail) -> datetime:
    return datetime.fromtimestamp(mail.sent_at, UTC)
