"""Writing answers: money, units, instants and ids as the API shows them, and decisions as callers read them."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from setia.api.declines import message, public_facts
from setia.api.standings import money as money
from setia.api.standings import plan_json
from setia.flow.guests import NOBODY
from setia.flow.work import Decision, Voucher
from setia.language.contracts import Text
from setia.language.model import Programme
from setia.ledger.lots import Balance
from setia.programmes.model import Edition
from setia.rewards.store import VoucherRow
from setia.values.codes import Built
from setia.values.ids import public_id
from setia.values.money import format_scaled
from setia.values.outcomes import Award, CardMoney, Issue, Result, result_from_json
from setia.values.secret_codes import is_well_made, shown

Json = dict[str, Any]
_AMENDING = frozenset((Built.RETURN.value, Built.CANCEL.value, Built.UNCLAIM.value, Built.RERATED.value))


_TOPPED_UP = {"en": "Topped up", "id": "Isi ulang", "ms": "Tambah nilai"}


def instant(at: dt.datetime | None) -> str | None:
    """RFC 3339 in UTC with ``Z``."""
    return None if at is None else at.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def units(programme: Programme, unit: str, steps: int) -> int | str:
    """Steps of a unit: a whole number, or a decimal text when the unit has decimals."""
    found = programme.units.get(unit)
    return steps if found is None or not found.decimals else format_scaled(steps, found.decimals)


def text(words: Text, language: str, otherwise: str = "") -> str:
    """The words in ``language``, else in English, else as they were given."""
    return words.get(language) or words.get("en") or words.get("") or next(iter(words.values()), otherwise)


def activity_id(value: UUID) -> str:
    """``act_…``."""
    return public_id("act", value)


def programme_of(edition: Edition, number: int) -> Programme:
    """The programme of a version; the newest one for a number that is not there (what was never decided has 0)."""
    for version in edition.versions:
        if version.number == number:
            return version.programme
    return edition.versions[-1].programme


def decision_json(edition: Edition, decision: Decision, language: str = "en") -> Json:
    """A decision as the caller reads it: what was earned, spent, handed over, and why not."""
    programme = programme_of(edition, decision.version)
    activity, result, answer = decision.activity, decision.result, decision.answer
    if "quoted" in answer:  # a promise gives nothing; what is told is what the purchase would
        result = result_from_json(answer["quoted"])
    # What is refused outright leaves no trace, so it has no id that could be asked for later.
    recorded: UUID | None = {"duplicate": decision.of, "refused": None}.get(decision.status, activity.id)
    out: Json = {
        "status": "declined" if decision.status == "refused" else decision.status,
        "activity": None if recorded is None else activity_id(recorded),
        "type": activity.type,
        "member": None if activity.member_id == NOBODY else public_id("mem", activity.member_id),
        "source": activity.source,
        "external_id": activity.external_id,
        "occurred_at": instant(activity.occurred_at),
        "recorded_at": instant(activity.recorded_at),
        "version": decision.version or None,
    }
    if result.declined is not None:
        out["declined"] = declined_json(programme, decision)
        return out | _answer(programme, answer)
    # Of a return or a revision: what the sale has earned once it is booked, not what came in addition.
    is_amendment = activity.type in _AMENDING or activity.revision > 0
    out["stands" if is_amendment else "earned"] = [_award(programme, award, language) for award in result.awards]
    out["spent"] = [
        {"unit": take.unit, "amount": units(programme, take.unit, take.amount), "for": _for(take.reason, take.rule)}
        for take in result.takes
        if take.amount
    ]
    out["rewards"] = _rewards(programme, decision, language)
    if decision.facts.get("v"):
        out["vouchers"] = uses_json(decision, programme)
    if result.totals:
        out["totals"] = {name: money(programme, minor) for name, minor in result.totals.items()}
        for name, cards in (("gift_cards", result.cards), ("sold_cards", result.sold)):
            if cards:
                out[name] = [_card(programme, card) for card in cards]
        out["discounts"] = [
            {"for": discount.source, "amount": money(programme, discount.amount)} for discount in result.discounts
        ]
    out |= _extras(programme, result)
    out["changes"] = changes(programme, decision)
    out |= _answer(programme, answer)
    return out


def declined_json(programme: Programme, decision: Decision) -> Json:
    """Why not: code, a sentence, and the facts."""
    declined = decision.result.declined
    assert declined is not None
    return {
        "code": declined.code.value,
        "message": message(programme, declined.code, declined.facts),
        "data": public_facts(programme, declined.facts),
    }


def changes(programme: Programme, decision: Decision) -> Json:
    """Unit → by how much each of the member's accounts changed with this activity."""
    moved: dict[str, Balance] = {}
    for entry in decision.entries:
        balance = moved.setdefault(entry.unit, Balance())
        balance.add(entry.debit, -entry.amount)
        balance.add(entry.credit, entry.amount)
    return {
        unit: {
            name: units(programme, unit, amount)
            for name in ("available", "pending", "held", "debt")
            if (amount := getattr(balance, name))
        }
        for unit, balance in moved.items()
    }


