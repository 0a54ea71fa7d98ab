"""Prints: two ways of writing the same thing are one, and nothing of it can be read back."""

import pytest

from setia.values.prints import KINDS, plain, print_of


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("email", "Ana.Santoso+shop@Gmail.com ", "anasantoso@gmail.com"),
        ("email", "ana+1@example.com", "ANA@example.com"),
        ("phone", "+62 812-3456", "0628123456"),
        ("address", "Jl. Melati 5, Bandung", "jl melati  5 – BANDUNG"),
        ("device", " tablet-7", "TABLET-7"),
        ("payment", "tok_1", "tok_1"),
    ],
)
def test_the_same_thing_written_otherwise_has_the_same_print(kind: str, one: str, other: str) -> None:
    assert print_of(kind, one, "shop") == print_of(kind, other, "shop")


def test_other_things_kinds_and_programmes_have_other_prints() -> None:
    assert plain("email", "ana.santoso@example.com") == "ana.santoso@example.com"
    prints = {print_of(kind, text, shop) for kind in KINDS for text in ("a@b.c", "d@e.f") for shop in ("x", "y")}
    # A phone without a digit is nothing, whatever was written.
    assert len(prints) == 4 * (len(KINDS) - 1) + 2
    assert all(len(found) == 32 for found in prints)
