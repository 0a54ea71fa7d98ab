"""The evaluator: from an activity and the facts about its member to outcomes. Pure; asked again, it says the same.

It reads from top to bottom: price the order, find the rules that apply, let groups pick, round once, keep limits, pay
for what was claimed, count metrics.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any

from setia.language.benefits import Delivery, Plan
from setia.language.expressions import EvaluationError, Expression
from setia.language.gift_cards import GIFT_CARDS
from setia.language.model import Pays, RoundAt, Rule
from setia.rules.amount import Exact, Tally, round_steps
from setia.rules.claim import (
    CLAIM,
    claim_rewards,
    fill,
    has_stock,
    make_issue,
    rewards_asked,
    total_changed,
    use_alone,
    use_vouchers,
)
from setia.rules.count import count
from setia.rules.facts import PLAN_STARTED, Facts, base_env
from setia.rules.giving import donate
from setia.rules.limit import Usage, cut_award, split_by_pack, times_left, use, use_time
from setia.rules.match import Env, is_open, lines_env, matching_lines
from setia.rules.order import LineEnv, Order, price
from setia.rules.place import not_here, where
from setia.rules.question import Choice, Question
from setia.rules.rulebook import GIVING, PURCHASE, REACHED, TypePlan, limit_window, with_whole_lines
from setia.rules.stack import Candidate, winners
from setia.rules.stacking import Done, use_rewards
from setia.rules.tender import charge_cards, in_order, note_money, payable_with, short_card, top_up
from setia.rules.terms import activation, expiry, expiry_rule
from setia.rules.trace import Trace, say, say_amount, say_given
from setia.rules.turn import draw_texts, drawn_for, is_lucky, take_turn
from setia.values.codes import CHALLENGE_COMPLETED, Built, DeclineCode
from setia.values.instants import local_date
from setia.values.outcomes import Award, Declined, PlanGift, Result, Take
from setia.values.stakes import NOBODY

_JOINED, _PLACED, _QUALIFIED = Built.JOINED.value, Built.PLACED.value, Built.FRIEND_QUALIFIED.value

__all__ = ["CLAIM", "Question", "evaluate"]


def evaluate(question: Question, trace: Trace | None = None) -> Result:
    """Decide what the activity means; a refused one has ``declined`` set and nothing else."""
    if question.kind == _JOINED and question.body.get("returning"):
        return Result()  # what joining gives was had before, by an account that is erased
    if question.kind != PURCHASE:
        return _evaluate(question, Choice({}), trace)
    return _evaluate(question, _choose(question), trace)


def _choose(question: Question) -> Choice:
    """Find how much is paid with units and gift cards, one after the other, and how often in-order rules fill up.

    Units and pieces are the largest number the wallet, with what this very order earns, can bear. What an order earns
    falls when more of it is paid with points or is free, so the answer is found by halving: a bounded number of
    evaluations, whatever the order of the lines.
    """
    filled = tuple(
        (rule.name, _largest(_most_pieces(question), partial(_bears_fill, question, rule)))
        for rule in question.book.in_order
    )
    choice = _pay(question, Choice({}, filled))
    return Choice(choice.spend, tuple(item for item in filled if item[1]), choice.cards)


def _pay(question: Question, choice: Choice) -> Choice:
    """Let units and gift cards pay, each for what those before it have left."""
    body, programme = question.body, question.book.programme
    paid: dict[str, Fraction] = {}
    for name in in_order(programme, [*body.get("spend", ()), *((GIFT_CARDS,) if body.get("gift_cards") else ())]):
        unit = programme.units.get(name)
        if name != GIFT_CARDS and (unit is None or unit.pays is None):
            wanted = body["spend"][name]  # refused later
            choice = Choice({**choice.spend, name: 0 if wanted == "max" else wanted}, choice.filled, choice.cards)
            continue
        order = _order(question, choice)
        due = min(order.payable, payable_with(programme, body, order.total, name, paid))
        if unit is None or unit.pays is None:
            cards = tuple(charge_cards(body, question.facts, due, is_amendment=question.is_amendment))
            paid[name] = Fraction(sum(card.amount for card in cards))
            choice = Choice(choice.spend, choice.filled, cards)
        else:
            worth = unit.pays.worth / 10**unit.decimals
            steps = _steps(question, choice, name, unit.pays, int(due / worth))
            paid[name] = steps * worth
            choice = Choice({**choice.spend, name: steps}, choice.filled, choice.cards)
    return choice


def _steps(question: Question, before: Choice, name: str, pays: Pays, absorbed: int) -> int:
    """How much of a unit pays, where the order absorbs so many steps."""
    wanted = question.body["spend"][name]
    if wanted != "max":
        return min(int(wanted), absorbed)
    if pays.same_order:
        return _largest(absorbed, partial(_bears_spend, question, before, name))
    most = max(min(int(question.facts["w"][name]), absorbed), 0)
    is_alone = not (before.filled or question.body.get("claims") or any(rule.takes for rule in question.plan.rules))
    return most if is_alone else _largest(most, partial(_bears_spend, question, before, name))


def _largest(most: int, bears: Callable[[int], bool]) -> int:
    """The largest number up to ``most`` that ``bears``; 0 when none does."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if bears(middle):
            low = middle
        else:
            high = middle - 1
    return low


