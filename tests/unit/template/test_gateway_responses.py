"""What API Gateway answers by itself, before any function of ours is asked, has our shape and headers too."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.api.problems import CODES
from tests.support.sam import finished_document

RESPONSES: dict[str, Any] = finished_document("prod")["Resources"]["RestAPI"]["Properties"]["DefinitionBody"][
    "x-amazon-apigateway-gateway-responses"
]


@pytest.mark.parametrize("kind", RESPONSES)
def test_an_answer_of_the_gateways_has_our_shape_status_and_headers(kind: str) -> None:
    response = RESPONSES[kind]
    body = json.loads(response["responseTemplates"]["application/json"])
    assert set(body) == {"error"}
    status, message = CODES[body["error"]["code"]]
    assert (response["statusCode"], body["error"]["message"]) == (status, message)
    headers = {name.removeprefix("gatewayresponse.header.") for name in response["responseParameters"]}
    assert {"Access-Control-Allow-Origin", "Cache-Control", "x-request-id"} <= headers
    assert ("Retry-After" in headers) == (status in (429, 503))


def test_nothing_the_caller_sent_is_echoed() -> None:
    """API Gateway's own text for an unknown path repeats the Authorization header; ours has no variable but the id."""
    for response in RESPONSES.values():
        assert "$" not in response["responseTemplates"]["application/json"]


def test_unknown_paths_and_everything_else_are_covered() -> None:
    assert RESPONSES["MISSING_AUTHENTICATION_TOKEN"]["statusCode"] == 404
    assert {"DEFAULT_4XX", "DEFAULT_5XX", "THROTTLED", "REQUEST_TOO_LARGE"} <= RESPONSES.keys()
