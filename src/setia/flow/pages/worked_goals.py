"""Challenges and leaderboards, played: when a goal is reached and what that brings, and who stands where."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Final

from setia.flow.memory import MemoryBook
from setia.flow.pages.about_tiers import metric_value
from setia.flow.pages.document import Bullets, Section, Table
from setia.flow.pages.probes import Wish, body_of, demanded, shown, wishes
from setia.flow.pages.writer import Writer
from setia.flow.placing import placings
from setia.flow.work import Decision, MemberWork, Version
from setia.language.bodies import parse_body
from setia.language.model import Challenge, Goal, Leaderboard, Programme
from setia.rules.boards import end_of, ranked
from setia.rules.goals import value
from setia.values.activities import Body
from setia.values.codes import CHALLENGE_COMPLETED, Built
from setia.values.instants import local_date

MOST_DAYS: Final = 40
"""For how many days a challenge is tried; what takes longer has no example."""
SCORES: Final = (30, 20, 20, 10)
"""What the members of an example have, so that two of them are equal."""


@dataclass(slots=True)
class Run:
    """A challenge that is played. ``acts``: how often what was done, by activity and money."""

    book: MemoryBook
    member: MemberWork
    first: dt.date
    last: dt.datetime
    acts: Counter[tuple[str, Fraction | None]] = field(default_factory=Counter)
    completed: Decision | None = None
    bought: str = ""  # the latest purchase


def run_through(programme: Programme, challenge: Challenge, money: Fraction, after: dt.datetime) -> Run | None:
    """Do what a challenge asks for, once a day, until it is completed; None where it cannot be said or takes too long.
    What else the programme gives is left aside.

    Where it is counted in periods, it is begun in the one under way or in the next, whichever asks for less.
    """
    alone = replace(
        programme,
        digest=f"{programme.digest} {challenge.name}",  # another programme
        challenges={challenge.name: challenge},
        metrics={name: found for name, found in programme.metrics.items() if found.goal in ("", challenge.name)},
        rules={challenge.name: programme.rules[challenge.name]},
    )
    window = programme.metrics[challenge.goals[0].metric].window
    day = local_date(max(after, challenge.start or after), programme.zone)
    starts = [day, window.end(day, day)] if window.is_period else [day]
    runs = [run for start in starts if (run := _run(alone, challenge, money, start)) is not None]
    return min(runs, key=lambda run: run.acts.total(), default=None)


def _run(programme: Programme, challenge: Challenge, money: Fraction, first: dt.date) -> Run | None:
    noon = dt.datetime.combine(first, dt.time(12), programme.zone)
    start = noon.astimezone(dt.UTC)
    book = MemoryBook([Version(1, start - dt.timedelta(days=1), programme)])
    run = Run(book, book.join(start), first, start)
    if challenge.joins:
        body: Body = {"challenge": challenge.name}
        book.handle(book.activity(Built.CHALLENGE_JOINED.value, run.member, start, body, external_id="join"))
    for number in range(MOST_DAYS):
        run.last = (noon + dt.timedelta(days=number)).astimezone(dt.UTC)
        for goal in challenge.goals:
            today = local_date(run.last, programme.zone)
            if value(programme, run.member.progress, goal, today) < goal.target:
                if not _act(programme, run, goal, money):
                    return None
                _look(run, challenge)
            if run.completed is not None:
                return run
    return None


def _act(programme: Programme, run: Run, goal: Goal, money: Fraction) -> bool:
    """Do what counts towards a goal, once; False where it cannot be said what that is."""
    metric = programme.metrics[goal.metric]
    if not metric.on:
        return False
    kind = metric.on[0]
    aim = Fraction(goal.target, 10**metric.decimals) if metric.kind == "sum" else None
    wish = Wish() if metric.when is None else wishes(metric.when)
    paid: Fraction | None = None
    body: object
    if kind == Built.PURCHASE:
        paid = max(wish.least, money if aim is None else aim)
        body = body_of(programme, wish, paid)
    else:
        raw: dict[str, Any] = {} if metric.when is None else demanded(metric.when, kind.partition(".")[0])
        if aim is not None and metric.amount is not None:
            raw[metric.amount.source.rpartition(".")[2]] = int(aim)
        body = parse_body(programme, kind, raw)
    if not isinstance(body, dict):
        return False
    run.acts[kind, paid] += 1
    name = f"example-{run.acts.total()}"
    run.bought = name if kind == Built.PURCHASE else run.bought
    run.book.handle(run.book.activity(kind, run.member, run.last, body, external_id=name))
    return True


def _look(run: Run, challenge: Challenge) -> None:
    """Whether the challenge was completed by what happened last."""
    done = (decision for decision in run.book.decisions if decision.activity.type == CHALLENGE_COMPLETED)
    run.completed = next((found for found in done if found.activity.body["challenge"] == challenge.name), None)


def goal_examples(writer: Writer) -> list[Section]:
    """An example for every challenge that one can be found for, and one for every leaderboard."""
    programme = writer.programme
    money = usual(writer)
    found = []
    for challenge in programme.challenges.values():
        run = run_through(programme, challenge, money, writer.at)
        if run is not None:
            found.append(_told(writer, challenge, run))
    return [*found, *(_standings(writer, board, money) for board in programme.leaderboards.values())]


def usual(writer: Writer) -> Fraction:
    """An amount of money at which the programme's ways to earn bring something to look at."""
    decimals = writer.programme.currency_decimals
    rules = writer.programme.rules.values()
    played = next((found for rule in rules if (found := shown(writer.programme, rule, writer.at))), None)
    return Fraction(10) if played is None else Fraction(played.decision.result.totals["gross"], 10**decimals)


