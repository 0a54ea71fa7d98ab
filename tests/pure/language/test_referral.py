"""What is held of members who bring friends: nothing, some, and a time without a number."""

from setia.language.parse import load_programme

HEAD = """
programme: shop
currency: EUR
timezone: Europe/Berlin
units: {points: {}}
rules: {thanks: {on: friend.qualified, give: {points: 5}}}
"""


def test_nothing_has_to_be_looked_at() -> None:
    programme = load_programme(HEAD + "referral: {wait: 14 days, hold: {same: none, ring: 2}}").programme
    assert programme is not None
    assert programme.referral is not None
    assert (programme.referral.same, programme.referral.ring, programme.referral.friends) == ((), 2, None)


def test_a_time_needs_a_number_of_friends_and_a_number_a_time() -> None:
    for hold, where in (("{per: day}", "'per'"), ("{friends: 3}", "'per'"), ("{same: [shoe]}", "shoe")):
        loaded = load_programme(f"{HEAD}referral: {{wait: 14 days, hold: {hold}}}")
        assert loaded.programme is None
        assert [where in found.message for found in loaded.diagnostics] == [True], loaded.diagnostics
