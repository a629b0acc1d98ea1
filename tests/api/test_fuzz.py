"""Whatever is sent, the answer is a documented one: a seeded fuzz of every operation, through the local gateway."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from schemathesis import Case
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.schemas import OpenApiSchema
from werkzeug.test import Client

from app import app
from local.gateway import create_gateway
from local.settings import PRICES as SOLD
from tests.support import fuzzing
from tests.support.api import Api
from tests.support.database_server import Cluster
from tests.support.object_store import RunningStore
from tests.support.stripe_server import KEY, WEBHOOK_SECRETS, HttpServer, serving_hook, serving_stripe
from tools.api_docs.openapi import operation_id

FAMILIES = 8
EXAMPLES = 5
SEED = 20261120


@pytest.fixture(scope="module")
def target(
    cluster: Cluster,
    object_store: RunningStore,
    http_servers: tuple[HttpServer, HttpServer],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[fuzzing.FuzzTarget]:
    folder = tmp_path_factory.mktemp("fuzz")
    with (
        cluster.database() as database,
        pytest.MonkeyPatch.context() as monkeypatch,
        serving_hook(http_servers[0]) as hook,
        serving_stripe(folder, hook, http_servers[1], prices=SOLD) as stripe,
    ):
        api = Api(database, monkeypatch, object_store)
        for name, value in {
            "STRIPE_SECRET_KEY": KEY,
            "STRIPE_WEBHOOK_SECRETS": ",".join(WEBHOOK_SECRETS),
            "STRIPE_PRICES": json.dumps(SOLD),
            "STRIPE_API_BASE": stripe.url,
            "ALLOWED_ORIGINS": "https://app.example.org",
        }.items():
            monkeypatch.setenv(name, value)
        wsgi = with_query(create_gateway(app, {}, {}))
        client = Client(wsgi)

        def ask(token: str, method: str, path: str, body: Mapping[str, Any] | None) -> Any:
            answer = client.open(path, method=method, json=body, headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == 200, answer.text
            return answer.get_json()["data"]

        def call(case: Case, family: fuzzing.FuzzFamily, headers: dict[str, str]) -> Response:
            return case.call(
                "http://localhost", app=wsgi, headers=headers, environ_base={"REMOTE_ADDR": family.address}
            )

        def people() -> list[tuple[str, str]]:
            return [(person.id, person.token) for person in (api.person() for _ in range(3))]

        target = fuzzing.FuzzTarget(
            [fuzzing.make_family(ask, people(), f"203.0.113.{number}") for number in range(FAMILIES)], call
        )
        yield target


def with_query(wsgi: Any) -> Any:
    """werkzeug's test client leaves the query out of REQUEST_URI, where servers put it and the gateway reads it."""

    def serve(environ: dict[str, Any], start_response: Any) -> Any:
        target, query = environ["REQUEST_URI"].partition("?")[0], environ["QUERY_STRING"]
        environ["REQUEST_URI"] = f"{target}?{query}" if query else target
        return wsgi(environ, start_response)

    return serve


@pytest.fixture(scope="module")
def schema() -> OpenApiSchema:
    return fuzzing.make_schema()


@pytest.mark.parametrize("operation_id", [operation_id(endpoint, app.endpoints) for endpoint in app.endpoints])
def test_every_random_request_gets_a_documented_answer(
    operation_id: str, schema: OpenApiSchema, target: fuzzing.FuzzTarget
) -> None:
    fuzzing.fuzz(schema, operation_id, target, EXAMPLES, SEED)
    assert len([status for name, status in target.answered if name == operation_id]) > 0
