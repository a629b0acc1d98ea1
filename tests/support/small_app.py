"""What the tests of every response share."""

from __future__ import annotations

import json
from typing import Annotated, Any
from uuid import UUID, uuid4

from pydantic import Field

from chalicelib.api.application import SunApi
from chalicelib.api.models import Line, Timestamp, WireModel
from chalicelib.api.rate_limits import READS, WRITES
from chalicelib.api.responses import Answer, Bare
from chalicelib.call import Call, Limit
from chalicelib.database import messages
from chalicelib.errors import InternalError, Refused, Unavailable
from tests.support.gateway import Response, event_of, serve
from tests.support.tokens import token

ORIGIN = "https://app.example.org"


class MakeRequest(WireModel):
    family_id: UUID
    name: Annotated[Line, Field(min_length=1, max_length=80)]
    recorded_at: Timestamp | None = None


class MakeResponse(WireModel):
    family_id: UUID
    user_id: UUID
    name: str
    recorded_at: Timestamp | None
    idempotency_key: str | None


class ListQuery(WireModel):
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class ListResponse(WireModel):
    family_id: UUID
    limit: int


class Empty(WireModel):
    pass


def make_thing(call: Call, request: MakeRequest) -> Answer | MakeResponse:
    assert call.user_id is not None
    made = MakeResponse(
        family_id=request.family_id,
        user_id=call.user_id,
        name=request.name,
        recorded_at=request.recorded_at,
        idempotency_key=call.idempotency_key,
    )
    return Answer(made, warnings=["thing_is_odd"]) if request.name == "odd" else made


def list_things(call: Call, family_id: UUID, query: ListQuery) -> ListResponse:
    return ListResponse(family_id=family_id, limit=query.limit)


def update_thing(call: Call, thing_id: UUID) -> Empty:
    return Empty()


def restore_thing(call: Call, thing_id: UUID) -> Empty:
    return Empty()


def remove_thing(call: Call, thing_id: UUID) -> Empty:
    return Empty()


def get_thing(call: Call, thing_id: UUID) -> Empty:
    return Empty()


def take_event(call: Call) -> Bare:
    return Bare({"length": len(call.raw_body), "hex": call.raw_body[:64].hex()})


def count_me(call: Call) -> Empty:
    messages.transact(call, "count_me_tx")
    return Empty()


FAILURES: dict[str, Exception] = {
    "ValueError": ValueError("grandma@example.org"),
    "RecursionError": RecursionError(),
    "MemoryError": MemoryError(),
    "InternalError": InternalError("x"),
    "CONFLICT": Refused("CONFLICT", {"reason": "last_keeper"}),
    "Unavailable": Unavailable("object store"),
}


class FailQuery(WireModel):
    kind: str


def fail(call: Call, query: FailQuery) -> Any:
    if query.kind == "unserialisable":
        return {"x": object()}
    if query.kind == "nan":
        return {"x": float("nan")}
    raise FAILURES[query.kind]


def make_app() -> SunApi:
    app = SunApi("stories-from-the-sun")
    app.operation("make-thing", make_thing, limit=WRITES, idempotent=True)
    app.operation("count-me", count_me, limit=Limit("count-me", 2))
    app.get("/v1/families/{family_id}/things", list_things, limit=READS)
    app.get("/v1/things/{thing_id}", get_thing, limit=READS)
    app.patch("/v1/things/{thing_id}", update_thing, limit=WRITES)
    app.delete("/v1/things/{thing_id}", remove_thing, limit=WRITES)
    app.post("/v1/things/{thing_id}/restore", restore_thing, limit=WRITES)
    app.webhook("take-event", take_event)
    app.public("/v1/fail", fail, refuses=["CONFLICT last_keeper", "SERVICE_UNAVAILABLE"])
    return app


def send(app: SunApi, event: Any) -> Response:
    return serve(event, app)


def post(app: SunApi, body: Any, name: str = "make-thing", **headers: str) -> Response:
    given = {"Authorization": f"Bearer {token()}", "Content-Type": "application/json"}
    given.update({key.replace("_", "-"): value for key, value in headers.items()})
    raw = body if isinstance(body, str | bytes) or body is None else json.dumps(body)
    return send(app, event_of("POST", f"/functions/v1/{name}", given, raw))


def a_body(**changes: Any) -> dict[str, Any]:
    return {"familyId": str(uuid4()), "name": "Sol", **changes}
