"""Comparing what happened with what was expected."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from setia.flow.memory import MemoryBook
from setia.flow.scenarios.causes import CAUSES
from setia.flow.scenarios.compare_games import GAMES
from setia.flow.scenarios.compare_goals import GOALS
from setia.flow.scenarios.compare_partners import PARTNERS
from setia.flow.scenarios.contesting import CONTESTS
from setia.flow.scenarios.expect import NEVER
from setia.flow.scenarios.friends import differ_of
from setia.flow.scenarios.model import Check, Step, card_code, card_digest
from setia.flow.scenarios.part import last_day
from setia.flow.work import Decision, MemberWork, Standing
from setia.language.check_tiers import measure_decimals
from setia.language.diagnostics import Place
from setia.language.model import Programme
from setia.ledger.lots import Balance, Lot, spend_order
from setia.ledger.plan import fold
from setia.rules.facts import metric_value
from setia.values.card_codes import read_code
from setia.values.codes import EventName
from setia.values.instants import local_date
from setia.values.money import format_scaled
from setia.values.outcomes import Result
from setia.values.stakes import PRICE_DECIMALS

Mismatch = tuple[Place, str, str]
"""Where, what was expected, what was found."""


@dataclass(slots=True)
class Happened:
    """What a step brought about.

    ``before``: balances by (member, unit). ``standings``: what the book stood at before. ``owns``: the decisions that
    answer the step's activity, one for each repetition; ``decisions``: all of the step.
    """

    book: MemoryBook
    members: dict[str, MemberWork]
    before: dict[tuple[str, str], Balance]
    standings: dict[UUID, Standing]
    owns: list[Decision]
    decisions: list[Decision]
    now: dt.datetime

    @property
    def programme(self) -> Programme:
        """The programme in force now."""
        version = self.book.gathered.version_at(self.now)
        return (version or self.book.versions[0]).programme

    @property
    def own(self) -> Result:
        """What answers the activity."""
        return self.owns[-1].result if self.owns else Result()


def compare(step: Step, happened: Happened) -> list[Mismatch]:
    """Everything that is not as ``step`` expects; a step that says nothing of a refusal expects to be accepted."""
    found = [mismatch for check in step.checks if (mismatch := _compare(check, happened)) is not None]
    if happened.owns and not any(check.kind in ("declined", "status") for check in step.checks):
        for own in happened.owns:
            status = _status(own)
            if status != "accepted":
                found.append((step.place, "the activity to be accepted", status))
                break
    return found


def _compare(check: Check, happened: Happened) -> Mismatch | None:
    pair = _COMPARE[check.kind](check, happened)
    return None if pair is None else (check.place, *pair)


def _status(decision: Decision) -> str:
    declined = decision.result.declined
    if declined is None or decision.status == "duplicate":
        return decision.status
    facts = ", ".join(f"{name} {value}" for name, value in declined.facts.items())
    return f"declined: {declined.code}" + (f" ({facts})" if facts else "")


Pair = tuple[str, str] | None


def _unit_text(programme: Programme, unit: str, steps: int) -> str:
    return format_scaled(steps, programme.units[unit].decimals)


def _differ(what: str, wanted: object, real: object) -> Pair:
    return None if wanted == real else (f"{what} {wanted}", str(real))


def _balance(check: Check, happened: Happened) -> Pair:
    unit, _, part = check.key.rpartition(".")
    wanted, is_change = check.value
    member = happened.members.get(check.member)
    now = member.wallet.balances.get(unit, Balance()) if member is not None else Balance()
    was = happened.before.get((check.member, unit), Balance())
    real = _part(now, part) - (_part(was, part) if is_change else 0)
    if wanted == real:
        return None
    programme = happened.programme
    what = f"{part} {unit}"
    if not is_change:
        return f"{what} {_unit_text(programme, unit, wanted)}", _unit_text(programme, unit, real)
    changed = f"{_signed(programme, unit, real)} (from {_unit_text(programme, unit, _part(was, part))}"
    return (
        f"{what} to change by {_signed(programme, unit, wanted)}",
        f"{changed} to {_unit_text(programme, unit, _part(now, part))})",
    )


def _signed(programme: Programme, unit: str, steps: int) -> str:
    return ("+" if steps >= 0 else "") + _unit_text(programme, unit, steps)


def _part(balance: Balance, part: str) -> int:
    return -balance.debt if part == "debt" else int(getattr(balance, part))


def _place(check: Check, happened: Happened) -> Pair:
    """Where the member stands in the line of a drop: the state, and the number in line."""
    state, number = check.value
    member = happened.members.get(check.member)
    places = happened.book.line(check.key, happened.now).places if check.key in happened.book.lines else {}
    place = None if member is None else places.get(member.id)
    real = (None if place is None else place.state, None if place is None else place.number)
    wanted = (state if state is not None else real[0], number if number is not None else real[1])
    return _differ(f"place in '{check.key}'", wanted, real)


def _open_lots(happened: Happened, check: Check) -> list[Lot]:
    member = happened.members.get(check.member)
    lots = [] if member is None else [lot for lot in member.wallet.lots.values() if lot.unit == check.key and lot.left]
    return sorted(lots, key=spend_order)


def _expires(check: Check, happened: Happened) -> Pair:
    programme = happened.programme
    real: dict[dt.datetime, int] = {}
    for lot in _open_lots(happened, check):
        ends = lot.ends_at or NEVER
        real[ends] = real.get(ends, 0) + lot.left

    def shown(items: list[tuple[dt.datetime, int]]) -> str:
        return (
            ", ".join(f"{_unit_text(programme, check.key, n)} {_end(ends, programme)}" for ends, n in items)
            or "nothing"
        )

    found = sorted(real.items())
    return None if found == check.value else (f"{check.key} to end: {shown(check.value)}", shown(found))


def _end(ends: dt.datetime, programme: Programme) -> str:
    if ends == NEVER:
        return "never"
    local = ends.astimezone(programme.zone)
    midnight = local.hour == local.minute == local.second == local.microsecond == 0
    return f"on {last_day(ends, programme.zone)}" if midnight else f"at {local:%Y-%m-%d %H:%M:%S}"


def _lots(check: Check, happened: Happened) -> Pair:
    programme = happened.programme
    real = [_lot(lot, programme) for lot in _open_lots(happened, check)]
    matches = len(real) == len(check.value) and all(
        all(found[name] == value for name, value in wanted.items())
        for found, wanted in zip(real, check.value, strict=True)
    )
    if matches:
        return None
    named = {name for wanted in check.value for name in wanted} or {"left", "expires"}

    def shown(lots: list[dict[str, Any]]) -> str:
        texts = (
            ", ".join(f"{k} {_lot_text(programme, check.key, k, v)}" for k, v in lot.items() if k in named)
            for lot in lots
        )
        return "; ".join(f"({text})" for text in texts) or "none"

    return f"lots of {check.key}: {shown(check.value)}", shown(real)


def _lot(lot: Lot, programme: Programme) -> dict[str, Any]:
    return {
        "amount": lot.amount,
        "left": lot.left,
        "earned": local_date(lot.earned_at, programme.zone),
        "expires": None if lot.ends_at is None else last_day(lot.ends_at, programme.zone),
        "pending": lot.is_pending,
        "rule": lot.rule,
        "pool": lot.pool,
        "issuer": lot.stake.partner,
        "price": lot.stake.price,
    }


def _lot_text(programme: Programme, unit: str, name: str, value: Any) -> str:
    if name in ("amount", "left"):
        return _unit_text(programme, unit, value)
    if name == "price":
        return format_scaled(value, PRICE_DECIMALS)
    return "never" if value is None else str(value)


def _tier(check: Check, happened: Happened) -> Pair:
    return _differ("tier", check.value, happened.members[check.member].progress.tier)


def _until(check: Check, happened: Happened) -> Pair:
    real = happened.members[check.member].progress.tier_until
    zone = happened.programme.zone

    def shown(ends: dt.datetime | None) -> str:
        return "without end" if ends is None else f"through {last_day(ends, zone)}"

    return None if real == check.value else (f"the tier to last {shown(check.value)}", shown(real))


def _because(check: Check, happened: Happened) -> Pair:
    rule, _, unit = check.key.rpartition(".")
    found: list[tuple[int, int]] = []
    for decision in happened.decisions:
        if decision.of is None or decision.standing is None:
            continue
        before = happened.standings.get(decision.of)
        if before is not None:
            found.append((_of_rule(before.result, rule, unit), _of_rule(decision.standing.result, rule, unit)))
    if check.value in found:
        return None
    programme = happened.programme

    def shown(pair: tuple[int, int]) -> str:
        return f"was {_unit_text(programme, unit, pair[0])}, is {_unit_text(programme, unit, pair[1])}"

    real = "; ".join(map(shown, found)) or "no earlier activity decided again"
    return f"rule '{rule}' of the earlier activity: {shown(check.value)}", real


def _of_rule(result: Result, rule: str, unit: str) -> int:
    return sum(award.amount for award in result.awards if (award.rule, award.unit) == (rule, unit))


def _given(check: Check, happened: Happened) -> Pair:
    real: Counter[tuple[str, str]] = Counter()
    for decision in happened.decisions:
        if decision.status == "accepted" and decision.standing is None:
            items = decision.result.awards if check.kind == "gave" else decision.result.takes
            for item in items:
                if item.rule:
                    real[item.rule, item.unit] += item.amount
    wanted = {key: amount for key, amount in check.value.items() if amount}
    found = {key: amount for key, amount in real.items() if amount}
    programme = happened.programme

    def shown(amounts: dict[tuple[str, str], int]) -> str:
        texts = (f"{rule} {_unit_text(programme, unit, n)} {unit}" for (rule, unit), n in sorted(amounts.items()))
        return ", ".join(texts) or "nothing"

    verb = "to give" if check.kind == "gave" else "to take"
    return None if wanted == found else (f"rules {verb}: {shown(wanted)}", shown(found))


def _counted(what: str, wanted: dict[str, int], real: dict[str, int]) -> Pair:
    wanted = {name: count for name, count in wanted.items() if count}
    real = {name: count for name, count in real.items() if count}

    def shown(counts: dict[str, int]) -> str:
        return ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "none"

    return None if wanted == real else (f"{what}: {shown(wanted)}", shown(real))


def _rewards(check: Check, happened: Happened) -> Pair:
    real: Counter[str] = Counter()
    for decision in happened.decisions:
        if decision.status == "accepted" and decision.standing is None:
            for issue in decision.result.issues:
                real[issue.reward] += issue.quantity
    return _counted("rewards handed over", check.value, dict(real))


def _vouchers(check: Check, happened: Happened) -> Pair:
    real: Counter[str] = Counter()
    for voucher in happened.members[check.member].vouchers.values():
        if voucher.state == "issued":
            real[voucher.reward] += voucher.quantity
    return _counted("vouchers in hand", check.value, dict(real))


def _used(check: Check, happened: Happened) -> Pair:
    real: Counter[str] = Counter()
    for use in happened.own.uses:
        real[use.reward] += use.quantity
    return _counted("vouchers and codes used", check.value, dict(real))


def _unused(check: Check, happened: Happened) -> Pair:
    facts = happened.owns[-1].facts.get("v", ()) if happened.owns else ()
    used = {use.code for use in happened.own.uses}
    real = sorted(fact["r"] for fact in facts if fact["c"] not in used and "r" in fact)
    return _differ(
        "vouchers and codes left unused:", ", ".join(sorted(check.value)) or "none", ", ".join(real) or "none"
    )


def _left(check: Check, happened: Happened) -> Pair:
    real: Counter[str] = Counter()
    for voucher in happened.members[check.member].vouchers.values():
        if voucher.state == "issued":
            real[voucher.reward] += voucher.left
    return _counted("left of vouchers", check.value, dict(real))


def _declined(check: Check, happened: Happened) -> Pair:
    if not happened.owns:
        return f"to be declined: {check.value}", "a step without an activity"
    own = happened.owns[-1]
    declined = own.result.declined
    if declined is not None and declined.code.value == check.value and own.status != "duplicate":
        return None
    return f"to be declined: {check.value}", _status(own)


def _is_status(check: Check, happened: Happened) -> Pair:
    if not happened.owns:
        return f"to be {check.key}", "a step without an activity"
    own = happened.owns[-1]
    if (own.status == check.key) is check.value:
        return None
    return f"{'to be' if check.value else 'not to be'} {check.key}", _status(own)


def _money(check: Check, happened: Happened) -> Pair:
    decimals = happened.programme.currency_decimals
    totals: dict[str, int] = happened.own.totals
    answer = happened.owns[-1].answer if happened.owns else {}
    default = totals.get("total", 0) if check.key == "payable" else 0
    declined = happened.own.declined
    told = {} if declined is None else declined.facts
    real = totals.get(check.key, answer.get(check.key, told.get(check.key, default)))
    return _differ(check.key, format_scaled(check.value, decimals), format_scaled(real, decimals))


def _delivery(check: Check, happened: Happened) -> Pair:
    is_free, speed = check.value
    real = happened.own.delivery or (False, "standard")
    if is_free == real[0] and speed in (None, real[1]):
        return None

    def shown(free: bool, how: str | None) -> str:
        return ("free" if free else "not free") + (f", {how}" if how else "")

    return f"delivery: {shown(is_free, speed)}", shown(*real)


def _events(check: Check, happened: Happened) -> Pair:
    real = Counter(event.name.value for decision in happened.decisions for event in decision.events)
    wrong = [
        name if count is None else f"{count} {name}"
        for name, count in check.value.items()
        if (not real[name] if count is None else real[name] != count)
    ]
    if not wrong:
        return None
    return f"events {', '.join(wrong)}", ", ".join(f"{count} {name}" for name, count in real.items()) or "none"


def _answered_units(check: Check, happened: Happened) -> Pair:
    real: dict[str, int] = happened.owns[-1].answer.get(check.kind, {}) if happened.owns else {}
    programme = happened.programme

    def shown(units: dict[str, int]) -> str:
        return ", ".join(f"{_unit_text(programme, unit, n)} {unit}" for unit, n in sorted(units.items())) or "none"

    return None if real == check.value else (f"{check.kind}: {shown(check.value)}", shown(real))


def _benefit_cost(check: Check, happened: Happened) -> Pair:
    programme = happened.programme
    real = (happened.owns[-1].answer if happened.owns else {}).get("benefit_cost", {"money": 0, "units": {}})

    def shown(money: int, units: dict[str, int]) -> str:
        texts = (f"{_unit_text(programme, unit, n)} {unit}" for unit, n in sorted(units.items()))
        return ", ".join((format_scaled(money, programme.currency_decimals), *texts))

    return _differ("the protected level to cost", shown(*check.value), shown(real["money"], real["units"]))


def _to_stay(check: Check, happened: Happened) -> Pair:
    told = [
        event.data["missing"]
        for decision in happened.decisions
        for event in decision.events
        if event.name is EventName.TIER_DOWNGRADE_UPCOMING
    ]
    ways = [way for missing in told for way in (missing if isinstance(missing, list) else [{"": missing}])]
    real = [{name: steps for name, steps in way.items() if steps} for way in ways]
    if check.value in real:
        return None
    tiers = happened.programme.tiers
    scales = (0,) if tiers is None else measure_decimals(happened.programme, tiers)
    decimals = dict(zip(() if tiers is None else tiers.metrics, scales, strict=False))

    def shown(way: dict[str, int]) -> str:
        return " and ".join(
            f"{format_scaled(n, decimals.get(name, scales[0]))} {name}".strip() for name, n in way.items()
        )

    return f"missing to stay: {shown(check.value)}", " or ".join(map(shown, real)) or "no notice"


def _kept(check: Check, happened: Happened) -> Pair:
    real = sorted(happened.owns[-1].answer.get("kept", [])) if happened.owns else []
    return _differ("rewards that stay:", ", ".join(sorted(check.value)) or "none", ", ".join(real) or "none")


def _metric(check: Check, happened: Happened) -> Pair:
    programme = happened.programme
    metric = programme.metrics[check.key]
    day = local_date(happened.now, programme.zone)
    real = metric_value(metric, happened.members[check.member].progress, day)
    return _differ(check.key, format_scaled(check.value, metric.decimals), format_scaled(real, metric.decimals))


def _house(check: Check, happened: Happened) -> Pair:
    amount, decimals = check.value
    real = happened.book.gathered.house.get(check.key, 0)
    return _differ(f"left of {check.key}:", format_scaled(amount, decimals), format_scaled(real, decimals))


def _as_of(check: Check, happened: Happened) -> Pair:
    at, known, amount = check.value
    member = happened.members[check.member]
    entries = [
        entry
        for decision in happened.book.decisions
        if decision.activity.member_id == member.id and (known is None or decision.activity.recorded_at <= known)
        for entry in decision.entries
        if entry.effective_at <= at and entry.unit == check.key
    ]
    real = fold({}, entries).get(check.key, Balance()).spendable
    programme = happened.programme
    return _differ(
        f"{check.key} as of {at.astimezone(programme.zone):%Y-%m-%d %H:%M}",
        _unit_text(programme, check.key, amount),
        _unit_text(programme, check.key, real),
    )


def _plan(check: Check, happened: Happened) -> Pair:
    membership = happened.members[check.member].progress.membership
    period = None if membership is None else membership.at(happened.now)
    return _differ("plan", check.value, "none" if period is None else period.plan)


def _plan_time(check: Check, happened: Happened) -> Pair:
    membership = happened.members[check.member].progress.membership
    real = None
    if membership is not None and check.key == "due":
        real = None if membership.invoice is None else membership.invoice.due_at
    elif membership is not None:
        real = None if membership.last is None else membership.last.ends_at

    def shown(at: dt.datetime | None) -> str:
        return "never" if at is None else f"{at.astimezone(happened.programme.zone):%Y-%m-%d %H:%M}"

    return _differ(check.key, shown(check.value), shown(real))


def _plan_money(check: Check, happened: Happened) -> Pair:
    """The open invoice and the credit now; what is asked for and goes back in this step."""
    membership = happened.members[check.member].progress.membership
    effects = [decision.effects for decision in happened.decisions if decision.effects is not None]
    real = 0
    if check.key == "invoice":
        real = 0 if membership is None or membership.invoice is None else membership.invoice.amount
    elif check.key == "credit":
        real = 0 if membership is None else membership.credit
    elif check.key == "asked":
        real = sum(charge.amount for found in effects for charge in found.charges)
    else:
        real = sum(found.refunded for found in effects)
    decimals = happened.programme.currency_decimals
    return _differ(check.key, format_scaled(check.value, decimals), format_scaled(real, decimals))


def _card(check: Check, happened: Happened) -> Pair:
    """A gift card: what is on it, whether it can be used, and the last day of what ends first."""
    programme, book = happened.programme, happened.book.gathered
    file, _, name = check.key.partition("\n")
    wallet = book.cards.get(card_digest(file, name))
    card = None if wallet is None else book.members.get(wallet)
    policy = programme.gift_cards
    real: dict[str, Any] = {"left": 0, "held": 0, "state": "reserved", "expires": None}
    if card is not None and policy is not None and card.progress.card is not None:
        balance = card.wallet.balances.get(policy.unit, Balance())
        ends = min((lot.ends_at or NEVER for lot in card.wallet.open_lots(policy.unit)), default=NEVER)
        day = None if ends == NEVER else last_day(ends, programme.zone)
        real = {"left": balance.spendable, "held": balance.held, "state": card.progress.card["state"], "expires": day}

    def shown(found: dict[str, Any]) -> str:
        money = {
            key: format_scaled(found[key], programme.currency_decimals) for key in ("left", "held") if key in found
        }
        return ", ".join(f"{key} {money.get(key, found[key] or 'never')}" for key in check.value)

    return _differ(f"card {name}:", shown(check.value), shown(real))


def _tendered(check: Check, happened: Happened) -> Pair:
    """What cards pay, or what goes back to which tender: cards by their names, what is short as ``short``."""
    decimals = happened.programme.currency_decimals
    own = happened.owns[-1] if happened.owns else None
    lasts = {read_code(card_code(check.key, name))[1]: name for name in check.value}
    real: Counter[str] = Counter()
    if own is not None and check.kind == "charged":
        for card in own.result.cards:
            real[lasts.get(card.last, f"…{card.last}")] += card.amount
    elif own is not None:
        for name, last, money, _ in own.answer.get("refund", ()):
            real[lasts.get(last, f"…{last}") if last else name] += money
        real["short"] = own.answer.get("sold_short", 0) + own.answer.get("shortfall_money", 0)
    what = "cards to pay" if check.kind == "charged" else "to go back"
    wanted = {name: amount for name, amount in check.value.items() if amount}

    def shown(amounts: dict[str, int]) -> str:
        return (
            ", ".join(f"{format_scaled(n, decimals)} {name}" for name, n in sorted(amounts.items()) if n) or "nothing"
        )

    return _differ(what + ":", shown(wanted), shown(dict(real)))


def _referral(check: Check, happened: Happened) -> Pair:
    return differ_of(check.value, happened.members[check.member].progress.brought, happened.programme.zone)


_COMPARE: Final[dict[str, Callable[[Check, Happened], Pair]]] = {
    "balance": _balance,
    "expires": _expires,
    "lots": _lots,
    "tier": _tier,
    "plan": _plan,
    "plan_time": _plan_time,
    "plan_money": _plan_money,
    "until": _until,
    "because": _because,
    "gave": _given,
    "took": _given,
    "rewards": _rewards,
    "vouchers": _vouchers,
    "used": _used,
    "unused": _unused,
    "left": _left,
    "declined": _declined,
    "status": _is_status,
    "money": _money,
    "delivery": _delivery,
    "events": _events,
    "benefit_cost": _benefit_cost,
    "to_stay": _to_stay,
    "shortfall": _answered_units,
    "restored": _answered_units,
    "kept": _kept,
    "metric": _metric,
    "house": _house,
    **PARTNERS,
    **CAUSES,
    "as_of": _as_of,
    **GAMES,
    **GOALS,
    **CONTESTS,
    "card": _card,
    "charged": _tendered,
    "refund": _tendered,
    "referral": _referral,
    "place": _place,
}
