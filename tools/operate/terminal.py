"""What a command prints: no character of it moves the cursor, colours the terminal or turns a line around.

Notes of operators, the log of Postgres and what a vendor calls a thing may hold any character.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import TextIO, cast


def visible(text: str) -> str:
    """The text with its control and format characters as escapes; a line break and a tab stay."""
    return "".join(
        character if character.isprintable() or character in "\n\t" else character.encode("unicode_escape").decode()
        for character in text
    )


@contextmanager
def printing_visibly() -> Iterator[None]:
    """Inside, standard output and standard error get such texts alone."""
    out, errors = (cast("TextIO", _Visible(stream)) for stream in (sys.stdout, sys.stderr))
    with redirect_stdout(out), redirect_stderr(errors):
        yield


class _Visible:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.write(visible(text))

    def flush(self) -> None:
        self._stream.flush()
