"""The stand-in for Cloudflare R2's S3 API."""

from local.s3.api import Credential, ObjectStore

__all__ = ["Credential", "ObjectStore"]
