"""Reads parameters as Stripe does: form fields with brackets, checked against the parameter types of stripe-python.

The library's types say which parameters exist and what they hold. Here they are strict: unknown keys are refused at
every depth, an enumeration accepts its listed values alone, and an empty string is valid only where it unsets a value.
"""

import functools
import re
import sys
from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, Literal, NotRequired, Union, get_args, get_origin
from urllib.parse import parse_qsl

from pydantic import BeforeValidator, ConfigDict, StringConstraints, TypeAdapter, ValidationError
from stripe._request_options import RequestOptions
from stripe._stripe_object import UntypedStripeObject
from typing_extensions import TypedDict, get_type_hints, is_typeddict

from local.stripe_api.errors import ApiError, invalid, missing_param

METADATA_KEYS, METADATA_KEY_LENGTH, METADATA_VALUE_LENGTH = 50, 40, 500

_FIELD = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_INTEGER = re.compile(r"-?[0-9]{1,18}")


def decode_form(text: str) -> dict[str, Any]:
    """`a[b][0][c]=d` as nested dictionaries, positions as string keys. Raises ApiError for what cannot be nested."""
    tree: dict[str, Any] = {}
    try:
        fields = parse_qsl(text, keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=1000)
    except ValueError:
        raise invalid("Invalid request: the parameters are not valid UTF-8 form fields.") from None
    for name, value in fields:
        shape = _FIELD.fullmatch(name)
        if shape is None:
            raise invalid(f"Invalid parameter name: {name}", name)
        _plant(tree, [shape[1], *re.findall(r"\[([^\[\]]*)\]", shape[2])], value, name)
    return tree


def _plant(tree: dict[str, Any], path: list[str], value: str, name: str) -> None:
    for step in path[:-1]:
        if not step:
            raise invalid(f"Invalid parameter name: {name}. Number the entries of an array of hashes.", name)
        tree = tree.setdefault(step, {})
        if not isinstance(tree, dict):
            raise invalid(f"Invalid parameter: {name} is both a value and a hash.", name)
    last = path[-1] or str(len(tree))
    if last in tree:
        raise invalid(f"Invalid parameter: {name} was given twice.", name)
    tree[last] = value


def validate(kind: Any, sent: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters typed as the library's TypedDict `kind` has them; raises ApiError."""
    try:
        checked: dict[str, Any] = _adapter(kind).validate_python(dict(sent))
    except ValidationError as wrong:
        raise _in_stripes_words(wrong, sent) from None
    for where in ("metadata", "subscription_data"):
        held = checked.get(where)
        _check_metadata(held if where == "metadata" else (held or {}).get("metadata"), where)
    return checked


def _check_metadata(metadata: Any, param: str) -> None:
    if not isinstance(metadata, dict):
        return
    if len(metadata) > METADATA_KEYS:
        raise invalid(f"Metadata can have up to {METADATA_KEYS} keys.", param)
    for key, value in metadata.items():
        if len(key) > METADATA_KEY_LENGTH:
            raise invalid(f"Metadata keys can be at most {METADATA_KEY_LENGTH} characters long.", param)
        if len(value) > METADATA_VALUE_LENGTH:
            raise invalid(f"Metadata values can be at most {METADATA_VALUE_LENGTH} characters long.", param)


@functools.cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(_closed_dict(kind))


@functools.cache
def _closed_dict(kind: Any) -> Any:
    """A TypedDict like `kind` that refuses unknown keys; the options of a call (api_key, ...) are no parameters."""
    known = {**vars(sys.modules[kind.__module__]), "StripeContext": str, "UntypedStripeObject": UntypedStripeObject}
    hints = get_type_hints(kind, known, {**vars(sys.modules[RequestOptions.__module__]), **known})
    names = [name for name in hints if name not in RequestOptions.__annotations__]
    fields = {
        name: _closed(hints[name]) if name in kind.__required_keys__ else NotRequired[_closed(hints[name])]
        for name in names
    }
    make_typed_dict: Any = TypedDict  # a name of its own, because mypy wants literal fields in TypedDict(...)
    closed = make_typed_dict(kind.__name__, fields)
    closed.__pydantic_config__ = ConfigDict(extra="forbid")
    return closed


def _closed(kind: Any) -> Any:
    if is_typeddict(kind):
        return _closed_dict(kind)
    if kind in _PLAIN:
        return _PLAIN[kind]
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        members = [member for member in inner if get_origin(member) is not UntypedStripeObject]
        if any(get_origin(member) is Literal and get_args(member) != ("",) for member in members):
            members = [member for member in members if member is not str]
        return functools.reduce(lambda left, right: left | right, (_closed(member) for member in members))
    if origin is list:
        return Annotated[list[_closed(inner[0])], BeforeValidator(_by_position)]  # type: ignore[misc]
    if origin is dict:
        return dict[str, str]
    return kind


def _by_position(sent: Any) -> Any:
    """{"0": a, "1": b} as [a, b]; anything else is left for the type to refuse."""
    if isinstance(sent, dict) and all(key.isascii() and key.isdigit() for key in sent):
        return [sent[key] for key in sorted(sent, key=int)]
    return sent


def _integer(sent: Any) -> Any:
    return int(sent) if isinstance(sent, str) and _INTEGER.fullmatch(sent) else None


def _boolean(sent: Any) -> Any:
    return {"true": True, "false": False}.get(sent) if isinstance(sent, str) else None


_PLAIN: dict[Any, Any] = {
    str: Annotated[str, StringConstraints(min_length=1, max_length=5000)],
    int: Annotated[int, BeforeValidator(_integer)],
    bool: Annotated[bool, BeforeValidator(_boolean)],
}


def _in_stripes_words(wrong: ValidationError, sent: Mapping[str, Any]) -> ApiError:
    """The first error, with its parameter as the client wrote it."""
    complaint = wrong.errors(include_url=False)[0]
    param, value = _param_at(complaint["loc"], sent, missing=complaint["type"] == "missing")
    match complaint["type"]:
        case "extra_forbidden":
            return invalid(f"Received unknown parameter: {param}", param, "parameter_unknown")
        case "missing":
            return missing_param(param)
        case "string_too_short":
            return invalid(
                f"You passed an empty string for '{param}'. We assume empty values are an attempt to unset a "
                f"parameter; however '{param}' cannot be unset. You should remove '{param}' from your request or "
                "supply a non-empty value.",
                param,
                "parameter_invalid_empty",
            )
        case "literal_error":
            allowed = complaint.get("ctx", {}).get("expected", "")
            return invalid(f"Invalid {param}: must be one of {allowed}".replace("'", ""), param)
        case "int_type":
            return invalid(f"Invalid integer: {value}", param, "parameter_invalid_integer")
        case "bool_type":
            return invalid(f"Invalid boolean: {value}", param)
        case "list_type":
            return invalid(f"Invalid array: {param}", param)
    return invalid(f"Invalid {param}", param)


def _param_at(loc: tuple[int | str, ...], sent: Any, *, missing: bool) -> tuple[str, Any]:
    """`line_items[0][price]` and what was sent there. Steps that only name a branch of a union are skipped."""
    path: list[str] = []
    for number, step in enumerate(loc):
        if isinstance(sent, dict) and str(step) in sent:
            sent = sent[str(step)]
        elif not (missing and number == len(loc) - 1):
            continue
        path.append(str(step))
    return (path[0] if path else "") + "".join(f"[{step}]" for step in path[1:]), sent
