"""A call is one message to Postgres: counted, done as the right person, and gone without a trace."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from chalicelib import config
from chalicelib.api import rate_limits
from chalicelib.api.rate_limits import REDEEM
from chalicelib.call import Call, Limit
from chalicelib.database import connections, messages
from chalicelib.database.literals import Json, to_literal
from chalicelib.errors import InternalError, Refused, Unavailable
from tests.support.database_server import Database

# Functions as ours are, but small enough to say what they were given.
FUNCTIONS = """
CREATE TABLE ops.test_notes (note text CONSTRAINT test_notes_unique UNIQUE);
CREATE FUNCTION ops.test_echo(p_value jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_object(
    'value', p_value, 'role', current_user, 'claims', current_setting('request.jwt.claims', true),
    'request_id', ops.request_id())
$$;
CREATE FUNCTION ops.test_types(p_id uuid, p_ids uuid[], p_names text[], p_size bigint, p_seconds double precision,
  p_at timestamptz, p_flag boolean, p_none text, p_list jsonb) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_object('id', p_id, 'ids', p_ids, 'names', p_names, 'size', p_size, 'seconds', p_seconds,
    'at', p_at, 'flag', p_flag, 'none', p_none, 'list', p_list)
$$;
CREATE FUNCTION ops.test_note(p_note text, p_sleep double precision DEFAULT 0) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  INSERT INTO ops.test_notes VALUES (p_note);
  PERFORM pg_sleep(p_sleep);
  RETURN jsonb_build_object('done', true);
END $$;
CREATE FUNCTION ops.test_raise(p_sqlstate text, p_secret text) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  INSERT INTO ops.test_notes VALUES (p_sqlstate);
  RAISE EXCEPTION '%', p_secret USING ERRCODE = p_sqlstate, DETAIL = p_secret;
END $$;
CREATE FUNCTION ops.test_refuse(p_code text) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_object('refused', p_code, 'details', jsonb_build_object('quota_bytes', 5))
$$;
CREATE FUNCTION ops.test_keyed(p_idempotency_key text, p_request_hash text, p_sleep double precision) RETURNS jsonb
LANGUAGE sql AS $$
  SELECT jsonb_build_object('key', p_idempotency_key, 'hash', p_request_hash) FROM pg_sleep(p_sleep)
$$;
CREATE FUNCTION ops.test_null() RETURNS jsonb LANGUAGE sql AS $$ SELECT NULL::jsonb $$;
CREATE FUNCTION ops.test_list() RETURNS jsonb LANGUAGE sql AS $$ SELECT '[1]'::jsonb $$;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ops TO app_service;
"""

QUERIES = {
    "who_am_i": """-- What a reader sees: 100% as the caller, it's said.
SELECT jsonb_build_object('user_id', %(user_id)s::uuid, 'role', current_user, 'uid', auth.uid(), 'value', %(value)s)
-- the end""",
    "nothing": "SELECT NULL::jsonb;",
    "left_over": "SELECT jsonb_build_object('value', current_setting(%(name)s))",
    "families": "SELECT jsonb_build_object('families', (SELECT count(*) FROM public.families))",
    "slow": "SELECT jsonb_build_object('slept', pg_sleep(%(seconds)s)::text)",
    "forbidden": "SELECT to_jsonb(j) FROM ops.jobs j LIMIT 1",
}


@pytest.fixture(scope="module")
def furnished(module_database: Database) -> Database:
    module_database.run(FUNCTIONS)
    return module_database


@pytest.fixture
def prepared(furnished: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("STAGE", "local")
    monkeypatch.setenv("DATABASE_URL", furnished.url("app_login"))
    for name, text in QUERIES.items():
        (tmp_path / f"{name}.sql").write_text(text, "utf-8")
    monkeypatch.setattr(messages, "_QUERIES", tmp_path)
    messages._query.cache_clear()
    yield furnished
    messages._query.cache_clear()
    furnished.run("TRUNCATE ops.test_notes, ops.call_counts")


@pytest.fixture
def person(prepared: Database) -> UUID:
    return prepared.add_user()


def a_call(user_id: UUID | None = None, limit: Limit | None = None) -> Call:
    call = Call(request_id=f"req-{uuid4().hex[:8]}", user_id=user_id)
    if limit is not None:
        rate_limits.count(call, limit)
    return call


def notes(prepared: Database) -> list[str]:
    return [row[0] for row in prepared.run("SELECT note FROM ops.test_notes ORDER BY note")]


def counted(prepared: Database) -> int:
    return int(prepared.run("SELECT coalesce(sum(calls), 0) FROM ops.call_counts")[0][0])


def backend() -> int:
    """The pid of the one kept connection's server process."""
    (kept,) = connections._KEPT
    return int(kept.info.backend_pid)


def outcome(work: Callable[[], Any]) -> Exception:
    with pytest.raises(Exception) as caught:
        work()
    return caught.value


# --- who does the work -------------------------------------------------------------------------------------------


def test_a_write_runs_as_our_service_with_the_callers_claims(prepared: Database, person: UUID) -> None:
    result = messages.transact(a_call(person), "test_echo", value={"a": [1, "ü🌞'\"\\%s"]})
    assert result["role"] == "app_service"
    assert result["claims"] == f'{{"sub": "{person}", "role": "authenticated"}}'
    assert result["value"] == {"a": [1, "ü🌞'\"\\%s"]}


def test_a_read_runs_as_the_caller_under_row_level_security(prepared: Database, person: UUID) -> None:
    result = messages.read(a_call(person), "who_am_i", value="it's 100%")
    assert result == {"user_id": str(person), "role": "authenticated", "uid": str(person), "value": "it's 100%"}
    assert messages.read(a_call(person), "families") == {"families": 0}


@pytest.mark.parametrize("setting", ["sub", "role", "email"])
def test_a_claim_that_an_earlier_client_left_set_makes_nobody_act_as_somebody_else(
    prepared: Database, person: UUID, setting: str
) -> None:
    messages.read(a_call(person), "who_am_i", value="")
    (kept,) = connections._KEPT
    with kept.cursor() as cursor:
        left = {"sub": str(prepared.add_user()), "role": "service_role", "email": "somebody@example.org"}[setting]
        cursor.execute("SELECT set_config(%s, %s, false)", [f"request.jwt.claim.{setting}", left])
    assert messages.read(a_call(person), "who_am_i", value="")["uid"] == str(person)
    assert messages.read(a_call(person), "left_over", name=f"request.jwt.claim.{setting}") == {"value": ""}


def test_the_systems_own_work_has_no_claims(prepared: Database) -> None:
    assert messages.transact(a_call(), "test_echo")["claims"] == ""


def test_reading_needs_a_user(prepared: Database) -> None:
    assert isinstance(outcome(lambda: messages.read(a_call(), "families")), InternalError)


def test_role_and_claims_are_gone_after_the_message(prepared: Database, person: UUID) -> None:
    messages.transact(a_call(person), "test_echo")
    (kept,) = connections._KEPT
    with kept.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, current_setting('request.jwt.claims', true), current_setting('statement_timeout')"
        )
        assert cursor.fetchone() == ("app_login", "", "30s")


