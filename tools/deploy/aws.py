"""AWS as a deployment uses it: one account and region, with its clients.

Each call is one of AWS' own, and each may be repeated: what is done already is found done. The credentials and the
region are those of the environment, as for AWS' own command. In a rehearsal AWS_ENDPOINT_URL names a stand-in.
"""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

from tools.deploy.functions import Functions
from tools.deploy.stack import Stack
from tools.deploy.store import ReleaseStore
from tools.deploy.trouble import saying
from tools.template.document import APP

# A function may run for half a minute in a smoke test. Not sent twice: the first one may still be running.
_INVOKE = Config(read_timeout=60, connect_timeout=10, retries={"total_max_attempts": 1})
_OTHERS = Config(retries={"mode": "standard", "total_max_attempts": 6})


class Aws:
    """The stage's account and region, its stack, its functions and its bucket of releases. Raises AwsFailed."""

    def __init__(self, stage: str) -> None:
        with saying("your AWS credentials and AWS_REGION"):
            sts = self._client("sts")
            self.region: str = sts.meta.region_name
            self.account = str(sts.get_caller_identity()["Account"])
        self.stack = Stack(self._client("cloudformation"), f"{APP}-{stage}")
        self.functions = Functions(self._client("lambda"), self._client("lambda", _INVOKE), self._client("events"))
        bucket = f"{APP}-releases-{self.account}-{self.region}"
        self.store = ReleaseStore(self._client("s3"), bucket, self.account, self.region)

    def _client(self, service: str, config: Config = _OTHERS) -> Any:
        return boto3.client(service, config=config)
