"""What a parameter holds after an operator's file was laid over it: old values of secrets stay until they are dropped.

Where a variable holds a list, the file's value comes first and those before it stay behind it. Of a database's address
the next one waits in DATABASE_URL_NEXT. So no function is ever left with a value that its vendor does not accept.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from psycopg2 import ProgrammingError

from chalicelib.config.addresses import is_same_database
from tools.configuration.catalog import PAIRS, stored_in_parameter, variables
from tools.operate.stage import Mistaken

_MOST_KEYS = 2
"""Of a store: what the model accepts."""


def can_overlap() -> list[str]:
    """The variables that can hold an old value beside the new one; a key's id stands for its secret too."""
    lists = [name for name, variable in variables().items() if variable.secret and variable.is_list]
    return ["DATABASE_URL", *(name for name in lists if name not in PAIRS.values()), *PAIRS]


def laid_over(
    function: str, present: Mapping[str, str], given: Mapping[str, str], drop: Collection[str]
) -> dict[str, str]:
    """The parameter's new content. `given`: the file's; an empty value removes. `drop`: whose old values go.

    Raises Mistaken.
    """
    names = stored_in_parameter(function)
    kept = {name: value for name, value in present.items() if name in names}
    after = {name: value for name, value in {**kept, **given}.items() if value}
    for name in set(can_overlap()) & after.keys() & kept.keys():
        if name == "DATABASE_URL":
            after |= _addresses(kept, given)
        elif name in PAIRS:
            after |= _keys(name, kept, after)
        else:
            after[name] = ",".join(_new_first(name, after[name], kept[name]))
    for name in set(drop) & after.keys():
        if name == "DATABASE_URL":
            after[name] = after.pop("DATABASE_URL_NEXT", after[name])
        else:
            for half in (name, *([PAIRS[name]] if name in PAIRS else [])):
                after[half] = variables()[half].parts(after[half])[0]
    if any(len(variables()[name].parts(after.get(name, ""))) > _MOST_KEYS for name in PAIRS):
        raise Mistaken(
            f"{function} has two keys of a store already, so a rotation is under way: end it first, DROP_OLD=..."
        )
    return dict(sorted(after.items()))


def _new_first(name: str, new: str, old: str) -> list[str]:
    first = variables()[name].parts(new)
    return [*first, *(part for part in variables()[name].parts(old) if part not in first)]


def _keys(name: str, old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """Both halves of a store's keys, the new ones first."""
    pairs: dict[str, str] = {}
    for values in (new, old):
        ids, secrets = (variables()[half].parts(values.get(half, "")) for half in (name, PAIRS[name]))
        if len(ids) != len(secrets):
            return {}
        for key, secret in zip(ids, secrets, strict=True):
            pairs.setdefault(key, secret)
    return {name: ",".join(pairs), PAIRS[name]: ",".join(pairs.values())}


def _addresses(old: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """The present address, and the next one beside it where the file has another password for the same database."""
    new = given.get("DATABASE_URL", "")
    if not new or new == old["DATABASE_URL"]:
        return {}
    try:
        same = is_same_database(old["DATABASE_URL"], new)
    except ProgrammingError:
        same = False
    return {"DATABASE_URL": old["DATABASE_URL"], "DATABASE_URL_NEXT": new} if same else {}
