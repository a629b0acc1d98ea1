"""Mail addresses as the stand-ins for mail and sign-in accept them: `a@b.c` or `Name <a@b.c>`.

No line break passes, which could add a header to a mail. It is no full RFC 5322 parser: it knows no comments, quoted
local parts or address literals.
"""

import re

MAX_LENGTH = 254

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})+")
_NAMED = re.compile(r"(?P<name>[^<>\x00-\x1f\x7f]*)<(?P<address>[^<>]*)>")


def is_address(text: str) -> bool:
    """Whether the text is one bare address."""
    if len(text) > MAX_LENGTH or _ADDRESS.fullmatch(text) is None:
        return False
    local_part = text.partition("@")[0]
    return ".." not in local_part and not local_part.startswith(".") and not local_part.endswith(".")


def bare_address(text: str) -> str | None:
    """The address inside `a@b.c` or `Name <a@b.c>`; None when there is no valid one."""
    named = _NAMED.fullmatch(text.strip(" "))
    address = named["address"] if named else text.strip(" ")
    return address if is_address(address) else None
