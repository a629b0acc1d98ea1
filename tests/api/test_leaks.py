"""The leak search: the whole story with marked values, every failure, then every sink is searched for them.

The sinks: what the app and the schedules print (metrics too), Postgres' log, Sentry, PostHog, mails, the tables of the
operator, and the answers that are errors. A leak is reported as `sink: kind`, never with the value.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from chalice.local import LambdaContext

from app import app
from chalicelib import config
from chalicelib.database import connections
from chalicelib.storage import store
from tests.api.test_stripe_webhook import deliver, event, forward
from tests.support import gateway, rubbish
from tests.support.api import Person, upload_of
from tests.support.canaries import Canaries, columns_with, leaks
from tests.support.database_server import Cluster
from tests.support.object_store import send, voice
from tests.support.schedules import Schedules
from tests.support.sentry_server import SentryServer, running_sentry
from tests.support.stripe_server import StripeServer, eventually
from tests.support.vendors import OPERATOR, Vendors

SECRETS = (
    *("SUPABASE_JWT_SECRET", "INVITE_CODE_SECRET", "R2_SECRET_ACCESS_KEY", "BACKUP_SECRET_ACCESS_KEY", "DATABASE_URL"),
    *("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRETS", "RESEND_API_KEY", "POSTHOG_API_KEY", "SENTRY_DSN"),
)

# What an invitation is for. Nothing else may hold a name, an address or a code.
IN_A_MAIL = {"family name", "person's name", "guest's address", "invite code", "join link"}

COLUMNS = {
    # A stranger's wrong codes are counted under the address they came from; the row goes within two days.
    "call_counts.key": {"ip address"},
    # For a message whose answer was lost and that is sent again. The sweep deletes it after ten minutes.
    "message_answers.answer": {"family name", "person's name", "prompt"},
}
"""The columns of schema ops that may hold something private, and what."""

SCHEDULES = (
    *("process_jobs", "settle_uploads", "cleanup_media", "audit_storage", "copy_recordings", "reconcile_billing"),
    "send_error_digest",
)


class Story:
    """The people, what they did, and every answer that was an error."""

    def __init__(self, schedules: Schedules, vendors: Vendors, stripe: StripeServer, sentry: SentryServer) -> None:
        self.schedules, self.vendors, self.stripe, self.sentry = schedules, vendors, stripe, sentry
        self.marked = Canaries()
        self.refusals: list[str] = []
        self.columns: dict[str, set[str]] = {}
        """`table.column` of schema ops -> the kinds that stood in it at some time."""
        self.keeper, self.guest = (self.person(address) for address in ("keeper's address", "guest's address"))
        self.family = ""
        for name in SECRETS:
            for secret in os.environ[name].split(","):
                self.marked.add("secret of the configuration", secret)
        self.marked.add("secret of the configuration", connections_password())

    def person(self, kind: str) -> Person:
        address = self.marked.address(kind)
        person = Person(self.schedules.database.add_user(address), self.marked.add("ip address", "198.51.100.177"))
        self.marked.add("token", person.token)
        person.address = address  # type: ignore[attr-defined]
        return person

    def name(self) -> str:
        return self.marked.text("person's name")

    def ask(self, person: Person, name: str, body: Any, **headers: str) -> gateway.Response:
        return self.seen(person.ask(name, body, **headers))

    def seen(self, answer: gateway.Response) -> gateway.Response:
        if answer.status >= 400:
            self.refusals.append(answer.text + json.dumps(answer.headers))
        return answer

    def done(self, answer: gateway.Response) -> None:
        assert answer.status == 200, answer.code

    def signed(self, url: str) -> str:
        """A signed URL, whose signature and credential are marked."""
        query = parse_qs(urlsplit(url).query)
        self.marked.add("signed url", query["X-Amz-Signature"][0])
        return self.marked.add("signed url", url)

    # What happens ------------------------------------------------------------------------------------

    def found(self) -> None:
        name = self.marked.text("family name")
        answer = self.ask(self.keeper, "create-family", {"name": name, "displayName": self.name(), "locale": "es"})
        self.family = answer.data["family"]["id"]

    def invite(self) -> str:
        body = {"familyId": self.family, "email": self.guest.address}  # type: ignore[attr-defined]
        invite = self.ask(self.keeper, "create-invite", body, idempotency_key=uuid.uuid4().hex).data["invite"]
        self.marked.add("join link", invite["joinUrl"])
        return self.marked.add("invite code", invite["code"])

    def record(self) -> str:
        body = upload_of(self.family, waveformSizeBytes=10)
        answer = self.ask(self.guest, "get-signed-upload-url", body, idempotency_key=uuid.uuid4().hex).data
        assert send("PUT", self.signed(answer["uploadUrl"]), voice(2_000), answer["uploadHeaders"])[0] == 200
        self.signed(answer["waveformUploadUrl"])
        title = self.marked.text("title")
        finalize = {"familyId": self.family, "recordingId": answer["recordingId"], "title": title}
        return str(self.ask(self.guest, "finalize-recording", finalize).data["recording"]["id"])

    def pay(self) -> None:
        body = {"familyId": self.family, "plan": "family", "interval": "month"}
        session = self.ask(self.keeper, "create-checkout-session", body).data
        self.stripe.pay(session["sessionId"])
        self.stripe.stand_in.start()
        assert eventually(lambda: not self.stripe.stand_in.deliveries.waiting())
        assert {answer.status for answer in forward(list(self.stripe.hook.arrivals))} == {200}
        for _, signature in self.stripe.hook.arrivals:
            self.marked.add("stripe's signature", signature)
        portal = self.ask(self.keeper, "create-portal-session", {"familyId": self.family}).data["url"]
        self.marked.add("portal link", portal)
        about = {"customer": "cus_1", "customer_details": {"email": self.marked.address("payer's address")}}
        deliver(event("checkout.session.completed", data={"object": {"id": "cs_1", "object": "x", **about}}))

    def look(self) -> None:
        """Searches the operator's tables as they are now."""
        for column, kinds in columns_with(self.schedules.database, "ops", self.marked).items():
            self.columns.setdefault(column, set()).update(kinds)

    def tick(self) -> None:
        """Every schedule, and every job that waits; before them a look at the tables, since done jobs are deleted."""
        self.look()
        self.schedules.run("UPDATE ops.jobs SET run_at = now(), turn_at = now()")
        for schedule in SCHEDULES:
            try:
                self.schedules.now(schedule)
            except Exception as error:
                self.refusals.append(str(error))