def _told(writer: Writer, challenge: Challenge, run: Run) -> Section:
    say, speaker = writer.say, writer.speaker
    assert run.completed is not None
    title, result = speaker.title(challenge.title, challenge.name), run.completed.result
    done = []
    for (kind, money), count in run.acts.items():
        act = speaker.activity(kind)
        act = act if money is None else say("example.of", activity=act, gross=speaker.money(money))
        done.append(say("example.times", count=speaker.number(count), activity=act))
    is_one_day = local_date(run.last, writer.programme.zone) == run.first
    key = "example.once" if is_one_day else "example.daily"
    lines = [say(key, day=speaker.date(run.first), done=speaker.listed(done))]
    given = [speaker.of(award.amount, award.unit) for award in result.awards]
    given += [writer.reward(issue.reward) for issue in result.issues]
    given += [say("give.badge", badge=writer.badge(badge)) for badge in result.badges]
    lines += [say("example.completed", day=speaker.day_of(run.last), given=speaker.listed(given) or say("none"))]
    if challenge.rollback and run.bought:
        gone = _gone(writer, run)
        if gone:
            lines.append(say("example.undone", amount=speaker.listed(gone)))
    return Section(f"example-{challenge.name}", say("example.challenge", title=title), (Bullets(tuple(lines)),))


def _gone(writer: Writer, run: Run) -> list[str]:
    """What goes when the latest purchase goes back a day later."""
    programme, speaker = writer.programme, writer.speaker
    before, badges = _wallet(run.member), set(run.member.progress.badges)
    body = parse_body(programme, Built.RETURN.value, {"of": {"source": "memory", "external_id": run.bought}})
    assert isinstance(body, dict), body
    at = run.last + dt.timedelta(days=1)
    run.book.handle(run.book.activity(Built.RETURN.value, run.member, at, body, external_id="return"))
    after = _wallet(run.member)
    gone = [speaker.of(before[unit] - after[unit], unit) for unit in before if before[unit] > after[unit]]
    lost = sorted(badges - set(run.member.progress.badges))
    return [*gone, *(writer.say("give.badge", badge=writer.badge(badge)) for badge in lost)]


def _wallet(member: MemberWork) -> Counter[str]:
    return Counter({unit: held.available + held.pending for unit, held in member.wallet.balances.items()})


def _standings(writer: Writer, board: Leaderboard, money: Fraction) -> Section:
    """Four members with scores of which two are equal: their ranks, and what these bring when the time is over."""
    programme, say, speaker = writer.programme, writer.say, writer.speaker
    metric = programme.metrics[board.metric]
    one = int(money * 10**metric.decimals) if writer.phrases.is_money(metric.name) else 10**metric.decimals
    start = writer.at - dt.timedelta(days=1)
    book = MemoryBook([Version(1, start, programme)])
    scores = [(book.join(start).id, score * one) for score in SCORES]
    period = metric.window.bucket(local_date(writer.at, programme.zone), dt.date.min)
    over = end_of(programme, board, period)
    brings = {}
    for activity in () if over is None else placings(board, period, over, over, scores):
        awards = [award for decision in book.handle(activity) for award in decision.result.awards]
        brings[activity.member_id] = speaker.listed(speaker.of(award.amount, award.unit) for award in awards)
    rows = [
        (speaker.number(rank), metric_value(writer, metric.name, score), brings.get(who) or say("none"))
        for rank, who, score in ranked(board, scores)
    ]
    head = (say("board.rank"), say("board.score"), say("example.get"))
    width = 2 if over is None else 3  # a board of all time is never over, and brings nothing
    title = say("example.board", title=speaker.title(board.title, board.name))
    table = Table(say("example.standings"), head[:width], tuple(row[:width] for row in rows))
    return Section(f"example-board-{board.name}", title, (table,))
