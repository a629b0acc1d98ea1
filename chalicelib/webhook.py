"""The function that Stripe calls: the webhook's route alone, with the webhook's secrets.

It has a process, a limit and a parameter of its own, so no flood of requests to the API delays a payment, and it holds
no key of the object store. app.py declares the same route for the local stack and the description of the API.
"""

from __future__ import annotations

from chalicelib.api.application import SunApi
from chalicelib.database import alerts
from chalicelib.operations.stripe_webhook import stripe_webhook

app = SunApi("stories-from-the-sun", alert=alerts.note_failure)

app.webhook("stripe-webhook", stripe_webhook)
