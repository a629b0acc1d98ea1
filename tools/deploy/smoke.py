"""The smoke test of a version that nobody else gets yet: it is called directly, by its number.

Each schedule says whether it has all that a run needs. Signed out: readiness, a 401, a webhook without a signature.
Signed in, on the stages whose families are not real: a standing person of the stage keeps a story, hears it and deletes
it again. What stays is one family, and a recording in its trash, which empties itself.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import requests

from tools.deploy.trouble import Refused

SAMPLE = Path(__file__).parents[2] / "local" / "samples" / "sunday.m4a"
SAMPLE_SECONDS = 8.56
SIGNED_IN = ("SUPABASE_URL", "SUPABASE_ANON_KEY", "SMOKE_EMAIL", "SMOKE_PASSWORD")
"""What the signed-in story needs: the stage's Supabase project, and the standing person there."""
FAMILY = "Smoke test"
_SECONDS = 30

PROBE = {"detail": {"probe": True}}
"""Asks a schedule whether a run would find all that it needs; chalicelib/schedules/handler.py answers."""

Invoke = Callable[[str, Mapping[str, Any]], Any]
"""Calls the new version of the function behind a path of the API, with an event of API Gateway's."""


class SmokeFailed(Exception):
    """The new version gave a wrong answer; the message says at which step, and never what it answered in full."""


class Caller:
    """Sends requests to the new version as API Gateway would."""

    def __init__(self, invoke: Invoke, token: str = "") -> None:
        self._invoke = invoke
        self._token = token

    def send(self, method: str, path: str, body: Any = None, route: str = "") -> tuple[int, Any]:
        """The status and the parsed body. `route` names the path as it is declared, where that has parameters."""
        headers = {"content-type": "application/json"}
        if self._token:
            headers["authorization"] = f"Bearer {self._token}"
        answer = self._invoke(route or path, event(method, path, route or path, headers, body))
        if not isinstance(answer, Mapping) or "statusCode" not in answer:
            raise SmokeFailed(f"{method} {path}: the function gave no answer of HTTP")
        return int(answer["statusCode"]), json.loads(answer.get("body") or "null")

    def data(self, method: str, path: str, body: Any = None, route: str = "") -> Any:
        """The data of a call that succeeds."""
        status, answer = self.send(method, path, body, route)
        if status != 200:
            raise SmokeFailed(f"{method} {route or path} answered {status} {_code(answer)}".rstrip())
        return answer["data"]

    def operation(self, called: str, /, **body: Any) -> Any:
        return self.data("POST", f"/functions/v1/{called}", body)

    def expect(self, method: str, path: str, status: int, code: str = "") -> None:
        got, answer = self.send(method, path, {} if method == "POST" else None)
        if (got, _code(answer)) != (status, code):
            raise SmokeFailed(f"{method} {path} answered {got} {_code(answer)}, not {status} {code}".rstrip())


def signed_out(invoke: Invoke) -> None:
    """Readiness, and what nobody may do. Raises SmokeFailed."""
    caller = Caller(invoke)
    caller.expect("GET", "/readyz", 200)
    caller.expect("POST", "/functions/v1/create-family", 401, "UNAUTHORIZED")
    caller.expect("POST", "/functions/v1/stripe-webhook", 400, "VALIDATION_FAILED")


def ready(answer: Any, function: str) -> None:
    """What a schedule's new version answers to PROBE, which runs nothing. Raises SmokeFailed."""
    if answer != {"ready": True}:
        raise SmokeFailed(f"{function} is not ready to run: its log says what it misses")


def sign_in() -> str:
    """The access token of the stage's standing person. Raises SmokeFailed."""
    url, key, email, password = (os.environ[name] for name in SIGNED_IN)
    try:
        answer = requests.post(
            f"{url.rstrip('/')}/auth/v1/token?grant_type=password",
            json={"email": email, "password": password},
            headers={"apikey": key},
            timeout=_SECONDS,
        )
    except requests.RequestException as trouble:
        raise SmokeFailed(f"signing in: Supabase did not answer ({type(trouble).__name__})") from None
    if answer.status_code != 200:
        raise SmokeFailed(
            f"signing in: Supabase answered {answer.status_code}: are SMOKE_EMAIL and SMOKE_PASSWORD its?"
        )
    token: str = answer.json()["access_token"]
    return token


def signed_in(invoke: Invoke, token: str) -> None:
    """A story is kept, heard and deleted. Raises SmokeFailed; what it uploaded is deleted all the same."""
    caller = Caller(invoke, token)
    families = caller.data("GET", "/v1/families")["families"]
    own = [family["id"] for family in families if family["name"] == FAMILY]
    family = own[0] if own else caller.operation("create-family", name=FAMILY)["family"]["id"]
    voice = SAMPLE.read_bytes()
    upload = caller.operation(
        "get-signed-upload-url",
        familyId=family,
        fileSizeBytes=len(voice),
        durationSeconds=SAMPLE_SECONDS,
        contentType="audio/mp4",
    )
    sent = _over_http(
        "uploading", lambda: requests.put(upload["uploadUrl"], voice, headers=upload["uploadHeaders"], timeout=_SECONDS)
    )
    if sent.status_code != 200:
        raise SmokeFailed(f"uploading: the object store answered {sent.status_code}")
    recording = upload["recordingId"]
    caller.operation("finalize-recording", familyId=family, recordingId=recording, title=FAMILY)
    try:
        url = caller.operation("get-signed-playback-url", recordingId=recording)["url"]
        heard = _over_http("playing back", lambda: requests.get(url, timeout=_SECONDS))
        if heard.content != voice:
            raise SmokeFailed(f"playing back: the object store answered {heard.status_code} with other bytes")
    finally:
        caller.data("DELETE", f"/v1/recordings/{recording}", route="/v1/recordings/{recording_id}")


def missing() -> list[str]:
    """The variables of the signed-in story that are not set."""
    return [name for name in SIGNED_IN if not os.environ.get(name, "").strip()]


def require() -> None:
    """Raises Refused where the signed-in story cannot be told."""
    if lacking := missing():
        raise Refused(f"the signed-in smoke test needs {', '.join(lacking)}: docs/releasing.md says how to get them")


def event(method: str, path: str, route: str, headers: Mapping[str, str], body: Any) -> dict[str, Any]:
    """A proxy event as API Gateway's REST API sends it."""
    names = [part[1:-1] for part in route.split("/") if part.startswith("{")]
    values = [part for part, named in zip(path.split("/"), route.split("/"), strict=True) if named.startswith("{")]
    return {
        "resource": route,
        "path": path,
        "httpMethod": method,
        "headers": dict(headers),
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "pathParameters": dict(zip(names, values, strict=True)) or None,
        "multiValueQueryStringParameters": None,
        "stageVariables": None,
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "httpMethod": method,
            "resourcePath": route,
            "identity": {"sourceIp": "127.0.0.1"},
        },
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


def _over_http(deed: str, send: Callable[[], requests.Response]) -> requests.Response:
    try:
        return send()
    except requests.RequestException as trouble:
        # The text of the error has the signed URL in it.
        raise SmokeFailed(f"{deed}: the object store did not answer ({type(trouble).__name__})") from None


def _code(answer: Any) -> str:
    error = answer.get("error") if isinstance(answer, Mapping) else None
    return str(error.get("code", "")) if isinstance(error, Mapping) else ""
