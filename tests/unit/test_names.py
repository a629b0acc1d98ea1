"""Names go into mails to strangers: visible, and neither an address nor a link."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from chalicelib.api.names import Name

NAMES = TypeAdapter(Name)


@pytest.mark.parametrize(
    "name",
    [
        "Moreno",
        "Abuela Rosa",
        "St. Mary",
        "J.R.R. Tolkien",
        "Dr.Moreno",
        "Ana M.",
        "Familie Müller-Lüdenscheid",
        "O'Brien & Söhne",
        "3.5 Generationen",
        "家族",
        "عائلة",
        "👩‍👩‍👧‍👦 Sol",
        "☀️☀️☀️",
        "Los 4.0",
        "Ni\u200dos",
        "မြို့တော်",
        "भारत.परिवार",
        "Nguye\u0302\u0303n",
        "Mr.王明",
    ],
)
def test_what_families_are_called_is_taken(name: str) -> None:
    assert NAMES.validate_python(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "https://evil.example",
        "evil.com",
        "Win at EVIL.COM now",
        "www.evil",
        "see evil.co/x",
        "ana@evil.example",
        "mailto:ana",
        "hxxp://x",
        "e\u200bvil.c\u200bom",
        "evil\u3002com",
        "evil\uff0ecom",
        "\uff45\uff56\uff49\uff4c.\uff43\uff4f\uff4d",
        "evil.ru!",
        "t.me/x",
        "зайди на evil.рф",
        "evil.онлайн",
        "点击evil.中国",
    ],
)
def test_an_address_or_a_link_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="must not hold an address or a link"):
        NAMES.validate_python(name)


@pytest.mark.parametrize(
    "name", ["\u200b", "\u2060\ufeff", "\u3164", "\u115f\u1160", "\u2800", "\u0301", "\U000e0041", "\u00ad"]
)
def test_a_name_that_shows_nothing_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="must hold a visible character"):
        NAMES.validate_python(name)


def test_a_name_that_covers_the_lines_around_it_is_refused() -> None:
    assert NAMES.validate_python("a" + "\u0336" * 8)
    with pytest.raises(ValidationError, match="at most 8 combining marks"):
        NAMES.validate_python("Rosa" + "\u0336\u030d" * 5)


def test_a_row_of_emoji_is_refused() -> None:
    assert NAMES.validate_python("🌞" * 10)
    with pytest.raises(ValidationError, match="at most 10 emoji"):
        NAMES.validate_python("🌞" * 11)
