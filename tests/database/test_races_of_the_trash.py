"""The trash and the purge at the same moment: what was answered "restored" is never purged, and the other way round."""

from __future__ import annotations

import pytest

from tests.support.database_server import Database
from tests.support.races import call, found_family, join, keep_recording, open_transaction, run_into

DELETE = "ops.delete_recording_tx(%s)"
RESTORE = "ops.restore_recording_tx(%s)"
MARK = "ops.mark_purging_tx(%s)"


def test_a_restore_that_waited_for_the_purge_mark_comes_too_late(database: Database) -> None:
    keeper = database.add_user()
    family = found_family(database, keeper)
    recording = keep_recording(database, family, keeper)
    late = database.connect_as("app_service", keeper)
    call(late, DELETE, recording)
    # The mark itself, as any purge makes it, whatever else it checks first: the row alone must be enough.
    with open_transaction(database, "admin") as purge:
        with purge.cursor() as cursor:
            cursor.execute("UPDATE public.recordings SET purging_at = now() WHERE id = %s", [recording])
        waiting = run_into(database, late, RESTORE, recording)
    assert waiting.result() == {"refused": "CONFLICT", "details": {"reason": "purging"}}
    assert database.run("SELECT deleted_at IS NOT NULL AND purging_at IS NOT NULL FROM public.recordings") == [(True,)]


def test_a_purge_that_waited_for_a_restore_finds_nothing_to_do(database: Database) -> None:
    keeper = database.add_user()
    family = found_family(database, keeper)
    recording = keep_recording(database, family, keeper)
    service = database.connect_as("app_service", keeper)
    call(service, DELETE, recording)
    purge = database.connect_as("app_service")
    with open_transaction(database, "app_service", keeper) as early:
        assert call(early, RESTORE, recording)["recording"]["deleted_at"] is None
        waiting = run_into(database, purge, MARK, recording)
    assert waiting.result() == {"keys": []}
    assert database.run("SELECT deleted_at, purging_at FROM public.recordings") == [(None, None)]


@pytest.mark.parametrize("expression", [RESTORE, DELETE, 'ops.update_recording_tx(%s, \'{"title": "Mine"}\')'])
def test_a_member_removed_while_waiting_changes_no_recording(database: Database, expression: str) -> None:
    keeper, teller = database.add_user(), database.add_user()
    family = found_family(database, keeper)
    join(database, family, teller)
    recording = keep_recording(database, family, teller)
    late = database.connect_as("app_service", teller)
    with open_transaction(database, "app_service", keeper) as early:
        call(early, "ops.remove_member_tx(%s, %s)", family, str(teller))
        waiting = run_into(database, late, expression, recording)
    assert waiting.result()["refused"] == "NOT_FOUND"
    assert database.run("SELECT title, deleted_at FROM public.recordings") == [(None, None)]
