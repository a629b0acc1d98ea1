"""An address mail can be sent to, as far as its form tells.

It asks no server and repeats no address in an error.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@((?:{_LABEL}\.)+[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9])", re.ASCII)


def _address(value: str) -> str:
    found = _ADDRESS.fullmatch(value)
    if found is None or len(value) > 254 or len(found[1]) > 64:
        raise PydanticCustomError("email_address", "must be an e-mail address")
    # Domains know no case; what stands before the @ is the business of whoever keeps the mailbox.
    return f"{found[1]}@{found[2].lower()}"


EmailAddress = Annotated[
    str,
    StringConstraints(strip_whitespace=True, strict=True),
    AfterValidator(_address),
    Field(json_schema_extra={"pattern": f"^(?=[^@]{{1,64}}@){_ADDRESS.pattern}$", "maxLength": 254}),
]
"""One plain address: no display name, no comment, no quotes, no line break, its domain in lower case."""
