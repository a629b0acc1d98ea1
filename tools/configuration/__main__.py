"""`python -m tools.configuration check|secrets`, as make calls it."""

from __future__ import annotations

import sys

from tools.configuration import check, write
from tools.operate.stage import Mistaken

COMMANDS = {"check": check.run, "secrets": write.run}


def main(arguments: list[str]) -> int:
    """Runs a command; returns the exit code."""
    if len(arguments) != 1 or arguments[0] not in COMMANDS:
        print(f"error: python -m tools.configuration {' | '.join(COMMANDS)}", file=sys.stderr)
        return 2
    try:
        return COMMANDS[arguments[0]]()
    except Mistaken as mistake:
        print(f"error: {mistake}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
