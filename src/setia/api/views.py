"""A member as the surfaces show them: balances with what expires when, the tier with what is missing, rewards."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from setia.api.declines import message
from setia.api.reads import Picture
from setia.api.standings import money
from setia.api.writing import Json, instant, life_json, text, units
from setia.language.benefits import BenefitValue, Delivery
from setia.language.model import Gives, Level, Measure, Metric, Programme, Reward
from setia.ledger.lots import FAR, Lot
from setia.members.model import Member
from setia.rewards.store import VoucherRow
from setia.rules import ladder
from setia.values.ids import public_id
from setia.values.instants import local_date
from setia.values.money import format_scaled

_KINDS = {"external": "external_id"}
MOST_DATES = 50


def member_json(member: Member) -> Json:
    """Who a member is."""
    return {
        "id": public_id("mem", member.id),
        "name": member.name,
        "email": member.email,
        "phone": member.phone,
        "birthday": member.birthday.isoformat() if member.birthday else None,
        "attributes": member.attributes,
        "is_blocked": member.is_blocked,
        "joined_at": instant(member.joined_at),
        "identifiers": [{"kind": _KINDS.get(i.kind, i.kind), "value": i.value} for i in member.identifiers],
        "revision": member.revision,
    }


def greeting_json(member: Member) -> Json:
    """Who stands at the till: what the cashier needs and no more."""
    return {
        "id": public_id("mem", member.id),
        "name": member.name,
        "is_blocked": member.is_blocked,
        "joined_at": instant(member.joined_at),
    }


def balances_json(picture: Picture, language: str) -> list[Json]:
    """Each unit of the programme: what can be spent, what is pending until when, what expires when."""
    out: list[Json] = []
    for name, unit in picture.programme.units.items():
        balance = picture.balance(name)
        lots = [lot for lot in picture.lots if lot.unit == name]
        pending = _by_date((lot.activates_at, lot) for lot in lots if lot.is_pending)
        ending = _by_date((at, lot) for lot in lots if not lot.is_pending and (at := lot.ends_at) is not None)
        worth = int(max(balance.spendable, 0) * unit.worth / 10**unit.decimals)
        out.append(
            {
                "unit": name,
                "title": text(unit.title, language, name),
                "spendable": units(picture.programme, name, max(balance.spendable, 0)),
                "available": units(picture.programme, name, balance.available),
                "pending": units(picture.programme, name, balance.pending),
                "held": units(picture.programme, name, balance.held),
                "debt": units(picture.programme, name, -balance.debt),
                "worth": money(picture.programme, worth) if unit.worth else None,
                "activating": [
                    {"amount": units(picture.programme, name, amount), "at": instant(at)} for at, amount in pending
                ],
                "expiring": [
                    {"amount": units(picture.programme, name, amount), "at": instant(at)} for at, amount in ending
                ],
            }
        )
    return out


def _by_date(dated: Iterable[tuple[dt.datetime | None, Lot]]) -> list[tuple[dt.datetime, int]]:
    sums: dict[dt.datetime, int] = {}
    for at, lot in dated:
        sums[at or FAR] = sums.get(at or FAR, 0) + lot.left
    return sorted(sums.items())[:MOST_DATES]


def holds_json(picture: Picture) -> list[Json]:
    """What is set aside for payments that are not settled yet."""
    return [
        {
            "id": public_id("hld", hold.id),
            "unit": hold.unit,
            "amount": units(picture.programme, hold.unit, hold.amount),
            "lapses_at": instant(hold.lapses_at),
        }
        for hold in picture.holds
    ]


def tier_json(picture: Picture, language: str) -> Json | None:
    """The level the member stands on, until when, and how far the next one is; None in a programme without tiers."""
    programme, tiers = picture.programme, picture.programme.tiers
    if tiers is None:
        return None
    level = ladder.level_of(tiers, picture.progress)
    spendable = {unit: balance.spendable for unit, balance in picture.wallet.balances.items()}
    value = ladder.measure(programme, picture.progress, spendable, local_date(picture.now, programme.zone))
    above = tiers.levels[level.rank + 1] if level.rank + 1 < len(tiers.levels) else None
    until = picture.progress.tier_until
    return {
        "level": level.name,
        "title": text(level.title, language, level.name),
        "since": instant(picture.progress.tier_since),
        "until": instant(until),
        "counts": list(tiers.metrics) if len(tiers.metrics) > 1 else tiers.unit or tiers.metrics[0],
        "value": _measure(programme, value),
        "missing_to_keep": _ways(programme, level.missing(value)) if until is not None else None,
        "benefits": benefits_json(programme, level),
        "next": None
        if above is None
        else {
            "level": above.name,
            "title": text(above.title, language, above.name),
            "from": _ways(programme, above.needs),
            "missing": _ways(programme, above.missing(value)),
        },
    }


def levels_json(picture: Picture, language: str) -> list[Json]:
    """All levels of the ladder, with what they give."""
    programme = picture.programme
    return [
        {
            "level": level.name,
            "title": text(level.title, language, level.name),
            "from": _ways(programme, level.needs),
            "benefits": benefits_json(programme, level),
        }
        for level in (programme.tiers.levels if programme.tiers else ())
    ]


def benefits_json(programme: Programme, level: Level) -> Json:
    """What a level gives, besides what rules make of it."""
    out: Json = {name: _benefit(value) for name, value in level.benefits.items()}
    if level.discount:
        out["discount_percent"] = _decimal(level.discount * 100)
    if isinstance(level.delivery, Delivery):
        free = level.delivery.free_from
        out["delivery"] = {
            "free_from": None if free is None else money(programme, free),
            "speed": level.delivery.speed,
        }
    return out


def _benefit(value: BenefitValue) -> Any:
    if isinstance(value, bool | str):
        return value
    return list(value) if isinstance(value, tuple) else _decimal(value)


def _decimal(value: Any) -> str:
    scaled = round(value * 10**6)
    return format_scaled(scaled, 6).rstrip("0").rstrip(".")


def _measure(programme: Programme, value: Measure) -> Any:
    """What the ladder counts: one value, or one for each of several metrics."""
    tiers = programme.tiers
    assert tiers is not None
    if tiers.unit is not None:
        return {"amount": units(programme, tiers.unit, value[0]), "unit": tiers.unit}
    found = {
        name: metric_json(programme, programme.metrics[name], steps)
        for name, steps in zip(tiers.metrics, value, strict=True)
    }
    return found if len(found) > 1 else found[tiers.metrics[0]]


def _ways(programme: Programme, ways: tuple[Measure, ...]) -> Any:
    """What a level asks for, or what is missing of it: of several metrics a list of the ways to it."""
    tiers = programme.tiers
    assert tiers is not None
    if len(tiers.metrics) < 2:
        return _measure(programme, ways[0])
    return [
        {
            name: metric_json(programme, programme.metrics[name], steps)
            for name, steps in zip(tiers.metrics, way, strict=True)
            if steps
        }
        for way in ways
    ]


def metric_json(programme: Programme, metric: Metric, value: int) -> Json:
    """A value of a metric: money, units, or a plain number."""
    if metric.kind == "earned" and metric.unit is not None:
        return {"amount": units(programme, metric.unit, value), "unit": metric.unit}
    if metric.kind == "sum" and metric.decimals == programme.currency_decimals and metric.decimals:
        return money(programme, value)
    return {"amount": format_scaled(value, metric.decimals)} if metric.decimals else {"amount": value}


def rewards_json(picture: Picture, language: str) -> list[Json]:
    """What can be had for units, what the member can afford first, and why not the others."""
    programme = picture.programme
    offers = [
        (picture.why_not(reward, least_pieces(programme, reward)), reward)
        for reward in programme.rewards.values()
        if reward.costs  # the others are given by rules, never bought
    ]
    out: list[Json] = []
    for declined, reward in sorted(offers, key=lambda offer: (offer[0] is not None, sum(offer[1].costs.values()))):
        why = None
        if declined is not None:
            why = {"code": declined.code.value, "message": message(programme, declined.code, declined.facts)}
        out.append(
            {
                "reward": reward.name,
                "title": text(reward.title, language, reward.name),
                "gives": gives_json(programme, reward.gives),
                "costs": {unit: units(programme, unit, steps) for unit, steps in reward.costs.items()},
                "per": reward.per,
                "can_claim": declined is None,
                "why_not": why,
                "missing": _missing(picture, reward),
                "stock": picture.house.get(f"stock:{reward.name}"),
                "valid_for": str(reward.valid) if reward.valid else None,
            }
        )
    return out


def least_pieces(programme: Programme, reward: Reward) -> int:
    """How many pieces are claimed at least: of a gift card so many that it has the least that one may have on it."""
    cards, amount = programme.gift_cards, reward.gives.amount
    if reward.gives.kind != "gift_card" or cards is None or amount is None:
        return 1
    return max(-(-(cards.least or 0) // amount), 1)


def _missing(picture: Picture, reward: Reward) -> Json:
    pieces = -(-least_pieces(picture.programme, reward) // reward.per)
    return {
        unit: units(picture.programme, unit, steps * pieces - max(picture.balance(unit).spendable, 0))
        for unit, steps in reward.costs.items()
        if steps * pieces > max(picture.balance(unit).spendable, 0)
    }


def gives_json(programme: Programme, gives: Gives) -> Json:
    """What a reward hands over."""
    out: Json = {"kind": gives.kind}
    if gives.product is not None:
        out["product"] = gives.product
    if gives.product_where is not None:
        out["product_where"] = gives.product_where.source
    if gives.percent is not None:
        out["percent"] = _decimal(gives.percent * 100)
    if gives.amount is not None:
        out["amount"] = money(programme, gives.amount)
    if gives.at_most is not None:
        out["at_most"] = money(programme, gives.at_most)
    if gives.text is not None:
        out["badge" if gives.kind == "badge" else "text"] = gives.text
    if gives.lines is not None:
        out["lines"] = gives.lines.source
    if gives.threshold is not None:
        out["from"] = money(programme, gives.threshold)
    if gives.every is not None:
        out["every"] = gives.every
    if gives.keep_rest:
        out["keep_rest"] = True
    if gives.choice:
        out["choice"] = list(gives.choice)
    return out


def vouchers_json(picture: Picture, vouchers: Iterable[VoucherRow], language: str) -> list[Json]:
    """Rewards in the member's hand; what is past its last day has lapsed, whatever was last written."""
    return [_voucher(picture, voucher, language) for voucher in vouchers]


def _voucher(picture: Picture, voucher: VoucherRow, language: str) -> Json:
    reward = picture.programme.rewards.get(voucher.reward)
    over = voucher.valid_until is not None and voucher.valid_until <= picture.now
    return {
        "id": f"vch_{voucher.no}",
        "reward": voucher.reward,
        "title": text(reward.title, language, voucher.reward) if reward else voucher.reward,
        "gives": gives_json(picture.programme, reward.gives) if reward else None,
        "quantity": voucher.quantity,
        "state": "lapsed" if over and voucher.state == "issued" else voucher.state,
        "issued_at": instant(voucher.issued_at),
        "valid_until": instant(voucher.valid_until),
        "cost": {unit: units(picture.programme, unit, steps) for unit, steps in voucher.cost.items()},
        **life_json(picture.programme, voucher),
    }
