"""Nobody learns anything of another family by asking: what exists elsewhere answers as what exists nowhere.

A row for every route, and in it a probe for every place where an id can stand. A new route without a row fails, and so
does a new id in an old one.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, get_args
from urllib.parse import quote

import pytest

from app import app
from chalicelib.storage import store
from tests.support.api import Api
from tests.support.database_server import Database
from tests.support.gateway import Response
from tests.support.isolation_families import PERSONAS, IsolationFamilies
from tests.support.object_store import RunningStore

FORBIDDEN, NOT_FOUND, INVITE_NOT_VALID = "FORBIDDEN", "NOT_FOUND", "INVITE_NOT_VALID"
EMPTY = "an empty list"

# What may be written where an id belongs; DASHLESS stands for a true one without its dashes.
DASHLESS = "dashless"
MALFORMED = ("nope", "0", "null", "%", "é", "\x00", "' OR 1=1 --", "{id}", "a" * 300, "..", DASHLESS)

Ids = dict[str, str]
"""The persona's own things by kind, and `id`: what is asked for."""


@dataclass(frozen=True)
class Probe:
    """One place for an id: its name, whose kinds of things are put there, and what strangers to them are told."""

    slot: str
    kinds: tuple[str, ...]
    refusal: str | dict[str, str]
    """The code, by persona where it depends on their role at home."""
    path: str
    body: Callable[[Ids], dict[str, Any]] | None = None

    def expected(self, persona: str) -> str:
        return self.refusal if isinstance(self.refusal, str) else self.refusal.get(persona, self.refusal["others"])

    @property
    def in_path(self) -> bool:
        return "{id}" in self.path.partition("?")[0]


def family(path: str, body: Callable[[Ids], dict[str, Any]] | None = None, slot: str = "family_id") -> Probe:
    return Probe(slot, ("family",), FORBIDDEN, path, body)


def by_body(**fixed: Any) -> Callable[[Ids], dict[str, Any]]:
    return lambda ids: {"familyId": ids["id"], **fixed}


UPLOAD = {"fileSizeBytes": 1000, "durationSeconds": 10, "contentType": "audio/mp4"}
FUNCTIONS = "/functions/v1"
MEMBER = "/v1/families/{family}/members/{id}"
# Of the personas only the storyteller keeps nothing, so only they lack the role at home.
KEEPERS_ALONE = {"storyteller": FORBIDDEN, "others": NOT_FOUND}

