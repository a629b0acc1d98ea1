"""The one origin of the local stack: the stand-ins for sign-in, mail, Stripe, PostHog and Sentry, and the app itself.

A request for the app becomes the event that API Gateway would send, and the app object answers it as on Lambda. The
body is always base64, so that every byte arrives as it was sent. The gateway decides nothing for the app: an unknown
path, a malformed body and a missing token reach it as they came. It is never deployed.
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

# API Gateway passes on bodies of 10 MB at the most, and answers larger ones itself.
MAX_BODY_BYTES = 10 * 1024 * 1024
FUNCTION_SECONDS = 29

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

Serve = Callable[[dict[str, Any], Any], dict[str, Any]]
"""Answers an event of API Gateway, with Lambda's context."""


def create_gateway(
    app: Any,
    blueprints: dict[str, Blueprint],
    schedules: dict[str, Callable[[], dict[str, Any]]],
    serve: Serve | None = None,
) -> Flask:
    """The WSGI app of the whole origin.

    `app` is the Chalice app object, which knows the routes; it answers too, unless `serve` does. A blueprint is mounted
    under its key where that is a path, else at its own prefix.
    `schedules` are run by POST /_local/run/{schedule}.
    """
    gateway = Flask(__name__)
    for prefix, blueprint in blueprints.items():
        gateway.register_blueprint(blueprint, **({"url_prefix": prefix} if prefix.startswith("/") else {}))
    gateway.register_blueprint(_controls(schedules))

    # A path reaches the app as it was sent; Flask would merge slashes and redirect.
    gateway.url_map.merge_slashes = False
    serve = serve or app
    matcher = RouteMatcher([path for path, methods in app.routes.items() if methods])

    @gateway.route("/", defaults={"path": ""}, methods=_METHODS, provide_automatic_options=False)
    @gateway.route("/<path:path>", methods=_METHODS, provide_automatic_options=False)
    def to_the_app(path: str) -> Response:
        context = LambdaContext("api_handler", 512, FUNCTION_SECONDS * 1000)
        answer = serve(_event(matcher), context)
        response = Response(answer["body"] or "", status=answer["statusCode"])
        # Werkzeug adds a content type, and an answer without a body has none.
        del response.headers["Content-Type"]
        response.headers.extend(answer["headers"])
        return response

    @gateway.errorhandler(404)
    @gateway.errorhandler(405)
    def unrouted(error: HTTPException) -> Response | HTTPException:
        """Requests that Flask has no rule for (a line break in the path, TRACE) are refused by the app, too."""
        return error if request.routing_exception is None else to_the_app("")

    return gateway


def _controls(schedules: dict[str, Callable[[], dict[str, Any]]]) -> Blueprint:
    """For the developer alone: run a schedule now, and a page where the browser is sent to pages of the family app."""
    controls = Blueprint("controls", __name__, template_folder="templates")

    @controls.post("/_local/run/<schedule>")
    def run(schedule: str) -> tuple[Response, int]:
        if schedule not in schedules:
            message = f"There is no schedule of that name. The schedules are {', '.join(sorted(schedules))}."
            return jsonify(error={"code": "NOT_FOUND", "message": message}), 404
        try:
            return jsonify(schedules[schedule]()), 200
        except Exception:
            # The app has logged it.
            return jsonify(error={"code": "INTERNAL", "message": f"{schedule} failed: see .local/app.log"}), 500

    @controls.get("/_local/app", defaults={"page": ""})
    @controls.get("/_local/app/<path:page>")
    def app_page(page: str) -> str:
        return render_template("app.html", page=page)

    return controls


def _event(matcher: RouteMatcher) -> dict[str, Any]:
    """The proxy event of API Gateway for the current request."""
    # The target as it was sent: Flask decodes %2f in its path, and API Gateway matches routes before it decodes.
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
