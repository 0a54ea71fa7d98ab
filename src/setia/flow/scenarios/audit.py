"""What holds after every scenario, whatever it is about."""

from __future__ import annotations

from setia.flow.memory import MemoryBook
from setia.flow.scenarios.describe import question_of
from setia.flow.scenarios.model import Failure, Scenario
from setia.flow.work import Decision, MemberWork
from setia.language.diagnostics import Place
from setia.ledger.lots import Balance, HoldState
from setia.ledger.plan import fold
from setia.rules.evaluate import evaluate
from setia.values.outcomes import Result


def audit(scenario: Scenario, book: MemoryBook, place: Place) -> list[Failure]:
    """Check the book: accounts sum to zero, keep their sign and agree with entries and lots; decisions repeat."""
    failures: list[Failure] = []
    sums: dict[str, int] = {}
    for decision in book.decisions:
        for entry in decision.entries:
            for account, amount in ((entry.debit, -entry.amount), (entry.credit, entry.amount)):
                sums[f"{entry.unit} {account.name}"] = sums.get(f"{entry.unit} {account.name}", 0) + amount
    for unit in {key.partition(" ")[0] for key in sums}:
        total = sum(amount for key, amount in sums.items() if key.partition(" ")[0] == unit)
        if total:
            failures.append(Failure(scenario.file, place, f"all accounts of {unit} to sum to zero", str(total)))
    names = {member_id: str(number) for number, member_id in enumerate(book.gathered.members, 1)}
    for member in book.gathered.members.values():
        wrong = list(_wrong_wallet(book, member))
        failures += [Failure(scenario.file, place, f"member {names[member.id]}: {w}", f) for w, f in wrong]
    for name, left in book.gathered.house.items():
        if left < 0:
            failures.append(Failure(scenario.file, place, f"{name} not to fall below zero", str(left)))
    for decision in book.decisions:
        failures += _repeated(scenario, book, decision, place)
    return failures


def _wrong_wallet(book: MemoryBook, member: MemberWork) -> list[tuple[str, str]]:
    wrong: list[tuple[str, str]] = []
    folded = fold({}, book.entries(member.id))
    wallet = member.wallet
    for unit, balance in wallet.balances.items():
        if balance != folded.get(unit, Balance()):
            wrong.append((f"{unit} to be the sum of the entries {folded.get(unit)}", str(balance)))
        lots = [lot for lot in wallet.lots.values() if lot.unit == unit]
        pending = sum(lot.left for lot in lots if lot.is_pending)
        available = sum(lot.left for lot in lots if not lot.is_pending)
        held = sum(
            hold.amount for hold in wallet.holds.values() if hold.unit == unit and hold.state is HoldState.PLACED
        )
        if (balance.available, balance.pending, balance.held) != (available, pending, held):
            lots_say = f"available {available}, pending {pending}, held {held}"
            wrong.append((f"{unit} to agree with lots and holds ({lots_say})", str(balance)))
        if min(balance.available, balance.pending, balance.held, -balance.debt) < 0:
            wrong.append((f"no balance of {unit} on the wrong side of zero", str(balance)))
        wrong += [
            (f"lot {lot.no} to hold between 0 and {lot.amount}", str(lot.left))
            for lot in lots
            if not 0 <= lot.left <= lot.amount
        ]
    for unit in folded.keys() - wallet.balances.keys():
        wrong.append((f"a balance of {unit}", "none"))
    return wrong


def _repeated(scenario: Scenario, book: MemoryBook, decision: Decision, place: Place) -> list[Failure]:
    question = question_of(book, decision)
    if question is None:
        return []
    again = evaluate(question)
    if _moved(again) == _moved(decision.result):
        return []
    what = f"{decision.activity.type} of {decision.activity.occurred_at:%Y-%m-%d} to come to the same when asked again"
    return [Failure(scenario.file, place, what, f"{_moved(decision.result)}, then {_moved(again)}")]


def _moved(result: Result) -> tuple[object, ...]:
    return (
        [(award.rule, award.unit, award.amount, award.activates_at, award.expires_at) for award in result.awards],
        [(take.rule, take.unit, take.amount) for take in result.takes],
        [(issue.reward, issue.quantity, issue.rule) for issue in result.issues],
        result.totals,
        result.metrics,
    )
