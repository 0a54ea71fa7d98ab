"""Every sentence of the pages in the place where it belongs, and the examples of challenges and leaderboards."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from setia.flow.pages.document import Bullets, Document, Section, Table
from setia.flow.pages.pages import Page, write_page
from setia.flow.pages.phrase_texts import PHRASES
from setia.flow.pages.phrases import Phrases
from setia.flow.pages.probes import shown
from setia.flow.pages.speaker import Speaker
from setia.flow.pages.texts import TEXTS
from setia.flow.words import LANGUAGES
from setia.language.model import Programme
from setia.language.parse import load_programme
from setia.language.scope import Vocabulary
from setia.rules.games import KINDS
from setia.values.codes import CHALLENGE_COMPLETED, Built

ROOT = Path(__file__).parents[3]
AT = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
TOP = """
programme: shop
currency: EUR
timezone: Europe/Berlin
units: {points: {name: {en: points, id: poin, ms: mata}}}
activities:
  review.written: {fields: {stars: integer, good: boolean}}
  shop.visited: {fields: {why: {type: text, required: true}}}
rules: {earn: {on: purchase.completed, give: {points: purchase.eligible}}}
"""


DAY = "On 2 March 2026:"
REVIEW = f"{DAY} 1 × review written."
UNDONE = "If the last purchase goes back the next day, this goes besides what the purchase itself brought: "


def programme_of(text: str, top: str = TOP) -> Programme:
    loaded = load_programme(top + text)
    assert loaded.programme is not None, loaded.diagnostics
    return loaded.programme


def example(name: str) -> Programme:
    return programme_of((ROOT / f"examples/{name}/programme.yaml").read_text(encoding="utf-8"), "")


def bullets(sections: tuple[Section, ...], anchor: str) -> tuple[str, ...]:
    """The lists of the section with this anchor, wherever it is; nothing where it is not."""
    found: tuple[str, ...] = ()
    for section in sections:
        if section.anchor == anchor:
            found += tuple(item for block in section.blocks if isinstance(block, Bullets) for item in block.items)
        found += bullets(section.sections, anchor)
    return found


def terms_of(text: str, language: str = "en") -> Document:
    return write_page(programme_of(text), Page.TERMS, language, AT)


def challenge(text: str, language: str = "en") -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the terms say of the one challenge, and its example."""
    document = terms_of(f"challenges: {{one: {{{text}, gives: {{points: 5}}}}}}", language)
    return bullets(document.sections, "challenge-one"), bullets(document.sections, "example-one")


# Challenges -------------------------------------------------------------------------------------------------------


def test_a_challenge_says_what_has_to_be_reached_in_three_languages() -> None:
    said = {
        language: bullets(write_page(example("challenges"), Page.TERMS, language, AT).sections, "challenge-autumn")
        for language in LANGUAGES
    }
    assert said["en"] == (
        "Join it first: what happens from then on counts.",
        "Three orders: 3 times: Purchase.",
        "A review: Once: You write a review.",
        "From 1 September 2026.",
        "Until 1 December 2026, not including it.",
        "You then have 30 days, through the end of the last day.",
        "You get: 50 points and the badge “Explorer”.",
        "It can be completed once.",
        "If a return takes you back below the goal, what it gave is taken back too.",
    )
    assert said["id"][-3] == "Anda mendapat: 50 poin dan lencana “Penjelajah”."
    assert said["ms"][-3] == "Anda mendapat: 50 mata dan lencana “Penjelajah”."


