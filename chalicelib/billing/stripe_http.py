"""One question to Stripe, with its library: asked within a deadline, its answer held against a shape.

The library is imported on first use: it takes 250 ms. Stripe out of reach, too slow, refusing our key or answering
what cannot be read is Unavailable("stripe"), logged here in one line; a request that Stripe calls wrong is a fault of
ours, InternalError. Never in an error or a log: keys, addresses, a word of what Stripe answered. No transaction is open
while anything here runs. Nothing here reads or writes the database.
"""

from __future__ import annotations

import functools
import logging
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from chalicelib import config, deadlines, vendor_http
from chalicelib.errors import InternalError, Trouble, Unavailable

if TYPE_CHECKING:
    import stripe

SECONDS = 8.0
"""For everything that one function of this package does at Stripe: all its requests, their repeats and pauses."""
ANSWER_SECONDS = 4.0
"""For one answer to begin, or to go on: half of the time, so that a request that got lost is repeated."""
REPEATS = 1

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,255}$")]


class Shape(BaseModel):
    """What is read of an answer, and must be there; the rest is left aside."""

    model_config = ConfigDict(strict=True, extra="ignore", defer_build=True)

    replayed: bool = False
    """Whether Stripe only repeated what it had answered to this very request before."""


class Expanded(BaseModel):
    """Another object where its id may stand."""

    id: Id


Reference = Id | Expanded


def id_of(reference: Reference | None) -> str | None:
    """The id that a reference means."""
    return reference.id if isinstance(reference, Expanded) else reference


Read = TypeVar("Read", bound=Shape)


class RefusedByStripe(InternalError):
    """Stripe calls our request wrong. `code` and `param` are Stripe's words: they are compared, never repeated."""

    def __init__(self, intent: str, error: stripe.StripeError) -> None:
        request = error.request_id or ""
        # The request's id finds the rest in Stripe's dashboard.
        known = request if re.fullmatch(r"req_\w{1,64}", request, re.ASCII) else "no request id"
        super().__init__(f"stripe refused to {intent}: {known}")
        self.code = error.code
        self.param = getattr(error, "param", None)


class Missing(Exception):
    """Stripe knows no object with the id that was asked for."""


def ask(
    intent: str,
    request: Callable[[stripe.StripeClient], Any],
    shape: type[Read],
    *,
    seconds: float | None = None,
    repeats: int = REPEATS,
    may_be_missing: bool = False,
) -> Read:
    """What Stripe answers to `request(client)`, within `seconds` (default: SECONDS) for all of it.

    Raises Unavailable("stripe"), RefusedByStripe; where the thing asked for may be missing, Missing instead of the
    trouble that a 404 means otherwise. `intent` is for the log and for errors.
    """
    import stripe

    stripe_client = _client(repeats)
    try:
        with vendor_http.timed("stripe"):
            answer = deadlines.within(SECONDS if seconds is None else seconds, lambda: request(stripe_client))
        # Not the library's objects, which take anything: the answer itself.
        replayed = answer.last_response.headers.get("idempotent-replayed") == "true"
        return shape.model_validate({**answer.last_response.data, "replayed": replayed})
    except stripe.StripeError as error:
        if may_be_missing and error.http_status == 404 and error.code == "resource_missing":
            raise Missing from None
        if _calls_us_wrong(error):
            raise RefusedByStripe(intent, error) from None
        raise failed(intent, _trouble_of(error), error.http_status) from None
    except Unavailable as error:
        raise failed(intent, error.trouble) from None
    except TimeoutError:
        raise failed(intent, "too slow") from None
    except Exception:
        # Neither the library nor the shape can make anything of it.
        raise failed(intent, "unreadable answer") from None


def failed(intent: str, trouble: Trouble, status: int | None = None) -> Unavailable:
    """Logs a failure of Stripe's and gives the error to raise."""
    return vendor_http.failed("stripe", trouble, intent=intent, status=status)


def _calls_us_wrong(error: stripe.StripeError) -> bool:
    """Whether Stripe understood the request and refuses it: a 400 with its error object."""
    if error.http_status != 400 or _is_busy(error) or not isinstance(error.json_body, dict):
        return False
    return error.json_body["error"].get("type") in ("invalid_request_error", "idempotency_error")


def _trouble_of(error: stripe.StripeError) -> Trouble:
    if isinstance(error.__cause__, Unavailable):
        return error.__cause__.trouble
    return "in trouble" if _is_busy(error) else vendor_http.trouble_of_status(error.http_status or 0)


def _is_busy(error: stripe.StripeError) -> bool:
    """Whether too much is asked of Stripe: a 429, and a 400 too where its code says so."""
    import stripe

    return isinstance(error, stripe.RateLimitError)


def _client(repeats: int) -> stripe.StripeClient:
    settings = config.load(config.BillingSettings)
    return _client_for(settings.stripe_secret_key, settings.stripe_api_base, repeats)


@functools.lru_cache(maxsize=2)
def _client_for(secret_key: str, api_base: str | None, repeats: int) -> stripe.StripeClient:
    import stripe

    class Http(stripe.HTTPClient):
        """The library's requests, by our own HTTP: bounded, never redirected, never decoded."""

        name = "urllib3"

        def request(  # type: ignore[override]
            self, method: str, url: str, headers: Any, post_data: Any = None
        ) -> tuple[bytes, int, Any]:
            try:
                answer = vendor_http.send(
                    "stripe", method.upper(), url, headers, post_data, wait_seconds=ANSWER_SECONDS
                )
            except Unavailable as trouble:
                again = trouble.trouble in ("out of reach", "too slow")
                raise stripe.APIConnectionError("", should_retry=again) from trouble  # type: ignore[no-untyped-call]
            return answer.body, answer.status, answer.headers

        def close(self) -> None:
            return

    # The library tells its log every address it calls and every message of a refusal, customers' ids included.
    logging.getLogger("stripe").setLevel(logging.WARNING)
    stripe.enable_telemetry = False
    return stripe.StripeClient(
        secret_key,
        base_addresses={"api": api_base} if api_base else {},
        max_network_retries=repeats,
        http_client=Http(),
    )