ROWS: dict[str, tuple[Probe, ...]] = {
    "POST /functions/v1/create-family": (),
    "POST /functions/v1/create-invite": (family(f"{FUNCTIONS}/create-invite", by_body()),),
    "POST /functions/v1/redeem-invite": (
        Probe("code", ("code",), INVITE_NOT_VALID, f"{FUNCTIONS}/redeem-invite", lambda ids: {"code": ids["id"]}),
    ),
    "POST /functions/v1/get-signed-upload-url": (family(f"{FUNCTIONS}/get-signed-upload-url", by_body(**UPLOAD)),),
    "POST /functions/v1/finalize-recording": (
        family(
            f"{FUNCTIONS}/finalize-recording",
            lambda ids: {"familyId": ids["id"], "recordingId": ids["reservation"]},
        ),
        Probe(
            "recording_id",
            ("reservation", "recording"),
            NOT_FOUND,
            f"{FUNCTIONS}/finalize-recording",
            lambda ids: {"familyId": ids["family"], "recordingId": ids["id"]},
        ),
        Probe(
            "prompt_id",
            ("prompt",),
            NOT_FOUND,
            f"{FUNCTIONS}/finalize-recording",
            lambda ids: {"familyId": ids["family"], "recordingId": ids["reservation"], "promptId": ids["id"]},
        ),
    ),
    "POST /functions/v1/get-signed-playback-url": (
        Probe(
            "recording_id",
            ("recording", "reservation"),
            NOT_FOUND,
            f"{FUNCTIONS}/get-signed-playback-url",
            lambda ids: {"recordingId": ids["id"]},
        ),
    ),
    "POST /functions/v1/create-checkout-session": (
        family(f"{FUNCTIONS}/create-checkout-session", by_body(plan="family", interval="month")),
    ),
    "POST /functions/v1/create-portal-session": (family(f"{FUNCTIONS}/create-portal-session", by_body()),),
    "GET /v1/families": (),
    "GET /v1/families/{family_id}": (family("/v1/families/{id}"),),
    "PATCH /v1/families/{family_id}": (family("/v1/families/{id}", lambda ids: {"name": "Taken"}),),
    "PATCH /v1/families/{family_id}/members/{user_id}": (
        family("/v1/families/{id}/members/{me}", lambda ids: {"role": "keeper"}),
        Probe("user_id", ("user",), KEEPERS_ALONE, MEMBER, lambda ids: {"role": "keeper"}),
    ),
    "DELETE /v1/families/{family_id}/members/{user_id}": (
        family("/v1/families/{id}/members/{me}"),
        Probe("user_id", ("user",), KEEPERS_ALONE, MEMBER),
    ),
    "GET /v1/families/{family_id}/invites": (family("/v1/families/{id}/invites"),),
    "DELETE /v1/invites/{invite_id}": (Probe("invite_id", ("invite",), NOT_FOUND, "/v1/invites/{id}"),),
    "POST /v1/invites/{invite_id}/resend": (Probe("invite_id", ("invite",), NOT_FOUND, "/v1/invites/{id}/resend"),),
    "GET /v1/families/{family_id}/parked-uploads": (family("/v1/families/{id}/parked-uploads"),),
    "POST /v1/parked-uploads/{upload_id}/accept": (
        Probe("upload_id", ("reservation", "recording"), NOT_FOUND, "/v1/parked-uploads/{id}/accept"),
    ),
    "POST /v1/parked-uploads/{upload_id}/decline": (
        Probe("upload_id", ("reservation", "recording"), NOT_FOUND, "/v1/parked-uploads/{id}/decline"),
    ),
    "GET /v1/me": (),
    "PATCH /v1/me": (),
    "GET /v1/families/{family_id}/prompts": (family("/v1/families/{id}/prompts"),),
    "POST /v1/families/{family_id}/prompts": (family("/v1/families/{id}/prompts", lambda ids: {"text": "Who?"}),),
    "PATCH /v1/prompts/{prompt_id}": (
        Probe("prompt_id", ("prompt",), NOT_FOUND, "/v1/prompts/{id}", lambda ids: {"text": "Taken"}),
    ),
    "DELETE /v1/prompts/{prompt_id}": (Probe("prompt_id", ("prompt",), NOT_FOUND, "/v1/prompts/{id}"),),
    "GET /v1/families/{family_id}/recordings": (
        family("/v1/families/{id}/recordings"),
        Probe("prompt_id", ("prompt",), EMPTY, "/v1/families/{family}/recordings?promptId={id}"),
    ),
    "PATCH /v1/recordings/{recording_id}": (
        Probe(
            "recording_id", ("recording", "reservation"), NOT_FOUND, "/v1/recordings/{id}", lambda ids: {"title": "x"}
        ),
        Probe("prompt_id", ("prompt",), NOT_FOUND, "/v1/recordings/{recording}", lambda ids: {"promptId": ids["id"]}),
    ),
    "DELETE /v1/recordings/{recording_id}": (
        Probe("recording_id", ("recording", "reservation"), NOT_FOUND, "/v1/recordings/{id}"),
    ),
    "POST /v1/recordings/{recording_id}/restore": (
        Probe("recording_id", ("recording", "reservation"), NOT_FOUND, "/v1/recordings/{id}/restore"),
    ),
}

PROBES = [pytest.param(route, probe, id=f"{route} {probe.slot}") for route, probes in ROWS.items() for probe in probes]


@pytest.fixture(scope="module")
def families(module_database: Database, object_store: RunningStore) -> Iterator[IsolationFamilies]:
    with pytest.MonkeyPatch.context() as patch:
        yield IsolationFamilies(Api(module_database, patch, object_store))
    store.reset()


def ask(families: IsolationFamilies, persona: str, route: str, probe: Probe, asked: str) -> Response:
    person = families.people[persona]
    ids = {**families.own[persona], "me": person.id, "id": asked}
    quoted = {name: quote(value, safe="") for name, value in ids.items()}
    path = re.sub(r"{(\w+)}", lambda found: quoted[found[1]], probe.path)
    families.forget_counts()
    return person.call(route.split(" ")[0], path, None if probe.body is None else probe.body(ids))


