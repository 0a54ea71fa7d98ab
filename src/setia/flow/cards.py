"""Gift cards: sold, charged, given back to, blocked, replaced, poured into a member's wallet. Pure.

A card is a wallet like any other, opened by its code instead of by a member. What a purchase does to cards is decided
with it and stands beside it, each card's part as an activity of that card.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from setia.flow.apply import announce
from setia.flow.clock import due_at
from setia.flow.needs import cards_in
from setia.flow.work import CONSEQUENCE, Decision, Gathered, MemberWork, Standing, Version, Voucher
from setia.ledger.lots import FAR, Wallet
from setia.ledger.plan import Entry, Shortfall, Terms, plan_award, plan_restoration, plan_spend
from setia.rules.terms import expiry
from setia.state.progress import Progress
from setia.values.activities import Activity, Body
from setia.values.card_codes import card_id, is_card
from setia.values.codes import Account, Built, DeclineCode, EventName
from setia.values.instants import Until, deadline, local_date
from setia.values.outcomes import CardMoney, Declined, Result

#: What may be done with a card's own wallet; all else is for members.
FOR_CARDS: Final = frozenset(
    (
        Built.CARD_ISSUED.value,
        Built.CARD_OPENED.value,
        Built.CARD_BLOCKED.value,
        Built.CARD_UNBLOCKED.value,
        Built.CARD_REPLACED.value,
        Built.HOLD.value,
        Built.COMMIT.value,
        Built.RELEASE.value,
        Built.ADJUST.value,
    )
)
_ONLY_FOR_CARDS: Final = FOR_CARDS - {Built.HOLD.value, Built.COMMIT.value, Built.RELEASE.value, Built.ADJUST.value}
_PAYING: Final = (Built.HOLD.value, Built.COMMIT.value)
GIVEN: Final = "gift_card"
"""The kind of reward that is a card."""
LIVE: Final = "live"
BLOCKED: Final = "blocked"
WITHDRAWN: Final = "withdrawn"


def resolve(gathered: Gathered, activity: Activity) -> None:
    """Let the body speak of cards by their wallets, as far as its codes lead to any."""
    if not gathered.cards:
        return
    body = activity.body
    changed: Body = {}
    is_sale = activity.type == Built.PURCHASE
    if is_sale and body.get("gift_cards"):
        changed["gift_cards"] = [_known(gathered, item) for item in body["gift_cards"]]
    if is_sale and any("gift_cards" in line for line in body.get("lines") or ()):
        changed["lines"] = [
            {**line, "gift_cards": [_known(gathered, item) for item in line["gift_cards"]]}
            if "gift_cards" in line
            else line
            for line in body["lines"]
        ]
    if activity.type in (Built.CARD_ISSUED.value, Built.CARD_ATTACHED.value):
        changed["gift_card"] = _known(gathered, body["gift_card"])
    if changed:
        activity.body = {**body, **changed}


def _known(gathered: Gathered, item: dict[str, Any]) -> dict[str, Any]:
    wallet = gathered.cards.get(item.get("code", ""))
    if wallet is None:
        return item
    return {"card": wallet.hex, **{name: value for name, value in item.items() if name != "code"}}


def refuse(member: MemberWork, activity: Activity) -> Declined | None:
    """Why the activity cannot be one of this wallet: a card is no member, and a blocked one does not pay."""
    if not is_card(member.id):
        if activity.type in _ONLY_FOR_CARDS:
            return Declined(DeclineCode.CARD_UNKNOWN, {"card": ""})
        return None
    if activity.type not in FOR_CARDS:
        return Declined(DeclineCode.CARD_IS_NO_MEMBER, {"type": activity.type})
    if activity.type == Built.CARD_ISSUED.value:
        return None
    card = member.progress.card
    if card is None or card["state"] == WITHDRAWN:
        return Declined(DeclineCode.CARD_UNKNOWN, {"card": "" if card is None else card["last"]})
    if activity.type in _PAYING and card["state"] == BLOCKED:
        return Declined(DeclineCode.CARD_BLOCKED, {"card": card["last"]})
    return None


def check(gathered: Gathered, version: Version, body: Body, standing: Standing | None = None) -> Declined | None:
    """Why the cards of a purchase cannot pay for it, or be sold by it, if so.

    ``standing``: the purchase as it is booked, of a revision: what has paid then, and what was sold, stays.
    """
    if version.programme.gift_cards is None:
        return None
    paid = {} if standing is None else standing.cards
    sold = set() if standing is None else {card.card for card in standing.result.sold}
    for item in body.get("gift_cards", ()):
        card = _live(gathered, item)
        if card is None:
            return Declined(DeclineCode.CARD_UNKNOWN, {"card": item["last"]})
        assert card.progress.card is not None
        if card.progress.card["state"] == BLOCKED and item["card"] not in paid:
            return Declined(DeclineCode.CARD_BLOCKED, {"card": item["last"]})
    policy = version.programme.gift_cards
    for item in (item for line in body["lines"] for item in line.get("gift_cards", ())):
        is_live = "card" not in item or _live(gathered, item) is not None
        is_ours = item.get("card") in sold or (policy.reload and "card" in item)
        if is_live and not is_ours:
            return Declined(DeclineCode.CARD_ALREADY_ISSUED, {"card": item["last"]})
    return None


def _live(gathered: Gathered, item: dict[str, Any]) -> MemberWork | None:
    card = gathered.members.get(UUID(hex=item["card"])) if "card" in item else None
    kept = None if card is None else card.progress.card
    return None if kept is None or kept["state"] == WITHDRAWN else card


def facts(
    gathered: Gathered, version: Version, body: Body, standing: Standing | None = None
) -> list[tuple[str, int, str | None]]:
    """What is on each card that is to pay, and when it begins to end, in the order in which they pay.

    The earliest end comes first, then the smallest balance. What ``standing`` has taken is there for its revision.
    """
    policy = version.programme.gift_cards
    assert policy is not None
    found: list[tuple[dt.datetime, int, str]] = []
    for item in body["gift_cards"]:
        card = gathered.members[UUID(hex=item["card"])]
        left = _open_money(version, card)
        if standing is not None:
            left += sum(steps for _, steps in standing.cards.get(item["card"], ()))
        ends = min((lot.ends_at or FAR for lot in card.wallet.open_lots(policy.unit)), default=FAR)
        found.append((ends, left, item["card"]))
    return [(card, left, None if ends == FAR else ends.isoformat()) for ends, left, card in sorted(found)]


def short(gathered: Gathered, version: Version, result: Result, standing: Standing) -> Declined | None:
    """A card that a revision would have pay more than it has paid already and what is on it."""
    for card in result.cards:
        wallet = gathered.members[UUID(hex=card.card)]
        more = card.amount - sum(steps for _, steps in standing.cards.get(card.card, ()))
        found = _open_money(version, wallet)
        if more > found:
            data = {"unit": _unit(version), "wanted": more, "found": found, "card": card.last}
            return Declined(DeclineCode.INSUFFICIENT_BALANCE, data)
    return None


def _open_money(version: Version, card: MemberWork) -> int:
    """What a card can pay now; nothing while it is blocked."""
    is_open = card.progress.card is not None and card.progress.card["state"] == LIVE
    return max(card.wallet.balance(_unit(version)).spendable, 0) if is_open else 0


def answered(body: Body, result: Result) -> Body:
    """The body with what each card pays: from now on the sale has taken just that much."""
    paid = {card.card: card.amount for card in result.cards}
    return {**body, "gift_cards": [{**item, "amount": paid.get(item["card"], 0)} for item in body["gift_cards"]]}


def move(gathered: Gathered, version: Version, decision: Decision, standing: Standing, old: Result, new: Result) -> int:
    """Book on the cards what changes between two results of a purchase, beside its decision.

    Returns what cannot be taken back because it was spent from a card that was sold: minor units of money.
    """
    short = 0
    before, after = _by_card(old.cards), _by_card(new.cards)
    was_sold, is_sold = _by_card(old.sold), _by_card(new.sold)
    for wallet in sorted({*before, *after, *was_sold, *is_sold}):
        card = gathered.members[UUID(hex=wallet)]
        taken = sum(steps for _, steps in standing.cards.get(wallet, ()))
        change = (after[wallet].amount if wallet in after else 0) - taken
        if change > 0:
            _charge(version, decision, standing, card, change)
        elif change < 0:
            _give_back(version, decision, standing, card, -change)
        sold = (is_sold[wallet].amount if wallet in is_sold else 0) - (
            was_sold[wallet].amount if wallet in was_sold else 0
        )
        if sold > 0:
            _sell(version, decision, card, is_sold[wallet].last, sold)
        elif sold < 0:
            short += _withdraw(version, decision, card, -sold, is_gone=wallet not in is_sold)
    return short


def _by_card(cards: Iterable[CardMoney]) -> dict[str, CardMoney]:
    return {card.card: card for card in cards}


def _beside(decision: Decision, card: MemberWork, kind: str, body: Body) -> Decision:
    """The card's part of what is decided: an activity of its own, whose id and key follow from the purchase's."""
    cause = decision.activity
    number = len(decision.beside) + 1
    activity = Activity(
        UUID(int=cause.id.int ^ number), kind, CONSEQUENCE, f"{kind}:{cause.id.hex}:{number}", card.id,
        cause.occurred_at, cause.recorded_at, body,
    )  # fmt: skip
    part = Decision(activity, "accepted", decision.version, Result(), of=cause.id)
    decision.beside.append(part)
    card.is_touched = True
    return part


def _unit(version: Version) -> str:
    assert version.programme.gift_cards is not None
    return version.programme.gift_cards.unit


def _last(card: MemberWork) -> str:
    assert card.progress.card is not None
    return str(card.progress.card["last"])


def _charge(version: Version, decision: Decision, standing: Standing, card: MemberWork, amount: int) -> None:
    part = _beside(decision, card, EventName.CARD_CHARGED.value, {"amount": amount})
    planned = plan_spend(card.wallet, _unit(version), amount, part.activity.recorded_at, reason="payment")
    assert not isinstance(planned, Shortfall), f"more was charged than the card has: {planned}"
    part.entries += planned
    taken = [(entry.lot, entry.amount) for entry in planned if entry.lot is not None]
    standing.cards[card.id.hex] = [*standing.cards.get(card.id.hex, ()), *taken]
    announce(part, card, EventName.CARD_CHARGED, {"card": _last(card), "unit": _unit(version), "amount": amount})


def _give_back(version: Version, decision: Decision, standing: Standing, card: MemberWork, amount: int) -> None:
    """Money comes back to the lots it was taken from, last taken first; what would end too soon lives on."""
    policy, zone = version.programme.gift_cards, version.programme.zone
    assert policy is not None
    part = _beside(decision, card, EventName.CARD_REFUNDED.value, {"amount": amount})
    now = part.activity.recorded_at
    least = deadline(now, policy.refund_extends, Until.END_OF_DAY, zone)
    taken = list(standing.cards[card.id.hex])
    wanted = amount
    while wanted:
        number, steps = taken.pop()
        back = min(steps, wanted)
        wanted -= back
        if steps - back:
            taken.append((number, steps - back))
        lot = card.wallet.lots[number]
        ends = lot.ends_by(now)
        if ends is None or ends >= least:
            part.entries += plan_restoration(card.wallet, policy.unit, back, now, taken=[(number, back)])
        else:
            part.entries += plan_award(
                card.wallet, policy.unit, back, origin=part.activity.id, earned_at=now, terms=Terms(None, least),
                source=Account.REDEEMED, reason="refunded",
            )  # fmt: skip
    standing.cards[card.id.hex] = taken
    state = card.progress.card["state"] if card.progress.card is not None else ""
    if state == BLOCKED:
        decision.answer.setdefault("blocked_cards", []).append(_last(card))
    announce(part, card, EventName.CARD_REFUNDED, {"card": _last(card), "unit": policy.unit, "amount": amount})


def _sell(version: Version, decision: Decision, card: MemberWork, last: str, amount: int) -> None:
    part = _beside(decision, card, Built.CARD_ISSUED.value, {"amount": amount})
    part.entries += _put_on(version, card, part.activity, last, amount, Account.SOLD, "sold")
    announce(part, card, EventName.CARD_ISSUED, {"card": last, "unit": _unit(version), "amount": amount})


def _put_on(
    version: Version, card: MemberWork, activity: Activity, last: str, amount: int, source: Account, reason: str
) -> list[Entry]:
    unit = version.programme.units[_unit(version)]
    if card.progress.card is None or card.progress.card["state"] == WITHDRAWN:
        card.progress.card = {"last": last, "state": LIVE}
    ends = expiry(version.programme, unit.expires, activity.occurred_at, None)
    return plan_award(
        card.wallet, unit.name, amount, origin=activity.id, earned_at=activity.occurred_at, terms=Terms(None, ends),
        source=source, reason=reason,
    )  # fmt: skip


def _withdraw(
    version: Version, decision: Decision, card: MemberWork, amount: int, *, is_gone: bool, into: Account = Account.SOLD
) -> int:
    """Take money off a card that is not sold any more, or not given; returns what is not on it."""
    unit = _unit(version)
    there = min(amount, max(card.wallet.balance(unit).spendable, 0))
    part = _beside(decision, card, EventName.CARD_WITHDRAWN.value, {"amount": there})
    if there:
        planned = plan_spend(card.wallet, unit, there, part.activity.recorded_at, into=into, reason="withdrawn")
        assert not isinstance(planned, Shortfall), f"more was withdrawn than the card has: {planned}"
        part.entries += planned
    announce(part, card, EventName.CARD_WITHDRAWN, {"card": _last(card), "unit": unit, "amount": there})
    if is_gone and not card.wallet.balance(unit).spendable:
        assert card.progress.card is not None
        card.progress.card = {**card.progress.card, "state": WITHDRAWN}
    return amount - there


# Cards of rewards -----------------------------------------------------------------------------------------------------


def hand_over(gathered: Gathered, member: MemberWork, decision: Decision) -> None:
    """Make cards of the vouchers that ``decision`` has issued for rewards that are one.

    The house gives what is on them. Nobody knows a code of such a card yet: its owner gives it one (``open_``). The
    wallet's id follows from the voucher, so that it is new, and nobody else can have locked it.
    """
    for voucher in decision.vouchers:
        version = _promised(gathered, voucher)
        if voucher.card is not None or version.programme.rewards[voucher.reward].gives.kind != GIVEN:
            continue
        at, zone = decision.activity.recorded_at, version.programme.zone
        voucher.card = card_id(sha256(f"{member.id.hex}/{voucher.no}".encode()).hexdigest())
        card = MemberWork(voucher.card, Wallet(), Progress(local_date(at, zone), at, None, {}))
        card.progress.settled_at = at
        gathered.members[card.id] = card
        part = _beside(decision, card, Built.CARD_ISSUED.value, {"amount": voucher.worth})
        part.entries += _put_on(version, card, part.activity, "", voucher.worth, Account.ISSUED, "reward")
        card.progress.card = {"last": "", "state": LIVE, "owner": member.id.hex, "reward": voucher.reward}
        card.due_at = due_at(gathered, card, at)
        announce(part, card, EventName.CARD_ISSUED, {"card": "", "unit": _unit(version), "amount": voucher.worth})


def look_at(gathered: Gathered, member: MemberWork) -> None:
    """Let the member's vouchers that are cards say what is left of them; more than they were worth they never are."""
    for voucher in member.vouchers.values():
        if voucher.card is not None and voucher.state == "issued":
            balance = gathered.members[voucher.card].wallet.balance(_unit(_promised(gathered, voucher)))
            voucher.left = min(voucher.worth, max(balance.spendable, 0))


