"""What is a waveform: numbers in bounds, in a JSON array, and nothing that an app would not expect."""

from __future__ import annotations

import pytest

from chalicelib.storage.waveforms import LARGEST, MAX_BYTES, MAX_NUMBERS, is_waveform


@pytest.mark.parametrize(
    "body",
    [
        b"[1]",
        b"[0.1, 0.9, -1, 2e-3, -0.0]",
        b" [\n0 ,\t1 ] ",
        f"[{LARGEST}, -{LARGEST}]".encode(),
        b"[" + b"0," * (MAX_NUMBERS - 1) + b"0]",
        b"[1" + b" " * (MAX_BYTES - 3) + b"]",
    ],
)
def test_an_array_of_numbers_in_bounds_is_a_waveform(body: bytes) -> None:
    assert is_waveform(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"1",
        b"null",
        b'{"peaks": [1]}',
        b"[1",
        b"[1]]",
        b"[1,]",
        b"[1] <script>",
        b'["1"]',
        b"[true]",
        b"[null]",
        b"[[1]]",
        b"[NaN]",
        b"[Infinity]",
        b"[-Infinity]",
        b"[1e999]",
        f"[{LARGEST + 1}]".encode(),
        f"[-{LARGEST}.001]".encode(),
        b"[" + b"9" * 200_000 + b"]",
        b"[" + b"0," * MAX_NUMBERS + b"0]",
        b"[1" + b" " * (MAX_BYTES - 2) + b"]",
        b"[" * 200_000,
        b"\xff\xfe[\x001\x00]\x00",
        b"\xef\xbb\xbf[1]",
        b"<svg onload=alert(1)>",
        b"\x00" * 1000,
    ],
    ids=lambda body: repr(body[:20]),
)
def test_anything_else_is_none(body: bytes) -> None:
    assert not is_waveform(body)
