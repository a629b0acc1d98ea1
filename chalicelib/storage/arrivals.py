"""What arrived of an upload: the facts by which the database decides what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.storage.store import WAVEFORM_TYPE, audio_store
from chalicelib.storage.waveforms import MAX_BYTES, is_waveform


def look_for(upload: Mapping[str, Any]) -> dict[str, Any] | None:
    """Facts about the objects of an upload {object_key, waveform_key}; None when there is no audio. Raises Unavailable.

    They are {size_bytes, content_type, etag, stored_at, is_mp4, waveform}, and waveform is {size_bytes, stored_at,
    is_waveform}, or None where none was declared or none is there.
    """
    audio = audio_store().inspect_object(upload["object_key"])
    if audio is None:
        return None
    return {**audio.facts(), "waveform": _look_for_waveform(upload["waveform_key"])}


def _look_for_waveform(key: str | None) -> dict[str, Any] | None:
    # One byte more than it may have: a longer one is seen to be longer, whatever the store says of its size.
    found = audio_store().inspect_object(key, MAX_BYTES + 1) if key else None
    if found is None:
        return None
    return {
        "size_bytes": found.size_bytes,
        "stored_at": found.stored_at,
        "is_waveform": found.content_type == WAVEFORM_TYPE and is_waveform(found.head),
    }