def test_the_request_id_is_there_for_one_message_and_for_no_other(prepared: Database, person: UUID) -> None:
    calls = [a_call(person, REDEEM), a_call()]
    assert [messages.transact(call, "test_echo")["request_id"] for call in calls] == [call.request_id for call in calls]
    (kept,) = connections._KEPT
    with kept.cursor() as cursor:
        # A message on the same connection that does not set it: as a pooler may hand it on to anybody.
        cursor.execute("SELECT set_config('role', 'app_service', true); SELECT ops.request_id()")
        assert cursor.fetchone() == (None,)


def test_jobs_events_and_alerts_carry_the_id_of_the_request_that_made_them(prepared: Database, person: UUID) -> None:
    founding, billing, alerting = a_call(person), a_call(), a_call()
    family = {"name": "Sol", "locale": "en", "display_name": None}
    messages.transact(founding, "create_family_tx", **family, quota_bytes=1, max_recording_seconds=1)
    event = {"event_id": "evt_id", "type": "invoice.paid", "livemode": False, "happened_at": "2026-11-20"}
    messages.transact(billing, "record_stripe_event_tx", **event, customer_id="cus", object_id="in", relevant=True)
    messages.transact(alerting, "note_alert_tx", fingerprint="moon", severity="error", message="The moon fell.")
    kept = prepared.run(
        "SELECT kind, request_id FROM ops.jobs WHERE request_id = ANY (%s)"
        " UNION ALL SELECT 'event', request_id FROM ops.stripe_events WHERE event_id = 'evt_id'"
        " UNION ALL SELECT 'alert', last_request_id FROM ops.alert_digest WHERE fingerprint = 'moon' ORDER BY 1",
        [[founding.request_id, billing.request_id]],
    )
    assert kept == [
        ("alert", alerting.request_id),
        ("apply_stripe_event", billing.request_id),
        ("capture_events", founding.request_id),
        ("event", billing.request_id),
    ]


