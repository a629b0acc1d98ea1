"""The map: every route and every schedule of Stories From the Sun, a line each, and nothing else."""

from chalicelib.api.application import SunApi
from chalicelib.api.rate_limits import INVITES, PAYMENT, READS, REDEEM, WRITES
from chalicelib.database import alerts
from chalicelib.operations.create_checkout_session import create_checkout_session
from chalicelib.operations.create_family import create_family
from chalicelib.operations.create_invite import create_invite
from chalicelib.operations.create_portal_session import create_portal_session
from chalicelib.operations.finalize_recording import finalize_recording
from chalicelib.operations.get_signed_playback_url import get_signed_playback_url
from chalicelib.operations.get_signed_upload_url import get_signed_upload_url
from chalicelib.operations.redeem_invite import redeem_invite
from chalicelib.operations.stripe_webhook import stripe_webhook
from chalicelib.resources import families, health, invites, me, members, openapi, prompts, recordings, uploads

app = SunApi("stories-from-the-sun", alert=alerts.note_failure)

# The nine operations
app.operation(
    "create-family",
    create_family,
    limit=WRITES,
    idempotent=True,
    refuses=["FORBIDDEN", "CONFLICT too_many_free_families"],
)
app.operation(
    "create-invite",
    create_invite,
    limit=INVITES,
    idempotent=True,
    refuses=["FAMILY_SUSPENDED", "CONFLICT too_many_invites"],
)
app.operation("redeem-invite", redeem_invite, limit=REDEEM, refuses=["INVITE_NOT_VALID", "FAMILY_SUSPENDED"])
app.operation(
    "get-signed-upload-url",
    get_signed_upload_url,
    limit=WRITES,
    idempotent=True,
    refuses=[
        "SUBSCRIPTION_INACTIVE",
        "ENTITLEMENT_INACTIVE",
        "QUOTA_EXCEEDED",
        "DURATION_EXCEEDED",
        "FAMILY_SUSPENDED",
        "UPLOADS_PAUSED",
        "CONFLICT too_many_uploads already_finalized",
    ],
)
app.operation(
    "finalize-recording",
    finalize_recording,
    limit=WRITES,
    refuses=["NOT_FOUND", "UPLOAD_NOT_FOUND", "UPLOAD_MISMATCH size content_type content"],
)
app.operation("get-signed-playback-url", get_signed_playback_url, limit=READS, refuses=["NOT_FOUND"])
app.operation(
    "create-checkout-session", create_checkout_session, limit=PAYMENT, refuses=["CONFLICT subscribed in_progress"]
)
app.operation("create-portal-session", create_portal_session, limit=PAYMENT, refuses=["CONFLICT no_customer"])
# Served by a function of its own: chalicelib/webhook.py
app.webhook("stripe-webhook", stripe_webhook)

# Health, and what this API is
app.public("/healthz", health.get_healthz)
app.public("/readyz", health.get_readyz, refuses=["SERVICE_UNAVAILABLE"])
app.public("/health", health.get_health, refuses=["UNAUTHORIZED", "SERVICE_UNAVAILABLE"])
app.public("/functions/v1/health", health.get_health, refuses=["UNAUTHORIZED", "SERVICE_UNAVAILABLE"])
app.public("/openapi.json", openapi.get_openapi)

# Families and their people
app.get("/v1/families", families.list_families, limit=READS)
app.get("/v1/families/{family_id}", families.get_family, limit=READS)
app.patch("/v1/families/{family_id}", families.update_family, limit=WRITES, refuses=["FAMILY_SUSPENDED"])
app.patch(
    "/v1/families/{family_id}/members/{user_id}",
    members.update_member,
    limit=WRITES,
    refuses=["FAMILY_SUSPENDED", "CONFLICT last_keeper keeps_too_many_families"],
)
app.delete(
    "/v1/families/{family_id}/members/{user_id}",
    members.remove_member,
    limit=WRITES,
    refuses=["FAMILY_SUSPENDED", "CONFLICT last_keeper"],
)
app.get("/v1/families/{family_id}/invites", invites.list_invites, limit=READS)
app.delete("/v1/invites/{invite_id}", invites.revoke_invite, limit=WRITES, refuses=["FAMILY_SUSPENDED"])
app.post(
    "/v1/invites/{invite_id}/resend",
    invites.resend_invite,
    limit=INVITES,
    refuses=["FAMILY_SUSPENDED", "CONFLICT revoked used_up too_many_invites"],
)
app.get("/v1/families/{family_id}/parked-uploads", uploads.list_parked_uploads, limit=READS)
app.post("/v1/parked-uploads/{upload_id}/accept", uploads.accept_parked_upload, limit=WRITES)
app.post(
    "/v1/parked-uploads/{upload_id}/decline",
    uploads.decline_parked_upload,
    limit=WRITES,
    refuses=["FAMILY_SUSPENDED"],
)
app.get("/v1/me", me.get_me, limit=READS)
app.patch("/v1/me", me.update_me, limit=WRITES)

# Prompts and recordings
app.get("/v1/families/{family_id}/prompts", prompts.list_prompts, limit=READS)
app.post(
    "/v1/families/{family_id}/prompts",
    prompts.create_prompt,
    limit=WRITES,
    refuses=["FAMILY_SUSPENDED", "CONFLICT too_many_prompts"],
)
app.patch("/v1/prompts/{prompt_id}", prompts.update_prompt, limit=WRITES, refuses=["FORBIDDEN", "FAMILY_SUSPENDED"])
app.delete("/v1/prompts/{prompt_id}", prompts.delete_prompt, limit=WRITES, refuses=["FORBIDDEN", "FAMILY_SUSPENDED"])
app.get("/v1/families/{family_id}/recordings", recordings.list_recordings, limit=READS)
app.patch(
    "/v1/recordings/{recording_id}",
    recordings.update_recording,
    limit=WRITES,
    refuses=["FORBIDDEN", "FAMILY_SUSPENDED", "CONFLICT deleted"],
)
app.delete(
    "/v1/recordings/{recording_id}",
    recordings.delete_recording,
    limit=WRITES,
    refuses=["FORBIDDEN", "FAMILY_SUSPENDED"],
)
app.post(
    "/v1/recordings/{recording_id}/restore",
    recordings.restore_recording,
    limit=WRITES,
    refuses=["FORBIDDEN", "CONFLICT purging"],
)

# Schedules, by UTC: files of chalicelib/schedules, each a function of its own
app.scheduled("cron(* * * * ? *)", "process_jobs")
app.scheduled("cron(0/15 * * * ? *)", "settle_uploads")
app.scheduled("cron(20 * * * ? *)", "cleanup_media")
# Every minute of the night, so that many work at once while there is something left; a finished audit is left alone.
app.scheduled("cron(* 1-4 * * ? *)", "audit_storage")
app.scheduled("cron(3/5 * * * ? *)", "copy_recordings")
app.scheduled("cron(0/15 5-6 * * ? *)", "reconcile_billing")
app.scheduled("cron(0/5 * * * ? *)", "send_error_digest")
