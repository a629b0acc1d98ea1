"""Request bodies, errors, CORS headers and the JSON of a user, as Supabase Auth has them.

The error shape depends on the API version the client names, as at Supabase: `{code, error_code, msg}` with the status
as code when it names none, `{code, message}` with the error code as code from 2024-01-01 on.
"""

import json
from datetime import UTC, datetime
from typing import Any, TypeVar

from flask import Response, jsonify, request
from pydantic import BaseModel, ConfigDict

from local.auth.records import User
from local.mail.addresses import is_address

MAX_BODY_BYTES = 1024 * 1024
VERSION_HEADER = "X-Supabase-Api-Version"

B = TypeVar("B", bound="Body")

_VERSIONED_ERRORS = "2024-01-01"
_ALLOWED_HEADERS = "authorization, apikey, content-type, x-client-info, x-supabase-api-version, accept"


class AuthError(Exception):
    """An answer other than success: HTTP status, Supabase's error code, a message for developers."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message


def invalid(message: str) -> AuthError:
    """A request that is malformed or contradicts itself: 400."""
    return AuthError(400, "validation_failed", message)


def email_address(text: str) -> str:
    """The address in lower case; raises AuthError when it is none."""
    if not is_address(text):
        raise invalid("Unable to validate email address: invalid format")
    return text.lower()


class Body(BaseModel):
    """A JSON body as Supabase Auth reads it: a null counts as a missing key, and unknown keys are ignored."""

    model_config = ConfigDict(strict=True, extra="ignore")


class OtpBody(Body):
    """POST /otp."""

    email: str | None = None
    phone: str | None = None
    create_user: bool | None = None
    data: dict[str, Any] | None = None
    code_challenge: str | None = None
    code_challenge_method: str | None = None


class VerifyBody(Body):
    """POST /verify."""

    type: str | None = None
    token: str | None = None
    token_hash: str | None = None
    email: str | None = None
    phone: str | None = None


class RefreshBody(Body):
    """POST /token?grant_type=refresh_token."""

    refresh_token: str | None = None


class PkceBody(Body):
    """POST /token?grant_type=pkce."""

    auth_code: str | None = None
    code_verifier: str | None = None


class UserBody(Body):
    """PUT /user."""

    data: dict[str, Any] | None = None
    email: str | None = None
    phone: str | None = None
    password: str | None = None


def read(model: type[B]) -> B:
    """The request's body as the model; raises AuthError when it is not JSON of that shape."""
    try:
        values = json.loads(request.get_data())
        json.dumps(values, ensure_ascii=False, allow_nan=False).encode()  # no lone surrogate, no NaN
        return model.model_validate(values)
    except (ValueError, RecursionError):
        raise AuthError(400, "bad_json", "Could not parse request body as JSON") from None


def user_json(user: User) -> dict[str, Any]:
    """The user as supabase-js types it."""
    confirmed_at, signed_in_at = _time(user.confirmed_at), _time(user.last_sign_in_at)
    facts = {
        "email": user.email,
        "email_verified": user.confirmed_at is not None,
        "phone_verified": False,
        "sub": str(user.id),
    }
    identity = {
        "identity_id": str(user.id),
        "id": str(user.id),
        "user_id": str(user.id),
        "identity_data": facts,
        "provider": "email",
        "last_sign_in_at": signed_in_at,
        "created_at": _time(user.created_at),
        "updated_at": _time(user.updated_at),
        "email": user.email,
    }
    return {
        "id": str(user.id),
        "aud": "authenticated",
        "role": "authenticated",
        "email": user.email,
        "email_confirmed_at": confirmed_at,
        "phone": "",
        "confirmed_at": confirmed_at,
        "last_sign_in_at": signed_in_at,
        "app_metadata": app_metadata(),
        "user_metadata": {**user.metadata, **facts},
        "identities": [identity],
        "created_at": _time(user.created_at),
        "updated_at": _time(user.updated_at),
        "is_anonymous": False,
    }


def app_metadata() -> dict[str, Any]:
    """How the user signs in: here always by mail."""
    return {"provider": "email", "providers": ["email"]}


def error_response(error: AuthError) -> Response:
    """The error in the shape of the API version that the client asked for."""
    if _wants_versioned_errors():
        response = jsonify({"code": error.code, "message": error.message})
        response.headers[VERSION_HEADER] = _VERSIONED_ERRORS
    else:
        response = jsonify({"code": error.status, "error_code": error.code, "msg": error.message})
    response.status_code = error.status
    response.headers["X-Sb-Error-Code"] = error.code
    return response


def gateway_error(message: str, hint: str) -> Response:
    """What the gateway in front of Supabase Auth answers a caller without a valid API key."""
    response = jsonify({"message": message, "hint": hint})
    response.status_code = 401
    return response


def allow_any_origin(response: Response) -> Response:
    """CORS as Supabase has it: any origin, no cookies."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "X-Total-Count, Link, X-Supabase-Api-Version"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, POST, PUT, PATCH, DELETE, OPTIONS"
        response.headers["Access-Control-Allow-Headers"] = _ALLOWED_HEADERS
        response.headers["Access-Control-Max-Age"] = "3600"
    return response


def _wants_versioned_errors() -> bool:
    try:
        asked = datetime.strptime(request.headers.get(VERSION_HEADER, ""), "%Y-%m-%d")
    except ValueError:
        return False
    return asked >= datetime.strptime(_VERSIONED_ERRORS, "%Y-%m-%d")


def _time(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
