"""The work of Supabase Auth's stand-in, without HTTP: it mails codes, opens sessions, refreshes and checks them.

Every error is an AuthError with Supabase's status and code. No error message holds a secret.
"""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from local.auth import tokens, wire
from local.auth.mails import SUBJECT, sign_in_mail
from local.auth.records import Code, Session, User
from local.auth.settings import ACCESS_TOKEN_SECONDS, AuthSettings
from local.auth.store import AuthStore
from local.auth.wire import AuthError

PKCE_PREFIX = "pkce_"

_FILE = "auth.sqlite3"

_MAILED_TYPES = frozenset({"email", "magiclink", "signup"})
_KNOWN_TYPES = _MAILED_TYPES | {"recovery", "invite", "email_change"}


@dataclass(frozen=True)
class Auth:
    """The service: its settings, its file, its keys, and the two functions that it is given from outside."""

    settings: AuthSettings
    store: AuthStore
    signer: tokens.Signer
    pepper: bytes
    send_mail: Callable[[str, str, str, str], None]
    on_user: Callable[[uuid.UUID, str], None]
    now: Callable[[], float]


def open_auth(
    data_dir: Path,
    settings: AuthSettings,
    send_mail: Callable[[str, str, str, str], None],
    on_user: Callable[[uuid.UUID, str], None],
    now: Callable[[], float] = time.time,
) -> Auth:
    """Opens (or makes) the users, sessions and keys kept in the folder."""
    store = AuthStore(data_dir / _FILE, now)
    private_key = _private_key(store) if settings.signing == "ES256" else None
    return Auth(
        settings=settings,
        store=store,
        signer=tokens.Signer(settings.jwt_secret, private_key),
        pepper=store.key("pepper"),
        send_mail=send_mail,
        on_user=on_user,
        now=now,
    )


def open_private_key(data_dir: Path) -> ec.EllipticCurvePrivateKey:
    """The key that signs with ES256 for this folder, made if there is none yet."""
    store = AuthStore(data_dir / _FILE, time.time)
    try:
        return _private_key(store)
    finally:
        store.close()


def mail_code(auth: Auth, body: wire.OtpBody, redirect_to: str) -> None:
    """Mails one code with its link; makes the user first unless that was declined."""
    email = _requested_address(body)
    challenge = _challenge(body)
    user = auth.store.user_by_email(email)
    if user is None and body.create_user is False:
        raise AuthError(422, "otp_disabled", "Signups not allowed for otp")
    if not auth.store.may_mail(email):
        raise AuthError(429, "over_email_send_rate_limit", "email rate limit exceeded")
    if user is None:
        user = auth.store.create_user(email, body.data or {})
    # Also for a user who is known here: the app's database may be a new one, and the call is idempotent.
    auth.on_user(user.id, user.email)
    code, link_token = tokens.new_code(), tokens.new_link_token()
    if challenge is not None:
        link_token = PKCE_PREFIX + link_token
    auth.store.put_code(
        user.id,
        tokens.keyed_hash(auth.pepper, "code", email, code),
        tokens.keyed_hash(auth.pepper, "link", link_token),
        challenge,
        body.code_challenge_method.lower() if challenge and body.code_challenge_method else None,
    )
    html, text = sign_in_mail(auth.settings.issuer, code, link_token, redirect_to)
    auth.send_mail(email, SUBJECT, html, text)


def verify(auth: Auth, body: wire.VerifyBody) -> dict[str, Any]:
    """A session for a mailed code, or for the token of a mailed link."""
    if not body.type:
        raise wire.invalid("Verify requires a verification type")
    if bool(body.token) == bool(body.token_hash):
        raise wire.invalid("Verify requires either a token or a token hash")
    if body.token_hash:
        if body.email or body.phone:
            raise wire.invalid("Only the token_hash and type should be provided")
        return sign_in(auth, _linked_code(auth, body.token_hash, body.type))
    if not body.email or body.phone:
        raise wire.invalid("Only an email address or phone number should be provided on verify")
    return sign_in(auth, _typed_code(auth, wire.email_address(body.email), body.token or "", body.type))


def follow_link(auth: Auth, token: str | None, type_: str | None) -> dict[str, str]:
    """The parameters of the redirect after a link was opened: `code` in the PKCE flow, else the session's parts."""
    if not type_:
        raise wire.invalid("Verify requires a verification type")
    if not token:
        raise wire.invalid("Verify requires a token or a token hash")
    code = _linked_code(auth, token, type_)
    if code.challenge is None:
        session = sign_in(auth, code)
        parts = ("access_token", "expires_at", "expires_in", "refresh_token", "token_type")
        return {**{part: str(session[part]) for part in parts}, "type": type_}
    _use(auth, code)
    auth_code = str(uuid.uuid4())
    auth.store.put_auth_code(tokens.keyed_hash(auth.pepper, "auth_code", auth_code), code)
    return {"code": auth_code}


def redeem_auth_code(auth: Auth, body: wire.PkceBody) -> dict[str, Any]:
    """A session for the authorization code from a link, with the verifier that only the client of the request has."""
    if not body.auth_code or not body.code_verifier:
        raise wire.invalid("invalid request: both auth code and code verifier should be non-empty")
    found = auth.store.auth_code(tokens.keyed_hash(auth.pepper, "auth_code", body.auth_code))
    if found is None:
        raise AuthError(404, "flow_state_not_found", "invalid flow state, no valid flow state found")
    if auth.now() >= found.expires_at:
        raise AuthError(422, "flow_state_expired", "invalid flow state, flow state has expired")
    if not tokens.challenge_matches(found.challenge, found.challenge_method, body.code_verifier):
        message = "code challenge does not match previously saved code verifier"
        raise AuthError(400, "bad_code_verifier", message)
    if not auth.store.use_auth_code(found):
        raise AuthError(404, "flow_state_not_found", "invalid flow state, no valid flow state found")
    return _new_session(auth, found.user_id)