def _bears_spend(question: Question, before: Choice, unit: str, steps: int) -> bool:
    choice = Choice({**before.spend, unit: steps}, before.filled, before.cards)
    result = _evaluate(question, choice, None, pays=False)
    return result.spent(unit) + steps <= int(question.facts["w"][unit]) + _usable(result, unit)


def _bears_fill(question: Question, rule: Rule, times: int) -> bool:
    take = rule.takes[0]
    assert take.unit is not None
    result = _evaluate(question, choice := Choice({}, ((rule.name, times),)), None, pays=False)
    is_covered = result.spent(take.unit) <= int(question.facts["w"][take.unit]) + _usable(result, take.unit)
    return is_covered and not any(done.is_idle for done in _order(question, choice).done)


def _most_pieces(question: Question) -> int:
    return sum(max(int(line["quantity"]), 0) for line in question.body["lines"]) // 1000


def _usable(result: Result, unit: str) -> int:
    """What the activity earns and could spend at once; a top-up has no rule, and does not pay for its own order."""
    return sum(a.amount for a in result.awards if a.unit == unit and a.activates_at is None and a.rule)


def _order(question: Question, choice: Choice) -> Order:
    programme = question.book.programme
    asked = rewards_asked(question, choice)
    done: list[Done] = []

    def lower(order: Order) -> None:
        done.extend(use_rewards(order, asked, programme.stacking, programme.groups))
        for item in done:
            if item.asked.voucher is None:
                order.charge(item.asked.reward.money * item.asked.bought)

    tier_discount = None
    level = programme.tiers.level(question.facts["t"]) if programme.tiers is not None else None
    if level is not None and level.discount:
        tier_discount = (level.name, level.discount)
    paid = unearning = Fraction(0)
    for unit_name, steps in choice.spend.items():
        unit = programme.units.get(unit_name)
        if unit is not None and unit.pays is not None:
            money = steps * unit.pays.worth / 10**unit.decimals
            paid += money
            unearning += 0 if unit.pays.earn_on_paid else money
    cards = sum(card.amount for card in choice.cards)
    if cards and programme.gift_cards is not None:
        pays = programme.units[programme.gift_cards.unit].pays
        unearning += 0 if pays is not None and pays.earn_on_paid else cards
    plan = question.plan
    if any(item.is_older and item.gives.looks_at_lines for item in asked):
        plan = with_whole_lines(programme, plan)
    order = price(
        programme, plan, question.body,
        tier_discount=tier_discount, membership=_membership(question), rewards=lower if asked else None, paid=int(paid),
        cards=cards,
        unearning=int(unearning),
    )  # fmt: skip
    order.done = done
    return order


def _membership(question: Question) -> Plan | None:
    """The plan that the member has."""
    return question.book.programme.plans.get(question.facts["n"][0]) if "n" in question.facts else None


