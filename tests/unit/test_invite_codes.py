"""Invite codes: how they are made, kept and read."""

from __future__ import annotations

import hmac
from uuid import UUID, uuid4

import pytest

from chalicelib import config, invite_codes

OLD, NEW = "old-secret-of-the-unit-tests-0123456789", "new-secret-of-the-unit-tests-0123456789"
INVITE = UUID("7b0c7f1e-3f54-4a53-9c3a-1f0b3f6c2d11")


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, OLD)


def use(monkeypatch: pytest.MonkeyPatch, secrets: str) -> None:
    monkeypatch.setenv("STAGE", "local")
    monkeypatch.setenv("APP_URL", "http://localhost:8000")
    monkeypatch.setenv("INVITE_CODE_SECRET", secrets)
    config.reset()


def test_codes_and_hashes_stay_what_they_are() -> None:
    # Fixed for ever: invites that are out in the world depend on every letter.
    code, stored = invite_codes.make(INVITE, 1)
    assert code == "PXDUQSXTM"
    assert stored.hex() == "c722f08f43e4b35de26e0d4cc03b0cb052a6fa0f1d833d909b55675197f243c4"
    code, stored = invite_codes.make(INVITE, 2)
    assert code == "EPZDHEWKC"
    assert stored.hex() == "2b662ca3383771ef8c0e3e21785c954ede8fc7ec37e89eb47aacae54320d20c9"


def test_a_code_is_nine_letters_without_i_and_o() -> None:
    for _ in range(300):
        code, _hash = invite_codes.make(uuid4(), 1)
        assert len(code) == 9
        assert set(code) <= set("ABCDEFGHJKLMNPQRSTUVWXYZ")


def test_every_letter_is_as_likely_as_the_others() -> None:
    letters = "".join(invite_codes.make(uuid4(), 1)[0] for _ in range(2_000))
    counts = [letters.count(letter) for letter in invite_codes.ALPHABET]
    assert min(counts) > 600 and max(counts) < 900, "750 of each are expected"


def test_another_invite_generation_or_secret_has_another_code(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = {invite_codes.make(INVITE, 1)[0], invite_codes.make(INVITE, 2)[0], invite_codes.make(uuid4(), 1)[0]}
    use(monkeypatch, NEW)
    assert len(codes | {invite_codes.make(INVITE, 1)[0]}) == 4


def test_the_hash_is_keyed_and_tells_nothing_by_itself() -> None:
    code, stored = invite_codes.make(INVITE, 1)
    assert stored != hmac.digest(OLD.encode(), code.encode(), "sha256")
    assert invite_codes.hashes_of(code) == [stored]


@pytest.mark.parametrize(
    "typed",
    [
        "ABC-DEF-GHJ",
        "abc-def-ghj",
        "abcdefghj",
        " abc def\tghj\n",
        "A-B-C-D-E-F-G-H-J",
        "ABC\u2013DEF\u2014GHJ",
        "abc\u00a0def\u2011ghj",
    ],
)
def test_case_blanks_and_dashes_do_not_matter(typed: str) -> None:
    assert invite_codes.normalise(typed) == "ABCDEFGHJ"
    assert invite_codes.shown("ABCDEFGHJ") == "ABC-DEF-GHJ"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ABC",
        "ABC-DEF-GH",
        "ABC-DEF-GHJK",
        "ABC-DEF-GHI",
        "ABC-DEF-GHO",
        "ABC-DEF-GH1",
        "ABC_DEF_GHJ",
        "ÄBC-DEF-GHJ",
        "\u0410BC-DEF-GHJ",
        "ABCDEFGHJ\0",
        "ABCDEFGHJ" + "-" * 100,
    ],
)
def test_anything_else_is_no_code_and_matches_nothing(typed: str) -> None:
    assert invite_codes.normalise(typed) is None
    assert invite_codes.hashes_of(typed) == []


def test_after_a_rotation_old_codes_still_count_and_new_ones_are_made_by_the_new_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code, stored = invite_codes.make(INVITE, 1)
    use(monkeypatch, f"{NEW},{OLD}")
    assert stored in invite_codes.hashes_of(code)
    assert invite_codes.code_for(INVITE, 1, stored) == code
    newer, _ = invite_codes.make(INVITE, 1)
    assert newer != code
    use(monkeypatch, NEW)
    assert invite_codes.make(INVITE, 1)[0] == newer
    assert stored not in invite_codes.hashes_of(code)


def test_a_code_whose_secret_is_gone_cannot_be_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    _code, stored = invite_codes.make(INVITE, 1)
    use(monkeypatch, NEW)
    assert invite_codes.code_for(INVITE, 1, stored) is None


def test_the_code_of_another_generation_is_not_mistaken_for_it() -> None:
    _code, stored = invite_codes.make(INVITE, 2)
    assert invite_codes.code_for(INVITE, 1, stored) is None
