"""Vouchers and codes at the till: whether one can be used, and reserving, releasing and revoking it. Pure.

What is found out about each code of an activity becomes a fact and is stored with the decision: ``c`` its canonical
form, ``r`` its reward, ``g`` the version that promises it, ``q`` how many pieces are wanted, ``n`` the number of the
member's voucher, ``l`` what that has left, ``a`` the house account that a code without owner draws on, ``m`` whether
its use counts against the member's limit, ``p`` what was picked of a choice; ``x`` and ``f`` the refusal and its facts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from setia.flow.apply import announce, free, kept_for_others, watch
from setia.flow.work import (
    Decision,
    Gathered,
    KnownCode,
    MemberWork,
    Reservation,
    Standing,
    Version,
    Voucher,
    stands_at,
)
from setia.language.model import Limit, Reward
from setia.rules.facts import base_env, metric_value
from setia.rules.match import is_open
from setia.rules.rulebook import rulebook
from setia.values.activities import Activity
from setia.values.codes import DeclineCode, EventName
from setia.values.instants import Span, Step, add_span, local_date
from setia.values.outcomes import Declined

Fact = dict[str, Any]


def free_house(gathered: Gathered, member: MemberWork, activity: Activity) -> dict[str, int]:
    """What the house accounts have left for this activity: without what the carts of others have reserved."""
    if not gathered.reservations:
        return gathered.house
    kept = kept_for_others(gathered, member.id, activity.body.get("session"), stands_at(activity))
    return {account: left - kept.get(account, 0) for account, left in gathered.house.items()}


def voucher_facts(
    gathered: Gathered,
    member: MemberWork,
    version: Version,
    activity: Activity,
    facts: Mapping[str, Any],
    standing: Standing | None = None,
) -> list[Fact]:
    """What is known of each code that the activity brings. ``standing``: the sale that it revises.

    What that has used it can go on using, whatever became of the code since.
    """
    own = {} if standing is None else {use.code: use.quantity for use in standing.result.uses}
    kept = {} if standing is None else {fact["c"]: fact for fact in standing.facts.get("v", ()) if fact["c"] in own}
    counted: dict[str, int] = {}
    found: list[Fact] = []
    for item in activity.body.get("vouchers", ()):
        look = _Look(gathered, member, version, activity, facts, counted, standing)
        before = kept.get(item["code"])
        found.append(look.fact(item) if before is None else look.again(before, item["quantity"], own[item["code"]]))
    return found


def as_they_are(
    gathered: Gathered, member: MemberWork, standing: Standing, facts: dict[str, Any], *, is_revision: bool = False
) -> dict[str, Any]:
    """``facts`` with the codes that the standing sale brought as they can be used now: others may have used them since.

    What the sale itself uses of a code it can go on using. Of several pieces those that are left are used, but for a
    revision, which says anew how many it wants.
    """
    own = {use.code: use.quantity for use in standing.result.uses}
    found: list[Fact] = []
    for fact in facts.get("v", ()):
        there = own.get(fact["c"], 0)
        if "x" in fact:
            is_there = True  # refused then, and refused still
        elif fact.get("n") is not None:
            voucher = member.vouchers[fact["n"]]
            # One that has ended since had not when the sale was made.
            there += voucher.left if voucher.state in ("issued", "lapsed") else 0
            is_there = there > 0 if voucher.worth else there >= (fact["q"] if is_revision else 1)
            if voucher.worth and 0 < there < fact["l"]:
                fact = {**fact, "l": there}
            elif not voucher.worth and 0 < there < fact["q"]:
                fact = {**fact, "q": there}
        else:
            account = fact.get("a")
            there += fact["q"] if account is None else gathered.house.get(account, 0)
            is_there = there >= (fact["q"] if is_revision else 1)
            if 0 < there < fact["q"]:
                fact = {**fact, "q": there}
        if not is_there:
            fact = {**fact, "x": DeclineCode.QUANTITY_EXCEEDED.value, "f": {"code": fact["c"], "left": 0}}
        found.append(fact)
    return facts if found == facts.get("v", []) else {**facts, "v": found}


def drawn(facts: Iterable[Fact], house: Mapping[str, int]) -> dict[str, int]:
    """What the accounts have left that the codes of these facts draw on."""
    names = [name for fact in facts if "x" not in fact for name in (fact.get("a", ""), f"stock:{fact.get('p')}")]
    return {name: house[name] for name in names if name in house}


class _Look:
    """Looks at one code after the other for one activity; ``counted``: uses of each reward's limit so far.

    ``revised``: the sale that it revises, which cannot use what it gives itself.
    """

    def __init__(
        self,
        gathered: Gathered,
        member: MemberWork,
        version: Version,
        activity: Activity,
        facts: Mapping[str, Any],
        counted: dict[str, int],
        revised: Standing | None = None,
    ) -> None:
        self.giver = None if revised is None else revised.activity.id
        self.gathered, self.member, self.version, self.activity = gathered, member, version, activity
        self.facts, self.counted = facts, counted
        self.at, self.now = activity.occurred_at, stands_at(activity)
        self.session = activity.body.get("session")

    def fact(self, item: Mapping[str, Any], *, picks: bool = True) -> Fact:
        """The fact about one code; ``picks`` False: nothing is picked of a choice yet."""
        code = item["code"]
        fact: Fact = {"c": code, "q": item["quantity"]}
        public = rulebook(self.version.programme).codes.get(code)
        known = self.gathered.codes.get(code)
        if public is not None:
            refused = self._without_owner(fact, self.version.programme.rewards[public], f"stock:{public}")
        elif known is None or not (known.no is not None or self._is_bearer(known)):
            refused = Declined(DeclineCode.VOUCHER_UNKNOWN, {})
        elif known.is_revoked:
            refused = Declined(DeclineCode.VOUCHER_REVOKED, {})
        elif known.no is None:
            refused = self._without_owner(fact, self.version.programme.rewards[known.reward], f"code:{code}")
        elif known.member_id != self.member.id:
            refused = Declined(DeclineCode.VOUCHER_OF_OTHER_MEMBER, {})
        else:
            refused = self._voucher(fact, self.member.vouchers[known.no])
        if refused is None and picks:
            refused = self._pick(fact, item)
        if refused is not None:
            fact |= {"x": refused.code.value, "f": {"code": code, **refused.facts}}
        return fact

    def again(self, before: Fact, wanted: int, own: int) -> Fact:
        """The fact about a code of which the sale that is revised has used ``own`` pieces."""
        fact = {**before, "q": wanted}
        limit = self.version.programme.rewards[fact["r"]].limit if "m" in fact else None
        if limit is not None:
            used = self._used(fact["r"], limit) - own
            if used + wanted > limit.amount:
                facts = {"code": fact["c"], "reward": fact["r"], "left": max(limit.amount - used, 0)}
                fact |= {"x": DeclineCode.REWARD_LIMIT_REACHED.value, "f": facts}
        return fact

    def _used(self, reward: str, limit: Limit) -> int:
        """How often the member has used a code in the period of its limit."""
        progress = self.member.progress
        day = local_date(self.at, self.version.programme.zone)
        return limit.window.value(progress.limits.get(f"reward/{reward}", {}), day, progress.joined_on)

    def _is_bearer(self, known: KnownCode) -> bool:
        reward = self.version.programme.rewards.get(known.reward)
        return reward is not None and reward.codes == "bearer"

    def _voucher(self, fact: Fact, voucher: Voucher) -> Declined | None:
        promised = self.version.programmes.get(voucher.version, self.version.programme)
        fact |= {"r": voucher.reward, "n": voucher.no, "l": voucher.left}
        fact["g"] = voucher.version if voucher.version in self.version.programmes else self.version.number
        ends, starts = voucher.valid_until, voucher.activates_at
        if voucher.state in ("revoked", "cancelled"):
            return Declined(DeclineCode.VOUCHER_REVOKED, {})
        if voucher.state == "used":
            return Declined(DeclineCode.VOUCHER_USED, {})
        if ends is not None and self.at >= ends and not self._was_reserved(fact["c"], ends):
            return Declined(DeclineCode.VOUCHER_EXPIRED, {"until": ends.isoformat()})
        if starts is not None and self.at < starts:
            return Declined(DeclineCode.VOUCHER_NOT_ACTIVE, {"from": starts.isoformat()})
        if voucher.activity_id == self.giver:  # it comes of this very sale, and not before it
            return Declined(DeclineCode.VOUCHER_NOT_ACTIVE, {"from": voucher.issued_at.isoformat()})
        if voucher.reward not in promised.rewards:
            return Declined(DeclineCode.VOUCHER_UNKNOWN, {})
        others = self._others(f"code:{fact['c']}")
        pieces = 1 if voucher.worth else voucher.left
        if fact["q"] > pieces - others:
            code = DeclineCode.VOUCHER_RESERVED if others else DeclineCode.QUANTITY_EXCEEDED
            return Declined(code, {"left": max(pieces - others, 0)})
        return None

    def _without_owner(self, fact: Fact, reward: Reward, account: str) -> Declined | None:
        fact |= {"r": reward.name, "g": self.version.number}
        if account in self.gathered.house:
            fact["a"] = account
        refused = self._closed(fact, reward) or self._not_for(reward) or self._limited(fact, reward)
        if refused is not None or account not in self.gathered.house:
            return refused
        left = self.gathered.house[account] - self._others(account)
        if fact["q"] > left:
            return Declined(DeclineCode.QUANTITY_EXCEEDED, {"left": max(left, 0)})
        return None

    def _closed(self, fact: Fact, reward: Reward) -> Declined | None:
        schedule, zone = reward.schedule, self.version.programme.zone
        if schedule is None or is_open(schedule, self.at, zone):
            return None
        mine = self._own(fact["c"])
        if mine is not None and is_open(schedule, mine.taken_at, zone):
            return None
        if schedule.start is not None and self.at < schedule.start:
            return Declined(DeclineCode.VOUCHER_NOT_ACTIVE, {"from": schedule.start.isoformat()})
        until = None if schedule.end is None else schedule.end.isoformat()
        return Declined(DeclineCode.VOUCHER_EXPIRED, {"until": until})

    def _not_for(self, reward: Reward) -> Declined | None:
        plan = rulebook(self.version.programme).plan(self.activity.type)
        env = base_env(rulebook(self.version.programme), plan, dict(self.facts), self.at)
        if reward.when is None or reward.when.test(env):
            return None
        return Declined(DeclineCode.REWARD_NOT_ELIGIBLE, {"reward": reward.name, "when": reward.when.source})

    def _limited(self, fact: Fact, reward: Reward) -> Declined | None:
        if reward.limit is None:
            return None
        fact["m"] = True
        used = self._used(reward.name, reward.limit) + self.counted.get(reward.name, 0)
        if used + fact["q"] > reward.limit.amount:
            left = max(reward.limit.amount - used, 0)
            return Declined(DeclineCode.REWARD_LIMIT_REACHED, {"reward": reward.name, "left": left})
        self.counted[reward.name] = self.counted.get(reward.name, 0) + fact["q"]
        return None

    def _pick(self, fact: Fact, item: Mapping[str, Any]) -> Declined | None:
        reward = self.version.programmes.get(fact["g"], self.version.programme).rewards[fact["r"]]
        if reward.gives.kind != "choice":
            return None
        picked = item.get("choose")
        if picked not in reward.gives.choice:
            return Declined(DeclineCode.CHOICE_NEEDED, {"reward": reward.name, "choice": list(reward.gives.choice)})
        left = self.gathered.house.get(f"stock:{picked}")
        if left is not None and left - self._others(f"stock:{picked}") < fact["q"]:
            return Declined(DeclineCode.OUT_OF_STOCK, {"reward": picked, "wanted": fact["q"]})
        fact["p"] = picked
        return None

    def _own(self, code: str) -> Reservation | None:
        """The live reservation of the code by this very cart."""
        return next(
            (
                kept
                for kept in self.gathered.reservations
                if kept.code == code and kept.until > self.now and _is_own(kept, self.member, self.session)
            ),
            None,
        )

    def _was_reserved(self, code: str, before: dt.datetime) -> bool:
        mine = self._own(code)
        return mine is not None and mine.taken_at < before

    def _others(self, account: str) -> int:
        return sum(
            kept.quantity
            for kept in self.gathered.reservations
            if kept.account == account and kept.until > self.now and not _is_own(kept, self.member, self.session)
        )


def _is_own(kept: Reservation, member: MemberWork, session: str | None) -> bool:
    return kept.member_id == member.id and kept.session == session


def reserve(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """Set codes aside for a cart. The same cart never takes a second piece; its time begins anew."""
    activity, body = decision.activity, decision.activity.body
    lapse = version.programme.hold_lapses
    if "lapses_after" in body:
        lapse = Span(body["lapses_after"], Step.MINUTES)
    until = add_span(activity.recorded_at, lapse, version.programme.zone)
    look = _Look(gathered, member, version, activity, _facts_of(member, version, activity), {})
    facts = [look.fact(item, picks=False) for item in body["codes"]]
    for fact in facts:
        if "x" in fact:
            return Declined(DeclineCode(fact["x"]), fact["f"])
    for fact in facts:
        mine = look._own(fact["c"])
        taken_at = activity.occurred_at if mine is None else mine.taken_at
        free(gathered, decision, fact["c"], body["session"])
        account = fact.get("a") or f"code:{fact['c']}"
        kept = Reservation(account, fact["c"], body["session"], member.id, fact["q"], taken_at, until)
        gathered.reservations.append(kept)
        decision.reserved.append(kept)
    decision.freed = [old for old in decision.freed if not any(_same(old, new) for new in decision.reserved)]
    decision.answer["reserved"] = {"codes": [fact["c"] for fact in facts], "until": until.isoformat()}
    data = {"codes": [fact["c"] for fact in facts], "session": body["session"], "until": until.isoformat()}
    announce(decision, member, EventName.VOUCHER_RESERVED, data)
    return None


def _same(old: Reservation, new: Reservation) -> bool:
    return (old.account, old.code, old.session, old.member_id) == (new.account, new.code, new.session, new.member_id)


def _facts_of(member: MemberWork, version: Version, activity: Activity) -> dict[str, Any]:
    """What conditions on who may use a code can read, where no rule is asked."""
    progress = member.progress
    facts: dict[str, Any] = {"j": progress.joined_on.isoformat(), "a": dict(progress.attributes)}
    if version.programme.tiers is not None:
        facts["t"] = progress.tier_at(activity.occurred_at)
    facts["w"] = {unit: member.wallet.balance(unit).spendable for unit in version.programme.units}
    day = local_date(activity.occurred_at, version.programme.zone)
    facts["m"] = {name: metric_value(metric, progress, day) for name, metric in version.programme.metrics.items()}
    return facts


def release(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """Let go of what a cart has reserved; what has lapsed or was never reserved is let go of as well."""
    body = decision.activity.body
    for item in body["codes"]:
        free(gathered, decision, item["code"], body["session"])
    codes = [kept.code for kept in decision.freed if kept.until > stands_at(decision.activity)]
    if codes:
        announce(decision, member, EventName.VOUCHER_RELEASED, {"codes": codes, "session": body["session"]})
    decision.answer["released"] = codes
    return None


def revoke(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """Take a voucher out of the member's hand for good; nothing that it cost comes back."""
    number = decision.activity.body["voucher"]
    voucher = member.vouchers.get(number)
    if voucher is None:
        return Declined(DeclineCode.VOUCHER_UNKNOWN, {"voucher": number})
    if voucher.state != "issued" or voucher.card is not None:  # what is a card already is blocked as one
        return Declined(DeclineCode.VOUCHER_NOT_CANCELLABLE, {"voucher": number, "state": voucher.state})
    voucher.state = "revoked"
    decision.vouchers.append(voucher)
    watch(member, voucher, decision.activity.recorded_at)
    data = {"reward": voucher.reward, "voucher": number, "reason": decision.activity.body["reason"]}
    announce(decision, member, EventName.VOUCHER_REVOKED, data)
    return None


def activate(member: MemberWork, decision: Decision, at: dt.datetime) -> None:
    """Vouchers that can be used from now on."""
    for no, (reward, start, end) in list(member.progress.vouchers.items()):
        if start is not None and start <= at:
            if end is None:
                del member.progress.vouchers[no]
            else:
                member.progress.vouchers[no] = (reward, None, end)
            announce(decision, member, EventName.VOUCHER_ACTIVATED, {"reward": reward, "voucher": no})


def expire(member: MemberWork, decision: Decision, at: dt.datetime) -> None:
    """Vouchers that are over."""
    for no, (reward, start, end) in list(member.progress.vouchers.items()):
        if start is None and end is not None and end <= at:
            del member.progress.vouchers[no]
            decision.lapsed.append(no)
            if no in member.vouchers:
                member.vouchers[no].state = "lapsed"
            announce(decision, member, EventName.VOUCHER_EXPIRED, {"reward": reward, "voucher": no})