def unknown_to_all(probe: Probe) -> str:
    return "ZZZ-ZZZ-ZZZ" if probe.slot == "code" else str(uuid.uuid4())


def outcome(reply: Response) -> str:
    if reply.status == 200:
        return EMPTY if reply.data == {"recordings": [], "nextCursor": None} else "an answer"
    return reply.code


def id_fields(model: Any) -> set[str]:
    """The fields of a request or query that name something, a code among them."""
    fields = {} if model is None else model.model_fields
    return {
        name
        for name, field in fields.items()
        if name == "code" or field.annotation is uuid.UUID or uuid.UUID in get_args(field.annotation)
    }


HERE = "tests/api/test_isolation_over_http.py"


def test_every_route_of_a_signed_in_user_has_its_probes() -> None:
    served = {f"{one.method} {one.path}" for one in app.endpoints if one.access == "user"}
    missing, gone = sorted(served - set(ROWS)), sorted(set(ROWS) - served)
    assert not missing, f"declare in ROWS of {HERE}, with a Probe for each id it takes: {', '.join(missing)}"
    assert not gone, f"take out of ROWS of {HERE}, for there is no such route: {', '.join(gone)}"


def test_nothing_is_served_that_was_not_declared_as_an_endpoint() -> None:
    routes = {f"{method} {path}" for path, methods in app.routes.items() for method in methods if method != "OPTIONS"}
    assert routes == {f"{one.method} {one.path}" for one in app.endpoints}


def test_every_id_that_a_route_takes_has_its_probe() -> None:
    for endpoint in app.endpoints:
        route = f"{endpoint.method} {endpoint.path}"
        if endpoint.access != "user" or route not in ROWS:
            continue
        slots = {*endpoint.path_parameters, *id_fields(endpoint.request), *id_fields(endpoint.query)}
        probed = {probe.slot for probe in ROWS[route]}
        missing, gone = sorted(slots - probed), sorted(probed - slots)
        assert not missing, f"declare a Probe in ROWS[{route!r}] of {HERE} for {', '.join(missing)}"
        assert not gone, f"take out of ROWS[{route!r}] of {HERE}, for it takes no {', '.join(gone)}"


@pytest.mark.parametrize(("route", "probe"), PROBES)
def test_an_id_of_another_family_answers_as_an_id_of_nothing(
    families: IsolationFamilies, route: str, probe: Probe
) -> None:
    before = families.everything()
    for persona in PERSONAS:
        unknown = ask(families, persona, route, probe, unknown_to_all(probe))
        assert outcome(unknown) == probe.expected(persona), persona
        for kind in probe.kinds:
            for state, thing in families.foreign_things(persona, kind):
                foreign = ask(families, persona, route, probe, thing)
                assert foreign.without_request_id == unknown.without_request_id, f"{state} {kind} of another family"
                assert thing not in foreign.text
    assert families.everything() == before


# A malformed id is refused, or replaced by the nil UUID, before anything depends on who asks. So one persona is enough:
# a keeper, who is let furthest.
@pytest.mark.parametrize(("route", "probe"), PROBES)
def test_a_malformed_id_answers_as_an_id_of_nothing(families: IsolationFamilies, route: str, probe: Probe) -> None:
    before = families.everything()
    unknown = ask(families, "keeper", route, probe, unknown_to_all(probe))
    [(_, thing), *_] = families.foreign_things("keeper", probe.kinds[0])
    for text in MALFORMED:
        reply = ask(families, "keeper", route, probe, thing.replace("-", "") if text == DASHLESS else text)
        if probe.in_path:
            assert reply.without_request_id == unknown.without_request_id, text
        elif text == DASHLESS and probe.slot != "code":
            # In a body a UUID may be spelled without its dashes, and is then the one it is.
            assert reply.without_request_id == unknown.without_request_id
        elif text == "\x00" or probe.slot != "code":
            assert outcome(reply) == "VALIDATION_FAILED", text
        elif text != DASHLESS:
            assert reply.without_request_id == unknown.without_request_id, text
    assert families.everything() == before


