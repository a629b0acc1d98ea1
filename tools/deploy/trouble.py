"""What goes wrong in a deployment, in words for whoever started it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from botocore.exceptions import BotoCoreError, ClientError

NONE = ("ValidationError", "ResourceNotFoundException", "NoSuchKey", "404", "NoSuchBucket")
"""AWS' codes for: there is none."""


class AwsFailed(Exception):
    """AWS refused or failed; the message says at what."""


class Refused(Exception):
    """A deployment that must not go on; the message says why, and what to do."""


@contextlib.contextmanager
def saying(deed: str) -> Iterator[None]:
    """Turns boto3's errors into AwsFailed that names the deed."""
    try:
        yield
    except ClientError as error:
        told = error.response["Error"]
        raise AwsFailed(f"{deed}: {told.get('Code', '?')}: {told.get('Message', '')}") from error
    except BotoCoreError as error:
        raise AwsFailed(f"{deed}: {error}") from error
