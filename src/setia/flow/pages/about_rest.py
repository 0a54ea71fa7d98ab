"""Returns, what is late, what is set aside, corrections, and how these terms change."""

from __future__ import annotations

from fractions import Fraction

from setia.flow.pages.document import Bullets, Section
from setia.flow.pages.writer import Writer


def refunds(writer: Writer) -> Section:
    """What happens when something goes back."""
    return Section("returns", writer.say("refunds"), (Bullets(tuple(returning(writer))),))


def returning(writer: Writer) -> list[str]:
    """What happens when something goes back, as sentences."""
    say, speaker, policy = writer.say, writer.speaker, writer.programme.refunds
    found = [say(f"refund.{policy.method}"), say(f"refund.{policy.when_spent}")]
    if policy.net_shortfall:
        minor = 10**writer.programme.currency_decimals
        worth = [
            say("refund.worth", money=speaker.money(unit.worth / minor), one=speaker.counted(Fraction(1), unit))
            for unit in writer.programme.units.values()
            if unit.worth
        ]
        found.append(f"{say('refund.net')} {speaker.listed(worth)}.")
    found.append(say(f"refund.tenders.{policy.tenders}"))
    if policy.within is not None:
        found.append(say("refund.within", span=speaker.span(policy.within)))
    if writer.programme.rewards:
        found += [say(f"refund.vouchers.{policy.vouchers}"), say(f"refund.part.{policy.part_used}")]
    return [*found, say("refund.unmatched", span=speaker.span(policy.unmatched_after))]


def before_joining(writer: Writer) -> str:
    """What becomes of purchases of before."""
    claims = writer.programme.guest_claims
    return writer.say("guests.none") if claims is None else writer.say("guests", span=writer.speaker.span(claims))


def rest(writer: Writer) -> Section:
    """What else holds."""
    say, speaker, programme = writer.say, writer.speaker, writer.programme
    found = [say("holds", span=speaker.span(programme.hold_lapses)), before_joining(writer)]
    if programme.late.accept is not None:
        found.append(say("late.accept", span=speaker.span(programme.late.accept)))
    found.append(say("late.future", span=speaker.span(programme.late.future)))
    if programme.late.re_rate is not None:
        found.append(say("late.re_rate", span=speaker.span(programme.late.re_rate)))
    limits = programme.adjustments
    found += [say("approve", amount=speaker.of(amount, unit)) for unit, amount in limits.approve_above.items()]
    found += [say("adjust.per_day", amount=speaker.of(amount, unit)) for unit, amount in limits.per_day.items()]
    return Section("rest", say("rest"), (Bullets(tuple(found)),))


def changes(writer: Writer) -> Section:
    """How the terms themselves change."""
    say, policy = writer.say, writer.programme.changes
    if policy.notice is None:
        found = [say("changes.none")]
    else:
        found = [say("changes.notice", span=writer.speaker.span(policy.notice))]
    old = policy.old_terms
    if old is not None:
        who = say("changes.joined") if old.who is None else say("changes.who", condition=writer.phrases.of(old.who))
        if old.until is None:
            found.append(say("changes.for_good", who=who))
        else:
            found.append(say("changes.until", who=who, at=writer.speaker.moment(old.until)))
    return Section("changes", say("changes"), (Bullets(tuple(found)),))
