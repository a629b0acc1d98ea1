"""Each secret is rotated under a running function, step by step as the operator does it, and no call fails meanwhile.

A step: what the operator changes, in the parameter or at the vendor. After each, everything works.
"""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any

import jwt
import pytest
import stripe

from chalicelib import config, invite_codes
from chalicelib.billing import stripe_client
from chalicelib.config import parameter
from chalicelib.database import connections
from chalicelib.database.lost import Lost
from chalicelib.errors import Unavailable
from local.postgres import supabase
from local.s3 import Credential
from tests.support import rubbish
from tests.support.api import ISSUER, Api, Person
from tests.support.object_store import AUDIO, send, voice
from tests.support.parameter_store import ParameterStore, aws, parameter_store
from tests.support.rubbish import Vendor, says

__all__ = ["aws", "parameter_store"]


@pytest.fixture
def in_use(parameter_store: ParameterStore, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts values into the parameter, as `make secrets` would, and lets the five minutes pass."""
    kept: dict[str, str] = {}

    def change(**values: str) -> None:
        for name in values:
            monkeypatch.delenv(name, raising=False)
        kept.update(values)
        parameter_store.put(kept)
        parameter_store.clock.now += parameter.FRESH_SECONDS + 1

    return change


# The store's keys


class Voices:
    """A keeper who uploads, finalizes and listens."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.keeper = api.person()
        self.family = api.family(self.keeper)

    def tell(self) -> None:
        recording = self.api.kept(self.family, self.keeper)
        answer = self.keeper.ask("get-signed-playback-url", {"familyId": self.family, "recordingId": recording})
        assert send("GET", answer.data["url"]) == (200, voice())


@pytest.fixture
def voices(api: Api) -> Iterator[Voices]:
    api.store.app.accept(Credential(AUDIO, "new-key", "new-secret"))
    yield Voices(api)
    api.store.app.revoke("new-key")
    if "audio-key" in api.store.app._secrets:
        api.store.app.revoke("audio-key")
    api.store.app.accept(Credential(AUDIO, "audio-key", "audio-secret"))


def test_the_stores_key_is_rotated_while_voices_arrive(voices: Voices, in_use: Callable[..., None]) -> None:
    store = voices.api.store.app
    in_use(R2_ACCESS_KEY_ID="audio-key", R2_SECRET_ACCESS_KEY="audio-secret")
    voices.tell()
    before = voices.api.reserve(voices.family, voices.keeper)
    in_use(R2_ACCESS_KEY_ID="new-key,audio-key", R2_SECRET_ACCESS_KEY="new-secret,audio-secret")
    voices.tell()
    after = voices.api.reserve(voices.family, voices.keeper)
    assert "Credential=new-key" in after["uploadUrl"]
    for signed in (before, after):
        assert send("PUT", signed["uploadUrl"], voice(), signed["uploadHeaders"])[0] == 200
    store.revoke("audio-key")
    voices.tell()
    in_use(R2_ACCESS_KEY_ID="new-key", R2_SECRET_ACCESS_KEY="new-secret")
    voices.tell()


def test_a_new_key_that_the_store_refuses_signs_nothing(voices: Voices, in_use: Callable[..., None]) -> None:
    in_use(R2_ACCESS_KEY_ID="new-key,audio-key", R2_SECRET_ACCESS_KEY="mistyped,audio-secret")
    assert "Credential=audio-key" in voices.api.reserve(voices.family, voices.keeper)["uploadUrl"]
    voices.tell()


def test_a_key_that_is_deleted_too_early_costs_one_call_and_not_the_five_minutes(
    voices: Voices, in_use: Callable[..., None], parameter_store: ParameterStore
) -> None:
    in_use(R2_ACCESS_KEY_ID="audio-key,new-key", R2_SECRET_ACCESS_KEY="audio-secret,new-secret")
    voices.tell()
    recording = voices.api.upload(voices.family, voices.keeper)
    voices.api.store.app.revoke("audio-key")
    finalize = {"familyId": voices.family, "recordingId": recording}
    assert voices.keeper.ask("finalize-recording", finalize).status == HTTPStatus.SERVICE_UNAVAILABLE
    assert voices.keeper.ask("finalize-recording", finalize).status == HTTPStatus.OK
    voices.tell()


# The database's password


@pytest.fixture
def login(api: Api) -> Iterator[Callable[[str], str]]:
    """A login of this test's own, and its address with a password."""
    role = f"login_{uuid.uuid4().hex[:12]}"
    api.run(f"CREATE ROLE {role} LOGIN IN ROLE app_login")
    address = api.database.url("app_login").replace("app_login", role)
    credentials, _, where = address.partition("@")
    yield lambda password: f"{credentials.rpartition(':')[0]}:{password}@{where}"
    connections.reset()
    api.run(f"DROP ROLE {role}")


def set_password(api: Api, address: str) -> None:
    role, _, password = address.partition("://")[2].partition("@")[0].partition(":")
    admin = api.database.connect()
    supabase.set_password(admin, role, password)
    admin.close()


def reads(person: Person) -> int:
    """The status of a call on a connection that is made for it."""
    while connections._KEPT:
        connections._KEPT.pop().close()
    return person.get("/v1/me").status


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that were connected to, as they were tried."""
    urls, connect = list[str](), connections.connect_to

    def connecting(url: str, *rest: Any) -> Any:
        urls.append(url)
        return connect(url, *rest)

    monkeypatch.setattr(connections, "connect_to", connecting)
    return urls


def test_the_databases_password_is_rotated_without_a_failed_call(
    api: Api, in_use: Callable[..., None], login: Callable[[str], str], tried: list[str]
) -> None:
    keeper = api.person()
    set_password(api, login("old"))
    in_use(DATABASE_URL=login("old"))
    assert reads(keeper) == 200
    in_use(DATABASE_URL=login("old"), DATABASE_URL_NEXT=login("new"))
    assert reads(keeper) == 200
    set_password(api, login("new"))
    tried.clear()
    assert [reads(keeper), reads(keeper)] == [200, 200]
    assert tried == [login("old"), login("new"), login("new")], "the old one is not tried again each time"
    in_use(DATABASE_URL=login("new"), DATABASE_URL_NEXT="")
    assert reads(keeper) == 200


def test_a_rotation_of_the_password_can_be_undone(
    api: Api, in_use: Callable[..., None], login: Callable[[str], str]
) -> None:
    keeper = api.person()
    set_password(api, login("new"))
    in_use(DATABASE_URL=login("old"), DATABASE_URL_NEXT=login("new"))
    assert reads(keeper) == 200
    set_password(api, login("old"))
    assert reads(keeper) == 200


def test_a_password_that_was_changed_without_notice_is_read_from_the_parameter_at_once(
    api: Api, in_use: Callable[..., None], login: Callable[[str], str], parameter_store: ParameterStore
) -> None:
    keeper = api.person()
    set_password(api, login("old"))
    in_use(DATABASE_URL=login("old"))
    assert reads(keeper) == 200
    set_password(api, login("new"))
    parameter_store.put({"DATABASE_URL": login("new")})
    parameter_store.clock.now += parameter.PAUSE_SECONDS
    assert reads(keeper) == 200


def test_two_wrong_passwords_are_unavailable_and_both_are_tried_again(
    api: Api, in_use: Callable[..., None], login: Callable[[str], str]
) -> None:
    keeper = api.person()
    set_password(api, login("right"))
    in_use(DATABASE_URL=login("old"), DATABASE_URL_NEXT=login("new"))
    assert reads(keeper) == HTTPStatus.SERVICE_UNAVAILABLE
    set_password(api, login("old"))
    assert reads(keeper) == 200


def test_a_database_that_is_away_is_not_asked_with_the_next_password(
    api: Api, in_use: Callable[..., None], login: Callable[[str], str], tried: list[str]
) -> None:
    away = [re.sub(r":\d+/", ":1/", login(password)) for password in ("old", "new")]
    in_use(DATABASE_URL=away[0], DATABASE_URL_NEXT=away[1])
    assert reads(api.person()) == HTTPStatus.SERVICE_UNAVAILABLE
    assert set(tried) == {away[0]}


def test_a_changed_address_closes_the_connections_to_the_one_before(
    api: Api, in_use: Callable[..., None], login: Callable[[str], str]
) -> None:
    keeper = api.person()
    assert keeper.get("/v1/me").status == 200
    kept = list(connections._KEPT)
    set_password(api, login("new"))
    in_use(DATABASE_URL=login("new"))
    assert keeper.get("/v1/me").status == 200
    assert all(connection.closed for connection in kept)
    assert [connection.info.user.startswith("login_") for connection in connections._KEPT] == [True]


def test_the_next_password_is_for_the_same_database(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL_NEXT", api.database.url("app_login").replace("localhost", "127.0.0.1") + "_other")
    config.reset()
    assert api.person().get("/v1/me").status == HTTPStatus.SERVICE_UNAVAILABLE


# What signs, and what is only shown


def test_the_secret_of_tokens_is_rotated_while_people_are_signed_in(api: Api, in_use: Callable[..., None]) -> None:
    old, new = "o" * 40, "n" * 40

    def status(secret: str) -> int:
        person = api.person()
        claims = {"iss": f"{ISSUER}/auth/v1", "sub": person.id, "aud": "authenticated", "role": "authenticated"}
        person.token = jwt.encode({**claims, "exp": int(time.time()) + 3600}, secret, algorithm="HS256")
        return person.get("/v1/me").status

    in_use(SUPABASE_JWT_SECRET=old)
    assert [status(old), status(new)] == [200, 401]
    in_use(SUPABASE_JWT_SECRET=f"{new},{old}")
    assert [status(old), status(new)] == [200, 200]
    in_use(SUPABASE_JWT_SECRET=new)
    assert [status(old), status(new)] == [401, 200]


def test_the_secret_of_invite_codes_is_rotated_and_codes_stay_good(api: Api, in_use: Callable[..., None]) -> None:
    old, new = "o" * 40, "n" * 40
    keeper = api.person()
    family = api.family(keeper)
    in_use(INVITE_CODE_SECRET=old)
    first = keeper.ask("create-invite", {"familyId": family}).data["invite"]["code"]
    in_use(INVITE_CODE_SECRET=f"{new},{old}")
    second = keeper.ask("create-invite", {"familyId": family}).data["invite"]["code"]
    for code in (first, second):
        assert api.person().ask("redeem-invite", {"code": code}).status == 200
    third = keeper.ask("create-invite", {"familyId": family}).data["invite"]["code"]
    in_use(INVITE_CODE_SECRET=new)
    assert api.person().ask("redeem-invite", {"code": third}).status == 200
    assert invite_codes.hashes_of(third) != []


def test_the_secret_of_the_webhook_is_rotated_and_no_event_is_refused(api: Api, in_use: Callable[..., None]) -> None:
    about = {"object": {"id": "x_1", "object": "x"}}
    event = {"id": "evt_1", "object": "event", "type": "x.y", "created": 1, "livemode": False, "data": about}
    body = json.dumps(event)

    def status(secret: str) -> int:
        signature = stripe.WebhookSignature.generate_signature_header(body, secret, timestamp=int(time.time()))
        headers = {"stripe_signature": signature}
        return api.person().call("POST", "/functions/v1/stripe-webhook", body, **headers).status

    more = {"STRIPE_SECRET_KEY": "sk_test_local_x", "STRIPE_PRICES": "{}"}
    in_use(STRIPE_WEBHOOK_SECRETS="whsec_local_old", **more)
    assert [status("whsec_local_old"), status("whsec_local_new")] == [200, 400]
    in_use(STRIPE_WEBHOOK_SECRETS="whsec_local_new,whsec_local_old")
    assert [status("whsec_local_old"), status("whsec_local_new")] == [200, 200]
    in_use(STRIPE_WEBHOOK_SECRETS="whsec_local_new")
    assert [status("whsec_local_old"), status("whsec_local_new")] == [400, 200]


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with rubbish.vendor_of_rubbish() as vendor:
        yield vendor


def test_a_key_that_a_vendor_refuses_is_read_again_for_the_next_call(
    in_use: Callable[..., None], parameter_store: ParameterStore, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIPE_API_BASE", vendor.url)
    more = {"STRIPE_WEBHOOK_SECRETS": "whsec_local_x", "STRIPE_PRICES": "{}"}
    in_use(STRIPE_SECRET_KEY="sk_test_local_old", **more)
    vendor.answer = says(401, b'{"error": {"type": "invalid_request_error", "message": "Invalid API Key"}}')
    with pytest.raises(Unavailable):
        stripe_client.fetch_subscriptions("cus_1")
    parameter_store.put({"STRIPE_SECRET_KEY": "sk_test_local_new", **more})
    parameter_store.clock.now += parameter.PAUSE_SECONDS
    with pytest.raises(Unavailable):
        stripe_client.fetch_subscriptions("cus_1")
    assert b"sk_test_local_old" in vendor.requests[0]
    assert b"sk_test_local_new" in vendor.requests[-1]


def test_lost_says_that_nothing_was_sent_by_a_wrong_password(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", api.database.url("app_login").replace("@", "x@", 1))
    config.reset()
    with pytest.raises(Lost, match="wrong password") as caught:
        connections.exchange("SELECT 1", {}, time.monotonic() + 5)
    assert not caught.value.sent


# Mistakes


@pytest.mark.parametrize(
    ("mistake", "variable"),
    [('{"DATABASE_URL": "postgres"}', "DATABASE_URL"), ("not json", "CONFIG_PARAMETER")],
    ids=["a wrong value", "no JSON"],
)
def test_a_mistake_in_the_parameter_is_alerted_once_while_calls_go_on(
    api: Api, in_use: Callable[..., None], parameter_store: ParameterStore, mistake: str, variable: str
) -> None:
    keeper = api.person()
    in_use(DATABASE_URL=api.database.url("app_login"))
    assert keeper.get("/v1/me").status == 200
    parameter_store.put_text(mistake)
    parameter_store.clock.now += parameter.FRESH_SECONDS + 1
    assert [keeper.get("/v1/me").status for _ in range(5)] == [200] * 5
    alerts = api.run("SELECT fingerprint, occurrences FROM ops.alert_digest")
    assert alerts == [(f"missing-configuration/{variable}", 1)]
