"""What each deployed function needs, as one model: the groups it reads.

Only for checking a stage before it is deployed, and a running one when asked; the code itself loads the groups it uses.
"""

from __future__ import annotations

from chalicelib.config import (
    AlertSettings,
    AnalyticsSettings,
    AuthSettings,
    BackupSettings,
    BillingSettings,
    DatabaseSettings,
    HealthSettings,
    HttpSettings,
    InviteSettings,
    LimitSettings,
    MonitoringSettings,
    ResendSettings,
    Settings,
    StorageSettings,
    WebhookSettings,
)


class ApiFunction(
    DatabaseSettings,
    AuthSettings,
    HttpSettings,
    LimitSettings,
    StorageSettings,
    BillingSettings,
    InviteSettings,
    MonitoringSettings,
    HealthSettings,
    BackupSettings,
    ResendSettings,
):
    """What the HTTP function needs; the last two groups to say in /health whether they work."""


class StripeWebhookFunction(DatabaseSettings, WebhookSettings, BillingSettings, MonitoringSettings):
    """What the webhook needs: to prove an event, and to apply it at once. No key of the object store is among it."""


class ProcessJobsFunction(
    DatabaseSettings, BillingSettings, InviteSettings, AlertSettings, AnalyticsSettings, MonitoringSettings
):
    """What draining the queue needs."""


class SettleUploadsFunction(DatabaseSettings, StorageSettings, MonitoringSettings):
    """What settling uploads needs."""


class CleanupMediaFunction(DatabaseSettings, StorageSettings, MonitoringSettings):
    """What emptying the trash needs."""


class AuditStorageFunction(DatabaseSettings, StorageSettings, MonitoringSettings):
    """What comparing bucket, rows and ledger needs."""


class CopyRecordingsFunction(DatabaseSettings, StorageSettings, BackupSettings, MonitoringSettings):
    """What the second copy needs."""


class ReconcileBillingFunction(DatabaseSettings, BillingSettings, MonitoringSettings):
    """What comparing with Stripe needs."""


class SendErrorDigestFunction(DatabaseSettings, AlertSettings, MonitoringSettings):
    """What the operator's digest needs."""


FUNCTIONS: dict[str, type[Settings]] = {
    "api_handler": ApiFunction,
    "stripe_webhook": StripeWebhookFunction,
    "process_jobs": ProcessJobsFunction,
    "settle_uploads": SettleUploadsFunction,
    "cleanup_media": CleanupMediaFunction,
    "audit_storage": AuditStorageFunction,
    "copy_recordings": CopyRecordingsFunction,
    "reconcile_billing": ReconcileBillingFunction,
    "send_error_digest": SendErrorDigestFunction,
}
"""A deployed function's name -> what it needs. `make config-check` and `make secrets` follow it, and the tables of
docs/configuration.md; a new variable needs a text in tools/configuration/variables.toml too. How big each function is
and how long it may run: tools/template/functions.py."""
