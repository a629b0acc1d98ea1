"""clients/stories.d.ts: the API as TypeScript types, made from chalicelib/openapi.json by openapi-typescript."""

from __future__ import annotations

import subprocess

from chalicelib.resources.openapi import DOCUMENT
from local.settings import ROOT
from tools import node

TYPES = ROOT / "clients" / "stories.d.ts"

_HEAD = "// The types of the Stories From the Sun API. Written by `make generate`; see docs/wire.md.\n\n"


def generated() -> str:
    """What the file should hold for the document on disk. Needs what `node.why_not` asks for."""
    command = [
        str(node.HERE / "node_modules" / ".bin" / "openapi-typescript"),
        str(DOCUMENT),
        "--default-non-nullable=false",
    ]
    done = subprocess.run(command, cwd=node.HERE, capture_output=True, text=True, check=True, timeout=120)
    # The generator's own banner names no version, ours says how to make it again.
    _, _, types = done.stdout.partition("*/")
    return _HEAD + types.lstrip()
