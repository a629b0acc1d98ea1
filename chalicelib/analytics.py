"""PostHog: the product events of Stories From the Sun, and the one module that sends them.

Every event that exists is in EVENTS, with the properties it has and no others; each is sent by one side alone, this
backend or the app. A person is an id: no name, no address, no profile, no place guessed from where a request came.
Nothing is sent from within a request: the queue does it, in batches. It asks PostHog's API itself: PostHog's library
follows redirects and reads an answer of any length.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from chalicelib import deadlines, vendor_http
from chalicelib.config import AnalyticsSettings, load
from chalicelib.errors import NotRetryable, Unavailable
from chalicelib.vendor_http import failed, trouble_of_status

SECONDS = 6.0
"""For all events of a call. What arrived of a request that timed out is known by its uuid, and not counted twice."""
_ABOUT_THE_BATCH = (400, 413, 422)

Plan = Literal["free", "family", "legacy"]
Locale = Literal["en", "es", "fr"]
Seconds = float


class Properties(BaseModel):
    """What an event tells beside who and when: ids, numbers, and words of ours. In camelCase where it is read."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=to_camel, validate_by_name=True, serialize_by_alias=True
    )


class OfAFamily(Properties):
    family_id: UUID


class OfAPerson(Properties):
    """Of a person who may have no family yet."""

    family_id: UUID | None = None


class OfARecording(OfAFamily):
    recording_id: UUID | None = None
    prompt_id: UUID | None = None
    duration: Seconds | None = Field(default=None, ge=0, allow_inf_nan=False)


class RecordingSaved(OfARecording):
    size_bytes: int = Field(gt=0)
    rescued: bool = False
    """Kept by the server alone: the phone never came back after its upload."""


class OfAPlayback(OfAFamily):
    recording_id: UUID


class PromptCreated(OfAFamily):
    prompt_id: UUID


class CheckoutStarted(OfAFamily):
    plan: Plan
    interval: Literal["month", "year"]


class OfASubscription(OfAFamily):
    plan: Plan
    previous_plan: Plan | None = None


class LanguageChanged(Properties):
    locale: Locale
    previous_locale: Locale | None = None


SERVER_EVENTS: Mapping[str, type[Properties]] = {
    # Onboarding
    "onboarding_family_created": OfAFamily,
    # Invitations
    "invitation_created": OfAFamily,
    "invitation_redeemed": OfAFamily,
    # Recording
    "recording_upload_started": OfARecording,
    "recording_saved": RecordingSaved,
    # Billing
    "billing_checkout_started": CheckoutStarted,
    "billing_checkout_completed": OfASubscription,
    "billing_portal_opened": OfAFamily,
    "billing_plan_changed": OfASubscription,
    "billing_subscription_canceled": OfASubscription,
    "billing_subscription_renewed": OfASubscription,
    # Settings
    "settings_language_changed": LanguageChanged,
    # Prompts
    "prompt_created": PromptCreated,
}
"""What the backend knows and sends: noun_verb -> what it tells."""

APP_EVENTS: Mapping[str, type[Properties]] = {
    # Signing in
    "auth_magic_link_requested": OfAPerson,
    "auth_magic_link_verified": OfAPerson,
    "auth_signed_in": OfAPerson,
    "auth_signed_out": OfAPerson,
    # Onboarding
    "onboarding_completed": OfAFamily,
    # Recording
    "recording_started": OfARecording,
    "recording_paused": OfARecording,
    "recording_resumed": OfARecording,
    "recording_completed": OfARecording,
    # Playback
    "playback_started": OfAPlayback,
    "playback_completed": OfAPlayback,
}
"""What only the app knows: it sends these to PostHog itself, typed by clients/stories.d.ts."""

EVENTS: Mapping[str, type[Properties]] = {**SERVER_EVENTS, **APP_EVENTS}
"""Every event there is."""


@dataclass(frozen=True)
class Event:
    """An event as it is sent. `uuid` makes it one event however often it is sent."""

    uuid: str
    name: str
    user_id: UUID
    happened_at: datetime
    properties: Properties


class _Payload(BaseModel):
    """What a job of kind capture_events holds."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    event: str
    user_id: UUID | None
    happened_at: datetime
    properties: dict[str, Any]


def read_event(uuid: str, payload: Mapping[str, Any]) -> Event | None:
    """The event of a job's payload; None where its person's account is gone, for then it is nobody's.

    Raises NotRetryable for an event that is not in the list, or tells what it may not.
    """
    try:
        told = _Payload.model_validate(payload)
        if told.event not in EVENTS:
            raise NotRetryable("UnknownEvent")
        properties = EVENTS[told.event].model_validate(told.properties, by_alias=False, by_name=True)
    except ValidationError:
        raise NotRetryable("InvalidEvent") from None
    if told.user_id is None:
        return None
    return Event(uuid, told.event, told.user_id, told.happened_at, properties)


def send(events: Sequence[Event]) -> dict[str, NotRetryable]:
    """Sends events; nothing where no key is configured. Returns uuid -> why it can never be sent, for each such event.

    Raises Unavailable("posthog") where all of them have to come again: those that arrived are not counted twice.
    """
    settings = load(AnalyticsSettings)
    if not settings.posthog_api_key or not events:
        return {}
    with deadlines.at_most(SECONDS):
        refused = _send(settings.posthog_host, settings.posthog_api_key, events)
    if len(refused) == len(events) > 1:
        # Not one event of several is good enough: that is not about the events.
        raise failed("posthog", "refuses us", events=len(events))
    return refused


def _send(host: str, api_key: str, events: Sequence[Event]) -> dict[str, NotRetryable]:
    body = json.dumps({"api_key": api_key, "batch": [_as_sent(event) for event in events]})
    headers = {"Content-Type": "application/json"}
    try:
        answer = vendor_http.ask("posthog", "POST", f"{host}/batch/", seconds=SECONDS, headers=headers, body=body)
    except Unavailable as trouble:
        raise failed("posthog", trouble.trouble, events=len(events)) from None
    said, status = answer.json_object(), answer.status
    if status == 200 and isinstance(said.get("status"), int | str):
        return {}
    # It says what is wrong in JSON or in plain text; markup is some proxy's.
    if status not in _ABOUT_THE_BATCH or not answer.body.strip() or answer.body.lstrip().startswith(b"<"):
        raise failed("posthog", trouble_of_status(status), status=status, events=len(events))
    if len(events) == 1:
        return {events[0].uuid: NotRetryable(f"PostHog{status}")}
    # One event spoils the batch it is in: it is found by halves, and the others arrive.
    half = len(events) // 2
    return _send(host, api_key, events[:half]) | _send(host, api_key, events[half:])


def _as_sent(event: Event) -> dict[str, Any]:
    return {
        "uuid": event.uuid,
        "event": event.name,
        "distinct_id": str(event.user_id),
        "timestamp": event.happened_at.isoformat(),
        "properties": {
            **event.properties.model_dump(mode="json", by_alias=True, exclude_none=True),
            # No profile of the person, no address of the machine, no place guessed from it.
            "$process_person_profile": False,
            "$ip": None,
            "$geoip_disable": True,
        },
    }
