"""`make operation NAME=thank-storyteller`: writes the stubs of a new operation and prints what is left to declare.

The stubs work: after the printed declarations the route answers, and its tests pass. They are a beginning to change, so
that a new operation starts with the shape, the names and the first attacks that every operation here has.
"""

from __future__ import annotations

import bisect
import re
import sys
from pathlib import Path
from string import Template

ROOT = Path(__file__).resolve().parents[1]

_NAME = re.compile(r"[a-z]+(-[a-z]+)+")
_PAGE = "tests/database/isolation.md"


class Refused(Exception):
    """The name cannot be used; the text says why, and nothing was written."""


OPERATION = '''"""$route: say in one sentence what the caller gets."""

from __future__ import annotations

from uuid import UUID

from chalicelib.api.models import WireModel
from chalicelib.call import Call
from chalicelib.database.messages import transact


class ${model}Request(WireModel):
    recording_id: UUID


class ${model}Response(WireModel):
    recording_id: UUID


def $name(call: Call, request: ${model}Request) -> ${model}Response:
    """Say what it does, as the summary in the API reference. Say here what is refused, and why."""
    row = transact(call, "${name}_tx", recording_id=request.recording_id)
    return ${model}Response.from_row(row)
'''

FUNCTION = """CREATE OR REPLACE FUNCTION ops.${name}_tx(p_recording_id uuid)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$$$
BEGIN
  -- Decided before the first write. The caller is auth.uid(), never a parameter.
  IF NOT EXISTS (
    SELECT FROM public.recordings
    WHERE id = p_recording_id AND deleted_at IS NULL AND family_id = ANY (ARRAY(SELECT rls.user_family_ids()))
  ) THEN
    RETURN ops.refuse('NOT_FOUND');
  END IF;
  RETURN jsonb_build_object('recording_id', p_recording_id);
END
$$$$;
COMMENT ON FUNCTION ops.${name}_tx IS
  'Say what it does. Refuses NOT_FOUND where the caller is no member of the recording''s family.';
SELECT ops.publish_function('ops.${name}_tx', 'app_service');
"""

TEST = '''"""$route over HTTP: who may, who may not, and what repeating it does."""

from __future__ import annotations

from uuid import uuid4

from tests.support.api import Api

NAME = "$route"


def test_a_member_may(api: Api) -> None:
    keeper = api.person()
    recording = api.recording(api.family(keeper), keeper)
    assert keeper.ask(NAME, {"recordingId": recording}).data == {"recordingId": recording}


def test_a_stranger_cannot_tell_the_recording_from_none(api: Api) -> None:
    keeper, stranger = api.person(), api.person()
    recording = api.recording(api.family(keeper), keeper)
    seen, unknown = (stranger.ask(NAME, {"recordingId": id}) for id in (recording, str(uuid4())))
    assert seen.code == "NOT_FOUND"
    assert seen.without_request_id == unknown.without_request_id


def test_a_removed_member_is_refused_on_the_next_call(api: Api) -> None:
    keeper = api.person()
    family = api.family(keeper)
    recording, member = api.recording(family, keeper), api.member(family)
    api.remove(family, member)
    assert member.ask(NAME, {"recordingId": recording}).code == "NOT_FOUND"


def test_asked_twice_it_answers_the_same(api: Api) -> None:
    keeper = api.person()
    recording = api.recording(api.family(keeper), keeper)
    first, second = (keeper.ask(NAME, {"recordingId": recording}).data for _ in range(2))
    assert first == second
'''

LEFT = """
$route works once these are declared:

  tools/api_docs/examples.py           an example of a request and its answer:
      "$name": Example({"recordingId": RECORDING}, {"recordingId": RECORDING}),
  tests/api/test_isolation_over_http.py    a probe for each id that a caller can send:
      "POST /functions/v1/$route": (
          Probe("recording_id", ("recording", "reservation"), NOT_FOUND, f"{FUNCTIONS}/$route",
                lambda ids: {"recordingId": ids["id"]}),
      ),

Then: make generate check test

And where it applies:
  a new table                          make migration NAME=..., then $page says who may read and write it
  a lock on a family, its people or its bytes    the order of locks is in docs/architecture.md;
                                       tests/database/test_lock_order.py runs it against the others
  a refusal of its own                 refuses=[...] at its line in app.py; a CONFLICT reason has its sentence in
                                       chalicelib/api/problems.py
  a product event                      chalicelib/analytics.py"""


def write(route: str, root: Path = ROOT) -> list[Path]:
    """Writes the three stubs and the line in app.py. Raises Refused."""
    if not _NAME.fullmatch(route):
        raise Refused("NAME must be a verb and a noun in lower case with dashes, such as thank-storyteller")
    name = route.replace("-", "_")
    words = {"route": route, "name": name, "model": "".join(part.capitalize() for part in route.split("-"))}
    new = {
        root / "chalicelib" / "operations" / f"{name}.py": OPERATION,
        root / "sql" / "functions" / f"{name}_tx.sql": FUNCTION,
        root / "tests" / "api" / f"test_{name}.py": TEST,
    }
    for path in new:
        if path.exists():
            raise Refused(f"{path.relative_to(root)} exists already: choose another name")
    app = root / "app.py"
    with_route = _with_route(app.read_text("utf-8"), route, name)
    for path, text in new.items():
        path.write_text(Template(text).substitute(words), "utf-8")
    app.write_text(with_route, "utf-8")
    return [*new, app]


def _with_route(text: str, route: str, name: str) -> str:
    """app.py with the operation's import in its place and its route behind the last operation."""
    lines = text.splitlines()
    imports = [line for line in lines if line.startswith("from chalicelib.operations.")]
    line = f"from chalicelib.operations.{name} import {name}"
    at = lines.index(imports[0]) + bisect.bisect(imports, line)
    lines.insert(at, line)
    webhook = next(number for number, line in enumerate(lines) if line.startswith("app.webhook("))
    lines.insert(webhook, f'app.operation("{route}", {name}, limit=WRITES, refuses=["NOT_FOUND"])')
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """An exit code."""
    if len(arguments) != 1 or not arguments[0]:
        print("error: which operation? make operation NAME=thank-storyteller", file=sys.stderr)
        return 1
    try:
        written = write(arguments[0])
    except Refused as refusal:
        print(f"error: {refusal}", file=sys.stderr)
        return 1
    for path in written:
        print(f"wrote {path.relative_to(ROOT)}")
    route = arguments[0]
    print(Template(LEFT).substitute(route=route, name=route.replace("-", "_"), page=_PAGE))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
