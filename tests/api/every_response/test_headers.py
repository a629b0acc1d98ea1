"""Every response: headers."""

from __future__ import annotations

from uuid import UUID

import pytest

from chalicelib import config
from chalicelib.api.application import MAX_BODY, SunApi
from tests.support.gateway import event_of
from tests.support.small_app import ORIGIN, a_body, post, send


def test_a_preflight_is_204_for_a_day_with_the_headers_clients_send(app: SunApi) -> None:
    for path, methods in (
        ("/functions/v1/make-thing", {"OPTIONS", "POST"}),
        ("/v1/things/{thing_id}", {"OPTIONS", "GET", "PATCH", "DELETE"}),
    ):
        answered = send(app, event_of("OPTIONS", path, {"Origin": ORIGIN}, pathParameters={"thing_id": "x"}))
        assert (answered.status, answered.text) == (204, "")
        assert answered.headers["access-control-max-age"] == "86400"
        assert answered.headers["access-control-allow-origin"] == ORIGIN
        assert set(answered.headers["access-control-allow-methods"].split(", ")) == methods
        assert set(answered.headers["access-control-allow-headers"].split(", ")) == {
            *("authorization", "x-client-info", "apikey", "content-type", "x-request-id", "idempotency-key")
        }


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (ORIGIN, True),
        ("https://example.org", True),
        *((f"{ORIGIN}.evil.example", False), (f"{ORIGIN}/", False), ("http://app.example.org", False), ("null", False)),
        *(("https://APP.example.org", False), (f"{ORIGIN}:8443", False), ("*", False), ("", False), (None, False)),
    ],
)
def test_an_origin_must_match_exactly(origin: str | None, allowed: bool, app: SunApi) -> None:
    for method in ("GET", "OPTIONS"):
        event = event_of(method, "/v1/fail", {} if origin is None else {"Origin": origin})
        assert send(app, event).headers.get("access-control-allow-origin") == (origin if allowed else None)


def test_a_star_allows_every_origin_without_credentials(app: SunApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_ORIGINS", "*")
    config.reset()
    answered = send(app, event_of("GET", "/nope", {"Origin": "https://anyone.example"}))
    assert answered.headers["access-control-allow-origin"] == "*"


def test_errors_have_cors_headers_too(app: SunApi) -> None:
    answered = send(app, event_of("GET", "/v1/fail", {"origin": ORIGIN}, "x" * (MAX_BODY + 1)))
    assert answered.status == 413
    assert answered.headers["access-control-allow-origin"] == ORIGIN
    assert "retry-after" in answered.headers["access-control-expose-headers"]


@pytest.mark.parametrize("request_id", ["a", "A-Z_0.9", "x" * 64])
def test_the_callers_request_id_comes_back(request_id: str, app: SunApi, capsys: pytest.CaptureFixture[str]) -> None:
    answered = post(app, a_body(), X_Request_Id=request_id)
    assert answered.headers["x-request-id"] == request_id
    assert f'"requestId":"{request_id}"' in capsys.readouterr().out


@pytest.mark.parametrize("hostile", ["", "x" * 65, "a b", "a\nb", "a*/ DROP", "ü", "a;b", "a\x00", "%0a", "$(x)"])
def test_a_hostile_request_id_is_replaced(hostile: str, app: SunApi, capsys: pytest.CaptureFixture[str]) -> None:
    event = event_of("GET", "/nope", {"x-request-id": hostile})
    assert send(app, event).headers["x-request-id"] == event["requestContext"].pop("requestId")
    UUID(send(app, event).headers["x-request-id"])
