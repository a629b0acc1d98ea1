"""Stripe's HTTP API under /v1, for what this product uses of it. Whatever Stripe has beyond that is refused by name,
never ignored: a request that works here has been understood in full."""

import base64
import functools
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import stripe.params
import stripe.params.billing_portal
import stripe.params.checkout
from flask import Blueprint, Response, request

from local.stripe_api import changes, idempotency, params, shapes
from local.stripe_api.books import Answer
from local.stripe_api.changes import World
from local.stripe_api.errors import ApiError, invalid, missing_param, no_such, unauthorized
from local.stripe_api.stand_in import StripeStandIn

Sent = dict[str, Any]
MOST_LISTED = 100


@dataclass(frozen=True)
class Endpoint:
    """One operation of the API: its parameters' type in stripe-python, those implemented here, and the work."""

    method: str
    path: str
    kind: Any
    implemented: frozenset[str]
    work: Callable[..., dict[str, Any]]


# Customers


def _customer(world: World, customer_id: str) -> dict[str, Any]:
    customer = world.books.get("customer", customer_id)
    if customer is None:
        raise no_such("customer", customer_id, "id", 404)
    return customer


def _create_customer(world: World, sent: Sent) -> dict[str, Any]:
    _check_email(sent)
    return changes.create_customer(world, sent)


def _retrieve_customer(world: World, _sent: Sent, customer_id: str) -> dict[str, Any]:
    return _customer(world, customer_id)


def _update_customer(world: World, sent: Sent, customer_id: str) -> dict[str, Any]:
    customer = _customer(world, customer_id)
    if customer.get("deleted"):
        raise no_such("customer", customer_id, "id", 404)
    _check_email(sent)
    return changes.update_customer(world, customer, sent)


def _delete_customer(world: World, _sent: Sent, customer_id: str) -> dict[str, Any]:
    customer = _customer(world, customer_id)
    if customer.get("deleted"):
        raise no_such("customer", customer_id, "id", 404)
    return changes.delete_customer(world, customer)


def _check_email(sent: Sent) -> None:
    email = sent.get("email")
    if email is not None and not ("@" in email[1:-1] and email.isprintable() and " " not in email):
        raise invalid(f"Invalid email address: {email}", "email", "email_invalid")


# Checkout and portal


def _session(world: World, session_id: str) -> dict[str, Any]:
    session = world.books.get("checkout.session", session_id)
    if session is None:
        raise no_such("checkout.session", session_id, "id", 404)
    return changes.expire_if_due(world, session)


def _create_session(world: World, sent: Sent) -> dict[str, Any]:
    if "customer_email" in sent:
        _check_email({"email": sent["customer_email"]})
    return changes.create_checkout_session(world, sent)


def _retrieve_session(world: World, _sent: Sent, session_id: str) -> dict[str, Any]:
    return _session(world, session_id)


def _expire_session(world: World, _sent: Sent, session_id: str) -> dict[str, Any]:
    return changes.expire_session(world, _session(world, session_id))


def _list_sessions(world: World, sent: Sent) -> dict[str, Any]:
    def wanted(session: dict[str, Any]) -> bool:
        return all(session[name] == sent[name] for name in ("status", "subscription") if name in sent)

    current = (changes.expire_if_due(world, session) for session in list(_walk(world, "checkout.session", sent)))
    return _page(filter(wanted, current), sent, "/v1/checkout/sessions")


def _create_portal_session(world: World, sent: Sent) -> dict[str, Any]:
    if "customer" not in sent:
        raise missing_param("customer")
    changes.live_customer(world, sent["customer"], "customer")
    changes.check_url(world, sent.get("return_url"), "return_url")
    made = shapes.portal_session(
        world.settings, world.now, sent["customer"], sent.get("return_url"), sent.get("locale")
    )
    world.books.put(made)
    return made


# Subscriptions, events, account


def _retrieve_subscription(world: World, _sent: Sent, subscription_id: str) -> dict[str, Any]:
    subscribed = world.books.get("subscription", subscription_id)
    if subscribed is None:
        raise no_such("subscription", subscription_id, "id", 404)
    return subscribed


