"""Whatever ends a deployment, the version before serves; and what serves can be brought back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.settings import ROOT
from tests.deploy.conftest import Rehearsal, put_configuration, refused_at
from tests.support import rehearsal
from tools.deploy import database as deployed_database
from tools.deploy.database import DEPLOYMENT
from tools.freeze_release import facts

# moto warns of each type that it does not make: tests/support/rehearsal.py says which.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse")


@pytest.fixture
def sql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of migrations that is deployed: a copy, to which a test adds."""
    copy = tmp_path / "sql"
    shutil.copytree(ROOT / "sql", copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(deployed_database, "SQL", copy)
    yield copy


def add_migration(sql: Path, statement: str) -> None:
    (sql / "migrations" / "20991231000000_next.sql").write_text(statement)
    (sql / "migrations" / "20991231000000_next.rollback.sql").write_text("SELECT 1;")


def test_a_release_serves_after_its_deployment_and_the_one_before_after_a_rollback(healthy: Rehearsal) -> None:
    before = healthy.serves()
    code, printed = healthy.deploy("v2")
    assert code == 0, printed
    assert healthy.serves() == {"app.app": "v2", "app.process_jobs": "v2"}
    assert "region eu-west-1, database 127.0.0.1:" in printed and "postgres:" not in printed
    assert f"version now   {before['app.app']} (" in printed and "version next  v2" in printed
    # Only the tests of the release that is kept in tests/last_release ran on this schema.
    assert f"warning: {before['app.app']} serves, and the tests of {facts()['version']} ran" in printed
    # The schedules' functions serve first, the API last.
    assert printed.index("ProcessJobs serves") < printed.index("APIHandler serves")

    # A rollback needs no database, and CloudFormation may be stuck.
    healthy.aws.refuses = refused_at("Action=UpdateStack")
    code, printed = healthy.run("rollback", MIGRATIONS_DATABASE_URL="")
    assert code == 0, printed
    assert healthy.serves() == before
    assert printed.index("APIHandler serves") < printed.index("ProcessJobs serves")

    # Once more does not go one release further back: that one was not tried with this schema.
    code, printed = healthy.run("rollback")
    assert code == 1 and "serves already: v2 was rolled back" in printed
    assert healthy.serves() == before


def test_a_failed_smoke_test_leaves_the_old_version_serving(healthy: Rehearsal) -> None:
    before = healthy.serves()
    asked = []

    def unready(function: str, version: str, event: dict[str, object]) -> object:
        asked.append((function, version))
        if "httpMethod" not in event:
            return rehearsal.healthy(function, version, event)
        return rehearsal.proxied(503, {"error": {"code": "SERVICE_UNAVAILABLE", "message": "ana@example.org"}})

    healthy.aws.answer = unready
    code, printed = healthy.deploy("v-sick")
    assert code == 1
    assert "GET /readyz answered 503 SERVICE_UNAVAILABLE, not 200" in printed and "ana@" not in printed
    assert healthy.serves() == before
    assert "not done: smoke test of the new versions, moving the aliases" in printed
    assert f"serves:   {before['app.app']} (" in printed and "nobody got the new version" in printed
    # What was asked is the new version, by its number, and not what serves.
    assert len({function for function, _ in asked}) == 2 and all(int(version) > 1 for _, version in asked)

    # Nor does a schedule begin to serve that could not run.
    healthy.aws.answer = lambda function, version, event: ImportError() if "httpMethod" not in event else None
    code, printed = healthy.deploy("v-sick")
    assert code == 1 and "failed with ImportError: its log says more" in printed
    assert healthy.serves() == before


def test_a_failed_migration_leaves_the_old_version_and_the_old_schema(healthy: Rehearsal, sql: Path) -> None:
    before, head = healthy.serves(), deployed_database.schema(healthy.database.url("postgres"))[0]
    add_migration(sql, "CREATE TABLE ops.next (id UUID); SELECT 1 / 0;")
    code, printed = healthy.deploy("v-broken")
    assert code == 1
    assert "20991231000000_next.sql failed and was rolled back: division by zero" in printed
    assert "not done: migrations, package, new versions" in printed
    assert healthy.serves() == before
    assert deployed_database.schema(healthy.database.url("postgres"))[0] == head


def test_a_migration_that_takes_away_what_the_running_release_uses_is_refused(healthy: Rehearsal, sql: Path) -> None:
    before = healthy.serves()
    add_migration(sql, "ALTER TABLE public.recordings DROP COLUMN title;")
    code, printed = healthy.deploy("v-narrow")
    assert code == 1 and "20991231000000_next.sql drops public.recordings.title" in printed
    assert healthy.serves() == before


def test_two_deployments_of_one_database_do_not_overlap(healthy: Rehearsal) -> None:
    before = healthy.serves()
    other = healthy.database.connect("postgres")
    with other.cursor() as cursor:
        cursor.execute("SELECT set_config('application_name', 'deploy ana@laptop since 02:10 UTC', false)")
        cursor.execute("SELECT pg_advisory_lock(%s)", [DEPLOYMENT])
    code, printed = healthy.deploy("v-second")
    other.close()
    assert code == 1 and "another deployment of this database runs (deploy ana@laptop since 02:10 UTC)" in printed
    assert healthy.serves() == before


@pytest.mark.heavy
def test_an_old_drill_refuses_where_families_are_unless_a_reason_is_given(healthy: Rehearsal) -> None:
    before = healthy.serves()
    healthy.database.run("UPDATE ops.maintenance_runs SET last_succeeded_at = now() - interval '36 days'")
    try:
        code, printed = healthy.deploy("v-undrilled")
        assert code == 1 and "the last good restore drill is 36 days old, and 35 are allowed" in printed
        # With a reason it goes on, here to the next guard.
        healthy.aws.refuses = lambda method, path, body: method == "PUT" and path.endswith(".zip")
        code, printed = healthy.deploy("v-undrilled", FORCE="the fix of a leak cannot wait")
        assert "(forced: the fix of a leak cannot wait)" in printed
        assert "not done: package, new versions" in printed
    finally:
        healthy.database.run("SELECT ops.note_maintenance_run_tx('drill', true)")
    assert healthy.serves() == before


def test_nothing_is_done_without_the_stages_name(healthy: Rehearsal) -> None:
    before = healthy.serves()
    for command in ("deploy", "rollback", "undeploy"):
        code, _ = (
            healthy.deploy("v3", CONFIRM="staging") if command == "deploy" else healthy.run(command, CONFIRM="staging")
        )
        assert code == 1, command
    assert healthy.serves() == before


def test_what_differs_from_its_commit_is_not_deployed_where_families_are(healthy: Rehearsal) -> None:
    code, printed = healthy.deploy("v3-dirty")
    assert code == 1 and "this checkout differs from its commit" in printed


def test_a_wrong_configuration_ends_it_before_anything_is_changed(healthy: Rehearsal) -> None:
    before = healthy.serves()
    put_configuration(healthy.url, "prod", {"HEALTH_TOKEN": "short", "STRIPE_SECRET_KEY": "sk_test_" + "x" * 40})
    try:
        code, printed = healthy.deploy("v-misconfigured")
    finally:
        put_configuration(healthy.url, "prod")
    assert code == 1
    assert "api_handler: HEALTH_TOKEN" in printed and "STRIPE_SECRET_KEY" in printed and "sk_test_" not in printed
    assert "done:     nothing" in printed
    assert healthy.serves() == before


@pytest.mark.parametrize(
    ("host", "differ"),
    [
        ("postgres.abcdefghijklmnopqrst:x@aws-0-eu-west-1.pooler.supabase.com:5432", False),
        ("postgres:x@db.abcdefghijklmnopqrst.supabase.co:5432", False),
        ("postgres:x@db.zyxwvutsrqponmlkjihg.supabase.co:5432", True),
    ],
)
def test_the_database_of_another_project_is_not_migrated(host: str, differ: bool) -> None:
    app = "postgresql://app_login.abcdefghijklmnopqrst:x@aws-0-eu-west-1.pooler.supabase.com:6543/postgres"
    assert deployed_database.differ(f"postgresql://{host}/postgres", app) is differ