def connections_password() -> str:
    return urlsplit(os.environ["DATABASE_URL"]).password or ""


@pytest.fixture
def sentry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SentryServer]:
    with running_sentry(tmp_path) as server:
        monkeypatch.setenv("SENTRY_DSN", server.dsn)
        monkeypatch.setenv("SENTRY_TRACES_SAMPLE_RATE", "1")
        yield server


@pytest.fixture
def story(schedules: Schedules, stripe: StripeServer, vendors: Vendors, sentry: SentryServer) -> Story:
    config.reset()
    return Story(schedules, vendors, stripe, sentry)


def the_whole_story(story: Story) -> None:
    story.found()
    code = story.invite()
    story.tick()
    story.done(story.ask(story.guest, "redeem-invite", {"code": code, "displayName": story.name()}))
    told = story.marked.text("prompt")
    prompt = story.keeper.post(f"/v1/families/{story.family}/prompts", {"text": told}).data["prompt"]["id"]
    story.done(story.keeper.patch(f"/v1/prompts/{prompt}", {"text": story.marked.text("prompt")}))
    recording = story.record()
    played = story.ask(story.guest, "get-signed-playback-url", {"recordingId": recording}).data
    story.signed(played["url"])
    story.done(story.keeper.patch(f"/v1/recordings/{recording}", {"title": story.marked.text("title")}))
    story.pay()
    story.tick()
    story.schedules.trash(recording)
    story.tick()
    story.done(story.keeper.delete(f"/v1/families/{story.family}/members/{story.guest.id}"))


# The failures. Each is one function of the story; all leave the system as they found it.


