"""Mails as files: mail/letters/<name>.<locale>.txt and .html, filled in with values that are escaped.

The first line of the .txt is the subject. In HTML a value is escaped, in a subject it cannot break the line. A
placeholder without a value, and a value without a placeholder, is an error.
"""

from __future__ import annotations

import hashlib
import html
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from string import Template

_FOLDER = Path(__file__).parent / "letters"
_SUBJECT = "Subject: "
MAX_SUBJECT = 200


@dataclass(frozen=True)
class Letter:
    """A mail that is ready to be sent."""

    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)

    def fingerprint(self) -> str:
        """SHA-256 in hex of subject, text and HTML: equal for equal mails."""
        return hashlib.sha256("\0".join((self.subject, self.text, self.html)).encode()).hexdigest()


def render(name: str, locale: str, **values: object) -> Letter:
    """The letter of a template. Raises KeyError for a placeholder without a value, ValueError for the reverse."""
    texts = {key: str(value) for key, value in values.items()}
    subject, text, page = _load(name, locale)
    if unknown := set(texts).difference(*(set(template.get_identifiers()) for template in (subject, text, page))):
        raise ValueError(f"{name}.{locale} has no place for {', '.join(sorted(unknown))}")
    return Letter(
        subject=_one_line(_fill(subject, texts, _one_line))[:MAX_SUBJECT],
        text=_fill(text, texts, str),
        html=_fill(page, texts, _escaped),
    )


def _fill(template: Template, texts: dict[str, str], treat: Callable[[str], str]) -> str:
    return template.substitute({key: treat(value) for key, value in texts.items()})


def _escaped(value: str) -> str:
    return html.escape(value, quote=True)


def _one_line(value: str) -> str:
    """Blanks, line breaks and control characters as one blank: nothing in a subject begins a new header."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in value).split())


@cache
def _load(name: str, locale: str) -> tuple[Template, Template, Template]:
    first, _, text = (_FOLDER / f"{name}.{locale}.txt").read_text("utf-8").partition("\n")
    if not first.startswith(_SUBJECT):
        raise ValueError(f"{name}.{locale}.txt must begin with its subject")
    page = (_FOLDER / f"{name}.{locale}.html").read_text("utf-8")
    return Template(first.removeprefix(_SUBJECT)), Template(text.lstrip("\n")), Template(page)
