"""A family's books: the functions as the application calls them, and one question that finds any figure that is off.

Holds no test. Time is moved by moving rows into the past, never by a clock of our own.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection

from tests.support.database_server import Database

STORED = {
    "content_type": "audio/mp4",
    "is_mp4": True,
    "etag": "e",
    "stored_at": "2026-11-20T10:00:00Z",
}

# Every rule of the books, a name each: what is broken is listed by its name.
FIGURES = """
SELECT to_jsonb(figures) || jsonb_build_object('broken', array_to_json(array_remove(ARRAY[
    CASE WHEN used <> ledger THEN 'used is the sum of the ledger' END,
    CASE WHEN used <> kept THEN 'used is what is kept' END,
    CASE WHEN both_at_once > 0 THEN 'no upload is a recording too' END,
    CASE WHEN unledgered > 0 THEN 'a kept recording was finalized once and not purged' END,
    CASE WHEN unpurged > 0 THEN 'what is not kept was purged' END,
    CASE WHEN twice > 0 THEN 'nothing is in the ledger twice' END,
    CASE WHEN astray > 0 THEN 'no waveform is a recording''s and to be deleted' END,
    CASE WHEN untold > 0 THEN 'a clamped release is an anomaly' END
  ], NULL)))
FROM (
  SELECT
    family_id,
    storage_used_bytes AS used,
    storage_quota_bytes AS quota,
    (SELECT coalesce(sum(delta_bytes), 0) FROM public.usage_ledger AS row
      WHERE row.family_id = seen.family_id) AS ledger,
    (SELECT coalesce(sum(size_bytes + waveform_size_bytes), 0) FROM public.recordings AS row
      WHERE row.family_id = seen.family_id) AS kept,
    (SELECT coalesce(sum(size_bytes + coalesce(waveform_size_bytes, 0)), 0) FROM ops.upload_reservations AS row
      WHERE row.family_id = seen.family_id AND state = 'pending' AND live_until > clock_timestamp()) AS reserved,
    (SELECT count(*) FROM ops.upload_reservations AS row JOIN public.recordings USING (id)
      WHERE row.family_id = seen.family_id) AS both_at_once,
    (SELECT count(*) FROM public.recordings AS row WHERE row.family_id = seen.family_id AND (
      SELECT array_agg(operation || delta_bytes) FROM public.usage_ledger WHERE recording_id = row.id
    ) IS DISTINCT FROM ARRAY['finalize' || row.size_bytes + row.waveform_size_bytes]) AS unledgered,
    (SELECT count(*) FROM public.usage_ledger AS row WHERE row.family_id = seen.family_id AND operation = 'finalize'
      AND NOT EXISTS (SELECT FROM public.recordings WHERE id = row.recording_id)
      AND NOT EXISTS (SELECT FROM public.usage_ledger AS other
                      WHERE other.recording_id = row.recording_id AND other.operation = 'purge')) AS unpurged,
    (SELECT count(*) - count(DISTINCT (recording_id, operation)) FROM public.usage_ledger AS row
      WHERE row.family_id = seen.family_id) AS twice,
    (SELECT count(*) FROM ops.stray_waveforms AS row JOIN public.recordings USING (waveform_key)
      WHERE row.family_id = seen.family_id) AS astray,
    (SELECT count(*) FROM public.usage_ledger AS made JOIN public.usage_ledger AS row USING (family_id, recording_id)
      WHERE row.family_id = seen.family_id AND made.operation = 'finalize' AND row.operation = 'purge'
        AND made.delta_bytes + row.delta_bytes <> 0
        AND NOT EXISTS (SELECT FROM ops.anomalies
                        WHERE kind = 'quota_clamped' AND recording_id = row.recording_id)) AS untold,
    (SELECT coalesce(jsonb_object_agg(kind, times), '{}') FROM (
      SELECT kind, count(*) AS times FROM ops.anomalies AS row WHERE row.family_id = seen.family_id GROUP BY kind
    ) AS kinds) AS anomalies
  FROM wire.entitlements AS seen
  WHERE family_id = ANY ($1)
) AS figures
"""


def figures(database: Database, *families: str) -> dict[str, dict[str, Any]]:
    """The books by family, of one moment: used, quota, reserved and kept bytes, anomalies by kind, rules broken."""
    question = "EXECUTE books (%s::uuid[])"
    try:
        rows = database.run(question, [list(families)])
    except psycopg2.errors.InvalidSqlStatementName:
        # Planned once a session: it is asked after every step.
        database.run(f"PREPARE books (uuid[]) AS {FIGURES}")
        rows = database.run(question, [list(families)])
    return {row[0]["family_id"]: row[0] for row in rows}


def check(database: Database, family: str) -> dict[str, Any]:
    """The books of one family, which must be in order."""
    found = figures(database, family)[family]
    assert found["broken"] == [], found
    return found


def transact(connection: Connection, person: Any, function: str, /, **parameters: Any) -> Any:
    """`ops.<function>` as this person (None: the system), in one message of app_login's, like chalicelib.database."""
    claims = "" if person is None else json.dumps({"sub": str(person), "role": "authenticated"})
    arguments = ", ".join(f"p_{parameter} => %(p_{parameter})s" for parameter in parameters)
    values = {
        f"p_{name}": json.dumps(value) if isinstance(value, dict) else value for name, value in parameters.items()
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('role', 'app_service', true), set_config('request.jwt.claims', %(claims)s, true);"
            f" SELECT ops.{function}({arguments})",
            {**values, "claims": claims},
        )
        row = cursor.fetchone()
    assert row is not None
    return row[0]


