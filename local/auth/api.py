"""The HTTP API of Supabase Auth's stand-in, under /auth/v1: sign-in by mailed code or link, sessions, refresh, logout.

It answers as supabase-js expects and issues signed access tokens. It has no passwords, no phones and no providers,
leaves the mail to `send_mail`, and is never deployed.
"""

import hmac
import logging
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as WerkzeugResponse

from local.auth import service, tokens, wire
from local.auth.redirects import safe_redirect, with_fragment, with_query
from local.auth.service import Auth
from local.auth.settings import AuthSettings
from local.auth.tokens import anon_key
from local.auth.wire import AuthError

__all__ = ["AuthSettings", "anon_key", "create_blueprint", "issue_token"]

log = logging.getLogger(__name__)

# These endpoints need no API key: a browser follows the link in a mail, and an app fetches the public keys.
_OPEN_TO_ALL = frozenset({"supabase_auth.verify_link", "supabase_auth.jwks"})
_ERROR_NAMES = {400: "invalid_request", 401: "unauthorized_client", 403: "access_denied", 500: "server_error"}


def create_blueprint(
    data_dir: Path,
    *,
    settings: AuthSettings,
    send_mail: Callable[[str, str, str, str], None],
    on_user: Callable[[uuid.UUID, str], None],
    now: Callable[[], float] = time.time,
) -> Blueprint:
    """The blueprint, mounted at /auth/v1.

    `send_mail(to, subject, html, text)` delivers one mail. `on_user(id, email)` makes the user known to the app's
    database; it is called before each code is mailed, so it must be idempotent, and when it raises no code goes out and
    no session can follow. `now` returns seconds since 1970.
    """
    auth = service.open_auth(data_dir, settings, send_mail, on_user, now)
    blueprint = Blueprint("supabase_auth", __name__, url_prefix="/auth/v1")
    blueprint.before_request(lambda: _before(settings))
    blueprint.after_request(_after)
    blueprint.register_error_handler(AuthError, wire.error_response)
    blueprint.register_error_handler(RequestEntityTooLarge, _too_large)
    blueprint.register_error_handler(Exception, _unexpected)
    _add_sign_in(blueprint, auth)
    _add_account(blueprint, auth)
    _add_public(blueprint, auth)
    return blueprint


def issue_token(
    settings: AuthSettings,
    user_id: uuid.UUID,
    email: str,
    *,
    data_dir: Path | None = None,
    **changes: Any,
) -> str:
    """An access token like those of the service, for tests that need no sign-in.

    `changes` replace claims (None removes one): `exp=0`, `aud="other"`. With ES256 signing, `data_dir` holds the key.
    """
    private_key = None
    if settings.signing == "ES256":
        if data_dir is None:
            raise ValueError("ES256 signs with the key kept in data_dir")
        private_key = service.open_private_key(data_dir)
    now = time.time()
    claims = tokens.access_claims(
        settings,
        user_id=user_id,
        email=email,
        session_id=uuid.uuid4(),
        signed_in_at=now,
        now=now,
        user_metadata={},
        app_metadata=wire.app_metadata(),
    )
    wanted = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    return tokens.Signer(settings.jwt_secret, private_key).sign(wanted)


def _add_sign_in(blueprint: Blueprint, auth: Auth) -> None:
    app_url = auth.settings.app_url

    @blueprint.post("/otp")
    def otp() -> Response:
        service.mail_code(auth, wire.read(wire.OtpBody), safe_redirect(request.args.get("redirect_to"), app_url))
        return jsonify({})

    @blueprint.post("/verify")
    def verify_code() -> Response:
        return jsonify(service.verify(auth, wire.read(wire.VerifyBody)))

    @blueprint.get("/verify")
    def verify_link() -> WerkzeugResponse:
        target = safe_redirect(request.args.get("redirect_to"), app_url)
        token = request.args.get("token")
        in_query = (token or "").startswith(service.PKCE_PREFIX)
        try:
            parts = service.follow_link(auth, token, request.args.get("type"))
        except AuthError as error:
            parts = {
                "error": _ERROR_NAMES.get(error.status, "server_error"),
                "error_code": error.code,
                "error_description": error.message,
            }
            target = with_query(target, parts) if in_query else target
            return redirect(with_fragment(target, parts), 303)
        return redirect(with_query(target, parts) if in_query else with_fragment(target, parts), 303)

    @blueprint.post("/token")
    def token() -> Response:
        grant = request.args.get("grant_type")
        if grant == "refresh_token":
            return jsonify(service.refresh(auth, wire.read(wire.RefreshBody)))
        if grant == "pkce":
            return jsonify(service.redeem_auth_code(auth, wire.read(wire.PkceBody)))
        raise AuthError(400, "invalid_credentials", "unsupported_grant_type")


