"""What the tests of one message share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from chalicelib.api import rate_limits
from chalicelib.call import Call, Limit
from chalicelib.database import connections
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
CREATE FUNCTION ops.test_note_tx(p_note text, p_sleep double precision DEFAULT 0) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  INSERT INTO ops.test_notes VALUES (p_note);
  PERFORM pg_sleep(p_sleep);
  RETURN jsonb_build_object('done', true);
END $$;
CREATE FUNCTION ops.test_raise_tx(p_sqlstate text, p_secret text) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  INSERT INTO ops.test_notes VALUES (p_sqlstate);
  RAISE EXCEPTION '%', p_secret USING ERRCODE = p_sqlstate, DETAIL = p_secret;
END $$;
CREATE FUNCTION ops.test_refuse_tx(p_code text) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_object('refused', p_code, 'details', jsonb_build_object('quota_bytes', 5))
$$;
CREATE FUNCTION ops.test_keyed_tx(p_idempotency_key text, p_request_hash text, p_sleep double precision) RETURNS jsonb
LANGUAGE sql AS $$
  SELECT jsonb_build_object('key', p_idempotency_key, 'hash', p_request_hash) FROM pg_sleep(p_sleep)
$$;
CREATE FUNCTION ops.test_null() RETURNS jsonb LANGUAGE sql AS $$ SELECT NULL::jsonb $$;
CREATE FUNCTION ops.test_list() RETURNS jsonb LANGUAGE sql AS $$ SELECT '[1]'::jsonb $$;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ops TO app_service;

CREATE FUNCTION wire.who_am_i(p_value text) RETURNS json LANGUAGE sql AS $$
  SELECT json_build_object('role', current_user, 'uid', auth.uid(), 'value', p_value)
$$;
CREATE FUNCTION wire.nothing() RETURNS json LANGUAGE sql AS $$ SELECT NULL::json $$;
CREATE FUNCTION wire.left_over(p_name text) RETURNS json LANGUAGE sql AS $$
  SELECT json_build_object('value', current_setting(p_name))
$$;
CREATE FUNCTION wire.families() RETURNS json LANGUAGE sql AS $$
  SELECT json_build_object('families', (SELECT count(*) FROM public.families))
$$;
CREATE FUNCTION wire.slow(p_seconds double precision) RETURNS json LANGUAGE sql AS $$
  SELECT json_build_object('slept', pg_sleep(p_seconds)::text)
$$;
CREATE FUNCTION wire.forbidden() RETURNS json LANGUAGE plpgsql AS $$
BEGIN RETURN (SELECT to_json(job) FROM ops.jobs AS job LIMIT 1); END
$$;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA wire TO authenticated;
"""


def a_call(user_id: UUID | None = None, limit: Limit | None = None) -> Call:
    call = Call(request_id=f"req-{uuid4().hex[:8]}", user_id=user_id)
    if limit is not None:
        rate_limits.count(call, limit)
    return call


def notes(prepared: Database) -> list[str]:
    return [row[0] for row in prepared.run("SELECT note FROM ops.test_notes ORDER BY note")]


def backend() -> int:
    """The pid of the one kept connection's server process."""
    (kept,) = connections._KEPT
    return int(kept.info.backend_pid)


def outcome(work: Callable[[], Any]) -> Exception:
    with pytest.raises(Exception) as caught:
        work()
    return caught.value
