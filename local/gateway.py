"""The one origin of the local stack: the stand-ins for sign-in, mail, Stripe and PostHog, and the app itself.

A request for the app becomes the event API Gateway would send, its body always base64 so that every byte arrives as it
was sent, and the app object answers it as it would on Lambda. Nothing here is deployed, and nothing here decides for
the app: an unknown path, a bad body, a missing token reach it as they came.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from chalice.local import LambdaContext, RouteMatcher
from flask import Blueprint, Flask, Response, jsonify, render_template, request
from werkzeug.exceptions import HTTPException

# As API Gateway would: it hands over 10 MB at the most, and answers what is larger by itself.
MAX_BODY_BYTES = 10 * 1024 * 1024
FUNCTION_SECONDS = 29

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

App = Callable[[dict[str, Any], Any], dict[str, Any]]


def create_gateway(
    app: Any, blueprints: dict[str, Blueprint], schedules: dict[str, Callable[[], dict[str, Any]]]
) -> Flask:
    """The WSGI app of the whole origin.

    `app` is the Chalice app object; `blueprints` are mounted under their key where it is not empty, else where they
    mount themselves; `schedules` are what POST /_local/run/{schedule} runs.
    """
    gateway = Flask(__name__)
    for prefix, blueprint in blueprints.items():
        gateway.register_blueprint(blueprint, **({"url_prefix": prefix} if prefix.startswith("/") else {}))
    gateway.register_blueprint(_controls(schedules))

    # A path goes to the app as it was sent; Flask would mend it and redirect.
    gateway.url_map.merge_slashes = False
    matcher = RouteMatcher([path for path, methods in app.routes.items() if methods])

    @gateway.route("/", defaults={"path": ""}, methods=_METHODS, provide_automatic_options=False)
    @gateway.route("/<path:path>", methods=_METHODS, provide_automatic_options=False)
    def to_the_app(path: str) -> Response:
        context = LambdaContext("api_handler", 512, FUNCTION_SECONDS * 1000)
        answer = app(_event(matcher), context)
        response = Response(answer["body"] or "", status=answer["statusCode"])
        # Werkzeug adds a content type of its own, which an answer without a body does not have.
        del response.headers["Content-Type"]
        response.headers.extend(answer["headers"])
        return response

    @gateway.errorhandler(404)
    @gateway.errorhandler(405)
    def unrouted(error: HTTPException) -> Response | HTTPException:
        """What Flask has no rule for (a line break in the path, TRACE) is the app's to refuse, too."""
        return error if request.routing_exception is None else to_the_app("")

    return gateway


def _controls(schedules: dict[str, Callable[[], dict[str, Any]]]) -> Blueprint:
    """What is for the developer alone: run a schedule now, and a place for the app's own pages to land on."""
    controls = Blueprint("controls", __name__, template_folder="templates")

    @controls.post("/_local/run/<schedule>")
    def run(schedule: str) -> tuple[Response, int]:
        if schedule not in schedules:
            message = f"There is no schedule of that name. There are: {', '.join(sorted(schedules))}."
            return jsonify(error={"code": "NOT_FOUND", "message": message}), 404
        try:
            return jsonify(schedules[schedule]()), 200
        except Exception:
            # The app has logged what happened, in its own words.
            return jsonify(error={"code": "INTERNAL", "message": f"{schedule} failed: see .local/app.log"}), 500

    @controls.get("/_local/app", defaults={"page": ""})
    @controls.get("/_local/app/<path:page>")
    def app_page(page: str) -> str:
        return render_template("app.html", page=page)

    return controls


def _event(matcher: RouteMatcher) -> dict[str, Any]:
    """The proxy event of API Gateway for the current request."""
    # The target as it was sent: Flask has decoded %2f in its own path, API Gateway matches routes before decoding.
    target = str(request.environ.get("REQUEST_URI") or request.full_path)
    path, _, query = target.partition("?")
    try:
        route, captured = (match := matcher.match_route(path)).route, match.captured
    except ValueError:
        route, captured = path, {}
    body = request.get_data(cache=False)
    return {
        "resource": route,
        "path": path,
        "httpMethod": request.method,
        "headers": dict(request.headers.items()),
        "pathParameters": captured or None,
        "multiValueQueryStringParameters": parse_qs(query, keep_blank_values=True) or None,
        "stageVariables": None,
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "httpMethod": request.method,
            "resourcePath": route,
            "path": path,
            "stage": "local",
            "identity": {"sourceIp": request.remote_addr or "127.0.0.1"},
        },
        "body": base64.b64encode(body).decode("ascii") if body else None,
        "isBase64Encoded": bool(body),
    }
