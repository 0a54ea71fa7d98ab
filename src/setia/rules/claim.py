"""Rewards that an activity asks for: claimed, filled up by the order itself, or brought as vouchers and codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from setia.language.model import Programme, Reward, Rule
from setia.rules.limit import Usage
from setia.rules.match import Env, is_open
from setia.rules.order import Order
from setia.rules.place import not_here, where
from setia.rules.question import Choice, Question
from setia.rules.rulebook import PURCHASE
from setia.rules.stacking import Asked
from setia.rules.terms import start_after, voucher_end
from setia.values.activities import Body
from setia.values.codes import Built, DeclineCode
from setia.values.money import LARGEST
from setia.values.outcomes import Declined, Issue, Result, Take, Use
from setia.values.stakes import NOBODY

CLAIM = Built.CLAIM.value


def rewards_asked(question: Question, choice: Choice) -> list[Asked]:
    """The rewards of an order: those that are claimed, those that it fills up itself, vouchers and codes."""
    programme = question.book.programme
    asked: list[Asked] = []
    for claim in question.body.get("claims", ()):
        reward = programme.rewards.get(claim["reward"])
        if reward is not None:
            count = claim["quantity"]
            picked = _picked(programme, reward, claim.get("choose", ""))
            asked.append(Asked(reward, (picked or reward).gives, count, bought=-(-count // reward.per)))
    for name, times in choice.filled:
        asked += [
            Asked(programme.rewards[give.reward], programme.rewards[give.reward].gives, times, is_filled=True)
            for give in programme.rules[name].gives
            if give.reward is not None
        ]
    for fact in question.facts.get("v", ()):
        if "x" not in fact:
            promised = _promised(question, fact)
            reward = promised.rewards[fact["r"]]
            picked = _picked(promised, reward, fact.get("p", ""))
            left = fact["l"] if reward.gives.keep_rest and fact.get("n") is not None else None
            is_older = promised is not programme
            asked.append(Asked(reward, (picked or reward).gives, fact["q"], fact, left, is_older=is_older))
    return asked


def _promised(question: Question, fact: Mapping[str, Any]) -> Programme:
    """The programme that promised a voucher: that of the version under which it was given."""
    return question.programmes.get(fact["g"], question.book.programme)


def _picked(programme: Programme, reward: Reward, name: str) -> Reward | None:
    """What the member picked of a reward that is a choice."""
    return programme.rewards.get(name) if name in reward.gives.choice else None


def has_stock(question: Question, reward: str, quantity: int, usage: Usage) -> bool:
    account = f"stock:{reward}"
    left = question.facts.get("h", {}).get(account)
    if left is None:
        return question.book.programme.rewards[reward].codes != "pool"
    return bool(left - usage.house.get(account, 0) >= quantity)


def make_issue(question: Question, reward: Reward, quantity: int, rule: str) -> Issue:
    """A voucher of the reward, with its dates and, where it keeps its rest, with what it is worth."""
    programme = question.book.programme
    start = start_after(programme, reward.pending, question.at)
    gives = reward.gives
    worth = (gives.amount or 0) * quantity if gives.keep_rest else 0
    until = voucher_end(programme, reward.valid, start or question.at)
    return Issue(reward.name, quantity, rule, until, activates_at=start, worth=worth)


def claim_rewards(question: Question, env: Env, usage: Usage, result: Result) -> Declined | None:
    """Rewards that the member asks for: inside a purchase, or by themselves."""
    body = question.body
    programme = question.book.programme
    claims = body.get("claims", ()) if question.kind == PURCHASE else ()
    if question.kind == CLAIM:
        claims = (body,)
    for claim in claims:
        name, quantity = claim["reward"], claim["quantity"]
        reward = programme.rewards.get(name)
        if reward is None or not (reward.costs or name in question.book.dropped):
            return Declined(DeclineCode.REWARD_UNKNOWN, {"reward": name})
        if reward.schedule is not None and not is_open(reward.schedule, question.at, programme.zone):
            return Declined(DeclineCode.REWARD_NOT_ELIGIBLE, {"reward": name, "when": "schedule"})
        if reward.when is not None and not reward.when.test(env):
            return Declined(DeclineCode.REWARD_NOT_ELIGIBLE, {"reward": name, "when": reward.when.source})
        key = f"reward/{name}"
        used = question.facts.get("l", {}).get(key, 0) + usage.limits.get(key, 0)
        if reward.limit is not None and used + quantity > reward.limit.amount:
            left = max(reward.limit.amount - used, 0)
            return Declined(DeclineCode.REWARD_LIMIT_REACHED, {"reward": name, "left": left})
        in_order = question.kind == PURCHASE
        if in_order and reward.gives.keep_rest:
            return Declined(DeclineCode.CLAIM_BY_ITSELF, {"reward": name})
        refused = _no_card(programme, reward, quantity)
        if refused is not None:
            return refused
        handed = reward
        if reward.gives.kind == "choice" and (in_order or "choose" in claim):
            picked = _picked(programme, reward, claim.get("choose", ""))
            if picked is None:
                return Declined(DeclineCode.CHOICE_NEEDED, {"reward": name, "choice": list(reward.gives.choice)})
            handed = picked
        for drawn in dict.fromkeys((name, handed.name)):
            if not has_stock(question, drawn, quantity, usage):
                return Declined(DeclineCode.OUT_OF_STOCK, {"reward": drawn, "wanted": quantity})
        pieces = -(-quantity // reward.per)
        cost = {unit: _kept(steps * pieces, body) for unit, steps in reward.costs.items()}
        for unit, steps in cost.items():
            stake = where(question, unit, reward.partner)
            refused = not_here(question, unit, stake, reward.partner)
            if refused is not None:
                return refused
            result.takes.append(Take(unit, steps, "", f"reward:{name}", stake or NOBODY))
        if reward.limit is not None:
            usage.limits[key] = usage.limits.get(key, 0) + quantity
        for drawn in dict.fromkeys((name, handed.name)):
            usage.house[f"stock:{drawn}"] = usage.house.get(f"stock:{drawn}", 0) + quantity
        if handed is not reward:
            result.issues.append(Issue(name, quantity, "", None, in_order=True))
        if reward.money and not in_order:
            result.totals["reward_money"] = result.totals["payable"] = reward.money * pieces
        if in_order and handed.codes != "pool":
            result.issues.append(Issue(handed.name, quantity, "", None, in_order, cost))
        else:
            # Of a pool each piece has a code, and so a voucher, of its own.
            parts = [1] * quantity if handed.codes == "pool" else [quantity]
            for number, part in enumerate(parts):
                issue = make_issue(question, handed, part, "")
                issue.cost = cost if not number else {}
                result.issues.append(issue)
    return None


def _no_card(programme: Programme, reward: Reward, quantity: int) -> Declined | None:
    """Why so many pieces of the reward cannot be one gift card; None where they can, or are none."""
    cards, amount = programme.gift_cards, reward.gives.amount
    if reward.gives.kind != "gift_card" or cards is None or amount is None:
        return None
    least, most = cards.least or 0, cards.most or LARGEST
    if least <= amount * quantity <= most:
        return None
    return Declined(DeclineCode.CARD_AMOUNT_WRONG, {"amount": amount * quantity, "least": least, "most": most})


def _kept(steps: int, body: Body) -> int:
    """What of a price is kept when the reward is given back though it was used in part: ``kept`` is (left, worth)."""
    left, worth = body.get("kept", (0, 1))
    return steps - steps * int(left) // int(worth)


def use_vouchers(question: Question, order: Order, usage: Usage, result: Result) -> Declined | None:
    """Vouchers and codes that the order brings: each is used as far as it changes something."""
    expects = "expect_total" in question.body
    for fact in question.facts["v"]:
        if "x" in fact and not expects and not question.is_amendment:
            return Declined(DeclineCode(fact["x"]), fact["f"])
    force = question.book.programme.stacking.no_effect == "force"
    for done in order.done:
        fact, count = done.asked.voucher, done.count
        if force and done.is_chosen:
            count = done.asked.count
        if fact is None or not count:
            continue
        quantity = done.amount if done.asked.left is not None else count
        declined = _use(question, fact, count, quantity, done.amount, usage, result)
        if declined is not None:
            return declined
    return None


def use_alone(question: Question, usage: Usage, result: Result) -> Declined | None:
    """Vouchers and codes that are used without a purchase: a seat that is taken, a gift that is handed over."""
    for fact in question.facts["v"]:
        if "x" in fact:
            return Declined(DeclineCode(fact["x"]), fact["f"])
        reward = _promised(question, fact).rewards[fact["r"]]
        quantity = fact["l"] if reward.gives.keep_rest and fact.get("n") is not None else fact["q"]
        declined = _use(question, fact, fact["q"], quantity, 0, usage, result)
        if declined is not None:
            return declined
    return None


def _use(
    question: Question, fact: Mapping[str, Any], count: int, quantity: int, amount: int, usage: Usage, result: Result
) -> Declined | None:
    """Use up one voucher or code, and what was picked of it, as far as the house has it."""
    account, picked = fact.get("a", ""), fact.get("p")
    for drawn in (account, f"stock:{picked}"):
        left = question.facts.get("h", {}).get(drawn)
        if left is not None and left - usage.house.get(drawn, 0) < count and not question.is_amendment:
            if drawn == account:
                return Declined(DeclineCode.QUANTITY_EXCEEDED, {"code": fact["c"], "left": max(left, 0)})
            return Declined(DeclineCode.OUT_OF_STOCK, {"reward": picked, "wanted": count})
        usage.house[drawn] = usage.house.get(drawn, 0) + count
    result.uses.append(Use(fact["c"], fact["r"], quantity, amount, fact.get("n"), account, fact["g"]))
    if "m" in fact:
        key = f"reward/{fact['r']}"
        usage.limits[key] = usage.limits.get(key, 0) + count
    if picked is not None:
        result.issues.append(Issue(picked, count, "", None, in_order=True))
    return None


def total_changed(question: Question, order: Order | None) -> Declined | None:
    """Whether the buyer saw another total than this one; then nothing is charged before the new one was seen."""
    expected = question.body.get("expect_total")
    if order is None or expected is None or expected == order.total:
        return None
    lost = [[fact["c"], fact["x"]] for fact in question.facts.get("v", ()) if "x" in fact]
    return Declined(DeclineCode.QUOTE_CHANGED, {"expected": expected, "total": order.total, "lost": lost})


def fill(question: Question, rule: Rule, times: int, usage: Usage, result: Result) -> None:
    """What the order itself filled up: the rule takes and gives so many times, inside the order."""
    for take in rule.takes:
        assert take.unit is not None and take.amount is not None
        scale = 10 ** question.book.programme.units[take.unit].decimals
        number, over = take.amount.amount({f"wallet.{take.unit}": question.facts.get("w", {}).get(take.unit, 0)})
        stake = where(question, take.unit) or NOBODY
        result.takes.append(Take(take.unit, number * scale // over * times, rule.name, stake=stake))
    for give in rule.gives:
        assert give.reward is not None
        result.issues.append(Issue(give.reward, times, rule.name, None, in_order=True))
        account = f"stock:{give.reward}"
        usage.house[account] = usage.house.get(account, 0) + times
