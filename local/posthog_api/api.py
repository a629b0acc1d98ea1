"""PostHog's stand-in, under /_local/posthog: keeps the events that the backend captures; GET /_local/events.json.

It accepts what PostHog's library posts (plain or gzip), checks the project's key and drops an event whose uuid it has
seen before, as PostHog does. It evaluates no flags and forwards nothing.
"""

import gzip
import hmac
import json
import uuid
import zlib
from typing import Any

from flask import Blueprint, Response, jsonify, request

from local.faults import Faults
from local.posthog_api.event_store import EventStore

MAX_BODY_BYTES = 20 * 1024 * 1024


class Refusal(Exception):
    """An error that PostHog answers; nothing of the batch is kept."""

    def __init__(self, status: int, type_: str, code: str, detail: str) -> None:
        super().__init__(code)
        self.status = status
        self.type = type_
        self.code = code
        self.detail = detail


def create_blueprint(events: EventStore, *, api_key: str, faults: Faults | None = None) -> Blueprint:
    """The blueprint: POST /_local/posthog/batch/ for the library, GET /_local/events.json?event= for readers."""
    blueprint = Blueprint("posthog", __name__, url_prefix="/_local")
    trouble = faults or Faults()

    @blueprint.post("/posthog/batch/")
    def batch() -> Response:
        request.max_content_length = MAX_BODY_BYTES
        status = trouble.take_failure()
        if status is not None:
            raise Refusal(status, "server_error", "error", "A failure that a test has asked for.")
        body = _body()
        _check_key(body, api_key)
        events.keep(_events(body))
        trouble.delay_answer()
        return jsonify({"status": "Ok"})

    @blueprint.get("/events.json")
    def list_events() -> Response:
        return jsonify(events.newest(request.args.get("event")))

    @blueprint.errorhandler(Refusal)
    def refused(refusal: Refusal) -> tuple[Response, int]:
        body = {"type": refusal.type, "code": refusal.code, "detail": refusal.detail, "attr": None}
        return jsonify(body), refusal.status

    return blueprint


def _body() -> dict[str, Any]:
    raw = request.get_data()
    try:
        if request.headers.get("Content-Encoding", "").lower() == "gzip" or request.args.get("compression") == "gzip":
            raw = gzip.decompress(raw)
        body = json.loads(raw)
        json.dumps(body, ensure_ascii=False, allow_nan=False).encode()  # no lone surrogate, no NaN
    except (OSError, EOFError, zlib.error, ValueError, RecursionError):
        raise _invalid("Malformed request data: the body is not JSON, plain or gzip.") from None
    if not isinstance(body, dict):
        raise _invalid("Malformed request data: the body is not an object.")
    return body


def _check_key(body: dict[str, Any], api_key: str) -> None:
    given = body.get("api_key") or body.get("token")
    if not isinstance(given, str) or not given:
        message = "API key not provided. You can find your project API key in your PostHog project settings."
        raise Refusal(401, "authentication_error", "missing_api_key", message)
    if not hmac.compare_digest(given.encode(), api_key.encode()):
        message = "Project API key invalid. You can find your project API key in your PostHog project settings."
        raise Refusal(401, "authentication_error", "invalid_api_key", message)


def _events(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The batch's events, each with a uuid; raises Refusal when one of them is not an event."""
    batch = body.get("batch")
    if not isinstance(batch, list) or not batch:
        raise _invalid("Malformed request data: event submitted with an empty batch.")
    return [_event(entry) for entry in batch]


def _event(entry: object) -> dict[str, Any]:
    if not isinstance(entry, dict) or not isinstance(entry.get("event"), str) or not entry["event"]:
        raise _invalid("Malformed request data: event submitted without a name.")
    properties = {} if entry.get("properties") is None else entry["properties"]
    if not isinstance(properties, dict):
        raise _invalid("Malformed request data: properties must be an object.")
    if not (entry.get("distinct_id") or properties.get("distinct_id")):
        raise _invalid("Malformed request data: event submitted without a distinct_id.")
    return {**entry, "uuid": _event_id(entry.get("uuid"))}


def _event_id(given: object) -> str:
    if given is None:
        return str(uuid.uuid4())
    try:
        return str(uuid.UUID(str(given)))
    except ValueError:
        raise _invalid("Malformed request data: the event's uuid is not one.") from None


def _invalid(detail: str) -> Refusal:
    return Refusal(400, "validation_error", "invalid_payload", detail)