def voucher_json(programme: Programme, voucher: Voucher, language: str) -> Json:
    """A voucher in a member's hand."""
    reward = programme.rewards.get(voucher.reward)
    return {
        "id": f"vch_{voucher.no}",
        "reward": voucher.reward,
        "title": text(reward.title, language, voucher.reward) if reward else voucher.reward,
        "quantity": voucher.quantity,
        "state": voucher.state,
        "issued_at": instant(voucher.issued_at),
        "valid_until": instant(voucher.valid_until),
        **life_json(programme, voucher),
    }


def life_json(programme: Programme, voucher: Voucher | VoucherRow) -> Json:
    """The code of a voucher, from when on it can be used, and what is left of it."""
    return {
        "code": shown(voucher.code) if is_well_made(voucher.code) else voucher.code or None,
        "activates_at": instant(voucher.activates_at),
        "left": money(programme, voucher.left) if voucher.worth else voucher.left,
        "gift_card": None if voucher.card is None else public_id("crd", voucher.card),
    }


def uses_json(decision: Decision, programme: Programme) -> list[Json]:
    """What became of the vouchers and codes that were brought: used, with how much cheaper they made it, or not."""
    used = {use.code: use for use in decision.result.uses}
    found: list[Json] = []
    for fact in decision.facts.get("v", ()):
        use = used.get(fact["c"])
        item: Json = {"code": fact["c"], "reward": fact.get("r"), "is_used": use is not None}
        item["amount"] = money(programme, 0 if use is None else use.amount)
        found.append(item)
    return found


def rule_title(programme: Programme, rule: str, language: str) -> str:
    """What a rule is called in front of people; what no rule gives was topped up."""
    if not rule:
        return _TOPPED_UP.get(language, _TOPPED_UP["en"])
    found = programme.rules.get(rule) or programme.games.get(rule) or programme.draws.get(rule)
    return text(found.title, language, rule) if found else rule


def _award(programme: Programme, award: Award, language: str) -> Json:
    return {
        "unit": award.unit,
        "amount": units(programme, award.unit, award.amount),
        "rule": award.rule,
        "title": rule_title(programme, award.rule, language),
        "activates_at": instant(award.activates_at),
        "expires_at": instant(award.expires_at),
    }


def _card(programme: Programme, card: CardMoney) -> Json:
    return {"card": public_id("crd", UUID(hex=card.card)), "last": card.last, "amount": money(programme, card.amount)}


def _tender(programme: Programme, name: str, last: str, minor: int, steps: int) -> Json:
    """What goes back to a tender: its money, of a unit how many, of a card the last characters of its code."""
    out: Json = {"tender": name, "money": money(programme, minor)}
    if name in programme.units:
        out["amount"] = units(programme, name, steps)
    return out | ({"last": last} if last else {})


def _rewards(programme: Programme, decision: Decision, language: str) -> list[Json]:
    out = [voucher_json(programme, voucher, language) for voucher in decision.vouchers]
    out += [_used(programme, issue, language) for issue in decision.result.issues if issue.in_order]
    return out


def _used(programme: Programme, issue: Issue, language: str) -> Json:
    reward = programme.rewards.get(issue.reward)
    return {
        "id": None,
        "reward": issue.reward,
        "title": text(reward.title, language, issue.reward) if reward else issue.reward,
        "quantity": issue.quantity,
        "state": "used",
        "issued_at": None,
        "valid_until": None,
        "code": None,
        "activates_at": None,
        "left": 0,
    }


def _for(reason: str, rule: str) -> str:
    return reason or f"rule:{rule}"


def _extras(programme: Programme, result: Result) -> Json:
    out: Json = {}
    if result.delivery is not None:
        out["delivery"] = {"free": result.delivery[0], "speed": result.delivery[1]}
    if result.tier is not None:
        change = result.tier
        out["tier"] = {
            "from": change.before, "to": change.level, "is_up": change.is_up, "until": instant(change.until),
        }  # fmt: skip
    return out


def _merged(programme: Programme, told: Json) -> Json:
    """What a merge brings together, for whoever looks before and afterwards."""
    before, level, until = told["tier"]
    return {
        "other": public_id("mem", UUID(told["other"])),
        "until": _z(told["until"]),
        "tier": {"before": before, "level": level, "until": None if until is None else _z(until)},
        "lots": [
            {"unit": unit, "amount": units(programme, unit, steps), "expires_at": None if at is None else _z(at)}
            for unit, steps, at in told["lots"]
        ],
        "vouchers": [{"voucher": f"vch_{number}", "reward": reward} for number, reward in told.get("vouchers", ())],
        "duplicates": [
            {"rule": rule, "unit": unit, "amount": units(programme, unit, steps),
             "taken_back": units(programme, unit, taken)}
            for rule, unit, steps, taken in told["duplicates"]
        ],
    }  # fmt: skip


