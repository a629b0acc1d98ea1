"""The settings of the local stack: its folder, its secrets, and the environment of the app.

Secrets are made at the first start and kept in .local/env (mode 600), with everything else that a client or a test
needs: one NAME=value a line, which a shell can source. Every secret contains the word local, and a deployed stage
refuses such secrets.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from local.ports import Ports

ROOT = Path(__file__).resolve().parent.parent
# A stack in another folder, on other ports, is independent: the tests start theirs beside a developer's.
LOCAL_DIR = Path(os.environ.get("LOCAL_DIR") or ROOT / ".local")

BUCKET = "stories-local"
BACKUP_BUCKET = "stories-local-copies"
PRICES = {
    "price_local_family_month": "family:month",
    "price_local_family_year": "family:year",
    "price_local_legacy_month": "legacy:month",
    "price_local_legacy_year": "legacy:year",
}

# Made once and kept: name -> the text before the random part.
_SECRETS = {
    "SUPABASE_JWT_SECRET": "local-jwt-",
    "R2_SECRET_ACCESS_KEY": "local-r2-",
    "BACKUP_SECRET_ACCESS_KEY": "local-backup-",
    "STRIPE_SECRET_KEY": "sk_test_local_",
    "STRIPE_WEBHOOK_SECRETS": "whsec_local_",
    "RESEND_API_KEY": "re_local_",
    "POSTHOG_API_KEY": "phc_local_",
    "SENTRY_KEY": "local-sentry-",
    "INVITE_CODE_SECRET": "local-invites-",
    "MIGRATIONS_PASSWORD": "local-postgres-",
    "APP_LOGIN_PASSWORD": "local-app-",
}


def read_env(path: Path | None = None) -> dict[str, str]:
    """The variables of .local/env; none where the stack has never run."""
    path = path or LOCAL_DIR / "env"
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return {}
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line)
    return {name: _unquoted(value) for name, value in pairs}


def configure() -> None:
    """Where the environment names no stage, takes that of the local stack: for the operator's commands."""
    if "STAGE" not in os.environ:
        os.environ.update({**read_env(), **os.environ})


def signing(environment: Mapping[str, str] = os.environ) -> Literal["HS256", "ES256"]:
    """How sign-in signs: SIGNING=ES256 signs with a key pair and publishes a JWKS, as new Supabase projects do."""
    return "ES256" if environment.get("SIGNING") == "ES256" else "HS256"


def make_env(known: Mapping[str, str], ports: Ports) -> dict[str, str]:
    """Every variable of the stack: known secrets are kept, missing ones made, and addresses follow the ports."""
    from local.auth import anon_key

    kept = {name: known.get(name) or prefix + secrets.token_urlsafe(32) for name, prefix in _SECRETS.items()}
    return {
        **kept,
        "STAGE": "local",
        "VERSION": "local",
        "ANON_KEY": anon_key(kept["SUPABASE_JWT_SECRET"]),
        "DATABASE_URL": f"postgresql://app_login:{kept['APP_LOGIN_PASSWORD']}@127.0.0.1:{ports.postgres}/stories",
        "MIGRATIONS_DATABASE_URL": f"postgresql://postgres:{kept['MIGRATIONS_PASSWORD']}@127.0.0.1:{ports.postgres}/stories",
        "SUPABASE_URL": ports.origin,
        # With ES256 alone: an app that knows the secret and the published keys would accept tokens of both kinds.
        **({"SUPABASE_JWKS_URL": f"{ports.origin}/auth/v1/.well-known/jwks.json"} if signing() == "ES256" else {}),
        "R2_ENDPOINT_URL": ports.store_origin,
        "R2_ACCOUNT_ID": "local",
        "R2_ACCESS_KEY_ID": "local-r2",
        "R2_BUCKET_NAME": BUCKET,
        "BACKUP_ENDPOINT_URL": ports.store_origin,
        "BACKUP_ACCESS_KEY_ID": "local-backup",
        "BACKUP_BUCKET_NAME": BACKUP_BUCKET,
        "STRIPE_API_BASE": f"{ports.origin}/_local/stripe",
        "STRIPE_PRICES": json.dumps(PRICES, separators=(",", ":")),
        "RESEND_API_URL": f"{ports.origin}/_local/resend",
        "MAIL_FROM": "Stories From the Sun <stories@example.org>",
        "ALERT_EMAILS": "operator@example.org",
        "POSTHOG_HOST": f"{ports.origin}/_local/posthog",
        "SENTRY_DSN": ports.origin.replace("://", f"://{kept['SENTRY_KEY']}@") + "/_local/sentry/1",
        "APP_URL": f"{ports.origin}/_local/app",
        "ALLOWED_ORIGINS": "*",
    }


def write_env(variables: Mapping[str, str], path: Path) -> None:
    """Replaces the file in one step; only its owner can read it at any moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(f"{name}={_quoted(value)}\n" for name, value in sorted(variables.items()))
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def _quoted(value: str) -> str:
    """In quotes only where a shell needs them, so that a simple reader of NAME=value is right as well."""
    return f"'{value}'" if any(character in value for character in ' <>{}"*&') else value


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == "'" else value
