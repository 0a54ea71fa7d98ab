"""Contests: what is entered and what it costs, who votes, and who wins."""

from __future__ import annotations

from setia.flow.pages.document import Bullets, Section
from setia.flow.pages.writer import Writer, sentence
from setia.language.model import Ballot, Contest, ContestField


def contests(writer: Writer) -> list[Section]:
    """A section for each contest; nothing where there are none."""
    found = tuple(
        Section(f"contest-{contest.name}", sentence(writer.speaker.title(contest.title, contest.name)),
                (Bullets(tuple(terms_of(writer, contest))),))
        for contest in writer.programme.contests.values()
    )  # fmt: skip
    return [Section("contests", writer.say("contests"), (), found)] if found else []


def terms_of(writer: Writer, contest: Contest) -> list[str]:
    """What a member has to know of a contest."""
    say, speaker = writer.say, writer.speaker
    found = [] if contest.start is None else [say("contest.from", at=speaker.moment(contest.start))]
    found.append(say("contest.until", at=speaker.moment(contest.end)))
    found += [say("contest.field", field=_field(writer, field)) for field in contest.fields.values()]
    found.append(say("contest.at_most", count=speaker.number(contest.at_most)))
    if contest.slots is not None:
        found.append(say("contest.slots", count=speaker.number(contest.slots)))
    if contest.when is not None:
        found.append(say("rule.when", condition=writer.phrases.of(contest.when)))
    free = say("contest.free")
    found.append(say("contest.costs", costs=writer.costs(contest.costs)) if contest.costs else free)
    found.append(say(f"contest.moderated.{contest.moderated}"))
    if contest.votes is not None:
        found += _voting(writer, contest.votes)
    found.append(say(f"contest.by.{contest.by}", count=speaker.number(contest.winners)))
    if contest.by == "votes":
        found.append(say(f"contest.ties.{contest.ties}"))
    return found


def _field(writer: Writer, field: ContestField) -> str:
    speaker = writer.speaker
    choices = speaker.listed(field.one_of, either=True) if field.one_of else ""
    gaps = {"title": speaker.title(field.title, field.name)}
    if field.kind == "text":
        gaps["count"] = speaker.number(field.at_most)
    elif field.kind == "choice":
        gaps["choices"] = choices
    found = writer.say(f"contest.field.{field.kind}", **gaps)
    return found if field.required else writer.say("contest.field.free", field=found)


def _voting(writer: Writer, ballot: Ballot) -> list[str]:
    say, speaker = writer.say, writer.speaker
    found = [say("contest.votes", start=speaker.moment(ballot.start), end=speaker.moment(ballot.end))]
    if ballot.at_most is not None:
        found.append(say("contest.votes.at_most", count=speaker.number(ballot.at_most)))
    if ballot.per_day is not None:
        found.append(say("contest.votes.per_day", count=speaker.number(ballot.per_day)))
    if ballot.when is not None:
        found.append(say("contest.votes.when", condition=writer.phrases.of(ballot.when)))
    return [*found, say(f"contest.votes.shown.{ballot.shown}")]
