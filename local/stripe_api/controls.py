"""The controls: a customer pays or cancels in a browser, and a developer or a test changes a subscription as Stripe
would. Stripe has no such endpoints. Their JSON is in camelCase, as the app's, and not in Stripe's style."""

import datetime as dt
import functools
from typing import Annotated, Any, Literal, TypeVar

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from werkzeug.wrappers import Response as AnyResponse

from local.stripe_api import checkout, subscriptions
from local.stripe_api.checkout import NotPayable
from local.stripe_api.stand_in import StripeStandIn
from local.stripe_api.transaction import Transaction

DELIVERY_PATIENCE_SECONDS = 5.0
_YEAR_2200 = 7_258_118_400

Wanted = TypeVar("Wanted", bound=BaseModel)


class Refusal(Exception):
    """A request to a control that is refused: HTTP status, code and a message for a person."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def _epoch_seconds(sent: Any) -> Any:
    """Epoch seconds or RFC 3339 as epoch seconds."""
    if isinstance(sent, str):
        moment = dt.datetime.fromisoformat(sent)
        if moment.tzinfo is None:
            raise ValueError("give the time with its offset, as in 2027-01-31T00:00:00Z")
        sent = int(moment.timestamp())
    if isinstance(sent, bool) or not isinstance(sent, int) or not 0 < sent < _YEAR_2200:
        raise ValueError("give an RFC 3339 time or whole seconds since 1970")
    return sent


class ChangeRequest(BaseModel):
    """What a subscription should become; what is left out stays."""

    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=to_camel)

    status: (
        Literal["active", "trialing", "past_due", "incomplete", "paused", "canceled", "unpaid", "incomplete_expired"]
        | None
    ) = None
    cancel_at_period_end: bool | None = None
    current_period_end: Annotated[int | None, BeforeValidator(_epoch_seconds)] = None
    plan: Literal["family", "legacy"] | None = None
    interval: Literal["month", "year"] | None = None
    prices: list[str] | None = None
    """Replaces the items by these price ids. None or several of them are a mistake made in Stripe's dashboard."""


class TroubleRequest(BaseModel):
    """Faults for the next `times` requests to the API, which replace those still to come: an HTTP status instead of the
    work, or a late answer. With neither, faults end."""

    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=to_camel)

    times: int = Field(default=1, ge=1, le=1000)
    status: int | None = Field(default=None, ge=400, le=599)
    delay_seconds: float | None = Field(default=None, gt=0, le=30)


def add_routes(blueprint: Blueprint, stand_in: StripeStandIn) -> None:
    """Puts the controls and the pages on the blueprint."""
    for rule, methods, view in (
        ("/checkout/<session_id>", ["GET"], _checkout_page),
        ("/checkout/<session_id>/pay", ["POST"], _pay),
        ("/subscriptions/<subscription_id>", ["POST"], _change),
        ("/faults", ["POST"], _make_trouble),
        ("/portal/<portal_id>", ["GET"], _portal_page),
        ("/portal/<portal_id>/subscriptions/<subscription_id>/<action>", ["POST"], _portal_action),
    ):
        blueprint.add_url_rule(
            rule,
            endpoint=view.__name__.strip("_"),
            methods=methods,
            view_func=functools.partial(_guarded, view, stand_in),
        )


def _guarded(view: Any, stand_in: StripeStandIn, **ids: str) -> AnyResponse:
    try:
        answer: AnyResponse = view(stand_in, **ids)
    except Refusal as refusal:
        if _is_browser():
            return Response(render_template("stripe_refusal.html", message=refusal.message), refusal.status)
        answer = jsonify({"error": {"code": refusal.code, "message": refusal.message}})
        answer.status_code = refusal.status
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _is_browser() -> bool:
    return "text/html" in request.headers.get("Accept", "")


def _found(transaction: Transaction, kind: str, object_id: str) -> dict[str, Any]:
    found = transaction.records.get(kind, object_id)
    if found is None:
        raise Refusal(404, "NOT_FOUND", f"there is no {kind.replace('.', ' ').replace('_', ' ')} with this id")
    return checkout.expire_if_due(transaction, found) if kind == "checkout.session" else found


def _delivered(stand_in: StripeStandIn, transaction: Transaction) -> None:
    """Waits until the events were delivered, so that the app's next answer has the change; 5 seconds at most."""
    if stand_in.deliveries.running:
        stand_in.deliveries.wait_for(transaction.announced, DELIVERY_PATIENCE_SECONDS)


def _checkout_page(stand_in: StripeStandIn, session_id: str) -> AnyResponse:
    with stand_in.transaction() as transaction:
        session = _found(transaction, "checkout.session", session_id)
        order = transaction.records.get("standin.order", f"order_of_{session_id}")
    return Response(render_template("stripe_checkout.html", session=session, line=(order or {})["line"]))


