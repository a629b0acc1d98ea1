"""Removes from a text or a structure whatever must not reach a log, an alert or a vendor.

The last line of defence: callers already log ids and numbers alone. An address keeps a hint (`gr***@example.org`), any
other secret is replaced by a word that says what it was.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

MAX_TEXT = 2_000
_MAX_READ = 16_000
_MAX_DEPTH = 6
_MAX_ITEMS = 50

_SECRET_NAMES = "(?:access_|refresh_|id_)?token(?:_hash)?|code|secret|password|apikey|api_key|signature"
_THREE = "[A-HJ-NP-Z]{3}"  # of an invite code: no I, no O
_IGNORE = re.IGNORECASE

# What a text must contain, in lower case, to be searched; what is searched for; what replaces it. The first column is
# for speed alone: every request is logged, and hardly any line holds a secret.
_RULES: tuple[tuple[str, re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    # A URL that signs itself: all of it, since the path beside a signature is no use either.
    ("x-amz-", re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s\"'<>]{0,2000}X-Amz-[^\s\"'<>]*", _IGNORE), "[signed url]"),
    (
        "x-amz-",
        re.compile(r"X-Amz-(?:Signature|Credential|Security-Token)(?:=|%3D)[^&\s\"'<>]*", _IGNORE),
        "[signature]",
    ),
    ("://", re.compile(r"\b([a-z][a-z0-9+.-]{1,20}://)[^\s/@\"'<>]{1,300}@", _IGNORE), r"\1[credentials]@"),
    ("eyj", re.compile(r"\beyJ[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*){0,4}"), "[token]"),
    ("bearer", re.compile(r"\bBearer\s+[^\s\"',;]+", _IGNORE), "Bearer [token]"),
    ("_live_", re.compile(r"\b[srp]k_live_[A-Za-z0-9_]+"), "[key]"),
    ("_test_", re.compile(r"\b[srp]k_test_[A-Za-z0-9_]+"), "[key]"),
    ("whsec_", re.compile(r"\bwhsec_[A-Za-z0-9_+/=]+"), "[key]"),
    ("re_", re.compile(r"\bre_[A-Za-z0-9_]{8,}"), "[key]"),
    ("ph", re.compile(r"\bph[cx]_[A-Za-z0-9]{8,}"), "[key]"),
    ("sb_", re.compile(r"\bsb_(?:secret|publishable)_[A-Za-z0-9_-]+"), "[key]"),
    ("cs_", re.compile(r"\bcs_(?:live|test)_[A-Za-z0-9]+"), "[session]"),
    ("v1=", re.compile(r"\bt=\d{6,},v1=[0-9a-f]+(?:,v\d=[0-9a-f]+)*", _IGNORE), "[signature]"),
    ("=", re.compile(rf"\b({_SECRET_NAMES})=[^&\s\"'<>]+", _IGNORE), r"\1=[removed]"),
    (" ", re.compile(rf"(?<![A-Za-z]){_THREE} {_THREE} {_THREE}(?![A-Za-z])"), "[code]"),
    ("-", re.compile(rf"(?<![A-Za-z]){_THREE}-{_THREE}-{_THREE}(?![A-Za-z])"), "[code]"),
    ("-", re.compile(rf"(?<![A-Za-z0-9-]){_THREE}-{_THREE}-{_THREE}(?![A-Za-z0-9-])", _IGNORE), "[code]"),
    ("/join", re.compile(r"(/join[/#])[A-Za-z-]{9,11}", _IGNORE), r"\1[code]"),
    (
        "@",
        re.compile(r"([^\s@<>\"',;:()\[\]/=]{1,64})@([A-Za-z0-9][A-Za-z0-9.-]{0,250}\.[A-Za-z]{2,24})"),
        lambda found: f"{found[1][:2]}***@{found[2]}",
    ),
)

# Compared without case, dashes and underscores.
_PRIVATE_KEYS = frozenset(
    {
        *("apikey", "authorization", "cookie", "setcookie", "headers", "body", "rawbody", "stripesignature"),
        *("password", "secret", "token", "accesstoken", "refreshtoken", "invitecode", "joinurl", "url", "uploadurl"),
        *("waveformurl", "displayname", "email", "name", "text", "title"),
    }
)


def scrub_text(text: str) -> str:
    """A text without secrets, at most MAX_TEXT characters."""
    cut = text[:_MAX_READ]
    lowered = cut.lower()
    for sign, pattern, replacement in _RULES:
        if sign in lowered:
            cut = pattern.sub(replacement, cut)
    if len(cut) > MAX_TEXT or len(text) > _MAX_READ:
        cut = cut[:MAX_TEXT] + "…"
    return cut.encode("utf-8", "replace").decode("utf-8")


def scrub(value: Any, depth: int = 0) -> Any:
    """The same value made of JSON's types only, without secrets, bounded in depth and size."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, str):
        return scrub_text(value)
    if isinstance(value, UUID):
        return str(value)
    if depth >= _MAX_DEPTH:
        return "[deep]"
    if isinstance(value, Mapping):
        return {
            scrub_text(str(key)): "[private]" if _is_private(str(key)) else scrub(item, depth + 1)
            for key, item in list(value.items())[:_MAX_ITEMS]
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [scrub(item, depth + 1) for item in list(value)[:_MAX_ITEMS]]
    # The repr of any other type could hold anything.
    return f"[{type(value).__name__}]"


def _is_private(key: str) -> bool:
    return key.lower().replace("_", "").replace("-", "") in _PRIVATE_KEYS
