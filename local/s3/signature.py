"""Checks AWS Signature Version 4 as Cloudflare R2 does: presigned URLs and Authorization headers, for service s3.

The canonical request is botocore's own, made from the request exactly as it was sent (the raw path and query, the
signed headers), so that no change on the way passes. It never logs, stores or repeats a signature, and no setting turns
it off.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.s3.errors import S3Error
from local.s3.request import WireRequest

ALGORITHM: Final = "AWS4-HMAC-SHA256"
MAX_EXPIRES_SECONDS: Final = 604_800
CLOCK_SKEW: Final = timedelta(minutes=15)
REGIONS: Final = ("auto", "us-east-1")

_QUERY_NAMES: Final = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
)
_AUTHORIZATION: Final = re.compile(
    rf"{ALGORITHM} +Credential=(?P<credential>[^,\s]+), *SignedHeaders=(?P<headers>[^,\s]+), *"
    r"Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True)
class _Claim:
    """What a request says about its own signature, before it is verified."""

    credential: str
    timestamp: str
    signed_headers: str
    signature: str


def verify(request: WireRequest, secrets: Mapping[str, str], now: datetime | None = None) -> str:
    """The access key id that signed the request; raises S3Error when it is unsigned, wrongly signed or expired.

    `secrets` maps access key ids to their secrets; `now` has a time zone and defaults to the present.
    """
    now = now or datetime.now(UTC)
    names = [name for name, _ in request.parameters]
    if "Signature" in names or "AWSAccessKeyId" in names or request.headers.get("authorization", "").startswith("AWS "):
        raise S3Error("InvalidRequest", f"SigV2 is not supported. Please use {ALGORITHM}.")
    presigned = any(name in _QUERY_NAMES for name in names)
    if presigned and "authorization" in request.headers:
        raise S3Error("InvalidArgument", "Only one authentication mechanism is allowed.")
    if presigned:
        return _verify_presigned(request, secrets, now)
    if "authorization" in request.headers:
        return _verify_header(request, secrets, now)
    raise S3Error("AccessDenied")


def _verify_presigned(request: WireRequest, secrets: Mapping[str, str], now: datetime) -> str:
    given = [(name, value) for name, value in request.parameters if name in _QUERY_NAMES]
    values = dict(given)
    if len(given) != len(_QUERY_NAMES) or len(values) != len(_QUERY_NAMES):
        raise S3Error(
            "AuthorizationQueryParametersError",
            f"Query-string authentication needs, once each: {', '.join(_QUERY_NAMES)}.",
        )
    if values["X-Amz-Algorithm"] != ALGORITHM:
        raise S3Error("AuthorizationQueryParametersError", f'X-Amz-Algorithm only supports "{ALGORITHM}".')
    expires = values["X-Amz-Expires"]
    if not re.fullmatch(r"[0-9]{1,6}", expires) or not 1 <= int(expires) <= MAX_EXPIRES_SECONDS:
        raise S3Error(
            "AuthorizationQueryParametersError", f"X-Amz-Expires must be between 1 and {MAX_EXPIRES_SECONDS} seconds."
        )
    claim = _Claim(
        values["X-Amz-Credential"], values["X-Amz-Date"], values["X-Amz-SignedHeaders"], values["X-Amz-Signature"]
    )
    key_id, region, signed_at = _read_scope(claim, secrets, "AuthorizationQueryParametersError")
    if signed_at > now + CLOCK_SKEW:
        raise S3Error("AccessDenied", "Request is not yet valid.")
    if now >= signed_at + timedelta(seconds=int(expires)):
        raise S3Error("AccessDenied", "Request has expired.")
    signer = S3SigV4QueryAuth(Credentials(key_id, secrets[key_id]), "s3", region)
    _compare(request, claim, signer)
    return key_id


def _verify_header(request: WireRequest, secrets: Mapping[str, str], now: datetime) -> str:
    parts = _AUTHORIZATION.fullmatch(request.headers["authorization"])
    if parts is None:
        raise S3Error("AuthorizationHeaderMalformed")
    if "x-amz-date" not in request.headers:
        raise S3Error("AccessDenied", "AWS authentication requires a valid x-amz-date header.")
    if "x-amz-content-sha256" not in request.headers:
        raise S3Error("InvalidRequest", "Missing required header for this request: x-amz-content-sha256.")
    claim = _Claim(parts["credential"], request.headers["x-amz-date"], parts["headers"], parts["signature"])
    key_id, region, signed_at = _read_scope(claim, secrets, "AuthorizationHeaderMalformed")
    if abs(now - signed_at) > CLOCK_SKEW:
        raise S3Error("RequestTimeTooSkewed")
    signer = S3SigV4Auth(Credentials(key_id, secrets[key_id]), "s3", region)
    _compare(request, claim, signer)
    return key_id


def _read_scope(claim: _Claim, secrets: Mapping[str, str], malformed: str) -> tuple[str, str, datetime]:
    """(access key id, region, time of signing) of a credential like `<key id>/20261120/auto/s3/aws4_request`."""
    scope = claim.credential.split("/")
    if len(scope) != 5 or scope[3:] != ["s3", "aws4_request"]:
        raise S3Error(malformed, "The credential must be <key id>/YYYYMMDD/<region>/s3/aws4_request.")
    key_id, day, region = scope[:3]
    if not re.fullmatch(r"[0-9]{8}T[0-9]{6}Z", claim.timestamp):
        raise S3Error(malformed, "X-Amz-Date must be in the ISO8601 basic format YYYYMMDDTHHMMSSZ.")
    try:
        signed_at = datetime.strptime(claim.timestamp, "%Y%m%dT%H%M%S%z")
    except ValueError:
        raise S3Error(malformed, "X-Amz-Date is not a date.") from None
    if day != claim.timestamp[:8]:
        raise S3Error(malformed, "The credential's day must be the day of X-Amz-Date.")
    if key_id not in secrets:
        raise S3Error("InvalidAccessKeyId")
    if region not in REGIONS:
        raise S3Error("InvalidRegionName")
    return key_id, region, signed_at


def _compare(request: WireRequest, claim: _Claim, signer: S3SigV4Auth | S3SigV4QueryAuth) -> None:
    """Computes the signature of the request as it came and compares; every signed header must be present."""
    names = claim.signed_headers.split(";")
    if "host" not in names or any(name not in request.headers for name in names):
        raise S3Error("SignatureDoesNotMatch")
    if any(name.startswith("x-amz-") and name not in names for name in request.headers):
        raise S3Error("AccessDenied", "There were headers present in the request which were not signed.")
    unsigned_query = "&".join(
        pair for pair in request.query.split("&") if pair and not pair.startswith("X-Amz-Signature=")
    )
    canonical = AWSRequest(
        method=request.method,
        url=f"http://host-is-among-the-headers{request.path}?{unsigned_query}",
        headers={name: request.headers[name] for name in names},
    )
    canonical.context["timestamp"] = claim.timestamp
    if signer.signed_headers(signer.headers_to_sign(canonical)) != claim.signed_headers:
        raise S3Error("SignatureDoesNotMatch")
    expected = signer.signature(signer.string_to_sign(canonical, signer.canonical_request(canonical)), canonical)
    if not hmac.compare_digest(expected.encode(), claim.signature.encode()):
        raise S3Error("SignatureDoesNotMatch")
