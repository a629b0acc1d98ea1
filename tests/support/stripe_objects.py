"""What the tests of stripe api share."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.support.stripe_server import (
    StripeServer,
)


def refusal(stripe_server: StripeServer, **params: Any) -> stripe.InvalidRequestError:
    """Why this checkout session was refused."""
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe_server.checkout(**{"customer": stripe_server.customer(), **params})
    assert caught.value.http_status == 400
    return caught.value


def plain(thing: stripe.StripeObject | None) -> dict[str, Any]:
    return thing.to_dict() if thing is not None else {}
