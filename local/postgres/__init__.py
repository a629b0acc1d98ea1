"""The embedded Postgres, and what Supabase brings to a database of its own."""

from local.postgres.embedded import SUPERUSER, EmbeddedPostgres
from local.postgres.launch import AlreadyRunning, PortTaken, StartFailed

__all__ = ["SUPERUSER", "AlreadyRunning", "EmbeddedPostgres", "PortTaken", "StartFailed"]
