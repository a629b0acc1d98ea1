"""Configuration: frozen groups of settings, read on first use from the environment and one SSM parameter.

Each function loads only the groups it needs. A variable's value never appears in an error or a log, only its name and
what is wrong with it. Outside STAGE=local nothing local is accepted: no address without TLS or of this machine, no
secret of the local stack, and no test key on prod.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar, cast

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from chalicelib import deadlines
from chalicelib.config_rules import (
    DEFAULT_CA,
    Address,
    CertificateAuthority,
    CounterStore,
    DatabaseAddress,
    Origin,
    SentryDsn,
    local_problems,
    parse_prices,
    split,
)
from chalicelib.errors import MissingConfiguration

PARAMETER_SECONDS = 6.0
"""For reading the parameter, both attempts included."""


class Settings(BaseModel):
    """A group. A field named `database_url` is read from DATABASE_URL; an empty variable counts as missing."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=str.upper, defer_build=True)

    stage: str = Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")
    version: str = "unknown"

    @model_validator(mode="after")
    def _nothing_local_elsewhere(self) -> Settings:
        local_problems(self.stage, self)
        return self

    def __repr__(self) -> str:
        """Names only: whoever prints settings must not print secrets."""
        return f"{type(self).__name__}({', '.join(type(self).model_fields)})"

    __str__ = __repr__


Secrets = Annotated[tuple[str, ...], BeforeValidator(split), Field(min_length=1)]
"""Secrets that sign, comma separated: the first signs, all verify."""


class DatabaseSettings(Settings):
    database_url: DatabaseAddress
    database_ca: CertificateAuthority = DEFAULT_CA
    """Whose certificate Postgres shows outside the local stack: a file of database/certificates, or `public`."""
    database_channel_binding: Literal["prefer", "require"] = "prefer"
    """`require` for a direct connection; poolers do not offer it."""


class AuthSettings(Settings):
    supabase_url: Address
    supabase_jwt_secret: Annotated[tuple[Annotated[str, Field(min_length=32)], ...], BeforeValidator(split)] = ()
    supabase_jwks_url: Address | None = None

    @model_validator(mode="after")
    def _some_way_to_verify(self) -> AuthSettings:
        if not self.supabase_jwt_secret and self.supabase_jwks_url is None:
            raise ValueError("SUPABASE_JWT_SECRET: or SUPABASE_JWKS_URL is required")
        return self


class HttpSettings(Settings):
    allowed_origins: Annotated[tuple[Origin, ...], BeforeValidator(split)] = ()
    """Exact origins, or `*` alone. Without any, browsers of other origins are refused."""
    health_token: str | None = None


class LimitSettings(Settings):
    rate_limit_storage_url: CounterStore | None = None


class StorageSettings(Settings):
    r2_account_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,63}$")] | None = None
    """A part of the endpoint's host."""
    r2_access_key_id: str
    r2_secret_access_key: str
    r2_bucket_name: str
    r2_endpoint_url: Address | None = None
    """Default: https://<R2_ACCOUNT_ID>.r2.cloudflarestorage.com."""

    @model_validator(mode="after")
    def _some_endpoint(self) -> StorageSettings:
        if self.r2_endpoint_url is None and not self.r2_account_id:
            raise ValueError("R2_ACCOUNT_ID: or R2_ENDPOINT_URL is required")
        return self

    @property
    def endpoint(self) -> str:
        return self.r2_endpoint_url or f"https://{self.r2_account_id}.r2.cloudflarestorage.com"


class BackupSettings(Settings):
    backup_access_key_id: str
    backup_secret_access_key: str
    backup_bucket_name: str
    backup_endpoint_url: Address


class BillingSettings(Settings):
    stripe_secret_key: str
    stripe_webhook_secrets: Secrets
    stripe_prices: Annotated[Mapping[str, tuple[str, str]], BeforeValidator(parse_prices)]
    """Price id -> (plan, interval), from JSON such as {"price_x": "family:month"}."""
    stripe_api_base: Address | None = None

    def price_of(self, plan: str, interval: str) -> str | None:
        """The price id a plan is sold at, None where it is not sold."""
        return next((price for price, sold in self.stripe_prices.items() if sold == (plan, interval)), None)


