"""Receives the body of an upload in constant memory and checks it against every checksum that the client sent.

It decides whether an upload arrived as announced; whether it is kept is decided in files.py.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import zlib
from collections.abc import Mapping
from typing import BinaryIO, Final

from local.s3.errors import S3Error

PIECE: Final = 256 * 1024
_SDK_CHECKSUMS: Final = {"x-amz-checksum-sha1": "sha1", "x-amz-checksum-sha256": "sha256"}


class Digests:
    """The checksums of one body: MD5 always, for the ETag, and those that its headers announce."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        """Raises S3Error for a checksum that is malformed or of a kind that is not implemented here."""
        self._hashes = {"md5": hashlib.md5(usedforsecurity=False)}
        self._expected: list[tuple[str, bytes, str]] = []  # algorithm, digest, the code of its refusal
        self._crc32 = 0
        if "content-md5" in headers:
            self._expect("md5", _from_base64(headers["content-md5"], 16, "InvalidDigest"), "BadDigest")
        self._expect_payload_hash(headers.get("x-amz-content-sha256", "UNSIGNED-PAYLOAD"))
        self._expected_crc32: int | None = None
        for name, value in headers.items():
            if name in _SDK_CHECKSUMS:
                size = hashlib.new(_SDK_CHECKSUMS[name]).digest_size
                self._expect(_SDK_CHECKSUMS[name], _from_base64(value, size, "InvalidRequest"), "BadDigest")
            elif name == "x-amz-checksum-crc32":
                self._expected_crc32 = int.from_bytes(_from_base64(value, 4, "InvalidRequest"))
            elif name.startswith("x-amz-checksum-") and name != "x-amz-checksum-mode":
                raise S3Error("NotImplemented", f"Header '{name}' is not implemented.")

    @property
    def md5(self) -> str:
        """In hexadecimal, of the bytes so far."""
        return self._hashes["md5"].hexdigest()

    def feed(self, piece: bytes) -> None:
        """Takes the next bytes of the body."""
        for each in self._hashes.values():
            each.update(piece)
        if self._expected_crc32 is not None:
            self._crc32 = zlib.crc32(piece, self._crc32)

    def check(self) -> None:
        """Raises S3Error when the body is not the one that was announced."""
        for algorithm, digest, code in self._expected:
            if not hmac.compare_digest(self._hashes[algorithm].digest(), digest):
                raise S3Error(code)
        if self._expected_crc32 not in (None, self._crc32):
            raise S3Error("BadDigest")

    def _expect(self, algorithm: str, digest: bytes, code: str) -> None:
        self._hashes.setdefault(algorithm, hashlib.new(algorithm, usedforsecurity=False))
        self._expected.append((algorithm, digest, code))

    def _expect_payload_hash(self, value: str) -> None:
        if value == "UNSIGNED-PAYLOAD":
            return
        if value.startswith("STREAMING-"):
            raise S3Error("NotImplemented", "Streaming payload signatures are not implemented.")
        if not re.fullmatch(r"[0-9a-f]{64}", value):
            raise S3Error("InvalidArgument", "x-amz-content-sha256 must be UNSIGNED-PAYLOAD or a valid sha256 value.")
        self._expect("sha256", bytes.fromhex(value), "XAmzContentSHA256Mismatch")


def receive(source: BinaryIO, length: int, target: BinaryIO, digests: Digests) -> None:
    """Copies exactly `length` bytes; raises S3Error when the client stops or hangs up before it sent them all."""
    remaining = length
    while remaining:
        try:
            piece = source.read(min(PIECE, remaining))
        except TimeoutError:
            raise S3Error("RequestTimeout") from None
        except ConnectionError:
            piece = b""
        if not piece:
            raise S3Error("IncompleteBody")
        remaining -= len(piece)
        digests.feed(piece)
        target.write(piece)


def _from_base64(value: str, size: int, code: str) -> bytes:
    try:
        decoded = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise S3Error(code) from None
    if len(decoded) != size:
        raise S3Error(code)
    return decoded