def _evaluate(question: Question, choice: Choice, trace: Trace | None, *, pays: bool = True) -> Result:
    programme, plan, facts = question.book.programme, question.plan, question.facts
    result = Result()
    env = base_env(question.book, plan, facts, question.at)
    order: Order | None = None
    if question.kind == PURCHASE:
        order = _order(question, choice)
        _purchase_env(env, plan, question, order)
        _note_order(result, question, order)
        note_money(result, question.book.programme, question.body, question.at, choice.cards)
    else:
        _fields_env(env, plan, question)
    usage = Usage()
    if question.kind == PLAN_STARTED and question.body.get("pay_with") == "units":
        _buy_plan(question, result)
    declined, won = take_turn(question, env, usage, result)
    if question.kind in GIVING:
        declined = donate(question, env, result)
    if declined is not None:
        return Result(declined=declined)
    candidates = won + _candidates(question, env, order, usage, trace)
    _award(question, candidates, usage, result, trace)
    declined = claim_rewards(question, env, usage, result)
    if order is not None and "v" in facts:
        declined = declined or use_vouchers(question, order, usage, result)
    elif "v" in facts:
        declined = use_alone(question, usage, result)
    for name, times in choice.filled:
        fill(question, programme.rules[name], times, usage, result)
    for unit_name, steps in choice.spend.items():
        if pays and steps:
            stake = where(question, unit_name)
            declined = declined or not_here(question, unit_name, stake)
            result.takes.append(Take(unit_name, steps, "", "payment", stake or NOBODY))
    if pays and not question.is_amendment:
        declined = declined or _shortfall(question, result) or total_changed(question, order)
    if declined is not None:
        return Result(declined=declined)
    for issue in result.issues:  # a reward that is a badge
        reward = programme.rewards.get(issue.reward)
        if reward is not None and reward.gives.kind == "badge" and reward.gives.text is not None:
            result.badges.setdefault(reward.gives.text, issue.rule)
    count(question.book, plan, facts, question.at, env, order, result)
    if "bf" in facts:
        result.brings = _brings(question, env)
    if usage.blocked and question.kind.startswith(REACHED):
        result.deferred.append(question.kind.removeprefix(f"{REACHED}:"))
    day = local_date(question.at, programme.zone)
    joined = dt.date.fromisoformat(facts["j"]) if "j" in facts else day
    for key, amount in usage.limits.items():
        result.limits[key] = (_bucket(question, key, day, joined), amount)
    return result


def _purchase_env(env: Env, plan: TypePlan, question: Question, order: Order) -> None:
    body = question.body
    env["purchase.gross"] = order.gross
    env["purchase.discounts"] = order.discount
    env["purchase.total"] = order.total
    env["purchase.eligible"] = max(order.eligible, 0)
    env["purchase.paid_with_points"] = order.paid
    bought = top_up(question.book.programme, body)
    env["purchase.topped_up"] = 0 if bought is None else bought[1]
    env["purchase.quantity"] = order.quantity
    env["purchase.codes"] = body.get("codes", ())
    for name in ("channel", "place", "partner"):
        if name in body:
            env[f"purchase.{name}"] = body[name]
    if "purchase.lines" in plan.paths:
        env["purchase.lines"] = [{name[5:]: value for name, value in line.items()} for line in order.spread()]
    if plan.paths:
        _fields_env(env, plan, question)


def _fields_env(env: Env, plan: TypePlan, question: Question) -> None:
    declared = question.book.programme.activities.get(plan.type)
    env[f"{plan.noun}.source"] = question.source
    if declared is not None:
        if "partner" in question.body:
            env[f"{plan.noun}.partner"] = question.body["partner"]
        for name, kind in declared.fields.items():
            if name in question.body:
                value = question.body[name]
                is_date = kind.kind.value == "date" and isinstance(value, str)
                env[f"{plan.noun}.{name}"] = dt.date.fromisoformat(value) if is_date else value
    if plan.type == _QUALIFIED:
        env["friend.number"] = question.body["number"]
    if plan.type == _PLACED:
        env["leaderboard.name"], env["leaderboard.rank"] = question.body["leaderboard"], question.body["rank"]
    if plan.type in (Built.CONTEST_PLACED.value, Built.CONTEST_CLOSED.value):
        env["contest.name"] = question.body["contest"]
        env["contest.place"], env["contest.votes"] = question.body["place"], question.body.get("votes", 0)
    if plan.type == CHALLENGE_COMPLETED:
        env["challenge.name"], env["challenge.times"] = question.body["challenge"], question.body["times"]
    if plan.type == "tier.changed":
        env["change.from"], env["change.to"] = question.body["from"], question.body["to"]
        env["change.is_up"] = question.body["is_up"]


