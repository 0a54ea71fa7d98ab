"""Explanation: why an activity moved what it moved, from the stored facts, in three languages. Pure.

The decision is run again with a trace; what is told is what comes out, so a wrong explanation is a wrong booking and
is found as one.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from typing import Any, Final

from setia.flow.again import ERASED, differences, is_decided_by_rules, run_again
from setia.flow.plurals import form
from setia.flow.words import ACCOUNTS, ACTIVITIES, LANGUAGES, SENTENCES
from setia.flow.work import Standing, Version
from setia.language.model import Programme, Unit
from setia.ledger.plan import Entry
from setia.rules.trace import RuleTrace, Trace
from setia.values.activities import Activity
from setia.values.codes import Account
from setia.values.money import format_scaled
from setia.values.outcomes import Result
from setia.values.pauses import NEVER_PAUSED, Pauses

_COUNTED: Final = ("given", "rounded", "was", "amount")
"""The gap of a sentence whose number the name of the unit follows."""

Sentence = tuple[str, dict[str, str]]
"""A sentence of ``words.SENTENCES`` by its key, and what stands in its gaps."""


@dataclass(frozen=True, slots=True)
class Case:
    """An activity as it lies in the book: what ``explain`` needs.

    ``amended``: of an activity that amends another one, that one's standing after it. ``answer``: shortfall, restored
    and the like; of an amendment also ``was``: (rule, unit, steps) that were booked before it. ``pauses`` of the
    programme move the ends of lots.
    """

    version: Version
    activity: Activity
    status: str
    facts: dict[str, Any]
    result: Result
    entries: Sequence[Entry]
    amended: Standing | None = None
    answer: dict[str, Any] = field(default_factory=dict)
    pauses: Pauses = NEVER_PAUSED


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why. ``rules`` is what became of each rule (see ``RuleTrace``); ``differs`` what running it again found
    different from the book: empty, or there is a bug."""

    case: Case
    rules: list[RuleTrace]
    differs: list[str]
    sentences: list[Sentence]

    def text(self, language: str = "en") -> str:
        """The explanation as lines of text in ``language`` (en, id or ms)."""
        chosen = language if language in LANGUAGES else "en"
        return "\n".join(_say(sentence, chosen, self.case.version.programme) for sentence in self.sentences)

    def data(self, language: str = "en") -> dict[str, Any]:
        """The explanation as JSON: the text, and the parts it was made from."""
        return {
            "text": self.text(language).split("\n"),
            "version": self.case.version.number,
            "rules": [asdict(rule) for rule in self.rules],
            "facts": self.case.facts,
            "differs": self.differs,
        }


def explain(case: Case, entry_no: int | None = None) -> Explanation:
    """Explain an activity, or with ``entry_no`` the one entry of it and the rule that made it."""
    programme = case.version.programme
    activity = case.activity
    trace = Trace()
    differs: list[str] = []
    is_erased = bool((case.facts if case.amended is None else case.amended.facts).get(ERASED))
    if case.amended is not None:
        subject = case.amended
        if not (subject.is_void or is_erased) and programme.refunds.method == "ask_again":
            asked = replace(subject.activity, body=subject.body)
            differs = differences(subject.result, run_again(case.version, asked, subject.facts, trace=trace))
    elif case.status == "accepted" and is_decided_by_rules(activity.type) and not is_erased:
        differs = differences(case.result, run_again(case.version, activity, case.facts, trace=trace))
    entries = [entry for entry in case.entries if entry_no is None or entry.no == entry_no]
    rules = trace.rules
    if entry_no is not None and entries and entries[0].rule:
        # The rule that made the entry first; what else was looked at stays, for it says what did not fire.
        rules = sorted(rules, key=lambda rule: rule.rule != entries[0].rule)
    return Explanation(case, rules, differs, _sentences(case, rules, entries, programme))


