"""The log lines of one request: from the local stack's files, or from CloudWatch Logs."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from local.settings import LOCAL_DIR
from tools.operate.stage import LOCAL, Mistaken, Stage

FILES = ("app.log", "postgres.log")
HOURS = 48
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def logs(stage: Stage) -> None:
    """Prints every line with the request's id: of the request, of the jobs it enqueued, and of Postgres."""
    request_id = os.environ.get("REQUEST", "")
    if not _REQUEST_ID.fullmatch(request_id):
        raise Mistaken("give the x-request-id of a response: make logs REQUEST=...")
    if stage.name == LOCAL:
        lines = list(_in_files(request_id))
    else:
        hours = _hours()
        group_prefix = f"/aws/lambda/stories-from-the-sun-{stage.name}"
        try:
            lines = list(_in_cloudwatch(group_prefix, request_id, hours))
        except Exception as error:
            # No credentials, no region, no right to read: the operator may have them elsewhere.
            print(
                f"CloudWatch Logs cannot be read from here ({type(error).__name__}). Where your AWS credentials are:\n"
            )
            print(_by_hand(group_prefix, request_id, hours))
            return
    count = 0
    for line in lines:
        count += 1
        print(line)
    print(f"{count} lines with {request_id}" + ("" if count or stage.name == LOCAL else f" in the last {hours} hours"))


def _in_files(request_id: str) -> Iterator[str]:
    for name in FILES:
        path = LOCAL_DIR / name
        if not path.exists():
            continue
        with path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                if request_id in line:
                    yield f"{name}: {line.rstrip()}"


def _in_cloudwatch(group_prefix: str, request_id: str, hours: int) -> Iterator[str]:
    import boto3
    from botocore.config import Config

    client = boto3.client("logs", config=Config(connect_timeout=3, read_timeout=20, retries={"total_max_attempts": 2}))
    since = int((datetime.now(UTC) - timedelta(hours=hours)).timestamp() * 1000)
    groups: list[str] = [
        group["logGroupName"]
        for page in client.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=group_prefix)
        for group in page["logGroups"]
    ]
    found: list[tuple[int, str]] = []
    for group in groups:
        pages: Any = client.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=since, filterPattern=f'"{request_id}"'
        )
        for page in pages:
            short = group.removeprefix("/aws/lambda/")
            found += [(event["timestamp"], f"{short}: {event['message'].rstrip()}") for event in page["events"]]
    yield f"searched {', '.join(groups) or 'nothing: no log group begins with ' + group_prefix}"
    yield from (line for _, line in sorted(found))


def _by_hand(group_prefix: str, request_id: str, hours: int) -> str:
    return (
        f"aws logs describe-log-groups --log-group-name-prefix {group_prefix} --query 'logGroups[].logGroupName'"
        f" --output text | tr '\\t' '\\n' | while read -r group; do\n"
        f'  aws logs filter-log-events --log-group-name "$group" --filter-pattern \'"{request_id}"\' \\\n'
        f"    --start-time $(( ($(date +%s) - {hours} * 3600) * 1000 )) --query 'events[].message' --output text\n"
        f"done\n\nThe log groups, one a function: {group_prefix}-...; Postgres' own log: Supabase's dashboard, Logs,"
        f" Postgres, search for {request_id}"
    )


def _hours() -> int:
    text = os.environ.get("HOURS", "") or str(HOURS)
    if not re.fullmatch(r"[1-9]\d{0,3}", text):
        raise Mistaken("HOURS is how far back to look: HOURS=48")
    return int(text)
