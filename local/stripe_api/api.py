"""Stripe's HTTP API under /v1, as far as this product uses it. An endpoint or a parameter that is not implemented is
refused by its name and never ignored, so a request that succeeds here was understood in full."""

import base64
import functools
import hmac
import json

from flask import Blueprint, Response, request

from local.stripe_api import idempotency, params, shapes
from local.stripe_api.endpoints import ENDPOINTS, INSIDE, Endpoint
from local.stripe_api.errors import ApiError, invalid, unauthorized
from local.stripe_api.lists import Sent
from local.stripe_api.records import Answer
from local.stripe_api.stand_in import StripeStandIn


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
    stand_in.faults.delay_answer()
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
    stand_in.faults.delay_answer()
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
    """The answer, and whether it is a repeated one. Work, events and stored answer are committed together."""
    now = stand_in.clock()
    print_ = idempotency.fingerprint(body)
    with stand_in.transaction(request_id, key) as transaction:
        earlier = idempotency.earlier_answer(transaction.records, key, request.path, print_, now) if key else None
        if earlier is not None:
            return earlier, True
    sent = _read_params(endpoint, body)
    try:
        with stand_in.transaction(request_id, key) as transaction:
            answer = Answer(200, json.dumps(endpoint.work(transaction, sent, **ids), indent=2), request_id)
            if key:
                idempotency.remember(transaction.records, key, request.path, print_, answer, now)
    except ApiError as refusal:
        # Its transaction was rolled back; the refusal alone is stored.
        answer = _answer_of(refusal, request_id)
        if key:
            with stand_in.transaction() as transaction:
                idempotency.remember(transaction.records, key, request.path, print_, answer, now)
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
    for name, known in INSIDE.items():
        inside = sent.get(name, [])
        for entry in inside if isinstance(inside, list) else [inside]:
            missing += [f"{name}[{inner}]" for inner in entry if inner not in known]
    if missing:
        raise invalid(f"The stand-in for Stripe does not implement the parameter {missing[0]}.", missing[0])


def _check_version() -> None:
    version = request.headers.get("Stripe-Version", shapes.API_VERSION)
    if version != shapes.API_VERSION:
        raise invalid(f"Invalid Stripe API version: {version}. The stand-in for Stripe has {shapes.API_VERSION} alone.")


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
