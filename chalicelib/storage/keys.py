"""The keys of a recording's objects, and the way back from a key to its ids. Nothing else takes a key apart.

A key is made when an upload is reserved and kept on the reservation, then on the recording: from there on the rows say
which object is whose. Finalize and playback make a key again from the ids, since they sign or ask before any row with a
key is read, so keys of kept recordings bind the two functions for good.
"""

from __future__ import annotations

import re
from uuid import UUID

_DIGITS = "0123456789abcdef"
_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_KEY = re.compile(rf"families/({_ID})/recordings/({_ID})\.(?:audio\.m4a|waveform\.json)")


def object_key(family_id: UUID, recording_id: UUID) -> str:
    """The key of a recording's audio."""
    return f"families/{family_id}/recordings/{recording_id}.audio.m4a"


def waveform_key(family_id: UUID, recording_id: UUID) -> str:
    """The key of a recording's waveform."""
    return f"families/{family_id}/recordings/{recording_id}.waveform.json"


def shards() -> list[dict[str, str | None]]:
    """All keys and all families in 16 parts, by the first digit of the family's id.

    A part's ranges begin behind `keys_after` and `families_after`, and end with `keys_up_to` and `families_up_to`; None
    has no bound. A key of any other form is in one of the parts too.
    """
    parts: list[dict[str, str | None]] = []
    for number, digit in enumerate(_DIGITS):
        before, after = _DIGITS[:number][-1:], _DIGITS[number + 1 :][:1]
        parts.append(
            {
                "shard": digit,
                "keys_after": f"families/{digit}" if before else "",
                "keys_up_to": f"families/{after}" if after else None,
                "families_after": str(UUID(before + "f" * 31)) if before else None,
                "families_up_to": str(UUID(digit + "f" * 31)) if after else None,
            }
        )
    return parts


def ids_of_key(key: str) -> tuple[UUID, UUID] | None:
    """(family id, recording id) of a key of either kind; None for any other text."""
    found = _KEY.fullmatch(key)
    return (UUID(found[1]), UUID(found[2])) if found else None
