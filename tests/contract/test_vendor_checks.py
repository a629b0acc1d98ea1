"""A vendor that does not do what we assume is shown by the check of that assumption, whatever it does instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe
from flask import Flask

from local.s3 import ObjectStore, api
from local.server import Server
from local.stripe_api import StripeStandIn, StripeStandInSettings, create_blueprint
from tests.support.damaged import Damage, Damaged, ignoring, refused_as, with_body, with_header, without
from tests.support.store_requests import CREDENTIALS
from tests.support.stripe_server import KEY, PREFIX, PRICES, WEBHOOK_SECRETS
from tools.operate.stage import Mistaken
from tools.vendors import __main__ as command
from tools.vendors import documents
from tools.vendors.checks import Check
from tools.vendors.credentials import Skip, Vendors
from tools.vendors.every import CHECKS, VENDORS
from tools.vendors.scratch import Scratch, clean_up_after_others


def believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that believes every signature."""
    monkeypatch.setattr(api, "verify", lambda _request, secrets: next(iter(secrets)))


def overwriting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that knows no conditions."""
    monkeypatch.setattr(api, "check_write_conditions", lambda *_: None)


def careless(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that compares no digest."""
    monkeypatch.setattr(api.Digests, "check", lambda _self: None)


Patch = Callable[[pytest.MonkeyPatch], None]

STORE: dict[str, list[Damage | Patch]] = {
    "store-signed-length": [believed],
    "store-signed-headers": [believed],
    "store-md5": [careless],
    "store-put-once": [overwriting, refused_as("409 Conflict")],
    "store-etag-md5": [
        with_header("etag", '"9d5ed678fe57bcca610140957afab571-1"'),
        with_body(b"<ETag>.*?</ETag>", b""),
    ],
    "store-ranges": [without("HTTP_RANGE"), with_header("content-range", "bytes 0-15/*")],
    "store-missing": [with_body(b"NoSuchKey", b"NoSuchBucket"), refused_as("403 Forbidden")],
    "store-delete": [ignoring("DELETE", "204 No Content"), ignoring("DELETE", "200 OK")],
    "store-list-order": [with_body(b"<Contents>.*?</Contents>", b""), with_body(b"order/a-1", b"order/b-1")],
    "store-expiry": [believed],
    "store-cors": [
        with_header("access-control-allow-headers", "content-type"),
        with_header("access-control-allow-origin", "https://another.example.org"),
        with_header("access-control-expose-headers", None),
    ],
    "store-cors-refusals": [with_header("access-control-allow-origin", None)],
    "backup-put-once": [overwriting, careless, with_header("etag", '"another"')],
}
STRIPE: dict[str, list[Damage]] = {
    "stripe-test-mode": [with_body(b'"livemode": false', b'"livemode": true')],
    "stripe-api-version": [with_header("stripe-version", "2020-08-27")],
    "stripe-idempotency": [without("HTTP_IDEMPOTENCY_KEY"), with_header("idempotent-replayed", None)],
    "stripe-missing-customer": [with_body(b'"param": "customer"', b'"param": "id"'), refused_as("404 Not Found")],
    "stripe-deleted-customer": [with_body(b'"deleted": true', b'"deleted": false')],
    "stripe-lists": [with_body(b'"has_more": true', b'"has_more": false')],
    "stripe-prices": [with_body(b'"status": "open"', b'"status": "expired"')],
    "stripe-portal": [with_body(b'"url": "[^"]*"', b'"url": ""')],
    "stripe-clock": [with_body(b'"created": [0-9]+', b'"created": 1700000000')],
}
NOT_TRIED_HERE = {"store-multipart-once", "store-lock", "stripe-webhook"}


class Stand:
    """The store and Stripe, both damaged at will, and a run of the checks against them."""

    def __init__(self, folder: Path, store: Damaged, store_url: str, stripe_: Damaged, stripe_url: str) -> None:
        self.folder, self.store, self.stripe = folder, store, stripe_
        audio, copies = CREDENTIALS
        self.variables = {
            "R2_ENDPOINT_URL": store_url,
            "R2_BUCKET_NAME": audio.bucket,
            "R2_ACCESS_KEY_ID": audio.access_key_id,
            "R2_SECRET_ACCESS_KEY": audio.secret_access_key,
            "BACKUP_ENDPOINT_URL": store_url,
            "BACKUP_BUCKET_NAME": copies.bucket,
            "BACKUP_ACCESS_KEY_ID": copies.access_key_id,
            "BACKUP_SECRET_ACCESS_KEY": copies.secret_access_key,
            "STRIPE_API_BASE": stripe_url,
            "STRIPE_SECRET_KEY": KEY,
            "STRIPE_PRICES": '{"price_family_month": "family:month"}',
            "APP_URL": "https://app.talesofthesun.org",
        }

    def outcome(self, name: str) -> tuple[str, str]:
        scratch = Scratch(self.folder)
        vendors = Vendors("local", self.variables, scratch)
        found = command.outcome(CHECKS[name], vendors)
        self.store.damage = self.stripe.damage = lambda environ, serve: serve(environ)
        assert scratch.clean_up(vendors.remove) == []
        return found


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    folder = tmp_path_factory.mktemp("vendors")
    store = ObjectStore(folder / "r2", CREDENTIALS)
    settings = StripeStandInSettings(
        secret_key=KEY,
        webhook_secrets=WEBHOOK_SECRETS,
        webhook_url="http://127.0.0.1:9/",
        prices=PRICES,
        public_url="http://localhost",
    )
    stand_in = StripeStandIn(folder / "stripe", settings)
    flask = Flask("stripe")
    flask.register_blueprint(create_blueprint(stand_in), url_prefix=PREFIX)
    wrapped = Damaged(store), Damaged(flask)
    servers = [Server(each) for each in wrapped]
    for server in servers:
        server.start()
    yield Stand(folder, wrapped[0], servers[0].url, wrapped[1], servers[1].url + PREFIX)
    for server in servers:
        server.stop()
    stand_in.close()
    store.close()