class AppSettings(Settings):
    app_url: Annotated[Address, AfterValidator(lambda url: url.rstrip("/"))]


class InviteSettings(AppSettings):
    invite_code_secret: Annotated[
        tuple[Annotated[str, Field(min_length=32)], ...], BeforeValidator(split), Field(min_length=1)
    ]


class MailSettings(AppSettings):
    resend_api_key: str
    resend_api_url: Address | None = None
    mail_from: str


class AlertSettings(MailSettings):
    alert_emails: Annotated[tuple[str, ...], BeforeValidator(split), Field(min_length=1)]


class AnalyticsSettings(Settings):
    posthog_api_key: str | None = None
    """Without a key nothing is sent."""
    posthog_host: Address = "https://eu.i.posthog.com"


class MonitoringSettings(Settings):
    sentry_dsn: SentryDsn | None = None
    """Without a DSN nothing is sent."""
    sentry_traces_sample_rate: float = Field(default=0.0, ge=0, le=1)
    """The share of calls whose times are sent too, such as 0.1; by default none."""


Group = TypeVar("Group", bound=Settings)

_loaded: dict[type[Settings], Settings] = {}
_parameter: dict[str, str] | None = None


def load(group: type[Group]) -> Group:
    """The settings of a group, read once. Raises MissingConfiguration with the names of what is missing or wrong."""
    settings = _loaded.get(group)
    if settings is None:
        settings = _loaded[group] = check(group, {**_secrets(), **os.environ})
    return cast(Group, settings)


def reset() -> None:
    """Forgets what was read, so that the next use reads again."""
    global _parameter
    _loaded.clear()
    _parameter = None


def check(group: type[Group], variables: Mapping[str, str]) -> Group:
    """A group made of these variables alone. Raises MissingConfiguration."""
    given = {name: value.strip() for name, value in variables.items() if value.strip()}
    try:
        return group.model_validate(given)
    except ValidationError as error:
        raise MissingConfiguration(_problems(error)) from None


def _problems(error: ValidationError) -> dict[str, str]:
    """Variable -> what is wrong; pydantic's own message is not used, it may hold the value."""
    problems: dict[str, str] = {}
    for problem in error.errors(include_url=False, include_input=False):
        name = str(problem["loc"][0]) if problem["loc"] else ""
        if problem["type"] == "missing":
            reason = "is missing"
        elif problem["type"] == "value_error":
            # Raised by our own rules, which name variables and never values.
            reason = str((problem.get("ctx") or {}).get("error", "is not valid"))
        else:
            reason = "is not valid"
        if not name and ": " in reason:
            name, reason = reason.split(": ", 1)
        problems.setdefault(name or "configuration", reason)
    return problems


def _secrets() -> Mapping[str, str]:
    """The names and values in the SecureString parameter, a JSON object; nothing where none is named.

    The environment wins over it, so that an operator can override a secret in a hurry.
    """
    global _parameter
    name = os.environ.get("CONFIG_PARAMETER", "").strip()
    if not name:
        return {}
    if _parameter is None:
        _parameter = _fetch_parameter(name)
    return _parameter


def _fetch_parameter(name: str) -> dict[str, str]:
    # boto3 takes 400 ms to import: only who keeps secrets in a parameter pays for it.
    import boto3
    from botocore.config import Config

    client = boto3.client("ssm", config=Config(connect_timeout=2, read_timeout=3, retries={"total_max_attempts": 2}))
    try:
        answer = deadlines.within(PARAMETER_SECONDS, lambda: client.get_parameter(Name=name, WithDecryption=True))
        text: Any = answer["Parameter"]["Value"]
        values = json.loads(text)
        if not isinstance(values, dict):
            raise ValueError("not an object")
    except Exception as error:
        raise MissingConfiguration({"CONFIG_PARAMETER": f"cannot be read ({type(error).__name__})"}) from None
    return {str(key): str(value) for key, value in values.items()}