def _sentences(case: Case, rules: list[RuleTrace], entries: Sequence[Entry], programme: Programme) -> list[Sentence]:
    activity, result = case.activity, case.result
    kind = activity.type.partition(":")[0]
    found: list[Sentence] = [
        (
            "head",
            {
                "what": kind, "id": activity.external_id if activity.source not in ("clock", "consequence") else "",
                "at": _local(activity.occurred_at, programme), "programme": programme.name,
                "version": str(case.version.number),
            },
        )
    ]  # fmt: skip
    if activity.recorded_at - activity.occurred_at > dt.timedelta(minutes=1):
        found.append(("late", {"at": _local(activity.recorded_at, programme)}))
    if result.declined is not None:
        facts = ", ".join(f"{name}: {value}" for name, value in result.declined.facts.items())
        return [*found, ("declined", {"code": result.declined.code.value, "facts": facts or "-"})]
    if activity.type == "balance.adjusted":
        found.append(("adjusted", {name: str(activity.body.get(name, "")) for name in ("by", "reason")}))
    elif case.amended is None and not is_decided_by_rules(activity.type):
        found.append(("mechanical", {}))
    if (case.facts if case.amended is None else case.amended.facts).get(ERASED):
        found.append(("erased", {}))
    if case.amended is not None:
        found += _again(case, programme)
    if "gross" in result.totals and case.amended is None:
        money = {
            name: format_scaled(result.totals.get(name, 0), programme.currency_decimals)
            for name in ("gross", "discount", "total", "eligible")
        }
        found.append(("order", {name: f"{value} {programme.currency}" for name, value in money.items()}))
        for key, cards in (("card_pays", result.cards), ("card_sold", result.sold)):
            for card in cards:
                found.append((key, {"card": card.last, "amount": _money(card.amount, programme)}))
        for discount in result.discounts:
            amount = f"{format_scaled(discount.amount, programme.currency_decimals)} {programme.currency}"
            found.append(("discount", {"source": discount.source, "amount": amount}))
        if "benefit" in result.totals:
            found.append(("benefit", {"amount": _money(result.totals["benefit"], programme)}))
    used = {use.code: use for use in result.uses}
    for fact in case.facts.get("v", ()) if case.amended is None else ():
        said = {"code": fact["c"], "source": f"reward:{fact.get('r', '?')}"}
        if fact["c"] in used:
            amount = format_scaled(used[fact["c"]].amount, programme.currency_decimals)
            found.append(("used", {**said, "amount": f"{amount} {programme.currency}"}))
        else:
            found.append(("not_used", said))
    found += _plan(case, programme)
    for rule in rules:
        found += _rule(rule, programme)
    found += [("plan", {"rule": gift.rule, "plan": gift.plan}) for gift in result.plans if case.amended is None]
    if result.play and case.amended is None and "game" in result.play:
        play = result.play
        gaps = {"game": play["game"], "prize": play["prize"] or "-", "landed": play["landed"] or "-"}
        found.append(("played", {**gaps, "numbers": ", ".join(map(str, play.get("numbers", ()))) or "-"}))
    if case.amended is None:
        for take in result.takes:
            unit = programme.units[take.unit]
            why = take.rule or take.reason
            found.append(("took", {"amount": _amount(take.amount, unit), "unit": unit.name, "why": why}))
        if result.gift is not None:
            gift = {"money": _money(result.gift.money, programme), "match": _money(result.gift.match, programme)}
            found.append(("gift", {**gift, "cause": result.gift.cause, "receipt": activity.body["receipt"]}))
    if result.tier is not None:
        gaps = {"before": result.tier.before or "-", "after": result.tier.level}
        if result.tier.until is None:
            found.append(("tier_open", gaps))
        else:
            found.append(("tier", {**gaps, "until": _local(result.tier.until, programme)}))
    for entry in entries:
        found.append(_entry(entry, programme))
        found += _moved(entry, case.pauses, programme)
    return found


