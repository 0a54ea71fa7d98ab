"""How a step came about, in short lines: for messages about what is not as expected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from setia.flow.memory import MemoryBook
from setia.flow.work import Decision
from setia.rules.evaluate import Question, evaluate
from setia.rules.rulebook import REACHED, TIER_CHANGED, ended_period, rulebook
from setia.rules.trace import RuleTrace, Trace
from setia.values.codes import CHALLENGE_COMPLETED, REFERRAL_TYPES, Account, Built, Tick
from setia.values.money import format_scaled

_ASKED = (
    Built.PURCHASE.value, Built.CLAIM.value, Built.USE.value, Built.JOINED.value, Built.UPDATED.value, TIER_CHANGED,
    CHALLENGE_COMPLETED, Built.PLACED.value,
    Tick.BIRTHDAY.value, Tick.ANNIVERSARY.value, *REFERRAL_TYPES, Tick.BRAND_ANNIVERSARY.value,
)  # fmt: skip


def question_of(book: MemoryBook, decision: Decision) -> Question | None:
    """The question that a decision answered; None where no rules were asked, or where an earlier answer changed."""
    kind = decision.activity.type
    version = next((v for v in book.versions if v.number == decision.version), None)
    if version is None or decision.status != "accepted" or decision.standing is not None:
        return None
    is_asked = kind in _ASKED or kind in version.programme.activities or kind.startswith(REACHED)
    if not is_asked and ended_period(kind) is None:
        return None
    activity = decision.activity
    return Question(
        rulebook(version.programme),
        kind,
        activity.body,
        activity.occurred_at,
        decision.facts,
        activity.source,
        programmes=version.programmes,
    )


def describe(book: MemoryBook, decisions: Sequence[Decision]) -> Iterator[str]:
    """What was decided in a step: each activity, its rules and its entries."""
    for decision in decisions:
        activity = decision.activity
        local = activity.occurred_at.astimezone(book.versions[0].programme.zone)
        yield f"{activity.type} at {local:%Y-%m-%d %H:%M} by version {decision.version}: {decision.status}"
        question = question_of(book, decision)
        if question is not None:
            trace = Trace()
            evaluate(question, trace)
            for rule in trace.rules:
                yield from (f"  {line}" for line in _rule(rule))
        yield from (f"  {line}" for line in _entries(book, decision))


def _rule(rule: RuleTrace) -> Iterable[str]:
    words = [f"{rule.rule}: {rule.outcome}"]
    if rule.winner:
        words.append(f"to {rule.winner}")
    if rule.problem:
        words.append(rule.problem)
    if rule.condition is not None and rule.outcome == "condition":
        words.append(f"{rule.condition.source} → {rule.condition.text} is {rule.condition.result}")
    yield " ".join(words)
    for amount in rule.amounts:
        if amount.formula is None:
            continue
        cuts = "".join(f", {cut.what} leaves {cut.left}" for cut in amount.cuts)
        exact = f"{amount.exact[0]}/{amount.exact[1]}" if amount.exact[1] != 1 else str(amount.exact[0])
        text = f"{amount.formula.source} = {amount.formula.text} = {amount.formula.result}"
        settled = f"exactly {exact} steps, {amount.rounding} {amount.rounded}{cuts}"
        yield f"  {amount.unit}: {text} ({settled}) → {amount.given}"


def _entries(book: MemoryBook, decision: Decision) -> Iterable[str]:
    version = next((v for v in book.versions if v.number == decision.version), book.versions[0])
    for entry in decision.entries:
        amount = format_scaled(entry.amount, version.programme.units[entry.unit].decimals)
        debit, credit = Account(entry.debit).name.lower(), Account(entry.credit).name.lower()
        why = " ".join(word for word in (entry.rule, entry.reason) if word)
        lot = "" if entry.lot is None else f", lot {entry.lot}"
        ends = "" if entry.expires_at is None else f", until {entry.expires_at:%Y-%m-%d %H:%M} UTC"
        yield f"entry {entry.no}: {amount} {entry.unit} from {debit} to {credit}{lot}{ends}" + (
            f" ({why})" if why else ""
        )
