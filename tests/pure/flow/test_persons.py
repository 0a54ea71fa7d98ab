"""Taking a person out of what was written about them."""

from setia.flow.persons import GONE, Person
from setia.values.codes import Built

SITI = Person.of(["Siti Rahma", "siti@example.com", "AL", None, " "], {"review.written": frozenset(("words",))})


def test_a_name_goes_wherever_it_stands() -> None:
    body = {"place": "the desk of SITI RAHMA, left", "lines": [{"sku": "siti@example.com", "amount": 5}], "total": None}
    assert SITI.without(body) == {
        "place": f"the desk of {GONE}, left",
        "lines": [{"sku": GONE, "amount": 5}],
        "total": None,
    }


def test_a_part_of_a_word_is_no_name() -> None:
    assert SITI.without(["Siti Rahmawati", "Total", "al"]) == ["Siti Rahmawati", "Total", GONE]
    assert SITI.is_in("order of siti rahma")
    assert not SITI.is_in("order of somebody")


def test_what_people_wrote_goes_whatever_it_says_and_what_is_about_the_member_too() -> None:
    body = {"reason": "she called", "by": "dewi", "birthday": "1990-04-12", "note": 5, "attributes": {"shoe": 38}}
    assert SITI.without_in(Built.ADJUST.value, body) == {"reason": GONE, "by": "dewi", "note": 5}
    review = {"words": "nice house", "stars": 5}
    assert SITI.without_in("review.written", review) == {"words": GONE, "stars": 5}
    assert SITI.without_in("survey.answered", review) == review


def test_facts_lose_the_fields_of_the_member() -> None:
    assert SITI.without_facts({"a": {"city": "Bandung"}, "t": "gold"}) == {"t": "gold"}


def test_somebody_without_a_name_leaves_everything_as_it_is() -> None:
    nobody = Person.of([], {})
    assert nobody.without({"place": "Bandung"}) == {"place": "Bandung"}
    assert not nobody.is_in("Bandung")
