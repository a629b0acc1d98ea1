"""`make undeploy STAGE=...`: deletes the stage's stack. The database and the buckets are no part of it, and stay."""

from __future__ import annotations

from tools.deploy import releases
from tools.deploy.deploy import names
from tools.deploy.target import Target


def undeploy(target: Target) -> None:
    """Deletes functions, API, schedules, alarms and roles; nothing serves afterwards. Raises AwsFailed."""
    stack = target.aws.stack
    if not stack.status():
        print(f"there is no stack {stack.name}: nothing to delete")
        return
    for name, resource in sorted((stack.template() or {"Resources": {}})["Resources"].items()):
        if resource.get("DeletionPolicy") != "Retain":
            print(f"  deletes  {resource['Type']:<28} {name}")
    print("  keeps    the database, the buckets of recordings, the parameters with the secrets, the log groups")
    print(f"  keeps    the packages and the list of releases in {target.aws.store.bucket}", flush=True)
    target.confirm(f"to delete the whole stage, whose {len(names(target))} functions then answer nobody,")
    print(f"{releases.now()}  deleting {stack.name} ...", flush=True)
    stack.delete()
    print(f"{releases.now()}  {stack.name} is gone. make deploy STAGE={target.stage} makes it anew, at a new address")
