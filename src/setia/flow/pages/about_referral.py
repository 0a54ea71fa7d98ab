"""Bringing friends: when it counts, and what is looked at first."""

from __future__ import annotations

from setia.flow.pages.document import Bullets, Section
from setia.flow.pages.writer import Writer


def referral(writer: Writer) -> list[Section]:
    """The terms of bringing friends; nothing where that is no part of the programme."""
    found, say, speaker = writer.programme.referral, writer.say, writer.speaker
    if found is None:
        return []
    lines = [say("referral.claim", span=speaker.span(found.claim_within))]
    if found.link:
        lines.append(say("referral.link", link=found.link.replace("{code}", "…")))
    lines.append(say(f"referral.first.{found.first}"))
    if found.when is not None:
        lines.append(say("rule.when", condition=writer.phrases.of(found.when)))
    if found.within is not None:
        lines.append(say("referral.within", span=speaker.span(found.within)))
    lines.append(say("referral.wait", span=speaker.span(found.wait)))
    if found.who is not None:
        lines.append(say("referral.who", condition=writer.phrases.of(found.who)))
    if found.same:
        lines.append(say("referral.same", prints=speaker.listed(map(speaker.word, found.same), either=True)))
    lines.append(say("referral.ring", count=speaker.number(found.ring)))
    if found.friends is not None:
        gaps = {"count": speaker.number(found.friends.amount), "window": speaker.window(found.friends.window)}
        lines.append(say("referral.friends", **gaps))
    return [Section("friends", say("referral"), (Bullets(tuple(lines)),))]
