"""`make fuzz`: ten thousand requests and more, at random, against a running stack: every answer is a documented one."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from schemathesis import Case
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.schemas import OpenApiSchema

from app import app
from tests.support import fuzzing
from tests.support.local_stack import RunningStack
from tests.support.stack_people import sign_up
from tools.api_docs.openapi import operation_id

pytestmark = pytest.mark.heavy

REQUESTS = 10_000
FAMILIES = 48
# Good requests an operation, and as many bad ones.
EXAMPLES = 200

SEED = int(os.environ.get("FUZZ_SEED") or time.time_ns() % 2**32)


@pytest.fixture(scope="module")
def schema() -> OpenApiSchema:
    return fuzzing.make_schema()


class From(HTTPAdapter):
    """Calls from an address of its own: on Linux, all of 127/8 is this machine."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        if sys.platform == "linux":
            options["source_address"] = (self.address, 0)
        super().init_poolmanager(*arguments, **options)


@pytest.fixture(scope="module")
def target(stack: RunningStack) -> Iterator[fuzzing.FuzzTarget]:
    sessions: dict[str, requests.Session] = {}

    def ask(token: str, method: str, path: str, body: Mapping[str, Any] | None) -> Any:
        answer = requests.request(
            method, stack.origin + path, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=10
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def call(case: Case, family: fuzzing.FuzzFamily, headers: dict[str, str]) -> Response:
        session = sessions.get(family.address)
        if session is None:
            session = sessions[family.address] = requests.Session()
            session.mount("http://", From(family.address))
        return case.call(stack.origin, session=session, headers=headers, timeout=20)

    people = sign_up(stack)
    yield fuzzing.FuzzTarget(
        [fuzzing.make_family(ask, [people() for _ in range(3)], f"127.0.1.{number + 1}") for number in range(FAMILIES)],
        call,
    )
    for session in sessions.values():
        session.close()


@pytest.mark.parametrize("operation_id", [operation_id(endpoint, app.endpoints) for endpoint in app.endpoints])
def test_every_random_request_gets_a_documented_answer(
    operation_id: str, schema: OpenApiSchema, target: fuzzing.FuzzTarget
) -> None:
    fuzzing.fuzz(schema, operation_id, target, EXAMPLES, SEED)


def test_ten_thousand_requests_were_answered_and_limits_did_not_swallow_them(target: fuzzing.FuzzTarget) -> None:
    operations = {operation for operation, _status in target.answered}
    if len(operations) < len(app.endpoints):
        pytest.skip("other processes fuzzed the other operations")
    by_status: dict[int, int] = {}
    for (_operation, status), number in target.answered.items():
        by_status[status] = by_status.get(status, 0) + number
    print(f"\n{sum(by_status.values())} requests, FUZZ_SEED={SEED}: {dict(sorted(by_status.items()))}")
    for operation in sorted(operations):
        statuses = {status: number for (name, status), number in target.answered.items() if name == operation}
        print(f"  {operation:<32} {dict(sorted(statuses.items()))}")
    assert sum(by_status.values()) >= REQUESTS
    assert by_status.get(429, 0) < sum(by_status.values()) / 20