@pytest.mark.parametrize(
    ("text", "aim"),
    [
        ("count: purchase.completed, target: 1", "Once: Purchase."),
        ("count: purchase.completed, target: 5, when: purchase.total >= 9",
         "5 times: Purchase. It counts if: the total of the purchase is at least €9."),
        ("days: purchase.completed, target: 1", "On 1 day: Purchase."),
        ("sum: purchase.total, target: 50", "€50 in all: the total of the purchase, from: Purchase."),
        ("sum: review.stars, target: 9", "9 in all: “stars”, from: review written."),
        ("earned: points, target: 30", "Earn 30 points that count."),
        ("streak: review.written, target: 7, freeze: {times: 2, every: 30 days}",
         "On 7 days in a row: review written. Of any 30 days you may miss 2 days without breaking the row."),
    ],
)  # fmt: skip
def test_each_way_to_count_has_its_words(text: str, aim: str) -> None:
    assert challenge(text)[0][0] == aim


def test_the_example_of_a_challenge_is_what_the_engine_books() -> None:
    terms = write_page(example("challenges"), Page.TERMS, "en", AT)
    assert bullets(terms.sections, "example-five-orders") == (
        "From 2 March 2026 on, one a day: 5 × Purchase of €10.",
        "Completed on 6 March 2026, which brings: 100 points and the badge “Regular”.",
        UNDONE + "100 points and the badge “Regular”.",
    )
    assert bullets(terms.sections, "example-seven-days") == (
        "From 2 March 2026 on, one a day: 7 × You open the app.",
        "Completed on 8 March 2026, which brings: 10 points and the badge “Seven days in a row”.",
    )


def test_an_example_begins_where_its_period_leaves_enough_time() -> None:
    friday = dt.datetime(2026, 3, 6, tzinfo=dt.UTC)
    terms = write_page(example("challenges"), Page.TERMS, "en", friday)
    assert bullets(terms.sections, "example-busy-week")[0] == "From 9 March 2026 on, one a day: 4 × Purchase of €10."


@pytest.mark.parametrize(
    ("text", "played"),
    [
        ("sum: review.stars, when: review.good && review.stars > 2, target: 4", REVIEW),
        ("count: purchase.completed, when: purchase.total >= 25, target: 1", f"{DAY} 1 × Purchase of €25."),
        ("count: review.written, when: member.tenure_days < 9 && review.good, target: 1", REVIEW),
        ("sum: purchase.eligible, target: 7", f"{DAY} 1 × Purchase of €7."),
    ],
)  # fmt: skip
def test_an_example_does_what_the_challenge_asks_for(text: str, played: str) -> None:
    assert challenge(text)[1][0] == played


@pytest.mark.parametrize(
    "text",
    [
        "earned: points, target: 30",  # by what, is not said
        "count: shop.visited, target: 2",  # it has a field that must be there
        "count: purchase.completed, target: 100",  # it takes too long
        'count: purchase.completed, target: 2, when: purchase.channel != ""',  # nothing to begin with
        "count: purchase.completed, target: 2, until: 2026-01-01",  # it is over
        "sum: review.stars * 2, target: 9, on: review.written",  # no field by itself
    ],
)
def test_what_cannot_be_played_has_no_example(text: str) -> None:
    said, played = challenge(text)
    assert said
    assert played == ()


def test_what_is_not_taken_back_is_not_told() -> None:
    kept = "count: purchase.completed, target: 1, rollback: true"
    spent = programme_of(
        f"refunds: {{when_spent: only_pending}}\nchallenges: {{one: {{{kept}, gives: {{points: 5}}}}}}"
    )
    assert len(bullets(write_page(spent, Page.TERMS, "en", AT).sections, "example-one")) == 2
    assert len(challenge(kept)[1]) == 3


def test_a_challenge_that_gives_a_reward_brings_it_in_its_example() -> None:
    text = """
rewards: {cup: {title: {en: A cup}, gives: {experience: A cup}}}
challenges: {one: {count: purchase.completed, target: 1, gives: {reward: cup}}}
"""
    assert bullets(terms_of(text).sections, "example-one")[1] == "Completed on 2 March 2026, which brings: A cup."


def test_a_badge_is_listed_with_what_gives_it() -> None:
    terms = write_page(example("challenges"), Page.TERMS, "en", AT)
    assert bullets(terms.sections, "badges")[3:] == (
        "“A big order”, for: A big order",
        "A badge goes when all that gave it is taken back.",
    )