def _note_order(result: Result, question: Question, order: Order) -> None:
    result.discounts = order.off
    result.totals = {
        "gross": order.gross,
        "discount": order.discount,
        "total": order.total,
        "eligible": max(order.eligible, 0),
    }
    if order.paid:
        result.totals["paid"] = order.paid
    if order.cards:
        result.totals["cards"] = order.cards
    if order.tendered or order.paid or order.cards:
        result.totals["payable"] = order.payable
    if order.charged:
        result.totals["reward_money"] = order.charged
    if order.cash_back:
        result.totals["cash_back"] = order.cash_back
    _note_delivery(result, question, order)


def _note_delivery(result: Result, question: Question, order: Order) -> None:
    """Delivery as the level, a reward and the plan have it: free if one of them says so, and as fast as that one is."""
    tiers = question.book.programme.tiers
    level = tiers.level(question.facts["t"]) if tiers is not None else None
    if level is not None and level.delivery is not None:
        result.delivery = (order.free_delivery or _is_free(level.delivery, order), order.speed or level.delivery.speed)
    elif order.free_delivery or order.speed:
        result.delivery = (order.free_delivery, order.speed or "standard")
    plan = _membership(question)
    if plan is None:
        return
    worth = order.plan_benefit
    if plan.delivery is not None:
        was = result.delivery or (False, "standard")
        is_free = _is_free(plan.delivery, order)
        if (is_free, plan.delivery.speed != "standard") >= (was[0], was[1] != "standard"):
            result.delivery = (is_free, plan.delivery.speed)
        if is_free and not was[0] and "delivery" in question.body:
            worth += question.body["delivery"].get("fee", plan.delivery_worth)
    if worth:
        result.totals["benefit"] = worth


def _is_free(delivery: Delivery, order: Order) -> bool:
    return delivery.free_from is not None and order.total >= delivery.free_from


def _candidates(
    question: Question, env: Env, order: Order | None, usage: Usage, trace: Trace | None
) -> list[Candidate]:
    programme, facts = question.book.programme, question.facts
    plan = question.plan
    found: list[Candidate] = []
    for rule in plan.rules:
        if "pz" in facts:
            say(trace, rule, "paused")
            continue
        if rule.schedule is not None and not is_open(rule.schedule, question.at, programme.zone):
            say(trace, rule, "closed")
            continue
        try:
            lines: list[LineEnv] = []
            if order is not None:
                if rule.lines is not None:
                    lines = matching_lines(rule, order.spread(), env)
                    if not lines:
                        say(trace, rule, "no_lines")
                        continue
                if rule.name in plan.line_rules:
                    lines_env(env, lines if rule.lines is not None else order.spread())
            if rule.when is not None and not rule.when.test(env):
                say(trace, rule, "condition", condition=rule.when, env=env)
                continue
            if rule.chance is not None:
                drawn = drawn_for(rule, facts)
                if trace is not None:
                    trace.of(rule.name).draw = draw_texts(rule, drawn)
                if not is_lucky(rule, drawn):
                    say(trace, rule, "not_drawn" if drawn is None else "unlucky")
                    continue
            candidate = Candidate(rule, lines)
            for give in rule.gives:
                if give.reward is not None:
                    candidate.rewards.append(give.reward)
                if give.plan is not None:
                    candidate.plans.append(give.plan)
                if give.badge is not None:
                    candidate.badges.append(give.badge)
                if give.unit is not None and give.amount is not None:
                    unit = programme.units[give.unit]
                    scale = 10**unit.decimals
                    if unit.rounding.at is RoundAt.LINE and order is not None:
                        steps, exact = _by_line(give.amount, env, lines or order.spread(), scale, unit.rounding.mode)
                        candidate.steps[give.unit] = steps
                    else:
                        number, over = give.amount.amount(env)
                        exact = (number * scale, over)
                    candidate.gives.append((give.unit, exact))
                    say_amount(trace, rule, give.unit, give.amount, env, exact)
            for take in rule.takes:
                assert take.unit is not None and take.amount is not None
                number, over = take.amount.amount(env)
                candidate.takes.append((take.unit, (number * 10 ** programme.units[take.unit].decimals, over)))
        except EvaluationError as error:
            say(trace, rule, "error", problem=str(error))
            continue
        cut = times_left(rule, question.facts, usage)
        if cut is not None:
            usage.blocked.append(rule.name)
            say(trace, rule, "limit", cut=cut)
            continue
        say(trace, rule, "gave", condition=rule.when, env=env, lines=lines if rule.lines is not None else ())
        found.append(candidate)
    somethings: list[Candidate] = []
    for candidate in found:
        if _is_something(candidate):
            somethings.append(candidate)
        else:
            say(trace, candidate.rule, "nothing")
    if not programme.groups:
        return somethings
    kept, lost = winners(programme, somethings)
    for name, winner in lost.items():
        say(trace, programme.rules[name], "lost", winner=winner)
    return kept


