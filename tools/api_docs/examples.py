"""An example of each operation's use for the OpenAPI document: a request that is accepted, and the data it gets.

A row an operation, named after its function. A test parses every example with the operation's own models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.api.endpoints import Endpoint
from tools.api_docs import Undeclared

FAMILY = "6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e"
KEEPER = "0b9a4d5e-7c1f-4e2a-8f3b-2d6c5a4b3e21"
STORYTELLER = "3e7d1f60-52c4-4b8a-a1d9-6c0f9b8e7d54"
RECORDING = "9c2f4b7a-1d3e-4f56-8a90-b1c2d3e4f506"
PROMPT = "d4c3b2a1-0f9e-4d8c-b7a6-958473625140"
INVITE = "51f0e9d8-c7b6-4a59-8432-1f0e9d8c7b6a"

_STORE = "https://abc123.r2.cloudflarestorage.com/recordings"
_KEY = f"families/{FAMILY}/recordings/{RECORDING}.audio.m4a"
_WAVEFORM = f"families/{FAMILY}/recordings/{RECORDING}.waveform.json"
_SIGNED = "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=900&..."


@dataclass(frozen=True)
class Example:
    """`data` of a successful response, and the body of a request that gets it."""

    data: Mapping[str, Any]
    request: Mapping[str, Any] | None = None
    warnings: Mapping[str, str] = field(default_factory=dict)
    """The codes that may stand in metadata.warnings -> what each means."""


def example_of(endpoint: Endpoint) -> Example:
    """The endpoint's example. Raises Undeclared."""
    name = endpoint.function.__name__
    if name not in EXAMPLES:
        raise Undeclared(f"declare an example for {name} in tools/api_docs/examples.py")
    example = EXAMPLES[name]
    if endpoint.request is not None and example.request is None:
        raise Undeclared(f"declare a request in the example for {name} in tools/api_docs/examples.py")
    return example


_ENTITLEMENT = {
    "plan": "free",
    "status": "active",
    "storageQuotaBytes": 1073741824,
    "storageUsedBytes": 4815162,
    "storageReservedBytes": 0,
    "maxRecordingSeconds": 600,
    "currentPeriodEnd": None,
    "cancelAtPeriodEnd": False,
}
_MEMBER = {
    "userId": STORYTELLER,
    "displayName": "Abuela Rosa",
    "role": "storyteller",
    "joinedAt": "2026-11-21T08:15:00Z",
}
_FAMILY = {
    "id": FAMILY,
    "name": "Moreno",
    "locale": "es",
    "role": "keeper",
    "createdAt": "2026-11-20T10:00:00Z",
    "lastVerifiedAt": "2026-11-22T02:05:11Z",
    "members": [
        {"userId": KEEPER, "displayName": "Ana", "role": "keeper", "joinedAt": "2026-11-20T10:00:00Z"},
        _MEMBER,
    ],
    "entitlement": _ENTITLEMENT,
    "features": {"uploads": True, "writes": True, "new-player": False},
}
_RECORDING = {
    "id": RECORDING,
    "familyId": FAMILY,
    "promptId": PROMPT,
    "title": "The bakery on Calle Mayor",
    "sizeBytes": 4815162,
    "durationSeconds": 312.4,
    "contentType": "audio/mp4",
    "recordedAt": "2026-11-21T09:30:00Z",
    "createdBy": STORYTELLER,
    "createdAt": "2026-11-21T09:36:12Z",
    "deletedAt": None,
    "rescued": False,
}
_TRASHED = {**_RECORDING, "deletedAt": "2026-11-23T07:00:00Z", "daysLeft": 30}
_PROMPT = {
    "id": PROMPT,
    "familyId": FAMILY,
    "text": "What did your kitchen smell of when you were a child?",
    "locale": "en",
    "createdBy": KEEPER,
    "createdAt": "2026-11-20T10:04:00Z",
}
_INVITE = {
    "id": INVITE,
    "familyId": FAMILY,
    "email": "rosa@example.org",
    "role": "storyteller",
    "maxUses": 1,
    "usedCount": 0,
    "expiresAt": "2026-11-27T10:05:00Z",
    "revokedAt": None,
    "mailRefusedAt": None,
    "createdBy": KEEPER,
    "createdAt": "2026-11-20T10:05:00Z",
}
_PARKED = {
    "id": RECORDING,
    "familyId": FAMILY,
    "sizeBytes": 4815162,
    "durationSeconds": 312.4,
    "contentType": "audio/mp4",
    "createdBy": STORYTELLER,
    "createdAt": "2026-11-21T09:36:00Z",
    "storedAt": "2026-11-21T09:40:12Z",
    "decideUntil": "2026-12-21T10:00:00Z",
}
_ISSUED = {
    "id": INVITE,
    "code": "ABC-DEF-GHJ",
    "joinUrl": "https://app.example.org/join#ABC-DEF-GHJ",
    "expiresAt": "2026-11-27T10:05:00Z",
    "maxUses": 1,
    "emailQueued": True,
}
_ME = {"userId": KEEPER, "displayName": "Ana", "locale": "es"}

