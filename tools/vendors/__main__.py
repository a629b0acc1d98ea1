"""`make verify-vendors`: tries every assumption of docs/assumptions.md with real credentials, and ticks or shows it."""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chalicelib.telemetry import logs
from local.settings import LOCAL_DIR, read_env
from tools.configuration.sources import File
from tools.operate.stage import LOCAL, Mistaken
from tools.vendors.checks import Check, Wrong
from tools.vendors.credentials import Skip, Vendors
from tools.vendors.every import CHECKS
from tools.vendors.scratch import Scratch, clean_up_after_others

FOLDER = LOCAL_DIR
"""Where the lists of what is made are kept."""


def main() -> int:
    """Tries all of them; 0 where none is wrong."""
    # Stopped by make or by CI it cleans up as after Ctrl-C.
    signal.signal(signal.SIGTERM, _interrupted)
    # A line for each check says what our clients would log.
    logs.logger().setLevel("CRITICAL")
    try:
        stage, variables = given()
        return 1 if _run(stage, variables) else 0
    except Mistaken as mistake:
        print(f"error: {mistake}", file=sys.stderr)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
    return 1


def _run(stage: str, variables: Mapping[str, str]) -> bool:
    """Whether anything is wrong, or left behind. Raises Mistaken."""
    scratch = Scratch(FOLDER)
    left: list[str] = []
    try:
        vendors = Vendors(stage, variables, scratch)
        _tell_where(vendors)
        _clean_up_after_others(vendors)
        found = tried(vendors)
    finally:
        # Where there are no vendors yet, nothing was made.
        left += scratch.clean_up(lambda kind, name: vendors.remove(kind, name))
        for name in left:
            print(f"left behind: {name}. The next run tries to remove it again")
    return bool(left or found["WRONG"] or found["error"])


def given() -> tuple[str, Mapping[str, str]]:
    """The stage and its variables: of FILE, else of the environment, else of the local stack. Raises Mistaken."""
    stage, path = os.environ.get("STAGE", "").strip(), os.environ.get("FILE", "").strip()
    if path:
        file = File(Path(path))
        if stage and file.stage not in ("", stage):
            raise Mistaken(f"the file is of stage {file.stage} (its STAGE), and not of {stage}")
        return stage or file.stage or LOCAL, file.values
    if stage in ("", LOCAL):
        local = read_env()
        if not local:
            raise Mistaken("there is no local stack in this folder: start it (make run), or name STAGE and FILE")
        return LOCAL, local
    return stage, dict(os.environ)


def tried(vendors: Vendors, checks: Mapping[str, Check] = CHECKS) -> Counter[str]:
    """Prints a line for each check, and gives how many ended how: ok, WRONG, error, skip."""
    found: Counter[str] = Counter()
    for check in checks.values():
        how, seen = outcome(check, vendors)
        found[how] += 1
        print(f"{how:<5}  {check.id:<27}  {seen}".rstrip(), flush=True)
        if how == "WRONG":
            print(f"{'':<36}we assume: {check.assume}\n{'':<36}it breaks: {check.breaks}")
    parts = ", ".join(f"{count} {how}" for how, count in sorted(found.items()))
    print(f"{parts}. docs/assumptions.md says what each is for" if found["ok"] else f"nothing could be tried: {parts}")
    return found


def outcome(check: Check, vendors: Vendors) -> tuple[str, str]:
    """How a check ended, and what was seen: never a word of a vendor's, which could repeat a secret."""
    try:
        check.run(vendors)
    except Skip as skip:
        return "skip", str(skip)
    except Wrong as wrong:
        return "WRONG", str(wrong)
    except Exception as error:
        status = getattr(error, "http_status", "") or getattr(error, "trouble", "") or getattr(error, "pgcode", "")
        return "error", f"{type(error).__name__} {status or ''}".strip()
    return "ok", ""


def _tell_where(vendors: Vendors) -> None:
    """Stage and hosts, before anything is made."""
    hosts = []
    for which, name in {"store": "R2_ENDPOINT_URL", "Supabase": "SUPABASE_URL"}.items():
        host = urlsplit(vendors.get_or(name, "")).netloc.rpartition("@")[2]
        hosts.append(f"{which} {host or 'unknown'}")
    bucket = vendors.get_or(
        "VERIFY_BUCKET_NAME", vendors.get_or("R2_BUCKET_NAME", "none") if vendors.is_local else "none"
    )
    print(
        f"stage {vendors.stage}, {', '.join(hosts)}, scratch bucket {bucket}, all under {vendors.scratch.prefix}",
        flush=True,
    )


def _clean_up_after_others(vendors: Vendors) -> None:
    gone, left = clean_up_after_others(FOLDER, vendors.remove)
    if gone:
        print(f"removed, left by a run that was killed: {', '.join(gone)}")
    for name in left:
        print(f"left by a run that was killed, and cannot be removed with these credentials: {name}")


def _interrupted(_number: int, _frame: Any) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
