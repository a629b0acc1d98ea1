"""Fuzzing the API with schemathesis: requests made of its OpenAPI document, half of them wrong, by people who exist.

Random ids find nothing, so most of them are exchanged for those of a household: then the requests get as far as the
database. Households take turns, each with its own address, so that limits do not swallow the fuzz.
"""

from __future__ import annotations

import itertools
import json
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import hypothesis
import schemathesis
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS as ALL_CHECKS
from schemathesis.checks import CheckFunction, load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.schemas import OpenApiSchema

from chalicelib.resources.openapi import DOCUMENT
from tests.support.object_store import send, voice

CHECKS = (
    *("status_code_conformance", "content_type_conformance", "response_headers_conformance"),
    *("response_schema_conformance", "negative_data_rejection", "positive_data_acceptance"),
)

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

Ask = Callable[[str, str, str, Mapping[str, Any] | None], Any]
"""(token, method, path, body) -> the answer's data."""


@dataclass(frozen=True)
class FuzzFamily:
    """A family, three people's tokens (its keeper, its storyteller, a stranger), and ids by the name they go by."""

    tokens: tuple[str, str, str]
    address: str
    ids: Mapping[str, list[str]]
    cursors: Mapping[str, str]
    """The next page's cursor of each of the family's lists, by path."""


HEALTH = ("getHealth", "getHealthBesideTheOperations")


