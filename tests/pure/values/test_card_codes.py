"""Codes of gift cards: what is read as one, and what the book keeps of it."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setia.values.card_codes import FIRST_CARD, LENGTH, CardCodeError, card_id, draw_code, is_card, read_code
from setia.values.ids import uuid7
from setia.values.secret_codes import ALPHABET, is_well_made, make_code, shown

CODES = st.binary(min_size=16, max_size=32).map(draw_code)


@given(CODES)
def test_a_code_is_read_however_it_is_written(code: str) -> None:
    assert len(code) == LENGTH
    assert read_code(code) == read_code(shown(code).lower()) == read_code(f" {shown(code).replace('-', ' ')} ")
    assert read_code(code)[1] == code[-4:]


@given(CODES, st.integers(0, LENGTH - 1), st.sampled_from(ALPHABET))
def test_a_wrong_character_is_found(code: str, place: int, other: str) -> None:
    wrong = code[:place] + other + code[place + 1 :]
    assert is_well_made(wrong, LENGTH) == (wrong == code)


@given(CODES, st.integers(0, LENGTH - 2))
def test_two_characters_changed_about_are_found(code: str, place: int) -> None:
    wrong = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert is_well_made(wrong, LENGTH) == (wrong == code)


@pytest.mark.parametrize("text", ["", "7Q4M", "0" * 16, "A" * 17, "ÄÄÄÄ-ÄÄÄÄ-ÄÄÄÄ-ÄÄÄÄ"])
def test_what_cannot_be_a_code_is_refused(text: str) -> None:
    with pytest.raises(CardCodeError, match="no code of a gift card"):
        read_code(text)


def test_the_same_chance_gives_the_same_code_and_another_another() -> None:
    assert draw_code(b"1" * 16) == draw_code(b"1" * 16) != draw_code(b"2" * 16)
    assert len(make_code(b"secret", "name")) == 12


@given(CODES)
def test_a_wallet_of_a_card_sorts_after_every_member(code: str) -> None:
    wallet = card_id(read_code(code)[0])
    assert is_card(wallet)
    assert wallet >= FIRST_CARD


def test_a_member_is_no_card() -> None:
    assert not is_card(uuid7(1_900_000_000_000, bytes(10)))
    assert not is_card(UUID(int=0))
    assert uuid7(4_000_000_000_000, bytes([255] * 10)) < FIRST_CARD
