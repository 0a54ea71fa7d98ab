"""What is wrong with games and draws is told where it stands."""

import pytest

from setia.language.parse import load_programme

HEAD = """\
programme: fair
currency: EUR
timezone: UTC
units: {points: {}, credit: {decimals: 2}}
rules: {earn: {on: purchase.completed, give: {points: 1, credit: 1}}}
rewards:
  mug: {gives: {experience: A mug}, stock: 2}
  hat: {gives: {experience: A hat}}
  film: {codes: pool, gives: {partner: A film}}
"""


def found_in(text: str) -> list[str]:
    return [
        f"{found.code} {found.line}" for found in load_programme(HEAD + text).diagnostics if found.severity == "error"
    ]


GAMES = {
    "w: {kind: wheel, prizes_on_return: keep, prizes: {a: {weight: 1}}}": ["conflicting_keys 11"],
    "w: {kind: wheel, costs: {points: 1}, prizes_on_return: never, prizes: {a: {weight: 1}}}": ["bad_choice 11"],
    "earn: {kind: wheel, prizes: {a: {weight: 1}}}": ["reserved_name 11"],
    "w: {kind: roulette, prizes: {a: {weight: 1}}}": ["bad_choice 11"],
    "w: {kind: wheel, costs: {coins: 1, points: []}, prizes: {a: {weight: 1}}}": ["unknown_unit 11", "wrong_shape 11"],
    "w: {kind: wheel, prizes: {a: {line: [x, y]}}}": ["missing_key 11", "setting_of_other_game 11"],
    "w: {kind: wheel, free: 3, limit: {times: 0, per: day}, prizes: {a: {weight: 1}}}":
        ["wrong_shape 11", "zero_is_not_unlimited 11"],
    "w: {kind: wheel, prizes: {a: {weight: 1, otherwise: z}}}": ["bad_choice 11"],
    "w: {kind: wheel, prizes: {a: {weight: 1, otherwise: b}, b: {weight: 1}}}": ["conflicting_keys 11"],
    "w: {kind: wheel, prizes: {a: {weight: 1, give: {voucher: film}}}}": ["conflicting_keys 11"],
    "w: {kind: wheel, visitors: {times: 2}, prizes: {a: {weight: 1}}}": ["missing_key 11"],
    "w: {kind: wheel, visitors: 7, prizes: {a: {weight: 1}}}": ["wrong_shape 11"],
    "q: {kind: quiz, visitors: {claim_within: 1 day}, questions: {x: {ask: X?, answers: {y: Y}, right: y}},"
    " prizes: {a: {from: 1}}}": ["setting_of_other_game 11"],
    "q: {kind: quiz, questions: {x: {ask: X?, answers: {y: Y}, right: z}}, prizes: {a: {from: 2}, b: {from: 1},"
    " c: {from: 1}}}": ["bad_choice 11", "prize_never_won 11", "said_twice 11", "said_twice 11"],
    "q: {kind: quiz, questions: {x: {ask: X?, right: z}}, prizes: {a: {from: 1}}}": ["missing_key 11", "bad_choice 11"],
    "q: {kind: quiz, prizes: {a: {from: 1}}}": ["missing_key 11"],
    "c: {kind: check_in, limit: {times: 1, per: day}, prizes: {a: {day: 1}, b: {day: 1}}}":
        ["setting_of_other_game 11", "said_twice 11", "said_twice 11"],
    "s: {kind: slots, reels: 2, symbols: {any: 1, x: []}, prizes: {a: {line: [x, z]}, b: {line: [x]}}}":
        ["reserved_name 11", "wrong_shape 11", "bad_choice 11", "bad_choice 11", "wrong_shape 11"],
    "s: {kind: slots, symbols: {x: 1}, prizes: {a: {line: [x, x]}}}": ["missing_key 11"],
    "s: {kind: slots, reels: 2, prizes: {a: {}}}": ["missing_key 11", "missing_key 11"],
    "s: {kind: slots, reels: 2, symbols: {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, h: 1, i: 1, j: 1, k: 1},"
    " prizes: {a: {line: [a, []]}}}": ["out_of_range 11", "wrong_shape 11"],
}  # fmt: skip
DRAWS = {
    "earn: {tickets: points, until: 2026-04-01, prizes: [{reward: hat}]}": ["reserved_name 11"],
    "d: {tickets: coins, until: 2026-04-01, prizes: [{reward: hat}]}": ["unknown_unit 11"],
    "d: {tickets: credit, until: 2026-04-01, prizes: [{reward: hat}]}": ["conflicting_keys 11"],
    "d: {tickets: points, from: 2026-04-02, until: 2026-04-01, prizes: [{reward: hat}]}": ["schedule_backwards 11"],
    "d: {tickets: points, until: 2026-04-01, prizes: [{reward: mug}, {reward: film}, {reward: cap}, hat]}":
        ["conflicting_keys 11", "conflicting_keys 11", "unknown_reward 11", "wrong_shape 11"],
    "d: {tickets: points, until: 2026-04-01, prizes: hat}": ["wrong_shape 11"],
    "d: {tickets: points, until: 2026-04-01}": ["missing_key 11"],
    "d: {tickets: points, prizes: [{winners: 2}]}": ["missing_key 11", "missing_key 11"],
}  # fmt: skip


@pytest.mark.parametrize("text", GAMES)
def test_a_wrong_game_is_told(text: str) -> None:
    assert sorted(found_in(f"games:\n  {text}\n")) == sorted(GAMES[text])


@pytest.mark.parametrize("text", DRAWS)
def test_a_wrong_draw_is_told(text: str) -> None:
    assert sorted(found_in(f"draws:\n  {text}\n")) == sorted(DRAWS[text])


def test_a_chance_inside_the_order_is_refused() -> None:
    rule = "full: {on: points.reached, in_order: true, chance: 5 %, take: {points: 9}, give: {reward: hat}}"
    text = HEAD.replace("rules: {", "rules: {" + rule + ", ")
    assert [found.code for found in load_programme(text).diagnostics if found.severity == "error"] == [
        "conflicting_keys"
    ]
