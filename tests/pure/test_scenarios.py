"""Scenario files: those of the examples hold, and whatever is wrong with one is told with its place."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from typer.testing import CliRunner

from setia.cli.main import app
from setia.flow.scenarios.audit import audit
from setia.flow.scenarios.heading import load_heading
from setia.flow.scenarios.model import Failure, Heading, Scenario
from setia.flow.scenarios.play import Play, play
from setia.flow.scenarios.read import read_scenario
from setia.flow.scenarios.run import WORTH_SHARING, Outcome, find_scenarios, run_on_all_cores, run_scenarios
from setia.flow.scenarios.source import Library
from setia.language.diagnostics import Place
from setia.values.codes import Account

EXAMPLES = Path(__file__).parents[2] / "examples"
FILES = find_scenarios([EXAMPLES])
LIBRARY = Library()
SHOP = """\
programme:
  units: {points: {pays: 1}, stars: {decimals: 2}}
  members: {fields: {segment: text}}
  metrics: {spent: {sum: purchase.eligible, over: lifetime}}
  tiers:
    by: spent
    keep: 12 months
    levels: {blue: {from: 0, discount: 10 %, delivery: {free_from: 50}}, red: {from: 500}}
  rewards: {mug: {costs: {points: 10}, gives: {product: MUG}, stock: 5}, cup: {gives: {product: CUP}}}
  rules:
    earn: {on: purchase.completed, give: {points: purchase.eligible, stars: purchase.eligible / 8}}
    card: {on: stars.reached, when: wallet.stars >= 100, take: {stars: 100}, give: {reward: cup}}
    promo: {on: purchase.completed, when: '"X" in purchase.codes', give: {points: 7}, budget: {points: 20}}
  refunds: {when_spent: within_balance, net_shortfall: true}
"""
STORY = """\
scenario: A story in which everything happens
{shop}member: {{birthday: 1990-05-01, attributes: {{segment: vip}}, wallet: {{points: 20}}}}
steps:
  - at: 2026-03-02 10:00
    purchase:
      id: S-1
      lines: [{{sku: TEA, amount: 80.00}}, {{sku: CAKE, amount: 20.00}}]
      codes: [X]
      spend: {{points: 15}}
    expect: {expect}
  - at: 2026-03-03 10:00
    claim: mug
    expect: {claim}
  - at: 2026-03-04 10:00
    return: {{of: S-1, lines: [TEA]}}
    expect: {back}
