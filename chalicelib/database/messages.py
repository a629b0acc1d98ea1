"""Postgres: one message a call, two transactions in it, no state that outlives it.

The first transaction counts the call and commits, so that a call that fails is counted too and nobody waits on a
counter's lock. The second one takes role, claims and request id for itself alone and does the work; an error rolls all
of it back.
Nothing here opens a transaction across two messages, prepares a statement or trusts a kept connection unseen. Errors
that leave this module carry no parameter and no word of the server's.

A message whose answer was lost is sent again, whatever it does, and nothing is done twice: a read changes nothing, a
function declared `repeatable` sees that its work is done, and of every other one the answer is kept in the transaction
of its work, under an id of the message's own, and is returned to the second one.
"""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg2

from chalicelib.call import Call
from chalicelib.database import connections
from chalicelib.database.literals import to_literal
from chalicelib.database.lost import Lost, retry_after
from chalicelib.errors import InternalError, Refused, Trouble, Unavailable
from chalicelib.telemetry import logs

DEADLINE = 5.0
"""Seconds a message may take, unless its caller says otherwise."""

_NO_COMMENT = re.compile(r"[^A-Za-z0-9._-]")
"""What could end the comment with the request's id, or be taken for a parameter's place."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")

# Supabase's auth.uid(), auth.role(), auth.email() and auth.jwt() prefer these settings to request.jwt.claims. One that
# an earlier client of a pooled connection left set for its session would make our message act as somebody else.
_NO_CLAIMS = ", ".join(f"set_config('request.jwt.claim{name}', '', true)" for name in ("", ".sub", ".role", ".email"))

# Who counts is app_login, also where an earlier client of a pooled connection left it as another role, or impatient.
_NOT_LEFT_OVER = ", ".join(
    f"set_config('{name}', '{value}', true)"
    for name, value in {"role": "none", "statement_timeout": "5s", "lock_timeout": "0"}.items()
)

# The second transaction was rolled back by the server itself, so doing it again cannot do it twice: a unique key met a
# concurrent insert, a serialization failure, a deadlock.
_ROLLED_BACK = frozenset({"23505", "40001", "40P01"})
# Too slow, too busy, shutting down or read-only after a failover: not a bug of ours, and asking again later helps.
_TROUBLE = ("57014", "55P03", "25006", "53", "57P", "08", "58")


@dataclass(frozen=True)
class Kind:
    """The schema of a message's function, the role that it runs as, and the type that the function returns."""

    schema: str
    role: str
    result: str


WRITES = Kind("ops", "app_service", "jsonb")
# json is written once and read once: jsonb would be sorted and packed first, which takes as long as the reading.
READS = Kind("wire", "authenticated", "json")


def transact(
    call: Call,
    name: str,
    /,
    *,
    deadline: float = DEADLINE,
    repeatable: bool = False,
    request_hash: str | None = None,
    **parameters: Any,
) -> dict[str, Any]:
    """Runs `ops.<name>(p_<parameter> => value, ...)` as app_service, with the caller's claims, in one message.

    `deadline` in seconds for the whole message. `repeatable`: carried out twice, the function changes no more than
    once and gives the same answer, so its answer is not kept for a repetition. `request_hash`: the function honours
    Idempotency-Key; it gets the caller's key along with the hash, and with a key it is repeatable. Returns the
    function's jsonb object, without its `flag`: that names a flag that decided something, and goes to the call's log
    line. Raises Refused for a business refusal, Unavailable when Postgres is out of reach or too slow, InternalError
    for anything that is our fault.
    """
    if request_hash is not None:
        parameters |= {"idempotency_key": call.idempotency_key, "request_hash": request_hash}
        repeatable = repeatable or call.idempotency_key is not None
    # A function that writes is named _tx; any other is STABLE, so that Postgres refuses it a write.
    message_id = str(uuid.uuid4()) if name.endswith("_tx") and not repeatable else None
    return _work(call, WRITES, name, parameters, deadline, "INTERNAL", message_id)


def read(
    call: Call, name: str, /, *, deadline: float = DEADLINE, missing: str = "NOT_FOUND", **parameters: Any
) -> dict[str, Any]:
    """Runs `wire.<name>(p_<parameter> => value, ...)` as the caller, under row-level security, in one message.

    Returns the function's json object. Where it gives NULL the call is Refused with the code `missing`. Raises as
    `transact` does.
    """
    if call.user_id is None:
        raise InternalError(f"{name}: reading needs a user")
    return _work(call, READS, name, parameters, deadline, missing)


def ping(seconds: float = 2.0) -> None:
    """One round trip, nothing else. Raises Unavailable("database")."""
    try:
        connections.exchange("SELECT 1", {}, time.monotonic() + seconds)
    except (Lost, psycopg2.Error) as error:
        raise Unavailable("database") from error


