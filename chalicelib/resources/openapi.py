"""The OpenAPI document of this API. It is a committed file, written by `make generate` and sent unchanged."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from chalicelib.api.responses import Bare
from chalicelib.call import Call

DOCUMENT = Path(__file__).parents[1] / "openapi.json"


def get_openapi(call: Call) -> Bare:
    """Return the OpenAPI document of this API."""
    return Bare(_document())


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(DOCUMENT.read_bytes())
    return document
