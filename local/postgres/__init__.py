"""The embedded Postgres, and what Supabase adds to a database."""

from local.postgres.embedded import SUPERUSER, EmbeddedPostgres
from local.postgres.launch import AlreadyRunning, StartFailed

__all__ = ["SUPERUSER", "AlreadyRunning", "EmbeddedPostgres", "StartFailed"]
