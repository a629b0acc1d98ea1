"""The stand-in for Stripe: its API, its checkout and portal pages, its signed events.

    stand_in = StripeStandIn(directory, settings)
    app.register_blueprint(create_blueprint(stand_in), url_prefix="/_local/stripe")
    stand_in.start()   # events are sent from now on
    ...
    stand_in.stop()

It serves stripe-python: the endpoints of `endpoints.ENDPOINTS` under /v1, with parameters checked against that
library's types, Stripe's errors and idempotency keys, and signed events with retries. Its state is one SQLite file and
survives kill -9. Nothing happens by time alone, as it does at Stripe: no period is billed again, no subscription is
cancelled at the end of its period, and a checkout session expires when it is next looked up.

Beyond Stripe's API: POST checkout/{sessionId}/pay, POST subscriptions/{id}, POST faults, and the pages
checkout/{sessionId} and portal/{id}.
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