def _list_subscriptions(world: World, sent: Sent) -> dict[str, Any]:
    status = sent.get("status")
    if "customer" in sent and world.books.get("customer", sent["customer"]) is None:
        raise no_such("customer", sent["customer"], "customer")

    def wanted(subscribed: dict[str, Any]) -> bool:
        if status == "ended":
            right_status = subscribed["status"] in changes.ENDED
        elif status == "all":
            right_status = True
        else:
            right_status = subscribed["status"] == status if status else subscribed["status"] != "canceled"
        prices = [item["price"]["id"] for item in subscribed["items"]["data"]]
        return right_status and ("price" not in sent or sent["price"] in prices)

    return _page(filter(wanted, _walk(world, "subscription", sent)), sent, "/v1/subscriptions")


def _retrieve_event(world: World, _sent: Sent, event_id: str) -> dict[str, Any]:
    event = world.books.get("event", event_id)
    if event is None:
        raise no_such("event", event_id, "id", 404)
    return event


def _list_events(world: World, sent: Sent) -> dict[str, Any]:
    if "type" in sent and "types" in sent:
        raise invalid("You may only specify one of these parameters: type, types.", "types")
    named = sent.get("types") or ([sent["type"]] if "type" in sent else [])

    def wanted(event: dict[str, Any]) -> bool:
        kind: str = event["type"]
        return not named or any(kind == name or (name[-1] == "*" and kind.startswith(name[:-1])) for name in named)

    return _page(filter(wanted, _walk(world, "event", sent)), sent, "/v1/events")


def _retrieve_balance(world: World, _sent: Sent) -> dict[str, Any]:
    return shapes.balance(world.settings)


# Lists


def _walk(world: World, kind: str, sent: Sent) -> Iterator[dict[str, Any]]:
    """The objects a list parameter set asks for, in the order in which a page takes them."""
    if "starting_after" in sent and "ending_before" in sent:
        raise invalid("You may only specify one of these parameters: starting_after, ending_before.")
    cursor = {
        param: _number_of(world, kind, sent[param], param)
        for param in ("starting_after", "ending_before")
        if param in sent
    }
    if "ending_before" in cursor:
        things = world.books.oldest_first_above(kind, cursor["ending_before"], customer=sent.get("customer"))
    else:
        things = world.books.newest_first(kind, customer=sent.get("customer"), below=cursor.get("starting_after"))
    return (thing for thing in things if _created_within(thing.get("created", 0), sent.get("created")))


def _number_of(world: World, kind: str, object_id: str, param: str) -> int:
    number = world.books.number_of(kind, object_id)
    if number is None:
        raise no_such(kind, object_id, param)
    return number


def _created_within(created: int, bounds: Any) -> bool:
    if bounds is None or isinstance(bounds, int):
        return bounds is None or created == bounds
    holds = {
        "gt": created.__gt__,
        "gte": created.__ge__,
        "lt": created.__lt__,
        "lte": created.__le__,
    }
    return all(holds[name](bound) for name, bound in bounds.items())


def _page(things: Iterator[dict[str, Any]], sent: Sent, url: str) -> dict[str, Any]:
    limit = sent.get("limit", 10)
    if not 1 <= limit <= MOST_LISTED:
        raise invalid(f"Limit must be between 1 and {MOST_LISTED}", "limit")
    found = list(islice(things, limit + 1))
    page = found[:limit]
    if "ending_before" in sent:
        page.reverse()
    return shapes.listing(page, url, has_more=len(found) > limit)


_PAGING = frozenset({"limit", "starting_after", "ending_before", "created"})
_ABOUT_CUSTOMER = frozenset({"email", "name", "phone", "description", "metadata", "preferred_locales"})
_CHECKOUT = frozenset(
    {
        "mode",
        "customer",
        "customer_email",
        "line_items",
        "success_url",
        "cancel_url",
        "client_reference_id",
        "metadata",
        "subscription_data",
        "allow_promotion_codes",
        "expires_at",
        "locale",
        "payment_method_types",
        "payment_method_collection",
        "billing_address_collection",
    }
)
_INSIDE = {"line_items": {"price", "quantity"}, "subscription_data": {"metadata", "trial_period_days"}}
_NOTHING: frozenset[str] = frozenset()
_p = stripe.params

