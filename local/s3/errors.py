"""What the object store answers when it refuses: S3's error codes, their HTTP status and their XML.

An error never repeats a part of the request, neither its key nor its signature.
"""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import escape

XML_PROLOGUE: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'

_ERRORS: Final[dict[str, tuple[int, str]]] = {
    "AccessDenied": (403, "Access Denied."),
    "AuthorizationHeaderMalformed": (400, "The authorization header is malformed."),
    "AuthorizationQueryParametersError": (400, "The authorization query parameters are malformed."),
    "BadDigest": (400, "The checksum you specified did not match what we received."),
    "EntityTooLarge": (400, "Your proposed upload exceeds the maximum allowed object size."),
    "IncompleteBody": (400, "You did not provide the number of bytes specified by the Content-Length HTTP header."),
    "InternalError": (500, "We encountered an internal error. Please try again."),
    "InvalidAccessKeyId": (403, "The access key id you provided does not exist in our records."),
    "InvalidArgument": (400, "Invalid argument."),
    "InvalidDigest": (400, "The Content-MD5 you specified was invalid."),
    "InvalidRange": (416, "The requested range is not satisfiable."),
    "InvalidRegionName": (400, "The region name is not valid; must be one of: auto, us-east-1."),
    "InvalidRequest": (400, "The request is not valid."),
    "InvalidURI": (400, "Couldn't parse the specified URI."),
    "KeyTooLongError": (400, "Your key is too long."),
    "MethodNotAllowed": (405, "The specified method is not allowed against this resource."),
    "MissingContentLength": (411, "You must provide the Content-Length HTTP header."),
    "NoSuchKey": (404, "The specified key does not exist."),
    "NotImplemented": (501, "A header or parameter you provided implies functionality that is not implemented."),
    "PreconditionFailed": (412, "At least one of the pre-conditions you specified did not hold."),
    "RequestTimeTooSkewed": (403, "The difference between the request time and the server's time is too large."),
    "RequestTimeout": (400, "Your socket connection to the server was not read from within the timeout period."),
    "SignatureDoesNotMatch": (
        403,
        "The request signature we calculated does not match the signature you provided.",
    ),
    "SlowDown": (503, "Please reduce your request rate."),
    "XAmzContentSHA256Mismatch": (400, "The provided 'x-amz-content-sha256' header does not match what was computed."),
}


class S3Error(Exception):
    """A refusal by its S3 code; `message` replaces the code's usual text."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.status, usual = _ERRORS[code]
        self.message = message or usual

    @classmethod
    def of_status(cls, status: int) -> S3Error:
        """The refusal that S3 most likely means by an HTTP status; for tests, which ask for a status."""
        error = cls({403: "AccessDenied", 404: "NoSuchKey", 503: "SlowDown"}.get(status, "InternalError"))
        error.status = status
        return error

    def xml(self) -> str:
        """The body S3 would send."""
        return f"{XML_PROLOGUE}<Error><Code>{self.code}</Code><Message>{escape(self.message)}</Message></Error>"
