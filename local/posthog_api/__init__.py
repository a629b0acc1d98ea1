"""The stand-in for PostHog."""

from local.posthog_api.api import create_blueprint
from local.posthog_api.event_store import EventStore

__all__ = ["EventStore", "create_blueprint"]
