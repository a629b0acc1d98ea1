"""What API Gateway answers by itself, before any function is asked: in our shape, with the headers of every reply."""

from __future__ import annotations

import json

from chalicelib.api.problems import CODES
from tools.template.document import Release, Template

# A kind of API Gateway's -> our code. Those that are not named here answer as DEFAULT_4XX and DEFAULT_5XX do.
ANSWERS = {
    "DEFAULT_4XX": "VALIDATION_FAILED",
    "DEFAULT_5XX": "INTERNAL",
    "MISSING_AUTHENTICATION_TOKEN": "NOT_FOUND",
    "RESOURCE_NOT_FOUND": "NOT_FOUND",
    "REQUEST_TOO_LARGE": "PAYLOAD_TOO_LARGE",
    "UNSUPPORTED_MEDIA_TYPE": "UNSUPPORTED_MEDIA_TYPE",
    "THROTTLED": "RATE_LIMIT",
    "QUOTA_EXCEEDED": "RATE_LIMIT",
    "INTEGRATION_TIMEOUT": "SERVICE_UNAVAILABLE",
    "INTEGRATION_FAILURE": "SERVICE_UNAVAILABLE",
    # WAF's one rule counts the requests of an address (switches.py).
    "WAF_FILTERED": "RATE_LIMIT",
}
_HEADERS = {
    "Access-Control-Allow-Origin": "'*'",
    "Access-Control-Expose-Headers": "'x-request-id, retry-after'",
    "Cache-Control": "'no-store'",
    "x-request-id": "context.requestId",
}


def answer_in_our_shape(document: Template, release: Release) -> Template:
    """The gateway's responses. None holds a variable but the request's id: nothing that a caller sent is echoed."""
    responses = {kind: _response(code) for kind, code in ANSWERS.items()}
    definition = {"x-amazon-apigateway-gateway-responses": responses}
    return {"Resources": {"RestAPI": {"Properties": {"DefinitionBody": definition}}}}


def _response(code: str) -> Template:
    status, message = CODES[code]
    headers = _HEADERS | ({"Retry-After": "'2'"} if status in (429, 503) else {})
    return {
        "statusCode": status,
        "responseParameters": {f"gatewayresponse.header.{name}": value for name, value in headers.items()},
        "responseTemplates": {"application/json": json.dumps({"error": {"code": code, "message": message}})},
    }
