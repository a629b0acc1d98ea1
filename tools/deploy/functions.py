"""Lambda's functions of a stage: their versions, the alias that serves, calls of one version, their schedules."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from tools.deploy.trouble import NONE, AwsFailed, saying
from tools.template.releases import LIVE

VERSION_SECONDS = 300.0


class Functions:
    """Lambda functions by their names at AWS: versions, the alias `live`, and calls of one version."""

    def __init__(self, client: Any, invoking: Any, events: Any) -> None:
        self._client = client
        self._invoking = invoking
        self._events = events

    def publish(self, function: str, sha256: str, description: str) -> str:
        """The number of the version with the code of this SHA-256 (hex), published unless it is the newest already."""
        with saying(f"publishing a version of {function}"):
            published = self._client.publish_version(
                FunctionName=function,
                CodeSha256=base64.b64encode(bytes.fromhex(sha256)).decode(),
                Description=description,
            )
            number = str(published["Version"])
            end = time.monotonic() + VERSION_SECONDS
            # With SnapStart a version is ready when its snapshot is.
            while (made := self._configuration(function, number)).get("State", "Active") == "Pending":
                if time.monotonic() > end:
                    raise AwsFailed(f"version {number} of {function} is not ready after {VERSION_SECONDS:.0f} s")
                time.sleep(1)
            if made.get("State", "Active") == "Failed":
                raise AwsFailed(f"version {number} of {function} failed: {made.get('StateReason', 'no reason given')}")
            return number

    def live(self, function: str) -> str:
        """The number of the version that serves; nothing where none does, or the function does not exist."""
        with saying(f"reading the alias of {function}"):
            try:
                return str(self._client.get_alias(FunctionName=function, Name=LIVE)["FunctionVersion"])
            except ClientError as error:
                if error.response["Error"]["Code"] in NONE:
                    return ""
                raise

    def move(self, function: str, version: str, description: str) -> None:
        """Lets a version serve from now on."""
        arguments = {"FunctionName": function, "Name": LIVE, "FunctionVersion": version, "Description": description}
        with saying(f"moving the alias of {function} to version {version}"):
            if self.live(function):
                self._client.update_alias(**arguments)
            else:
                self._client.create_alias(**arguments)

    def versions(self, function: str) -> set[str]:
        """The numbers of its versions; none where it does not exist."""
        with saying(f"reading the versions of {function}"):
            try:
                pages = self._client.get_paginator("list_versions_by_function").paginate(FunctionName=function)
                return {each["Version"] for page in pages for each in page["Versions"]} - {"$LATEST"}
            except ClientError as error:
                if error.response["Error"]["Code"] in NONE:
                    return set()
                raise

    def invoke(self, function: str, version: str, event: Mapping[str, Any]) -> Any:
        """What one version returns for an event. Raises AwsFailed where it fails; its text stays in its own log."""
        with saying(f"calling version {version} of {function}"):
            answer = self._invoking.invoke(
                FunctionName=function, Qualifier=version, Payload=json.dumps(event).encode(), LogType="None"
            )
            payload = answer["Payload"].read()
        if answer.get("FunctionError"):
            kind = json.loads(payload or b"{}").get("errorType", "an error")
            raise AwsFailed(f"version {version} of {function} failed with {kind}: its log says more")
        return json.loads(payload or b"null")

    def set_clock(self, function: str, *, running: bool) -> list[str]:
        """Lets the schedules that start a function's live version start it, or keeps them from it; their names."""
        with saying(f"the schedules of {function}"):
            try:
                arn = self._client.get_function_configuration(FunctionName=function)["FunctionArn"]
            except ClientError as error:
                if error.response["Error"]["Code"] in NONE:
                    return []
                raise
            names = self._events.list_rule_names_by_target(TargetArn=f"{arn}:{LIVE}")["RuleNames"]
            for name in names:
                (self._events.enable_rule if running else self._events.disable_rule)(Name=name)
            return list(names)

    def _configuration(self, function: str, version: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._client.get_function_configuration(FunctionName=function, Qualifier=version)
        return found
