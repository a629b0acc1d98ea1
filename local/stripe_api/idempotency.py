"""Idempotency keys, as at Stripe: the first answer under a key is repeated for every later request with that key.

Only work that was begun is stored. A request that is refused for its parameters, or because its key is in use, stores
nothing and may be sent again.
"""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from local.stripe_api.errors import invalid, key_for_other, key_in_use
from local.stripe_api.records import Answer, KeptAnswer, Records

LONGEST_KEY = 255


class KeysInUse:
    """The keys of the requests being worked on in this process. A killed process leaves none behind."""

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._lock = threading.Lock()

    @contextmanager
    def hold(self, key: str | None) -> Iterator[None]:
        """Holds the key for the time of a request; ApiError 409 when another request holds it."""
        if key is None:
            yield
            return
        if not 1 <= len(key) <= LONGEST_KEY:
            raise invalid(f"Idempotency keys may be {LONGEST_KEY} characters long at most.")
        with self._lock:
            if key in self._keys:
                raise key_in_use(key)
            self._keys.add(key)
        try:
            yield
        finally:
            with self._lock:
                self._keys.discard(key)


def fingerprint(body: bytes) -> str:
    """A hash that differs when two requests to one path differ."""
    return hashlib.sha256(body).hexdigest()


def earlier_answer(records: Records, key: str, path: str, print_: str, now: float) -> Answer | None:
    """The answer given under this key; ApiError when the key was used for another request."""
    kept = records.kept_answer(key, now)
    if kept is None:
        return None
    if kept.path != path:
        raise key_for_other(key, f"for the same endpoint ('{kept.path}' vs '{path}')")
    if kept.fingerprint != print_:
        raise key_for_other(key, "with the same parameters")
    return kept.answer


def remember(records: Records, key: str, path: str, print_: str, answer: Answer, now: float) -> None:
    """Keeps the answer for a day."""
    records.keep_answer(key, KeptAnswer(path, print_, answer), now)
