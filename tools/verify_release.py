"""`make verify-release TAG=v1.2.0`: the tag is signed by a maintainer, and is the commit that is checked out, of main.

Whoever may push could push a tag. .ci/allowed_signers names who may release, by their SSH keys; a line is a mail
address and a public key, and a change of that file is reviewed as any other.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from local.settings import ROOT

SIGNERS = ".ci/allowed_signers"
MAIN = "origin/main"
NAME = re.compile(r"v\d+\.\d+\.\d+")


def wrong(tag: str, folder: Path = ROOT) -> str:
    """What is wrong with a tag; nothing where it may be released."""
    if not NAME.fullmatch(tag):
        return f"{tag or 'the tag'} is not named like v1.2.0"
    if not _git(folder, "rev-parse", "--verify", "--quiet", f"refs/tags/{tag}").stdout:
        return f"there is no tag {tag} in this checkout (git fetch --tags)"
    if not _signers(folder):
        return f"{SIGNERS} names nobody: add the SSH key of each person who may release"
    # Main's own file: a tag must not bring the key that it is signed with.
    listed = _git(folder, "show", f"{MAIN}:{SIGNERS}").stdout
    file = folder / ".git" / "allowed_signers"
    file.write_text(listed)
    verified = _git(folder, "-c", "gpg.format=ssh", "-c", f"gpg.ssh.allowedSignersFile={file}", "verify-tag", tag)
    if verified.returncode:
        return f"{tag} is not signed by a key of {SIGNERS} (git tag -s {tag})"
    commits = [_git(folder, "rev-parse", name).stdout for name in (f"{tag}^{{commit}}", "HEAD")]
    if commits[0] != commits[1]:
        return f"{tag} is another commit than the one that is checked out"
    if _git(folder, "merge-base", "--is-ancestor", tag, MAIN).returncode:
        return f"{tag} is no commit of {MAIN}"
    return ""


def _signers(folder: Path) -> list[str]:
    lines = _git(folder, "show", f"{MAIN}:{SIGNERS}").stdout.splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=False)


def main() -> int:
    tag = os.environ.get("TAG", "").strip()
    if trouble := wrong(tag):
        print(f"error: {trouble}", file=sys.stderr)
        return 1
    print(f"{tag} is signed, checked out, and of {MAIN}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
