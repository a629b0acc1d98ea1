"""The product events: typed, with nothing in them but ids, numbers and words of a list."""

from __future__ import annotations

import re
import subprocess
import sys
import uuid
from collections import Counter
from pathlib import Path
from typing import Any, Literal, get_args, get_origin
from uuid import UUID

import pytest

from chalicelib import analytics
from chalicelib.analytics import APP_EVENTS, EVENTS, SERVER_EVENTS, read_event
from chalicelib.errors import NotRetryable

FAMILY, PERSON = str(uuid.uuid4()), str(uuid.uuid4())
ROOT = Path(__file__).parents[2]

SAMPLES: dict[Any, Any] = {UUID: FAMILY, float: 12.5, int: 5, bool: True}
"""A value of each kind that a property may have. Free text is none of them."""


def payload(event: str, **properties: Any) -> dict[str, Any]:
    return {"event": event, "user_id": PERSON, "happened_at": "2026-11-20T10:00:00.5+00:00", "properties": properties}


def everything_of(event: str) -> dict[str, Any]:
    """A value for each property of an event, made from its model."""
    return {name: sample_of(field.annotation) for name, field in EVENTS[event].model_fields.items()}


def sample_of(annotation: Any) -> Any:
    if get_origin(annotation) is Literal:
        return get_args(annotation)[0]
    if get_args(annotation):
        return sample_of(get_args(annotation)[0])
    assert annotation in SAMPLES, f"{annotation} can hold a text: an event holds ids, numbers and words of a list"
    return SAMPLES[annotation]


def test_an_event_is_named_noun_verb() -> None:
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)+", event) for event in EVENTS)


def test_there_are_24_events_in_eight_groups_and_each_is_sent_by_one_side() -> None:
    assert len(SERVER_EVENTS) + len(APP_EVENTS) == len(EVENTS) == 24
    groups = Counter(event.split("_")[0] for event in EVENTS)
    sizes = {"auth": 4, "onboarding": 2, "invitation": 2, "recording": 6, "playback": 2, "billing": 6}
    assert groups == {**sizes, "settings": 1, "prompt": 1}


def test_the_backend_sends_its_own_events_and_no_other() -> None:
    functions = "\n".join(path.read_text() for path in (ROOT / "sql" / "functions").glob("*.sql"))
    named = set(re.findall(r"'([a-z]+(?:_[a-z]+)+)'", functions))
    assert named & EVENTS.keys() == SERVER_EVENTS.keys()
    assert set(re.findall(r"capture_event\('(\w+)'", functions)) <= SERVER_EVENTS.keys()


@pytest.mark.parametrize(("interface", "events"), [("AppEvents", APP_EVENTS), ("ServerEvents", SERVER_EVENTS)])
def test_the_client_s_types_hold_each_event_with_its_properties(interface: str, events: dict[str, Any]) -> None:
    types = (ROOT / "clients" / "stories.d.ts").read_text()
    (body,) = re.findall(rf"^ {{8}}{interface}: {{\n(.*?)^ {{8}}}};", types, re.MULTILINE | re.DOTALL)
    typed = {
        name: set(re.findall(r"(\w+)\??:", re.sub(r"/\*.*?\*/", "", fields, flags=re.DOTALL)))
        for name, fields in re.findall(r"^ {12}(\w+): {\n(.*?)^ {12}};", body, re.MULTILINE | re.DOTALL)
    }
    assert typed == {name: {field.alias for field in model.model_fields.values()} for name, model in events.items()}


@pytest.mark.parametrize("event", EVENTS)
def test_each_event_is_accepted_with_all_its_properties_and_sent_in_camel_case(event: str) -> None:
    read = read_event("job", payload(event, **everything_of(event)))
    assert read is not None
    sent = analytics._as_sent(read)
    assert (sent["uuid"], sent["event"], sent["distinct_id"]) == ("job", event, PERSON)
    assert sent["timestamp"] == "2026-11-20T10:00:00.500000+00:00"
    own = {name for name in sent["properties"] if not name.startswith("$")}
    assert all(re.fullmatch(r"[a-z]+([A-Z][a-z]+)*", name) for name in own)
    assert len(own) == len(EVENTS[event].model_fields)
    assert sent["properties"]["$process_person_profile"] is False
    assert (sent["properties"]["$ip"], sent["properties"]["$geoip_disable"]) == (None, True)


# Every model takes this from the one base: which name is the unknown one makes no difference, so one per event is
# enough, and all names once. What a model declares by itself is held by the tests of free text below.
@pytest.mark.parametrize(
    ("event", "name"),
    [
        *((event, "email") for event in EVENTS),
        *(("onboarding_completed", name) for name in ("name", "displayName", "title", "distinct_id", "$set")),
    ],
)
def test_an_event_with_a_property_that_is_not_declared_is_refused(event: str, name: str) -> None:
    with pytest.raises(NotRetryable, match="InvalidEvent"):
        read_event("job", payload(event, **everything_of(event), **{name: "Grandma"}))


@pytest.mark.parametrize("event", EVENTS)
def test_no_property_of_an_event_accepts_free_text(event: str) -> None:
    for name in EVENTS[event].model_fields:
        with pytest.raises(NotRetryable):
            read_event("job", payload(event, **{**everything_of(event), name: "grandma@example.com"}))


def test_the_person_of_an_event_is_an_id() -> None:
    for user_id in ("grandma@example.com", "Grandma", 7):
        with pytest.raises(NotRetryable):
            read_event("job", {**payload("onboarding_completed", family_id=FAMILY), "user_id": user_id})
    with pytest.raises(NotRetryable):
        read_event("job", {**payload("onboarding_completed", family_id=FAMILY), "email": "grandma@example.com"})


def test_a_recording_of_no_bytes_is_not_counted_as_saved() -> None:
    told = everything_of("recording_saved")
    assert read_event("job", payload("recording_saved", **{**told, "size_bytes": 1}))
    with pytest.raises(NotRetryable, match="InvalidEvent"):
        read_event("job", payload("recording_saved", **{**told, "size_bytes": 0}))


def test_a_missing_required_property_is_refused() -> None:
    for event, model in EVENTS.items():
        for name, field in model.model_fields.items():
            if field.is_required():
                told = {key: value for key, value in everything_of(event).items() if key != name}
                with pytest.raises(NotRetryable):
                    read_event("job", payload(event, **told))


@pytest.mark.parametrize("duration", [-1, "NaN", "Infinity", float("inf")])
def test_a_duration_is_a_number_of_seconds(duration: Any) -> None:
    with pytest.raises(NotRetryable):
        read_event("job", payload("recording_completed", family_id=FAMILY, duration=duration))


def test_posthog_is_not_imported_before_there_is_something_to_send() -> None:
    script = (
        "import sys, chalicelib.jobs.capture_events; sys.exit('posthog' in sys.modules or 'requests' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT).returncode == 0
