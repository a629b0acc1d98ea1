"""Stripe on this machine, for `make run` and the tests; never deployed, never reached from elsewhere.

    stand_in = StripeStandIn(directory, settings)
    app.register_blueprint(create_blueprint(stand_in), url_prefix="/_local/stripe")
    stand_in.start()   # events go out from now on
    ...
    stand_in.stop()

It speaks to the real stripe library: what `endpoints.ENDPOINTS` lists under /v1, held to the library's own parameter
types; Stripe's errors, idempotency keys, signed events with retries. State is one SQLite file and survives
kill -9. What Stripe does by the clock it does not do here: nobody is billed again and nothing is cancelled because a
period ended, and a checkout session is found to have expired when somebody looks at it.

Hands on it: POST checkout/{sessionId}/pay, POST subscriptions/{id}, POST faults, the pages checkout/{sessionId} and
portal/{id}.
"""

from flask import Blueprint

from local.stripe_api import api, controls
from local.stripe_api.settings import StripeStandInSettings
from local.stripe_api.stand_in import StripeStandIn

__all__ = ["StripeStandIn", "StripeStandInSettings", "create_blueprint"]


def create_blueprint(stand_in: StripeStandIn) -> Blueprint:
    """The stand-in's HTTP side: the API under v1/, the controls and the pages. Mount it where `public_url` points."""
    blueprint = Blueprint("stripe", __name__, template_folder="templates")
    api.add_routes(blueprint, stand_in)
    controls.add_routes(blueprint, stand_in)
    return blueprint
