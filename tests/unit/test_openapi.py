"""The OpenAPI document says what the code does: built from the same models, never stale, every example true."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from app import app
from chalicelib.api.dispatch import Endpoint
from chalicelib.api.parsing import parse_body
from chalicelib.api.problems import CODES, CONFLICT_REASONS
from chalicelib.api.responses import Answer, Bare
from chalicelib.resources.openapi import DOCUMENT
from local.settings import ROOT
from tools.api_docs import generate as generated
from tools.api_docs import openapi
from tools.api_docs.errors import codes_of, example_body
from tools.api_docs.examples import DOCUMENTED

FUNCTIONS = ROOT / "sql" / "functions"

every_endpoint = pytest.mark.parametrize(
    "endpoint", app.endpoints, ids=lambda endpoint: f"{endpoint.method} {endpoint.path}"
)


@cache
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(DOCUMENT.read_text("utf-8"))
    return loaded


def operation(endpoint: Endpoint) -> dict[str, Any]:
    found: dict[str, Any] = document()["paths"][openapi._path(endpoint)][endpoint.method.lower()]
    return found


def test_what_is_generated_is_current() -> None:
    assert [str(path) for path in generated.stale()] == [], "run make openapi"


def test_the_document_is_valid_openapi_3_1() -> None:
    assert document()["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(document()).iter_errors()) == []


def test_serving_the_document_imports_nothing_of_its_generator() -> None:
    program = "import sys; import app; print([name for name in sys.modules if name.startswith('tools')])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_operation_ids_and_documented_functions_are_one_each() -> None:
    ids = [openapi.operation_id(endpoint, app.endpoints) for endpoint in app.endpoints]
    assert len(set(ids)) == len(ids)
    assert set(DOCUMENTED) == {endpoint.function.__name__ for endpoint in app.endpoints}


@every_endpoint
def test_every_operation_is_described_and_shows_an_example(endpoint: Endpoint) -> None:
    found = operation(endpoint)
    assert found["summary"] and not found["summary"].endswith(".") and found["description"]
    assert "example" in found["responses"]["200"]["content"]["application/json"]
    if endpoint.request is not None:
        assert "example" in found["requestBody"]["content"]["application/json"]


@every_endpoint
def test_the_examples_are_what_the_operation_takes_and_gives(endpoint: Endpoint) -> None:
    example = DOCUMENTED[endpoint.function.__name__]
    assert (example.request is None) is (endpoint.request is None)
    if endpoint.request is not None:
        parse_body(endpoint.request, json.dumps(example.request).encode())
    for model in openapi._response_kinds(endpoint):
        if model in (Answer, Bare):
            continue
        parsed = model.model_validate_json(json.dumps(example.data), by_alias=True, by_name=False)
        assert parsed.model_dump(mode="json", by_alias=True) == example.data


@every_endpoint
def test_every_answer_documents_the_headers_all_answers_carry(endpoint: Endpoint) -> None:
    for status, response in operation(endpoint)["responses"].items():
        headers = resolved(response)["headers"]
        assert {"x-request-id", "Cache-Control", "Access-Control-Allow-Origin"} <= set(headers)
        assert ("Retry-After" in headers) is (status in ("429", "503"))
        assert ("X-RateLimit-Reset" in headers) is (status == "429")


@every_endpoint
def test_a_signed_in_users_operation_says_so(endpoint: Endpoint) -> None:
    security = operation(endpoint)["security"]
    assert (security == [{"supabaseAccessToken": []}]) is (endpoint.access == "user")
    parameters = {resolved(parameter)["name"] for parameter in operation(endpoint).get("parameters", [])}
    assert ("Idempotency-Key" in parameters) is endpoint.idempotent
    assert ("Stripe-Signature" in parameters) is (endpoint.access == "webhook")


@every_endpoint
def test_every_refusal_the_code_can_make_is_documented(endpoint: Endpoint) -> None:
    documented = {(code, reason) for code, reasons in codes_of(endpoint).items() for reason in reasons or ("",)}
    codes = {code for code, _reason in documented}
    missing = {(code, reason) for code, reason in refusals_of(endpoint) if reason or code not in codes} - documented
    assert missing == set()


def test_every_reason_of_a_conflict_has_its_sentence() -> None:
    used = {reason for endpoint in app.endpoints for reason in codes_of(endpoint).get("CONFLICT", ())}
    assert used <= set(CONFLICT_REASONS)


def test_an_error_example_is_what_the_error_table_says() -> None:
    assert example_body("UNAUTHORIZED") == {"error": {"code": "UNAUTHORIZED", "message": "Please sign in again."}}
    assert example_body("CONFLICT", "last_keeper")["error"]["details"] == {"reason": "last_keeper"}


def resolved(thing: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a $ref points to."""
    if "$ref" not in thing:
        return thing
    found: Any = document()
    for part in thing["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return dict(found)


def refusals_of(endpoint: Endpoint) -> set[tuple[str, str]]:
    """(code, reason or "") that stand in the function, its module's helpers and the SQL functions they call."""
    module = inspect.getmodule(endpoint.function)
    text = inspect.getsource(endpoint.function)
    for _ in range(3):
        for name in re.findall(r"(?<![\w.])(_\w+)\(", text):
            helper = getattr(module, name, None)
            if inspect.isfunction(helper) and (source := inspect.getsource(helper)) not in text:
                text += source
    found = {(code, "") for code in re.findall(r'(?:Refused\(|missing=)"([A-Z_]+)"', text)}
    for name in re.findall(r'transact\(\s*call,\s*"(\w+)"', text):
        found |= set(refusals_in_sql(name))
    if re.search(r"\bread\(call", text) and "missing=" not in text and endpoint.path_parameters:
        found.add(("NOT_FOUND", ""))
    return found


def refusals_in_sql(name: str) -> Iterator[tuple[str, str]]:
    for reached in sorted(sql_reached_from(name)):
        text = (FUNCTIONS / f"{reached}.sql").read_text("utf-8")
        body = text.split("COMMENT ON")[0]
        yield from re.findall(r"""refuse\(\s*'([A-Z_]+)'(?:,\s*'\{"reason": "(\w+)"\})?""", body)
        yield from ((code, "") for code in re.findall(r"'([A-Z_]+)'", body) if code in CODES)


@cache
def sql_reached_from(name: str) -> frozenset[str]:
    """The functions of schema ops that one calls, directly or not, and itself."""
    reached: set[str] = set()
    waiting = [name]
    while waiting:
        current = waiting.pop()
        path = FUNCTIONS / f"{current}.sql"
        if current not in reached and path.exists():
            reached.add(current)
            waiting += re.findall(r"ops\.(\w+)\(", path.read_text("utf-8"))
    return frozenset(reached)
