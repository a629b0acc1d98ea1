"""Every check there is, vendor by vendor: so they are tried, told and documented."""

from __future__ import annotations

from tools.vendors import checks, mail_and_events, reading, stripe, supabase, uploads

__all__ = ["CHECKS", "VENDORS", "mail_and_events", "reading", "stripe", "supabase", "uploads"]

VENDORS = {
    "store": "The object store (R2)",
    "backup": "The second bucket",
    "stripe": "Stripe",
    "resend": "Resend",
    "posthog": "PostHog",
    "sentry": "Sentry",
    "supabase": "Supabase",
}
"""The first word of an id -> the vendor."""

CHECKS = {name: check for vendor in VENDORS for name, check in checks.declared.items() if check.vendor == vendor}