# What members are told of things of their own family that are gone, or are not theirs to change:
# (method, path, body) -> state of the thing -> (to a storyteller, to a keeper).
Told = dict[str, tuple[str, str]]
AT_HOME: dict[tuple[str, str], tuple[str, dict[str, Any] | None, Told]] = {
    ("PATCH", "/v1/recordings/{id}"): (
        "recording",
        {"title": "x"},
        {"trashed": (FORBIDDEN, "CONFLICT"), "purging": (NOT_FOUND, NOT_FOUND)},
    ),
    ("DELETE", "/v1/recordings/{id}"): (
        "recording",
        None,
        {"live": (FORBIDDEN, ""), "trashed": (FORBIDDEN, "an answer"), "purging": (NOT_FOUND, NOT_FOUND)},
    ),
    ("POST", "/v1/recordings/{id}/restore"): (
        "recording",
        None,
        {"live": (FORBIDDEN, "an answer"), "trashed": (FORBIDDEN, ""), "purging": (NOT_FOUND, "CONFLICT")},
    ),
    ("POST", "/functions/v1/get-signed-playback-url"): (
        "recording",
        {"recordingId": "{id}"},
        {"live": ("an answer", "an answer"), "trashed": (NOT_FOUND, "an answer"), "purging": (NOT_FOUND, NOT_FOUND)},
    ),
    ("PATCH", "/v1/prompts/{id}"): (
        "prompt",
        {"text": "x"},
        {"live": (FORBIDDEN, "an answer"), "deleted": (NOT_FOUND, NOT_FOUND)},
    ),
    ("DELETE", "/v1/prompts/{id}"): ("prompt", None, {"live": (FORBIDDEN, ""), "deleted": (NOT_FOUND, "an answer")}),
    ("DELETE", "/v1/invites/{id}"): ("invite", None, {"live": (NOT_FOUND, ""), "revoked": (NOT_FOUND, "an answer")}),
    ("POST", "/v1/invites/{id}/resend"): (
        "invite",
        None,
        {"live": (NOT_FOUND, "an answer"), "revoked": (NOT_FOUND, "CONFLICT")},
    ),
}
"""An empty text: not asked, for it would change what the others are asked about."""


@pytest.mark.parametrize(("method", "path"), AT_HOME)
def test_a_member_gets_the_answer_that_their_role_allows(families: IsolationFamilies, method: str, path: str) -> None:
    kind, body, told = AT_HOME[method, path]
    for state, outcomes in told.items():
        thing = families.things[families.home["keeper"]][kind, state]
        sent = None if body is None else {name: value.replace("{id}", thing) for name, value in body.items()}
        for persona, expected in zip(("storyteller", "keeper"), outcomes, strict=True):
            families.forget_counts()
            if expected:
                reply = families.people[persona].call(method, path.replace("{id}", thing), sent)
                assert outcome(reply) == expected, f"{state} {kind} to a {persona}"


def test_a_refused_request_of_a_member_writes_nothing(families: IsolationFamilies) -> None:
    before = families.everything()
    for (method, path), (kind, body, told) in AT_HOME.items():
        for state in told:
            thing = families.things[families.home["storyteller"]][kind, state]
            sent = None if body is None else {name: value.replace("{id}", thing) for name, value in body.items()}
            families.forget_counts()
            families.people["storyteller"].call(method, path.replace("{id}", thing), sent)
    assert families.everything() == before


def test_a_storyteller_of_the_family_lacks_the_role_for_what_keepers_do(families: IsolationFamilies) -> None:
    before = families.everything()
    ours, storyteller = families.home["storyteller"], families.people["storyteller"]
    bodies: dict[str, dict[str, Any]] = {
        "create-invite": {},
        "create-checkout-session": {"plan": "family", "interval": "month"},
        "create-portal-session": {},
    }
    replies = [storyteller.ask(name, {"familyId": ours, **body}) for name, body in bodies.items()]
    replies.append(storyteller.patch(f"/v1/families/{ours}", {"name": "Taken"}))
    replies.append(storyteller.get(f"/v1/families/{ours}/invites"))
    replies.append(storyteller.patch(f"/v1/families/{ours}/members/{storyteller.id}", {"role": "keeper"}))
    assert [outcome(reply) for reply in replies] == [FORBIDDEN] * len(replies)
    # And not otherwise than to somebody who has nothing to do with the family.
    stranger = families.people["stranger"].get(f"/v1/families/{ours}/invites")
    assert {reply.without_request_id[2] for reply in replies if reply.text} == {stranger.without_request_id[2]}
    assert families.everything() == before
