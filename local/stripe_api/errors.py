"""Stripe's errors: the JSON that its API answers instead of an object, with its sentences."""

from typing import Any


class ApiError(Exception):
    """One refusal of the API: HTTP status and the `error` object of the body."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        kind: str = "invalid_request_error",
    ) -> None:
        super().__init__(message)
        self.status = status
        told = {"code": code, "message": message, "param": param, "type": kind}
        self.body: dict[str, Any] = {"error": {name: value for name, value in told.items() if value is not None}}


def invalid(message: str, param: str | None = None, code: str | None = None) -> ApiError:
    """An invalid request: 400."""
    return ApiError(400, message, code=code, param=param)


def missing_param(param: str) -> ApiError:
    """A required parameter is missing."""
    return invalid(f"Missing required param: {param}.", param, "parameter_missing")


def no_such(thing: str, object_id: str, param: str, status: int = 400) -> ApiError:
    """An id that names nothing: 404 in the path, 400 in a parameter."""
    return ApiError(status, f"No such {thing}: '{object_id}'", code="resource_missing", param=param)


def unauthorized(message: str) -> ApiError:
    """No API key, or a wrong one."""
    return ApiError(401, message)


def key_in_use(key: str) -> ApiError:
    """Another request with this idempotency key is being worked on right now."""
    return ApiError(
        409,
        "There is currently another in-progress request using this Idempotent Key (that probably means you submitted "
        f"twice, and the other request is still going through): {key}. Please try again.",
        code="idempotency_key_in_use",
        kind="idempotency_error",
    )


def key_for_other(key: str, what: str) -> ApiError:
    """The idempotency key was used before, for another request."""
    return ApiError(
        400,
        f"Keys for idempotent requests can only be used {what} they were first used with. "
        f"Try using a key other than '{key}' if you meant to execute a different request.",
        kind="idempotency_error",
    )