def test_two_people_on_one_connection_see_only_themselves(prepared: Database) -> None:
    one, two = prepared.add_user(), prepared.add_user()
    for person in (one, two) * 20:
        assert messages.read(a_call(person), "who_am_i", value="x")["uid"] == str(person)
        assert str(person) in messages.transact(a_call(person), "test_echo")["claims"]
        assert isinstance(
            outcome(lambda: messages.transact(a_call(one), "test_raise", sqlstate="P0001", secret="s")),
            InternalError,
        )
        assert messages.transact(a_call(), "test_echo")["claims"] == ""
    assert len(connections._KEPT) == 1


def test_a_read_cannot_call_internal_functions(prepared: Database, person: UUID) -> None:
    assert isinstance(outcome(lambda: messages.read(a_call(person), "forbidden")), InternalError)


def test_many_threads_never_get_each_other_s_rows(prepared: Database) -> None:
    people = [prepared.add_user() for _ in range(6)]
    wrong: list[Any] = []

    def work(person: UUID) -> None:
        for _ in range(25):
            seen = messages.read(a_call(person, REDEEM if person == people[0] else None), "who_am_i", value="x")["uid"]
            if seen != str(person):
                wrong.append(seen)

    threads = [threading.Thread(target=work, args=(person,)) for person in people[1:]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert 1 <= len(connections._KEPT) <= 5


# --- parameters and results --------------------------------------------------------------------------------------


def test_values_keep_their_types(prepared: Database) -> None:
    ids = [uuid4(), uuid4()]
    result = messages.transact(
        a_call(),
        "test_types",
        id=ids[0],
        ids=ids,
        names=['a"b', "c\\d", "e,f", "{}", "NULL", None, ""],
        size=2**53 + 1,
        seconds=1.5,
        at="2026-11-20T10:00:00Z",
        flag=True,
        none=None,
        list=Json([1, {"a": 2}]),
    )
    assert result["id"] == str(ids[0])
    assert result["ids"] == [str(ids[0]), str(ids[1])]
    assert result["names"] == ['a"b', "c\\d", "e,f", "{}", "NULL", None, ""]
    assert result["size"] == 2**53 + 1 and isinstance(result["size"], int)
    assert (result["seconds"], result["flag"], result["none"], result["list"]) == (1.5, True, None, [1, {"a": 2}])
    assert to_literal([]) == "{}"


@pytest.mark.parametrize(
    "text", ["'; DROP TABLE ops.test_notes; --", "\\'; SELECT 1; --", "%(user_id)s", "$$", "/* */"]
)
def test_a_value_is_never_read_as_sql(text: str, prepared: Database) -> None:
    assert messages.transact(a_call(), "test_echo", value={"x": text})["value"] == {"x": text}
    messages.transact(a_call(), "test_note", note=text)
    assert notes(prepared) == [text]


@pytest.mark.parametrize("name", ["test_echo()--", "Test", "", "a.b", "test echo", "x" * 64])
def test_an_invalid_function_name_is_never_sent(name: str, prepared: Database, person: UUID) -> None:
    call = a_call(person)
    assert isinstance(outcome(lambda: messages.transact(call, name)), InternalError)
    assert isinstance(outcome(lambda: messages.transact(call, "test_echo", **{name: cast(Any, 1)})), InternalError)
    assert isinstance(outcome(lambda: messages.read(call, name)), InternalError)
    assert call.messages == 0


def test_a_refusal_is_raised_with_its_details(prepared: Database) -> None:
    error = outcome(lambda: messages.transact(a_call(), "test_refuse", code="QUOTA_EXCEEDED"))
    assert isinstance(error, Refused)
    assert (error.code, error.details) == ("QUOTA_EXCEEDED", {"quota_bytes": 5})


def test_a_query_that_finds_nothing_is_refused_as_its_caller_says(prepared: Database, person: UUID) -> None:
    for missing in ("NOT_FOUND", "FORBIDDEN"):
        error = outcome(lambda missing=missing: messages.read(a_call(person), "nothing", missing=missing))  # type: ignore[misc]
        assert isinstance(error, Refused) and error.code == missing


@pytest.mark.parametrize("name", ["test_null", "test_list", "test_unknown"])
def test_a_missing_function_or_one_without_an_object_is_an_internal_error(name: str, prepared: Database) -> None:
    assert isinstance(outcome(lambda: messages.transact(a_call(), name)), InternalError)


def test_time_and_messages_are_measured(prepared: Database, person: UUID) -> None:
    call = a_call(person)
    messages.read(call, "slow", seconds=0.1)
    messages.transact(call, "test_echo")
    assert call.messages == 2
    assert 100 <= call.db_ms < 2000


# --- counting ----------------------------------------------------------------------------------------------------


def test_a_call_is_counted_once_however_many_messages_it_sends(prepared: Database, person: UUID) -> None:
    call = a_call(person, REDEEM)
    for _ in range(3):
        messages.transact(call, "test_echo")
    assert counted(prepared) == 1


def test_a_call_that_fails_is_counted_too_and_its_work_is_undone(prepared: Database, person: UUID) -> None:
    for _ in range(3):
        outcome(lambda: messages.transact(a_call(person, REDEEM), "test_raise", sqlstate="P0001", secret="s"))
    assert counted(prepared) == 3
    assert notes(prepared) == []


def test_over_the_limit_nothing_is_done_and_the_refusal_says_when_to_come_back(
    prepared: Database, person: UUID
) -> None:
    limit = Limit("tiny", 2)
    for number in range(2):
        messages.transact(a_call(person, limit), "test_note", note=str(number))
    error = outcome(lambda: messages.transact(a_call(person, limit), "test_note", note="too many"))
    assert isinstance(error, Refused) and error.code == "RATE_LIMIT"
    assert isinstance(error.details, dict)
    assert error.details["limit"] == 2 and error.details["remaining"] == 0 and error.details["retry_after"] >= 1
    assert notes(prepared) == ["0", "1"]
    # The verdict was this message's alone.
    assert messages.transact(a_call(person), "test_echo")["role"] == "app_service"
    assert messages.transact(a_call(prepared.add_user(), limit), "test_echo")["role"] == "app_service"


def test_no_call_waits_for_a_counter_while_another_works(prepared: Database, person: UUID) -> None:
    def work() -> None:
        messages.read(a_call(person, REDEEM), "slow", seconds=0.4)

    threads = [threading.Thread(target=work) for _ in range(3)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - started < 1.0
    assert counted(prepared) == 3


def test_the_count_is_exact_however_many_ask_at_once(prepared: Database, person: UUID) -> None:
    through: list[int] = []

    def work() -> None:
        for _ in range(5):
            try:
                messages.transact(a_call(person, REDEEM), "test_echo")
                through.append(1)
            except Refused:
                continue

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(through) == REDEEM.per_minute


def test_with_redis_postgres_counts_nothing(prepared: Database, person: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RATE_LIMIT_STORAGE_URL", "memory://")
    config.reset()
    call = a_call(person, Limit("tiny", 1))
    messages.transact(call, "test_echo")
    messages.transact(call, "test_echo")
    error = outcome(lambda: messages.transact(a_call(person, Limit("tiny", 1)), "test_echo"))
    assert isinstance(error, Refused) and error.code == "RATE_LIMIT"
    assert counted(prepared) == 0


# --- errors ------------------------------------------------------------------------------------------------------


def test_an_sql_error_is_an_internal_error_and_repeats_nothing_sent(
    prepared: Database, person: UUID, capsys: pytest.CaptureFixture[str]
) -> None:
    call = a_call(person)
    error = outcome(lambda: messages.transact(call, "test_raise", sqlstate="22023", secret="grandma"))
    assert isinstance(error, InternalError)
    assert str(error) == "test_raise: SQLSTATE 22023"
    assert error.__cause__ is None and error.__context__ is None
    written = capsys.readouterr().out
    assert "grandma" not in written
    assert '"sqlstate":"22023"' in written and '"statement":"test_raise"' in written and call.request_id in written


def test_a_unique_violation_is_tried_twice_and_then_an_internal_error_with_its_constraint(
    prepared: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    messages.transact(a_call(), "test_note", note="one")
    call = a_call()
    assert isinstance(outcome(lambda: messages.transact(call, "test_note", note="one")), InternalError)
    assert call.messages == 2
    assert '"constraint":"test_notes_unique"' in capsys.readouterr().out


@pytest.mark.parametrize("sqlstate", ["40001", "40P01", "23505"])
def test_what_the_server_rolled_back_is_tried_again(sqlstate: str, prepared: Database) -> None:
    prepared.run(
        f"""DROP SEQUENCE IF EXISTS ops.test_tries; CREATE SEQUENCE ops.test_tries;
        CREATE OR REPLACE FUNCTION ops.test_once() RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
          IF nextval('ops.test_tries') = 1 THEN RAISE EXCEPTION 'once' USING ERRCODE = '{sqlstate}'; END IF;
          RETURN jsonb_build_object('done', true); END $$;
        GRANT EXECUTE ON FUNCTION ops.test_once() TO app_service"""
    )
    call = a_call()
    assert messages.transact(call, "test_once") == {"done": True}
    assert call.messages == 2


@pytest.mark.parametrize("sqlstate", ["57014", "55P03", "25006", "53300", "57P03"])
def test_an_error_of_the_server_is_unavailable(sqlstate: str, prepared: Database) -> None:
    error = outcome(lambda: messages.transact(a_call(), "test_raise", sqlstate=sqlstate, secret="s"))
    assert isinstance(error, Unavailable)


def test_a_statement_that_fails_leaves_a_connection_that_works(prepared: Database, person: UUID) -> None:
    messages.transact(a_call(person), "test_echo")
    before = backend()
    outcome(lambda: messages.transact(a_call(person, REDEEM), "test_raise", sqlstate="P0001", secret="s"))
    outcome(lambda: messages.transact(a_call(person), "test_unknown"))
    messages.transact(a_call(person), "test_echo")
    assert backend() == before


def test_a_missing_parameter_is_an_internal_error_and_leaves_the_connection_usable(
    prepared: Database, person: UUID
) -> None:
    assert isinstance(outcome(lambda: messages.read(a_call(person), "who_am_i")), KeyError)
    assert isinstance(outcome(lambda: messages.transact(a_call(), "test_echo", value=object())), InternalError)
    assert messages.transact(a_call(), "test_echo")["role"] == "app_service"


# --- broken connections and deadlines ----------------------------------------------------------------------------


def terminate(prepared: Database, pid: int) -> None:
    prepared.run("SELECT pg_terminate_backend(%s, 5000)", [pid])


def test_a_connection_that_died_while_it_was_kept_is_replaced_before_anything_is_sent(prepared: Database) -> None:
    messages.transact(a_call(), "test_echo")
    before = backend()
    terminate(prepared, before)
    call = a_call()
    messages.transact(call, "test_note", note="one")
    assert call.messages == 1
    assert backend() != before


def in_mid_message(prepared: Database, work: Callable[[], Any]) -> Any:
    """Runs `work` and ends its server process while it sleeps there; gives what it returned or raised."""
    result: list[Any] = []

    def run() -> None:
        try:
            result.append(work())
        except Exception as error:
            result.append(error)

    messages.transact(a_call(), "test_echo")
    pid = backend()
    thread = threading.Thread(target=run)
    thread.start()
    until = time.monotonic() + 5
    while time.monotonic() < until:
        if prepared.run("SELECT 1 FROM pg_stat_activity WHERE pid = %s AND wait_event = 'PgSleep'", [pid]):
            break
        time.sleep(0.01)
    terminate(prepared, pid)
    thread.join()
    return result[0]


def test_a_write_cut_off_in_mid_message_is_unavailable_and_not_sent_again(prepared: Database) -> None:
    call = a_call()
    result = in_mid_message(prepared, lambda: messages.transact(call, "test_note", note="one", sleep=0.5))
    assert isinstance(result, Unavailable)
    assert call.messages == 1
    assert notes(prepared) == []


def test_a_write_declared_repeatable_and_a_read_are_sent_again(prepared: Database, person: UUID) -> None:
    call = a_call()
    work = lambda: messages.transact(call, "test_note", repeatable=True, note="one", sleep=0.5)  # noqa: E731
    assert in_mid_message(prepared, work) == {"done": True}
    assert call.messages == 2
    call = a_call(person)
    assert "slept" in in_mid_message(prepared, lambda: messages.read(call, "slow", seconds=0.5))
    assert call.messages == 2


def test_a_write_under_an_idempotency_key_is_sent_again_and_without_one_it_is_not(prepared: Database) -> None:
    call = a_call()
    call.idempotency_key = "the-key"
    work = lambda: messages.transact(call, "test_keyed", request_hash="the-hash", sleep=0.5)  # noqa: E731
    assert in_mid_message(prepared, work) == {"key": "the-key", "hash": "the-hash"}
    assert call.messages == 2
    call.idempotency_key, call.messages = None, 0
    assert isinstance(in_mid_message(prepared, work), Unavailable)
    assert call.messages == 1


def test_a_stopped_server_process_is_not_waited_for_past_the_deadline(prepared: Database) -> None:
    messages.transact(a_call(), "test_echo")
    pid = backend()
    os.kill(pid, signal.SIGSTOP)
    try:
        call = a_call()
        started = time.monotonic()
        error = outcome(lambda: messages.transact(call, "test_note", deadline=0.6, repeatable=True, note="one"))
        took = time.monotonic() - started
    finally:
        os.kill(pid, signal.SIGCONT)
    assert isinstance(error, Unavailable)
    assert 0.5 < took < 1.2
    assert call.messages == 1
    assert connections._KEPT == []
    assert messages.transact(a_call(), "test_echo")["role"] == "app_service"


def test_the_server_gives_up_a_little_before_we_do(prepared: Database, person: UUID) -> None:
    messages.transact(a_call(), "test_echo")
    before = backend()
    started = time.monotonic()
    error = outcome(lambda: messages.read(a_call(person), "slow", deadline=0.6, seconds=5))
    assert isinstance(error, Unavailable)
    assert time.monotonic() - started < 0.7
    # It was the server's time-out and not ours: the connection is still good, and nothing goes on working.
    assert backend() == before


def test_a_call_about_to_be_cut_off_waits_no_longer_than_it_lives(prepared: Database, person: UUID) -> None:
    call = a_call(person)
    call.ends_at = time.monotonic() + 0.8
    started = time.monotonic()
    assert isinstance(outcome(lambda: messages.read(call, "slow", seconds=5)), Unavailable)
    assert time.monotonic() - started < 0.8


def test_a_server_that_accepts_and_says_nothing_is_not_waited_for(
    prepared: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    monkeypatch.setattr(connections, "CONNECT_SECONDS", 0.4)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("DATABASE_URL", f"postgresql://a:b@127.0.0.1:{silent.getsockname()[1]}/x")
        config.reset()
        call = a_call()
        started = time.monotonic()
        assert isinstance(outcome(lambda: messages.transact(call, "test_echo")), Unavailable)
        assert time.monotonic() - started < 1.0
        # Whoever was silent once is not waited for a second time.
        assert call.messages == 1


@pytest.mark.parametrize(
    ("url", "cause"),
    [
        ("postgresql://a:geheim@127.0.0.1:9/x", "connection refused"),
        ("postgresql://a:geheim@no-such-host.invalid/x", "unknown host"),
    ],
)
def test_a_server_that_cannot_be_reached_is_unavailable_and_the_log_says_why_without_the_address(
    url: str, cause: str, prepared: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    config.reset()
    error = outcome(lambda: messages.transact(a_call(), "test_echo"))
    assert isinstance(error, Unavailable)
    written = capsys.readouterr().out
    assert f'"cause":"{cause}"' in written
    assert "geheim" not in written and "no-such-host" not in written


def test_a_wrong_password_is_reported_in_our_words(
    prepared: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    right = prepared.url("app_login")
    monkeypatch.setenv("DATABASE_URL", right.replace(prepared.cluster.password, "wrong"))
    config.reset()
    assert isinstance(outcome(lambda: messages.transact(a_call(), "test_echo")), Unavailable)
    assert '"cause":"wrong password"' in capsys.readouterr().out


def test_nothing_connects_before_the_first_message(prepared: Database) -> None:
    assert connections._KEPT == []
    messages.ping()
    assert len(connections._KEPT) == 1


def test_a_new_connection_names_the_application_and_leaves_nothing_open(prepared: Database) -> None:
    messages.ping()
    (row,) = prepared.run("SELECT application_name, state, usename FROM pg_stat_activity WHERE pid = %s", [backend()])
    assert row == ("stories-from-the-sun", "idle", "app_login")