def _add_account(blueprint: Blueprint, auth: Auth) -> None:
    @blueprint.get("/user")
    def get_user() -> Response:
        user, _ = service.authenticate(auth, request.headers.get("Authorization", ""))
        return jsonify(wire.user_json(user))

    @blueprint.put("/user")
    def update_user() -> Response:
        user, _ = service.authenticate(auth, request.headers.get("Authorization", ""))
        body = wire.read(wire.UserBody)
        if (body.email and body.email.lower() != user.email) or body.phone or body.password:
            raise AuthError(422, "validation_failed", "The local stack changes user_metadata (data) only")
        return jsonify(wire.user_json(auth.store.merge_metadata(user.id, body.data) if body.data else user))

    @blueprint.post("/logout")
    def logout() -> Response:
        _, session = service.authenticate(auth, request.headers.get("Authorization", ""))
        scope = request.args.get("scope") or "global"
        if scope not in {"global", "local", "others"}:
            raise wire.invalid("Unsupported logout scope")
        auth.store.close_sessions(session, scope)
        return Response(status=204)


def _add_public(blueprint: Blueprint, auth: Auth) -> None:
    @blueprint.get("/.well-known/jwks.json")
    def jwks() -> Response:
        response = jsonify({"keys": auth.signer.public_keys()})
        response.headers["Cache-Control"] = "public, max-age=600"
        return response

    @blueprint.get("/settings")
    def get_settings() -> Response:
        external = {"anonymous_users": False, "email": True, "phone": False}
        facts = {"disable_signup": False, "mailer_autoconfirm": False, "phone_autoconfirm": False, "sms_provider": ""}
        return jsonify({"external": external, **facts, "saml_enabled": False})

    @blueprint.get("/health")
    def health() -> Response:
        facts = {"version": "local", "name": "GoTrue"}
        return jsonify({**facts, "description": "GoTrue is a user registration and authentication API"})

    @blueprint.route("/<path:unknown>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    def not_found(unknown: str) -> Response:
        raise AuthError(404, "not_found", "No such endpoint")


def _before(settings: AuthSettings) -> Response | None:
    """What the gateway in front of Supabase Auth does: preflights, the API key, the largest body."""
    request.max_content_length = wire.MAX_BODY_BYTES
    if request.method == "OPTIONS":
        return Response(status=204)
    if request.method == "HEAD":  # a mail scanner that opens a link by HEAD must not use it up
        return Response(status=405)
    if request.endpoint in _OPEN_TO_ALL:
        return None
    given = request.headers.get("apikey") or request.args.get("apikey")
    if not given:
        hint = "No `apikey` request header or url param was found."
        return wire.gateway_error("No API key found in request", hint)
    if not hmac.compare_digest(given.encode("utf-8", "replace"), settings.anon_key.encode()):
        return wire.gateway_error("Invalid API key", "Double check your Supabase `anon` or `service_role` API key.")
    return None


def _after(response: Response) -> Response:
    response.headers.setdefault("Cache-Control", "no-store")
    return wire.allow_any_origin(response)


def _too_large(error: RequestEntityTooLarge) -> Response:
    message = f"Request body too large (max {wire.MAX_BODY_BYTES} bytes)"
    return wire.error_response(AuthError(413, "request_entity_too_large", message))


def _unexpected(error: Exception) -> Response:
    # The type alone: the text of an exception could hold an address or a code.
    log.error("sign-in failed unexpectedly: %s", type(error).__name__)
    message = "Unexpected failure, please check server logs for more information"
    return wire.error_response(AuthError(500, "unexpected_failure", message))
