"""A template as Chalice makes it of this checkout and tools/template finishes it."""

from __future__ import annotations

import functools
from typing import Any

from tools.template import chalice, finish

STAGES = ("dev", "staging", "prod")


@functools.cache
def chalice_document(stage: str) -> dict[str, Any]:
    """What Chalice writes, before anything is finished. Not to be changed."""
    return chalice.chalice_document(stage)


@functools.cache
def finished_document(stage: str, version: str = "v1.2.3") -> dict[str, Any]:
    """The template that is deployed. Not to be changed."""
    return finish(chalice_document(stage), stage, version)
