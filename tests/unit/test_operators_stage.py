"""The operator's commands work on one stage, say which, and ask before they write outside the local stack."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib import config
from tools.operate import __main__ as operate
from tools.operate import stage as stages
from tools.operate.stage import Mistaken, choose, confirm, confirmed

SECRET = "pa55-of-nobody"
DATABASE = f"postgresql://app_login:{SECRET}@db.abc.supabase.co:6543/postgres"
STRIPE = {"STRIPE_SECRET_KEY": "sk_live_x", "STRIPE_WEBHOOK_SECRETS": "whsec_x", "STRIPE_PRICES": "{}"}
LOCAL = {
    "STAGE": "local",
    "DATABASE_URL": f"postgresql://app_login:{SECRET}@127.0.0.1:54322/stories",
    "STRIPE_API_BASE": "http://localhost:8000/_local/stripe",
    "STRIPE_SECRET_KEY": "sk_test_local_x",
    "STRIPE_WEBHOOK_SECRETS": "whsec_local_x",
    "STRIPE_PRICES": "{}",
}


@pytest.fixture(autouse=True)
def only_local(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty environment, and a local stack that has run. A command completes the environment: it is put back."""
    before = dict(os.environ)
    for name in list(os.environ):
        if name not in ("HOME", "PATH", "TMPDIR"):
            del os.environ[name]
    monkeypatch.setattr(stages, "read_env", lambda: dict(LOCAL))
    config.reset()
    yield
    os.environ.clear()
    os.environ.update(before)
    config.reset()


def given(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def test_with_nothing_set_it_is_the_local_stack() -> None:
    assert str(choose()) == "stage local, database 127.0.0.1:54322/stories"


def test_the_local_stack_s_own_variables_in_the_environment_are_the_local_stack(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given(monkeypatch, **LOCAL)
    assert choose().name == "local"
    monkeypatch.delenv("STAGE")
    assert choose().name == "local"


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"DATABASE_URL": DATABASE}, "DATABASE_URL"),
        ({"STRIPE_SECRET_KEY": "sk_live_x"}, "STRIPE_SECRET_KEY"),
        ({"MIGRATIONS_DATABASE_URL": DATABASE}, "MIGRATIONS_DATABASE_URL"),
        ({"CONFIG_PARAMETER": "/stories-from-the-sun/prod/api_handler"}, "CONFIG_PARAMETER"),
        ({"STAGE": "local", "DATABASE_URL": DATABASE}, "DATABASE_URL"),
        ({"STAGE": "local", "R2_ENDPOINT_URL": "https://a.r2.cloudflarestorage.com"}, "R2_ENDPOINT_URL"),
        ({"STAGE": "prod", "DATABASE_URL": LOCAL["DATABASE_URL"]}, "DATABASE_URL"),
        ({"STAGE": "prod", "DATABASE_URL": DATABASE, "STRIPE_API_BASE": LOCAL["STRIPE_API_BASE"]}, "STRIPE_API_BASE"),
        ({"STAGE": "prod", "DATABASE_URL": DATABASE, **STRIPE, "STRIPE_SECRET_KEY": "sk_test_x"}, "STRIPE_SECRET_KEY"),
        ({"STAGE": "prod", "DATABASE_URL": DATABASE, "STRIPE_SECRET_KEY": "sk_live_x"}, "STRIPE_PRICES"),
        ({"STAGE": "prod", "DATABASE_URL": DATABASE, "R2_ACCESS_KEY_ID": "x"}, "R2_SECRET_ACCESS_KEY"),
        ({"STAGE": "prod", "DATABASE_URL": DATABASE, "BACKUP_ACCESS_KEY_ID": "x"}, "BACKUP_SECRET_ACCESS_KEY"),
        (
            {"STAGE": "prod", "DATABASE_URL": DATABASE, "MIGRATIONS_DATABASE_URL": LOCAL["DATABASE_URL"]},
            "MIGRATIONS_DATABASE_URL",
        ),
    ],
)
def test_an_environment_of_two_stages_is_refused_with_the_variable_s_name_and_no_value(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], named: str
) -> None:
    given(monkeypatch, **variables)
    with pytest.raises(Mistaken, match=f"half set.*\\b{named}\\b|half set(.|\n)*{named}: ") as refusal:
        choose()
    assert SECRET not in str(refusal.value)
    assert "sk_" not in str(refusal.value)