"""


def read(text: str) -> tuple[Scenario | None, list[str]]:
    """The scenario of ``text``, and what is wrong with it."""
    scenario, diagnostics = read_scenario(text, EXAMPLES / "behaviour/scenarios", "story.yaml", LIBRARY)
    return scenario, [str(diagnostic) for diagnostic in diagnostics]


def told(text: str) -> list[Failure]:
    """What is not as ``text`` expects; the text itself is fine."""
    scenario, diagnostics = read(text)
    assert scenario is not None, diagnostics
    return play(scenario)


def story(expect: str = "{tier: blue}", claim: str = "{tier: blue}", back: str = "{tier: blue}") -> str:
    """The story with these expectations."""
    return STORY.format(shop=SHOP, expect=expect, claim=claim, back=back)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parents[1].name}/{file.stem}")
def test_a_scenario_of_the_examples_holds(file: Path) -> None:
    (outcome,) = run_scenarios([file], library=LIBRARY)
    assert outcome.diagnostics == ()
    assert "\n".join(map(str, outcome.failures)) == ""


def test_every_example_has_scenarios() -> None:
    programmes = {path.parent for path in EXAMPLES.rglob("programme.yaml")}
    assert programmes == {file.parents[1] for file in FILES} & programmes
    assert len(FILES) > 100


def test_many_files_are_shared_out_and_told_in_their_order() -> None:
    def told_of(outcome: Outcome) -> tuple[object, ...]:
        return outcome.file, outcome.sentence, outcome.diagnostics, outcome.failures

    some = FILES[::4]
    assert len(some) > WORTH_SHARING
    assert list(map(told_of, run_on_all_cores(some))) == list(map(told_of, run_scenarios(some, library=LIBRARY)))
    assert [outcome.file for outcome in run_on_all_cores(some[:2])] == list(map(str, some[:2]))


# What the story comes to: each expectation holds, and with another value it does not.
RIGHT_AND_WRONG = [
    ("expect", "points: 87", "points: 98"),
    ("expect", "points: +67", "points: +68"),
    ("expect", "points: {available: 87}", "points: {available: 96.0}"),
    ("expect", "points: {pending: 0}", "points: {pending: 1}"),
    ("expect", "points: {held: 0}", "points: {held: +1}"),
    ("expect", "points: {debt: 0}", "points: {debt: 1}"),
    ("expect", "stars: 9.37", "stars: 9.38"),
    ("expect", "stars: {expires: [{stars: 9.37, on: never}]}", "stars: {expires: [{stars: 9.37, on: 2027-01-01}]}"),
    (
        "expect",
        "stars: {lots: [{left: 9.37, rule: earn, pending: false}]}",
        "stars: {lots: [{left: 9.37, rule: promo}]}",
    ),
    ("expect", "stars: {lots: [{earned: 2026-03-02, expires: never, pool: ''}]}", "stars: {lots: []}"),
    ("expect", "gave: {earn: {points: 75, stars: 9.37}, promo: 7}", "gave: {earn: {points: 75, stars: 9.37}}"),
    ("expect", "took: {}", "took: {card: 100}"),
    ("expect", "gross: 100", "gross: 99"),
    ("expect", "discount: 10", "discount: 10.01"),
    ("expect", "total: 90", "total: 100"),
    ("expect", "paid: 15", "paid: 0"),
    ("expect", "payable: 75", "payable: 90"),
    ("expect", "delivery: free", "delivery: paid"),
    ("expect", "delivery: {free: true, speed: standard}", "delivery: {free: true, speed: fast}"),
    ("expect", "tier: blue", "tier: red"),
    ("expect", "until: never", "until: 2026-12-31"),
    ("expect", "events: [points.earned]", "events: [tier.changed]"),
    ("expect", "events: {points.earned: 2, points.expired: 0}", "events: {points.earned: 1}"),
    ("expect", "metrics: {spent: 75}", "metrics: {spent: 75.01}"),
    ("expect", "budget: {promo: 13}", "budget: {promo: 20}"),
    ("expect", "stock: {mug: 5}", "stock: {mug: 4}"),
    ("expect", "duplicate: false", "duplicate: true"),
    ("expect", "parked: false", "parked: true"),
    ("expect", "as_of: {at: 2026-03-02 09:59, points: 20}", "as_of: {at: 2026-03-02 09:59, points: 87}"),
    ("expect", "members: {member: {points: 87}}", "members: {member: {points: 0}}"),
    ("claim", "rewards: {mug: 1}", "rewards: none"),
    ("claim", "vouchers: {mug: 1}", "vouchers: {mug: 2}"),
    ("claim", "stock: {mug: 4}", "stock: {mug: 5}"),
    ("claim", "points: -10", "declined: insufficient_balance"),
    ("back", "because: {rule: earn, was: 75, is: 15}", "because: {rule: earn, was: 75, is: 16}"),
    ("back", "because: {rule: earn, unit: stars, was: 9.37, is: 1.87}", "because: {rule: promo, was: 7, is: 0}"),
    ("back", "restored: {points: 12}", "restored: {points: 11}"),
    ("back", "shortfall: {}", "shortfall: {points: 1}"),
    ("back", "shortfall_money: 0", "shortfall_money: 0.01"),
    ("back", "kept: []", "kept: [mug]"),
]


def numbers() -> str:
    """How the story comes out, for finding a number that is wrong in the table above."""
    return "\n".join(map(str, told(story(expect="{points: 0, stars: 0}", back="{points: 0, stars: 0}"))))


@pytest.mark.parametrize(("step", "right", "wrong"), RIGHT_AND_WRONG)
def test_an_expectation_holds_or_is_told(step: str, right: str, wrong: str) -> None:
    assert [str(failure) for failure in told(story(**{step: f"{{{right}}}"}))] == [], numbers()
    failures = told(story(**{step: f"{{{wrong}}}"}))
    assert len(failures) in (1, 2)
    assert failures[0].expected != failures[0].found


def test_a_failure_names_its_line_what_was_expected_what_was_found_and_why() -> None:
    text = story(expect="{points: 98}")
    (failure,) = told(text)
    line = next(number for number, words in enumerate(text.splitlines(), 1) if "points: 98" in words)
    head, *trace = str(failure).splitlines()
    assert head == f"story.yaml:{line}:14: expected available points 98, found 87"
    assert any("earn: gave" in row for row in trace)
    assert any("purchase.eligible = 75.00" in row for row in trace)
    assert any("(earn)" in row for row in trace)


def test_an_activity_that_nobody_expected_to_be_declined_is_told() -> None:
    text = "scenario: s\nsteps: [{at: 2026-03-02, adjust: {points: -5}}]\n"
    (failure,) = told(text)
    assert failure.expected == "the activity to be accepted"
    assert failure.found == "declined: insufficient_balance (unit points, wanted 5, found 0)"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "scenario: s\nstep: []\n",
            "story.yaml:2:1: error[unknown_key]: a scenario has no setting 'step' (did you mean 'steps'?",
        ),
        (
            "scenario: s\nsteps: [{at: 2026-03-02, purchse: 4}]\n",
            "story.yaml:2:26: error[unknown_key]: a step has no setting 'purchse'",
        ),
        (
            "scenario: s\nsteps: [{at: 2026-02-30, purchase: 4}]\n",
            "story.yaml:2:14: error[bad_date]: '2026-02-30' is not a time",
        ),
        (
            "scenario: s\nsteps: [{at: 2026-03-02, purchase: {lines: [{amout: 4}]}}]\n",
            "story.yaml:2:46: error[body.unknown_field]",
        ),
        (
            "scenario: s\nsteps: [{at: 2026-03-02, purchase: 4.005}]\n",
            "story.yaml:2:36: error[body.bad_number]",
        ),
        (
            "scenario: s\nsteps: [{at: 2026-03-02, purchase: 4, expect: {point: 4}}]\n",
            "story.yaml:2:48: error[unknown_key]",
        ),
        (
            "scenario: s\nsteps: [{at: 2026-03-02, purchase: 4, expect: {points: 4.5}}]\n",
            "story.yaml:2:56: error[bad_number]",
        ),
        (
            "scenario: s\nsteps: [{at: 2026-03-02, purchase: 4, expect: {gave: {ern: 4}}}]\n",
            "error[bad_choice]: there is no rule 'ern'",
        ),
        (
            "scenario: s\nsteps: [{at: 2026-03-02, purchase: 4, expect: {took: {earn: 4}}}]\n",
            "error[wrong_shape]: 'earn' takes no units",
        ),
        (
            "scenario: s\nsteps: [{at: 2026-03-02, purchase: 4, expect: {declined: no}}]\n",
            "error[bad_choice]: 'no' is not one of",
        ),
        (
            "scenario: s\nsteps: [{at: 2026-03-02, purchase: 4, claim: mug}]\n",
            "error[conflicting_keys]: 'purchase' and 'claim'",
        ),
        (
            "scenario: s\nsteps: [{at: 2026-03-02, as: budi, purchase: 4}]\n",
            "error[bad_choice]: there is no member 'budi'",
        ),
        (
            "scenario: s\nsteps: [{at: 2026-03-02, every: 1 day, purchase: 4}]\n",
            "error[conflicting_keys]: 'every' means nothing",
        ),
        (
            "scenario: s\nsteps: [{at: 2026-03-02, repeat: 2}]\n",
            "error[conflicting_keys]: 'repeat' means nothing",
        ),
        (
            "scenario: s\nsteps: []\n",
            "error[wrong_shape]: 'steps' takes a list",
        ),
        (
            "steps: [{at: 2026-03-02, purchase: 4}]\n",
            "error[missing_key]: a scenario needs the setting 'scenario'",
        ),
        (
            "scenario: s\nprogramme: nowhere.yaml\nsteps: [{at: 2026-03-02}]\n",
            "story.yaml:2:1: error[wrong_shape]: there is no programme",
        ),
        (
            "scenario: s\nmember: {tier: gold}\nsteps: [{at: 2026-03-02}]\n",
            "error[bad_choice]: there is no tier 'gold'",
        ),
        (
            "scenario: s\nmember: {wallet: {stars: 1}}\nsteps: [{at: 2026-03-02}]\n",
            "error[unknown_unit]: there is no unit 'stars'",
        ),
        (
            "scenario: s\nwith: {units: {points: {pendin: 1 day}}}\nsteps: [{at: 2026-03-02}]\n",
            "story.yaml:2:25: error[unknown_key]",
        ),
        (
            "scenario: s\nwith: {rules: {earn: {when: purchase.totl > 1}}}\nsteps: [{at: 2026-03-02}]\n",
            "story.yaml:2:38: error[expression.unknown_field]",
        ),
        (
            "- 1\n",
            "error[wrong_shape]: a scenario takes a mapping",
        ),
        (
            "scenario: s\nrows: [A1, A13]\nsteps: [{at: 2026-03-02}]\n",
            "story.yaml:2:12: error[bad_choice]: there is no row 'A13' (they are A1 to A12",
        ),
        (
            "scenario: s\nrows: [B3, B3]\nsteps: [{at: 2026-03-02}]\n",
            "story.yaml:2:12: error[said_twice]: the row 'B3' is named twice",
        ),
        (
            "scenario: s\nrows: [[A1]]\nsteps: [{at: 2026-03-02}]\n",
            "story.yaml:2:8: error[wrong_shape]",
        ),
        (
            "scenario: s\nrows: A1\nsteps: [{at: 2026-03-02}]\n",
            "story.yaml:2:7: error[wrong_shape]: 'rows' takes a list",
        ),
        (
            "scenario: s\ncase: K1\nsteps: [{at: 2026-03-02}]\n",
            "story.yaml:2:1: error[bad_choice]: 'K1' is not the number of a case",
        ),
    ],
)
def test_a_mistake_in_a_file_is_told_with_its_place(text: str, problem: str) -> None:
    scenario, diagnostics = read(text)
    assert scenario is None
    assert any(problem in diagnostic for diagnostic in diagnostics), diagnostics


def test_a_programme_that_cannot_be_read_is_told_with_its_own_file(tmp_path: Path) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "programme.yaml").write_text("programme: shop\ncurrency: EUR\n")
    file = tmp_path / "scenarios" / "one.yaml"
    file.write_text("scenario: s\nsteps: [{at: 2026-03-02}]\n")
    (outcome,) = run_scenarios([file])
    assert next(diagnostic.file for diagnostic in outcome.diagnostics).endswith("programme.yaml")
    assert {diagnostic.code for diagnostic in outcome.diagnostics} == {"missing_key"}


def test_a_setting_is_taken_out_by_an_empty_value() -> None:
    text = "scenario: s\nwith: {rules: {earn: }}\nsteps: [{at: 2026-03-02, purchase: 4, expect: {points: 0}}]\n"
    assert told(text) == []


def test_a_heading_names_rows_and_the_case(tmp_path: Path) -> None:
    text = "scenario: s\nrows: [A1, B3]\ncase: A25\nsteps: [{at: 2026-03-02}]\n"
    scenario, diagnostics = read(text)
    assert scenario is not None, diagnostics
    assert scenario.heading == Heading("s", ("A1", "B3"), "A25")
    file = tmp_path / "a07_a_sentence.yaml"
    file.write_text(text.replace("case: A25\n", ""))
    assert load_heading(file) == Heading("s", ("A1", "B3"), "A07")
    file.write_text(text)
    (outcome,) = run_scenarios([file])
    assert "conflicting_keys" in {diagnostic.code for diagnostic in outcome.diagnostics}
    file.write_text("- 1\n")
    assert load_heading(file) == Heading("", (), "A07")


def test_a_version_holds_from_its_day() -> None:
    text = """\
