"""`python -m tools.deploy deploy|rollback|releases|undeploy`, as make calls it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg2

from local.settings import ROOT
from sql.migrate import MigrationFailed, MigrationRefused
from tools.configuration import check
from tools.configuration.parameter_store import ParameterStore
from tools.deploy import database, releases
from tools.deploy.deploy import Deployment, Package, names
from tools.deploy.rollback import rollback, show
from tools.deploy.smoke import SmokeFailed
from tools.deploy.target import URL, Mistaken, Target, choose
from tools.deploy.trouble import AwsFailed, Refused
from tools.deploy.undeploy import undeploy
from tools.locks import LockFault
from tools.operate.stage import Mistaken as NotConfirmed
from tools.package import PackagingFailed, build
from tools.package.build import version_of
from tools.package.target import Target as PackageFor

TROUBLE = (AwsFailed, Refused, SmokeFailed, MigrationFailed, MigrationRefused, psycopg2.Error, NotConfirmed)


def deploy() -> int:
    """The whole of `make deploy`; returns the exit code."""
    target = choose(database=True)
    package = built(target.stage)
    deployment = Deployment(target, package, configuration)
    deployment.announce()
    target.confirm(f"to deploy {deployment.version}")
    try:
        deployment.run()
    except (*TROUBLE, KeyboardInterrupt) as trouble:
        deployment.progress.failed(told(trouble))
        _say_what_serves(target, moved=deployment.moved)
        return 1
    print(f"\n{deployment.version} serves on {target.stage}. To go back: make rollback STAGE={target.stage}")
    return 0


def _say_what_serves(target: Target, *, moved: bool) -> None:
    again = f"make deploy STAGE={target.stage}"
    try:
        listed = releases.Releases(target.aws, target.stage).all
        print(f"serves:   {releases.said(listed, releases.live(target.aws, names(target).values()))}")
    except AwsFailed as trouble:
        print(f"serves:   unknown: {trouble}")
    if moved:
        print(f"next:     {again} goes on where this ended; make rollback STAGE={target.stage} goes back")
    else:
        print(f"next:     mend it, then {again}: nobody got the new version")


def built(stage: str) -> Package:
    """The package of this checkout, made now; BUILT names a folder where `make package` of this stage put it before."""
    folder = Path(os.environ.get("BUILT", "").strip() or ROOT / "dist")
    if not os.environ.get("BUILT", "").strip():
        # A shell that has read .local/env carries VERSION=local.
        build.package(
            stage, PackageFor("arm64"), os.environ.get("VERSION", "").removeprefix("local") or version_of(ROOT)
        )
    document = json.loads((folder / "sam.json").read_text("utf-8"))
    variables = [
        resource["Properties"]["Environment"]["Variables"]
        for resource in document["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
    ]
    (found,) = {(each["STAGE"], each["VERSION"]) for each in variables}
    if found[0] != stage:
        raise Mistaken(f"{folder} holds a package of stage {found[0]}, not of {stage}")
    return folder / "deployment.zip", document, found[1]


def configuration(target: Target) -> list[str]:
    """What is wrong with the stage's parameters, a line each, never with a value. Raises Unreadable."""
    store = ParameterStore()
    found = check.of_stage(target.stage, store)
    lines = check.told(found) if found else []
    stored = store.read(target.stage)
    url = stored["api_handler"].values.get("DATABASE_URL", "") if "api_handler" in stored else ""
    if url and database.differ(target.url, url):
        lines.append(f"api_handler: DATABASE_URL names another database than {URL} does")
    return lines


def told(trouble: BaseException) -> str:
    """The text of an error, unless it is libpq's own, which names the host and the user."""
    if isinstance(trouble, psycopg2.Error):
        return f"the database failed ({type(trouble).__name__})"
    return str(trouble) or type(trouble).__name__


def _other(run: Callable[[Target], None]) -> Callable[[], int]:
    def command() -> int:
        target = choose(database=False)
        print(target, flush=True)
        run(target)
        return 0

    return command


COMMANDS = {"deploy": deploy, "rollback": _other(rollback), "releases": _other(show), "undeploy": _other(undeploy)}


def main(arguments: list[str]) -> int:
    """Runs a command; returns the exit code."""
    if len(arguments) != 1 or arguments[0] not in COMMANDS:
        print(f"error: python -m tools.deploy {' | '.join(COMMANDS)}", file=sys.stderr)
        return 2
    try:
        return COMMANDS[arguments[0]]()
    except (*TROUBLE, Mistaken, PackagingFailed, LockFault) as trouble:
        print(f"error: {told(trouble)}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
