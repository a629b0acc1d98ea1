"""`make deploy STAGE=...`: from a checkout to a stage that serves it, in steps that each may be repeated.

Until the aliases are moved, the version before serves as it did. A step that fails ends the deployment there and says
what was done, what serves, and what to type next; the same command again finds done what is done.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tools.deploy import database, releases, smoke
from tools.deploy.expand import narrowing
from tools.deploy.order import API_PATH, WEBHOOK_PATH, ordered
from tools.deploy.progress import Progress
from tools.deploy.releases import Release, Releases
from tools.deploy.target import FAMILIES, Target
from tools.deploy.trouble import Refused
from tools.freeze_release import facts
from tools.template.document import Template
from tools.template.releases import before_the_move, function_behind, transform

STEPS = [
    "configuration",
    "age of the restore drill",
    "migrations",
    "package",
    "new versions",
    "smoke test of the new versions",
    "moving the aliases",
    "routes, schedules and what is no longer needed",
]
SIGNED_IN_STAGES = ("dev", "staging")

Package = tuple[Path, Template, str]
"""The zip, the SAM template and the version that make package made."""


class Deployment:
    """One run of `make deploy`, and what it found and made so far."""

    def __init__(self, target: Target, package: Package, check: Callable[[Target], list[str]]) -> None:
        """`check` returns what is wrong with the stage's configuration, a line each, never with a value."""
        self.target = target
        self.aws = target.aws
        self.zip, self.document, self.version = package
        self.check = check
        self.progress = Progress(list(STEPS))
        self.forced = os.environ.get("FORCE", "").strip()
        self.moved = False

    def announce(self) -> None:
        """Prints what is there and what would be."""
        self.present = self.aws.stack.template()
        self.head, self.pending = database.schema(self.target.url)
        listed, live = Releases(self.aws, self.target.stage).all, self._live()
        print(self.target)
        print(f"version now   {releases.said(listed, live)}")
        print(f"version next  {self.version}")
        print(f"schema now    {self.head or 'empty'}")
        print(f"schema next   {', '.join(self.pending) if self.pending else 'the same'}", flush=True)
        serving, kept = releases.serving(listed, live), facts()["version"]
        if self.target.stage in FAMILIES and serving and serving.version != kept:
            print(f"warning: {serving.version} serves, and the tests of {kept} ran on this schema: make freeze-release")
        if self.target.stage in FAMILIES and self.version.endswith("-dirty"):
            raise Refused("this checkout differs from its commit: commit it, so that what serves can be found again")
        if self.target.stage in SIGNED_IN_STAGES:
            smoke.require()

    def run(self) -> None:
        """All the steps. Raises whatever ends them."""
        step = self.progress.step
        with database.turn(self.target.url) as turn:
            with step("configuration"):
                self._check_configuration()
            with step("age of the restore drill"):
                self._check_drill()
            with step("migrations"):
                self._migrate()
            with step("package"):
                turn.check()
                self.aws.store.make()
                key, self.sha256 = self.aws.store.put_package(self.zip)
                self.template = transform(self.document, self.aws.store.bucket, key)
            with step("new versions"):
                turn.check()
                self._publish()
            with step("smoke test of the new versions"):
                self._smoke()
            with step("moving the aliases"):
                turn.check()
                self._move()
            with step("routes, schedules and what is no longer needed"):
                turn.check()
                self._apply(self.template)
                for each in self.release.functions.values():
                    self.aws.functions.set_clock(each["name"], running=True)

    def _check_configuration(self) -> None:
        if wrong := self.check(self.target):
            for line in wrong:
                self.progress.detail(line)
            raise Refused(f"{len(wrong)} things are wrong with the configuration of {self.target.stage}: make secrets")

    def _check_drill(self) -> None:
        if not self.head:
            self.progress.detail("the database is empty: nothing to restore yet")
        elif wrong := database.drill_is_old(database.last_drill(self.target.url)):
            if self.target.stage in FAMILIES and not self.forced:
                raise Refused(f"{wrong}: run make drill, or give a reason to go on: FORCE='...'")
            self.progress.detail(f"{wrong}{' (forced: ' + self.forced + ')' if self.forced else ''}")

    def _migrate(self) -> None:
        self.head, self.pending = database.schema(self.target.url)
        if self.present and (narrowed := narrowing(database.files(self.pending))):
            for line in narrowed:
                self.progress.detail(line)
            raise Refused("these migrations take away what the release that serves may use: see tools/deploy/expand.py")
        database.apply(self.target.url, self.progress.detail)
        head, pending = database.schema(self.target.url)
        if pending or head != database.newest():
            raise Refused(f"the schema is at {head}, and this checkout's newest migration is {database.newest()}")
        self.progress.detail(f"schema {self.head or 'empty'} -> {head}")
        self.head = head

    def _publish(self) -> None:
        """The functions with their new code, and a version of each; what serves is left as it is."""
        self.present = self.aws.stack.template()
        self._apply(before_the_move(self.template, self.present))
        names = self._names()
        self.releases = Releases(self.aws, self.target.stage)
        self.before = self._live()
        self.release = Release(releases.now(), self.version, getpass.getuser(), self.head, forced=self.forced)
        for function in ordered(self.template):
            number = self.aws.functions.publish(names[function], self.sha256, self.release.id)
            self.release.functions[function] = {"name": names[function], "version": number}
        self.releases.note(self.release)
        self.progress.detail(", ".join(f"{name} {each['version']}" for name, each in self.release.functions.items()))

    def _smoke(self) -> None:
        http = {function_behind(self.template, path) for path in (API_PATH, WEBHOOK_PATH)}
        for function, each in self.release.functions.items():
            if function not in http:
                smoke.ready(self.aws.functions.invoke(each["name"], each["version"], smoke.PROBE), function)
        self.progress.detail("every schedule has what its runs need")
        smoke.signed_out(self._invoke)
        self.progress.detail("signed out: ready, 401, an unsigned webhook refused")
        if self.target.stage in SIGNED_IN_STAGES:
            smoke.signed_in(self._invoke, smoke.sign_in())
            self.progress.detail("signed in: a story kept, heard and deleted")
        self.releases.note(self.release, passed_at=releases.now())

    def _move(self) -> None:
        for function, each in self.release.functions.items():
            name, number = each["name"], each["version"]
            if self.aws.functions.live(name) not in (self.before.get(name, ""), number):
                raise Refused("somebody moved an alias meanwhile, as make rollback does: look at make releases first")
            self.moved = True
            self.aws.functions.move(name, number, f"{self.version} {self.release.id}")
            self.progress.detail(f"{function} serves version {each['version']}")
        self.releases.note(self.release, served_at=releases.now())

    def _invoke(self, route: str, event: Mapping[str, Any]) -> Any:
        each = self.release.functions[function_behind(self.template, route)]
        return self.aws.functions.invoke(each["name"], each["version"], event)

    def _apply(self, template: Template) -> None:
        known = self.aws.stack.parameters()
        parameters = [
            value for name, facts in template.get("Parameters", {}).items() if (value := parameter(name, facts, known))
        ]
        self.aws.stack.apply(self.aws.store.put_template(self.target.stage, template), parameters)

    def _names(self) -> dict[str, str]:
        """A function's name in the template -> its name at AWS."""
        return names(self.target)

    def _live(self) -> dict[str, str]:
        return releases.live(self.aws, self._names().values())


def names(target: Target) -> dict[str, str]:
    """A function's name in the template of the stage -> its name at AWS; none where nothing is deployed."""
    if not target.aws.stack.status():
        return {}
    resources = target.aws.stack.resources().items()
    return {name: physical for name, (kind, physical) in resources if kind == "AWS::Lambda::Function" and physical}


def parameter(name: str, facts: Mapping[str, Any], known: set[str]) -> dict[str, Any] | None:
    """A parameter of the template for CloudFormation: AlarmEmail is ALARM_EMAIL of the environment, else as before.

    None where its default will do. Raises Refused where it has none.
    """
    variable = "".join(f"_{letter}" if letter.isupper() else letter.upper() for letter in name).lstrip("_")
    if given := os.environ.get(variable, "").strip():
        return {"ParameterKey": name, "ParameterValue": given}
    if name in known:
        return {"ParameterKey": name, "UsePreviousValue": True}
    if "Default" in facts:
        return None
    raise Refused(f"set {variable}: {facts.get('Description', 'the template needs it')}")
