"""`make rollback STAGE=...`: the aliases back to the release that served before. Data, schema and stack stay.

It asks Lambda alone, so it works while CloudFormation is busy or stuck, while the database is away, and after a
deployment that died half-way. `make releases` shows what there is.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from tools.deploy import releases
from tools.deploy.deploy import names
from tools.deploy.progress import Progress
from tools.deploy.releases import Release, Releases
from tools.deploy.target import Target
from tools.deploy.trouble import Refused

SHOWN = 10


def show(target: Target) -> None:
    """Prints the stage's releases, and which of them serves."""
    listed = Releases(target.aws, target.stage).all
    present = releases.live(target.aws, names(target).values())
    now = releases.serving(listed, present)
    print(f"serves now: {releases.said(listed, present)}")
    for release in listed[:SHOWN]:
        print(f"  {'->' if release is now else '  '} {release.id}  {release.version:<28} {_state(release)}")
    if not listed:
        print("  no release is in the list")


def rollback(target: Target) -> None:
    """Lets an earlier release serve: the one before, or TO=. Raises Refused, AwsFailed."""
    listed = Releases(target.aws, target.stage)
    existing = names(target)
    present = releases.live(target.aws, existing.values())
    show(target)
    goal = chosen(listed.all, present, os.environ.get("TO", "").strip())
    order = _order(listed.all, existing)
    print(f"rolls back to {goal}", flush=True)
    target.confirm(f"to let {goal.version} serve")
    numbers = goal.numbers()
    for name, number in numbers.items():
        if name in existing.values() and number not in target.aws.functions.versions(name):
            raise Refused(f"version {number} of {name} was deleted: deploy {goal.version} again from its tag")
    # Noted first: a rollback that dies half-way then goes on, and not forward again.
    for release in listed.all[: listed.all.index(goal)]:
        if release.passed_at and not release.rolled_back_at:
            listed.note(release, rolled_back_at=releases.now())
    listed.note(goal, rolled_back_at="")
    steps = Progress(["moving the aliases back"])
    with steps.step("moving the aliases back"):
        # The API first: see order.py.
        for function in reversed(order):
            name = existing[function]
            if name in numbers:
                target.aws.functions.move(name, numbers[name], f"{goal.version} {goal.id}, rolled back")
                target.aws.functions.set_clock(name, running=True)
                steps.detail(f"{function} serves version {numbers[name]}")
            elif target.aws.functions.set_clock(name, running=False):
                steps.detail(f"{function} is newer than {goal.version}: its schedule is stopped until a deployment")
    for function in goal.functions:
        if function not in existing:
            steps.detail(f"{function} was removed since {goal.version}, and stays so: deploy {goal.version} to have it")
    print(f"{goal.version} serves. The schema stays as it is, and so do the routes. Next: mend it, then make deploy")


def chosen(listed: Sequence[Release], present: Mapping[str, str], wanted: str) -> Release:
    """The release to go back to. Raises Refused."""
    # Functions of a stack that was deleted had other names.
    listed = [release for release in listed if set(release.numbers()) & set(present)]
    if wanted:
        for release in listed:
            if release.passed_at and wanted in (release.id, release.version):
                return release
        raise Refused(f"no release {wanted} passed its smoke test: make releases")
    now = releases.serving(listed, present)
    newer, older = (listed[: listed.index(now)], listed[listed.index(now) + 1 :]) if now else ([], listed)
    if now and (undone := [release for release in newer if release.rolled_back_at]):
        raise Refused(
            f"{now} serves already: {undone[-1].version} was rolled back. Releases before {now.version} were not tried"
            " with this schema: if it has to be one of them, name it: TO=..."
        )
    # Without `now` a deployment or a rollback died between two aliases: it goes to what served last as a whole.
    before = [
        release
        for release in older
        if release.served_at and not release.rolled_back_at and (now is None or release.numbers() != now.numbers())
    ]
    if not before:
        raise Refused("no release served before this one: nothing to go back to")
    return before[0]


def _order(listed: Sequence[Release], existing: Mapping[str, str]) -> list[str]:
    """The stack's functions in the order in which the newest release let them serve."""
    known = list(listed[0].functions) if listed else []
    return [*(name for name in existing if name not in known), *(name for name in known if name in existing)]


def _state(release: Release) -> str:
    words = f"schema {release.schema}, by {release.by}"
    if release.rolled_back_at:
        return f"rolled back {release.rolled_back_at}, {words}"
    if release.served_at:
        return f"served from {release.served_at}, {words}"
    return f"{'passed its smoke test, and never served as a whole' if release.passed_at else 'never served'}, {words}"
