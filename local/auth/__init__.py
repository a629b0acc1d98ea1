"""The stand-in for Supabase Auth."""

from local.auth.api import create_blueprint, issue_token
from local.auth.settings import AuthSettings
from local.auth.tokens import anon_key

__all__ = ["AuthSettings", "anon_key", "create_blueprint", "issue_token"]
