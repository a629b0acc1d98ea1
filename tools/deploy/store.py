"""The account's bucket of releases: packages and templates by their hashes, and each stage's list of releases."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from tools.deploy.trouble import NONE, saying
from tools.template.document import Template


class ReleaseStore:
    """The account's bucket for packages, templates and the list of each stage's releases. Nothing of it is secret."""

    def __init__(self, client: Any, bucket: str, account: str, region: str) -> None:
        self._client = client
        self.bucket = bucket
        self._owner = {"ExpectedBucketOwner": account}
        self._region = region

    def make(self) -> None:
        """Makes the bucket, closed to the public and keeping every version, where there is none."""
        with saying(f"bucket {self.bucket}"):
            try:
                self._client.head_bucket(Bucket=self.bucket, **self._owner)
                return
            except ClientError as error:
                if error.response["Error"]["Code"] not in NONE:
                    raise
            # us-east-1 is the one region that may not be named.
            where = {} if self._region == "us-east-1" else {"LocationConstraint": self._region}
            self._client.create_bucket(Bucket=self.bucket, **({"CreateBucketConfiguration": where} if where else {}))
            self._client.put_public_access_block(
                Bucket=self.bucket,
                PublicAccessBlockConfiguration={
                    "BlockPublicAcls": True,
                    "IgnorePublicAcls": True,
                    "BlockPublicPolicy": True,
                    "RestrictPublicBuckets": True,
                },
            )
            self._client.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})

    def put_package(self, path: Path) -> tuple[str, str]:
        """The key of the zip, which is named by its SHA-256, and that in hex. It is sent only where it is missing."""
        content = path.read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        key = f"packages/{sha256}.zip"
        with saying(f"sending {path.name} to {self.bucket}"):
            try:
                self._client.head_object(Bucket=self.bucket, Key=key, **self._owner)
            except ClientError as error:
                if error.response["Error"]["Code"] not in NONE:
                    raise
                self._client.put_object(
                    Bucket=self.bucket,
                    Key=key,
                    Body=content,
                    ChecksumSHA256=base64.b64encode(bytes.fromhex(sha256)).decode(),
                    **self._owner,
                )
        return key, sha256

    def put_template(self, stage: str, template: Template) -> str:
        """The address of the template for CloudFormation, which takes no more than 51,200 bytes in a call itself."""
        text = json.dumps(template, sort_keys=True, separators=(",", ":")).encode()
        key = f"{stage}/templates/{hashlib.sha256(text).hexdigest()[:32]}.json"
        self._put(key, text)
        return f"https://{self.bucket}.s3.{self._region}.amazonaws.com/{key}"

    def read_list(self, stage: str) -> list[dict[str, Any]]:
        """The stage's releases, the newest first."""
        with saying(f"reading the releases of {stage}"):
            try:
                answer = self._client.get_object(Bucket=self.bucket, Key=f"{stage}/releases.json", **self._owner)
            except ClientError as error:
                if error.response["Error"]["Code"] in NONE:
                    return []
                raise
            found: list[dict[str, Any]] = json.loads(answer["Body"].read())
            return found

    def write_list(self, stage: str, releases: list[dict[str, Any]]) -> None:
        self._put(f"{stage}/releases.json", json.dumps(releases, indent=1).encode())

    def _put(self, key: str, content: bytes) -> None:
        with saying(f"writing {key} to {self.bucket}"):
            self._client.put_object(Bucket=self.bucket, Key=key, Body=content, **self._owner)
