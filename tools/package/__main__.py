"""python -m tools.package STAGE: with VERSION, ARCH and TARGET_PYTHON in the environment, where they are not usual."""

from __future__ import annotations

import hashlib
import os
import sys

from tools.locks import ROOT, LockFault
from tools.package import PackagingFailed
from tools.package.build import DIST, package, version_of
from tools.package.target import RUNTIME, Target


def main(arguments: list[str]) -> int:
    stage = arguments[0] if arguments else ""
    # A shell that has read .local/env carries VERSION=local.
    version = os.environ.get("VERSION", "").removeprefix("local")
    try:
        if not stage:
            raise PackagingFailed("name the stage: make package STAGE=dev")
        target = Target(os.environ.get("ARCH") or "arm64")
        version = version or version_of(ROOT)
        package(stage, target, version)
    except (PackagingFailed, LockFault) as failure:
        print(f"error: nothing was packaged: {failure}", file=sys.stderr)
        return 1
    digest = hashlib.sha256((DIST / "deployment.zip").read_bytes()).hexdigest()
    print(f"dist/deployment.zip and dist/sam.json are made for {stage}, {RUNTIME} on {target.architecture}")
    print(f"version {version}, sha256 of the zip {digest}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
