"""The smoke test: uses every part of a running stack once, over HTTP, as the family app and Stripe do.

A keeper signs in, creates a family and invites her grandson; he redeems the invite, uploads a recording and finalizes
it; she plays it back and buys the family plan. Each step checks what it got and is printed with its time. The first
wrong answer raises SmokeTestFailed, which names the step and what was expected.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

SAMPLE = Path(__file__).with_name("samples") / "sunday.m4a"
SAMPLE_SECONDS = 8.56

REQUEST_SECONDS = 15
# How long mail, and the entitlement after a payment, may take to arrive.
PATIENCE_SECONDS = 20


class SmokeTestFailed(Exception):
    """A step of the smoke test got a wrong answer, or none."""


def run_smoke_test(origin: str, anon_key: str, report: Callable[[str], None] = print) -> None:
    """Runs every step against the stack at `origin`, with a line for each to `report`. Raises SmokeTestFailed."""
    started = time.monotonic()
    client = _Client(origin, anon_key, report)
    try:
        _run_steps(client)
    except requests.RequestException as trouble:
        raise SmokeTestFailed(f"{origin} did not answer: {type(trouble).__name__}") from None
    report(f"  {'the smoke test passed':<58} {time.monotonic() - started:6.2f} s")


def _run_steps(client: _Client) -> None:
    voice = SAMPLE.read_bytes()
    mark = uuid.uuid4().hex[:8]

    with client.step("Ana signs in with the code that she was mailed"):
        ana = client.sign_in(f"ana-{mark}@example.org")
    with client.step("Ana creates the Moreno family") as step:
        family = client.call(ana, "create-family", name="Moreno", locale="es", displayName="Ana")
        family_id = family["family"]["id"]
        step.check(
            family["family"]["role"] == "keeper" and family["promptsSeeded"] > 0, "a keeper, and the first prompts"
        )
    with client.step("Ana invites her grandson Ben by mail") as step:
        invite = client.call(ana, "create-invite", familyId=family_id, email=f"ben-{mark}@example.org")["invite"]
        mail = client.mail_to(f"ben-{mark}@example.org")
        step.check(invite["code"] in mail["text"], "the code in the mail")

    with client.step("Ben signs in and redeems the code"):
        ben = client.sign_in(f"ben-{mark}@example.org")
        joined = client.call(ben, "redeem-invite", code=invite["code"].lower(), displayName="Ben")
    with client.step("Ben asks for a signed upload URL") as step:
        step.check(joined["family"]["id"] == family_id, "Ben in the family")
        upload = client.call(
            ben,
            "get-signed-upload-url",
            familyId=family_id,
            fileSizeBytes=len(voice),
            durationSeconds=SAMPLE_SECONDS,
            contentType="audio/mp4",
        )
    with client.step(f"Ben uploads {len(voice) // 1024} KiB to the object store") as step:
        put = requests.put(upload["uploadUrl"], data=voice, headers=upload["uploadHeaders"], timeout=REQUEST_SECONDS)
        step.check(put.status_code == 200, f"status 200 from the object store, not {put.status_code}")
        again = requests.put(upload["uploadUrl"], data=voice, headers=upload["uploadHeaders"], timeout=REQUEST_SECONDS)
        step.check(again.status_code == 412, f"status 412 for a second upload, not {again.status_code}")
    with client.step("Ben finalizes it, and a repeated call answers the same") as step:
        recording_id = upload["recordingId"]
        request = {"familyId": family_id, "recordingId": recording_id, "title": "Sundays at the sea"}
        kept = client.call(ben, "finalize-recording", **request)
        step.check(kept == client.call(ben, "finalize-recording", **request), "the same answer twice")
        step.check(kept["usage"]["usedBytes"] == len(voice), "its bytes counted once")

    with client.step("Ana plays back its first KiB, then all of it") as step:
        playback = client.call(ana, "get-signed-playback-url", recordingId=recording_id)
        part = requests.get(playback["url"], headers={"Range": "bytes=0-1023"}, timeout=REQUEST_SECONDS)
        step.check(part.status_code == 206 and part.content == voice[:1024], "the first KiB alone")
        whole = requests.get(playback["url"], timeout=REQUEST_SECONDS)
        step.check(whole.content == voice, "every byte as uploaded")
    with client.step("a stranger gets NOT_FOUND") as step:
        stranger = client.sign_in(f"stranger-{mark}@example.org")
        refused = client.post(stranger, "get-signed-playback-url", {"recordingId": recording_id})
        step.check(refused.status_code == 404, f"status 404, not {refused.status_code}")

    with client.step("Ana opens a checkout for the family plan"):
        checkout = client.call(ana, "create-checkout-session", familyId=family_id, plan="family", interval="month")
    with client.step("Ana pays, and Stripe's signed events raise the quota") as step:
        paid = requests.post(
            f"{client.origin}/_local/stripe/checkout/{checkout['sessionId']}/pay", timeout=REQUEST_SECONDS
        )
        step.check(paid.status_code == 200, f"status 200 from the payment, not {paid.status_code}")
        entitlement = client.wait_for(lambda: _paid(client, ana, family_id), "the family plan")
        step.check(entitlement["storageQuotaBytes"] == 50 * 1024**3, "50 GiB")
    with client.step("Ana opens the customer portal"):
        client.call(ana, "create-portal-session", familyId=family_id)


def _paid(client: _Client, token: str, family_id: str) -> dict[str, Any] | None:
    entitlement: dict[str, Any] = client.get(token, f"/v1/families/{family_id}")["family"]["entitlement"]
    return entitlement if entitlement["plan"] == "family" else None


class _Step:
    """One step: its line is printed when it ends, with its time."""

    def __init__(self, name: str, report: Callable[[str], None]) -> None:
        self.name = name
        self._report = report

    def __enter__(self) -> _Step:
        self._started = time.monotonic()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        outcome = "" if kind is None else "  <- failed"
        self._report(f"  {self.name:<58} {(time.monotonic() - self._started) * 1000:6.0f} ms{outcome}")

    def check(self, holds: bool, what: str) -> None:
        if not holds:
            raise SmokeTestFailed(f"{self.name}: expected {what}")


class _Client:
    """What the family app does: sign in, call, wait."""

    def __init__(self, origin: str, anon_key: str, report: Callable[[str], None]) -> None:
        self.origin = origin
        self._anon_key = anon_key
        self._report = report

    def step(self, name: str) -> _Step:
        return _Step(name, self._report)

    def sign_in(self, address: str) -> str:
        """A person's access token, by the code that was mailed to them."""
        seen = len(self._inbox(address))
        self._auth("otp", email=address, create_user=True)
        mail = self.mail_to(address, after=seen)
        code = re.search(r"\b\d{6}\b", mail["text"])
        if code is None:
            raise SmokeTestFailed("sign-in: the mail holds no code of six digits")
        token: str = self._auth("verify", type="email", email=address, token=code.group())["access_token"]
        return token

    def mail_to(self, address: str, after: int = 0) -> dict[str, Any]:
        """The newest mail to an address, as soon as there are more than `after`."""

        def look() -> dict[str, Any] | None:
            mails = self._inbox(address)
            return mails[0] if len(mails) > after else None

        mail: dict[str, Any] = self.wait_for(look, "the mail")
        return mail

    def post(self, token: str, operation: str, body: dict[str, Any]) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}", "apikey": self._anon_key}
        url = f"{self.origin}/functions/v1/{operation}"
        return requests.post(url, json=body, headers=headers, timeout=REQUEST_SECONDS)

    def call(self, token: str, operation: str, **body: Any) -> dict[str, Any]:
        """The data of a call that succeeds."""
        return _data(self.post(token, operation, body), operation)

    def get(self, token: str, path: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        return _data(requests.get(self.origin + path, headers=headers, timeout=REQUEST_SECONDS), path)

    def wait_for(self, look: Callable[[], Any], what: str) -> Any:
        """What `look` returns, as soon as it is not None. Raises SmokeTestFailed after PATIENCE_SECONDS."""
        until = time.monotonic() + PATIENCE_SECONDS
        while (found := look()) is None:
            if time.monotonic() > until:
                raise SmokeTestFailed(f"{what} did not arrive within {PATIENCE_SECONDS} s")
            time.sleep(0.1)
        return found

    def _inbox(self, address: str) -> list[dict[str, Any]]:
        answer = requests.get(f"{self.origin}/_local/inbox.json", params={"to": address}, timeout=REQUEST_SECONDS)
        mails: list[dict[str, Any]] = answer.json()
        return mails

    def _auth(self, path: str, **body: Any) -> dict[str, Any]:
        headers = {"apikey": self._anon_key}
        answer = requests.post(f"{self.origin}/auth/v1/{path}", json=body, headers=headers, timeout=REQUEST_SECONDS)
        if answer.status_code != 200:
            raise SmokeTestFailed(f"sign-in: {path} answered {answer.status_code}")
        facts: dict[str, Any] = answer.json()
        return facts


def _data(answer: requests.Response, what: str) -> dict[str, Any]:
    if answer.status_code != 200:
        # The error's code and the request's id, which finds its line in .local/app.log; no more of a body than that.
        try:
            code = answer.json()["error"]["code"]
        except (ValueError, KeyError, TypeError):
            code = "and no error code"
        raise SmokeTestFailed(
            f"{what} answered {answer.status_code} {code}, request id {answer.headers.get('x-request-id')}"
        )
    data: dict[str, Any] = answer.json()["data"]
    return data
