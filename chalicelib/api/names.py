"""Names of people and families: one visible line that cannot pass for an address or a link.

A name stands in mails to people who do not know us yet. Mail programs turn `evil.example` into a link, so a name that
holds one would make our invitation somebody else's advertisement.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from chalicelib.api.models import NOT_BLANK_LINE, Line

MAX_EMOJI = 10
MAX_MARKS = 8
"""Combining marks on one letter. No script needs as many; more of them cover the lines around the name."""

# Letters by their Unicode category that show nothing all the same.
_EMPTY_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
_INVISIBLE = ("C", "Z", "M")
"""Unicode categories that show nothing by themselves: controls, format characters, blanks, combining marks."""
_LINK = re.compile(r"[a-z][a-z0-9+.-]*://|\bwww\.|@|\bmailto:|\btel:", re.IGNORECASE)
# A dot between letters and a top-level domain: each of two letters, and those of more that spam is sent with.
_DOMAIN = re.compile(
    r"[^\W_]\.(?:[a-z]{2}|com|net|org|edu|gov|mil|int|info|biz|name|pro|app|dev|xyz|online|site|website|shop|store|top"
    r"|club|link|live|click|page|blog|news|cloud|tech|space|fun|icu|vip|win|work|world|today|life|email|money|finance"
    r"|support|help|team|zone|mobi|asia|tel|travel|jobs|cat|xxx|porn|adult|sex|bet|casino|loan|arpa|onion"
    r"|рф|рус|укр|бел|срб|онлайн|сайт|москва|中国|中國|香港|台湾|台灣|公司|网络|网址|在线|商城|한국)(?![^\W_])",  # noqa: RUF001
    re.IGNORECASE,
)


def _name(value: str) -> str:
    # Compared as a reader would: full-width letters and other dots look like the plain ones.
    plain = unicodedata.normalize("NFKC", value).replace("\u3002", ".").replace("\u2024", ".")
    if all(letter in _EMPTY_LETTERS or unicodedata.category(letter)[0] in _INVISIBLE for letter in plain):
        raise PydanticCustomError("name", "must hold a visible character")
    # Format characters that are not shown could stand inside a link and hide it from the search.
    shown = "".join(letter for letter in plain if unicodedata.category(letter) != "Cf")
    if _LINK.search(shown) or _DOMAIN.search(shown):
        raise PydanticCustomError("name", "must not hold an address or a link")
    if sum(unicodedata.category(letter) == "So" for letter in shown) > MAX_EMOJI:
        raise PydanticCustomError("name", f"must hold at most {MAX_EMOJI} emoji")
    marks = "".join("m" if unicodedata.category(letter)[0] == "M" else " " for letter in shown)
    if "m" * (MAX_MARKS + 1) in marks:
        raise PydanticCustomError("name", f"must hold at most {MAX_MARKS} combining marks on a letter")
    return value


Name = Annotated[
    Line,
    Field(min_length=1, max_length=80, json_schema_extra={"pattern": NOT_BLANK_LINE}),
    AfterValidator(_name),
]
"""1 to 80 characters."""
