"""`make config-check` and `make secrets` against Parameter Store: what they write, refuse, show and take back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.config.by_function import FUNCTIONS
from tests.support.parameter_store import REGION, aws
from tests.support.stages import random_text, variables_of
from tools.configuration import __main__ as command
from tools.configuration import check, write
from tools.configuration.catalog import stored_in_parameter
from tools.configuration.parameter_store import ParameterStore, Unreadable
from tools.configuration.sources import parameter_of

__all__ = ["aws"]

LISTED = ("INVITE_CODE_SECRET", "STRIPE_WEBHOOK_SECRETS", "R2_ACCESS_KEY_ID")


class Operator:
    """One who runs the commands with a file, and can look into Parameter Store."""

    def __init__(self, ssm: Any, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
        self.ssm, self.folder, self.monkeypatch, self.capsys = ssm, folder, monkeypatch, capsys
        self.store = check.ParameterStore()
        self.told = ""
        self.values = {name: value for name, value in variables_of("prod").items() if name != "DATABASE_URL_NEXT"}

    def run(self, name: str, **environment: str) -> int:
        for variable, value in {"FILE": "", "DROP_OLD": "", "UNDO": "", "CONFIRM": "prod", **environment}.items():
            self.monkeypatch.setenv(variable, value)
        code = command.main([name])
        shown = self.capsys.readouterr()
        self.told = shown.out + shown.err
        secret_values = [value for value in self.values.values() if len(value) > 20 and value not in PUBLIC]
        assert [value for value in secret_values if value in self.told] == []
        return code

    def write(self, values: dict[str, str] | None = None, **environment: str) -> int:
        path = self.folder / "prod.env"
        path.write_text("".join(f"{name}='{value}'\n" for name, value in (values or self.values).items()))
        path.chmod(0o600)
        self.values |= values or {}
        return self.run("secrets", FILE=str(path), **environment)

    def stored(self, function: str) -> dict[str, str]:
        answer = self.ssm.get_parameter(Name=parameter_of("prod", function), WithDecryption=True)
        assert answer["Parameter"]["Type"] == "SecureString"
        values: dict[str, str] = json.loads(answer["Parameter"]["Value"])
        return values

    def versions(self) -> dict[str, int]:
        return {
            function: self.ssm.get_parameter(Name=parameter_of("prod", function))["Parameter"]["Version"]
            for function in FUNCTIONS
        }


PUBLIC = {"supabase-root-2021.crt"}


@pytest.fixture(scope="module")
def store(aws: str) -> Iterator[ParameterStore]:
    """Made once: boto3 takes a tenth of a second to make its clients."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", aws)
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        patch.setenv("AWS_ACCESS_KEY_ID", "local")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "local")
        yield ParameterStore()


@pytest.fixture
def operator(
    store: ParameterStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Operator]:
    monkeypatch.setenv("STAGE", "prod")
    monkeypatch.setattr(check, "ParameterStore", lambda: store)
    monkeypatch.setattr(write, "ParameterStore", lambda: store)
    ssm = store._ssm
    yield Operator(ssm, tmp_path, monkeypatch, capsys)
    for stage in ("dev", "prod"):
        ssm.delete_parameters(Names=[parameter_of(stage, function) for function in FUNCTIONS])


@pytest.fixture
def written(operator: Operator) -> Operator:
    assert operator.write() == 0, operator.told
    return operator


def test_each_function_gets_what_it_reads_and_nothing_else(written: Operator) -> None:
    assert written.told.startswith(f"stage prod, account 123456789012, region {REGION}\n")
    for function in FUNCTIONS:
        names = stored_in_parameter(function) - {"DATABASE_URL_NEXT"}
        assert written.stored(function) == {name: written.values[name] for name in names}
    assert written.run("check") == 0, written.told


def test_a_second_run_writes_nothing(written: Operator) -> None:
    before = written.versions()
    assert written.write() == 0
    assert "nothing differs" in written.told
    assert written.versions() == before


def test_nothing_is_written_before_the_stage_is_named(operator: Operator, tmp_path: Path) -> None:
    with (tmp_path / "no terminal").open("w+") as silent:
        operator.monkeypatch.setattr("sys.stdin", silent)
        assert operator.write(CONFIRM="dev") == 1
    assert "CONFIRM=prod" in operator.told
    assert "    + INVITE_CODE_SECRET" in operator.told
    assert operator.store.read("prod") == {}


def test_nothing_wrong_is_written(operator: Operator) -> None:
    wrong = {**operator.values, "STRIPE_SECRET_KEY": f"sk_test_{random_text('x')}", "APP_ULR": "x"}
    assert operator.write(wrong) == 1
    assert "STRIPE_SECRET_KEY must not be a test key on prod" in operator.told
    assert "APP_ULR is unknown" in operator.told
    assert operator.store.read("prod") == {}


