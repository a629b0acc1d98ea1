"""Flags and switches: shown, set and cleared. Every change is kept with who made it and why."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chalicelib.call import Call
from chalicelib.database.messages import transact
from chalicelib.queue.worker import KINDS
from tools.operate.given import until, uuid_of
from tools.operate.stage import Mistaken, operator

CHANGES_SHOWN = 10
SWITCHES = ("uploads", "writes")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_RESERVED = {"deleting_armed": "make disarm and make rearm set it"}


def flag(call: Call) -> None:
    """Prints the flags; with FLAG and SET it sets one on or off, or clears it."""
    name, wanted = os.environ.get("FLAG", ""), os.environ.get("SET", "")
    if only_shows():
        show(call)
        return
    if name in _RESERVED:
        raise Mistaken(f"{name} is no flag: {_RESERVED[name]}")
    if not _NAME.fullmatch(name.removeprefix("job:")) or wanted not in ("on", "off", "clear"):
        raise Mistaken("give a flag and what to make of it: make flag FLAG=new-player SET=on|off|clear WHY=...")
    if not os.environ.get("WHY", "").strip():
        raise Mistaken("say why, it is kept: WHY='the new player is tried with a few families'")
    family = uuid_of("FAMILY") if os.environ.get("FAMILY") else None
    if name.startswith("job:") and family is not None:
        raise Mistaken("jobs are paused for all families or for none: leave FAMILY out")
    _set(call, name, family, {"on": True, "off": False, "clear": None}[wanted], _share(name, wanted), _source(name))


def only_shows() -> bool:
    """Whether make flag names nothing to change."""
    return not os.environ.get("FLAG") and not os.environ.get("SET")


def why() -> str:
    """WHY, which is kept with the change."""
    return os.environ.get("WHY", "").strip() or "not said"


def suspend(call: Call) -> None:
    """Lets nobody change a family; it is heard as before."""
    family = uuid_of("FAMILY")
    _set(call, "writes", family, False)
    print(f"family {family} is suspended: to undo it, make resume FAMILY={family}")


def pause(call: Call) -> None:
    """Lets new uploads, or one kind of jobs, wait; uploads also of one family alone."""
    name = _paused()
    if os.environ.get("FAMILY"):
        family = _family_of_uploads(name)
        _set(call, name, family, False)
        print(f"family {family} uploads nothing: to undo it, make resume UPLOADS=1 FAMILY={family}")
        return
    if name.startswith("job:") and name.removeprefix("job:") not in KINDS:
        raise Mistaken(f"there is no such kind of jobs: JOBS={' | '.join(KINDS)}")
    _set(call, name, None, False)
    what = "JOBS=" + name.removeprefix("job:") if name.startswith("job:") else "UPLOADS=1"
    print(f"paused: to undo it, make resume {what}")


def resume(call: Call) -> None:
    """Ends what make suspend or make pause began."""
    if os.environ.get("FAMILY") and (os.environ.get("UPLOADS") or os.environ.get("JOBS")):
        name = _paused()
        _set(call, name, _family_of_uploads(name), None)
    elif os.environ.get("FAMILY"):
        _set(call, "writes", uuid_of("FAMILY"), None)
    else:
        _set(call, _paused(), None, None)


def show(call: Call) -> None:
    """Prints what is set, and the newest changes."""
    overview = transact(call, "flags_overview", limit=CHANGES_SHOWN)
    for row in overview["flags"]:
        print("  " + described(row))
    if not overview["flags"]:
        print("  nothing is set: uploads, changes and all kinds of jobs are on")
    print("deletion by schedules is " + ("on" if overview["deleting_armed"] else "OFF, until make rearm"))
    if overview["changes"]:
        print("\nthe newest changes")
        for change in overview["changes"]:
            state = "cleared" if change["enabled"] is None else "on" if change["enabled"] else "off"
            whose = f" for family {change['family_id']}" if change["family_id"] else ""
            author = f"{change['changed_by']}: {change['why']}"
            print(f"  {change['created_at'][:19]}  {change['name']} {state}{whose}  {author}")


def described(row: Mapping[str, Any]) -> str:
    """One row of the table as a line."""
    whose = f"family {row['family_id']}" if row["family_id"] else "all families"
    state = "off" if not row["enabled"] else "on" if row["share"] == 100 else f"on for {row['share']} %"
    ends = (
        f", until {row['until_at'][:19]}{' (OVER: it counts no more)' if row['over'] else ''}"
        if row["until_at"]
        else ""
    )
    by = "PostHog" if row["source"] == "posthog" else f"{row['changed_by']}, {row['updated_at'][:19]}: {row['note']}"
    return f"{row['name']} {state}, {whose}{ends}  ({by})"


def _paused() -> str:
    """The switch that JOBS or UPLOADS names."""
    kind, uploads = os.environ.get("JOBS", ""), os.environ.get("UPLOADS", "")
    if bool(kind) == bool(uploads) or (kind and not _NAME.fullmatch(kind)) or uploads not in ("", "1"):
        raise Mistaken(
            f"say what: UPLOADS=1, or one kind of jobs: JOBS={' | '.join(KINDS)} (to resume, also FAMILY=...)"
        )
    return f"job:{kind}" if kind else "uploads"


def _family_of_uploads(name: str) -> UUID:
    """FAMILY, of a switch that there is for one family."""
    if name != "uploads":
        raise Mistaken("jobs are paused for all families or for none: leave FAMILY out")
    return uuid_of("FAMILY")


def _share(name: str, wanted: str) -> int:
    text = os.environ.get("SHARE", "")
    if not text:
        return 100
    if wanted != "on" or name.startswith("job:") or not re.fullmatch(r"\d{1,3}", text) or int(text) > 100:
        raise Mistaken("SHARE is for how many per cent of the families a flag is on: SET=on SHARE=20")
    return int(text)


def _source(name: str) -> str:
    """Whose word it is: the operator's, or with SOURCE=posthog what an experiment at PostHog decided."""
    source = os.environ.get("SOURCE", "") or "operator"
    if source not in ("operator", "posthog"):
        raise Mistaken("SOURCE is operator or posthog")
    if source == "posthog" and (name in SWITCHES or name.startswith("job:") or os.environ.get("FAMILY")):
        raise Mistaken(
            "PostHog's word counts for features of the app alone, and for all families: no switch, no FAMILY"
        )
    return source


def _set(
    call: Call, name: str, family: UUID | None, enabled: bool | None, share: int = 100, source: str = "operator"
) -> None:
    changed = transact(
        call,
        "set_flag_tx",
        name=name,
        family_id=family,
        enabled=enabled,
        share=share,
        until=None if enabled is None else until(),
        by=operator(),
        why=why(),
        source=source,
    )["changed"]
    whose = f"family {family}" if family else "all families"
    if not changed:
        print(f"{name} was not set for {whose}: nothing changed")
        return
    state = "cleared" if enabled is None else "off" if not enabled else "on" if share == 100 else f"on for {share} %"
    print(f"{name} is {state} for {whose}, from the next call on")
