"""The embedded Postgres, and what Supabase brings to a database of its own."""

from local.postgres.embedded import SUPERUSER, EmbeddedPostgres
from local.postgres.launch import AlreadyRunning, StartFailed

__all__ = ["SUPERUSER", "AlreadyRunning", "EmbeddedPostgres", "StartFailed"]