def test_what_was_wrong_before_does_not_keep_another_secret_from_being_rotated(written: Operator) -> None:
    name = parameter_of("prod", "process_jobs")
    broken = json.dumps({**written.stored("process_jobs"), "ALERT_EMAILS": ""})
    written.ssm.put_parameter(Name=name, Value=broken, Type="SecureString", Overwrite=True)
    assert written.write({"RESEND_API_KEY": f"re_{random_text('leaked')}"}) == 0
    assert "Wrong before, and still:" in written.told
    assert "process_jobs: ALERT_EMAILS is missing" in written.told


def test_a_file_that_others_may_read_is_refused(operator: Operator) -> None:
    path = operator.folder / "open.env"
    path.write_text("HEALTH_TOKEN=x")
    path.chmod(0o640)
    assert operator.run("secrets", FILE=str(path)) == 1
    assert "chmod 600" in operator.told


def test_a_file_of_another_stage_is_refused(operator: Operator) -> None:
    assert operator.write({**operator.values, "STAGE": "dev"}) == 1
    assert "of stage dev" in operator.told


def test_what_the_file_does_not_name_stays_and_an_empty_value_removes(written: Operator) -> None:
    before = written.stored("settle_uploads")
    assert written.write({"SENTRY_DSN": ""}) == 0
    assert "    - SENTRY_DSN" in written.told
    assert written.stored("settle_uploads") == {name: before[name] for name in before if name != "SENTRY_DSN"}


def test_what_no_function_reads_is_removed_and_named(written: Operator) -> None:
    name = parameter_of("prod", "settle_uploads")
    old = json.dumps({**written.stored("settle_uploads"), "OLD_KEY": "x"})
    written.ssm.put_parameter(Name=name, Value=old, Type="SecureString", Overwrite=True)
    assert written.run("check") == 1
    assert "settle_uploads: OLD_KEY is unknown" in written.told
    assert written.write({"SENTRY_TRACES_SAMPLE_RATE": "0.1"}) == 0
    assert "OLD_KEY: this function reads it not" in written.told
    assert "OLD_KEY" not in written.stored("settle_uploads")


def test_an_old_secret_stays_second_until_it_is_dropped(written: Operator) -> None:
    old = written.values["INVITE_CODE_SECRET"]
    new = random_text("new", length=64)
    for _ in range(2):
        assert written.write({"INVITE_CODE_SECRET": new}) == 0
        assert written.stored("api_handler")["INVITE_CODE_SECRET"] == f"{new},{old}"
        assert written.stored("process_jobs")["INVITE_CODE_SECRET"] == f"{new},{old}"
    assert written.run("check") == 0, written.told
    assert written.run("secrets", DROP_OLD="INVITE_CODE_SECRET") == 0
    assert written.stored("process_jobs")["INVITE_CODE_SECRET"] == new


def test_a_stores_key_is_rotated_with_both_of_its_halves(written: Operator) -> None:
    key, secret = written.values["R2_ACCESS_KEY_ID"], written.values["R2_SECRET_ACCESS_KEY"]
    new = {"R2_ACCESS_KEY_ID": "e" * 16 + key[:16], "R2_SECRET_ACCESS_KEY": random_text("next key")}
    assert written.write(new) == 0, written.told
    stored = written.stored("cleanup_media")
    assert stored["R2_ACCESS_KEY_ID"] == f"{new['R2_ACCESS_KEY_ID']},{key}"
    assert stored["R2_SECRET_ACCESS_KEY"] == f"{new['R2_SECRET_ACCESS_KEY']},{secret}"
    third = {"R2_ACCESS_KEY_ID": "d" * 32, "R2_SECRET_ACCESS_KEY": random_text("third key")}
    assert written.write(third) == 1
    assert "end it first" in written.told
    assert written.run("secrets", DROP_OLD="R2_ACCESS_KEY_ID") == 0
    assert written.stored("api_handler")["R2_SECRET_ACCESS_KEY"] == new["R2_SECRET_ACCESS_KEY"]


def test_the_databases_next_password_waits_beside_the_present_one(written: Operator) -> None:
    old = written.values["DATABASE_URL"]
    new = variables_of("prod")["DATABASE_URL_NEXT"]
    assert written.write({"DATABASE_URL": new}) == 0
    assert (written.stored("audit_storage")["DATABASE_URL"], written.stored("audit_storage")["DATABASE_URL_NEXT"]) == (
        *(old, new),
    )
    assert written.run("check") == 0, written.told
    assert written.run("secrets", DROP_OLD="DATABASE_URL") == 0
    assert written.stored("audit_storage")["DATABASE_URL"] == new
    assert "DATABASE_URL_NEXT" not in written.stored("audit_storage")


def test_a_name_that_has_no_overlap_cannot_be_dropped(written: Operator) -> None:
    assert written.run("secrets", DROP_OLD="MAIL_FROM") == 1
    assert "DROP_OLD takes all, or any of DATABASE_URL" in written.told


