"""The groups of settings: which variables there are, and what each may hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from chalicelib.config.addresses import (
    DEFAULT_CA,
    Address,
    CertificateAuthority,
    CounterStore,
    DatabaseAddress,
    Origin,
    SentryDsn,
    is_same_database,
)
from chalicelib.config.rules import local_problems, parse_prices, split

UNGUARDED_STAGES = ("local", "dev")
"""Stages without families: they may do without second copies and without a HEALTH_TOKEN."""


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

KeyParts = Annotated[tuple[str, ...], BeforeValidator(split), Field(min_length=1, max_length=2)]
"""Keys of a store, comma separated and in the same order as their other halves: the first that is accepted signs."""


class DatabaseSettings(Settings):
    database_url: DatabaseAddress
    database_url_next: DatabaseAddress | None = None
    """The same with the next password, while it is rotated: used when the server refuses the present one."""
    database_ca: CertificateAuthority = DEFAULT_CA
    """Whose certificate Postgres shows outside the local stack: a file of database/certificates, or `public`."""
    database_channel_binding: Literal["prefer", "require"] = "prefer"
    """`require` for a direct connection; poolers do not offer it."""

    @model_validator(mode="after")
    def _one_database(self) -> DatabaseSettings:
        if self.database_url_next is not None and not is_same_database(self.database_url, self.database_url_next):
            raise ValueError("DATABASE_URL_NEXT: must differ from DATABASE_URL in user and password alone")
        return self


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


class HealthSettings(Settings):
    health_token: Annotated[tuple[Annotated[str, Field(min_length=16)], ...], BeforeValidator(split)] = ()
    """Who shows one of these gets the answer of /health: two while the token is being changed."""

    @model_validator(mode="after")
    def _closed_where_deployed(self) -> HealthSettings:
        if not self.health_token and self.stage not in UNGUARDED_STAGES:
            raise ValueError("HEALTH_TOKEN: is missing; only local and dev answer /health to everybody")
        return self


class LimitSettings(Settings):
    rate_limit_storage_url: CounterStore | None = None


def _check_pairs(store: str, ids: tuple[str, ...], secrets: tuple[str, ...]) -> None:
    if len(ids) != len(secrets):
        raise ValueError(f"{store}_SECRET_ACCESS_KEY: must hold one secret for each access key id, in the same order")


class StorageSettings(Settings):
    r2_account_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,63}$")] | None = None
    """A part of the endpoint's host."""
    r2_access_key_id: KeyParts
    r2_secret_access_key: KeyParts
    r2_bucket_name: str
    r2_endpoint_url: Address | None = None
    """Default: https://<R2_ACCOUNT_ID>.r2.cloudflarestorage.com."""

    @model_validator(mode="after")
    def _some_endpoint(self) -> StorageSettings:
        if self.r2_endpoint_url is None and not self.r2_account_id:
            raise ValueError("R2_ACCOUNT_ID: or R2_ENDPOINT_URL is required")
        _check_pairs("R2", self.r2_access_key_id, self.r2_secret_access_key)
        return self

    @property
    def bucket(self) -> str:
        return self.r2_bucket_name

    @property
    def keys(self) -> list[tuple[str, str]]:
        return list(zip(self.r2_access_key_id, self.r2_secret_access_key, strict=True))

    @property
    def endpoint(self) -> str:
        return self.r2_endpoint_url or f"https://{self.r2_account_id}.r2.cloudflarestorage.com"


class BackupSettings(Settings):
    """The bucket of the second copies: all four, or on local and dev none."""

    backup_access_key_id: KeyParts = ()
    backup_secret_access_key: KeyParts = ()
    backup_bucket_name: str = ""
    backup_endpoint_url: Address | None = None

    @model_validator(mode="after")
    def _whole_or_absent(self) -> BackupSettings:
        given = {name: bool(getattr(self, name)) for name in BackupSettings.model_fields if name.startswith("backup_")}
        absent = next((name for name, is_given in given.items() if not is_given), None)
        if absent is not None and (any(given.values()) or self.stage not in UNGUARDED_STAGES):
            raise ValueError(f"{absent.upper()}: is missing; only local and dev do without a bucket of second copies")
        _check_pairs("BACKUP", self.backup_access_key_id, self.backup_secret_access_key)
        return self

    @property
    def configured(self) -> bool:
        return self.backup_endpoint_url is not None

    @property
    def endpoint(self) -> str:
        return self.backup_endpoint_url or ""

    @property
    def bucket(self) -> str:
        return self.backup_bucket_name

    @property
    def keys(self) -> list[tuple[str, str]]:
        return list(zip(self.backup_access_key_id, self.backup_secret_access_key, strict=True))


class BillingSettings(Settings):
    stripe_secret_key: str
    stripe_prices: Annotated[Mapping[str, tuple[str, str]], BeforeValidator(parse_prices)]
    """Price id -> (plan, interval), from JSON such as {"price_x": "family:month"}."""
    stripe_api_base: Address | None = None

    def price_of(self, plan: str, interval: str) -> str | None:
        """The price id a plan is sold at, None where it is not sold."""
        return next((price for price, sold in self.stripe_prices.items() if sold == (plan, interval)), None)


class WebhookSettings(Settings):
    """What proves that an event comes from Stripe: for the function that Stripe calls, and no other."""

    stripe_webhook_secrets: Secrets


class AppSettings(Settings):
    app_url: Address


class InviteSettings(AppSettings):
    invite_code_secret: Annotated[
        tuple[Annotated[str, Field(min_length=32)], ...], BeforeValidator(split), Field(min_length=1)
    ]


class ResendSettings(Settings):
    resend_api_key: str
    resend_api_url: Address | None = None


class MailSettings(AppSettings, ResendSettings):
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
