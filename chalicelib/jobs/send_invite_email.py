"""Mails an invitation, in its family's language. The payload is {invite_id, generation}; the code is derived here.

An invite that was meanwhile revoked or used up, has expired or was sent anew has nothing to say any more: no mail, and
the job is done.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from chalicelib import invite_codes
from chalicelib.call import Call
from chalicelib.config import MailSettings, load
from chalicelib.database.messages import transact
from chalicelib.errors import NotRetryable
from chalicelib.mail import resend_client, templates
from chalicelib.mail.resend_client import RecipientRefused
from chalicelib.queue.job import Job
from chalicelib.telemetry import logs

# Where an inviter has no name, in the words of each language.
SOMEBODY = {"en": "Someone in your family", "es": "Alguien de tu familia", "fr": "Quelqu'un de votre famille"}

# A name is somebody's words to a stranger. Quoted, it cannot pass for ours.
QUOTED = {"en": "“{}”", "es": "«{}»", "fr": "«\u00a0{}\u00a0»"}
_NO_MARKS = str.maketrans(dict.fromkeys('“”„«»"', "'"))


def run(call: Call, job: Job) -> None:
    """Raises NotRetryable where the mail can never go, Unavailable where it may go later."""
    invite_id, generation = UUID(job.payload["invite_id"]), int(job.payload["generation"])
    facts = transact(call, "invite_mail", invite_id=invite_id, generation=generation)["mail"]
    if facts is None:
        logs.info("invite_mail_outdated", call, jobId=job.id)
        return
    code = invite_codes.code_for(invite_id, generation, bytes.fromhex(facts["code_hash"]))
    if code is None:
        raise NotRetryable("InviteCodeSecretGone")
    letter = invitation(
        locale=facts["locale"],
        family_name=facts["family_name"],
        inviter_name=facts["inviter_name"],
        code=code,
        expires_at=datetime.fromisoformat(facts["expires_at"]),
    )
    try:
        resend_client.send(load(MailSettings), [facts["email"]], letter, idempotency_key=job.id)
    except RecipientRefused:
        # That is how this mail ends: the keeper who wrote the address sees it, and no operator can help.
        transact(call, "note_invite_mail_refused_tx", repeatable=True, invite_id=invite_id, generation=generation)


def invitation(
    locale: str, family_name: str, inviter_name: str | None, code: str, expires_at: datetime
) -> templates.Letter:
    """The letter. `code` as it is derived, nine letters."""
    return templates.render(
        "invite",
        locale,
        family_name=_quoted(family_name, locale),
        inviter_name=_quoted(inviter_name, locale) if inviter_name else SOMEBODY[locale],
        code=invite_codes.shown(code),
        join_url=invite_codes.join_url(code),
        expires_on=f"{expires_at:%Y-%m-%d}",
    )


def _quoted(name: str, locale: str) -> str:
    return QUOTED[locale].format(name.translate(_NO_MARKS))
