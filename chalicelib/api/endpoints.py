"""A route as app.py declares it: its function, who may call it, its limit, and every refusal it may answer with.

The function's annotations say what it takes: `request` a JSON body, `query` a query string, any other parameter a part
of the path. A wrong declaration fails when app.py is imported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_type_hints
from uuid import UUID

from chalicelib.api.models import WireModel
from chalicelib.api.problems import CODES, REASONS
from chalicelib.call import Limit

Access = Literal["user", "public", "webhook"]

Refusals = Mapping[str, tuple[str, ...]]
"""code -> the values that details.reason may have; empty for a code without reasons."""


def spelled(refusals: Refusals) -> list[str]:
    """Each refusal by itself: a code, or a code with one of its reasons, such as `CONFLICT revoked`."""
    return [f"{code} {reason}".strip() for code, reasons in refusals.items() for reason in reasons or ("",)]


@dataclass(frozen=True)
class Endpoint:
    """One method on one path, what its function takes and returns, and how it may refuse."""

    method: str
    path: str
    function: Callable[..., Any]
    access: Access
    limit: Limit | None
    idempotent: bool
    """Whether an Idempotency-Key is honoured here."""
    request: type[WireModel] | None
    query: type[WireModel] | None
    response: Any
    path_parameters: tuple[str, ...]
    declared: Refusals
    """The refusals that app.py declares for this route."""

    @property
    def route(self) -> str:
        """Method and path, such as `POST /functions/v1/create-family`."""
        return f"{self.method} {self.path}"

    @property
    def derived(self) -> Refusals:
        """The refusals that every route of this kind may answer with."""
        found: dict[str, tuple[str, ...]] = {code: () for code, applies in _DERIVED.items() if applies(self)}
        return found | ({"CONFLICT": ("idempotency_key_reused",)} if self.idempotent else {})

    @property
    def refusals(self) -> Refusals:
        """Every refusal this route may answer with, in the order of CODES."""
        declared, derived = self.declared, self.derived
        return {
            code: (*declared.get(code, ()), *derived.get(code, ()))
            for code in CODES
            if code in declared or code in derived
        }


COMMON: Mapping[str, Callable[[Endpoint], bool]] = {
    "PAYLOAD_TOO_LARGE": lambda endpoint: True,
    "UNSUPPORTED_MEDIA_TYPE": lambda endpoint: endpoint.access == "user" and endpoint.method in ("POST", "PATCH"),
    "UNAUTHORIZED": lambda endpoint: endpoint.access == "user",
    "VALIDATION_FAILED": lambda endpoint: (
        endpoint.access == "webhook" or endpoint.idempotent or bool(endpoint.request or endpoint.query)
    ),
    "RATE_LIMIT": lambda endpoint: endpoint.limit is not None,
    "SERVICE_UNAVAILABLE": lambda endpoint: endpoint.access != "public",
    "INTERNAL": lambda endpoint: True,
}
"""The codes that belong to no single operation -> whether a route may answer with it."""

_DERIVED: Mapping[str, Callable[[Endpoint], bool]] = {
    **COMMON,
    "FORBIDDEN": lambda endpoint: (
        "family_id" in (*endpoint.path_parameters, *getattr(endpoint.request, "model_fields", ()))
    ),
    "NOT_FOUND": lambda endpoint: bool(set(endpoint.path_parameters) - {"family_id"}),
}


def describe_endpoint(
    method: str,
    path: str,
    function: Callable[..., Any],
    access: Access,
    limit: Limit | None,
    idempotent: bool,
    refuses: Sequence[str],
) -> Endpoint:
    """What a line of app.py declares, with the function's annotations.

    Raises TypeError where the annotations do not fit the path, or a refusal does not exist or is derived already.
    """
    hints = get_type_hints(function)
    response = hints.pop("return", None)
    hints.pop("call", None)
    request, query = hints.pop("request", None), hints.pop("query", None)
    in_path = tuple(re.findall(r"{(\w+)}", path))
    if sorted(hints) != sorted(in_path) or any(kind is not UUID for kind in hints.values()):
        raise TypeError(
            f"{function.__name__}: parameters must be call, request, query and a UUID for each part of {path}"
        )
    try:
        declared = _parse(refuses)
    except ValueError as error:
        raise TypeError(f"{method} {path} in app.py: {error}") from None
    endpoint = Endpoint(method, path, function, access, limit, idempotent, request, query, response, in_path, declared)
    for twice in set(spelled(declared)) & set(spelled(endpoint.derived)):
        raise TypeError(f"{endpoint.route} in app.py: remove {twice} from refuses, every route of its kind has it")
    return endpoint


def _parse(refuses: Sequence[str]) -> Refusals:
    """`["NOT_FOUND", "CONFLICT revoked used_up"]` as code -> reasons. Raises ValueError, saying what to write where."""
    declared: dict[str, tuple[str, ...]] = {}
    for text in refuses:
        code, *reasons = text.split()
        if code not in CODES:
            raise ValueError(f"declare {code} in CODES of chalicelib/api/problems.py")
        if code in declared:
            raise ValueError(f"{code} stands twice in refuses: write it once, with all its reasons")
        if code in REASONS and not reasons:
            raise ValueError(f'{code} needs its reasons: refuses=["{code} first_reason second_reason"]')
        for reason in reasons:
            if reason not in REASONS.get(code, ()):
                raise ValueError(f'declare the reason {reason} in REASONS["{code}"] of chalicelib/api/problems.py')
        declared[code] = tuple(reasons)
    return declared