class Interrupted:
    """Lets some parameters be written, and refuses the others."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
        writes = ParameterStore.write
        self.left = after

        def write(store: ParameterStore, name: str, value: str, note: str) -> int:
            if self.left == 0:
                raise Unreadable("AWS refuses (ThrottlingException)")
            self.left -= 1
            return writes(store, name, value, note)

        monkeypatch.setattr(ParameterStore, "write", write)


def test_a_run_that_is_cut_off_says_what_is_written_and_is_finished_by_the_next(operator: Operator) -> None:
    failing = Interrupted(operator.monkeypatch, after=3)
    assert operator.write() == 1
    first, fourth = (parameter_of("prod", list(FUNCTIONS)[index]) for index in (0, 3))
    written, left = operator.told.split("\nwritten: ")[1].split("\nnot written: ")
    assert first in written and fourth in left
    failing.left = -1
    assert operator.write() == 0
    assert f"{first} (" not in operator.told
    assert operator.run("check") == 0, operator.told


def test_an_undo_brings_back_what_stood_before_and_a_second_one_the_change(written: Operator) -> None:
    old, new = written.values["RESEND_API_KEY"], f"re_{random_text('next', length=30)}"
    assert written.write({"RESEND_API_KEY": new}) == 0
    untouched = written.versions()["audit_storage"]
    for expected in (old, new):
        assert written.run("secrets", UNDO="yes") == 0, written.told
        assert "    ~ RESEND_API_KEY" in written.told
        assert written.stored("api_handler")["RESEND_API_KEY"] == expected
        assert written.stored("process_jobs")["RESEND_API_KEY"] == expected
    assert written.versions()["audit_storage"] == untouched


def test_an_undo_that_is_cut_off_is_finished_by_the_next(written: Operator) -> None:
    old = written.values["SENTRY_DSN"]
    assert written.write({"SENTRY_DSN": old.replace("17", "18")}) == 0
    failing = Interrupted(written.monkeypatch, after=2)
    assert written.run("secrets", UNDO="yes") == 1
    failing.left = -1
    assert written.run("secrets", UNDO="yes") == 0
    assert {written.stored(function)["SENTRY_DSN"] for function in FUNCTIONS} == {old}


def test_a_parameter_that_a_run_made_has_nothing_to_go_back_to(written: Operator) -> None:
    before = written.versions()
    assert written.run("secrets", UNDO="yes") == 0
    assert "has no earlier version" in written.told
    assert written.versions() == before


def test_somebody_who_writes_at_the_same_moment_is_noticed(written: Operator) -> None:
    reads = ParameterStore.read

    def read(store: ParameterStore, stage: str) -> Any:
        found = reads(store, stage)
        if stage == "prod":
            name = parameter_of("prod", "api_handler")
            written.ssm.put_parameter(Name=name, Value="{}", Type="SecureString", Overwrite=True)
        return found

    written.monkeypatch.setattr(ParameterStore, "read", read)
    assert written.write({"RESEND_API_KEY": f"re_{random_text('race', length=30)}"}) == 1
    assert f"somebody else wrote at the same moment: {parameter_of('prod', 'api_handler')}" in written.told


def test_a_large_parameter_costs_and_one_that_ssm_does_not_store_is_refused_by_names(written: Operator) -> None:
    many = ",".join(f"https://{random_text(str(number), length=30).lower()}.sun.app" for number in range(60))
    assert written.write({"ALLOWED_ORIGINS": many}) == 0, written.told
    assert "an Advanced parameter: 0.05 USD a month" in written.told
    assert written.write({"ALLOWED_ORIGINS": ",".join([many] * 3)}) == 1
    assert "nothing was written. The largest are ALLOWED_ORIGINS" in written.told


def test_a_value_of_another_stage_is_found_in_parameter_store(written: Operator) -> None:
    name = parameter_of("dev", "settle_uploads")
    theirs = {"DATABASE_URL": written.values["DATABASE_URL"]}
    written.ssm.put_parameter(Name=name, Value=json.dumps(theirs), Type="SecureString")
    assert written.run("check") == 1
    assert "DATABASE_URL is that of stage dev" in written.told


@pytest.mark.parametrize("text", ["not json", "[]"])
def test_a_parameter_that_is_no_object_is_named(written: Operator, text: str) -> None:
    name = parameter_of("prod", "send_error_digest")
    written.ssm.put_parameter(Name=name, Value=text, Type="SecureString", Overwrite=True)
    assert written.run("check") == 1
    assert "send_error_digest: CONFIG_PARAMETER names a parameter that is no JSON object" in written.told
    assert written.write() == 0, written.told
    assert written.run("check") == 0


def test_a_stage_that_was_never_written_says_how(operator: Operator) -> None:
    assert operator.run("check") == 1
    assert "api_handler does not exist: make secrets STAGE=prod FILE=..." in operator.told


def test_an_aws_out_of_reach_is_a_line(operator: Operator) -> None:
    for name, value in {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_DEFAULT_REGION": REGION}.items():
        operator.monkeypatch.setenv(name, value)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        operator.monkeypatch.setenv(name, "local")
    operator.monkeypatch.setattr(check, "ParameterStore", ParameterStore)
    assert operator.run("check") == 1
    assert operator.told.startswith("error: AWS cannot be asked: EndpointConnectionError")
