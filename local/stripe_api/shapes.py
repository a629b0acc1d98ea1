"""Stripe's objects with every field of API version 2026-10-28; a contract test compares them with stripe-python.

Nothing here decides, stores or sends. Times are epoch seconds, amounts are cents. What is sold and billed
(prices, subscriptions, invoices) is in billing_shapes.
"""

import secrets
import string
from collections.abc import Sequence
from typing import Any

from stripe import api_version as API_VERSION

from local.stripe_api.settings import CURRENCY, StripeStandInSettings

__all__ = [
    "API_VERSION",
    "balance",
    "checkout_line",
    "checkout_session",
    "customer",
    "deleted_customer",
    "event",
    "listing",
    "make_id",
    "portal_session",
]

_LETTERS = string.ascii_letters + string.digits


def make_id(prefix: str) -> str:
    """An id like Stripe's: prefix, underscore, 24 letters and digits."""
    return f"{prefix}_" + "".join(secrets.choice(_LETTERS) for _ in range(24))


def listing(data: Sequence[dict[str, Any]], url: str, *, has_more: bool = False) -> dict[str, Any]:
    """A page of a list."""
    return {"object": "list", "data": list(data), "has_more": has_more, "url": url}


def customer(settings: StripeStandInSettings, now: int, sent: dict[str, Any]) -> dict[str, Any]:
    """A new customer with what was sent about it."""
    return {
        "id": make_id("cus"),
        "object": "customer",
        "address": sent.get("address") or None,
        "balance": 0,
        "created": now,
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": sent.get("description"),
        "discount": None,
        "email": sent.get("email"),
        "invoice_prefix": make_id("x")[2:10].upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": settings.livemode,
        "metadata": {key: value for key, value in (sent.get("metadata") or {}).items() if value},
        "name": sent.get("name"),
        "next_invoice_sequence": 1,
        "phone": sent.get("phone"),
        "preferred_locales": sent.get("preferred_locales", []),
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


def deleted_customer(customer_id: str) -> dict[str, Any]:
    """A deleted customer: its id, and that it is deleted."""
    return {"id": customer_id, "object": "customer", "deleted": True}


def checkout_line(price: dict[str, Any], plan: str, quantity: int) -> dict[str, Any]:
    """A line item of a checkout session: a price and a quantity."""
    total = price["unit_amount"] * quantity
    return {
        "id": make_id("li"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": CURRENCY,
        "description": plan.capitalize(),
        "metadata": {},
        "price": price,
        "quantity": quantity,
    }


def checkout_session(
    settings: StripeStandInSettings, now: int, session_id: str, sent: dict[str, Any], total: int
) -> dict[str, Any]:
    """An open checkout session of mode subscription; Stripe shows its line items only where they are asked for."""
    return {
        "id": session_id,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "after_expiration": None,
        "allow_promotion_codes": sent.get("allow_promotion_codes"),
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": sent.get("billing_address_collection"),
        "branding_settings": None,
        "cancel_url": sent.get("cancel_url"),
        "client_reference_id": sent.get("client_reference_id"),
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "created": now,
        "currency": CURRENCY,
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer": sent.get("customer"),
        "customer_account": None,
        "customer_creation": None if sent.get("customer") else "always",
        "customer_details": None,
        "customer_email": sent.get("customer_email"),
        "discounts": [],
        "expires_at": sent["expires_at"],
        "invoice": None,
        "invoice_creation": None,
        "livemode": settings.livemode,
        "locale": sent.get("locale"),
        "metadata": {key: value for key, value in sent.get("metadata", {}).items() if value},
        "mode": "subscription",
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": sent.get("payment_method_collection", "always"),
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": sent.get("payment_method_types", ["card"]),
        "payment_status": "unpaid",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": None,
        "subscription": None,
        "success_url": sent.get("success_url"),
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": f"{settings.public_url}/checkout/{session_id}",
        "wallet_options": None,
    }


def portal_session(
    settings: StripeStandInSettings, now: int, customer_id: str, return_url: str | None, locale: str | None
) -> dict[str, Any]:
    """A session of the billing portal."""
    session_id = make_id("bps")
    return {
        "id": session_id,
        "object": "billing_portal.session",
        "configuration": "bpc_standin",
        "created": now,
        "customer": customer_id,
        "customer_account": None,
        "flow": None,
        "livemode": settings.livemode,
        "locale": locale,
        "on_behalf_of": None,
        "return_url": return_url,
        "url": f"{settings.public_url}/portal/{session_id}",
    }


def event(
    settings: StripeStandInSettings,
    now: int,
    kind: str,
    about: dict[str, Any],
    *,
    previous: dict[str, Any] | None,
    request_id: str | None,
    idempotency_key: str | None,
) -> dict[str, Any]:
    """A snapshot event: the object as it was at that moment and, for a change, the values before."""
    data: dict[str, Any] = {"object": about}
    if previous is not None:
        data["previous_attributes"] = previous
    return {
        "id": make_id("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "created": now,
        "data": data,
        "livemode": settings.livemode,
        "pending_webhooks": 1,
        "request": {"id": request_id, "idempotency_key": idempotency_key},
        "type": kind,
    }


def balance(settings: StripeStandInSettings) -> dict[str, Any]:
    """The account's balance; a health check asks for it, because it needs a valid key and costs little."""
    nothing = [{"amount": 0, "currency": CURRENCY, "source_types": {"card": 0}}]
    return {"object": "balance", "available": nothing, "livemode": settings.livemode, "pending": nothing}