def stored(size: int, waveform: int = 0) -> dict[str, Any]:
    """What the object store tells of a whole object of this size, and of a waveform of that one."""
    drawn = {"size_bytes": waveform, "stored_at": STORED["stored_at"], "is_waveform": True} if waveform else None
    return {**STORED, "size_bytes": size, "waveform": drawn}


def found_small_family(connection: Connection, keeper: Any, quota: int) -> str:
    """A family that may keep `quota` bytes."""
    made = transact(
        connection,
        keeper,
        "create_family_tx",
        name="Sol",
        locale="en",
        display_name=None,
        quota_bytes=quota,
        max_recording_seconds=600,
    )
    return str(made["family"]["id"])


def become_customer(database: Database, family: str) -> str:
    """Makes the family a customer of Stripe's; answers the customer's id."""
    customer = f"cus_{family}"
    database.run("INSERT INTO ops.billing_customers (family_id, customer_id) VALUES (%s, %s)", [family, customer])
    return customer


def reserve(
    connection: Connection, person: Any, family: str, size: int, recording: str = "", key: str = "", waveform: int = 0
) -> Any:
    """The answer to a reservation of `size` bytes and a waveform's; with a key, asking again renews it."""
    recording = recording or str(uuid.uuid4())
    return transact(
        connection,
        person,
        "get_signed_upload_url_tx",
        family_id=family,
        recording_id=recording,
        object_key=f"audio/{recording}",
        waveform_key=f"waveform/{recording}" if waveform else None,
        size_bytes=size,
        duration_seconds=10,
        content_type="audio/mp4",
        content_md5=None,
        waveform_size_bytes=waveform or None,
        url_seconds=900,
        idempotency_key=key or None,
        request_hash=f"{family} {size}" if key else None,
    )


def finalize(
    connection: Connection, person: Any, family: str, recording: str, size: int | None, waveform: int = 0
) -> Any:
    """The answer to a finalize that found a whole object of `size` bytes, or none, and a waveform beside it."""
    seen = None if size is None else stored(size, waveform)
    return transact(connection, person, "finalize_recording_tx", family_id=family, recording_id=recording, object=seen)


def rescue(connection: Connection, recording: str, size: int | None, waveform: int = 0) -> str:
    """The outcome of settling an upload whose object has `size` bytes, or is not there, and of a waveform beside it."""
    seen = None if size is None else stored(size, waveform)
    return str(transact(connection, None, "rescue_recording_tx", recording_id=recording, object=seen)["outcome"])


def subscribe(
    connection: Connection, family: str, ticket: int, quota: int, status: str = "active", event: str | None = None
) -> Any:
    """Writes what Stripe is said to have said to the holder of this ticket."""
    return transact(
        connection,
        None,
        "apply_entitlement_tx",
        family_id=family,
        ticket=ticket,
        plan="family",
        status=status,
        quota_bytes=quota,
        max_recording_seconds=600,
        current_period_end=None,
        cancel_at_period_end=False,
        subscription_id="sub",
        subscription_status=status,
        event_id=event,
    )


def lapse(database: Database, recordings: Iterable[str], *, hold: bool = False, watch: bool = False) -> None:
    """Moves the end of uploads' URLs, and of their hold and their watch where asked, into the past."""
    database.run(
        """
        UPDATE ops.upload_reservations
        SET url_expires_at = least(url_expires_at, clock_timestamp() - interval '3 s'),
            live_until = CASE WHEN %s THEN least(live_until, clock_timestamp() - interval '2 s') ELSE live_until END,
            watch_until = CASE WHEN %s THEN least(watch_until, clock_timestamp() - interval '1 s') ELSE watch_until END
        WHERE id = ANY (%s::uuid[])
        """,
        [hold or watch, watch, list(recordings)],
    )


def age_trash(database: Database, recording: str) -> None:
    """Lets thirty-one days pass for a recording in the trash."""
    database.run(
        "UPDATE public.recordings SET deleted_at = deleted_at - interval '31 days'"
        " WHERE id = %s AND deleted_at IS NOT NULL",
        [recording],
    )
