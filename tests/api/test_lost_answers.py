"""A write whose answer was lost is done once and answered all the same, whichever of its messages it was.

Postgres carries the message out and answers; the connection is reset before that answer reaches the app. The app then
sends the message again. What its caller gets and what the database holds must be as if nothing had happened.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
import stripe as library

from app import app
from chalicelib import config
from chalicelib.database import connections
from tests.support import gateway
from tests.support.api import KEEPER, Api, upload_of
from tests.support.gateway import Response
from tests.support.payers import check_out
from tests.support.stripe_server import WEBHOOK_SECRETS, StripeServer
from tests.support.wire import Wire

Act = Callable[[], Response]

PARKED = """
    INSERT INTO ops.upload_reservations (id, family_id, user_id, size_bytes, duration_seconds, content_type, state,
      parked_object, object_key, url_expires_at, live_until, watch_until)
    VALUES (%s, %s, %s, 5, 1, 'audio/mp4', 'parked', %s, %s, now(), now(), now() + interval '30 days')
"""


def founding(api: Api, key: bool = False) -> Act:
    keeper = api.person()
    headers = {"idempotency_key": uuid4().hex} if key else {}
    return lambda: keeper.ask("create-family", {"name": "Sol", "displayName": "Ana"}, **headers)


def inviting(api: Api, key: bool = False) -> Act:
    keeper = api.person()
    body = {"familyId": api.family(keeper), "email": f"{uuid4().hex}@example.org", "maxUses": 2}
    headers = {"idempotency_key": uuid4().hex} if key else {}
    return lambda: keeper.ask("create-invite", body, **headers)


def redeeming(api: Api) -> Act:
    keeper = api.person()
    code = keeper.ask("create-invite", {"familyId": api.family(keeper), "maxUses": 2}).data["invite"]["code"]
    return lambda: api.person().ask("redeem-invite", {"code": code, "displayName": "Luz"})


def reserving(api: Api, key: bool = False) -> Act:
    keeper = api.person()
    family = api.family(keeper)
    headers = {"idempotency_key": uuid4().hex} if key else {}
    return lambda: keeper.ask("get-signed-upload-url", upload_of(family), **headers)


def finalizing(api: Api) -> Act:
    keeper = api.person()
    family = api.family(keeper)
    body = {"familyId": family, "recordingId": api.upload(family, keeper, waveform=b"[1]"), "title": "The boat"}
    return lambda: keeper.ask("finalize-recording", body)


def paying(api: Api) -> Act:
    keeper = api.person()
    family = api.family(keeper)
    return lambda: check_out(keeper, family)


def opening_the_portal(api: Api) -> Act:
    keeper = api.person()
    family = api.family(keeper)
    check_out(keeper, family)
    return lambda: keeper.ask("create-portal-session", {"familyId": family})


def a_webhook(api: Api) -> Act:
    about = {"id": f"in_{uuid4().hex}", "object": "invoice", "customer": f"cus_{uuid4().hex}"}
    event = {"id": f"evt_{uuid4().hex}", "object": "event", "type": "invoice.paid", "created": int(time.time())}
    body = json.dumps({**event, "livemode": False, "data": {"object": about}})
    signature = library.WebhookSignature.generate_signature_header(body, WEBHOOK_SECRETS[0], timestamp=int(time.time()))
    return lambda: gateway.call("POST", "/functions/v1/stripe-webhook", {"stripe-signature": signature}, body)


def renaming(api: Api) -> Act:
    keeper = api.person()
    family = api.family(keeper)
    return lambda: keeper.patch(f"/v1/families/{family}", {"name": "Luna", "locale": "es"})


def stepping_down(api: Api) -> Act:
    keeper = api.person()
    family = api.family(keeper)
    api.member(family, KEEPER)
    api.invite(family, keeper)
    return lambda: keeper.patch(f"/v1/families/{family}/members/{keeper.id}", {"role": "storyteller"})


def leaving(api: Api) -> Act:
    family = api.family(api.person())
    member = api.member(family)
    return lambda: member.delete(f"/v1/families/{family}/members/{member.id}")


def revoking(api: Api) -> Act:
    keeper = api.person()
    invite = api.invite(api.family(keeper), keeper)
    return lambda: keeper.delete(f"/v1/invites/{invite}")


def resending(api: Api) -> Act:
    keeper = api.person()
    invite = api.invite(api.family(keeper), keeper, f"{uuid4().hex}@example.org")
    return lambda: keeper.post(f"/v1/invites/{invite}/resend")


def deciding(decision: str) -> Callable[[Api], Act]:
    def scenario(api: Api) -> Act:
        keeper = api.person()
        family, upload = api.family(keeper), str(uuid4())
        stored = {"size_bytes": 5, "content_type": "audio/mp4", "is_mp4": True, "etag": "e"}
        stored["stored_at"] = "2026-11-20T10:00:00Z"
        api.run(PARKED, upload, family, api.person().id, json.dumps(stored), f"families/{family}/{upload}")
        return lambda: keeper.post(f"/v1/parked-uploads/{upload}/{decision}")

    return scenario


def calling_oneself(api: Api) -> Act:
    keeper = api.person()
    api.family(keeper)
    return lambda: keeper.patch("/v1/me", {"displayName": "Luz", "locale": "es"})


def asking_a_question(api: Api) -> Act:
    keeper = api.person()
    family = api.family(keeper)
    return lambda: keeper.post(f"/v1/families/{family}/prompts", {"text": "Who taught you to dance?"})


def on_a_prompt(method: str, body: Any = None) -> Callable[[Api], Act]:
    def scenario(api: Api) -> Act:
        keeper = api.person()
        prompt = api.prompt(api.family(keeper), keeper)
        return lambda: keeper.call(method, f"/v1/prompts/{prompt}", body)

    return scenario


def on_a_recording(method: str, path: str = "", body: Any = None, *, trashed: bool = False) -> Callable[[Api], Act]:
    def scenario(api: Api) -> Act:
        keeper = api.person()
        recording = api.recording(api.family(keeper), keeper)
        if trashed:
            keeper.delete(f"/v1/recordings/{recording}")
        return lambda: keeper.call(method, f"/v1/recordings/{recording}{path}", body)

    return scenario


SCENARIOS: dict[str, tuple[Callable[[Api], Act], ...]] = {
    "POST /functions/v1/create-family": (founding, lambda api: founding(api, key=True)),
    "POST /functions/v1/create-invite": (inviting, lambda api: inviting(api, key=True)),
    "POST /functions/v1/redeem-invite": (redeeming,),
    "POST /functions/v1/get-signed-upload-url": (reserving, lambda api: reserving(api, key=True)),
    "POST /functions/v1/finalize-recording": (finalizing,),
    "POST /functions/v1/create-checkout-session": (paying,),
    "POST /functions/v1/create-portal-session": (opening_the_portal,),
    "POST /functions/v1/stripe-webhook": (a_webhook,),
    "PATCH /v1/families/{family_id}": (renaming,),
    "PATCH /v1/families/{family_id}/members/{user_id}": (stepping_down,),
    "DELETE /v1/families/{family_id}/members/{user_id}": (leaving,),
    "DELETE /v1/invites/{invite_id}": (revoking,),
    "POST /v1/invites/{invite_id}/resend": (resending,),
    "POST /v1/parked-uploads/{upload_id}/accept": (deciding("accept"),),
    "POST /v1/parked-uploads/{upload_id}/decline": (deciding("decline"),),
    "PATCH /v1/me": (calling_oneself,),
    "POST /v1/families/{family_id}/prompts": (asking_a_question,),
    "PATCH /v1/prompts/{prompt_id}": (on_a_prompt("PATCH", {"text": "Who sang to you?"}),),
    "DELETE /v1/prompts/{prompt_id}": (on_a_prompt("DELETE"),),
    "PATCH /v1/recordings/{recording_id}": (on_a_recording("PATCH", body={"title": "The boat"}),),
    "DELETE /v1/recordings/{recording_id}": (on_a_recording("DELETE"),),
    "POST /v1/recordings/{recording_id}/restore": (on_a_recording("POST", "/restore", trashed=True),),
}
"""Route -> what makes ready a call of it that succeeds, and returns that call."""

NO_WRITES = ("POST /functions/v1/get-signed-playback-url",)


@pytest.fixture
def wire(module_api: Api, module_stripe: StripeServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    with Wire(module_api.database.cluster.server.port).open() as wire:
        monkeypatch.setenv("DATABASE_URL", wire.through(module_api.database.url("app_login")))
        config.reset()
        yield wire
        connections.reset()


def test_every_write_of_the_map_is_tried() -> None:
    assert {endpoint.route for endpoint in app.endpoints if endpoint.method != "GET"} == {*SCENARIOS, *NO_WRITES}


CASES = [
    pytest.param(scenario, id=f"{route} {number}")
    for route, scenarios in SCENARIOS.items()
    for number, scenario in enumerate(scenarios)
]


@pytest.mark.parametrize("scenario", CASES)
def test_a_write_whose_answer_was_lost_is_done_once_and_answered(
    module_api: Api, wire: Wire, scenario: Callable[[Api], Act]
) -> None:
    expected, changed, messages = outcome(module_api, wire, scenario)
    assert expected["status"] == 200
    assert messages >= 1
    for number in range(messages):
        assert outcome(module_api, wire, scenario, lost=number) == (expected, changed, messages + 1)


def outcome(
    api: Api, wire: Wire, scenario: Callable[[Api], Act], lost: int | None = None
) -> tuple[dict[str, Any], dict[str, int], int]:
    """The answer, how the database changed, and the messages it took; `lost`: the number of the answer that is lost."""
    act = scenario(api)
    before, messages = state(api), wire.messages
    wire.fates.extend([] if lost is None else ["pass"] * lost + ["lose answer"])
    answer = act()
    assert not wire.fates
    after = state(api)
    changed = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    shown = {"status": answer.status, "body": shape({**answer.body})}
    return shown, changed, wire.messages - messages


def state(api: Api) -> dict[str, int]:
    """How many rows each table has, and the sums that a second time would change."""
    tables = [
        name
        for (name,) in api.run(
            "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('public', 'ops')"
            " AND tablename NOT IN ('call_counts', 'message_answers', 'tallies')"
        )
    ]
    sums = {
        "uses": "sum(used_count) FROM public.invites",
        "generations": "sum(generation) FROM public.invites",
        "bytes": "sum(storage_used_bytes) FROM public.entitlements",
    }
    counts = {name: f"count(*) FROM {name}" for name in tables}
    asked = {**counts, **sums}
    (row,) = api.run("SELECT " + ", ".join(f"(SELECT {what})::bigint" for what in asked.values()))
    return {name: number or 0 for name, number in zip(asked, row, strict=True)}


CHANGING = re.compile(
    r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|\d{4}-\d\d-\d\dT[0-9:.]+Z|https?://\S+|\b(?:cs|cus|evt)_\w+|\b[0-9a-f]{32}\b"
)


def shape(value: Any, name: str = "") -> Any:
    """An answer without what differs from one call to the next: ids, times, addresses, codes."""
    if isinstance(value, dict):
        return {key: shape(held, key) for key, held in value.items() if key != "requestId"}
    if isinstance(value, list):
        return [shape(held) for held in value]
    if isinstance(value, str):
        return name if name in ("code", "sessionId") else CHANGING.sub("...", value)
    return value