def _answer(programme: Programme, answer: Json) -> Json:
    out: Json = {}
    if "hold" in answer:
        hold = answer["hold"]
        out["hold"] = {"id": public_id("hld", UUID(hex=hold["id"])), "lapses_at": _z(hold["lapses_at"])}
    if "reserved" in answer:
        out["reserved"] = {"codes": answer["reserved"]["codes"], "until": _z(answer["reserved"]["until"])}
    if "promise" in answer:
        told = answer["promise"]
        reserved = [{"account": account, "steps": steps} for account, steps in told["reserved"].items()]
        out["promise"] = {"session": told["session"], "until": _z(told["until"]), "reserved": reserved}
    if "exchanged" in answer:
        told = answer["exchanged"]
        out["exchanged"] = {
            "exchange": told["exchange"],
            "took": {"unit": told["unit"], "amount": units(programme, told["unit"], told["took"])},
            "fee": units(programme, told["unit"], told["fee"]),
            "gave": {"unit": told["as"], "amount": units(programme, told["as"], told["gave"])},
            "partner": told["partner"],
        }
    if "released" in answer:
        out["released"] = answer["released"]
    if "claimable_until" in answer:
        out["claimable_until"] = _z(answer["claimable_until"])
    for name in ("shortfall", "restored"):
        if name in answer:
            out[name] = {unit: units(programme, unit, steps) for unit, steps in answer[name].items()}
    if "refund" in answer:
        out["refund"] = [_tender(programme, *part) for part in answer["refund"]]  # fmt: skip
    if "sold_short" in answer:
        out["sold_short"] = money(programme, answer["sold_short"])
    if "plan" in answer:
        out["plan"] = plan_json(programme, answer["plan"])
    if "merged" in answer:
        out["merged"] = _merged(programme, answer["merged"])
    if "parted" in answer:
        out["parted"] = {**answer["parted"], "other": public_id("mem", UUID(answer["parted"]["other"]))}
        del out["parted"]["steps"]
    if "kept" in answer:
        out["kept"] = answer["kept"]
    if "gift" in answer:
        gift = answer["gift"]
        out["gift"] = {
            "cause": gift["cause"], "unit": gift["unit"], "amount": units(programme, gift["unit"], gift["amount"]),
            "money": money(programme, gift["money"]), "match": money(programme, gift["match"]),
            "receipt": gift["receipt"],
        }  # fmt: skip
    if "void" in answer:
        out["void"] = {name: answer["void"][name] for name in ("receipt", "cause")}
    if "giving" in answer:
        out["giving"] = {"cause": answer["giving"]["cause"], "percent": format_scaled(answer["giving"]["percent"], 2)}
    for name in ("play", "entry", "played", "taken_back", "care"):
        if name in answer:
            out[name] = answer[name]
    if "contest" in answer:
        told = answer["contest"]
        out["contest"] = {**told, "entry": activity_id(UUID(hex=told["entry"]))}
    if "shortfall_money" in answer:
        out["shortfall_money"] = money(programme, answer["shortfall_money"])
    if "set_off" in answer:
        out["set_off"] = [_set_off(programme, told) for told in answer["set_off"]]
    if "referral" in answer:  # why something is held is for staff
        out["referral"] = {
            name: answer["referral"][name] for name in ("state", "refused") if name in answer["referral"]
        }
    if "tier_protected" in answer:
        out["tier_protected"] = answer["tier_protected"]["tier"]
    return out


def _set_off(programme: Programme, told: Json) -> Json:
    """What the activity set off, such as a card that it filled: told at once, so that the till can say so."""
    out: Json = {"type": told["type"].partition(":")[0], "activity": activity_id(UUID(hex=told["activity"]))}
    for name, ours in (("earned", "gave"), ("spent", "took")):
        out[name] = [
            {"unit": unit, "amount": units(programme, unit, steps), "rule": rule} for unit, steps, rule in told[ours]
        ]
    out["rewards"] = [
        {
            "id": f"vch_{no}",
            "reward": reward,
            "quantity": count,
            "valid_until": None if until is None else _z(until),
            "code": shown(code[0]) if code and is_well_made(code[0]) else code[0] or None if code else None,
        }
        for no, reward, count, until, *code in told["vouchers"]
    ]
    for name in ("tier", "challenge", "badges"):
        if name in told:
            out[name] = told[name]
    if "plans" in told:
        out["plans"] = told["plans"]
    return out


def _z(at: str) -> str:
    return at.replace("+00:00", "Z")