def _moved(entry: Entry, pauses: Pauses, programme: Programme) -> list[Sentence]:
    """How pauses of the programme have moved the end of the lot that the entry made."""
    if entry.expires_at is None:
        return []
    ends = pauses.end_of(entry.effective_at, entry.expires_at)
    gaps = {"no": str(entry.no), "before": _local(entry.expires_at, programme)}
    if ends is None:
        return [("stands_still", gaps)]
    return [] if ends == entry.expires_at else [("moved", {**gaps, "after": _local(ends, programme)})]


def _plan(case: Case, programme: Programme) -> list[Sentence]:
    """How the member's plan stands after the activity, with the arithmetic of what is paid and what goes back."""
    told: dict[str, Any] = case.answer.get("plan", {})
    found: list[Sentence] = []
    if told.get("is_active"):
        gaps = {
            "plan": told["name"],
            "start": _at(told["starts_at"], programme),
            "end": _at(told["ends_at"], programme),
        }
        found.append(("plan_period", gaps))
    if "invoice" in told:
        invoice = told["invoice"]
        gaps = {name: _money(invoice[name], programme) for name in ("fee", "credit", "amount")}
        gaps |= {"plan": invoice["plan"], "every": invoice["every"], "due": _at(invoice["due_at"], programme)}
        found.append(("plan_invoice", gaps))
    if "refund" in told:
        refund = told["refund"]
        gaps = {name: _money(refund[name], programme) for name in ("amount", "fee", "used")}
        gaps |= {"policy": refund["policy"], "left": str(refund["days_left"]), "days": str(refund["days"])}
        found.append(("plan_refund", gaps))
    return found


def _money(minor: int, programme: Programme) -> str:
    return f"{format_scaled(minor, programme.currency_decimals)} {programme.currency}"


def _at(text: str, programme: Programme) -> str:
    return _local(dt.datetime.fromisoformat(text), programme)


def _again(case: Case, programme: Programme) -> list[Sentence]:
    assert case.amended is not None
    found: list[Sentence] = []
    was: Counter[tuple[str, str]] = Counter()
    now: Counter[tuple[str, str]] = Counter()
    for rule, name, amount in case.answer.get("was", ()):
        was[rule, name] += amount
    for award in case.amended.result.awards:
        now[award.rule, award.unit] += award.amount
    for key in dict.fromkeys((*was, *now)):
        if was[key] == now[key]:
            continue
        unit = programme.units[key[1]]
        change = now[key] - was[key]
        gaps = {"id": case.amended.activity.external_id, "rule": key[0] or "top_up", "unit": unit.name}
        gaps |= {"was": _amount(was[key], unit), "now": _amount(now[key], unit)}
        found.append(("again", {**gaps, "change": ("+" if change > 0 else "") + _amount(change, unit)}))
    for tender, last, minor, _ in case.answer.get("refund", ()):
        found.append(("goes_back", {"tender": f"…{last}" if last else tender, "amount": _money(minor, programme)}))
    if "sold_short" in case.answer:
        found.append(("sold_short", {"amount": _money(case.answer["sold_short"], programme)}))
    for what in ("restored", "shortfall"):
        for name, amount in case.answer.get(what, {}).items():
            found.append((what, {"amount": _amount(amount, programme.units[name]), "unit": name}))
    return found


