"""Errors know no HTTP; one table gives each a status and a sentence, and nothing else gets out."""

from __future__ import annotations

import pytest

from app import app
from chalicelib.api.problems import CODES, REASONS, describe
from chalicelib.errors import MAX_FIELD_ERRORS, InternalError, MissingConfiguration, Refused, Unavailable, invalid


@pytest.mark.parametrize("code", sorted(set(CODES) - {"INTERNAL"}))
def test_every_code_has_its_status_and_a_sentence(code: str) -> None:
    problem = describe(Refused(code))
    assert problem.status == CODES[code][0]
    assert problem.body()["error"]["code"] == code
    assert problem.message.endswith(".")


def test_the_statuses_are_those_of_the_contract() -> None:
    by_status = {
        400: {"VALIDATION_FAILED"},
        401: {"UNAUTHORIZED"},
        403: {
            *("FORBIDDEN", "FAMILY_SUSPENDED", "SUBSCRIPTION_INACTIVE", "ENTITLEMENT_INACTIVE"),
            *("QUOTA_EXCEEDED", "DURATION_EXCEEDED"),
        },
        404: {"NOT_FOUND", "INVITE_NOT_VALID"},
        405: {"METHOD_NOT_ALLOWED"},
        409: {"UPLOAD_NOT_FOUND", "UPLOAD_MISMATCH", "CONFLICT"},
        413: {"PAYLOAD_TOO_LARGE"},
        415: {"UNSUPPORTED_MEDIA_TYPE"},
        429: {"RATE_LIMIT"},
        500: {"INTERNAL"},
        503: {"SERVICE_UNAVAILABLE", "UPLOADS_PAUSED"},
    }
    assert {status: {code for code in CODES if CODES[code][0] == status} for status in by_status} == by_status
    assert {status for status, _ in CODES.values()} == set(by_status)


@pytest.mark.parametrize(
    "error", [ValueError("grandma@example.org"), InternalError("create_family_tx: SQLSTATE 42883"), Refused("NONSENSE")]
)
def test_every_other_error_says_only_that_something_went_wrong(error: Exception) -> None:
    problem = describe(error)
    assert problem.status == 500
    assert problem.body() == {"error": {"code": "INTERNAL", "message": "Something went wrong. Please try again."}}


@pytest.mark.parametrize("error", [Unavailable("database"), MissingConfiguration({"DATABASE_URL": "is missing"})])
def test_unavailable_is_503_with_retry_after_and_names_no_part_of_the_system(error: Exception) -> None:
    problem = describe(error)
    assert problem.status == 503
    assert int(problem.headers["Retry-After"]) >= 1
    assert "database" not in str(problem.body()).lower()


@pytest.mark.parametrize(("code", "reason"), [(code, reason) for code in REASONS for reason in REASONS[code]])
def test_a_reason_has_a_message_of_its_own(code: str, reason: str) -> None:
    problem = describe(Refused(code, {"reason": reason}))
    assert problem.message == REASONS[code][reason] != CODES[code][1]
    assert problem.message.endswith(".")
    assert problem.details == {"reason": reason}


def test_every_reason_is_declared_by_a_route() -> None:
    for code, texts in REASONS.items():
        declared = {reason for endpoint in app.endpoints for reason in endpoint.refusals.get(code, ())}
        assert set(texts) == declared, f'remove it from REASONS["{code}"] of chalicelib/api/problems.py'


def test_a_conflict_of_an_unknown_reason_falls_back_to_the_general_sentence() -> None:
    assert describe(Refused("CONFLICT", {"reason": "moon"})).message == CODES["CONFLICT"][1]
    assert describe(Refused("CONFLICT")).message == CODES["CONFLICT"][1]


def test_details_leave_in_camel_case() -> None:
    problem = describe(Refused("QUOTA_EXCEEDED", {"quota_bytes": 5, "used_bytes": 4, "parts": [{"part_no": 1}]}))
    assert problem.body()["error"]["details"] == {"quotaBytes": 5, "usedBytes": 4, "parts": [{"partNo": 1}]}


def test_a_note_is_never_in_an_answer() -> None:
    assert "expired" not in str(describe(Refused("UNAUTHORIZED", note="expired")).body())


def test_a_rate_limit_carries_its_headers() -> None:
    facts = {"limit": 20, "remaining": 0, "reset": 1_790_000_000, "retry_after": 12.2}
    assert describe(Refused("RATE_LIMIT", facts)).headers == {
        "Retry-After": "13",
        "X-RateLimit-Limit": "20",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "1790000000",
    }


@pytest.mark.parametrize("facts", [None, {}, {"retry_after": 0}, {"retry_after": 0.01}])
def test_retry_after_is_at_least_one_second(facts: dict[str, float] | None) -> None:
    assert describe(Refused("RATE_LIMIT", facts)).headers["Retry-After"] == "1"


def test_validation_names_the_first_field_and_lists_a_bounded_number() -> None:
    problem = describe(invalid(*((f"field{index}", "is required") for index in range(100))))
    assert problem.message == "field0: is required"
    assert len(problem.details) == MAX_FIELD_ERRORS
    assert problem.details[0] == {"field": "field0", "reason": "is required"}
