"""What games, draws, contests and rules with a chance add to an evaluation. Pure: the numbers are in the facts."""

from __future__ import annotations

from typing import Final

from setia.language.model import Rule
from setia.rules import contests
from setia.rules.claim import make_issue
from setia.rules.facts import Facts
from setia.rules.limit import Usage
from setia.rules.match import Env
from setia.rules.playing import play
from setia.rules.question import Question
from setia.rules.raffles import enter
from setia.rules.stack import Candidate
from setia.values.chance import PERCENT_STEPS
from setia.values.codes import Built
from setia.values.money import format_scaled
from setia.values.outcomes import Declined, Result

PLAYED: Final = Built.PLAYED.value
ENTERED: Final = Built.ENTERED.value
WON: Final = Built.WON.value
VOTED: Final = Built.VOTED.value
_DECIMALS: Final = 6


def drawn_for(rule: Rule, facts: Facts) -> int | None:
    """The number that was drawn for a rule with a chance; None where none was drawn."""
    found: int | None = facts.get("x", {}).get("drawn", {}).get(rule.name)
    return found


def is_lucky(rule: Rule, drawn: int | None) -> bool:
    """Whether the number is below the chance of the rule."""
    assert rule.chance is not None
    return drawn is not None and drawn * rule.chance.denominator < rule.chance.numerator * PERCENT_STEPS


def draw_texts(rule: Rule, drawn: int | None) -> tuple[str, str] | None:
    """The number and the chance as people read them: 0.031200 and 0.050000."""
    assert rule.chance is not None
    if drawn is None:
        return None
    return format_scaled(drawn, _DECIMALS), format_scaled(int(rule.chance * PERCENT_STEPS), _DECIMALS)


def take_turn(question: Question, env: Env, usage: Usage, result: Result) -> tuple[Declined | None, list[Candidate]]:
    """Play a game, enter a draw or a contest, vote in one, or hand over what was won in a draw; of other kinds nothing.

    What is taken and remembered is noted on ``result``, what is counted on ``usage``, what rules may read in ``env``;
    what a prize gives is returned, to be given like what a rule gives.
    """
    if question.kind == PLAYED:
        return _play(question, env, usage, result)
    if question.kind == ENTERED:
        return _enter(question, env, result), []
    if question.kind in contests.ASKED:
        return _contest(question, env, result), []
    if question.kind == WON:
        body = question.body
        env["draw.name"] = body["draw"]
        reward = question.book.programme.rewards[body["reward"]]
        result.issues.append(make_issue(question, reward, 1, body["draw"]))
    return None, []


def _play(question: Question, env: Env, usage: Usage, result: Result) -> tuple[Declined | None, list[Candidate]]:
    programme, body = question.book.programme, question.body
    game = programme.games.get(body["game"])
    is_eligible = game is None or game.when is None or game.when.test(env)
    played = play(programme, body, question.facts, question.at, is_eligible=is_eligible)
    if isinstance(played, Declined):
        return played, []
    assert game is not None
    result.takes += played.takes
    result.play = played.told
    usage.limits.update(played.uses)
    prize = None if played.prize is None else game.prizes[played.prize]
    env["game.name"] = game.name
    env["game.prize"] = played.prize or ""
    env["game.is_win"] = prize is not None and bool(prize.rule.gives)
    if prize is None or not prize.rule.gives:
        return None, []
    won = Candidate(prize.rule, [])
    for give in prize.rule.gives:
        if give.reward is not None:
            won.rewards.append(give.reward)
        if give.unit is not None and give.amount is not None:
            number, over = give.amount.amount(env)
            won.gives.append((give.unit, (number * 10 ** programme.units[give.unit].decimals, over)))
    return None, [won]


def _enter(question: Question, env: Env, result: Result) -> Declined | None:
    programme, body = question.book.programme, question.body
    raffle = programme.draws.get(body["draw"])
    is_eligible = raffle is None or raffle.when is None or raffle.when.test(env)
    taken = enter(programme, body, question.facts, question.at, is_eligible=is_eligible)
    if isinstance(taken, Declined):
        return taken
    env["draw.name"] = body["draw"]
    result.takes.append(taken)
    result.play = {"draw": body["draw"], "tickets": taken.amount}
    return None


def _contest(question: Question, env: Env, result: Result) -> Declined | None:
    programme, body = question.book.programme, question.body
    name = env["contest.name"] = body["contest"]
    contest = programme.contests.get(name)
    result.play = {"contest": name}
    if question.kind == VOTED:
        ballot = None if contest is None else contest.votes
        is_voter = ballot is None or ballot.when is None or ballot.when.test(env)
        return contests.vote(programme, body, question.facts, question.at, is_eligible=is_voter)
    is_eligible = contest is None or contest.when is None or contest.when.test(env)
    taken = contests.enter(programme, body, question.facts, question.at, is_eligible=is_eligible)
    if isinstance(taken, Declined):
        return taken
    result.takes += taken
    if contest is not None and contest.slots is not None:
        result.play["account"] = contests.account_of(name)
    return None
