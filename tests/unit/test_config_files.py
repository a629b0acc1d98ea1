"""An operator's file, and the generated documents of the configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib import config
from chalicelib.config.by_function import FUNCTIONS
from tests.support.stages import variables_of
from tools.api_docs import Undeclared
from tools.configuration import __main__ as command
from tools.configuration import catalog, check, documents, sources
from tools.configuration.catalog import Variable, names_of, variables
from tools.configuration.sources import File
from tools.operate.stage import Mistaken

SECRET = "a-secret-of-nobody"


@pytest.fixture(autouse=True)
def _no_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("STAGE", "FILE", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))


def written(folder: Path, text: str) -> Path:
    path = folder / "stage.env"
    path.write_text(text)
    return path


def in_a_file(folder: Path, stage: str, **changes: str) -> Path:
    values = {**variables_of(stage), "STAGE": stage, **changes}
    return written(folder, "".join(f"{name}='{value}'\n" for name, value in values.items()))


def checked(monkeypatch: pytest.MonkeyPatch, path: Path, stage: str = "") -> int:
    monkeypatch.setenv("FILE", str(path))
    monkeypatch.setenv("STAGE", stage)
    return command.main(["check"])


def test_a_right_file_is_right_and_needs_no_aws(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checked(monkeypatch, in_a_file(tmp_path, "prod", MIGRATIONS_DATABASE_URL="x", AWS_PROFILE="prod")) == 0
    told = capsys.readouterr().out
    assert told.startswith("stage prod, file ")
    assert "other stages are not compared" in told
    assert told.endswith("nothing is wrong\n")


def test_the_files_of_other_stages_beside_it_are_compared(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for stage in ("dev", "prod"):
        in_a_file(tmp_path, stage, STRIPE_WEBHOOK_SECRETS=variables_of("dev")["STRIPE_WEBHOOK_SECRETS"]).rename(
            tmp_path / f"{stage}.env"
        )
    assert checked(monkeypatch, tmp_path / "prod.env") == 1
    told = capsys.readouterr().out
    assert "compared with dev by the files beside it" in told
    assert "STRIPE_WEBHOOK_SECRETS is that of stage dev" in told
    assert checked(monkeypatch, tmp_path / "prod.env", "dev") == 1
    assert "of stage prod (its STAGE, or its name), and not of dev" in capsys.readouterr().err


def test_a_wrong_file_is_refused_by_names_without_values(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changes = {"INVITE_CODE_SECRET": SECRET, "APP_ULR": SECRET, "CLEANUP_MEDIA__R2_BUKET_NAME": SECRET, "APP_URL": ""}
    assert checked(monkeypatch, in_a_file(tmp_path, "prod", **changes)) == 1
    told = capsys.readouterr().out
    assert "INVITE_CODE_SECRET is not valid" in told
    assert "the file: APP_ULR is unknown: misspelt APP_URL?" in told
    assert "APP_URL is missing" in told
    assert "cleanup_media: R2_BUKET_NAME is unknown: misspelt R2_BUCKET_NAME?" in told
    assert SECRET not in told


def test_a_value_for_one_function_is_for_that_one_alone(tmp_path: Path) -> None:
    file = File(in_a_file(tmp_path, "prod", CLEANUP_MEDIA__R2_ACCESS_KEY_ID="own"))
    assert file.of("cleanup_media")["R2_ACCESS_KEY_ID"] == "own"
    assert file.of("settle_uploads")["R2_ACCESS_KEY_ID"] == variables_of("prod")["R2_ACCESS_KEY_ID"]
    assert file.of("process_jobs").keys() <= names_of("process_jobs")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (f"A=1\nHEALTH_TOKEN={SECRET}\nHEALTH_TOKEN={SECRET}", "line 3: HEALTH_TOKEN stands there twice"),
        (f'HEALTH_TOKEN="{SECRET}', "line 1: not of the form"),
        ("HEALTH_TOKEN", "line 1: not of the form"),
        ("STAGE=dev", "of stage dev"),
    ],
)
def test_a_file_that_cannot_be_read_for_sure_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, place: str
) -> None:
    assert checked(monkeypatch, written(tmp_path, text), "prod") == 1
    told = capsys.readouterr()
    assert place in told.err
    assert SECRET not in told.err + told.out


@pytest.mark.parametrize("stage", ["", "local", "production"])
def test_a_stage_that_does_not_exist_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], stage: str
) -> None:
    monkeypatch.setenv("STAGE", stage)
    assert command.main(["check"]) == 1
    assert "STAGE=dev|prod|staging" in capsys.readouterr().err


def test_without_aws_credentials_a_line_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STAGE", "prod")
    assert command.main(["check"]) == 1
    assert "there are no AWS credentials here" in capsys.readouterr().err


# The documents


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_the_models_accept_the_examples(function: str) -> None:
    config.check(FUNCTIONS[function], {name: variable.example for name, variable in variables().items()})


def test_no_example_of_a_secret_would_pass_as_a_value(tmp_path: Path) -> None:
    examples = {name: variable.example for name, variable in variables().items() if variable.secret}
    file = File(in_a_file(tmp_path, "prod", **examples))
    problems = check.of_configured("prod", sources.merged("prod", {name: file.of(name) for name in FUNCTIONS}), {})
    # A DSN is no more secret than the app that carries it.
    assert {problem.variable for problem in problems} >= examples.keys() - {"SENTRY_DSN"}


def test_a_variable_without_a_text_cannot_be_generated(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = dict(variables())
    del texts["HEALTH_TOKEN"]
    monkeypatch.setattr(documents, "variables", lambda: texts)
    with pytest.raises(Undeclared, match="add the variable HEALTH_TOKEN"):
        documents.require_texts()


def test_a_text_that_no_function_reads_cannot_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    old = Variable("OLD_KEY", "Mail", "x", "x", "x")
    monkeypatch.setattr(documents, "variables", lambda: {**variables(), "OLD_KEY": old})
    with pytest.raises(Undeclared, match="OLD_KEY"):
        documents.require_texts()


def test_the_example_file_names_every_variable_and_holds_no_value_where_one_is_required() -> None:
    text = documents.example_file()
    for name, variable in variables().items():
        if name in catalog.OF_THE_PROCESS:
            continue
        line = next(line for line in text.splitlines() if line.removeprefix("# ").startswith(f"{name}="))
        required = any(catalog.is_required(function, name, "prod") for function in variable.functions)
        assert line == f"{name}=" if required else line.startswith("# ")


def test_where_a_variable_is_required_comes_from_the_models() -> None:
    assert catalog.is_required("api_handler", "HEALTH_TOKEN", "prod")
    assert not catalog.is_required("api_handler", "HEALTH_TOKEN", "dev")
    assert catalog.is_required("copy_recordings", "BACKUP_BUCKET_NAME", "staging")
    assert not catalog.is_required("copy_recordings", "BACKUP_BUCKET_NAME", "dev")
    assert not catalog.is_required("api_handler", "SUPABASE_JWT_SECRET", "prod")


def test_a_file_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(Mistaken, match="FileNotFoundError"):
        File(tmp_path / "none.env")