EXAMPLES: dict[str, Example] = {
    "create_family": Example(
        {
            "family": {name: _FAMILY[name] for name in ("id", "name", "locale", "role", "createdAt")},
            "entitlement": {**_ENTITLEMENT, "storageUsedBytes": 0},
            "promptsSeeded": 10,
        },
        {"name": "Moreno", "locale": "es", "displayName": "Ana"},
        {"prompts_not_seeded": "The family was created without the prompts it should start with."},
    ),
    "create_invite": Example(
        {"invite": _ISSUED},
        {"familyId": FAMILY, "email": "rosa@example.org", "maxUses": 1, "expiresInDays": 7},
        {"mail_limit_reached": "The invite was not mailed: the day's mails are used up. Share the code yourself."},
    ),
    "redeem_invite": Example(
        {"family": {"id": FAMILY, "name": "Moreno", "role": "storyteller"}, "alreadyMember": False},
        {"code": "abc def ghj", "displayName": "Abuela Rosa"},
    ),
    "get_signed_upload_url": Example(
        {
            "recordingId": RECORDING,
            "uploadUrl": f"{_STORE}/{_KEY}{_SIGNED}",
            "uploadHeaders": {
                "content-type": "audio/mp4",
                "if-none-match": "*",
                "content-md5": "1B2M2Y8AsgTpgAmY7PhCfg==",
            },
            "waveformUploadUrl": f"{_STORE}/{_WAVEFORM}{_SIGNED}",
            "waveformUploadHeaders": {"content-type": "application/json", "if-none-match": "*"},
            "objectKey": _KEY,
            "expiresAt": "2026-11-21T09:51:00Z",
            "expiresInSeconds": 900,
            "reservedBytes": 4815162,
        },
        {
            "familyId": FAMILY,
            "fileSizeBytes": 4815162,
            "durationSeconds": 312.4,
            "contentType": "audio/mp4",
            "contentMd5": "1B2M2Y8AsgTpgAmY7PhCfg==",
            "waveformSizeBytes": 2048,
        },
    ),
    "finalize_recording": Example(
        {
            "recording": _RECORDING,
            "usage": {"usedBytes": 4815162, "reservedBytes": 0, "quotaBytes": 1073741824},
            "receipt": {
                "recordingId": RECORDING,
                "sizeBytes": 4815162,
                "etag": "d41d8cd98f00b204e9800998ecf8427e",
                "contentMd5": "1B2M2Y8AsgTpgAmY7PhCfg==",
                "storedAt": "2026-11-21T09:36:10Z",
            },
        },
        {
            "familyId": FAMILY,
            "recordingId": RECORDING,
            "title": "The bakery on Calle Mayor",
            "promptId": PROMPT,
            "recordedAt": "2026-11-21T10:30:00+01:00",
        },
    ),
    "get_signed_playback_url": Example(
        {
            "url": f"{_STORE}/{_KEY}{_SIGNED}",
            "expiresAt": "2026-11-21T10:15:00Z",
            "expiresInSeconds": 900,
            "refreshAfterSeconds": 720,
            "waveformUrl": None,
        },
        {"recordingId": RECORDING},
    ),
    "create_checkout_session": Example(
        {"sessionId": "cs_test_a1B2c3", "url": "https://checkout.stripe.com/c/pay/cs_test_a1B2c3"},
        {"familyId": FAMILY, "plan": "family", "interval": "year"},
    ),
    "create_portal_session": Example({"url": "https://billing.stripe.com/p/session/test_a1B2c3"}, {"familyId": FAMILY}),
    "stripe_webhook": Example({"received": True}),
    "get_healthz": Example({"status": "ok"}),
    "get_readyz": Example({"status": "ok"}),
    "get_health": Example(
        {
            "status": "warn",
            "checks": [
                {
                    "name": "dead_jobs",
                    "status": "warn",
                    "reason": "dead",
                    "measures": {"count": 4},
                    "lastAt": "2026-11-20T09:58:00Z",
                },
                {
                    "name": "database",
                    "status": "pass",
                    "reason": None,
                    "measures": {"milliseconds": 2.1},
                    "lastAt": None,
                },
            ],
        },
    ),
    "get_openapi": Example({"openapi": "3.1.0", "info": {"title": "Stories From the Sun"}, "paths": {}}),
    "list_families": Example({"families": [_FAMILY], "nextCursor": None}),
    "get_family": Example({"family": _FAMILY}),
    "update_family": Example({"family": {**_FAMILY, "name": "Moreno Díaz"}}, {"name": "Moreno Díaz"}),
    "update_member": Example({"member": {**_MEMBER, "role": "keeper"}}, {"role": "keeper"}),
    "remove_member": Example({"member": _MEMBER}),
    "list_invites": Example({"invites": [_INVITE], "nextCursor": None}),
    "revoke_invite": Example({"invite": {**_INVITE, "revokedAt": "2026-11-20T11:00:00Z"}}),
    "resend_invite": Example(
        {"invite": {**_ISSUED, "code": "KLM-NPQ-RST", "joinUrl": "https://app.example.org/join#KLM-NPQ-RST"}},
    ),
    "list_parked_uploads": Example({"uploads": [_PARKED], "nextCursor": None}),
    "accept_parked_upload": Example({"recording": {**_RECORDING, "title": None, "promptId": None, "rescued": True}}),
    "decline_parked_upload": Example({"upload": _PARKED}),
    "get_me": Example({"me": _ME}),
    "update_me": Example({"me": {**_ME, "displayName": "Ana María"}}, {"displayName": "Ana María"}),
    "list_prompts": Example({"prompts": [_PROMPT], "nextCursor": "WyI2ZjFjMmMxZTNiMGEi"}),
    "create_prompt": Example({"prompt": _PROMPT}, {"text": _PROMPT["text"], "locale": "en"}),
    "update_prompt": Example(
        {"prompt": {**_PROMPT, "text": "What did your mother cook on Sundays?"}},
        {"text": "What did your mother cook on Sundays?"},
    ),
    "delete_prompt": Example({"prompt": _PROMPT}),
    "list_recordings": Example({"recordings": [_RECORDING], "nextCursor": None}),
    "update_recording": Example(
        {"recording": {**_RECORDING, "title": "The bakery"}},
        {"title": "The bakery", "promptId": None},
    ),
    "delete_recording": Example({"recording": _TRASHED}),
    "restore_recording": Example({"recording": _RECORDING}),
}