scenario: s
versions: [{}, {from: 2026-06-01, with: {rules: {earn: {give: {points: purchase.eligible * 3}}}}}]
steps:
  - {at: 2026-05-31 23:59, purchase: 4, expect: {points: +4}}
  - {at: 2026-06-01 00:00, purchase: 4, expect: {points: +12}}
"""
    assert told(text) == []


def played() -> Play:
    """The story, played."""
    scenario, diagnostics = read(story())
    assert scenario is not None, diagnostics
    run = Play(scenario)
    assert run.run() == []
    return run


def audited(run: Play) -> str:
    """What the audit of a played story finds."""
    return "\n".join(str(failure) for failure in audit(run.scenario, run.book, Place(1, 1)))


def test_the_audit_finds_a_balance_that_is_not_the_sum_of_its_entries() -> None:
    run = played()
    run.members["member"].wallet.balance("points").available += 1
    assert "to be the sum of the entries" in audited(run)
    assert "to agree with lots and holds" in audited(run)


def test_the_audit_finds_a_lot_that_holds_too_much() -> None:
    run = played()
    lot = next(iter(run.members["member"].wallet.lots.values()))
    lot.left = lot.amount + 1
    assert f"lot {lot.no} to hold between 0 and {lot.amount}" in audited(run)


def test_the_audit_finds_an_entry_that_moved_more() -> None:
    run = played()
    entry = next(entry for entry in run.book.decisions[0].entries if entry.credit is Account.AVAILABLE)
    entry.amount += 5
    assert "to be the sum of the entries" in audited(run)


def test_the_audit_finds_a_decision_that_comes_to_something_else_when_asked_again() -> None:
    run = played()
    decision = next(found for found in run.book.decisions if found.result.awards)
    decision.result.awards[0] = dataclasses.replace(decision.result.awards[0], amount=1)
    assert "to come to the same when asked again" in audited(run)


def test_the_audit_finds_a_house_account_below_zero() -> None:
    run = played()
    run.book.gathered.house["stock:mug"] = -1
    assert "stock:mug not to fall below zero" in audited(run)


def test_an_error_of_ours_is_told_with_its_step_and_ends_only_its_scenario() -> None:
    scenario, diagnostics = read(story())
    assert scenario is not None, diagnostics
    step = scenario.steps[1]
    assert step.action is not None
    broken = dataclasses.replace(step, action=dataclasses.replace(step.action, body={}))
    (failure,) = play(dataclasses.replace(scenario, steps=(scenario.steps[0], broken)))
    assert failure.place == step.place
    assert failure.found == "KeyError: 'reward'"


def test_the_command_ends_with_the_counts_and_fails_when_one_failed(tmp_path: Path) -> None:
    folder = tmp_path / "scenarios"
    folder.mkdir()
    (folder / "good.yaml").write_text(story())
    (folder / "bad.yaml").write_text(story(expect="{points: 98}"))
    failed = CliRunner().invoke(app, ["test", str(tmp_path)])
    assert failed.exit_code == 1
    assert failed.output.splitlines()[-1] == "1 passed, 1 failed"
    assert "expected available points 98, found 87" in failed.output
    passed = CliRunner().invoke(app, ["test", str(tmp_path), "-k", "good", "--verbose"])
    assert passed.exit_code == 0
    assert passed.output.splitlines()[-1] == "1 passed, 0 failed"
    assert passed.output.startswith("passed  A story in which everything happens")


def test_the_command_says_when_there_is_nothing_to_play(tmp_path: Path) -> None:
    empty = CliRunner().invoke(app, ["test", str(tmp_path)])
    assert empty.exit_code == 2
    missing = CliRunner().invoke(app, ["test", str(tmp_path / "nowhere")])
    assert missing.exit_code == 2
    assert "there is no file or folder" in missing.output