def bad_requests(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    said = story.marked.spelled()
    for body in (said, {"name": said}, {"name": [said]}, {said: said}, {"familyId": said, "code": said, "email": said}):
        for endpoint in app.endpoints:
            if endpoint.access == "user" and endpoint.method != "GET":
                path = endpoint.path.format(**dict.fromkeys(endpoint.path_parameters, "x"))
                story.seen(story.keeper.call(endpoint.method, path, body))
    story.schedules.run("DELETE FROM ops.call_counts")
    for header in ("authorization", "x-request-id", "idempotency-key", "user-agent", "x-forwarded-for", "cookie"):
        headers = {"authorization": f"Bearer {story.keeper.token}", header: f"Bearer {said}"}
        story.seen(gateway.call("POST", "/functions/v1/create-family", headers, '{"name": "Sol"}'))
    for kind, value in (("token", story.keeper.token), ("code", "ABC-DEF-GHJ")):
        story.seen(gateway.call("GET", "/v1/me", {"authorization": f"Bearer {value}x", "x-request-id": value[:64]}))
        story.seen(gateway.call("GET", f"/v1/families?cursor={value}&{kind}={value}", {}))
    story.seen(story.keeper.ask("redeem-invite", {"code": story.marked.add("wrong code", "QQQ-WWW-EEE")}))
    story.seen(gateway.call("POST", "/functions/v1/stripe-webhook", {"stripe-signature": said}, said))
    story.seen(deliver(event(data={"object": said}), secret=said))


def vendors_that_echo(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each vendor answers an error, with every marked value in it."""
    body = {"familyId": story.family, "plan": "legacy", "interval": "month"}
    upload = story.guest.ask("get-signed-upload-url", upload_of(story.family)).data
    finalize = {"familyId": story.family, "recordingId": upload["recordingId"], "title": story.marked.text("title")}
    with rubbish.vendor_of_rubbish() as vendor, monkeypatch.context() as patch:
        for name in ("RESEND_API_URL", "POSTHOG_HOST", "STRIPE_API_BASE", "R2_ENDPOINT_URL", "BACKUP_ENDPOINT_URL"):
            patch.setenv(name, vendor.url)
        config.reset()
        store.reset()
        for status in (200, 401, 422, 500):
            vendor.answer = rubbish.says(status, json.dumps({"message": story.marked.spelled()}).encode())
            story.ask(story.keeper, "create-checkout-session", body)
            story.ask(story.keeper, "create-portal-session", {"familyId": story.family})
            story.ask(story.guest, "finalize-recording", finalize)
            story.invite()
            story.tick()
    config.reset()
    store.reset()
    story.sentry.faults.fail_next(500, times=2)


def databases_that_wait(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every change of a family whose rows another session holds, until its time is over."""
    held = "SELECT FROM public.families, public.profiles, public.entitlements FOR UPDATE"
    with story.schedules.while_held(held):
        for method, path, body in (
            ("PATCH", f"/v1/families/{story.family}", {"name": story.marked.text("family name")}),
            ("PATCH", "/v1/me", {"displayName": story.name()}),
            ("POST", "/functions/v1/create-invite", {"familyId": story.family, "email": story.keeper.address}),  # type: ignore[attr-defined]
        ):
            headers = {"authorization": f"Bearer {story.keeper.token}", "content-type": "application/json"}
            answer = app(gateway.event_of(method, path, headers, json.dumps(body)), LambdaContext("api", 512, 450))
            assert answer["statusCode"] == 503
            story.refusals.append(answer["body"])


def functions_that_break(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that is gone, one that raises what it was given, and Python that does."""
    run = story.schedules.run
    run("ALTER FUNCTION ops.update_family_tx RENAME TO update_family_gone_tx")
    path, body = f"/v1/families/{story.family}", {"name": story.marked.text("family name")}
    assert story.seen(story.keeper.patch(path, body)).status == 500
    run("ALTER FUNCTION ops.update_family_gone_tx RENAME TO update_family_tx")
    run("ALTER TABLE public.profiles ADD CONSTRAINT narrow CHECK (length(display_name) < 3) NOT VALID")
    assert story.seen(story.keeper.patch("/v1/me", {"displayName": story.name()})).status == 500
    run("ALTER TABLE public.profiles DROP CONSTRAINT narrow")
    with monkeypatch.context() as patch:

        def broken(_call: Any, request: Any) -> Any:
            kept_in_a_variable = request.model_dump_json()
            raise ValueError(kept_in_a_variable) from KeyError(story.marked.spelled())

        endpoint = next(endpoint for endpoint in app.endpoints if endpoint.path.endswith("/create-family"))
        patch.setitem(endpoint.__dict__, "function", broken)
        assert story.ask(story.keeper, "create-family", {"name": story.marked.text("family name")}).status == 500


def configuration_that_is_missing(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each secret missing, and a database that is gone."""
    for name in SECRETS:
        with monkeypatch.context() as patch:
            patch.setenv(name, "" if name != "DATABASE_URL" else f"postgresql://a:{story.keeper.token}@127.0.0.1:1/x")
            config.reset()
            connections.reset()
            store.reset()
            story.ask(story.keeper, "create-family", {"name": story.marked.text("family name")})
            story.tick()
    config.reset()
    connections.reset()
    store.reset()


FAILURES: tuple[Callable[[Story, pytest.MonkeyPatch], None], ...] = (
    bad_requests,
    vendors_that_echo,
    databases_that_wait,
    functions_that_break,
    configuration_that_is_missing,
)


def test_nothing_private_stands_in_any_sink(
    story: Story, cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    start = cluster.server.log.stat().st_size
    the_whole_story(story)
    story.done(story.ask(story.guest, "redeem-invite", {"code": story.invite()}))
    for failure in FAILURES:
        failure(story, monkeypatch)
    story.tick()
    printed = "".join(capfd.readouterr())
    with cluster.server.log.open("rb") as log:
        log.seek(start)
        logged = log.read().decode()
    to_operator = [letter for letter in story.vendors.letters() if OPERATOR in letter.to]
    to_guests = [letter for letter in story.vendors.letters() if OPERATOR not in letter.to]
    assert to_operator and to_guests and story.sentry.events() and story.sentry.traces() and story.vendors.events()
    found = leaks(
        {
            "what the functions print": printed,
            "Postgres' log": logged,
            "Sentry": "\n".join(story.sentry.received),
            "PostHog": json.dumps(story.vendors.events()),
            "the operator's mails": repr(to_operator),
            "the guests' mails": repr(to_guests),
            "answers that are errors": "\n".join(story.refusals),
        },
        story.marked,
        {"the guests' mails": IN_A_MAIL},
    )
    story.look()
    found += [
        f"ops.{name}: {kind}" for name, kinds in story.columns.items() for kind in kinds - COLUMNS.get(name, set())
    ]
    if found:
        pytest.fail("private values were found\n" + "\n".join(sorted(found)), pytrace=False)
    # The search is of use: what families own is where it belongs, and is found there.
    kept = set().union(*columns_with(story.schedules.database, "public", story.marked).values())
    assert {"family name", "person's name", "guest's address", "prompt"} <= kept
    assert story.columns == COLUMNS
