"""Which first bytes pass for a recording."""

from __future__ import annotations

import pytest

from chalicelib.storage.mp4 import is_mp4


def ftyp(major: bytes, *compatible: bytes, version: int = 0) -> bytes:
    body = b"ftyp" + major + version.to_bytes(4, "big") + b"".join(compatible)
    return (len(body) + 4).to_bytes(4, "big") + body


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(ftyp(b"M4A ", b"M4A ", b"mp42", b"isom", b"\0\0\0\0"), id="iOS voice recorder"),
        pytest.param(ftyp(b"mp42", b"mp42", b"isom"), id="Android MediaRecorder"),
        pytest.param(ftyp(b"isom", b"isom", b"mp42"), id="Android MediaMuxer"),
        pytest.param(ftyp(b"3gp4", b"isom", b"3gp4"), id="older Android"),
        pytest.param(ftyp(b"isom", b"isom", b"iso6", b"iso2", b"avc1", b"mp41", version=512), id="Chrome"),
        pytest.param(ftyp(b"iso5", b"isom", b"iso5", b"hlsf"), id="Safari"),
        pytest.param(ftyp(b"M4A ", b"M4A ", b"isom", b"iso2", version=512), id="ffmpeg"),
        pytest.param(ftyp(b"iso8", b"mp41", b"dash", b"cmfa"), id="fragmented"),
        pytest.param(ftyp(b"dash"), id="no compatible brands"),
        pytest.param(ftyp(b"qt  ", b"qt  "), id="QuickTime"),
        pytest.param(ftyp(b"XAVC", b"mp42", b"isom"), id="an unknown major brand beside a known one"),
    ],
)
def test_recordings_of_phones_and_browsers_are_recognised(head: bytes) -> None:
    assert is_mp4(head + b"\0" * 100, 10_000)


BRANDS = b"isom iso2 iso9 mp41 mp42 mp71 M4A M4B f4v 3gp4 3gp5 3g2a 3gr6 qt dash msdh cmfc hlsf avc1 MSNV"


@pytest.mark.parametrize("brand", [brand.ljust(4) for brand in BRANDS.split()])
def test_each_of_these_brands_is_enough(brand: bytes) -> None:
    assert is_mp4(ftyp(brand), 10_000)
    assert is_mp4(ftyp(b"evil", brand), 10_000)


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"ftypM4A ", id="no size"),
        pytest.param(b"<!DOCTYPE html><html>", id="a page"),
        pytest.param(b"ID3\x04\0\0\0\0\0\0", id="an MP3"),
        pytest.param(b"\x1aE\xdf\xa3\x9fB\x86\x81\x01webm", id="WebM"),
        pytest.param(b"RIFF\x24\0\0\0WAVEfmt ", id="WAV"),
        pytest.param(b"\xff\xf1\x50\x80\x2e\x7f\xfc", id="bare AAC"),
        pytest.param(b"\x00\x00\x00\x14styp" + ftyp(b"M4A ", b"mp42")[8:], id="a box of another name"),
        pytest.param(ftyp(b"heic", b"mif1", b"heic", b"mp42"), id="a photo"),
        pytest.param(ftyp(b"avif", b"mif1", b"miaf"), id="a picture"),
        pytest.param(ftyp(b"evil", b"evil"), id="an unknown brand"),
        pytest.param(b"\x00\x00\x00\x08ftyp", id="a box without a brand"),
        pytest.param(b"\x00\x00\x00\x08ftypM4A \0\0\0\0", id="a box that ends before its brand"),
        pytest.param(b"\x00\x00\x00\x0cftypM4A \0\0\0\0", id="a box that ends before the brand's version"),
        pytest.param(ftyp(b"evil", version=int.from_bytes(b"isom", "big")), id="a version that reads like a brand"),
        pytest.param(b"\x00\x00\x00\x1dftypM4A \0\0\0\0M4A mp42isom\0\0\0\0", id="a box of an odd size"),
        pytest.param(b"\xff\xff\xff\xfcftypM4A \0\0\0\0", id="a box larger than the file"),
        pytest.param(b"\x00\x00\x00\x08free" + ftyp(b"M4A "), id="ftyp is not first"),
    ],
)
def test_other_bytes_are_not_an_mp4(head: bytes) -> None:
    assert not is_mp4(head, 10_000)


def test_a_box_that_ends_beyond_the_file_is_invalid() -> None:
    head = ftyp(b"M4A ", b"M4A ", b"mp42")
    assert is_mp4(head, len(head))
    assert not is_mp4(head, len(head) - 1)


def test_a_box_is_judged_only_when_all_of_it_was_read() -> None:
    head = ftyp(b"M4A ", *[b"mp42"] * 20)
    assert is_mp4(head, 10_000)
    assert not is_mp4(head[:24], 10_000)