def _pay(stand_in: StripeStandIn, session_id: str) -> AnyResponse:
    with stand_in.transaction() as transaction:
        session = _found(transaction, "checkout.session", session_id)
        refusal: NotPayable | None = None
        try:
            session = checkout.pay_session(transaction, session)
        except NotPayable as reason:
            refusal = reason  # raised after the commit: that the session has expired is to be stored
    if refusal is not None:
        raise Refusal(409, "CONFLICT", str(refusal))
    _delivered(stand_in, transaction)
    if _is_browser():
        return redirect(session["success_url"].replace("{CHECKOUT_SESSION_ID}", session_id), 303)
    return jsonify({"subscriptionId": session["subscription"]})


def _change(stand_in: StripeStandIn, subscription_id: str) -> AnyResponse:
    wanted = _read_change()
    with stand_in.transaction() as transaction:
        was = _found(transaction, "subscription", subscription_id)
        became = subscriptions.change_subscription(
            transaction,
            was,
            status=wanted.status,
            cancel_at_period_end=wanted.cancel_at_period_end,
            current_period_end=wanted.current_period_end,
            price_ids=_wanted_prices(stand_in, wanted, was),
        )
    _delivered(stand_in, transaction)
    return jsonify(_in_camel_case(became, transaction.announced))


def _make_trouble(stand_in: StripeStandIn) -> AnyResponse:
    wanted = _read(TroubleRequest)
    stand_in.faults.reset()
    if wanted.status is not None:
        stand_in.faults.fail_next(wanted.status, wanted.times)
    if wanted.delay_seconds is not None:
        stand_in.faults.delay(wanted.delay_seconds, wanted.times)
    return jsonify(wanted.model_dump(by_alias=True))


def _read(model: type[Wanted]) -> Wanted:
    body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        raise Refusal(400, "VALIDATION_FAILED", "send a JSON object")
    try:
        return model.model_validate(body)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "body"
        raise Refusal(400, "VALIDATION_FAILED", f"{where}: {first['msg']}") from None


def _read_change() -> ChangeRequest:
    wanted = _read(ChangeRequest)
    if wanted == ChangeRequest():
        names = ", ".join(to_camel(name) for name in ChangeRequest.model_fields)
        raise Refusal(400, "VALIDATION_FAILED", f"nothing to change: send at least one of {names}")
    if wanted.prices is not None and (wanted.plan or wanted.interval):
        raise Refusal(400, "VALIDATION_FAILED", "prices: send either prices or plan and interval")
    return wanted


def _wanted_prices(stand_in: StripeStandIn, wanted: ChangeRequest, was: dict[str, Any]) -> list[str] | None:
    settings = stand_in.settings
    if wanted.prices is not None:
        unknown = [price_id for price_id in wanted.prices if price_id not in settings.prices]
        if unknown:
            raise Refusal(400, "VALIDATION_FAILED", f"prices: {unknown[0]} is not in the catalogue")
        return wanted.prices
    if wanted.plan is None and wanted.interval is None:
        return None
    items = was["items"]["data"]
    plan, interval = settings.plan_of(items[0]["price"]["id"]) if items else (None, "month")
    plan, interval = wanted.plan or plan, wanted.interval or interval
    price_id = settings.price_for(plan, interval) if plan else None
    if price_id is None:
        raise Refusal(400, "VALIDATION_FAILED", f"plan: the catalogue has no price for {plan} by the {interval}")
    return [price_id]


def _in_camel_case(subscribed: dict[str, Any], event_ids: list[str]) -> dict[str, Any]:
    items = subscribed["items"]["data"]
    return {
        "subscriptionId": subscribed["id"],
        "status": subscribed["status"],
        "cancelAtPeriodEnd": subscribed["cancel_at_period_end"],
        "currentPeriodEnd": max((item["current_period_end"] for item in items), default=None),
        "prices": [item["price"]["id"] for item in items],
        "eventIds": event_ids,
    }


def _portal_page(stand_in: StripeStandIn, portal_id: str) -> AnyResponse:
    with stand_in.transaction() as transaction:
        portal = _found(transaction, "billing_portal.session", portal_id)
        held = list(transaction.records.newest_first("subscription", customer=portal["customer"]))
    return Response(render_template("stripe_portal.html", portal=portal, subscriptions=held, ended=subscriptions.ENDED))


def _portal_action(stand_in: StripeStandIn, portal_id: str, subscription_id: str, action: str) -> AnyResponse:
    if action not in ("cancel", "resume"):
        raise Refusal(404, "NOT_FOUND", "the portal can cancel and resume")
    with stand_in.transaction() as transaction:
        portal = _found(transaction, "billing_portal.session", portal_id)
        was = _found(transaction, "subscription", subscription_id)
        if was["customer"] != portal["customer"]:
            raise Refusal(404, "NOT_FOUND", "there is no subscription with this id")
        if was["status"] in subscriptions.ENDED:
            raise Refusal(409, "CONFLICT", "this subscription has ended")
        became = subscriptions.cancel_in_portal(transaction, was, cancel=action == "cancel")
    _delivered(stand_in, transaction)
    if _is_browser():
        return redirect(portal["url"], 303)
    return jsonify(_in_camel_case(became, transaction.announced))
