"""Configuration is read on first use, refuses what has no place in a stage, and never shows a value."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib import config
from chalicelib.config.by_function import FUNCTIONS, ApiFunction
from chalicelib.errors import MissingConfiguration

PROD = {
    "STAGE": "prod",
    "VERSION": "1.2.3",
    "DATABASE_URL": "postgresql://app_login:pa55@db.example.org:6543/postgres?sslmode=verify-full",
    "SUPABASE_URL": "https://abc.supabase.co",
    "SUPABASE_JWT_SECRET": "k" * 40,
    "SUPABASE_JWKS_URL": "https://abc.supabase.co/auth/v1/.well-known/jwks.json",
    "ALLOWED_ORIGINS": "https://app.example.org, https://example.org",
    "R2_ACCOUNT_ID": "acc",
    "R2_ACCESS_KEY_ID": "key-id",
    "R2_SECRET_ACCESS_KEY": "r2-secret-value",
    "R2_BUCKET_NAME": "recordings",
    "BACKUP_ACCESS_KEY_ID": "key-id",
    "BACKUP_SECRET_ACCESS_KEY": "backup-secret-value",
    "BACKUP_BUCKET_NAME": "copies",
    "BACKUP_ENDPOINT_URL": "https://s3.example.org",
    "STRIPE_SECRET_KEY": "sk_live_abc",
    "STRIPE_WEBHOOK_SECRETS": "whsec_new,whsec_old",
    "STRIPE_PRICES": '{"price_a": "family:month", "price_b": "legacy:year"}',
    "RESEND_API_KEY": "re_abc",
    "MAIL_FROM": "Stories <hello@example.org>",
    "ALERT_EMAILS": "ops@example.org",
    "INVITE_CODE_SECRET": "n" * 32 + "," + "o" * 32,
    "APP_URL": "https://app.example.org/",
    "POSTHOG_API_KEY": "phc_abc",
    "SENTRY_DSN": "https://key@sentry.example.org/1",
    "HEALTH_TOKEN": "health-token-value",
}


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in (*PROD, "CONFIG_PARAMETER", "LAMBDA_TASK_ROOT", "RATE_LIMIT_STORAGE_URL", "STRIPE_API_BASE"):
        monkeypatch.delenv(name, raising=False)
    config.reset()
    yield
    config.reset()


def problems(group: type[config.Settings], **changes: str | None) -> dict[str, str]:
    """Variable -> reason, for production's variables with these changes."""
    variables = {name: value for name, value in {**PROD, **changes}.items() if value is not None}
    with pytest.raises(MissingConfiguration) as caught:
        config.check(group, variables)
    for value in variables.values():
        if len(value) > 6:
            assert value not in str(caught.value)
    return caught.value.problems


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_starts_with_what_production_gives_it(name: str) -> None:
    assert config.check(FUNCTIONS[name], PROD).stage == "prod"


def test_settings_are_read_once_until_reset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE", "local")
    monkeypatch.setenv("DATABASE_URL", "postgresql://a:b@localhost/one")
    first = config.load(config.DatabaseSettings)
    monkeypatch.setenv("DATABASE_URL", "postgresql://a:b@localhost/two")
    assert config.load(config.DatabaseSettings) is first
    config.reset()
    assert config.load(config.DatabaseSettings).database_url.endswith("/two")


def test_a_group_asks_for_nothing_but_its_own_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE", "local")
    monkeypatch.setenv("DATABASE_URL", "postgresql://a:b@localhost/one")
    assert config.load(config.DatabaseSettings).stage == "local"
    with pytest.raises(MissingConfiguration):
        config.load(config.AuthSettings)


def test_settings_cannot_be_changed_and_do_not_print_their_values() -> None:
    settings = config.check(ApiFunction, PROD)
    with pytest.raises(ValueError):
        settings.stage = "dev"
    for value in ("pa55", "sk_live_abc", "whsec_new", "r2-secret-value", "k" * 40):
        assert value not in f"{settings} {settings!r} {[settings]}"


def test_a_missing_variable_is_named() -> None:
    found = problems(ApiFunction, DATABASE_URL=None, STRIPE_SECRET_KEY="  ", STAGE=None)
    assert found == {"DATABASE_URL": "is missing", "STRIPE_SECRET_KEY": "is missing", "STAGE": "is missing"}


