"""Idempotency keys as Stripe honours them: the first answer is the answer, whoever asks again with the same key.

Only work that was begun is remembered. A request refused for its parameters, and one that found its key in use, leave
nothing behind and may be sent again.
"""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from local.stripe_api.books import Answer, Books, KeptAnswer
from local.stripe_api.errors import invalid, key_for_other, key_in_use

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
    """What tells two requests to one path apart."""
    return hashlib.sha256(body).hexdigest()


def earlier_answer(books: Books, key: str, path: str, print_: str, now: float) -> Answer | None:
    """The answer given under this key; ApiError when the key was used for something else."""
    kept = books.kept_answer(key, now)
    if kept is None:
        return None
    if kept.path != path:
        raise key_for_other(key, f"for the same endpoint ('{kept.path}' vs '{path}')")
    if kept.fingerprint != print_:
        raise key_for_other(key, "with the same parameters")
    return kept.answer


def remember(books: Books, key: str, path: str, print_: str, answer: Answer, now: float) -> None:
    """Keeps the answer for a day."""
    books.keep_answer(key, KeptAnswer(path, print_, answer), now)
