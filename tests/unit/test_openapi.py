"""The OpenAPI document says what the code does: built from the same models, never stale, every example true."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from itertools import islice
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import ValidationError

from app import app
from chalicelib.api.endpoints import Endpoint
from chalicelib.api.parsing import parse_body
from chalicelib.api.responses import Answer, Bare
from chalicelib.errors import Refused
from chalicelib.resources.openapi import DOCUMENT
from local.settings import ROOT
from tools.api_docs import Undeclared, examples, generate, openapi
from tools.api_docs.errors import example_body
from tools.api_docs.examples import example_of

every_endpoint = pytest.mark.parametrize(
    "endpoint", app.endpoints, ids=lambda endpoint: f"{endpoint.method} {endpoint.path}"
)


@cache
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(DOCUMENT.read_text("utf-8"))
    return loaded


def operation(endpoint: Endpoint) -> dict[str, Any]:
    paths, path = document()["paths"], openapi._path(endpoint)
    assert path in paths, f"chalicelib/openapi.json does not know {path} yet: run make generate"
    found: dict[str, Any] = paths[path][endpoint.method.lower()]
    return found


def test_what_is_generated_is_current() -> None:
    # The third, the client's types, takes Node some seconds: `make check` compares it.
    stale = [path.name for path, text in islice(generate.documents(), 2) if generate.is_stale(path, text)]
    assert stale == [], "run make generate"


def test_the_document_is_valid_openapi_3_1() -> None:
    assert document()["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(document()).iter_errors()) == []


def test_serving_the_document_imports_nothing_of_its_generator() -> None:
    program = "import sys; import app; print([name for name in sys.modules if name.startswith('tools')])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_operation_has_an_id_of_its_own() -> None:
    ids = [openapi.operation_id(endpoint, app.endpoints) for endpoint in app.endpoints]
    assert len(set(ids)) == len(ids)


@every_endpoint
def test_the_summary_and_what_200_means_are_the_first_sentence_of_the_docstring(endpoint: Endpoint) -> None:
    found = operation(endpoint)
    sentence = str(endpoint.function.__doc__).strip().partition(".")[0]
    assert found["summary"] == sentence != ""
    assert found["responses"]["200"]["description"] == f"{sentence}."


def test_an_operation_without_an_example_is_told_where_to_declare_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(examples.EXAMPLES, "get_me")
    with pytest.raises(Undeclared, match=r"^declare an example for get_me in tools/api_docs/examples\.py$"):
        openapi.build(app.endpoints)


def test_every_example_is_one_of_an_operation() -> None:
    left_over = set(examples.EXAMPLES) - {endpoint.function.__name__ for endpoint in app.endpoints}
    assert left_over == set(), "remove it from tools/api_docs/examples.py"


@every_endpoint
def test_the_examples_are_what_the_operation_takes_and_gives(endpoint: Endpoint) -> None:
    example = example_of(endpoint)
    where = f"mend the example for {endpoint.function.__name__} in tools/api_docs/examples.py"
    if endpoint.request is not None:
        try:
            parse_body(endpoint.request, json.dumps(example.request).encode())
        except Refused as refusal:
            pytest.fail(f"{where}: request.{refusal.message}", pytrace=False)
    for model in openapi._response_kinds(endpoint):
        if model in (Answer, Bare):
            continue
        try:
            parsed = model.model_validate_json(json.dumps(example.data), by_alias=True, by_name=False)
        except ValidationError as error:
            pytest.fail(f"{where}: {error}", pytrace=False)
        assert parsed.model_dump(mode="json", by_alias=True) == example.data, where


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