def test_a_challenge_is_told_where_it_is_and_not_among_the_ways_to_earn() -> None:
    for page, prefix in ((Page.TERMS, "rule-"), (Page.FAQ, "q-earn-points-")):
        sections = write_page(example("challenges"), page, "en", AT).sections
        assert bullets(sections, f"{prefix}earn")
        assert not bullets(sections, f"{prefix}five-orders")
        assert bullets(sections, "challenge-five-orders")


# Leaderboards -----------------------------------------------------------------------------------------------------


def test_a_leaderboard_shows_where_four_members_would_stand() -> None:
    document = write_page(example("leaderboards"), Page.TERMS, "en", AT)
    (examples,) = (section for section in document.sections if section.anchor == "examples")
    tables = {section.anchor: section.blocks[0] for section in examples.sections if "board" in section.anchor}
    month, always = tables["example-board-month"], tables["example-board-always"]
    assert isinstance(month, Table)
    assert isinstance(always, Table)
    assert month.head == ("rank", "score", "you get")
    assert [row[::2] for row in month.rows] == [
        ("1", "100 points"), ("2", "50 points"), ("2", "50 points"), ("4", "none"),
    ]  # fmt: skip
    assert always.rows == (("1", "30 points"), ("2", "20 points"), ("2", "20 points"), ("4", "10 points"))


def test_a_leaderboard_says_how_many_ranks_it_shows_and_what_becomes_of_them() -> None:
    text = """
members: {fields: {recognition: boolean, nickname: text}}
metrics: {orders: {count: purchase.completed, over: month}}
leaderboards: {best: {by: orders, top: 1, ties: first}}
"""
    assert bullets(terms_of(text).sections, "board-best")[2:] == (
        "Of equal scores, the one that was reached first stands above.",
        "The board shows the first rank.",
        "When the time is over, these ranks are final, and a new round begins.",
    )


# The other parts --------------------------------------------------------------------------------------------------


def test_a_count_that_is_kept_apart_says_by_what() -> None:
    text = """
metrics: {favourite: {count: purchase.completed, by: line.category, over: 90 days}}
"""
    (said,) = bullets(terms_of(text).sections, "measures")
    assert said.endswith("It is counted separately by the category.")


def test_a_metric_is_called_by_its_title_wherever_it_is_named() -> None:
    text = """
members: {fields: {recognition: boolean, nickname: text}}
metrics: {year_spend: {title: {en: spend of a year, id: belanja setahun}, sum: purchase.total, over: year}}
tiers: {by: year_spend, levels: {blue: {from: 0}, gold: {from: 9}}}
leaderboards: {best: {by: year_spend}}
"""
    top = TOP.replace("{earn: {", "{earn: {when: year_spend > 5, ")
    sections = write_page(programme_of(text, top), Page.TERMS, "en", AT).sections
    assert bullets(sections, "measures")[0].startswith("“spend of a year”: the sum of the total of the purchase")
    assert bullets(sections, "board-best")[0] == "Members are ranked by “spend of a year”, per calendar year."
    assert bullets(sections, "rule-earn")[1] == "If: “spend of a year” is more than €5."
    assert bullets(sections, "levels")[0] == "Your level follows from “spend of a year”."


def test_the_day_of_the_foundation_stands_at_the_anniversary() -> None:
    text = "founded: 1998-05-20\n" + TOP.replace("{earn:", "{party: {on: brand.anniversary, give: {points: 5}}, earn:")
    programme = programme_of("", text)
    said = {language: bullets(write_page(programme, Page.TERMS, language, AT).sections, "rule-party")[0]
            for language in LANGUAGES}  # fmt: skip
    assert said == {
        "en": "When: Our anniversary (20 May).",
        "id": "Kapan: Ulang tahun kami (20 Mei).",
        "ms": "Bila: Ulang tahun kami (20 Mei).",
    }


