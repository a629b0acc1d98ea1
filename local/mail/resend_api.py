"""Resend's stand-in, under /_local/resend: accepts mail as Resend does and puts it into the local mailbox.

It validates what Resend validates and answers with Resend's error shape (`{statusCode, name, message}`), so that a
request that Resend would refuse fails here first. It sends nothing.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify, request

from local.faults import Faults
from local.mail.addresses import bare_address
from local.mail.mailbox import KeyReused, Letter, Mailbox

MAX_RECIPIENTS = 50
MAX_BODY_BYTES = 40 * 1024 * 1024
KEEP_KEYS_SECONDS = 24 * 3600.0

_TAG_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
_FAULT_NAMES = {429: "rate_limit_exceeded", 500: "internal_server_error"}


class Refusal(Exception):
    """An error that Resend answers: an HTTP status, the error's name, a message for developers."""

    def __init__(self, status: int, name: str, message: str) -> None:
        super().__init__(name)
        self.status = status
        self.name = name
        self.message = message


def create_blueprint(mailbox: Mailbox, *, api_key: str, faults: Faults | None = None) -> Blueprint:
    """The blueprint, mounted at /_local/resend. `api_key` is the one bearer key it accepts."""
    blueprint = Blueprint("resend", __name__, url_prefix="/_local/resend")
    trouble = faults or Faults()

    @blueprint.before_request
    def check() -> None:
        request.max_content_length = MAX_BODY_BYTES
        _check_key(api_key)
        status = trouble.take_failure()
        if status is not None:
            raise Refusal(status, _FAULT_NAMES.get(status, "application_error"), "A failure that a test has asked for.")

    @blueprint.post("/emails")
    def send_email() -> Response:
        body = _json_object()
        letter = _letter(body)
        key = request.headers.get("Idempotency-Key")
        mail_id = mailbox.deliver(letter) if key is None else _deliver_once(mailbox, letter, key, body)
        trouble.delay_answer()
        return jsonify({"id": mail_id})

    @blueprint.get("/domains")
    def list_domains() -> Response:
        trouble.delay_answer()
        return jsonify({"object": "list", "has_more": False, "data": []})

    @blueprint.route("/<path:unknown>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    def not_found(unknown: str) -> Response:
        raise Refusal(404, "not_found", "The requested endpoint does not exist.")

    @blueprint.errorhandler(Refusal)
    def refused(refusal: Refusal) -> tuple[Response, int]:
        body = {"statusCode": refusal.status, "name": refusal.name, "message": refusal.message}
        response = jsonify(body)
        if refusal.status == 429:
            response.headers["Retry-After"] = "1"
        return response, refusal.status

    return blueprint


def _check_key(api_key: str) -> None:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not given:
        raise Refusal(401, "missing_api_key", "Missing API key in the authorization header.")
    if not hmac.compare_digest(given.strip().encode(), api_key.encode()):
        raise Refusal(403, "invalid_api_key", "API key is invalid.")


def _json_object() -> dict[str, Any]:
    try:
        body = json.loads(request.get_data())
        json.dumps(body, ensure_ascii=False, allow_nan=False).encode()  # no lone surrogate, no NaN
    except (ValueError, RecursionError):
        raise Refusal(400, "validation_error", "The request body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise Refusal(400, "validation_error", "The request body must be a JSON object.")
    return body


def _letter(body: dict[str, Any]) -> Letter:
    """The mail that the body describes; raises Refusal with the first thing wrong with it."""
    for name in ("from", "to", "subject"):
        if not body.get(name):
            raise _missing(f"Missing `{name}` field.")
    if not body.get("html") and not body.get("text"):
        raise _missing("Missing `html` or `text` field.")
    texts = {name: _text(body, name) for name in ("from", "subject", "html", "text")}
    for name in ("from", "subject"):
        if "\r" in texts[name] or "\n" in texts[name]:
            raise _invalid(f"The `\\n` is not allowed in the `{name}` field.")
    if bare_address(texts["from"]) is None:
        raise _invalid_address("from")
    details = {name: _DETAILS[name](body[name]) for name in _DETAILS if body.get(name)}
    return Letter(
        to=_addresses("to", body["to"]),
        subject=texts["subject"],
        text=texts["text"],
        html=texts["html"],
        sender=texts["from"],
        details=json.dumps(details),
    )


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name) or ""
    if not isinstance(value, str):
        raise _invalid(f"The `{name}` field must be a `string`.")
    return value


def _addresses(name: str, value: object) -> tuple[str, ...]:
    """The bare addresses of a field that holds one or a list of them; an address with a line break is not one."""
    entries = value if isinstance(value, list) else [value]
    if len(entries) > MAX_RECIPIENTS:
        raise _invalid(f"The `{name}` field can have at most {MAX_RECIPIENTS} addresses.")
    found = [bare_address(entry) if isinstance(entry, str) else None for entry in entries]
    if not found or None in found:
        raise _invalid_address(name)
    return tuple(address for address in found if address is not None)


def _tags(value: object) -> list[dict[str, str]]:
    if not isinstance(value, list):
        raise _invalid("The `tags` field must be an `array`.")
    for tag in value:
        parts = [tag.get("name"), tag.get("value")] if isinstance(tag, dict) else [None]
        for part in parts:
            if not isinstance(part, str) or not 1 <= len(part) <= 256 or not _TAG_CHARACTERS.issuperset(part):
                raise _invalid("Tags should only contain ASCII letters, numbers, underscores, or dashes.")
    return value


def _headers(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise _invalid("The `headers` field must be an `object` of strings.")
    if any(character in text for pair in value.items() for text in pair for character in "\r\n"):
        raise _invalid("The `\\n` is not allowed in the `headers` field.")
    return value


_DETAILS: dict[str, Callable[[object], object]] = {
    "cc": lambda value: _addresses("cc", value),
    "bcc": lambda value: _addresses("bcc", value),
    "reply_to": lambda value: _addresses("reply_to", value),
    "tags": _tags,
    "headers": _headers,
}


def _deliver_once(mailbox: Mailbox, letter: Letter, key: str, body: dict[str, Any]) -> str:
    if not 1 <= len(key) <= 256:
        raise Refusal(400, "invalid_idempotency_key", "The key must be between 1-256 chars.")
    fingerprint = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    try:
        return mailbox.deliver_once(letter, key, fingerprint, KEEP_KEYS_SECONDS)
    except KeyReused:
        message = "Same idempotency key used with a different request payload."
        raise Refusal(409, "invalid_idempotent_request", message) from None


def _missing(message: str) -> Refusal:
    return Refusal(422, "missing_required_field", message)


def _invalid(message: str) -> Refusal:
    return Refusal(422, "validation_error", message)


def _invalid_address(name: str) -> Refusal:
    return _invalid(
        f"Invalid `{name}` field. The email address needs to follow the `email@example.com` or"
        " `Name <email@example.com>` format."
    )