def _rule(rule: RuleTrace, programme: Programme) -> list[Sentence]:
    found: list[Sentence] = []
    name = rule.rule
    if rule.condition is not None and rule.outcome == "gave":
        found.append(("condition", {"rule": name, "source": rule.condition.source, "text": rule.condition.text}))
    if rule.outcome != "gave":
        gaps = {"rule": name, "winner": rule.winner, "problem": rule.problem}
        own = programme.rules.get(name)
        gaps["group"] = "" if own is None else own.group or ""
        if rule.draw is not None:
            gaps["drawn"], gaps["chance"] = rule.draw
        if rule.condition is not None:
            gaps |= {"source": rule.condition.source, "text": rule.condition.text}
        found.append((f"not_{rule.outcome}", gaps))
    elif rule.draw is not None:
        found.append(("lucky", {"rule": name, "drawn": rule.draw[0], "chance": rule.draw[1]}))
    for amount in rule.amounts:
        if not amount.unit or amount.formula is None:
            continue
        unit = programme.units[amount.unit]
        if rule.outcome == "gave":
            formula = amount.formula
            gaps = {"rule": name, "source": formula.source, "text": formula.text, "result": formula.result}
            found.append(("gave", {**gaps, "given": _amount(amount.given, unit), "unit": unit.name}))
        number, over = amount.exact
        if number % over:
            rounded = _amount(amount.rounded, unit)
            found.append(("rounded", {"rule": name, "mode": amount.rounding, "rounded": rounded, "unit": unit.name}))
        for cut in amount.cuts:
            amounts = {key: _amount(getattr(cut, key), unit) for key in ("left", "given", "wanted")}
            found.append((f"cut_{cut.what}", {"rule": name, **amounts}))
    if rule.outcome == "gave":
        found += [("reward", {"rule": name, "reward": reward}) for reward in rule.rewards]
        found += [("badge", {"rule": name, "badge": badge}) for badge in rule.badges]
    return found


def _entry(entry: Entry, programme: Programme) -> Sentence:
    unit = programme.units.get(entry.unit)
    gaps = {
        "no": str(entry.no),
        "amount": str(entry.amount) if unit is None else _amount(entry.amount, unit),
        "unit": entry.unit,
        "debit": entry.debit.name,
        "credit": entry.credit.name,
        "lot": "" if entry.lot is None else ("lot_new" if entry.lot == entry.no else f"lot_old:{entry.lot}"),
        "pending": "" if entry.activates_at is None else _local(entry.activates_at, programme),
        "ends": "" if entry.expires_at is None else _local(entry.expires_at, programme),
    }
    return "entry", gaps


def _say(sentence: Sentence, language: str, programme: Programme) -> str:
    key, gaps = sentence
    words = dict(gaps)
    unit = programme.units.get(gaps.get("unit", ""))
    if unit is not None:
        number = next(gaps[name] for name in _COUNTED if name in gaps)
        name = form(unit, Decimal(number), language)
        words["unit"] = name or unit.title.get(language) or unit.title.get("") or unit.name
    if key == "head":
        words["what"] = ACTIVITIES.get(gaps["what"], {}).get(language, gaps["what"])
        return " ".join(SENTENCES[key][language].format_map(words).split())
    if key == "entry":
        words["debit"], words["credit"] = ACCOUNTS[gaps["debit"]][language], ACCOUNTS[gaps["credit"]][language]
        if gaps["lot"] == "lot_new":
            pending = SENTENCES["lot_pending"][language].format(at=gaps["pending"]) if gaps["pending"] else ""
            ends = SENTENCES["lot_ends"][language].format(at=gaps["ends"]) if gaps["ends"] else ""
            words["lot"] = SENTENCES["lot_new"][language].format(pending=pending, ends=ends)
        elif gaps["lot"]:
            words["lot"] = SENTENCES["lot_old"][language].format(lot=gaps["lot"].partition(":")[2])
    return SENTENCES[key][language].format_map(words)


def signed(entry: Entry) -> int:
    """What the entry changes in all that the member has: plus, minus or nothing (a move between their accounts)."""
    own = (Account.AVAILABLE, Account.PENDING, Account.HELD, Account.DEBT)
    return (entry.amount if entry.credit in own else 0) - (entry.amount if entry.debit in own else 0)


def _amount(steps: int, unit: Unit) -> str:
    return format_scaled(steps, unit.decimals)


def _local(at: dt.datetime, programme: Programme) -> str:
    return at.astimezone(programme.zone).strftime("%Y-%m-%d %H:%M")
