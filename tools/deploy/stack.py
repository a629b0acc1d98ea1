"""The stage's CloudFormation stack: read, applied, waited for, deleted."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tools.deploy.trouble import NONE, AwsFailed, saying
from tools.template.document import Template

# CloudFormation itself gives up long before.
STACK_SECONDS = 3600.0


class Stack:
    """The stage's CloudFormation stack."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self.name = name
        # A stand-in on this machine is done at once.
        self._pause = 0.05 if os.environ.get("AWS_ENDPOINT_URL") else 5.0

    def status(self) -> str:
        """CloudFormation's word for the stack's state; nothing where there is none."""
        with saying(f"reading stack {self.name}"):
            try:
                return str(self._client.describe_stacks(StackName=self.name)["Stacks"][0]["StackStatus"])
            except ClientError as error:
                if error.response["Error"]["Code"] in NONE:
                    return ""
                raise

    def template(self) -> Template | None:
        """What is deployed, as it was handed over."""
        if not self.status():
            return None
        with saying(f"reading the template of stack {self.name}"):
            body = self._client.get_template(StackName=self.name)["TemplateBody"]
        found: Template = body if isinstance(body, dict) else json.loads(body)
        return found

    def resources(self) -> dict[str, tuple[str, str]]:
        """Name in the template -> its type, and its name at AWS."""
        with saying(f"reading the resources of stack {self.name}"):
            pages = self._client.get_paginator("list_stack_resources").paginate(StackName=self.name)
            return {
                each["LogicalResourceId"]: (each["ResourceType"], each.get("PhysicalResourceId", ""))
                for page in pages
                for each in page["StackResourceSummaries"]
            }

    def parameters(self) -> set[str]:
        """The names of the parameters that the stack has values for."""
        if not self.status():
            return set()
        with saying(f"reading stack {self.name}"):
            stack = self._client.describe_stacks(StackName=self.name)["Stacks"][0]
        return {each["ParameterKey"] for each in stack.get("Parameters", [])}

    def apply(self, url: str, parameters: Sequence[dict[str, Any]]) -> bool:
        """Creates or updates the stack from a template in S3 and waits for the end; False where nothing changes.

        Raises AwsFailed when CloudFormation fails: it has then put everything back as it was.
        """
        self.settle()
        arguments = {
            "StackName": self.name,
            "TemplateURL": url,
            "Capabilities": ["CAPABILITY_IAM"],
            "Parameters": list(parameters),
        }
        with saying(f"stack {self.name}"):
            try:
                if self.status():
                    stack = self._client.update_stack(**arguments)["StackId"]
                else:
                    stack = self._client.create_stack(**arguments, OnFailure="DELETE")["StackId"]
            except ClientError as error:
                if "No updates are to be performed" in error.response["Error"]["Message"]:
                    return False
                raise
        self._wait(stack)
        return True

    def settle(self) -> None:
        """Waits for what CloudFormation still does for a deployment that died. Raises AwsFailed where it is stuck."""
        status = self.status()
        if status.endswith("_IN_PROGRESS"):
            status = self._until_done(self.name)
        if status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"):
            raise AwsFailed(
                f"stack {self.name} is {status}: it was never whole. Remove it (make undeploy STAGE=...), then deploy"
            )
        if status == "UPDATE_ROLLBACK_FAILED":
            raise AwsFailed(
                f"stack {self.name} is UPDATE_ROLLBACK_FAILED. Its events say why. Mend that, then run:"
                f" aws cloudformation continue-update-rollback --stack-name {self.name}"
            )

    def delete(self) -> None:
        """Deletes the stack with all that does not say Retain, and waits for the end."""
        status = self.status()
        if not status:
            return
        with saying(f"deleting stack {self.name}"):
            stack = self._client.describe_stacks(StackName=self.name)["Stacks"][0]["StackId"]
            self._client.delete_stack(StackName=self.name)
        if (end := self._until_done(stack)) not in ("", "DELETE_COMPLETE"):
            raise AwsFailed(f"stack {self.name} ended as {end}: {self._why(stack)}")

    def _wait(self, stack: str) -> None:
        status = self._until_done(stack)
        if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"):
            raise AwsFailed(f"stack {self.name} ended as {status or 'deleted'}: {self._why(stack)}")

    def _until_done(self, stack: str) -> str:
        end = time.monotonic() + STACK_SECONDS
        while True:
            with saying(f"waiting for stack {self.name}"):
                try:
                    found = self._client.describe_stacks(StackName=stack)["Stacks"]
                except ClientError as error:
                    if error.response["Error"]["Code"] not in NONE:
                        raise
                    found = []
            status = str(found[0]["StackStatus"]) if found else ""
            if not status.endswith("_IN_PROGRESS") or status == "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS":
                return status
            if time.monotonic() > end:
                raise AwsFailed(f"stack {self.name} is still {status} after {STACK_SECONDS / 60:.0f} minutes")
            time.sleep(self._pause)

    def _why(self, stack: str) -> str:
        """The first failure of the last change, in CloudFormation's words."""
        try:
            events = self._client.describe_stack_events(StackName=stack)["StackEvents"]
        except (ClientError, BotoCoreError):
            return "CloudFormation gives no reason"
        failed = [
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"
            for event in events
            if event["ResourceStatus"].endswith("_FAILED") and "cancelled" not in event.get("ResourceStatusReason", "")
        ]
        return failed[-1] if failed else "CloudFormation gives no reason"
