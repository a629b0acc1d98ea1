"""The stand-in for Sentry."""

from local.sentry_api.api import create_blueprint
from local.sentry_api.event_store import EventStore

__all__ = ["EventStore", "create_blueprint"]
