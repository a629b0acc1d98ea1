"""Every response: webhooks."""

from __future__ import annotations

import base64

import pytest

from chalicelib.api.application import SunApi
from tests.support.gateway import event_of
from tests.support.small_app import send


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/octet-stream", None])
def test_a_webhook_gets_its_bytes_exactly_whatever_their_type(kind: str | None, app: SunApi) -> None:
    raw = b'{"a": 1,\n "b":"\xc3\xbc"}'
    headers = {} if kind is None else {"Content-Type": kind}
    for body, encoded in ((raw.decode(), False), (base64.b64encode(raw).decode(), True)):
        event = event_of("POST", "/functions/v1/take-event", headers, body, isBase64Encoded=encoded)
        assert send(app, event).body == {"length": len(raw), "hex": raw.hex()}


@pytest.mark.parametrize("body", ["eyJh!IjogMX0=", "eyJhIjogMX0", "=", "é"])
def test_a_body_that_is_said_to_be_base64_and_is_not_is_refused(body: str, app: SunApi) -> None:
    event = event_of("POST", "/functions/v1/take-event", {}, body, isBase64Encoded=True)
    assert send(app, event).code == "VALIDATION_FAILED"
