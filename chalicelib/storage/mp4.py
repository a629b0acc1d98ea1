"""Is this an MP4? Judged by its first bytes, because what a client declares proves nothing.

Nothing is decoded, and nothing is promised about the sound: this keeps other kinds of files out of the recordings.
"""

from __future__ import annotations

import re

# What phones, browsers and recorders write: isom, iso2 to iso9 (also the fragments of Chrome and Safari), mp41, mp42,
# M4A and its kin, 3gp (Android's older recorders), QuickTime's own, DASH and CMAF.
_BRANDS = re.compile(
    rb"iso[m0-9a-z]|mp4[12]|mp71|M4[ABPV] |[fF]4[av] |3g[2pegrs][0-9a-z]|qt  |dash|msdh|cmf[a-z0-9]|hlsf|avc1|MSNV"
)
# HEIC and AVIF are the same container, and often list mp4 brands beside their own.
_IMAGES = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"})


def is_mp4(head: bytes, size_bytes: int) -> bool:
    """Whether a file of `size_bytes` beginning with `head` starts with a well-formed ftyp box of a known brand."""
    box = int.from_bytes(head[:4], "big")
    # The box is a header of 8 bytes, the major brand, its version, and compatible brands of 4 bytes each.
    if head[4:8] != b"ftyp" or box < 16 or box % 4 or box > min(len(head), size_bytes):
        return False
    major = head[8:12]
    brands = [major, *(head[at : at + 4] for at in range(16, box, 4))]
    return major not in _IMAGES and any(_BRANDS.fullmatch(brand) for brand in brands)
