"""An address mail can be sent to, as far as its form tells: what no server could take is refused at the door.

It asks no server and repeats no address in an error. What the vendor refuses later is the invite's outcome.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# A top-level domain is a word of letters, or the encoded form of one.
_TOP = r"(?:[A-Za-z]{2,63}|[Xx][Nn]--[A-Za-z0-9](?:[A-Za-z0-9-]{0,57}[A-Za-z0-9])?)"
_ADDRESS = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@((?:{_LABEL}\.)+{_TOP})", re.ASCII)
_MAX_LENGTH = 254


def _address(value: str) -> str:
    found = _ADDRESS.fullmatch(value) if len(value) <= _MAX_LENGTH else None
    if found is None or len(found[1]) > 64:
        raise PydanticCustomError("email_address", "must be an e-mail address")
    # Domains know no case; what stands before the @ is the business of whoever keeps the mailbox.
    return f"{found[1]}@{found[2].lower()}"


EmailAddress = Annotated[
    str,
    StringConstraints(strip_whitespace=True, strict=True),
    AfterValidator(_address),
    Field(json_schema_extra={"pattern": f"^(?=[^@]{{1,64}}@){_ADDRESS.pattern}$", "maxLength": _MAX_LENGTH}),
]
"""One plain address: no display name, no comment, no quotes, no line break, its domain in lower case."""
