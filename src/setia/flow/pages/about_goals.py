"""Metrics with a goal: challenges, what shows that they were reached, and who stands where among those who agreed."""

from __future__ import annotations

from setia.flow.pages.about_rules import measured_how
from setia.flow.pages.about_tiers import metric_value
from setia.flow.pages.document import Bullets, Section
from setia.flow.pages.writer import Writer, sentence
from setia.language.model import Avatar, Badge, Challenge, Goal, Leaderboard
from setia.values.instants import Calendar, Span, Step


def challenges(writer: Writer) -> list[Section]:
    """A section for each challenge; nothing where there are none."""
    found = tuple(
        Section(f"challenge-{challenge.name}", sentence(writer.speaker.title(challenge.title, challenge.name)),
                (Bullets(tuple(reaching(writer, challenge))),))
        for challenge in writer.programme.challenges.values()
    )  # fmt: skip
    return [Section("challenges", writer.say("challenges"), (), found)] if found else []


def reaching(writer: Writer, challenge: Challenge) -> list[str]:
    """What has to be reached, in which time, what it brings, and whether it is taken back."""
    say, speaker = writer.say, writer.speaker
    found = [say("challenge.joins")] if challenge.joins else []
    for goal in challenge.goals:
        said = aim(writer, goal)
        step = speaker.title(goal.title, goal.name)
        found.append(say("challenge.step", step=sentence(step), aim=said) if goal.name else sentence(said))
    if challenge.start is not None:
        found.append(say("schedule.from", at=speaker.moment(challenge.start)))
    if challenge.end is not None:
        found.append(say("schedule.until", at=speaker.moment(challenge.end)))
    if challenge.within is not None:
        key = "challenge.within.joined" if challenge.joins else "challenge.within"
        found.append(say(key, span=speaker.span(challenge.within)))
    window = writer.programme.metrics[challenge.goals[0].metric].window
    if window.is_period:
        found.append(say("challenge.over", window=speaker.window(window)))
    gives = speaker.listed(writer.give(give) for give in writer.programme.rules[challenge.name].gives)
    found.append(say("rule.gives", gives=gives))
    return [*found, say(f"challenge.repeat.{challenge.repeat}"), say(f"challenge.rollback.{challenge.rollback}")]


def aim(writer: Writer, goal: Goal) -> str:
    """What a goal asks for: "5 times: Purchase."."""
    say, speaker = writer.say, writer.speaker
    metric = writer.programme.metrics[goal.metric]
    gaps = {}
    key = f"aim.{metric.kind}"
    if metric.kind in ("days", "streak"):
        gaps["target"] = speaker.span(Span(goal.target, Step.DAYS))
    elif metric.kind == "count" and goal.target == 1:
        key = "aim.once"
    else:
        gaps["target"] = metric_value(writer, metric.name, goal.target)
    if metric.kind != "earned":
        gaps["activities"] = writer.activities(metric.on)
    if metric.amount is not None:
        gaps["amount"] = writer.phrases.of(metric.amount)
    return " ".join([say(key, **gaps), *measured_how(writer, metric)])


def badges(writer: Writer) -> list[Section]:
    """Each badge with what it is given for; nothing where there are none."""
    programme, say = writer.programme, writer.say
    if not programme.badges:
        return []
    lines = [_badge(writer, badge) for badge in programme.badges.values()]
    return [Section("badges", say("badges"), (Bullets((*lines, say("badges.gone"))),))]


def _badge(writer: Writer, badge: Badge) -> str:
    for_what = [
        sentence(writer.rule(rule.name))
        for rule in writer.programme.givers
        if any(give.badge == badge.name for give in rule.gives)
    ]
    title = writer.badge(badge.name)
    return writer.say("badge", badge=title, rules=writer.speaker.listed(for_what, either=True)) if for_what else title


def avatars(writer: Writer) -> list[Section]:
    """Each avatar with who may wear it; nothing where there are none."""
    lines = tuple(_avatar(writer, avatar) for avatar in writer.programme.avatars.values())
    return [Section("avatars", writer.say("avatars"), (Bullets(lines),))] if lines else []


def _avatar(writer: Writer, avatar: Avatar) -> str:
    say = writer.say
    who = [] if avatar.badge is None else [say("avatar.badge", badge=writer.badge(avatar.badge))]
    if avatar.when is not None:
        who.append(say("avatar.when", condition=writer.phrases.of(avatar.when)))
    if who:
        who.append(say("avatar.while") if avatar.is_while_held else say("avatar.kept"))
    title = sentence(writer.speaker.title(avatar.title, avatar.name))
    return say("avatar", avatar=title, picture=avatar.picture, who="; ".join(who or [say("avatar.all")]))


def boards(writer: Writer) -> list[Section]:
    """A section for each leaderboard; nothing where there are none."""
    found = tuple(
        Section(f"board-{board.name}", sentence(writer.speaker.title(board.title, board.name)),
                (Bullets(tuple(standing(writer, board))),))
        for board in writer.programme.leaderboards.values()
    )  # fmt: skip
    return [Section("boards", writer.say("boards"), (), found)] if found else []


def standing(writer: Writer, board: Leaderboard) -> list[str]:
    """Who is ranked by what, who is shown, and what becomes of the places."""
    say, speaker = writer.say, writer.speaker
    window = writer.programme.metrics[board.metric].window
    found = [
        say("board.by", metric=writer.metric(board.metric), window=speaker.window(window)),
        say("board.consent"),
        say(f"board.ties.{board.ties}"),
        say("board.top.one") if board.top == 1 else say("board.top", count=speaker.number(board.top)),
    ]
    return found if window.calendar is Calendar.LIFETIME else [*found, say("board.final")]
