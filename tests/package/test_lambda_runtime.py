"""The app under Lambda's own runtime client: one warm function serves one person after the other."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.support.api import ISSUER, SECRET, Person
from tests.support.database_server import Database
from tests.support.gateway import event_of
from tests.support.lambda_runtime import warm_function
from tests.support.sentry_server import running_sentry

pytest.importorskip("awslambdaric", reason="Lambda's runtime client is for Linux alone")

FAMILY = "6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e"


def test_two_failures_on_one_warm_function_share_no_tag_no_user_and_no_line(
    database_environment: Database, tmp_path: Path
) -> None:
    database = database_environment
    for function in ("update_family_tx", "update_me_tx"):
        database.run(f"ALTER FUNCTION ops.{function} RENAME TO {function}_gone")
    ana, rosa = (Person(database.add_user()) for _ in range(2))
    with running_sentry(tmp_path) as sentry:
        settings = {
            "SENTRY_DSN": sentry.dsn,
            "SUPABASE_URL": ISSUER,
            "SUPABASE_JWT_SECRET": SECRET,
            "VERSION": "v1.2.3",
            **{name: os.environ[name] for name in ("STAGE", "DATABASE_URL")},
        }
        with warm_function("app.app", settings, tmp_path / "log") as function:
            calls = []
            for number, (person, path, body) in enumerate(
                ((ana, f"/v1/families/{FAMILY}", {"name": "Sol"}), (rosa, "/v1/me", {"displayName": "Rosa"}))
            ):
                headers = {"authorization": f"Bearer {person.token}", "x-request-id": f"req-{number}"}
                invocation, answer = function.invoke(event_of("PATCH", path, headers, json.dumps(body)))
                assert answer["statusCode"] == 500, answer
                # Sent before the answer: Lambda freezes the process right after it.
                (event,) = sentry.events(f"req-{number}")
                calls.append((invocation, event))
    (first_id, first), (second_id, second) = calls
    assert first["tags"].pop("ownId") != second["tags"].pop("ownId")
    shared = {"stage": "local", "region": "eu-west-1", "function": "stories-prod-api"}
    assert first["tags"] == {
        **shared,
        "feature": "families",
        "action": "update_family",
        "route": "/v1/families/{family_id}",
        "requestId": "req-0",
        "familyId": FAMILY,
        "lambdaRequestId": first_id,
    }
    assert second["tags"] == {
        **shared,
        "feature": "profile",
        "action": "update_me",
        "route": "/v1/me",
        "requestId": "req-1",
        "lambdaRequestId": second_id,
    }
    assert [event["user"] for event in (first, second)] == [{"id": ana.id}, {"id": rosa.id}]
    assert {event["release"] for event in (first, second)} == {"v1.2.3"}
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    requests = [line for line in lines if line["message"] == "request"]
    assert [line["lambdaRequestId"] for line in requests] == [first_id, second_id]
    assert [line["version"] for line in requests] == ["v1.2.3", "v1.2.3"]
    assert [line["coldStart"] for line in requests] == [True, False]
    assert all(FAMILY not in json.dumps(line) for line in lines if line["requestId"] == "req-1")
