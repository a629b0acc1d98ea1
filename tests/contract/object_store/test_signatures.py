"""Object store: signatures and their time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.s3_client import (
    BUCKET,
    KEY_ID,
    SECRET,
    Signed,
    object_url,
    send,
    sign_header,
    sign_put,
    sign_url,
)
from tests.support.store_requests import VOICE, Running, exists, get


def test_an_anonymous_request_is_refused_whatever_it_asks(store: Running, stored: str) -> None:
    for method, url in [
        ("GET", object_url(store.url, stored)),
        ("HEAD", object_url(store.url, stored)),
        ("PUT", object_url(store.url, stored)),
        ("DELETE", object_url(store.url, stored)),
        ("POST", object_url(store.url, stored)),
        ("GET", f"{store.url}/{BUCKET}?list-type=2"),
        ("GET", f"{store.url}/"),
        ("GET", f"{store.url}/_local/fail_next?status=503"),
    ]:
        assert send(Signed(method, url)).status == 403
    assert exists(store.url, stored)


@pytest.mark.parametrize("expires", [1, 900, 604_800])
def test_an_expired_url_is_refused(store: Running, stored: str, expires: int) -> None:
    url = object_url(store.url, stored)
    fresh = sign_url("GET", url, expires=expires, age=timedelta(seconds=expires - 60))
    stale = sign_url("GET", url, expires=expires, age=timedelta(seconds=expires + 1))
    answer = send(stale)
    assert send(fresh).status == 200
    assert (answer.status, answer.code) == (403, "AccessDenied")
    assert b"Request has expired" in answer.body


def test_an_expired_upload_url_is_refused(store: Running, key: str) -> None:
    assert send(sign_put(store.url, key, VOICE, age=timedelta(seconds=901)), VOICE).status == 403
    assert not exists(store.url, key)


def test_a_url_from_the_future_is_refused(store: Running, stored: str) -> None:
    answer = send(sign_url("GET", object_url(store.url, stored), age=-timedelta(minutes=16)))
    assert (answer.status, answer.code) == (403, "AccessDenied")


@pytest.mark.parametrize("expires", [0, -1, 604_801, "1_0", "", "9" * 30])
def test_a_life_span_outside_one_second_to_seven_days_is_refused(
    store: Running, stored: str, expires: int | str
) -> None:
    answer = send(sign_url("GET", object_url(store.url, stored), expires=expires))
    assert (answer.status, answer.code) == (400, "AuthorizationQueryParametersError")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("X-Amz-Expires=900", "X-Amz-Expires=901"),
        ("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=host%3Brange"),
        ("X-Amz-Signature=", "response-content-type=text%2Fhtml&X-Amz-Signature="),
        ("X-Amz-Signature=", "X-Amz-Signature=0"),
        (".audio.m4a?", ".waveform.json?"),
        ("/families/", "/families//"),
        ("/families/", "/%66amilies/"),
        ("/recordings/families", "/second-copy/families"),
    ],
)
def test_a_tampered_url_is_refused(store: Running, stored: str, old: str, new: str) -> None:
    signed = sign_url("GET", object_url(store.url, stored))
    assert old in signed.url
    assert send(Signed("GET", signed.url.replace(old, new, 1))).status == 403


def test_a_url_without_its_signature_or_with_two_is_refused(store: Running, stored: str) -> None:
    signed = sign_url("GET", object_url(store.url, stored)).url
    stripped = signed.partition("&X-Amz-Signature=")[0]
    for url in (stripped, f"{signed}&X-Amz-Signature={'0' * 64}", f"{signed}&X-Amz-Expires=900"):
        assert send(Signed("GET", url)).status == 400


def test_a_wrong_secret_and_an_unknown_key_id_are_refused(store: Running, stored: str) -> None:
    wrong = send(sign_url("GET", object_url(store.url, stored), secret="guess"))
    unknown = send(sign_url("GET", object_url(store.url, stored), key_id="nobody"))
    assert (wrong.status, wrong.code) == (403, "SignatureDoesNotMatch")
    assert (unknown.status, unknown.code) == (403, "InvalidAccessKeyId")


def test_only_the_regions_r2_knows_are_accepted(store: Running, stored: str) -> None:
    url = object_url(store.url, stored)
    assert send(sign_url("GET", url, region="us-east-1")).status == 200
    assert send(sign_url("GET", url, region="eu-central-1")).code == "InvalidRegionName"


def test_the_old_signature_version_is_refused(store: Running, stored: str) -> None:
    query = "AWSAccessKeyId=local-key-id&Signature=abc&Expires=9999999999"
    assert send(Signed("GET", f"{object_url(store.url, stored)}?{query}")).status == 400
    assert send(Signed("GET", object_url(store.url, stored)), authorization="AWS local-key-id:abc").status == 400


def test_a_url_for_one_method_serves_no_other(store: Running, stored: str) -> None:
    url = sign_url("GET", object_url(store.url, stored)).url
    assert send(Signed("HEAD", url)).status == 403
    assert send(Signed("DELETE", url)).status == 403
    assert send(Signed("PUT", url), b"x").status == 403
    assert get(store.url, stored).body == VOICE


def test_a_credential_reaches_only_its_own_buckets_and_cannot_tell_others_from_missing_ones(
    store: Running, stored: str
) -> None:
    foreign = send(sign_url("GET", object_url(store.url, stored), key_id="backup-key-id", secret="backup-secret"))
    missing = send(sign_url("GET", object_url(store.url, stored, bucket="no-such-bucket")))
    assert (foreign.status, foreign.body) == (missing.status, missing.body)
    assert (foreign.status, foreign.code) == (403, "AccessDenied")


def test_the_second_bucket_holds_its_own_objects(store: Running, key: str) -> None:
    backup = {"key_id": "backup-key-id", "secret": "backup-secret"}
    assert send(sign_put(store.url, key, VOICE, bucket="second-copy", **backup), VOICE).status == 200
    assert send(sign_url("GET", object_url(store.url, key, bucket="second-copy"), **backup)).body == VOICE
    assert not exists(store.url, key)


def test_an_authorization_header_is_checked_whole(store: Running, stored: str) -> None:
    url = object_url(store.url, stored)
    signed = sign_header("GET", url)
    assert send(signed).status == 200
    assert send(signed, x_amz_date="20200101T000000Z").status in (400, 403)
    assert send(signed, authorization=signed.headers["authorization"][:-1] + "g").status == 400
    assert send(signed, authorization=signed.headers["authorization"][:-4] + "0000").status == 403
    assert send(signed, x_amz_content_sha256="UNSIGNED-PAYLOAD").status == 403
    assert send(signed, x_amz_content_sha256=None).status == 400
    assert send(Signed("GET", url + "?response-content-type=text%2Fhtml", signed.headers)).status == 403


def test_a_header_named_as_signed_must_be_there(store: Running, stored: str) -> None:
    signed = sign_header("GET", object_url(store.url, stored))
    listed = signed.headers["authorization"].replace("SignedHeaders=host", "SignedHeaders=host;range")
    assert send(signed, authorization=listed).code == "SignatureDoesNotMatch"


@pytest.mark.parametrize("minutes", [-16, 16])
def test_an_authorization_header_from_another_time_is_refused(store: Running, stored: str, minutes: int) -> None:
    answer = send(sign_header("GET", object_url(store.url, stored), age=timedelta(minutes=minutes)))
    assert (answer.status, answer.code) == (403, "RequestTimeTooSkewed")


def test_two_ways_of_signing_at_once_are_refused(store: Running, stored: str) -> None:
    url = sign_url("GET", object_url(store.url, stored)).url
    assert send(Signed("GET", url, {"authorization": "AWS4-HMAC-SHA256 Credential=x"})).status == 400


def test_a_body_that_is_not_the_signed_hash_is_refused(store: Running, key: str) -> None:
    signed = sign_header("PUT", object_url(store.url, key), body=VOICE)
    answer = send(signed, bytes(len(VOICE)))
    assert (answer.status, answer.code) == (400, "XAmzContentSHA256Mismatch")
    assert not exists(store.url, key)
    assert send(signed, VOICE).status == 200


def test_no_error_repeats_what_was_sent(store: Running, key: str) -> None:
    signed = sign_url("GET", object_url(store.url, key), secret="guess")
    for answer in (send(signed), get(store.url, key)):
        text = answer.body.decode() + str(answer.headers)
        assert not any(part in text for part in (key, KEY_ID, SECRET, signed.url.rpartition("=")[2]))