def _is_something(candidate: Candidate) -> bool:
    return bool(candidate.rewards or candidate.plans or candidate.takes or candidate.badges) or any(
        number > 0 for _, (number, _) in candidate.gives
    )


def _by_line(amount: Expression, env: Env, lines: list[LineEnv], scale: int, mode: Any) -> tuple[int, Exact]:
    """Ask the amount line by line, as if each were bought alone, and round each answer."""
    steps = 0
    for line in lines:
        alone = dict(env)
        lines_env(alone, [line])
        for name in ("gross", "total", "eligible"):
            alone[f"purchase.{name}"] = alone["lines.gross" if name == "gross" else "lines.total"]
        alone["purchase.quantity"] = alone["lines.quantity"]
        number, over = amount.amount({**alone, **line})
        steps += max(round_steps((number * scale, over), mode), 0)
    return steps, (steps, 1)


def _award(question: Question, candidates: list[Candidate], usage: Usage, result: Result, trace: Trace | None) -> None:
    """Round once, cut by limits, write down what each rule gives and takes."""
    programme, facts = question.book.programme, question.facts
    tallies: dict[str, Tally] = {}
    for candidate in candidates:
        rule = candidate.rule
        takes = [(unit, round_steps(exact, programme.units[unit].rounding.mode)) for unit, exact in candidate.takes]
        if any(steps > _spendable(facts, result, unit) for unit, steps in takes):
            say(trace, rule, "insufficient")
            continue
        gave, refused = False, ""
        for unit_name, exact in candidate.gives:
            unit = programme.units[unit_name]
            policy = unit.rounding
            if unit_name in candidate.steps:
                steps = candidate.steps[unit_name]
            elif policy.at is RoundAt.RULE:
                steps = round_steps(exact, policy.mode)
            else:
                tally = tallies.get(unit_name)
                if tally is None:
                    carried = facts.get("c", {}).get(unit_name, (0, 1)) if policy.carry else (0, 1)
                    tally = tallies[unit_name] = Tally(policy.mode, (carried[0], carried[1]))
                steps = tally.add(exact if exact[0] > 0 else (0, 1))
            wanted = max(steps, 0)
            activates_at = activation(programme, unit, rule, question.at)
            issuer = question.body.get("partner", "") if rule.issuer is None else rule.issuer
            own = question.book.own_stakes[unit_name]
            stake = programme.earning(issuer, unit_name, question.at) if issuer else own
            if stake is None:
                refused = issuer
                continue
            partner = programme.partners.get(issuer)
            given, cuts = cut_award(
                rule, unit, wanted, facts, usage, is_pending=activates_at is not None, stake=stake, issuer=partner
            )
            say_given(trace, rule, unit_name, wanted, policy.mode.value, cuts, given)
            for cut in cuts:
                if cut.what in ("budget", "pack"):
                    result.exhausted.append(cut.key)
            if given <= 0:
                continue
            gave = True
            use(rule, unit, given, usage, stake)
            key = (unit_name, activates_at is not None)
            usage.awarded[key] = usage.awarded.get(key, 0) + given
            pool = rule.pool or ""
            ends = expiry(programme, expiry_rule(unit, rule, pool), question.at, activates_at)
            budget = rule.budget.account if rule.budget is not None and rule.budget.unit in (unit_name, None) else ""
            result.awards += [
                Award(unit_name, part, rule.name, activates_at, ends, pool, rule.is_qualifying, budget, owed)
                for part, owed in split_by_pack(partner, unit, given, stake, facts, usage)
            ]
        for name in candidate.rewards:
            reward = programme.rewards[name]
            if not has_stock(question, name, 1, usage):
                continue
            gave = True
            usage.house[f"stock:{name}"] = usage.house.get(f"stock:{name}", 0) + 1
            result.issues.append(make_issue(question, reward, 1, rule.name))
        for name in candidate.plans:
            gave = True
            result.plans.append(PlanGift(name, rule.name))
        for badge in candidate.badges:
            gave = True
            result.badges.setdefault(badge, rule.name)
        if gave or not candidate.gives:
            for unit_name, steps in takes:
                result.takes.append(Take(unit_name, steps, rule.name, stake=where(question, unit_name) or NOBODY))
            use_time(rule, usage)
        else:
            say(trace, rule, "partner" if refused else "nothing", winner=refused)
    for unit_name, tally in tallies.items():
        if programme.units[unit_name].rounding.carry:
            result.carry[unit_name] = tally.rest()


