"""Paid memberships: what they cost, what they bring, how they begin, go on and end."""

from __future__ import annotations

from setia.flow.pages.about_tiers import benefit_lines
from setia.flow.pages.document import Bullets, Section
from setia.flow.pages.writer import Writer, sentence
from setia.language.benefits import LineDiscount, Plan


def plans(writer: Writer) -> list[Section]:
    """A section for each plan; nothing where there are none."""
    found = tuple(
        Section(f"plan-{plan.name}", sentence(writer.plan(plan.name)), (Bullets(tuple(promises(writer, plan))),))
        for plan in writer.programme.plans.values()
    )
    return [Section("plans", writer.say("plans"), (), found)] if found else []


def promises(writer: Writer, plan: Plan) -> list[str]:
    """All that holds of a plan."""
    return [*fees(writer, plan), *brings(writer, plan), *goes_on(writer, plan), *ends(writer, plan)]


def fees(writer: Writer, plan: Plan) -> list[str]:
    """What it costs, and how it is had without a fee."""
    say, speaker = writer.say, writer.speaker
    prices = [
        say("plan.price", money=speaker.minor(price.amount), span=speaker.span(price.span))
        for price in plan.prices.values()
    ]
    found = [say("plan.fee", prices=speaker.listed(prices, either=True))] if prices else []
    if prices and plan.tax:
        found.append(say("plan.tax", percent=speaker.percent(plan.tax)))
    if plan.costs:
        found.append(say("plan.costs", costs=writer.costs(plan.costs)))
    if plan.lasts is not None:
        found.append(say("plan.lasts", span=speaker.span(plan.lasts)))
    if plan.trial is not None:
        found.append(say("plan.trial", span=speaker.span(plan.trial)))
    if plan.is_closed:
        found.append(say("plan.closed"))
    return found


def brings(writer: Writer, plan: Plan) -> list[str]:
    """What it brings while it lasts."""
    say = writer.say
    lines = [_discount(writer, discount) for discount in plan.discounts]
    lines += benefit_lines(writer, plan.delivery, plan.benefits)
    found = [say("plan.benefit", benefit=line) for line in lines]
    if plan.discounts and writer.programme.tiers is not None:
        found.append(say(f"plan.with_tier.{plan.with_tier}"))
    return found


def _discount(writer: Writer, discount: LineDiscount) -> str:
    off = writer.say("benefit.discount", percent=writer.speaker.percent(discount.off))
    if discount.lines is None:
        return off
    return writer.say("gives.lines", gives=off, condition=writer.phrases.of(discount.lines))


def goes_on(writer: Writer, plan: Plan) -> list[str]:
    """How it is renewed."""
    say, speaker = writer.say, writer.speaker
    if not plan.prices:
        return []
    found = [say("plan.renews")]
    if plan.notice is not None:
        found.append(say("plan.notice", span=speaker.span(plan.notice)))
    if plan.dunning:
        found.append(say("plan.dunning", spans=speaker.listed(map(speaker.span, plan.dunning))))
    if plan.grace is None:
        found.append(say("plan.grace.none"))
    else:
        found.append(say("plan.grace", span=speaker.span(plan.grace)))
    found.append(say(f"plan.change.{plan.change.when}"))
    found.append(say(f"plan.credit.{plan.change.credit}"))
    return found


def ends(writer: Writer, plan: Plan) -> list[str]:
    """How it is cancelled, and what goes back."""
    say, speaker, policy = writer.say, writer.speaker, plan.cancel
    found = [say(f"plan.ends.{policy.ends}")]
    if plan.prices:
        found.append(say(f"plan.refund.{policy.refund}"))
        if policy.refund == "less_benefits" and plan.delivery_worth:
            found.append(say("plan.worth", money=speaker.minor(plan.delivery_worth)))
        if policy.within is not None:
            found.append(say("plan.within", span=speaker.span(policy.within)))
    return found
