"""Clients of the object store for its contract suite: several that sign, and one that sends just what it is told."""

from __future__ import annotations

import base64
import hashlib
import http.client
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import boto3
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.client import Config
from botocore.credentials import Credentials

BUCKET, KEY_ID, SECRET = "recordings", "local-key-id", "local-secret"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The S3 error code in the body."""
        return self.body.decode().partition("<Code>")[2].partition("</Code>")[0]


@dataclass
class Signed:
    """A signed request: its URL and the headers the client has to send along."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)


def send(request: Signed, body: bytes = b"", **changed: str | None) -> Answer:
    """Sends the request as it is; `changed` replaces headers (underscores for dashes), None leaves one out."""
    headers = dict(request.headers)
    for name, value in changed.items():
        headers.pop(name.replace("_", "-"), None)
        if value is not None:
            headers[name.replace("_", "-")] = value
    parts = urlsplit(request.url)
    target = request.url.partition(parts.netloc)[2]  # exactly as signed: nothing is quoted again
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    connection.request(request.method, target, body or None, {**headers, "connection": "close"})
    answer = connection.getresponse()
    result = Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    connection.close()
    return result


def object_url(origin: str, key: str, bucket: str = BUCKET) -> str:
    return f"{origin}/{bucket}/{quote(key)}"


def sign_url(
    method: str,
    url: str,
    headers: dict[str, str] | None = None,
    *,
    expires: int | str = 900,
    age: timedelta = timedelta(),
    key_id: str = KEY_ID,
    secret: str = SECRET,
    region: str = "auto",
) -> Signed:
    """A presigned URL made with botocore alone, as if it was made `age` ago."""
    auth = S3SigV4QueryAuth(Credentials(key_id, secret), "s3", region, expires=expires)
    request = AWSRequest(method=method, url=url, headers=headers or {})
    if age:
        _sign_as_of(auth, request, age)
    else:
        auth.add_auth(request)
    return Signed(method, request.url, dict(headers or {}))


def sign_put(
    origin: str, key: str, body: bytes, content_type: str = "audio/mp4", md5: bool = True, **how: Any
) -> Signed:
    """The upload URL a phone gets: size, type, MD5 and if-none-match are signed into it."""
    headers = {"content-length": str(len(body)), "content-type": content_type, "if-none-match": "*"}
    if md5:
        headers["content-md5"] = md5_of(body)
    return sign_url("PUT", object_url(origin, key, how.pop("bucket", BUCKET)), headers, **how)


def sign_header(
    method: str, url: str, headers: dict[str, str] | None = None, *, body: bytes = b"", age: timedelta = timedelta()
) -> Signed:
    """A request with an Authorization header, as if it was signed `age` ago."""
    auth = S3SigV4Auth(Credentials(KEY_ID, SECRET), "s3", "auto")
    request = AWSRequest(method=method, url=url, headers=headers or {}, data=body)
    _sign_as_of(auth, request, age)
    return Signed(method, request.url, {name.lower(): value for name, value in request.headers.items()})


def _sign_as_of(auth: Any, request: AWSRequest, age: timedelta) -> None:
    request.context["timestamp"] = (datetime.now(UTC) - age).strftime("%Y%m%dT%H%M%SZ")
    auth._modify_request_before_signing(request)
    to_sign = auth.string_to_sign(request, auth.canonical_request(request))
    auth._inject_signature_to_request(request, auth.signature(to_sign, request))


def boto_client(origin: str, **settings: Any) -> Any:
    """boto3 as the backend configures it for R2; `settings` go into its Config."""
    usual: dict[str, Any] = {"request_checksum_calculation": "when_required"}
    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": "path"},
        retries={"total_max_attempts": 1},
        **(usual | settings),
    )
    return boto3.client(
        "s3",
        endpoint_url=origin,
        region_name="auto",
        aws_access_key_id=KEY_ID,
        aws_secret_access_key=SECRET,
        config=config,
    )


def md5_of(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