def test_units_that_end_are_reminded_of() -> None:
    top = TOP.replace("ms: mata}}", "ms: mata}, expires: {after: 12 months}, remind: 14 days}")
    document = write_page(programme_of("", top), Page.FAQ, "en", AT)
    assert bullets(document.sections, "q-when-points")[-1].startswith("We tell you once, 14 days before they end;")


def test_what_is_not_set_is_not_said() -> None:
    text = """
referral: {wait: 14 days, hold: {same: none}}
changes: {old_terms: kept}
draws: {big: {tickets: points, until: 2026-05-01, prizes: [{reward: cup, winners: 1}]}}
rewards: {cup: {gives: {experience: A cup}}}
plans: {gold: {fee: {month: 5}, benefits: {delivery: free}}}
tiers: {by: balance.points, levels: {blue: {from: 0, delivery: {speed: fast}}, gold: {from: 9, delivery: free}}}
"""
    programme = programme_of(text, TOP.replace("{earn:", "{friend: {on: referral.joined, give: {points: 1}}, earn:"))
    terms = write_page(programme, Page.TERMS, "en", AT).sections
    assert len(bullets(terms, "friends")) == 4
    assert bullets(terms, "changes")[-1] == ("The terms before these stay in force for those who were members already.")
    assert len(bullets(terms, "draw-big")) == 4
    assert "Unpaid, it ends when what was paid for ends." in bullets(terms, "plan-gold")
    (levels,) = (
        block for part in terms if part.anchor == "levels" for block in part.blocks if isinstance(block, Table)
    )
    assert [row[2] for row in levels.rows] == ["delivery: fast", "free delivery"]


def test_a_ladder_by_balance_is_asked_for_by_the_name_of_the_unit() -> None:
    text = "tiers: {by: balance.points, levels: {blue: {from: 0}, gold: {from: 9}}}"
    document = write_page(programme_of(text), Page.FAQ, "en", AT)
    (gold,) = (section for section in document.sections if section.anchor == "q-level-gold")
    assert "With points from 9 points." in str(gold.blocks[0])


# Conditions -------------------------------------------------------------------------------------------------------


def test_every_name_of_an_expression_has_words_of_its_own() -> None:
    """What a programme does not declare itself, the pages can say."""
    programme = example("toko-setia")
    names = Vocabulary.of(programme)
    found = set(names.line_names())
    for type_ in (*Built, CHALLENGE_COMPLETED, "tier.changed"):
        found |= set(names.activity_names(type_))
    common = {name for name in found if ".local_time." in name or name.endswith((".local_date", ".source"))}
    assert len(found - common) > 20
    assert found - common - set(PHRASES) == set()


@pytest.mark.parametrize(
    ("on", "when", "words"),
    [
        (CHALLENGE_COMPLETED, 'challenge.name == "one" && challenge.times > 1',
         "the challenge is “The first” and how many times you have completed it is more than 1"),
        (CHALLENGE_COMPLETED, 'challenge.name == "other"', "the challenge is “other”"),
        ("purchase.completed", 'habit(favourite, "tea") >= 3', "“favourite” for “tea” is at least 3"),
        ("purchase.completed", 'top(favourite) == "tea"', "the most frequent of “favourite” is “tea”"),
        ("purchase.completed", "member.is_complete == true",
         "you have told us everything that we ask about you is yes"),
        ("purchase.completed", "-purchase.total < 2", "−the total of the purchase is less than 2"),
        ("purchase.completed", 'purchase.lines.filter(l, l.category == "tea").map(t, t.quantity).sum() > 2',
         "(the sum of the quantity over the items of which this is true: the category is “tea”) is more than 2"),
        ("purchase.completed", "[1, 2].sum() == 3", "[1, 2].sum() is 3"),
        ("purchase.completed", "sum([1, 2]) == 3", "sum([1, 2]) is 3"),
        ("purchase.completed", 'purchase.place.contains("Mall")', "the place contains “Mall”"),
        ("purchase.completed", "size([1, 2]) == 2", "the number of 1 or 2 is 2"),
    ],
)  # fmt: skip
def test_more_conditions_in_words(on: str, when: str, words: str) -> None:
    text = """
members: {fields: {vip: boolean}}
metrics: {favourite: {count: purchase.completed, by: line.category, over: 90 days}}
challenges: {one: {title: {en: The first}, count: purchase.completed, target: 5, gives: {points: 1}}}
"""
    top = TOP.replace("{earn:", f"{{this: {{on: {on}, when: '{when}', give: {{points: 1}}}}, earn:")
    programme = programme_of(text, top)
    condition = programme.rules["this"].when
    assert condition is not None
    assert Phrases(Speaker(programme, "en")).of(condition) == words


