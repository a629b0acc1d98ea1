"""Every response: threads, limits, schedules."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from chalicelib.api.application import SunApi
from chalicelib.call import Call
from chalicelib.errors import InternalError
from chalicelib.schedules.handler import handler_of
from tests.support.database_server import Database
from tests.support.small_app import a_body, post
from tests.support.tokens import token


def test_threads_never_get_each_other_s_answers(app: SunApi) -> None:
    wrong: list[Any] = []

    def work() -> None:
        for _ in range(40):
            user_id, body = str(uuid4()), a_body()
            data = post(app, body, Authorization=f"Bearer {token(sub=user_id)}").body["data"]
            if (data["userId"], data["familyId"]) != (user_id, body["familyId"]):
                wrong.append(data)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.fixture
def counting(database_environment: Database) -> Iterator[Database]:
    database_environment.run(
        "CREATE FUNCTION ops.count_me_tx() RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_build_object('ok', true) $$;"
        "GRANT EXECUTE ON FUNCTION ops.count_me_tx() TO app_service"
    )
    yield database_environment


def test_over_the_limit_is_429_with_its_headers(counting: Database, app: SunApi) -> None:
    bearer = f"Bearer {token(sub=str(counting.add_user()))}"
    assert [post(app, None, "count-me", Authorization=bearer).status for _ in range(2)] == [200, 200]
    answered = post(app, None, "count-me", Authorization=bearer)
    assert (answered.status, answered.code) == (429, "RATE_LIMIT")
    assert int(answered.headers["retry-after"]) >= 1
    assert answered.headers["x-ratelimit-limit"] == "2" and answered.headers["x-ratelimit-remaining"] == "0"
    assert int(answered.headers["x-ratelimit-reset"]) > time.time()
    assert answered.details["retryAfter"] >= 1


def test_a_schedule_gives_its_summary_in_camel_case_and_logs_it(capsys: pytest.CaptureFixture[str]) -> None:
    def settle_uploads(call: Call) -> dict[str, Any]:
        return {"rescued_count": 1, "missing": []}

    assert handler_of(settle_uploads)({}, None) == {"rescuedCount": 1, "missing": []}
    line = json.loads(capsys.readouterr().out)
    assert (line["message"], line["schedule"], line["summary"]["rescuedCount"]) == ("schedule", "settle_uploads", 1)


def test_a_schedule_that_fails_is_logged_and_raises_nothing_private(capsys: pytest.CaptureFixture[str]) -> None:
    def settle_uploads(call: Call) -> dict[str, Any]:
        raise KeyError("grandma")

    with pytest.raises(InternalError) as caught:
        handler_of(settle_uploads)({}, None)
    assert str(caught.value) == "settle_uploads failed"
    assert caught.value.__cause__ is None and caught.value.__suppress_context__
    written = capsys.readouterr().out
    assert '"message":"schedule_failed"' in written and "grandma" not in written
