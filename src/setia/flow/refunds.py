"""To whom what goes back: the parts of each tender, and results by the proportional method. Pure."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from setia.flow.work import Standing
from setia.language.model import Programme
from setia.rules.tender import Tender, tenders_of
from setia.values.activities import Body
from setia.values.outcomes import Award, Result


def refund_parts(before: list[Tender], after: list[Tender]) -> list[tuple[str, str, int, int]]:
    """What goes back to each tender, as (name, last characters of a card's code, minor units of money, steps)."""
    left = {(tender.name, tender.card): tender for tender in after}
    found: list[tuple[str, str, int, int]] = []
    for tender in before:
        kept = left.pop((tender.name, tender.card), None)
        steps = tender.steps - (0 if kept is None else kept.steps)
        if steps:
            found.append((tender.name, tender.last, int(steps * tender.step), steps))
    found += [(tender.name, tender.last, -int(tender.worth), -tender.steps) for tender in left.values()]
    return found


def less_share(amount: int, share: Fraction) -> int:
    """``amount`` without a share of it, which is rounded down."""
    return amount - int(amount * share)


def scaled(programme: Programme, old: Result, standing: Standing, share: Fraction, body: Body) -> Result:
    """The proportional method: of every award the same share of the order goes back in all, rounded down."""
    first = [(award.rule, award.unit, award.amount) for award in (standing.first_result or old).awards]
    total: dict[str, int] = {}
    for _, unit, amount in first:
        total[unit] = total.get(unit, 0) + amount
    awards: list[Award] = []
    for unit in total:
        keep = less_share(total[unit], share)
        running = done = 0
        for award in (standing.first_result or old).awards:
            if award.unit != unit:
                continue
            running += award.amount
            part = keep * running // total[unit] - done
            done += part
            awards.append(replace(award, amount=part))
    source = standing.first_result or old
    spend = body.get("spend", {})
    takes = [replace(take, amount=spend[take.unit]) if take.reason == "payment" else take for take in source.takes]
    paid = {item["card"]: item["amount"] for item in body.get("gift_cards", ())}
    charged = [replace(card, amount=paid[card.card]) for card in source.cards]
    metrics = {name: less_share(amount, share) for name, amount in source.metrics.items()}
    new = replace(old, awards=awards, takes=takes, metrics=metrics, cards=charged)
    new.totals = {**source.totals, "total": less_share(source.totals["total"], share)}
    if "benefit" in new.totals:
        new.totals["benefit"] = less_share(new.totals["benefit"], share)
    if "payable" in source.totals:
        new.totals["payable"] = 0
        worth = sum(tender.worth for tender in tenders_of(programme, body, new))
        new.totals["payable"] = max(new.totals["total"] - int(worth), 0)
    return new


def share_of(standing: Standing, returned: dict[str, int]) -> Fraction:
    """Which share of the order's money is returned in all."""
    gross = gone = 0
    for line in standing.first_body["lines"]:
        net = line["amount"] - line.get("discount", 0)
        gross += net
        gone += net * min(returned.get(line["id"], 0), line["quantity"]) // line["quantity"]
    return Fraction(gone, gross) if gross else Fraction(1)