def test_a_whole_stage_is_named_by_its_host_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, STAGE="prod", DATABASE_URL=DATABASE)
    assert str(choose()) == "stage prod, database db.abc.supabase.co:6543/postgres"


@pytest.mark.parametrize("name", ["migrate", "migrate-back"])
@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"STAGE": "prod"}, "set MIGRATIONS_DATABASE_URL"),
        ({"STAGE": "prod", "DATABASE_URL": DATABASE}, "set MIGRATIONS_DATABASE_URL"),
        ({"MIGRATIONS_DATABASE_URL": DATABASE}, "half set"),
        ({"STAGE": "prod", "MIGRATIONS_DATABASE_URL": LOCAL["DATABASE_URL"]}, "half set"),
        ({"STAGE": "prod", "MIGRATIONS_DATABASE_URL": DATABASE, "DATABASE_URL": LOCAL["DATABASE_URL"]}, "half set"),
    ],
)
def test_the_schema_of_a_stage_is_changed_by_that_stage_s_own_address_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, variables: dict[str, str], said: str
) -> None:
    monkeypatch.setattr(stages, "read_env", lambda: {**LOCAL, "MIGRATIONS_DATABASE_URL": LOCAL["DATABASE_URL"]})
    given(monkeypatch, CONFIRM="prod", **variables)
    assert operate.main([name]) == 1
    assert said in capsys.readouterr().err


def test_migrating_needs_the_owner_s_address_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, STAGE="prod", MIGRATIONS_DATABASE_URL=DATABASE.replace("6543", "5432"))
    assert str(choose(stages.MIGRATIONS)) == "stage prod, database db.abc.supabase.co:5432/postgres"


def test_a_stage_whose_parameter_cannot_be_read_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given(monkeypatch, STAGE="prod", AWS_ENDPOINT_URL_SSM="http://127.0.0.1:9/")
    assert operate.main(["jobs"]) == 1
    assert "AWS credentials" in capsys.readouterr().err


def test_what_writes_outside_the_local_stack_asks_for_the_stage_s_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given(monkeypatch, STAGE="prod", DATABASE_URL=DATABASE)
    stage = choose()
    with (tmp_path / "no terminal").open("w+") as silent:
        monkeypatch.setattr("sys.stdin", silent)
        for answer in ("", "yes", "staging"):
            monkeypatch.setenv("CONFIRM", answer)
            with pytest.raises(Mistaken, match="CONFIRM=prod"):
                confirm(stage, "to pause uploads")
            assert not confirmed(stage)
        monkeypatch.setenv("CONFIRM", "prod")
        confirm(stage, "to pause uploads")
    assert confirmed(stage)


@pytest.mark.parametrize(
    "name", sorted(set(operate.COMMANDS) - {"status", "logs", "jobs", "orphans", "purge-orphans", "restore"})
)
def test_every_command_that_writes_is_refused_on_prod_without_an_answer(
    monkeypatch: pytest.MonkeyPatch, name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    given(monkeypatch, STAGE="prod", DATABASE_URL=DATABASE, MIGRATIONS_DATABASE_URL=DATABASE, FLAG="x", SET="on")
    with (tmp_path / "no terminal").open("w+") as silent:
        monkeypatch.setattr("sys.stdin", silent)
        assert operate.main([name]) == 1
    printed = capsys.readouterr()
    assert printed.out.startswith("stage prod, database db.abc.supabase.co:6543/postgres")
    assert "nothing was done" in printed.err
