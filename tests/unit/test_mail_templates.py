"""Mails: every template in every language it has, every placeholder filled, every value escaped."""

from __future__ import annotations

import html
import subprocess
import sys
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from string import Template

import pytest

from chalicelib import config
from chalicelib.jobs import send_invite_email
from chalicelib.mail import templates

FOLDER = Path(templates.__file__).parent / "letters"
EXPIRES = datetime(2026, 12, 1, 9, tzinfo=UTC)
EVIL = "<img src=x onerror=alert(1)>\"'&\r\nBcc: all@example.com\u2028\x00$code"

VALUES = {
    "invite": {"family_name", "inviter_name", "code", "join_url", "expires_on"},
    "error_digest": {"stage", "count", "alerts"},
    "recovered": {"stage", "count", "alerts"},
    "alarm": {"stage", "count", "alerts"},
}
LANGUAGES = {"invite": ["en", "es", "fr"], "error_digest": ["en"], "alarm": ["en"], "recovered": ["en"]}
EVERY = [(name, locale) for name, locales in LANGUAGES.items() for locale in locales]


class Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.fixture(autouse=True)
def configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE", "local")
    monkeypatch.setenv("APP_URL", "https://app.example.org")
    config.reset()


def filled(name: str, locale: str, value: str = "a value") -> templates.Letter:
    return templates.render(name, locale, **dict.fromkeys(VALUES[name], value))


def test_every_template_file_is_tested() -> None:
    expected = {f"{name}.{locale}.{kind}" for name, locale in EVERY for kind in ("txt", "html")}
    assert {path.name for path in FOLDER.iterdir()} == expected


@pytest.mark.parametrize(("name", "locale"), EVERY)
def test_every_template_renders_with_nothing_left_to_fill(name: str, locale: str) -> None:
    letter = filled(name, locale)
    for text in (letter.subject, letter.text, letter.html):
        assert text.strip()
        assert "$" not in text
    assert f'lang="{locale}"' in letter.html


@pytest.mark.parametrize(("name", "locale"), EVERY)
def test_text_and_page_say_the_same_things(name: str, locale: str) -> None:
    for kind in ("txt", "html"):
        text = (FOLDER / f"{name}.{locale}.{kind}").read_text("utf-8")
        assert Template(text).is_valid()
        body = text.partition("\n")[2] if kind == "txt" else text
        assert set(Template(body).get_identifiers()) == VALUES[name]


def test_the_languages_differ() -> None:
    assert len({filled("invite", locale).text for locale in LANGUAGES["invite"]}) == 3


@pytest.mark.parametrize(("name", "locale"), EVERY)
def test_a_value_is_text_and_never_markup(name: str, locale: str) -> None:
    letter, plain = filled(name, locale, EVIL), filled(name, locale)
    assert Page(letter.html).tags == Page(plain.html).tags
    assert "onerror" in Page(letter.html).words
    assert "<img" not in letter.html
    # A quote would end the attribute that a value stands in.
    assert html.escape(EVIL.partition("\r")[0], quote=True) in letter.html


def test_letters_that_differ_anywhere_have_different_fingerprints() -> None:
    letters = [templates.Letter(*parts) for parts in ("abc", "xbc", "axc", "abx")]
    assert len({letter.fingerprint() for letter in letters}) == 4
    assert templates.Letter("a", "b", "c").fingerprint() == letters[0].fingerprint()


@pytest.mark.parametrize(("name", "locale"), EVERY)
def test_a_subject_is_one_line_whatever_is_in_a_name(name: str, locale: str) -> None:
    subject = templates.render(name, locale, **dict.fromkeys(VALUES[name], EVIL)).subject
    assert subject.splitlines() == [subject]
    assert subject.isprintable()
    long = templates.render(name, locale, **dict.fromkeys(VALUES[name], "x" * 5000)).subject
    assert len(long) <= templates.MAX_SUBJECT


def test_a_placeholder_without_a_value_and_a_value_without_a_place_are_errors() -> None:
    with pytest.raises(KeyError):
        templates.render("invite", "en", code="x")
    with pytest.raises(ValueError, match="no place for"):
        templates.render("invite", "en", **dict.fromkeys(VALUES["invite"], "x"), more="y")


@pytest.mark.parametrize("locale", LANGUAGES["invite"])
def test_an_invitation_without_an_inviter_s_name_still_comes_from_somebody(locale: str) -> None:
    letter = send_invite_email.invitation(locale, "Los Soles", None, "ABCDEFGHJ", EXPIRES)
    assert send_invite_email.SOMEBODY[locale] in Page(letter.html).words
    assert "ABC-DEF-GHJ" in letter.text
    assert Page(letter.html).links == ["https://app.example.org/join#ABC-DEF-GHJ"]
    assert "2026-12-01" in letter.text


@pytest.mark.parametrize(("locale", "marks"), [("en", "“{}”"), ("es", "«{}»"), ("fr", "«\u00a0{}\u00a0»")])
def test_the_subject_is_ours_and_a_name_stands_quoted_in_the_body_alone(locale: str, marks: str) -> None:
    first = send_invite_email.invitation(locale, "Los Soles", "Abuela", "ABCDEFGHJ", EXPIRES)
    second = send_invite_email.invitation(locale, "You have won", "Your bank", "ABCDEFGHJ", EXPIRES)
    assert first.subject == second.subject
    for body in (second.text, Page(second.html).words):
        assert marks.format("You have won") in body
        assert marks.format("Your bank") in body


@pytest.mark.parametrize("locale", LANGUAGES["invite"])
def test_a_name_cannot_end_its_own_quotation(locale: str) -> None:
    def marks(name: str) -> int:
        letter = send_invite_email.invitation(locale, name, name, "ABCDEFGHJ", EXPIRES)
        return sum(letter.text.count(mark) for mark in '“”«»"')

    assert marks('Sol” asks for your password. “») «"') == marks("Sol")


def test_printing_a_letter_shows_none_of_its_content() -> None:
    assert "Soles" not in repr(send_invite_email.invitation("en", "Los Soles", "Abuela", "ABCDEFGHJ", EXPIRES))


def test_resend_is_not_imported_before_there_is_a_mail() -> None:
    script = "import sys, chalicelib.mail, chalicelib.jobs.send_invite_email; sys.exit('resend' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[2]).returncode == 0
