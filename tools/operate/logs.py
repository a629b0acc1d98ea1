"""The log lines of one request, or of one kind: from the local stack's files, or from CloudWatch Logs."""

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
_LOGGED_ID = re.compile(r'"requestId":"([A-Za-z0-9._-]{1,64})"')


def logs(stage: Stage) -> None:
    """Prints every line with the request's id: of the request, of the jobs it enqueued, and of Postgres.

    With EVENT, the lines of that name, such as vendor_failed.
    """
    request_id, event = os.environ.get("REQUEST", ""), os.environ.get("EVENT", "")
    if bool(request_id) == bool(event) or not _REQUEST_ID.fullmatch(request_id or event):
        raise Mistaken(
            "give the x-request-id of a response, or the id in a mail: make logs REQUEST=... Or the name of lines:"
            " make logs EVENT=vendor_failed"
        )
    text = request_id or f'"message":"{event}"'
    pattern = f'"{request_id}"' if request_id else f'{{ $.message = "{event}" }}'
    if stage.name == LOCAL:
        lines = list(_in_files(text))
    else:
        hours = _hours()
        # Behind it stand the function's name in the template and what CloudFormation adds to it.
        group_prefix = f"stories-from-the-sun-{stage.name}-"
        try:
            lines = list(_in_cloudwatch(group_prefix, pattern, text, hours))
        except Exception as error:
            # No credentials, no region, no right to read: the operator may have them elsewhere.
            print(
                f"CloudWatch Logs cannot be read from here ({type(error).__name__}). Where your AWS credentials are:\n"
            )
            print(_by_hand(group_prefix, pattern, hours))
            return
    for line in lines:
        print(line)
    count = sum(text in line for line in lines)
    print(f"{count} lines with {text}" + ("" if count or stage.name == LOCAL else f" in the last {hours} hours"))
    if request_id:
        for other in sorted({found[1] for line in lines if (found := _LOGGED_ID.search(line))} - {request_id}):
            print(f"more of the same request, in Postgres' log and in jobs: make logs REQUEST={other}")


def _in_files(text: str) -> Iterator[str]:
    for name in FILES:
        path = LOCAL_DIR / name
        if not path.exists():
            continue
        with path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                if text in line:
                    yield f"{name}: {line.rstrip()}"


def _in_cloudwatch(group_prefix: str, pattern: str, text: str, hours: int) -> Iterator[str]:
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
            logGroupName=group, startTime=since, filterPattern=pattern
        )
        for page in pages:
            found += [
                (event["timestamp"], f"{group}: {event['message'].rstrip()}")
                for event in page["events"]
                if text in event["message"]
            ]
    yield f"searched {', '.join(groups) or 'nothing: no log group begins with ' + group_prefix}"
    yield from (line for _, line in sorted(found))


def _by_hand(group_prefix: str, pattern: str, hours: int) -> str:
    return (
        f"aws logs describe-log-groups --log-group-name-prefix {group_prefix} --query 'logGroups[].logGroupName'"
        f" --output text | tr '\\t' '\\n' | while read -r group; do\n"
        f"  aws logs filter-log-events --log-group-name \"$group\" --filter-pattern '{pattern}' \\\n"
        f"    --start-time $(( ($(date +%s) - {hours} * 3600) * 1000 )) --query 'events[].message' --output text\n"
        f"done\n\nThe log groups, one a function, begin with {group_prefix}; Postgres' own log is in Supabase's"
        " dashboard: Logs, Postgres"
    )


def _hours() -> int:
    text = os.environ.get("HOURS", "") or str(HOURS)
    if not re.fullmatch(r"[1-9]\d{0,3}", text):
        raise Mistaken("HOURS is how far back to look: HOURS=48")
    return int(text)
