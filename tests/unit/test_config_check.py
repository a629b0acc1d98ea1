"""A wrong variable of any function of any stage is named before the stage is deployed, and no value is shown."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

from chalicelib.config.by_function import FUNCTIONS
from tests.support.stages import STAGES, configured, random_text, variables_of
from tools.configuration import check, judge
from tools.configuration.catalog import is_required, stored_in_parameter, variables
from tools.configuration.judge import Problem

ALL = {stage: configured(stage) for stage in STAGES}


def found(stage: str, function: str, **changes: str | None) -> list[Problem]:
    """What is wrong with a stage after these changes of one function; None takes the variable out."""
    changed = {name: value for name, value in {**ALL[stage][function], **changes}.items() if value is not None}
    others = {other: ALL[other] for other in STAGES if other != stage}
    return judge.problems(stage, {**ALL[stage], function: changed}, others, set(STAGES))


def named(problems: list[Problem], function: str) -> dict[str, str]:
    """Variable -> reason, of one function."""
    return {problem.variable: problem.reason for problem in problems if problem.function == function}


@pytest.mark.parametrize("stage", STAGES)
def test_a_right_stage_has_no_problem(stage: str) -> None:
    assert found(stage, "api_handler") == []


# Each way in which a variable can be wrong: variable, function, stage -> what it becomes; None where it does not apply.

Damage = Callable[[str, str, str], dict[str, str | None] | None]


def missing(name: str, function: str, stage: str) -> dict[str, str | None] | None:
    return {name: None} if is_required(function, name, stage) else None


def misspelt(name: str, function: str, stage: str) -> dict[str, str | None] | None:
    return {name: None, name[:2] + name[3:]: ALL[stage][function][name]}


def local(name: str, function: str, stage: str) -> dict[str, str | None] | None:
    value = ALL[stage][function][name]
    if "://" in value:
        return {name: value.split("//")[0] + "//a:b@localhost:8000/1"}
    return {name: "local-" + value}


def from_an_example(name: str, function: str, stage: str) -> dict[str, str | None] | None:
    return {name: "<your value>"}


def weak(name: str, function: str, stage: str) -> dict[str, str | None] | None:
    if not variables()[name].made:
        return None
    value = ALL[stage][function][name]
    return {name: value.replace(variables_secret(value), "k7Rp" * 12) if "://" in value else "k7Rp" * 12}


def variables_secret(value: str) -> str:
    return value.split("://", 1)[1].split("@")[0].split(":")[1]


def garbled(name: str, function: str, stage: str) -> dict[str, str | None] | None:
    return {name: "nonsense"}


def of_another_stage(name: str, function: str, stage: str) -> dict[str, str | None] | None:
    return None if variables()[name].shared else {name: ALL["dev" if stage == "prod" else "prod"][function][name]}


WAYS: list[Damage] = [missing, misspelt, local, from_an_example, weak, garbled, of_another_stage]


def damages() -> Iterator[tuple[str, str, str, str, dict[str, str | None]]]:
    """Stage, function, variable, way, and the changes."""
    for stage in STAGES:
        for function in FUNCTIONS:
            for name in sorted(stored_in_parameter(function)):
                for way in WAYS:
                    changes = way(name, function, stage)
                    if changes is not None:
                        yield stage, function, name, way.__name__, changes


def undetected(chosen: list[tuple[str, str, str, str, dict[str, str | None]]]) -> list[str]:
    """The damages that are not named, with the function and the right variable."""
    missed = []
    for stage, function, name, way, changes in chosen:
        wrong = named(found(stage, function, **changes), function)
        told = " ".join(f"{variable} {reason}" for variable, reason in wrong.items())
        shown = [value for value in changes.values() if value and len(value) > 8 and value in told]
        if name not in told or shown:
            missed.append(f"{stage}/{function}: {name} {way}: {wrong}")
    return missed


def test_a_wrong_variable_of_any_function_of_any_stage_is_named() -> None:
    every = list(damages())
    # Of each way and variable one at least, with another function and stage in each run of the suite's seed.
    picked = {
        (name, way): damage for damage in random.Random(7).sample(every, len(every)) for name, way in [damage[2:4]]
    }
    assert len(picked) > 100
    assert undetected(list(picked.values())) == []


@pytest.mark.heavy
def test_every_wrong_variable_of_every_function_of_every_stage_is_named() -> None:
    every = list(damages())
    assert len(every) > 1000
    assert undetected(every) == []


def test_a_live_key_outside_prod_is_named() -> None:
    for stage in ("dev", "staging"):
        key = f"rk_live_{random_text(stage)}"
        problems = named(found(stage, "process_jobs", STRIPE_SECRET_KEY=key), "process_jobs")
        assert "live key" in problems["STRIPE_SECRET_KEY"]


def test_one_secret_under_two_names_is_named_at_both() -> None:
    twice = ALL["prod"]["api_handler"]["INVITE_CODE_SECRET"]
    problems = found("prod", "api_handler", HEALTH_TOKEN=f"{random_text('new')},{twice}")
    assert "same secret as INVITE_CODE_SECRET" in named(problems, "api_handler")["HEALTH_TOKEN"]
    assert "same secret as HEALTH_TOKEN" in named(problems, "process_jobs")["INVITE_CODE_SECRET"]


def test_a_password_of_the_database_that_is_another_secret_too_is_named() -> None:
    password = variables_secret(ALL["prod"]["api_handler"]["DATABASE_URL"])
    problems = named(found("prod", "api_handler", HEALTH_TOKEN=password), "api_handler")
    assert {"HEALTH_TOKEN", "DATABASE_URL"} <= problems.keys()


def test_a_function_that_works_on_something_else_than_the_others_is_named() -> None:
    problems = found("prod", "audit_storage", R2_BUCKET_NAME="sun-recordings-old")
    assert list(named(problems, "audit_storage")) == ["R2_BUCKET_NAME"]
    assert named(problems, "api_handler") == {}
    problems = found("prod", "audit_storage", SENTRY_DSN=None)
    assert "not set here" in named(problems, "audit_storage")["SENTRY_DSN"]


def test_a_function_may_have_a_key_of_its_own_that_may_do_less() -> None:
    own = {"R2_ACCESS_KEY_ID": "f" * 31 + "0", "R2_SECRET_ACCESS_KEY": random_text("own")}
    assert found("prod", "cleanup_media", **own) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BACKUP_BUCKET_NAME", "sun-recordings-prod"),
        ("SUPABASE_JWKS_URL", "https://aaaaaaaaaaaaaaaaaaaa.supabase.co/auth/v1/.well-known/jwks.json"),
        ("DATABASE_URL", "postgresql://app_login:{}@db.aaaaaaaaaaaaaaaaaaaa.supabase.co:6543/postgres"),
        ("R2_ENDPOINT_URL", "https://00000000000000000000000000000000.r2.cloudflarestorage.com"),
        ("APP_URL", "https://staging.talesofthesun.org"),
        ("APP_URL", "https://app.corp.internal"),
        ("RATE_LIMIT_STORAGE_URL", "rediss://default:x@10.0.0.7:6379"),
        ("HEALTH_TOKEN", "abcdefghijklmnopqrstuvwxyz0123456789"),
        ("HEALTH_TOKEN", "correct-Password-of-the-2026-season"),
        ("STRIPE_WEBHOOK_SECRETS", "we_1PxLmQ2eZvKYlo2C"),
        ("MAIL_FROM", "Stories <stories@example.org>"),
    ],
)
def test_what_no_model_can_know_is_named(name: str, value: str) -> None:
    changes = {name: value.format(random_text("another"))}
    if name == "DATABASE_URL":
        changes["DATABASE_URL_NEXT"] = value.format(random_text("the next"))
    function = variables()[name].functions[0]
    assert name in named(found("prod", function, **changes), function)


def test_a_variable_of_another_function_is_to_be_taken_out() -> None:
    foreign = variables_of("prod")["STRIPE_SECRET_KEY"]
    problems = named(found("prod", "settle_uploads", STRIPE_SECRET_KEY=foreign), "settle_uploads")
    assert "take it out" in problems["STRIPE_SECRET_KEY"]
    assert "process_jobs" in problems["STRIPE_SECRET_KEY"]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    changes = {
        "DATABASE_URL": None,
        "HEALTH_TOKEN": None,
        "STRIPE_PRICES": "[]",
        "BACKUP_BUCKET_NAME": None,
        "APP_URL": "x",
    }
    assert named(found("prod", "api_handler", **changes), "api_handler").keys() == changes.keys()


def test_a_line_says_what_to_do_and_names_all_functions_that_have_the_problem() -> None:
    nothing = {function: {"STAGE": "prod"} for function in FUNCTIONS}
    lines = check.told(judge.problems("prod", nothing, {}, set(STAGES)))
    missing_url = next(line for line in lines if "DATABASE_URL" in line)
    assert missing_url.startswith(f"{', '.join(sorted(FUNCTIONS))}: DATABASE_URL is missing. It comes from: Supabase")
    assert lines[-1].endswith("docs/configuration.md describes each")


def test_what_is_optional_and_not_set_is_known() -> None:
    given = {name: value for name, value in ALL["prod"]["api_handler"].items() if name != "RATE_LIMIT_STORAGE_URL"}
    assert judge.absent("api_handler", given) == ["RATE_LIMIT_STORAGE_URL"]
