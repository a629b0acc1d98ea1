"""Shapes of what is sold and billed: prices, subscriptions and their items, invoices. Nothing here decides."""

from typing import Any

from local.stripe_api import shapes
from local.stripe_api.settings import CURRENCY, StripeStandInSettings

PRICES_SINCE = 1_767_225_600  # the prices were created on 1 January 2026


def price(settings: StripeStandInSettings, price_id: str) -> dict[str, Any]:
    """A recurring price of the catalogue."""
    plan, interval = settings.plan_of(price_id)
    amount = settings.amount_of(price_id)
    return {
        "id": price_id,
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": PRICES_SINCE,
        "currency": CURRENCY,
        "custom_unit_amount": None,
        "livemode": settings.livemode,
        "lookup_key": None,
        "metadata": {},
        "nickname": f"{plan} by the {interval}",
        "product": f"prod_{plan}",
        "recurring": {
            "interval": interval,
            "interval_count": 1,
            "meter": None,
            "trial_period_days": None,
            "usage_type": "licensed",
        },
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring",
        "unit_amount": amount,
        "unit_amount_decimal": str(amount),
    }


def _plan(settings: StripeStandInSettings, price_id: str) -> dict[str, Any]:
    """The same price in the older shape, which subscription items contain as well."""
    plan, interval = settings.plan_of(price_id)
    amount = settings.amount_of(price_id)
    return {
        "id": price_id,
        "object": "plan",
        "active": True,
        "amount": amount,
        "amount_decimal": str(amount),
        "billing_scheme": "per_unit",
        "created": PRICES_SINCE,
        "currency": CURRENCY,
        "interval": interval,
        "interval_count": 1,
        "livemode": settings.livemode,
        "metadata": {},
        "meter": None,
        "nickname": f"{plan} by the {interval}",
        "product": f"prod_{plan}",
        "tiers_mode": None,
        "transform_usage": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }


def subscription_item(
    settings: StripeStandInSettings, subscription_id: str, price_id: str, quantity: int, period: tuple[int, int]
) -> dict[str, Any]:
    """An item of a subscription, with the period that is paid for; the subscription itself has no period."""
    return {
        "id": shapes.make_id("si"),
        "object": "subscription_item",
        "billed_until": None,
        "billing_thresholds": None,
        "created": period[0],
        "current_period_end": period[1],
        "current_period_start": period[0],
        "discounts": [],
        "metadata": {},
        "plan": _plan(settings, price_id),
        "price": price(settings, price_id),
        "quantity": quantity,
        "subscription": subscription_id,
        "tax_rates": [],
    }


def subscription(
    settings: StripeStandInSettings, now: int, customer_id: str, metadata: dict[str, str]
) -> dict[str, Any]:
    """A new active subscription of the customer, without items yet."""
    subscription_id = shapes.make_id("sub")
    return {
        "id": subscription_id,
        "object": "subscription",
        "application": None,
        "application_fee_percent": None,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": now,
        "billing_cycle_anchor_config": None,
        "billing_mode": {
            "flexible": {"proration_discounts": "included"},
            "type": "flexible",
            "updated_at": now,
        },
        "billing_schedules": [],
        "billing_thresholds": None,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": {"comment": None, "feedback": None, "feedback_option": None, "reason": None},
        "collection_method": "charge_automatically",
        "created": now,
        "currency": CURRENCY,
        "customer": customer_id,
        "customer_account": None,
        "days_until_due": None,
        "default_payment_method": shapes.make_id("pm"),
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "ended_at": None,
        "invoice_settings": {
            "account_tax_ids": None,
            "custom_fields": None,
            "description": None,
            "footer": None,
            "issuer": {"type": "self"},
        },
        "items": shapes.listing([], f"/v1/subscription_items?subscription={subscription_id}") | {"total_count": 0},
        "latest_invoice": None,
        "livemode": settings.livemode,
        "metadata": metadata,
        "next_pending_invoice_item_invoice": None,
        "on_behalf_of": None,
        "pause_collection": None,
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "pending_invoice_item_interval": None,
        "pending_setup_intent": None,
        "pending_update": None,
        "schedule": None,
        "start_date": now,
        "status": "active",
        "test_clock": None,
        "transfer_data": None,
        "trial_end": None,
        "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
        "trial_start": None,
    }


