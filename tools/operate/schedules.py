"""A schedule that is run now: on the local stack in this process, on a deployed one by calling its live function."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import Any

from chalice.local import LambdaContext

from chalicelib.errors import InternalError
from local.clock import FUNCTION_SECONDS, event_of
from tools.deploy.aws import Aws
from tools.deploy.trouble import AwsFailed
from tools.operate.stage import LOCAL, Mistaken, Stage
from tools.template.functions import resource_of
from tools.template.releases import LIVE


def run_schedule(stage: Stage) -> None:
    """Runs SCHEDULE by hand, whatever its slot, and prints its summary; with DRY=yes it says what it would do.

    Raises Mistaken.
    """
    # It brings the whole application with it, and most commands need none of it.
    from app import app

    known = sorted(name for name in app.handler_map if " " not in name)
    name, dry = os.environ.get("SCHEDULE", ""), os.environ.get("DRY", "")
    if name not in known or dry not in ("", "yes"):
        raise Mistaken(f"say which: make run-schedule SCHEDULE={' | '.join(known)} (DRY=yes: it changes nothing)")
    if dry and name != "cleanup_media":
        raise Mistaken("only cleanup_media can say what it would do: leave DRY out")
    event = event_of(datetime.now(UTC), byHand=True, dryRun=bool(dry))
    try:
        summary = _here(app, name, event) if stage.name == LOCAL else _there(stage.name, name, event)
    except AwsFailed as failure:
        raise Mistaken(str(failure)) from None
    except InternalError as failure:
        raise Mistaken(f"{failure}: the line schedule_failed above says where") from None
    print(json.dumps(summary, indent=2))


def _here(app: Any, name: str, event: dict[str, Any]) -> Any:
    return app.handler_map[name](event, LambdaContext(name, 512, FUNCTION_SECONDS * 1000))


def _there(stage: str, name: str, event: dict[str, Any]) -> Any:
    aws = Aws(stage)
    _kind, function = aws.stack.resources().get(resource_of(name), ("", ""))
    if not function:
        raise Mistaken(f"stage {stage} has no function for {name}: deploy it first")
    return aws.functions.invoke(function, LIVE, event)
