"""SSM's Parameter Store, for the operator's commands: which account it is, what stands there, and what stood there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.config.by_function import FUNCTIONS
from tools.configuration.sources import parameter_of
from tools.operate.stage import Mistaken

_AT_ONCE = 10
"""How many parameters SSM returns to one request."""


class Unreadable(Mistaken):
    """AWS lets these credentials not read, or there are none; the message says what to do."""


@dataclass(frozen=True)
class Stored:
    """A parameter as it is: its version, and its JSON object; `broken` where it is none."""

    version: int
    values: dict[str, str]
    broken: bool = False


@dataclass(frozen=True)
class Version:
    """An earlier state of a parameter. `note` is the run of `make secrets` that wrote it."""

    number: int
    value: str
    note: str


class ParameterStore:
    """The parameters of one account and region."""

    def __init__(self) -> None:
        """Raises Unreadable without credentials or region."""
        import boto3
        from botocore.config import Config

        settings = Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 3})
        with understood():
            session = boto3.Session()
            if session.get_credentials() is None:
                raise Unreadable(
                    "there are no AWS credentials here: set AWS_PROFILE, or AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY"
                    " and AWS_REGION. Without them a file can be checked: make config-check FILE=..."
                )
            self.region: str = session.region_name or ""
            self._ssm = session.client("ssm", config=settings)
            self.account: str = session.client("sts", config=settings).get_caller_identity()["Account"]

    def read(self, stage: str) -> dict[str, Stored]:
        """Function -> its parameter, those that there are. Raises Unreadable."""
        functions = {parameter_of(stage, function): function for function in FUNCTIONS}
        names, found = sorted(functions), {}
        with understood():
            for start in range(0, len(names), _AT_ONCE):
                answer = self._ssm.get_parameters(Names=names[start : start + _AT_ONCE], WithDecryption=True)
                found.update({functions[item["Name"]]: _stored(item) for item in answer["Parameters"]})
        return found

    def write(self, name: str, value: str, note: str) -> int:
        """Writes a parameter as a SecureString and returns its new version. Raises Unreadable."""
        with understood():
            answer = self._ssm.put_parameter(
                Name=name,
                Value=value,
                Type="SecureString",
                Overwrite=True,
                Description=note,
                # Standard up to 4 KB, which is free; Advanced beyond.
                Tier="Intelligent-Tiering",
            )
        version: int = answer["Version"]
        return version

    def history(self, name: str) -> list[Version]:
        """The versions of a parameter, the oldest first: SSM keeps a hundred. None where there is no parameter."""
        try:
            with understood():
                pages = self._ssm.get_paginator("get_parameter_history").paginate(Name=name, WithDecryption=True)
                return [
                    Version(item["Version"], item["Value"], item.get("Description", ""))
                    for page in pages
                    for item in page["Parameters"]
                ]
        except Unreadable as error:
            if "ParameterNotFound" in str(error):
                return []
            raise


def _stored(item: dict[str, Any]) -> Stored:
    try:
        document = json.loads(item["Value"])
    except ValueError:
        document = None
    if not isinstance(document, dict):
        return Stored(item["Version"], {}, broken=True)
    return Stored(item["Version"], {str(name): str(value) for name, value in document.items()})


@contextmanager
def understood() -> Iterator[None]:
    """AWS's errors as Unreadable: its own word, and never a text that may hold a value."""
    try:
        yield
    except ClientError as error:
        word = error.response.get("Error", {}).get("Code", "no answer")
        advice = "are these credentials of the stage's account, and may they read and write its parameters?"
        raise Unreadable(f"AWS refuses ({word}): {advice}") from None
    except BotoCoreError as error:
        raise Unreadable(f"AWS cannot be asked: {type(error).__name__}. Set AWS_PROFILE and AWS_REGION") from None
