"""What the OpenAPI document says beyond the models: an example of each operation's use, and what it may refuse.

A row an operation, named after its function. Read by the generator and the tests alone, never while serving; a test
parses every example with the operation's own models, and holds the refusals to what the SQL can answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

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
class Documented:
    """One operation: `data` of a good answer, a body that gets it, and the codes it may refuse with, a CONFLICT's or
    mismatch's reasons behind each. What every operation of a kind may answer is not repeated here."""

    data: Mapping[str, Any]
    request: Mapping[str, Any] | None = None
    refusals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def _conflict(*reasons: str) -> dict[str, tuple[str, ...]]:
    return {"CONFLICT": reasons}


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
# Seen by every member, changed by its maker and the keepers.
_NOT_MINE: dict[str, tuple[str, ...]] = {"FORBIDDEN": ()}
_UNAVAILABLE: dict[str, tuple[str, ...]] = {"SERVICE_UNAVAILABLE": ()}

DOCUMENTED: dict[str, Documented] = {
    "create_family": Documented(
        {
            "family": {name: _FAMILY[name] for name in ("id", "name", "locale", "role", "createdAt")},
            "entitlement": {**_ENTITLEMENT, "storageUsedBytes": 0},
            "promptsSeeded": 10,
        },
        {"name": "Moreno", "locale": "es", "displayName": "Ana"},
        {**_conflict("too_many_free_families", "idempotency_key_reused"), "FORBIDDEN": ()},
        ("The first prompts could not be added. You can add your own.",),
    ),
    "create_invite": Documented(
        {"invite": _ISSUED},
        {"familyId": FAMILY, "email": "rosa@example.org", "maxUses": 1, "expiresInDays": 7},
        _conflict("too_many_invites", "idempotency_key_reused"),
        ("The invite was not mailed: enough were mailed today. Share the code yourself.",),
    ),
    "redeem_invite": Documented(
        {"family": {"id": FAMILY, "name": "Moreno", "role": "storyteller"}, "alreadyMember": False},
        {"code": "abc def ghj", "displayName": "Abuela Rosa"},
        {"INVITE_NOT_VALID": ()},
    ),
    "get_signed_upload_url": Documented(
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
        {
            "SUBSCRIPTION_INACTIVE": (),
            "ENTITLEMENT_INACTIVE": (),
            "QUOTA_EXCEEDED": (),
            "DURATION_EXCEEDED": (),
            **_conflict("too_many_uploads", "idempotency_key_reused", "already_finalized"),
        },
    ),
    "finalize_recording": Documented(
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
        {"NOT_FOUND": (), "UPLOAD_NOT_FOUND": (), "UPLOAD_MISMATCH": ("size", "content_type", "content")},
    ),
    "get_signed_playback_url": Documented(
        {
            "url": f"{_STORE}/{_KEY}{_SIGNED}",
            "expiresAt": "2026-11-21T10:15:00Z",
            "expiresInSeconds": 900,
            "refreshAfterSeconds": 720,
            "waveformUrl": None,
        },
        {"recordingId": RECORDING},
        {"NOT_FOUND": ()},
    ),
    "create_checkout_session": Documented(
        {"sessionId": "cs_test_a1B2c3", "url": "https://checkout.stripe.com/c/pay/cs_test_a1B2c3"},
        {"familyId": FAMILY, "plan": "family", "interval": "year"},
        _conflict("subscribed", "in_progress"),
    ),
    "create_portal_session": Documented(
        {"url": "https://billing.stripe.com/p/session/test_a1B2c3"}, {"familyId": FAMILY}, _conflict("no_customer")
    ),
    "stripe_webhook": Documented({"received": True}, refusals={"VALIDATION_FAILED": (), **_UNAVAILABLE}),
    "get_healthz": Documented({"status": "ok"}),
    "get_readyz": Documented({"status": "ok"}, refusals=_UNAVAILABLE),
    "get_health": Documented(
        {"status": "ok", "checks": {"database": "ok", "configuration": "ok", "storage": "ok", "stripe": "ok"}},
        refusals={"UNAUTHORIZED": (), **_UNAVAILABLE},
    ),
    "get_openapi": Documented({"openapi": "3.1.0", "info": {"title": "Stories From the Sun"}, "paths": {}}),
    "list_families": Documented({"families": [_FAMILY], "nextCursor": None}),
    "get_family": Documented({"family": _FAMILY}),
    "update_family": Documented({"family": {**_FAMILY, "name": "Moreno Díaz"}}, {"name": "Moreno Díaz"}),
    "update_member": Documented(
        {"member": {**_MEMBER, "role": "keeper"}}, {"role": "keeper"}, _conflict("last_keeper")
    ),
    "remove_member": Documented({"member": _MEMBER}, refusals=_conflict("last_keeper")),
    "list_invites": Documented({"invites": [_INVITE], "nextCursor": None}),
    "revoke_invite": Documented({"invite": {**_INVITE, "revokedAt": "2026-11-20T11:00:00Z"}}),
    "resend_invite": Documented(
        {"invite": {**_ISSUED, "code": "KLM-NPQ-RST", "joinUrl": "https://app.example.org/join#KLM-NPQ-RST"}},
        refusals=_conflict("revoked", "used_up", "too_many_invites"),
    ),
    "list_parked_uploads": Documented({"uploads": [_PARKED], "nextCursor": None}),
    "accept_parked_upload": Documented({"recording": {**_RECORDING, "title": None, "promptId": None, "rescued": True}}),
    "decline_parked_upload": Documented({"upload": _PARKED}),
    "get_me": Documented({"me": _ME}),
    "update_me": Documented({"me": {**_ME, "displayName": "Ana María"}}, {"displayName": "Ana María"}),
    "list_prompts": Documented({"prompts": [_PROMPT], "nextCursor": "WyI2ZjFjMmMxZTNiMGEi"}),
    "create_prompt": Documented({"prompt": _PROMPT}, {"text": _PROMPT["text"], "locale": "en"}),
    "update_prompt": Documented(
        {"prompt": {**_PROMPT, "text": "What did your mother cook on Sundays?"}},
        {"text": "What did your mother cook on Sundays?"},
        _NOT_MINE,
    ),
    "delete_prompt": Documented({"prompt": _PROMPT}, refusals=_NOT_MINE),
    "list_recordings": Documented({"recordings": [_RECORDING], "nextCursor": None}),
    "update_recording": Documented(
        {"recording": {**_RECORDING, "title": "The bakery"}},
        {"title": "The bakery", "promptId": None},
        {**_NOT_MINE, **_conflict("deleted")},
    ),
    "delete_recording": Documented({"recording": _TRASHED}, refusals=_NOT_MINE),
    "restore_recording": Documented({"recording": _RECORDING}, refusals={**_NOT_MINE, **_conflict("purging")}),
}