@pytest.mark.parametrize("name", [*STORE, *STRIPE])
def test_a_stand_in_as_it_is_keeps_the_assumption(served: Stand, name: str) -> None:
    assert served.outcome(name) == ("ok", "")


PATCHES = (believed, overwriting, careless)


@pytest.mark.parametrize(
    ("name", "damage"), [(name, damage) for name, damages in {**STORE, **STRIPE}.items() for damage in damages]
)
def test_a_vendor_that_does_something_else_is_shown(
    served: Stand, monkeypatch: pytest.MonkeyPatch, name: str, damage: Any
) -> None:
    with monkeypatch.context() as patch:
        if damage in PATCHES:
            damage(patch)
        elif name in STORE:
            served.store.damage = damage
        else:
            served.stripe.damage = damage
        scratch = Scratch(served.folder)
        how, seen = command.outcome(CHECKS[name], Vendors("local", served.variables, scratch))
    served.store.damage = served.stripe.damage = lambda environ, serve: serve(environ)
    scratch.clean_up(Vendors("local", served.variables, scratch).remove)
    # Where our own client makes nothing of the answer, it says so before the check can.
    assert how == "WRONG" or (how, seen.split()[0]) == ("error", "Unavailable")


def test_every_assumption_about_the_store_and_stripe_is_tried_with_a_wrong_vendor() -> None:
    ours = {name for name, check in CHECKS.items() if check.vendor in ("store", "backup", "stripe")}
    assert ours == STORE.keys() | STRIPE.keys() | NOT_TRIED_HERE


def test_the_page_and_the_checks_have_the_same_assumptions() -> None:
    text = documents.PAGE.read_text("utf-8")
    rows = [line.split(" | ") for line in text.splitlines() if re.match(r"\| `[a-z]+-", line)]
    assert [row[0].strip("| `") for row in rows] == list(CHECKS)
    assert all(len(row) == 5 and all(cell.strip("| ") for cell in row) for row in rows)
    assert {check.vendor for check in CHECKS.values()} == VENDORS.keys()


# What must not be tried with


@pytest.mark.parametrize(
    ("stage", "changes"),
    [
        ("prod", {}),
        ("dev", {"STRIPE_SECRET_KEY": "sk_live_x"}),
        ("dev", {"STRIPE_SECRET_KEY": "rk_live_x"}),
        ("local", {"STRIPE_SECRET_KEY": "sk_live_x"}),
        ("dev", {"VERIFY_BUCKET_NAME": CREDENTIALS[0].bucket}),
        ("dev", {"VERIFY_BACKUP_BUCKET_NAME": CREDENTIALS[0].bucket}),
        ("dev", {"VERIFY_BUCKET_NAME": CREDENTIALS[1].bucket}),
    ],
)
def test_live_keys_and_buckets_of_a_stage_are_refused(
    served: Stand, tmp_path: Path, stage: str, changes: dict[str, str]
) -> None:
    with pytest.raises(Mistaken):
        Vendors(stage, {**served.variables, **changes}, Scratch(tmp_path))


def test_without_a_scratch_bucket_nothing_is_tried_in_the_stages_own(served: Stand, tmp_path: Path) -> None:
    with pytest.raises(Skip, match="VERIFY_BUCKET_NAME is not set"):
        Vendors("dev", served.variables, Scratch(tmp_path)).store()


def test_without_credentials_every_check_is_skipped_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = command.tried(Vendors("dev", {}, Scratch(tmp_path)))
    assert found == {"skip": len(CHECKS)}
    told = capsys.readouterr().out
    assert "nothing could be tried" in told
    assert "RESEND_API_KEY is not set" in told


def test_what_goes_wrong_with_a_check_is_told_without_a_word_of_the_vendors(tmp_path: Path) -> None:
    def broken(_vendors: Vendors) -> None:
        raise stripe.AuthenticationError("a secret", http_status=401)  # type: ignore[no-untyped-call]

    check = Check("stripe-x", "", "", "", broken)
    assert command.outcome(check, Vendors("dev", {}, Scratch(tmp_path))) == ("error", "AuthenticationError 401")


def test_the_list_of_a_run_that_lives_is_left_alone(tmp_path: Path) -> None:
    living = Scratch(tmp_path)
    living.will_make("object", f"{living.prefix}/x")
    assert clean_up_after_others(tmp_path, lambda _kind, _name: None) == ([], [])
    assert living.clean_up(lambda _kind, _name: None) == []


def test_only_what_a_run_could_have_made_is_removed(tmp_path: Path) -> None:
    names = ["object verify-vendors/1/x", "object families/1/recordings/2.audio.m4a", "customer cus_1", "table x"]
    (tmp_path / "verify-vendors-1.list").write_text("\n".join(names))
    removed: list[str] = []
    clean_up_after_others(tmp_path, lambda _kind, name: removed.append(name))
    assert removed == ["cus_1", "verify-vendors/1/x"]


def test_what_cannot_be_removed_stays_on_the_list_for_the_next_run(tmp_path: Path) -> None:
    def fail(_kind: str, _name: str) -> None:
        raise OSError

    first = Scratch(tmp_path)
    first.will_make("customer", "cus_1")
    assert first.clean_up(fail) == ["customer cus_1 (OSError)"]
    assert clean_up_after_others(tmp_path, fail) == ([], ["customer cus_1 (OSError)"])
    assert clean_up_after_others(tmp_path, lambda _kind, _name: None) == (["cus_1"], [])
    assert list(tmp_path.iterdir()) == []
