"""Is this a waveform? Apps draw it without asking, and whoever has an upload URL can send any bytes.

A waveform is a JSON array of 1 to 65,536 numbers from -32,768 to 32,768: samples of 16 bits fit, and shares of 1 too.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import FailFast, Field, TypeAdapter, ValidationError

MAX_BYTES = 256 * 1024
MAX_NUMBERS = 65_536
LARGEST = 32_768

_Number = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-LARGEST, le=LARGEST)]
_WAVEFORM = TypeAdapter(Annotated[list[_Number], FailFast(), Field(min_length=1, max_length=MAX_NUMBERS)])


def is_waveform(body: bytes) -> bool:
    """Whether the whole of an object's bytes is a waveform."""
    if len(body) > MAX_BYTES:
        return False
    try:
        _WAVEFORM.validate_json(body)
    except ValidationError:
        return False
    return True