ENDPOINTS = (
    Endpoint("POST", "/customers", _p.CustomerCreateParams, _ABOUT_CUSTOMER, _create_customer),
    Endpoint("GET", "/customers/<customer_id>", _p.CustomerRetrieveParams, _NOTHING, _retrieve_customer),
    Endpoint("POST", "/customers/<customer_id>", _p.CustomerUpdateParams, _ABOUT_CUSTOMER, _update_customer),
    Endpoint("DELETE", "/customers/<customer_id>", _p.CustomerDeleteParams, _NOTHING, _delete_customer),
    Endpoint("POST", "/checkout/sessions", _p.checkout.SessionCreateParams, _CHECKOUT, _create_session),
    Endpoint(
        "GET",
        "/checkout/sessions",
        _p.checkout.SessionListParams,
        _PAGING | {"customer", "status", "subscription"},
        _list_sessions,
    ),
    Endpoint("GET", "/checkout/sessions/<session_id>", _p.checkout.SessionRetrieveParams, _NOTHING, _retrieve_session),
    Endpoint(
        "POST", "/checkout/sessions/<session_id>/expire", _p.checkout.SessionExpireParams, _NOTHING, _expire_session
    ),
    Endpoint(
        "POST",
        "/billing_portal/sessions",
        _p.billing_portal.SessionCreateParams,
        frozenset({"customer", "return_url", "locale"}),
        _create_portal_session,
    ),
    Endpoint(
        "GET",
        "/subscriptions",
        _p.SubscriptionListParams,
        _PAGING | {"customer", "status", "price"},
        _list_subscriptions,
    ),
    Endpoint(
        "GET", "/subscriptions/<subscription_id>", _p.SubscriptionRetrieveParams, _NOTHING, _retrieve_subscription
    ),
    Endpoint("GET", "/events", _p.EventListParams, _PAGING | {"type", "types"}, _list_events),
    Endpoint("GET", "/events/<event_id>", _p.EventRetrieveParams, _NOTHING, _retrieve_event),
    Endpoint("GET", "/balance", _p.BalanceRetrieveParams, _NOTHING, _retrieve_balance),
)


def add_routes(blueprint: Blueprint, stand_in: StripeStandIn) -> None:
    """Puts the API's routes on the blueprint."""
    for endpoint in ENDPOINTS:
        blueprint.add_url_rule(
            f"/v1{endpoint.path}",
            endpoint=f"{endpoint.method} {endpoint.path}".replace(".", "_"),
            methods=[endpoint.method],
            view_func=functools.partial(_serve, stand_in, endpoint),
        )
    blueprint.add_url_rule(
        "/v1/<path:rest>",
        endpoint="unknown",
        methods=["GET", "POST", "DELETE", "PUT", "PATCH"],
        view_func=functools.partial(_refuse_unknown, stand_in),
    )
    blueprint.add_url_rule("/healthcheck", endpoint="healthcheck", view_func=functools.partial(_healthcheck, stand_in))


def _healthcheck(stand_in: StripeStandIn) -> Response:
    status = stand_in.faults.take_failure() or 200
    stand_in.faults.dawdle()
    return Response("OK" if status == 200 else "", status, content_type="text/plain")


def _refuse_unknown(stand_in: StripeStandIn, rest: str) -> Response:
    request_id = shapes.make_id("req")
    try:
        _authenticate(stand_in)
    except ApiError as refusal:
        return _respond(_answer_of(refusal, request_id))
    message = (
        f"Unrecognized request URL ({request.method}: /v1/{rest}). Please see https://stripe.com/docs or we can help "
        "at https://support.stripe.com/."
    )
    return _respond(_answer_of(ApiError(404, message), request_id))


