"""Invite codes: nine letters, made from an invite's id and generation by a secret, and never stored.

Stored is a keyed hash of the code, so the code can be read neither from the database nor from a job. People read a code
out over the telephone: it has no I and no O, and case, blanks and dashes do not matter.
"""

from __future__ import annotations

import hmac
import unicodedata
from uuid import UUID

from chalicelib import config

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ"
LENGTH = 9

# Longer than the input of a code (20 bytes), so that the two uses of one secret never have the same input.
_HASHING = b"stories-from-the-sun/invite-code-hash/1"


def make(invite_id: UUID, generation: int) -> tuple[str, bytes]:
    """The code of an invite's generation under the secret that signs today, and the hash to store."""
    secret = _secrets()[0]
    code = _code(secret, invite_id, generation)
    return code, _hash(secret, code)


def code_for(invite_id: UUID, generation: int, stored_hash: bytes) -> str | None:
    """The code whose hash is stored, under whichever secret made it; None when that secret is gone."""
    for secret in _secrets():
        code = _code(secret, invite_id, generation)
        if hmac.compare_digest(_hash(secret, code), stored_hash):
            return code
    return None


def hashes_of(text: str) -> list[bytes]:
    """The hashes under which what somebody typed may be stored; none when it cannot be a code."""
    code = normalise(text)
    return [] if code is None else [_hash(secret, code) for secret in _secrets()]


def normalise(text: str) -> str | None:
    """The nine letters of a code as somebody typed it, None for anything that cannot be one."""
    if len(text) > 100:
        return None
    letters = "".join(letter for letter in text.upper() if not _is_decoration(letter))
    return letters if len(letters) == LENGTH and all(letter in ALPHABET for letter in letters) else None


def _is_decoration(letter: str) -> bool:
    """A blank or a dash of any kind: some keyboards turn a dash into a long one by themselves."""
    return letter.isspace() or unicodedata.category(letter) == "Pd"


def shown(code: str) -> str:
    """A code as people read it: ABC-DEF-GHJ."""
    return "-".join(code[at : at + 3] for at in range(0, LENGTH, 3))


def join_url(code: str) -> str:
    """The link that opens the app with the code. The code stands behind the #, which browsers send to no server."""
    return f"{config.load(config.AppSettings).app_url}/join#{shown(code)}"


def _secrets() -> tuple[str, ...]:
    return config.load(config.InviteSettings).invite_code_secret


def _code(secret: str, invite_id: UUID, generation: int) -> str:
    digest = hmac.digest(secret.encode(), invite_id.bytes + generation.to_bytes(4, "big"), "sha256")
    # 256 bits for 24^9 codes: taking the remainder makes no code more likely than another by more than one in 10^64.
    number = int.from_bytes(digest, "big")
    letters = []
    for _ in range(LENGTH):
        number, letter = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[letter])
    return "".join(letters)


def _hash(secret: str, code: str) -> bytes:
    key = hmac.digest(secret.encode(), _HASHING, "sha256")
    return hmac.digest(key, code.encode(), "sha256")
