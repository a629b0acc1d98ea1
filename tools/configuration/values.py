"""What a single value looks like: left over from an example, of this machine, of another stage, or easily guessed.

The models refuse what a function cannot work with. These rules are for a person who is about to deploy: they may be
stricter, because a running function never meets them. A rule gives a reason without the value, or None.
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections import Counter
from collections.abc import Collection
from itertools import pairwise

from psycopg2 import ProgrammingError
from psycopg2.extensions import parse_dsn

from tools.configuration.catalog import Variable

_PLACEHOLDER = re.compile(
    r"(?<![a-z0-9])(?:change[-_ ]?me|replace[-_ ]?me|todo|tbd|fixme|your|placeholder|example|dummy|x{4,}|[.]{3})"
    r"(?![a-z0-9])|<[a-z _-]+>",
    re.IGNORECASE,
)
_LOCAL_WORD = re.compile(r"(?<![a-z0-9])local(?:host)?(?![a-z0-9])", re.IGNORECASE)
_LOCAL_ENDING = re.compile(
    r"[.](?:local|localhost|localdomain|internal|lan|home|test|invalid|example)[.]?$", re.IGNORECASE
)
_HOST = re.compile(r"(?:@|//)\[?([A-Za-z0-9.:_-]+?)\]?(?::\d+)?(?=[/,>?\s]|$)")
_STAGES = {"dev": ("dev", "development"), "staging": ("staging",), "prod": ("prod", "production")}
_COMMON = ("password", "passwort", "secret", "letmein", "qwerty", "welcome", "admin", "12345", "stories", "sunshine")
_SHORTEST = 16
_ENOUGH_BITS = 80.0
"""Of a secret that we choose. 32 random bytes in base64 have about 200 by the measure below."""


def trouble_of(variable: Variable, value: str, stage: str, stages: Collection[str]) -> str | None:
    """What is wrong with a value that the model accepts; `stages` are the names of all of them."""
    if _PLACEHOLDER.search(value):
        return "still holds an example's text"
    if _LOCAL_WORD.search(value) or any(_is_local(host) for host in _HOST.findall(value)):
        return "looks like this machine's or a private network's"
    if not variable.secret and not variable.shared and _names_another(value, stage, stages):
        return "names another stage"
    for part in variable.parts(value):
        if variable.form and not re.fullmatch(variable.form, part):
            return "is not of the right form: was all of it copied?"
        if variable.name == "STRIPE_SECRET_KEY" and stage != "prod" and "_live_" in part:
            return "is a live key: it would move real money; use a test key"
        if variable.secret and len(secret_of(part)) < _SHORTEST:
            return "is too short for a secret: was all of it copied?"
        if variable.made and _is_weak(secret_of(part)):
            return "is short or easily guessed: make it of 32 random bytes"
    return None


def secret_of(value: str) -> str:
    """What is secret in a value: of a database's address its password."""
    if value.startswith(("postgres://", "postgresql://")):
        try:
            return str(parse_dsn(value).get("password", ""))
        except (ProgrammingError, UnicodeError):
            return ""
    return value


def _is_local(host: str) -> bool:
    if _LOCAL_ENDING.search(host):
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False


def _names_another(value: str, stage: str, stages: Collection[str]) -> bool:
    words = set(re.findall(r"[a-z]+", value.lower()))
    return any(word in words for other in stages if other != stage for word in _STAGES.get(other, (other,)))


def _is_weak(secret: str) -> bool:
    if any(word in secret.lower() for word in _COMMON) or secret in (secret + secret)[1:-1]:
        return True
    steps = [abs(ord(one) - ord(next_one)) <= 1 for one, next_one in pairwise(secret)]
    if sum(steps) * 2 > len(steps):
        return True
    counts = Counter(secret).values()
    return -sum(count * math.log2(count / len(secret)) for count in counts) < _ENOUGH_BITS