def take_in(gathered: Gathered, decision: Decision) -> None:
    """Empty the cards whose vouchers ``decision`` has taken back whole: they are no cards any more."""
    for voucher in decision.vouchers:
        if voucher.card is not None and voucher.state == "cancelled":
            empty(gathered, decision, voucher, is_gone=True)


def empty(gathered: Gathered, decision: Decision, voucher: Voucher, *, is_gone: bool) -> None:
    """Take what is left of a voucher that is a card off the card; what was there goes back to the house."""
    assert voucher.card is not None
    card, version = gathered.members[voucher.card], _promised(gathered, voucher)
    _withdraw(version, decision, card, voucher.left, is_gone=is_gone, into=Account.REVERSED)
    card.due_at = due_at(gathered, card, decision.activity.recorded_at)


def _promised(gathered: Gathered, voucher: Voucher) -> Version:
    return next(version for version in gathered.versions if version.number == voucher.version)


# Activities of their own ----------------------------------------------------------------------------------------------


def present(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """A purchase comes in: its cards have to be there."""
    return check(gathered, version, decision.activity.body)


def issue(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """Put money on a card without a sale: a gift of the house, or a card of an earlier system."""
    activity, body = decision.activity, decision.activity.body
    policy = version.programme.gift_cards
    assert policy is not None
    last = body["gift_card"]["last"]
    card = member.progress.card
    if body["gift_card"].get("card") != member.id.hex or (
        card is not None and card["state"] != WITHDRAWN and not policy.reload
    ):
        return Declined(DeclineCode.CARD_ALREADY_ISSUED, {"card": last})
    decision.entries += _put_on(version, member, activity, last, body["amount"], Account.ADJUSTED, "issued")
    announce(decision, member, EventName.CARD_ISSUED, {"card": last, "unit": policy.unit, "amount": body["amount"]})
    return None


def open_(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """The card of a reward gets the code that opens it, once."""
    item, card = decision.activity.body["gift_card"], member.progress.card
    assert card is not None
    if card["last"] or item["code"] in gathered.cards:
        return Declined(DeclineCode.CARD_ALREADY_ISSUED, {"card": item["last"]})
    gathered.cards[item["code"]] = member.id
    member.progress.card = {**card, "last": item["last"]}
    announce(decision, member, EventName.CARD_OPENED, {"card": item["last"]})
    return None


def attach(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """Pour what is on a card into the member's own wallet, with its dates."""
    activity, item = decision.activity, decision.activity.body["gift_card"]
    declined = check(gathered, version, {"lines": (), "gift_cards": [item]})
    if declined is not None:
        return declined
    card, unit = gathered.members[UUID(hex=item["card"])], _unit(version)
    left = max(card.wallet.balance(unit).spendable, 0)
    if not left:
        return Declined(DeclineCode.INSUFFICIENT_BALANCE, {"unit": unit, "wanted": 1, "found": 0})
    part = _beside(decision, card, Built.CARD_ATTACHED.value, {"amount": left})
    planned = plan_spend(card.wallet, unit, left, activity.recorded_at, into=Account.TRANSFERRED, reason="attached")
    assert not isinstance(planned, Shortfall), f"more was attached than the card has: {planned}"
    part.entries += planned
    for piece in planned:
        assert piece.lot is not None
        lot = card.wallet.lots[piece.lot]
        decision.entries += plan_award(
            member.wallet, unit, piece.amount, origin=activity.id, earned_at=activity.recorded_at,
            terms=Terms(None, lot.ends_by(activity.recorded_at)), source=Account.TRANSFERRED, reason="attached",
        )  # fmt: skip
    announce(decision, member, EventName.CARD_ATTACHED, {"card": item["last"], "unit": unit, "amount": left})
    return None


def block(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """A lost card does not pay any more."""
    _become(member, decision, BLOCKED, EventName.CARD_BLOCKED)
    return None


def unblock(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """It was found again."""
    _become(member, decision, LIVE, EventName.CARD_UNBLOCKED)
    return None


def _become(member: MemberWork, decision: Decision, state: str, event: EventName) -> None:
    assert member.progress.card is not None
    member.progress.card = {**member.progress.card, "state": state}
    announce(decision, member, event, {"card": _last(member)})


def replace(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """A new code opens the card's wallet, and no other does: what comes back to the lost card is on the new one."""
    item = decision.activity.body["gift_card"]
    if item["code"] in gathered.cards:
        return Declined(DeclineCode.CARD_ALREADY_ISSUED, {"card": item["last"]})
    for code in [code for code, wallet in gathered.cards.items() if wallet == member.id]:
        del gathered.cards[code]
    gathered.cards[item["code"]] = member.id
    before, card = _last(member), member.progress.card
    assert card is not None
    member.progress.card = {**card, "last": item["last"], "state": LIVE}
    announce(decision, member, EventName.CARD_REPLACED, {"card": item["last"], "before": before})
    return None


def wallets(gathered: Gathered, activity: Activity) -> list[MemberWork]:
    """The cards that the activity may move money of: those that it names, and those of the sale that it amends."""
    if all(version.programme.gift_cards is None for version in gathered.versions):
        return []
    named = cards_in(activity)
    key = (activity.source, activity.external_id)
    of = activity.body.get("of") if isinstance(activity.body.get("of"), dict) else None
    for known in (gathered.recorded.get(key), gathered.recorded.get((of["source"], of["external_id"])) if of else None):
        standing = None if known is None else gathered.standings.get(known.activity_id)
        if standing is not None:
            named |= cards_of(standing)
    holder = gathered.members.get(activity.member_id)
    named |= {voucher.card for voucher in (holder.vouchers.values() if holder else ()) if voucher.card is not None}
    return [gathered.members[wallet] for wallet in sorted(named) if wallet in gathered.members]


def cards_of(standing: Standing) -> set[UUID]:
    """The cards that paid for a sale or were sold by it."""
    sold = {UUID(hex=card.card) for card in standing.result.sold}
    return {UUID(hex=wallet) for wallet in standing.cards} | sold