def test_a_computation_says_what_every_name_stood_for() -> None:
    top = TOP.replace("purchase.eligible", "'size(purchase.channel) + (has(purchase.place) ? 1 : 2)'")
    amount = programme_of("", top).rules["earn"].gives[0].amount
    assert amount is not None
    phrases = Phrases(Speaker(programme_of("", top), "en"))
    assert (
        phrases.of(amount, {"purchase.channel": "app"}) == "the number of app + (1 if the place is known, otherwise 2)"
    )


@pytest.mark.parametrize(
    ("when", "bought"),
    [
        ("purchase.quantity >= 3", ", 3 of it"),
        ("has(purchase.place)", ", place: “1”"),
        ("purchase.total <= purchase.gross && purchase.total >= purchase.eligible", ""),
    ],
)
def test_a_rule_is_shown_with_what_it_asks_for(when: str, bought: str) -> None:
    programme = programme_of("", TOP.replace("completed, give", f"completed, when: '{when}', give"))
    document = write_page(programme, Page.TERMS, "en", AT)
    (examples,) = (section for section in document.sections if section.anchor == "examples")
    assert examples.sections[0].heading == f"A purchase of €10 on 2 March 2026, 12:00{bought}"


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", ["1 star", "2 stars", "1.5 stars"]), ("id", ["1 bintang", "2 bintang", "1,5 bintang"]),
     ("ms", ["1 bintang", "2 bintang", "1.5 bintang"])],
)  # fmt: skip
def test_one_is_one_and_what_has_no_plural_stays_as_it_is(language: str, said: list[str]) -> None:
    name = "name: {en: {one: star, other: stars}, id: bintang, ms: bintang}, decimals: 1"
    programme = programme_of("", TOP.replace("name: {en: points, id: poin, ms: mata}", name))
    assert [Speaker(programme, language).of(steps, "points") for steps in (10, 20, 15)] == said


def test_a_name_without_forms_is_the_same_for_any_number() -> None:
    assert Speaker(programme_of(""), "en").of(1, "points") == "1 points"


def test_an_explanation_says_one_of_a_unit_as_the_pages_do() -> None:
    top = TOP.replace("{en: points,", "{en: {one: point, other: points},").replace(
        "points: purchase.eligible", "points: 1"
    )
    programme = programme_of("", top)
    played = shown(programme, programme.rules["earn"], AT)
    assert played is not None
    assert "1 point from issued" in played.explanation.text("en")
    assert "1 poin dari diterbitkan" in played.explanation.text("id")


def test_every_kind_of_game_is_spoken_of() -> None:
    assert [kind for kind in KINDS if f"game.kind.{kind}" not in TEXTS] == []


def test_votes_without_a_bound_are_told_without_one() -> None:
    contest = """
contests:
  best:
    from: 2026-03-01
    until: 2026-03-15
    fields: {caption: {type: text, at_most: 20}}
    votes: {from: 2026-03-05, until: 2026-03-22}
    result: {by: votes, winners: 1, ties: first}
"""
    document = write_page(programme_of(contest), Page.TERMS, "en", AT)
    told = repr(document)
    assert "Members vote from 5 March 2026" in told
    assert "votes in all" not in told
    assert "of them a day" not in told