def _spendable(facts: Facts, result: Result, unit: str) -> int:
    return int(facts.get("w", {}).get(unit, 0)) + _usable(result, unit) - result.spent(unit)


def _buy_plan(question: Question, result: Result) -> None:
    """What a plan costs in units; whether there are enough is known before it is begun."""
    plan = question.book.programme.plans[question.body["plan"]]
    result.takes += [Take(unit, steps, "", f"plan:{plan.name}") for unit, steps in plan.costs.items()]


def _shortfall(question: Question, result: Result) -> Declined | None:
    """Whether all that is taken can be paid from the wallet and what this activity earns at once."""
    wallet = question.facts.get("w", {})
    short = short_card(question.book.programme, question.facts, result)
    if short is not None:
        return short
    for unit in dict.fromkeys(take.unit for take in result.takes):
        pays = question.book.programme.units.get(unit)
        if pays is None or (pays.pays is None and any(t.unit == unit and t.reason == "payment" for t in result.takes)):
            return Declined(DeclineCode.UNIT_CANNOT_PAY, {"unit": unit})
        paid = sum(take.amount for take in result.takes if take.unit == unit and take.reason == "payment")
        if pays.pays is not None and not pays.pays.same_order and paid > wallet.get(unit, 0):
            facts = {"unit": unit, "wanted": paid, "found": max(wallet.get(unit, 0), 0)}
            return Declined(DeclineCode.INSUFFICIENT_BALANCE, facts)
        wanted, found = result.spent(unit), wallet.get(unit, 0) + _usable(result, unit)
        if wanted > found:
            return Declined(DeclineCode.INSUFFICIENT_BALANCE, {"unit": unit, "wanted": wanted, "found": max(found, 0)})
    return None


def _brings(question: Question, env: Env) -> bool:
    """Whether the purchase is one that the referral of its buyer waits for."""
    policy = question.book.programme.referral
    if policy is None or policy.when is None:
        return policy is not None
    try:
        return policy.when.test(env)
    except EvaluationError:
        return False


def _bucket(question: Question, key: str, day: dt.date, joined: dt.date) -> int:
    return limit_window(question.book.programme, key).bucket(day, joined)
