"""The parameter that holds a function's secrets is read once, read again while the function lives, and never lost."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from http import HTTPStatus

import pytest

from chalicelib import config
from chalicelib.config import parameter
from chalicelib.errors import MissingConfiguration
from tests.support import rubbish
from tests.support.parameter_store import NAME, ParameterStore, aws, parameter_store
from tests.support.rubbish import Vendor, says

__all__ = ["aws", "parameter_store"]

OLD, NEW = "postgresql://a:old@localhost/x", "postgresql://a:new@localhost/x"


def database_url() -> str:
    return config.load(config.DatabaseSettings).database_url


def test_it_is_read_once_for_all_groups_and_the_environment_wins(
    parameter_store: ParameterStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    parameter_store.put({"DATABASE_URL": OLD, "HEALTH_TOKEN": "token-of-the-parameter", "STAGE": "dev"})
    monkeypatch.setenv("HEALTH_TOKEN", "token-of-the-environment")
    assert database_url() == OLD
    settings = config.load(config.HealthSettings)
    assert (settings.stage, settings.health_token) == ("local", ("token-of-the-environment",))
    assert parameter_store.reads == 1


@pytest.mark.parametrize("text", ["not json", "[]", '"text"'])
def test_what_is_no_object_is_missing_configuration_and_not_repeated(
    parameter_store: ParameterStore, text: str
) -> None:
    parameter_store.put_text(text)
    with pytest.raises(MissingConfiguration) as caught:
        database_url()
    assert list(caught.value.problems) == ["CONFIG_PARAMETER"]
    assert text not in str(caught.value)
    assert parameter_store.reads == 1


def test_a_parameter_that_is_not_there_is_named_by_the_word_of_ssm(
    parameter_store: ParameterStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONFIG_PARAMETER", "/stories-from-the-sun/local/other")
    with pytest.raises(MissingConfiguration, match="ParameterNotFound"):
        database_url()
    assert parameter_store.reads == 1


def test_a_changed_secret_is_used_after_five_minutes(parameter_store: ParameterStore) -> None:
    parameter_store.put({"DATABASE_URL": OLD})
    first = config.load(config.DatabaseSettings)
    parameter_store.put({"DATABASE_URL": NEW})
    parameter_store.clock.now += parameter.FRESH_SECONDS - 1
    assert config.load(config.DatabaseSettings) is first
    parameter_store.clock.now += 2
    assert database_url() == NEW
    assert parameter_store.reads == 2


def test_settings_that_did_not_change_stay_the_same_object(parameter_store: ParameterStore) -> None:
    parameter_store.put({"DATABASE_URL": OLD, "HEALTH_TOKEN": "the-token-before"})
    database, health = config.load(config.DatabaseSettings), config.load(config.HealthSettings)
    parameter_store.put({"DATABASE_URL": OLD, "HEALTH_TOKEN": "the-token-behind"})
    parameter.look_again()
    parameter_store.clock.now += parameter.PAUSE_SECONDS
    assert config.load(config.DatabaseSettings) is database
    assert config.load(config.HealthSettings) is not health


def test_a_clock_that_was_set_back_does_not_keep_an_old_secret(parameter_store: ParameterStore) -> None:
    parameter_store.put({"DATABASE_URL": OLD})
    database_url()
    parameter_store.put({"DATABASE_URL": NEW})
    parameter_store.clock.now -= 30 * 24 * 3600
    assert database_url() == NEW


def test_a_refused_credential_makes_it_read_at_once_and_a_thousand_refusals_not_more_often(
    parameter_store: ParameterStore,
) -> None:
    parameter_store.put({"DATABASE_URL": OLD})
    database_url()
    parameter_store.put({"DATABASE_URL": NEW})
    parameter_store.clock.now += parameter.PAUSE_SECONDS
    for _ in range(1_000):
        parameter.look_again()
        assert database_url() == NEW
    assert parameter_store.reads == 2


def test_what_cannot_be_read_again_stays_as_it_was_and_is_asked_for_again_later(
    parameter_store: ParameterStore, aws: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    parameter_store.put({"DATABASE_URL": OLD})
    database_url()
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", "http://127.0.0.1:9")
    parameter_store.clock.now += parameter.FRESH_SECONDS + 1
    assert [database_url() for _ in range(100)] == [OLD] * 100
    assert parameter_store.reads == 3  # the first time; and twice in vain, for all hundred
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", aws)
    parameter_store.put({"DATABASE_URL": NEW})
    parameter_store.clock.now += parameter.PAUSE_SECONDS
    assert database_url() == NEW


def test_a_mistake_in_a_changed_parameter_stops_no_function_that_runs(parameter_store: ParameterStore) -> None:
    parameter_store.put({"DATABASE_URL": OLD})
    database_url()
    parameter_store.put({"DATABASE_URL": "postgres", "HEALTH_TOKEN": "the-token-behind"})
    parameter_store.clock.now += parameter.FRESH_SECONDS + 1
    assert database_url() == OLD
    assert list(config.refused()) == ["DATABASE_URL"]
    assert config.load(config.HealthSettings).health_token == ("the-token-behind",)
    parameter_store.put({"DATABASE_URL": NEW})
    parameter_store.clock.now += parameter.FRESH_SECONDS + 1
    assert database_url() == NEW
    assert config.refused() == {}


def test_while_one_thread_reads_it_again_the_others_go_on(
    parameter_store: ParameterStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    parameter_store.put({"DATABASE_URL": OLD})
    database_url()
    parameter_store.clock.now += parameter.FRESH_SECONDS + 1
    asked, go_on = threading.Event(), threading.Event()

    def slow(name: str) -> dict[str, str]:
        asked.set()
        assert go_on.wait(10)
        return {"DATABASE_URL": NEW}

    monkeypatch.setattr(parameter, "_ask", slow)
    monkeypatch.setattr(parameter, "AGAIN_SECONDS", 30.0)
    found: list[str] = []
    reader = threading.Thread(target=lambda: found.append(database_url()))
    reader.start()
    assert asked.wait(10)
    assert database_url() == OLD
    go_on.set()
    reader.join(10)
    assert found == [NEW]


def test_boto3_is_not_needed() -> None:
    code = (
        "import sys; from chalicelib import config\n"
        "try: config.load(config.DatabaseSettings)\n"
        "except Exception as error: print(type(error).__name__, 'boto3' in sys.modules)"
    )
    environment = {"CONFIG_PARAMETER": NAME, "AWS_ENDPOINT_URL_SSM": "http://127.0.0.1:9", "AWS_REGION": "eu-west-1"}
    environment |= {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["MissingConfiguration", "False"]


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with rubbish.vendor_of_rubbish() as vendor:
        yield vendor


@pytest.mark.parametrize(
    ("status", "body", "requests", "cause"),
    [
        (400, b'{"__type": "AccessDeniedException"}', 1, "AccessDeniedException"),
        (400, b'{"__type": "com.amazonaws#ThrottlingException"}', 2, "ThrottlingException"),
        (500, b'{"__type": "InternalServerError"}', 2, "InternalServerError"),
        (502, b"<html>secret</html>", 2, "no answer of SSM"),
        (400, b'{"__type": "a secret\\nwith a line"}', 1, "no answer of SSM"),
        (200, b"{}", 2, "KeyError"),
    ],
)
def test_only_what_may_pass_is_asked_twice(
    parameter_store: ParameterStore,
    vendor: Vendor,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    body: bytes,
    requests: int,
    cause: str,
) -> None:
    vendor.answer = says(HTTPStatus(status), body)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", vendor.url)
    with pytest.raises(MissingConfiguration) as caught:
        database_url()
    assert caught.value.problems == {"CONFIG_PARAMETER": f"cannot be read ({cause})"}
    assert len(vendor.requests) == requests
