"""What a line of app.py may declare. A mistake fails at import, and the error says what to write in which file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import pytest

from chalicelib.api.endpoints import Access, Endpoint, describe_endpoint
from chalicelib.api.models import WireModel
from chalicelib.api.rate_limits import READS
from chalicelib.call import Call


class OfAFamily(WireModel):
    family_id: UUID


class Named(WireModel):
    name: str


def nothing(call: Call) -> Named: ...  # type: ignore[empty-body]
def of_a_family(call: Call, family_id: UUID) -> Named: ...  # type: ignore[empty-body]
def of_a_member(call: Call, family_id: UUID, user_id: UUID) -> Named: ...  # type: ignore[empty-body]
def of_a_thing(call: Call, thing_id: UUID) -> Named: ...  # type: ignore[empty-body]
def with_a_body(call: Call, request: Named) -> Named: ...  # type: ignore[empty-body]
def with_a_family_in_its_body(call: Call, request: OfAFamily) -> Named: ...  # type: ignore[empty-body]
def with_a_query(call: Call, query: Named) -> Named: ...  # type: ignore[empty-body]


PATHS = {of_a_family: "/{family_id}", of_a_member: "/{family_id}/{user_id}", of_a_thing: "/{thing_id}"}


def declare(
    function: Callable[..., Any],
    method: str = "GET",
    access: Access = "user",
    idempotent: bool = False,
    refuses: Sequence[str] = (),
) -> Endpoint:
    limit = READS if access == "user" else None
    return describe_endpoint(method, PATHS.get(function, "/things"), function, access, limit, idempotent, refuses)


ALWAYS = {"PAYLOAD_TOO_LARGE", "INTERNAL"}
OF_A_USER = {*ALWAYS, "UNAUTHORIZED", "RATE_LIMIT", "SERVICE_UNAVAILABLE"}


@pytest.mark.parametrize(
    ("endpoint", "codes"),
    [
        (declare(nothing, access="public"), ALWAYS),
        (declare(nothing, "POST", "webhook"), {*ALWAYS, "VALIDATION_FAILED", "SERVICE_UNAVAILABLE"}),
        (declare(nothing), OF_A_USER),
        (declare(with_a_query), {*OF_A_USER, "VALIDATION_FAILED"}),
        (declare(with_a_body, "POST"), {*OF_A_USER, "VALIDATION_FAILED", "UNSUPPORTED_MEDIA_TYPE"}),
        (
            declare(with_a_family_in_its_body, "PATCH"),
            {*OF_A_USER, "VALIDATION_FAILED", "UNSUPPORTED_MEDIA_TYPE", "FORBIDDEN"},
        ),
        (declare(of_a_family, "DELETE"), {*OF_A_USER, "FORBIDDEN"}),
        (declare(of_a_member), {*OF_A_USER, "FORBIDDEN", "NOT_FOUND"}),
        (declare(of_a_thing), {*OF_A_USER, "NOT_FOUND"}),
        (declare(nothing, idempotent=True), {*OF_A_USER, "VALIDATION_FAILED", "CONFLICT"}),
    ],
)
def test_what_every_route_of_a_kind_may_refuse_is_derived(endpoint: Endpoint, codes: set[str]) -> None:
    assert set(endpoint.refusals) == codes


def test_what_is_declared_comes_on_top() -> None:
    endpoint = declare(of_a_thing, idempotent=True, refuses=["FORBIDDEN", "CONFLICT revoked used_up"])
    assert endpoint.refusals["FORBIDDEN"] == ()
    assert endpoint.refusals["CONFLICT"] == ("revoked", "used_up", "idempotency_key_reused")


@pytest.mark.parametrize(
    ("refuses", "sentence"),
    [
        (["MOON"], "declare MOON in CODES of chalicelib/api/problems.py"),
        (["CONFLICT moon"], 'declare the reason moon in REASONS["CONFLICT"] of chalicelib/api/problems.py'),
        (["CONFLICT revoked moon"], 'declare the reason moon in REASONS["CONFLICT"] of chalicelib/api/problems.py'),
        (["FORBIDDEN revoked"], 'declare the reason revoked in REASONS["FORBIDDEN"] of chalicelib/api/problems.py'),
        (["CONFLICT"], 'CONFLICT needs its reasons: refuses=["CONFLICT first_reason second_reason"]'),
        (["CONFLICT revoked", "CONFLICT used_up"], "CONFLICT stands twice in refuses"),
        (["NOT_FOUND"], "remove NOT_FOUND from refuses"),
        (["CONFLICT revoked idempotency_key_reused"], "remove CONFLICT idempotency_key_reused from refuses"),
    ],
)
def test_a_refusal_that_cannot_be_declared_is_told_what_to_write_where(refuses: list[str], sentence: str) -> None:
    with pytest.raises(TypeError) as caught:
        declare(of_a_thing, "DELETE", idempotent=True, refuses=refuses)
    assert str(caught.value).startswith("DELETE /{thing_id} in app.py: ")
    assert sentence in str(caught.value)


def test_parameters_that_do_not_fit_the_path_are_refused() -> None:
    for path in ("/things", "/things/{other_id}"):
        with pytest.raises(TypeError):
            describe_endpoint("GET", path, of_a_thing, "user", READS, False, ())
