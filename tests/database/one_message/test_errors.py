"""One message: errors."""

from __future__ import annotations

from uuid import UUID

import pytest

from chalicelib.api.rate_limits import REDEEM
from chalicelib.database import messages
from chalicelib.errors import InternalError, Unavailable
from tests.support.database_server import Database
from tests.support.messages import a_call, backend, outcome


def test_an_sql_error_is_an_internal_error_and_repeats_nothing_sent(
    prepared: Database, person: UUID, capsys: pytest.CaptureFixture[str]
) -> None:
    call = a_call(person)
    error = outcome(lambda: messages.transact(call, "test_raise_tx", sqlstate="22023", secret="grandma"))
    assert isinstance(error, InternalError)
    assert str(error) == "test_raise_tx: SQLSTATE 22023"
    assert error.__cause__ is None and error.__context__ is None
    written = capsys.readouterr().out
    assert "grandma" not in written
    assert '"sqlstate":"22023"' in written and '"statement":"test_raise_tx"' in written and call.request_id in written


def test_a_unique_violation_is_tried_twice_and_then_an_internal_error_with_its_constraint(
    prepared: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    messages.transact(a_call(), "test_note_tx", note="one")
    call = a_call()
    assert isinstance(outcome(lambda: messages.transact(call, "test_note_tx", note="one")), InternalError)
    assert call.messages == 2
    assert '"constraint":"test_notes_unique"' in capsys.readouterr().out


@pytest.mark.parametrize("sqlstate", ["40001", "40P01", "23505"])
def test_what_the_server_rolled_back_is_tried_again(sqlstate: str, prepared: Database) -> None:
    prepared.run(
        f"""DROP SEQUENCE IF EXISTS ops.test_tries; CREATE SEQUENCE ops.test_tries;
        CREATE OR REPLACE FUNCTION ops.test_once_tx() RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
          IF nextval('ops.test_tries') = 1 THEN RAISE EXCEPTION 'once' USING ERRCODE = '{sqlstate}'; END IF;
          RETURN jsonb_build_object('done', true); END $$;
        GRANT EXECUTE ON FUNCTION ops.test_once_tx() TO app_service"""
    )
    call = a_call()
    assert messages.transact(call, "test_once_tx") == {"done": True}
    assert call.messages == 2


@pytest.mark.parametrize("sqlstate", ["57014", "55P03", "25006", "53300", "57P03"])
def test_an_error_of_the_server_is_unavailable(sqlstate: str, prepared: Database) -> None:
    error = outcome(lambda: messages.transact(a_call(), "test_raise_tx", sqlstate=sqlstate, secret="s"))
    assert isinstance(error, Unavailable)


def test_a_statement_that_fails_leaves_a_connection_that_works(prepared: Database, person: UUID) -> None:
    messages.transact(a_call(person), "test_echo")
    before = backend()
    outcome(lambda: messages.transact(a_call(person, REDEEM), "test_raise_tx", sqlstate="P0001", secret="s"))
    outcome(lambda: messages.transact(a_call(person), "test_unknown"))
    messages.transact(a_call(person), "test_echo")
    assert backend() == before


def test_a_missing_parameter_is_an_internal_error_and_leaves_the_connection_usable(
    prepared: Database, person: UUID
) -> None:
    assert isinstance(outcome(lambda: messages.read(a_call(person), "who_am_i")), InternalError)
    assert isinstance(outcome(lambda: messages.transact(a_call(), "test_echo", value=object())), InternalError)
    assert messages.transact(a_call(), "test_echo")["role"] == "app_service"