def invoice(
    settings: StripeStandInSettings, now: int, subscribed: dict[str, Any], reason: str, *, paid: bool
) -> dict[str, Any]:
    """The invoice of a subscription's items for their period, paid or left open after a failed attempt."""
    invoice_id = shapes.make_id("in")
    lines = [_invoice_line(invoice_id, subscribed, item) for item in subscribed["items"]["data"]]
    total = sum(line["amount"] for line in lines)
    return {
        "id": invoice_id,
        "object": "invoice",
        "account_country": "US",
        "account_name": "Stand-in",
        "account_tax_ids": None,
        "amount_due": total,
        "amount_overpaid": 0,
        "amount_paid": total if paid else 0,
        "amount_remaining": 0 if paid else total,
        "amount_shipping": 0,
        "application": None,
        "attempt_count": 1,
        "attempted": True,
        "auto_advance": not paid,
        "automatic_tax": {
            "disabled_reason": None,
            "enabled": False,
            "liability": None,
            "provider": None,
            "status": None,
        },
        "automatically_finalizes_at": None,
        "billing_reason": reason,
        "collection_method": "charge_automatically",
        "created": now,
        "currency": CURRENCY,
        "custom_fields": None,
        "customer": subscribed["customer"],
        "customer_account": None,
        "customer_address": None,
        "customer_email": None,
        "customer_name": None,
        "customer_phone": None,
        "customer_shipping": None,
        "customer_tax_exempt": "none",
        "customer_tax_ids": [],
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "due_date": None,
        "effective_at": now,
        "ending_balance": 0,
        "footer": None,
        "from_invoice": None,
        "hosted_invoice_url": None,
        "invoice_pdf": None,
        "issuer": {"type": "self"},
        "last_finalization_error": None,
        "latest_revision": None,
        "lines": shapes.listing(lines, f"/v1/invoices/{invoice_id}/lines") | {"total_count": len(lines)},
        "livemode": settings.livemode,
        "metadata": {},
        "next_payment_attempt": None if paid else now + 3 * 24 * 3600,
        "number": invoice_id[-8:].upper() + "-0001",
        "on_behalf_of": None,
        "parent": {
            "quote_details": None,
            "subscription_details": {"metadata": subscribed["metadata"], "subscription": subscribed["id"]},
            "type": "subscription_details",
        },
        "payment_settings": {
            "default_mandate": None,
            "payment_method_options": None,
            "payment_method_types": None,
        },
        "period_end": now,
        "period_start": now,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "receipt_number": None,
        "rendering": None,
        "shipping_cost": None,
        "shipping_details": None,
        "starting_balance": 0,
        "statement_descriptor": None,
        "status": "paid" if paid else "open",
        "status_transitions": {
            "finalized_at": now,
            "marked_uncollectible_at": None,
            "paid_at": now if paid else None,
            "voided_at": None,
        },
        "subtotal": total,
        "subtotal_excluding_tax": total,
        "test_clock": None,
        "total": total,
        "total_discount_amounts": [],
        "total_excluding_tax": total,
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
        "webhooks_delivered_at": None,
    }


def _invoice_line(invoice_id: str, subscribed: dict[str, Any], item: dict[str, Any]) -> dict[str, Any]:
    amount = item["price"]["unit_amount"] * item["quantity"]
    return {
        "id": shapes.make_id("il"),
        "object": "line_item",
        "amount": amount,
        "currency": CURRENCY,
        "description": item["price"]["nickname"],
        "discount_amounts": [],
        "discountable": True,
        "discounts": [],
        "invoice": invoice_id,
        "livemode": item["price"]["livemode"],
        "metadata": subscribed["metadata"],
        "parent": {
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": False,
                "proration_details": {"credited_items": None},
                "subscription": subscribed["id"],
                "subscription_item": item["id"],
            },
            "type": "subscription_item_details",
        },
        "period": {"end": item["current_period_end"], "start": item["current_period_start"]},
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {"price": item["price"]["id"], "product": item["price"]["product"]},
            "type": "price_details",
            "unit_amount_decimal": item["price"]["unit_amount_decimal"],
        },
        "quantity": item["quantity"],
        "subtotal": amount,
        "taxes": [],
    }
