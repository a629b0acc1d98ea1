"""Every function that the API calls with an id of a family's thing refuses whoever does not belong to that family."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg2
import pytest

from tests.support import isolation_rows
from tests.support.database_server import Cluster, Database
from tests.support.isolation_rows import IsolationRows
from tests.support.lint import file_of

HERE = "tests/database/test_functions_refuse.py"

# They take an id of a family's thing and check no caller: schedules, jobs and webhooks call them, never a person.
WORK_OF_THE_SYSTEM = {
    "ops.adopt_object_tx",
    "ops.apply_entitlement_tx",
    "ops.check_abandoned",
    "ops.check_stray_waveform",
    "ops.drop_abandoned_tx",
    "ops.drop_stray_waveform_tx",
    "ops.finish_purge_tx",
    "ops.invite_mail",
    "ops.mark_purging_tx",
    "ops.note_copied_tx",
    "ops.note_copy_trouble_tx",
    "ops.note_invite_mail_refused_tx",
    "ops.recording_to_copy",
    "ops.rescue_recording_tx",
    "ops.set_flag_tx",
    "ops.take_billing_ticket_tx",
}
# Ids of runs, jobs, leases and pages: no client sends one of them.
SENT_BY_NO_CLIENT = {
    *("p_run_id", "p_job_id", "p_job_ids", "p_lease_token", "p_after", "p_after_id", "p_alert_ids", "p_message_id"),
}


@pytest.fixture(scope="module")
def families(cluster: Cluster) -> Iterator[IsolationRows]:
    with cluster.database() as database:
        built = isolation_rows.build(database)
        database.run(
            "INSERT INTO ops.upload_reservations (family_id, size_bytes, duration_seconds, content_type, state,"
            " parked_object, object_key, url_expires_at, live_until, watch_until)"
            " SELECT %s, 1, 1, 'audio/mp4', 'parked', '{}', 'k', now(), now(), now() + interval '30 days'",
            [built.ours],
        )
        yield built


def ids_of_our_family(families: IsolationRows) -> dict[str, str]:
    """Parameter -> the id of something of our family."""

    def one_of(table: str) -> str:
        rows = families.database.run(f"SELECT id::text FROM {table} WHERE family_id = %s LIMIT 1", [families.ours])
        return str(rows[0][0])

    return {
        "p_family_id": families.ours,
        "p_recording_id": families.recordings["storyteller's"],
        "p_prompt_id": one_of("public.prompts"),
        "p_invite_id": one_of("public.invites"),
        "p_user_id": families.people["storyteller"],
        "p_upload_id": one_of("ops.upload_reservations"),
    }


@pytest.mark.parametrize("persona", ["stranger", "removed", "other keeper", None])
def test_every_function_that_is_given_ids_of_a_family_refuses_who_does_not_belong_to_it(
    families: IsolationRows, persona: str | None
) -> None:
    """As the service, which may call them all, in the name of an outsider or of nobody: the functions refuse."""
    database, ids = families.database, ids_of_our_family(families)
    service = families.connect("app_service", persona)
    service.autocommit = False
    tried = 0
    for name, arguments in called_by_the_api(database):
        if name in WORK_OF_THE_SYSTEM or not set(arguments) & {*ids} - {"p_user_id"}:
            continue
        tried += 1
        given = ", ".join(f"{argument} => %({argument})s" for argument in arguments)
        values = {argument: ids.get(argument) for argument in arguments}
        try:
            with service.cursor() as cursor:
                cursor.execute(f"SELECT {name}({given})", values)
                answer = cursor.fetchall()[0][0]
        except psycopg2.Error as error:
            answer = str(error)
        service.rollback()
        assert isinstance(answer, dict) and answer.get("refused") in ("FORBIDDEN", "NOT_FOUND"), (
            f"{file_of(name)}: it answers {persona or 'nobody'} with {answer}: let it check its caller and refuse"
            f" NOT_FOUND. If no person ever calls it: {HERE}, add {name} to WORK_OF_THE_SYSTEM"
        )
        assert len(answer) == 2 and answer["details"] == {}, (
            f"{file_of(name)}: it tells a stranger more than no: {answer}"
        )
    assert tried > 12


def called_by_the_api(database: Database) -> list[tuple[str, list[str]]]:
    """The functions that app_service may call, with the names of their parameters."""
    rows = database.run(
        "SELECT oid::regproc::text, coalesce(proargnames[1:pronargs]::text[], '{}') FROM pg_proc"
        " WHERE pronamespace = 'ops'::regnamespace AND has_function_privilege('app_service', oid, 'EXECUTE') ORDER BY 1"
    )
    return [(name, arguments) for name, arguments in rows]


def test_every_id_that_a_function_takes_is_tried_on_outsiders_or_comes_from_no_client(families: IsolationRows) -> None:
    known = {*ids_of_our_family(families), *SENT_BY_NO_CLIENT}
    rows = families.database.run(
        "SELECT oid::regproc::text, name FROM pg_proc,"
        " unnest(proargnames::text[], proargtypes::oid[]) AS argument (name, type)"
        " WHERE pronamespace = 'ops'::regnamespace AND has_function_privilege('app_service', oid, 'EXECUTE')"
        " AND type IN ('uuid'::regtype, 'uuid[]'::regtype)"
    )
    wrong = [
        f"{HERE}: {name} takes {argument}: add the id of a row of our family to ids_of_our_family(), or the name to"
        " SENT_BY_NO_CLIENT if no client sends it"
        for name, argument in rows
        if argument not in known and name not in WORK_OF_THE_SYSTEM
    ]
    functions = {name for name, _ in called_by_the_api(families.database)}
    wrong += [f"{HERE}: delete {name} from WORK_OF_THE_SYSTEM: it is gone" for name in WORK_OF_THE_SYSTEM - functions]
    taken = {argument for _, argument in rows}
    wrong += [f"{HERE}: delete {name} from SENT_BY_NO_CLIENT: it is gone" for name in SENT_BY_NO_CLIENT - taken]
    assert not wrong, "\n".join(wrong)