def _work(
    call: Call,
    kind: Kind,
    name: str,
    parameters: Mapping[str, Any],
    deadline: float,
    missing: str,
    message_id: str | None = None,
) -> dict[str, Any]:
    seconds = max(0.2, min(deadline, call.seconds_left() - 0.2))
    # Made anew for a repetition: by then the call may have been counted.
    result = _send(call, name, lambda: message_of(call, kind, name, parameters, seconds, message_id), seconds)
    if result is None:
        raise InternalError(f"{name}: gave NULL") if missing == "INTERNAL" else Refused(missing)
    if not isinstance(result, dict):
        raise InternalError(f"{name}: did not give an object")
    if "refused" in result:
        if "flag" in result:
            call.log_fields["flag"] = result["flag"]
        raise Refused(result["refused"], result.get("details"))
    return result


def message_of(
    call: Call,
    kind: Kind,
    name: str,
    parameters: Mapping[str, Any],
    seconds: float,
    message_id: str | None = None,
) -> tuple[str, dict[str, Any]]:
    """The text of the message and its parameters. Names of our own begin with an underscore.

    `message_id`: under which its answer is kept for a repetition; None where it needs none.
    """
    arguments = ", ".join(f"p_{_check_name(parameter)} => %({parameter})s" for parameter in parameters)
    work = f"{kind.schema}.{_check_name(name)}({arguments})"
    values = {key: to_literal(value) for key, value in parameters.items()}
    values["_claims"] = "" if call.user_id is None else json.dumps({"sub": str(call.user_id), "role": "authenticated"})
    values["_request_id"], values["_own_id"] = call.request_id, call.own_id
    # The server gives up a little before we do, so that nothing goes on working for a caller who has gone.
    values["_timeout"] = str(max(1, int(seconds * 950)))
    count = lock = ""
    if message_id is not None:
        values["_message_id"] = message_id
        # Of a message and its repetition the second waits here for the first, and then reads what it answered.
        lock = ", pg_advisory_xact_lock(hashtextextended(%(_message_id)s, 0))"
        work = f"ops.keep_answer_tx(%(_message_id)s, {work})"
    if call.count_key is not None and not call.counted:
        count = (
            f"SELECT {_NOT_LEFT_OVER}; SELECT set_config('sun.refusal',"
            " coalesce(ops.count_call(%(_count_key)s, %(_count_limit)s), ''), false);"
            " BEGIN; COMMIT; "
        )
        values["_count_key"], values["_count_limit"] = call.count_key, call.count_limit
        # Every counting message overwrites the verdict before it reads it, so none can be left from another.
        work = f"coalesce(nullif(current_setting('sun.refusal'), '')::{kind.result}, {work})"
    if message_id is not None:
        # Before the verdict: a repetition may be counted once more, and what was done stays done.
        work = f"coalesce(ops.answer_of(%(_message_id)s), {work})"
    message = (
        f"/* {_NO_COMMENT.sub('', call.request_id)} */ {count}"
        f"SELECT set_config('role', '{kind.role}', true), set_config('request.jwt.claims', %(_claims)s, true),"
        f" {_NO_CLAIMS},"
        " set_config('sun.request_id', %(_request_id)s, true), set_config('sun.own_id', %(_own_id)s, true),"
        f" set_config('lock_timeout', '0', true), set_config('statement_timeout', %(_timeout)s, true){lock}; "
        f"SELECT {work}"
    )
    return message, values


def _send(call: Call, name: str, compose: Callable[[], tuple[str, dict[str, Any]]], seconds: float) -> Any:
    """Sends the message, and once more where that may help. The deadline covers both."""
    until = time.monotonic() + seconds
    attempt = 1
    while True:
        message, values = compose()
        started = time.monotonic()
        call.messages += 1
        try:
            result = connections.exchange(message, values, until)
        except Lost as error:
            again = error.in_time
            failure: dict[str, Any] = {"cause": error.cause, "sent": error.sent}
        except psycopg2.Error as error:
            again = error.pgcode in _ROLLED_BACK
            # It was the second transaction: the first one counts, and has nothing to wait for.
            call.counted = call.counted or again
            failure = {
                "sqlstate": error.pgcode,
                "routine": error.diag.source_function,
                "constraint": error.diag.constraint_name,
            }
        else:
            call.counted = True
            return result
        finally:
            took = time.monotonic() - started
            call.db_ms += took * 1000
            call.add_span("db", name, took)
        if again and attempt == 1 and time.monotonic() < until:
            attempt = 2
            continue
        raise _report(call, name, failure, attempt)


def _report(call: Call, name: str, failure: Mapping[str, Any], attempt: int) -> Exception:
    """One log line without a word of the server's, and the error to raise."""
    logs.error("database_error", call, statement=name, attempts=attempt, **failure)
    sqlstate = failure.get("sqlstate")
    if "cause" in failure:
        trouble: Trouble = "refuses us" if failure["cause"] == "wrong password" else "out of reach"
        return Unavailable("database", retry_after(failure["cause"]), trouble)
    if sqlstate and sqlstate.startswith(_TROUBLE):
        return Unavailable("database")
    return InternalError(f"{name}: SQLSTATE {sqlstate}")


def _check_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise InternalError("not a name of a function or parameter")
    return name
