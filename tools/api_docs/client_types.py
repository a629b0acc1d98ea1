"""clients/stories.d.ts: the API and the product events as TypeScript types, made by openapi-typescript.

The API's come from chalicelib/openapi.json; the events', which are no part of the API, from chalicelib/analytics.py.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chalicelib.analytics import APP_EVENTS, SERVER_EVENTS, Properties
from chalicelib.resources.openapi import DOCUMENT
from local.settings import ROOT
from tools import node

TYPES = ROOT / "clients" / "stories.d.ts"

_HEAD = "// The types of the Stories From the Sun API. Written by `make generate`; see docs/wire.md.\n\n"


_TAIL = """
/** The product events that the app sends to PostHog itself, with the properties of each. */
export type AppEvents = components["schemas"]["AppEvents"];

/** The product events that the backend sends. The app must not send them: they would count twice. */
export type ServerEvents = components["schemas"]["ServerEvents"];

/** The type of the app's own `track("playback_started", { familyId, recordingId })`. */
export type Track = <Name extends keyof AppEvents>(event: Name, properties: AppEvents[Name]) => void;
"""


def generated() -> str:
    """What the file should hold for the document on disk. Needs what `node.why_not` asks for."""
    document = json.loads(DOCUMENT.read_text("utf-8"))
    document["components"]["schemas"] |= {
        "AppEvents": _schema_of(APP_EVENTS),
        "ServerEvents": _schema_of(SERVER_EVENTS),
    }
    with tempfile.TemporaryDirectory(prefix="stories-types-") as folder:
        source = Path(folder) / "openapi.json"
        source.write_text(json.dumps(document), "utf-8")
        command = [
            str(node.HERE / "node_modules" / ".bin" / "openapi-typescript"),
            str(source),
            "--default-non-nullable=false",
        ]
        done = subprocess.run(command, cwd=node.HERE, capture_output=True, text=True, check=True, timeout=120)
    # The generator's own banner names no version, ours says how to make it again.
    _, _, types = done.stdout.partition("*/")
    return _HEAD + types.lstrip() + _TAIL


def _schema_of(events: Mapping[str, type[Properties]]) -> dict[str, Any]:
    """One object with a key for each event: openapi-typescript makes an interface of it."""
    properties = {name: _without_titles(model.model_json_schema(by_alias=True)) for name, model in events.items()}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _without_titles(schema: dict[str, Any]) -> dict[str, Any]:
    """Without the titles, which repeat the names, and the docstrings, which are for readers of the backend."""
    schema = {key: value for key, value in schema.items() if key not in ("title", "description", "default")}
    if "properties" in schema:
        schema["properties"] = {name: _without_titles(field) for name, field in schema["properties"].items()}
    return schema
