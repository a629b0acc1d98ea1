"""Three stages as an operator would configure them: every variable there, every value in its vendor's form."""

from __future__ import annotations

import base64
import hashlib
import json

from chalicelib.config.by_function import FUNCTIONS
from tools.configuration.catalog import stored_in_parameter
from tools.template.functions import environment_of

STAGES = ("dev", "staging", "prod")


def random_text(*parts: str, length: int = 40) -> str:
    """Text that looks random, and is the same in each run."""
    digest = hashlib.sha512("/".join(parts).encode()).digest()
    return base64.b64encode(digest, altchars=b"ab").decode()[:length]


def variables_of(stage: str) -> dict[str, str]:
    """All variables of a stage, with the same values for each of its functions."""
    project = "".join(chr(97 + byte % 26) for byte in hashlib.sha256(stage.encode()).digest()[:20])
    database = "postgresql://app_login.{}:{}@aws-0-eu-west-1.pooler.supabase.com:6543/postgres"
    mode = "live" if stage == "prod" else "test"
    host = {"prod": "app.talesofthesun.org", "staging": "staging.talesofthesun.org", "dev": "dev.talesofthesun.org"}[
        stage
    ]

    def secret(name: str, length: int = 40) -> str:
        return random_text(stage, name, length=length)

    return {
        "DATABASE_URL": database.format(project, secret("DATABASE_URL")),
        "DATABASE_URL_NEXT": database.format(project, secret("DATABASE_URL_NEXT")),
        "DATABASE_CA": "supabase-root-2021.crt",
        "DATABASE_CHANNEL_BINDING": "prefer",
        "SUPABASE_URL": f"https://{project}.supabase.co",
        "SUPABASE_JWT_SECRET": secret("SUPABASE_JWT_SECRET"),
        "SUPABASE_JWKS_URL": f"https://{project}.supabase.co/auth/v1/.well-known/jwks.json",
        "ALLOWED_ORIGINS": f"https://{host}",
        "HEALTH_TOKEN": secret("HEALTH_TOKEN"),
        "RATE_LIMIT_STORAGE_URL": f"rediss://default:{secret('REDIS')}@{secret('HOST', 12).lower()}.upstash.io:6379",
        "R2_ACCOUNT_ID": hashlib.md5(b"account").hexdigest(),
        "R2_ENDPOINT_URL": f"https://{hashlib.md5(b'account').hexdigest()}.r2.cloudflarestorage.com",
        "R2_BUCKET_NAME": f"sun-recordings-{stage}",
        "R2_ACCESS_KEY_ID": hashlib.md5(f"r2/{stage}".encode()).hexdigest(),
        "R2_SECRET_ACCESS_KEY": hashlib.sha256(f"r2/{stage}".encode()).hexdigest(),
        "BACKUP_ENDPOINT_URL": "https://s3.eu-central-003.backblazeb2.com",
        "BACKUP_BUCKET_NAME": f"sun-copies-{stage}",
        "BACKUP_ACCESS_KEY_ID": hashlib.md5(f"b2/{stage}".encode()).hexdigest()[:25],
        "BACKUP_SECRET_ACCESS_KEY": secret("BACKUP_SECRET_ACCESS_KEY", 31),
        "STRIPE_SECRET_KEY": f"sk_{mode}_{secret('STRIPE_SECRET_KEY')}",
        "STRIPE_WEBHOOK_SECRETS": f"whsec_{secret('STRIPE_WEBHOOK_SECRETS', 32)}",
        "STRIPE_PRICES": json.dumps({f"price_{secret('PRICE', 24)}": "family:month"}),
        "STRIPE_API_BASE": "https://api.stripe.com",
        "RESEND_API_KEY": f"re_{secret('RESEND_API_KEY', 30)}",
        "RESEND_API_URL": "https://api.resend.com",
        "MAIL_FROM": "Stories From the Sun <stories@talesofthesun.org>",
        "ALERT_EMAILS": "dev@talesofthesun.org,operators@talesofthesun.org",
        "APP_URL": f"https://{host}",
        "INVITE_CODE_SECRET": secret("INVITE_CODE_SECRET", 64),
        "SENTRY_DSN": "https://0f1e2d3c4b5a69788796a5b4c3d2e1f0@o42.ingest.de.sentry.io/17",
        "SENTRY_TRACES_SAMPLE_RATE": "0.1",
        "POSTHOG_API_KEY": f"phc_{secret('POSTHOG_API_KEY')}",
        "POSTHOG_HOST": "https://eu.i.posthog.com",
    }


def configured(stage: str) -> dict[str, dict[str, str]]:
    """Function -> what it reads, from its parameter and its environment."""
    known = variables_of(stage)
    return {
        function: {name: known[name] for name in sorted(stored_in_parameter(function))}
        | environment_of(function, stage)
        for function in FUNCTIONS
    }
