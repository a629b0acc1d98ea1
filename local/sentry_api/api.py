"""Sentry's stand-in, under /_local/sentry: keeps the events and traces that the backend sends; GET /_local/sentry.

It accepts the envelopes that Sentry's library posts (plain or gzip) and checks the project's key, as Sentry does. It
keeps items of type event and transaction, accepts all others and forgets them. It groups nothing and forwards nothing.
"""

import gzip
import hmac
import json
import re
import zlib
from typing import Any

from flask import Blueprint, Response, jsonify, request

from local.faults import Faults
from local.sentry_api.event_store import EventStore

MAX_BODY_BYTES = 20 * 1024 * 1024
KEPT = ("event", "transaction")

_KEY = re.compile(r"sentry_key=([^,\s]+)")


class Refusal(Exception):
    """An error that Sentry answers; nothing of the envelope is kept."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


def create_blueprint(events: EventStore, *, key: str, faults: Faults | None = None) -> Blueprint:
    """The blueprint: POST .../api/1/envelope/ for the library, GET /_local/sentry?type=&requestId= for readers."""
    blueprint = Blueprint("sentry", __name__, url_prefix="/_local/sentry")
    trouble = faults or Faults()

    @blueprint.post("/api/<int:project>/envelope/")
    def envelope(project: int) -> Response:
        request.max_content_length = MAX_BODY_BYTES
        status = trouble.take_failure()
        if status is not None:
            raise Refusal(status, "a failure that a test has asked for")
        _check_key(key)
        head, items = _items(_body())
        events.keep([item for kind, item in items if kind in KEPT])
        trouble.delay_answer()
        return jsonify({"id": head.get("event_id")})

    @blueprint.get("")
    def list_events() -> Response:
        return jsonify(events.newest(request.args.get("type"), request.args.get("requestId")))

    @blueprint.errorhandler(Refusal)
    def refused(refusal: Refusal) -> tuple[Response, int]:
        return jsonify({"detail": refusal.detail}), refusal.status

    return blueprint


def _check_key(key: str) -> None:
    found = _KEY.search(request.headers.get("X-Sentry-Auth", ""))
    if found is None:
        raise Refusal(401, "missing authorization information")
    if not hmac.compare_digest(found[1].encode(), key.encode()):
        raise Refusal(403, "event submission rejected with_reason: ProjectId")


def _body() -> bytes:
    raw = request.get_data()
    if request.headers.get("Content-Encoding", "").lower() != "gzip":
        return raw
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error):
        raise Refusal(400, "invalid event envelope") from None


def _items(raw: bytes) -> tuple[dict[str, Any], list[tuple[str, dict[str, Any]]]]:
    """The envelope's header, and its items as (type, payload); an item that is no JSON object has an empty payload."""
    try:
        line, _, rest = raw.partition(b"\n")
        head = _object(line)
        items = []
        while rest.strip():
            line, _, rest = rest.partition(b"\n")
            described = _object(line)
            # Without a length an item ends with its line.
            length = described.get("length", rest.find(b"\n") if b"\n" in rest else len(rest))
            if not isinstance(length, int) or not 0 <= length <= len(rest):
                raise ValueError
            payload, rest = rest[:length], rest[length:].removeprefix(b"\n")
            kind = str(described["type"])
            items.append((kind, {**_object(payload), "type": kind} if kind in KEPT else {}))
        return head, items
    except (ValueError, KeyError, RecursionError):
        raise Refusal(400, "invalid event envelope") from None


def _object(text: bytes) -> dict[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError
    return found