@dataclass
class FuzzTarget:
    """Households that take turns. `call` sends a case; what was answered is counted."""

    families: list[FuzzFamily]
    call: Callable[[Case, FuzzFamily, dict[str, str]], Response]
    answered: Counter[tuple[str, int]] = field(default_factory=Counter)
    _turn: Iterator[int] = field(default_factory=itertools.count)

    def serve(self, case: Case) -> None:
        """Sends a case as the next in turn and holds the answer to the document."""
        turn = next(self._turn)
        family = self.families[turn % len(self.families)]
        aim(case, family)
        # The keeper gets furthest; the others must be refused as documented.
        token = family.tokens[(0, 0, 0, 1, 0, 0, 1, 2)[turn // len(self.families) % 8]]
        response = self.call(case, family, {"Authorization": f"Bearer {token}", "Origin": "https://app.example.org"})
        operation = str(case.operation.definition.raw["operationId"])
        self.answered[operation, response.status_code] += 1
        # Health says 503 by itself where a service that it asks is missing.
        fails = response.status_code >= 500 and not (operation in HEALTH and response.status_code == 503)
        assert not fails, f"{operation} answered {response.status_code}"
        excused = ["positive_data_acceptance"] if beyond_schemas(response) else []
        # Outer blanks are taken off before a text is measured, so one that is too long with them may be taken.
        if has_outer_blanks(case.body):
            excused.append("negative_data_rejection")
        case.validate_response(response, checks=checks(*excused))


def make_schema() -> OpenApiSchema:
    """The committed document, as what is to be fuzzed."""
    # Who calls is decided in `serve`.
    config = SchemathesisConfig.from_dict({"generation": {"with-security-parameters": False}})
    return schemathesis.openapi.from_dict(json.loads(DOCUMENT.read_text("utf-8")), config=config)


QUIET = hypothesis.settings(deadline=None, database=None, suppress_health_check=list(hypothesis.HealthCheck))


def fuzz(schema: OpenApiSchema, operation_id: str, target: FuzzTarget, examples: int, seed: int) -> None:
    """Sends an operation so many good requests and as many bad ones; the same ones for the same seed."""
    operation = schema.find_operation_by_id(operation_id)
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

        @hypothesis.seed(seed)
        @hypothesis.settings(QUIET, max_examples=examples)
        @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
        def serve(case: Case) -> None:
            target.serve(case)

        # What takes nothing cannot be asked for badly.
        with suppress(Unsatisfiable):
            serve()


def checks(*without: str) -> list[CheckFunction]:
    """schemathesis's own, those of CHECKS."""
    load_all_checks()
    return [ALL_CHECKS.get_one(name) for name in CHECKS if name not in without]


# What the document says in prose, since no schema can: rules for the whole body, ignored keys included.
_BEYOND_SCHEMAS = ("must not hold NUL", "must not hold a number beyond 64 bits", "must not be nested deeper")


def has_outer_blanks(body: Any) -> bool:
    """Whether any text of a body begins or ends with blanks."""
    texts = [value for value in body.values() if isinstance(value, str)] if isinstance(body, Mapping) else []
    return any(text != text.strip() for text in texts)


def beyond_schemas(response: Response) -> bool:
    """Whether a 400 is for a rule no schema can say: a signature is to be a true one, 4.0 is no whole number here."""
    if response.status_code != 400:
        return False
    details = response.json()["error"]["details"]
    sent = response.request.body or b""
    whole = re.search(rb"\d\.0+\b|\d[eE]", sent if isinstance(sent, bytes) else sent.encode())
    return all(
        detail["reason"].startswith(_BEYOND_SCHEMAS)
        or detail["field"] == "stripe-signature"
        or (detail["reason"] == "must be a whole number" and whole is not None)
        for detail in details
    )


def aim(case: Case, family: FuzzFamily) -> None:
    """Exchanges most ids for the household's own, by their value, so that a case is always aimed alike."""
    if isinstance(case.path_parameters, dict):
        case.path_parameters = _aimed(case.path_parameters, family)
    if isinstance(case.body, dict):
        case.body = _aimed(case.body, family)
    query = case.query if isinstance(case.query, dict) else {}
    # A schema cannot say which texts are cursors of ours: where the request is meant to be good, it gets a true one.
    if isinstance(query.get("cursor"), str) and case.meta is not None and case.meta.generation.mode.is_positive:
        path = case.path.replace("{familyId}", str((case.path_parameters or {}).get("familyId")))
        true_one = family.cursors.get(path) if not {"promptId", "trashed"} & set(query) else None
        case.query = {**{k: v for k, v in query.items() if k != "cursor"}, **({"cursor": true_one} if true_one else {})}


def _aimed(values: Mapping[str, Any], family: FuzzFamily) -> dict[str, Any]:
    aimed = dict(values)
    for name, known in family.ids.items():
        value = aimed.get(name)
        if isinstance(value, str) and known and (name == "code" or _UUID.fullmatch(value)):
            number = zlib.crc32(f"{name} {value}".encode("utf-8", "replace"))
            if number % 8:
                aimed[name] = known[number // 8 % len(known)]
    return aimed


def make_family(ask: Ask, people: list[tuple[str, str]], address: str) -> FuzzFamily:
    """Furnishes a home for three (user id, token): a family with something in every state."""
    (keeper_id, keeper), (teller_id, teller), (stranger_id, stranger) = people

    def call(token: str, operation: str, **body: Any) -> Any:
        return ask(token, "POST", f"/functions/v1/{operation}", body)

    family = call(keeper, "create-family", name="Moreno", locale="es", displayName="Ana")["family"]["id"]
    invites = [call(keeper, "create-invite", familyId=family, maxUses=20)["invite"] for _ in range(2)]
    call(teller, "redeem-invite", code=invites[0]["code"], displayName="Rosa")
    prompts = [
        ask(token, "POST", f"/v1/families/{family}/prompts", {"text": "Who taught you to dance?"})["prompt"]["id"]
        for token in (keeper, teller)
    ]

    def upload(token: str, put: bool = True, finalize: bool = True) -> str:
        body = {"familyId": family, "fileSizeBytes": 2000, "durationSeconds": 12.5, "contentType": "audio/mp4"}
        reserved = call(token, "get-signed-upload-url", **body)
        if put:
            assert send("PUT", reserved["uploadUrl"], voice(2000), reserved["uploadHeaders"])[0] == 200
        if finalize:
            call(token, "finalize-recording", familyId=family, recordingId=reserved["recordingId"])
        return str(reserved["recordingId"])

    kept, teller_kept, trashed = upload(keeper), upload(teller), upload(keeper)
    ask(keeper, "DELETE", f"/v1/recordings/{trashed}", None)
    uploaded, reserved = upload(keeper, finalize=False), upload(keeper, put=False, finalize=False)
    lists = ["/v1/families", *(f"/v1/families/{family}/{name}" for name in ("recordings", "prompts", "invites"))]
    cursors = {path: ask(keeper, "GET", f"{path}?limit=1", None)["nextCursor"] for path in lists}
    return FuzzFamily(
        (keeper, teller, stranger),
        address,
        {
            "familyId": [family],
            "userId": [teller_id, keeper_id, stranger_id],
            "promptId": prompts,
            "inviteId": [invite["id"] for invite in invites],
            "recordingId": [kept, teller_kept, trashed, uploaded, reserved],
            "code": [invites[1]["code"]],
        },
        {path: cursor for path, cursor in cursors.items() if cursor},
    )