def test_lists_are_comma_separated_and_the_first_secret_signs() -> None:
    settings = config.check(ApiFunction, PROD)
    assert config.check(config.WebhookSettings, PROD).stripe_webhook_secrets == ("whsec_new", "whsec_old")
    assert settings.invite_code_secret == ("n" * 32, "o" * 32)
    assert settings.allowed_origins == ("https://app.example.org", "https://example.org")
    assert settings.app_url == "https://app.example.org"


def test_prices_are_a_plan_and_an_interval_each() -> None:
    billing = config.check(config.BillingSettings, PROD)
    assert billing.stripe_prices == {"price_a": ("family", "month"), "price_b": ("legacy", "year")}
    assert billing.price_of("legacy", "year") == "price_b"
    assert billing.price_of("legacy", "month") is None


@pytest.mark.parametrize(
    "text",
    [
        *("{", "[]", "5", '"x"', '{"a": "family"}', '{"a": "free:month"}', '{"a": "family:week"}', '{"a": 5}'),
        *('{"a": ["x"]}', '{"a": "family:month", "b": "family:month"}'),
    ],
)
def test_prices_that_make_no_sense_are_refused(text: str) -> None:
    assert "STRIPE_PRICES" in problems(config.BillingSettings, STRIPE_PRICES=text)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SUPABASE_URL", "http://abc.supabase.co"),
        ("SUPABASE_URL", "https://localhost:8000"),
        ("SUPABASE_URL", "https://127.0.0.1"),
        ("SUPABASE_URL", "https://[::1]:8000"),
        ("SUPABASE_URL", "https://api.localhost"),
        ("SUPABASE_JWKS_URL", "http://localhost:8000/auth/v1/.well-known/jwks.json"),
        ("DATABASE_URL", "postgresql://a:b@localhost:54322/postgres"),
        ("DATABASE_URL", "postgresql://a:b@127.0.0.1:54322/postgres"),
        ("DATABASE_URL", "postgresql://a:b@db.example.org/postgres?sslmode=disable"),
        ("DATABASE_URL", "postgresql://a:b@db.example.org/postgres?x=1&sslmode=prefer"),
        ("ALLOWED_ORIGINS", "https://app.example.org,http://localhost:5173"),
        ("ALLOWED_ORIGINS", "http://app.example.org"),
        ("R2_ENDPOINT_URL", "http://localhost:9000"),
        ("STRIPE_API_BASE", "http://localhost:8000/_local/stripe"),
        ("APP_URL", "http://app.example.org"),
        ("SENTRY_DSN", "http://key@localhost/1"),
        ("RATE_LIMIT_STORAGE_URL", "redis://localhost:6379"),
        ("SUPABASE_JWT_SECRET", "super-secret-jwt-token-with-at-least-32-characters-long"),
        ("SUPABASE_JWT_SECRET", "k" * 40 + ",local-" + "k" * 40),
        ("STRIPE_SECRET_KEY", "sk_live_local_abc"),
        ("STRIPE_SECRET_KEY", "sk_test_abc"),
        ("STRIPE_SECRET_KEY", "rk_test_abc"),
        ("STRIPE_WEBHOOK_SECRETS", "whsec_new,whsec_local_abc"),
        ("INVITE_CODE_SECRET", "local-" + "n" * 40),
        ("STRIPE_PRICES", '{"price_local_family_month": "family:month"}'),
        ("HEALTH_TOKEN", "local-health-token"),
        ("HEALTH_TOKEN", "LOCAL-health-token"),
    ],
)
def test_nothing_local_and_no_test_key_is_accepted_on_prod(name: str, value: str) -> None:
    function = FUNCTIONS["stripe_webhook"] if name == "STRIPE_WEBHOOK_SECRETS" else ApiFunction
    assert list(problems(function, **{name: value})) == [name]


def test_a_test_key_is_accepted_on_staging() -> None:
    config.check(config.BillingSettings, {**PROD, "STAGE": "staging", "STRIPE_SECRET_KEY": "sk_test_abc"})


def test_the_local_stage_accepts_the_local_stack() -> None:
    settings = config.check(
        config.AuthSettings,
        {"STAGE": "local", "SUPABASE_URL": "http://localhost:8000", "SUPABASE_JWT_SECRET": "local-" + "x" * 40},
    )
    assert settings.supabase_url == "http://localhost:8000"


