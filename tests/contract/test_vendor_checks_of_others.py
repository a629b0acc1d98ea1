"""A vendor of mails, events, errors or keys that does not do what we assume is shown by the check of that assumption.

Moto stands for a store that knows uploads in parts, and no lock.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from local import posthog_api, sentry_api
from local.mail import resend_api
from local.mail.mailbox import Mailbox
from local.server import Server
from tests.support.damaged import Damage, Damaged, ignoring, refused_as, with_body, without
from tests.support.tokens import ec_jwk, publishing
from tools.vendors import __main__ as command
from tools.vendors.credentials import Vendors
from tools.vendors.every import CHECKS
from tools.vendors.scratch import Scratch

DAMAGES: dict[str, list[Damage]] = {
    "resend-sends": [ignoring("POST", "202 Accepted"), with_body(b'"id"', b'"uid"')],
    "resend-idempotency": [without("HTTP_IDEMPOTENCY_KEY"), refused_as("422 Unprocessable Content")],
    "resend-refuses-recipient": [with_body(b"`to`", b"field"), refused_as("500 Internal Server Error")],
    "resend-key": [refused_as("200 OK")],
    "posthog-batch": [ignoring("POST", "204 No Content"), with_body(b".*", b"ok")],
    "posthog-key": [refused_as("200 OK")],
    "sentry-envelope": [refused_as("200 OK"), with_body(b'"id"', b'"uid"')],
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Damaged, Vendors]]:
    folder = tmp_path_factory.mktemp("vendors")
    flask = Flask("vendors")
    flask.register_blueprint(resend_api.create_blueprint(Mailbox(folder / "mail.sqlite"), api_key="re_local_x"))
    events = posthog_api.EventStore(folder / "posthog.sqlite")
    flask.register_blueprint(posthog_api.create_blueprint(events, api_key="phc_local_x"))
    errors = sentry_api.EventStore(folder / "sentry.sqlite")
    flask.register_blueprint(sentry_api.create_blueprint(errors, key="local"))
    damaged = Damaged(flask)
    server = Server(damaged)
    server.start()
    variables = {
        "RESEND_API_URL": f"{server.url}/_local/resend",
        "RESEND_API_KEY": "re_local_x",
        "MAIL_FROM": "Stories <stories@talesofthesun.org>",
        "POSTHOG_HOST": f"{server.url}/_local/posthog",
        "POSTHOG_API_KEY": "phc_local_x",
        "SENTRY_DSN": server.url.replace("://", "://local@") + "/_local/sentry/1",
    }
    yield damaged, Vendors("local", variables, Scratch(folder))
    server.stop()


@pytest.mark.parametrize("name", list(DAMAGES))
def test_a_stand_in_as_it_is_keeps_the_assumption(served: tuple[Damaged, Vendors], name: str) -> None:
    damaged, vendors = served
    damaged.damage = lambda environ, serve: serve(environ)
    assert command.outcome(CHECKS[name], vendors) == ("ok", "")


@pytest.mark.parametrize(("name", "damage"), [(name, damage) for name, each in DAMAGES.items() for damage in each])
def test_a_vendor_that_does_something_else_is_shown(served: tuple[Damaged, Vendors], name: str, damage: Damage) -> None:
    damaged, vendors = served
    damaged.damage = damage
    assert command.outcome(CHECKS[name], vendors)[0] == "WRONG"


def test_every_assumption_about_them_is_tried_with_a_wrong_vendor() -> None:
    assert DAMAGES.keys() == {name for name in CHECKS if CHECKS[name].vendor in ("resend", "posthog", "sentry")}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ([ec_jwk()], "ok"),
        ([], "WRONG"),
        ([{**ec_jwk(), "alg": "ES512"}], "WRONG"),
        ([{**ec_jwk(), "kid": ""}], "WRONG"),
    ],
)
def test_published_keys_of_another_form_are_shown(tmp_path: Path, keys: list[dict[str, str]], expected: str) -> None:
    with publishing() as publisher:
        publisher.keys = keys
        vendors = Vendors("dev", {"SUPABASE_JWKS_URL": publisher.url}, Scratch(tmp_path))
        assert command.outcome(CHECKS["supabase-jwks"], vendors)[0] == expected


@pytest.mark.parametrize(("status", "expected"), [(401, "ok"), (403, "ok"), (200, "WRONG"), (500, "WRONG")])
def test_a_data_api_that_answers_a_stranger_is_shown(tmp_path: Path, status: int, expected: str) -> None:
    with publishing() as publisher:
        publisher.answer = lambda request: publisher.send(request, b"[]", status)
        variables = {"SUPABASE_URL": publisher.url.removesuffix("/jwks.json"), "ANON_KEY": "x"}
        vendors = Vendors("dev", variables, Scratch(tmp_path))
        assert command.outcome(CHECKS["supabase-data-api"], vendors)[0] == expected


@pytest.mark.heavy
def test_uploads_in_parts_and_a_lock_are_tried_where_the_store_has_them(tmp_path: Path) -> None:
    import boto3
    from moto.server import DomainDispatcherApplication, create_backend_app

    damaged = Damaged(DomainDispatcherApplication(create_backend_app))
    server = Server(damaged)
    server.start()
    access = {"aws_access_key_id": "x", "aws_secret_access_key": "y", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=server.url, **access).create_bucket(Bucket="scratch")
    variables = {
        "R2_ENDPOINT_URL": server.url,
        "R2_ACCESS_KEY_ID": "x",
        "R2_SECRET_ACCESS_KEY": "y",
        "VERIFY_BUCKET_NAME": "scratch",
        "VERIFY_LOCKED_PREFIX": "locked",
    }
    vendors = Vendors("dev", variables, Scratch(tmp_path))
    assert command.outcome(CHECKS["store-multipart-once"], vendors) == ("ok", "")
    assert command.outcome(CHECKS["store-lock"], vendors) == (
        "WRONG",
        "PUT and DELETE are answered [200, 204], and it changed",
    )
    damaged.damage = without("HTTP_IF_NONE_MATCH")
    assert command.outcome(CHECKS["store-multipart-once"], vendors)[0] == "WRONG"
    server.stop()