def refresh(auth: Auth, body: wire.RefreshBody) -> dict[str, Any]:
    """The session with a new access token and the current refresh token."""
    if not body.refresh_token:
        raise wire.invalid("refresh_token required")
    read = tokens.read_refresh_token(auth.pepper, body.refresh_token)
    outcome = "unknown" if read is None else auth.store.refresh(*read)
    if outcome == "reused":
        raise AuthError(400, "refresh_token_already_used", "Invalid Refresh Token: Already Used")
    user = None if isinstance(outcome, str) else auth.store.user(outcome.user_id)
    if isinstance(outcome, str) or user is None:
        raise AuthError(400, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found")
    return _session_json(auth, user, outcome)


def authenticate(auth: Auth, authorization: str) -> tuple[User, Session]:
    """The user and the open session of an Authorization header."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise AuthError(401, "no_authorization", "This endpoint requires a valid Bearer token")
    try:
        claims = auth.signer.check(token.strip(), auth.settings, auth.now())
    except jwt.InvalidTokenError:
        raise AuthError(403, "bad_jwt", "invalid JWT: unable to parse or verify signature") from None
    user_id, session_id = _uuid(claims, "sub"), _uuid(claims, "session_id")
    user, session = auth.store.user(user_id), auth.store.session(session_id)
    if user is None:
        raise AuthError(403, "user_not_found", "User from sub claim in JWT does not exist")
    if session is None or session.user_id != user.id:
        raise AuthError(403, "session_not_found", "Session from session_id claim in JWT does not exist")
    return user, session


def sign_in(auth: Auth, code: Code) -> dict[str, Any]:
    """Uses the code up and opens a session; of two callers with one code, one gets a session."""
    _use(auth, code)
    return _new_session(auth, code.user_id)


def _private_key(store: AuthStore) -> ec.EllipticCurvePrivateKey:
    return tokens.load_private_key(store.key("es256", tokens.new_private_key))


def _requested_address(body: wire.OtpBody) -> str:
    if body.email and body.phone:
        raise wire.invalid("Only an email address or phone number should be provided")
    if body.phone:
        raise AuthError(400, "phone_provider_disabled", "Unsupported phone provider")
    if not body.email:
        raise wire.invalid("One of email or phone must be set")
    return wire.email_address(body.email)


def _challenge(body: wire.OtpBody) -> str | None:
    challenge, method = body.code_challenge or "", (body.code_challenge_method or "").lower()
    if not challenge and not method:
        return None
    if not challenge or not method:
        raise wire.invalid("PKCE flow requires code_challenge_method and code_challenge")
    if method not in {"s256", "plain"}:
        raise wire.invalid("code challenge method not supported")
    if not 43 <= len(challenge) <= 128:
        raise wire.invalid("code challenge has to be between 43 and 128 characters")
    if not all(character.isascii() and (character.isalnum() or character in "-._~") for character in challenge):
        raise wire.invalid("code challenge can only contain letters, digits, hyphens, periods, underscores and tildes")
    return challenge


def _typed_code(auth: Auth, email: str, token: str, type_: str) -> Code:
    expired = AuthError(403, "otp_expired", "Token has expired or is invalid")
    if type_ not in _KNOWN_TYPES:
        raise wire.invalid("Unsupported verification type")
    user = auth.store.user_by_email(email)
    if user is None or not _was_mailed(user, type_):
        raise expired
    code = auth.store.try_code(user.id, tokens.keyed_hash(auth.pepper, "code", email, token))
    if code is None:
        raise expired
    return code


def _linked_code(auth: Auth, token: str, type_: str) -> Code:
    if type_ not in _KNOWN_TYPES:
        raise wire.invalid("Invalid email verification type")
    code = auth.store.find_link(tokens.keyed_hash(auth.pepper, "link", token))
    user = None if code is None else auth.store.user(code.user_id)
    if code is None or user is None or not _was_mailed(user, type_):
        raise AuthError(403, "otp_expired", "Email link is invalid or has expired")
    return code


def _was_mailed(user: User, type_: str) -> bool:
    """Whether a code of this type can be out: `signup` means the first sign-in, other known types are never mailed."""
    return type_ in _MAILED_TYPES and (type_ != "signup" or user.confirmed_at is None)


def _use(auth: Auth, code: Code) -> None:
    if not auth.store.use_code(code):
        raise AuthError(403, "otp_expired", "Token has expired or is invalid")


def _new_session(auth: Auth, user_id: uuid.UUID) -> dict[str, Any]:
    user, session = auth.store.open_session(user_id)
    return _session_json(auth, user, session)


def _session_json(auth: Auth, user: User, session: Session) -> dict[str, Any]:
    shown = wire.user_json(user)
    claims = tokens.access_claims(
        auth.settings,
        user_id=user.id,
        email=user.email,
        session_id=session.id,
        signed_in_at=session.created_at,
        now=auth.now(),
        user_metadata=shown["user_metadata"],
        app_metadata=shown["app_metadata"],
    )
    return {
        "access_token": auth.signer.sign(claims),
        "token_type": "bearer",
        "expires_in": ACCESS_TOKEN_SECONDS,
        "expires_at": claims["exp"],
        "refresh_token": tokens.refresh_token(auth.pepper, session.id, session.counter),
        "user": shown,
    }


def _uuid(claims: dict[str, Any], name: str) -> uuid.UUID:
    try:
        return uuid.UUID(str(claims[name]))
    except (KeyError, ValueError):
        raise AuthError(403, "bad_jwt", f"invalid claim: {name} must be a UUID") from None
