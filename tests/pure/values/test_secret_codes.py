"""Codes for people: they can be read aloud, and a wrong or swapped character is found."""

import pytest

from setia.values.secret_codes import ALPHABET, LENGTH, canonical, is_well_made, make_code, shown

CODES = [make_code(b"secret", str(number)) for number in range(500)]


def test_the_same_thing_has_the_same_code_and_no_two_have_one() -> None:
    assert make_code(b"secret", "7") == CODES[7]
    assert len(set(CODES)) == len(CODES)
    assert make_code(b"other", "7") != CODES[7]


def test_a_code_is_short_and_has_no_characters_that_look_alike() -> None:
    assert all(len(code) == LENGTH and not set(code) & set("01ILO") for code in CODES)
    assert set("".join(CODES)) == set(ALPHABET)


@pytest.mark.parametrize("code", CODES[:20])
def test_every_wrong_and_every_swapped_character_is_found(code: str) -> None:
    assert is_well_made(code)
    for place in range(LENGTH):
        others = (code[:place] + other + code[place + 1 :] for other in ALPHABET if other != code[place])
        assert not any(map(is_well_made, others))
    for place in range(LENGTH - 1):
        swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
        assert swapped == code or not is_well_made(swapped)


def test_other_texts_are_not_well_made() -> None:
    assert not any(map(is_well_made, ("", "SUMMER10", "0" * LENGTH, CODES[0] + "A")))


def test_a_code_is_the_same_however_it_is_typed() -> None:
    code = CODES[3]
    assert shown(code) == f"{code[:4]}-{code[4:8]}-{code[8:]}"
    assert {canonical(typed) for typed in (shown(code), code.lower(), f" {code[:4]} {code[4:]} ")} == {code}
