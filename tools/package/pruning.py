"""What of the distributions is left out of the zip, because no deployed code can reach it.

A pattern is matched against a file's whole path, and `*` matches slashes too. tests/package holds that all that our
code names can be imported from what stays, and that the whole story and every schedule run on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

LEFT_OUT = {
    "bin/*": "commands",
    "*.pyi": "for type checkers",
    "*/py.typed": "for type checkers",
    "wrapt/_wrappers.c": "the source of what is compiled",
    "certifi/tests/*": "tests",
    "*.dist-info/*": "for pip",
    "botocore/data/*": "read by botocore's clients; of botocore, only the signing of requests is used",
    "dateutil/zoneinfo/*.tar.gz": "time zones; every time here is in UTC",
    "cffi/*": "builds extensions; what cryptography loads is _cffi_backend",
    "stripe/params/*": "for type checkers",
    "aws_lambda_powertools/event_handler/*": "routing, which Chalice does",
    "aws_lambda_powertools/utilities/*": "of Powertools, only logger and metrics are used",
    "sentry_sdk/integrations/*": "monitoring.py switches the integrations off",
}
"""Pattern -> why nothing reaches it."""

KEPT = (
    # The name and version of each distribution, for whoever asks which of them has a vulnerability.
    "*.dist-info/METADATA",
    "aws_lambda_powertools/utilities/__init__.py",
    "aws_lambda_powertools/utilities/jmespath_utils/*",
    "aws_lambda_powertools/utilities/typing/*",
    "sentry_sdk/integrations/__init__.py",
    "sentry_sdk/integrations/dedupe.py",
)
"""What stays of it all the same."""

NOT_UNPACKED = {"pycparser": "cffi builds extensions with it"}
"""Distributions of the lock of which nothing is in the zip."""


def stays(path: str) -> bool:
    """Whether a file of the distributions, by its path with slashes, is in the zip."""
    return _matches(path, KEPT) or not _matches(path, LEFT_OUT)


def _matches(path: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in patterns)


def prune(folder: Path) -> None:
    """Deletes what does not stay."""
    for path in folder.rglob("*"):
        if path.is_file() and not stays(path.relative_to(folder).as_posix()):
            path.unlink()