def _serve(stand_in: StripeStandIn, endpoint: Endpoint, **ids: str) -> Response:
    request_id = shapes.make_id("req")
    key = request.headers.get("Idempotency-Key") if endpoint.method == "POST" else None
    replayed = False
    try:
        _authenticate(stand_in)
        body = request.get_data()
        with stand_in.keys_in_use.hold(key):
            failure = stand_in.faults.take_failure()
            if failure is not None:
                raise ApiError(failure, "An unknown error occurred", kind="api_error")
            answer, replayed = _answer(stand_in, endpoint, body, ids, request_id, key)
    except ApiError as refusal:
        answer = _answer_of(refusal, request_id)
    stand_in.faults.dawdle()
    response = _respond(answer, request_id)
    if key:
        response.headers["Idempotency-Key"] = key
    if replayed:
        response.headers["Idempotent-Replayed"] = "true"
        response.headers["Original-Request"] = answer.request_id
    return response


def _answer(
    stand_in: StripeStandIn, endpoint: Endpoint, body: bytes, ids: dict[str, str], request_id: str, key: str | None
) -> tuple[Answer, bool]:
    """The answer and whether it is a repeated one. Work, events and kept answer are committed together or not at all."""
    now = stand_in.clock()
    print_ = idempotency.fingerprint(body)
    with stand_in.world(request_id, key) as world:
        earlier = idempotency.earlier_answer(world.books, key, request.path, print_, now) if key else None
        if earlier is not None:
            return earlier, True
    sent = _read_params(endpoint, body)
    try:
        with stand_in.world(request_id, key) as world:
            answer = Answer(200, json.dumps(endpoint.work(world, sent, **ids), indent=2), request_id)
            if key:
                idempotency.remember(world.books, key, request.path, print_, answer, now)
    except ApiError as refusal:
        # Its transaction is gone, with all it did; only the refusal is remembered.
        answer = _answer_of(refusal, request_id)
        if key:
            with stand_in.world() as world:
                idempotency.remember(world.books, key, request.path, print_, answer, now)
    return answer, False


def _read_params(endpoint: Endpoint, body: bytes) -> Sent:
    _check_version()
    if endpoint.method == "POST":
        content_type = request.mimetype
        if body and content_type != "application/x-www-form-urlencoded":
            raise invalid(
                "Invalid request (check that your POST content type is application/x-www-form-urlencoded). If you have "
                "any questions, we can help at https://support.stripe.com/."
            )
        text = body.decode("utf-8", "replace")
    else:
        text = request.query_string.decode("ascii", "replace")
    sent = params.validate(endpoint.kind, params.decode_form(text))
    _refuse_unimplemented(endpoint, sent)
    return sent


def _refuse_unimplemented(endpoint: Endpoint, sent: Sent) -> None:
    missing = [name for name in sent if name not in endpoint.implemented]
    for name, known in _INSIDE.items():
        inside = sent.get(name, [])
        for entry in inside if isinstance(inside, list) else [inside]:
            missing += [f"{name}[{inner}]" for inner in entry if inner not in known]
    if missing:
        raise invalid(f"This stand-in does not know what to do with the parameter {missing[0]}.", missing[0])


def _check_version() -> None:
    version = request.headers.get("Stripe-Version", shapes.API_VERSION)
    if version != shapes.API_VERSION:
        raise invalid(f"Invalid Stripe API version: {version}. This stand-in speaks {shapes.API_VERSION} only.")


def _authenticate(stand_in: StripeStandIn) -> None:
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    sent = credentials.strip()
    if scheme.lower() == "basic":
        try:
            sent = base64.b64decode(sent, validate=True).decode().partition(":")[0]
        except ValueError:
            sent = ""
    if scheme.lower() not in ("bearer", "basic") or not sent:
        raise unauthorized(
            "You did not provide an API key. You need to provide your API key in the Authorization header, using "
            "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
        )
    if not hmac.compare_digest(sent.encode(), stand_in.settings.secret_key.encode()):
        raise unauthorized(f"Invalid API Key provided: {sent[:8]}{'*' * 8}{sent[-4:]}")


def _answer_of(refusal: ApiError, request_id: str) -> Answer:
    return Answer(refusal.status, json.dumps(refusal.body, indent=2), request_id)


def _respond(answer: Answer, request_id: str | None = None) -> Response:
    response = Response(answer.body, answer.status, content_type="application/json")
    response.headers["Request-Id"] = request_id or answer.request_id
    response.headers["Stripe-Version"] = shapes.API_VERSION
    return response