def test_a_deployed_function_cannot_call_itself_local(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDA_TASK_ROOT", "/var/task")
    assert "STAGE" in problems(config.DatabaseSettings, STAGE="local")


@pytest.mark.parametrize(
    ("group", "name", "value"),
    [
        (config.AuthSettings, "SUPABASE_JWT_SECRET", "short"),
        (config.InviteSettings, "INVITE_CODE_SECRET", "short"),
        (config.InviteSettings, "INVITE_CODE_SECRET", ","),
        (config.DatabaseSettings, "DATABASE_URL", "mysql://a@b/c"),
        (config.DatabaseSettings, "STAGE", "Prod uction"),
        (config.AuthSettings, "SUPABASE_URL", "https://user@abc.supabase.co"),
        (config.AuthSettings, "SUPABASE_URL", "ftp://abc.supabase.co"),
        (config.HttpSettings, "ALLOWED_ORIGINS", "https://family.example.org/"),
        (config.HttpSettings, "ALLOWED_ORIGINS", "family.example.org"),
        (config.HttpSettings, "ALLOWED_ORIGINS", "https://user@family.example.org"),
    ],
)
def test_a_value_that_cannot_be_right_is_refused(group: type[config.Settings], name: str, value: str) -> None:
    assert list(problems(group, **{name: value})) == [name]


def test_blanks_around_a_value_and_a_slash_behind_an_address_are_dropped() -> None:
    given = {"R2_BUCKET_NAME": " recordings\n", "R2_ENDPOINT_URL": "https://r2.example.org/"}
    settings = config.check(config.StorageSettings, {**PROD, **given})
    assert (settings.r2_bucket_name, settings.endpoint) == ("recordings", "https://r2.example.org")
    assert config.check(config.AppSettings, {**PROD, "APP_URL": "https://a.example.org/"}).app_url[-1] == "g"


def test_what_is_wrong_is_said_in_words_of_ours() -> None:
    # pydantic's own words would repeat the pattern and, for other kinds, the value.
    assert problems(config.StorageSettings, R2_ACCOUNT_ID="no account") == {"R2_ACCOUNT_ID": "is not valid"}


BACKUP = [name for name in PROD if name.startswith("BACKUP_")]


@pytest.mark.parametrize("stage", ["staging", "prod"])
@pytest.mark.parametrize("name", ["HEALTH_TOKEN", *BACKUP])
def test_a_stage_that_families_use_needs_second_copies_and_a_health_token(stage: str, name: str) -> None:
    assert list(problems(ApiFunction, STAGE=stage, STRIPE_SECRET_KEY="sk_live_abc", **{name: None})) == [name]


def test_nothing_of_a_second_bucket_is_refused_where_families_record() -> None:
    for function in ("api_handler", "copy_recordings"):
        found = problems(FUNCTIONS[function], **dict.fromkeys(BACKUP, None))
        assert list(found) == ["BACKUP_ACCESS_KEY_ID"]
        assert "only local and dev do without" in found["BACKUP_ACCESS_KEY_ID"]


def test_dev_does_without_a_second_bucket_and_a_health_token_but_not_with_half_of_one() -> None:
    nothing = dict.fromkeys(["HEALTH_TOKEN", *BACKUP], "")
    for function in ("api_handler", "copy_recordings"):
        config.check(FUNCTIONS[function], {**PROD, **nothing, "STAGE": "dev"})
    half = {**dict.fromkeys(BACKUP, None), "BACKUP_BUCKET_NAME": "copies"}
    assert list(problems(config.BackupSettings, STAGE="dev", **half)) == ["BACKUP_ACCESS_KEY_ID"]


def test_a_short_health_token_is_refused() -> None:
    assert list(problems(ApiFunction, HEALTH_TOKEN="123456789012345")) == ["HEALTH_TOKEN"]


def test_one_way_to_verify_tokens_is_enough_and_none_is_too_few() -> None:
    config.check(config.AuthSettings, {**PROD, "SUPABASE_JWT_SECRET": ""})
    config.check(config.AuthSettings, {**PROD, "SUPABASE_JWKS_URL": ""})
    assert "SUPABASE_JWT_SECRET" in problems(config.AuthSettings, SUPABASE_JWT_SECRET="", SUPABASE_JWKS_URL="")
