"""What a decline says to people: what, why, and what to do, from its code and facts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from setia.language.model import Programme
from setia.values.codes import DeclineCode
from setia.values.ids import public_id
from setia.values.money import format_scaled

Facts = dict[str, Any]


HINDRANCES: Final = {
    "unknown": "the other one is no member",
    "same_member": "it is one and the same member",
    "blocked": "the other one is blocked, or erased",
    "open_holds": "the other one has a payment under way; commit or release it first",
    "debt": "one of them owes units; settle that first, by an adjustment for instance",
    "open_referral": "a referral of the other one is not settled; review it, or wait",
}
_MONEY: Final = ("paid", "due", "left")


def message(programme: Programme | None, code: DeclineCode, facts: Facts) -> str:
    """The sentence for one decline. ``programme`` knows the units' decimals and titles; None when there is none."""
    return _SAYS[code](_Teller(programme, facts))


def public_facts(programme: Programme | None, facts: Facts) -> Facts:
    """The facts as the API writes them: amounts of a unit in its decimals, ids with their prefix."""
    teller = _Teller(programme, facts)
    out: Facts = {}
    for name, value in facts.items():
        if name in ("wanted", "found", "left", "held", "limit", "amount", "step", "at_least") and "unit" in facts:
            out[name] = teller.amount(name)
        elif name == "into" and value:
            out[name] = public_id("mem", UUID(hex=value))
        elif name == "hold":
            out[name] = _hold(value)
        elif name in _MONEY and "invoice" in facts:
            out[name] = teller.money(name)
        elif name == "invoice" and value:
            out[name] = public_id("inv", UUID(hex=value))
        elif name == "voucher":
            out[name] = f"vch_{value}"
        elif name in ("expected", "total") and programme is not None and isinstance(value, int):
            out[name] = {"amount": format_scaled(value, programme.currency_decimals), "currency": programme.currency}
        elif name == "lost":
            out[name] = [{"code": code, "why": why} for code, why in value]
        else:
            out[name] = value
    return out


def _hold(value: str) -> str:
    return public_id("hld", UUID(hex=value))


class _Teller:
    def __init__(self, programme: Programme | None, facts: Facts) -> None:
        self.programme = programme
        self.facts = facts

    def __getitem__(self, name: str) -> str:
        return str(self.facts.get(name, "?"))[:200]

    def money(self, name: str) -> str:
        """An amount of money, in the programme's decimals."""
        value = self.facts.get(name)
        if self.programme is None or not isinstance(value, int):
            return str(value)
        return f"{format_scaled(value, self.programme.currency_decimals)} {self.programme.currency}"

    def amount(self, name: str) -> str | int:
        """An amount of the unit that the facts name, in the unit's decimals."""
        value = self.facts.get(name, 0)
        unit = self.programme.units.get(self.facts.get("unit", "")) if self.programme is not None else None
        if unit is None or not unit.decimals or not isinstance(value, int):
            return value if isinstance(value, int) else str(value)
        return format_scaled(value, unit.decimals)


_SAYS: Final[dict[DeclineCode, Callable[[_Teller], str]]] = {
    DeclineCode.PROGRAMME_NOT_IN_FORCE: lambda f: (
        f"the programme takes effect at {f['begins']}; activities from before that are not taken"
    ),
    DeclineCode.OCCURRED_IN_FUTURE: lambda f: (
        f"it may occur at {f['latest']} at the latest; set the clock, or leave 'occurred_at' out"
    ),
    DeclineCode.OCCURRED_TOO_LONG_AGO: lambda f: (
        f"activities are taken up to {f['accept']} after they occurred; adjust the balance with a reason instead"
    ),
    DeclineCode.PROGRAMME_PAUSED: lambda f: f"the programme was paused at {f['since']}; send it again once it goes on",
    DeclineCode.MEMBER_BLOCKED: lambda f: "the member is blocked; the operator has to unblock them first",
    DeclineCode.RECEIPT_OF_OTHER_MEMBER: lambda f: (
        f"receipt '{f['receipt']}' belongs to another member; send it for that member, or without a member"
    ),
    DeclineCode.RECEIPT_OF_OTHER_PARTNER: lambda f: (
        f"receipt '{f['receipt']}' is of the partner '{f['partner'] or 'none'}'; send it for that one, or without one"
    ),
    DeclineCode.ALREADY_RETURNED: lambda f: (
        f"line '{f['line']}' was returned before; nothing of it is left"
        if "line" in f.facts
        else f"receipt '{f['receipt']}' was returned before; nothing of it is left"
    ),
    DeclineCode.REFUND_WINDOW_CLOSED: lambda f: f"receipt '{f['receipt']}' could be returned until {f['until']}",
    DeclineCode.NOT_ON_RECEIPT: lambda f: (
        f"'{f['line']}' is not on the receipt in that quantity; return lines by the ids of the purchase"
    ),
    DeclineCode.CLAIM_WINDOW_CLOSED: lambda f: f"the purchase could be claimed until {f['until']}",
    DeclineCode.REFERRAL_CODE_UNKNOWN: lambda f: f"no member has the code '{f['code']}'; look at it again",
    DeclineCode.REFERRER_NOT_PERMITTED_TO_REDEEM: lambda f: (
        f"'{f['code']}' is the member's own code; codes are for friends"
    ),
    DeclineCode.REFERRER_NOT_ELIGIBLE: lambda f: f"whose code '{f['code']}' is cannot bring friends at present",
    DeclineCode.REFERRAL_ALREADY_CLAIMED: lambda f: "the member came by somebody's code before; each comes by one",
    DeclineCode.REFERRAL_WINDOW_CLOSED: lambda f: (
        f"a code could be brought until {f['until']}, and before the first purchase"
    ),
    DeclineCode.REFERRAL_NOT_HELD: lambda f: "nothing is held for review here; look at what became of it",
    DeclineCode.HOLD_UNKNOWN: lambda f: "the member has no such hold; send the id that placing it answered",
    DeclineCode.ALREADY_COMMITTED: lambda f: "the hold was committed before; place a new one for another payment",
    DeclineCode.ALREADY_RELEASED: lambda f: "the hold was released before; place a new one",
    DeclineCode.HOLD_LAPSED: lambda f: "the hold was not settled in time and has lapsed; place a new one",
    DeclineCode.HOLD_DECLINED: lambda f: "the hold was declined when it was asked for; place a new one",
    DeclineCode.HOLD_EXCEEDED: lambda f: "more is to be committed than is held; commit at most what is held",
    DeclineCode.REWARD_UNKNOWN: lambda f: f"there is no reward '{f['reward']}' that can be claimed",
    DeclineCode.REWARD_NOT_ELIGIBLE: lambda f: f"reward '{f['reward']}' is only for whom this holds: {f['when']}",
    DeclineCode.REWARD_LIMIT_REACHED: lambda f: (
        f"{f['left']} more of reward '{f['reward']}' can be had in this period; claim fewer or wait for the next"
    ),
    DeclineCode.PASS_NEEDED: lambda f: (
        f"reward '{f['reward']}' is given away in the line of '{f['drop']}': claim one while the pass is good"
    ),
    DeclineCode.OUT_OF_STOCK: lambda f: f"reward '{f['reward']}' is not in stock in that number; claim fewer",
    DeclineCode.CLAIM_BY_ITSELF: lambda f: (
        f"reward '{f['reward']}' keeps what an order leaves of it: claim it by itself, and send the code it comes with"
    ),
    DeclineCode.VOUCHER_UNKNOWN: lambda f: (
        f"no voucher and no campaign has the code {f['code']}; read it again, letter by letter"
        if "code" in f.facts
        else f"the member has no voucher vch_{f['voucher']}"
    ),
    DeclineCode.VOUCHER_OF_OTHER_MEMBER: lambda f: (
        f"the code {f['code']} is another member's; identify that member, or leave it out"
    ),
    DeclineCode.VOUCHER_REVOKED: lambda f: f"the code {f['code']} was taken back and is good for nothing any more",
    DeclineCode.VOUCHER_USED: lambda f: f"the code {f['code']} was used before, and nothing of it is left",
    DeclineCode.VOUCHER_EXPIRED: lambda f: f"the code {f['code']} could be used until {f['until']}",
    DeclineCode.VOUCHER_NOT_ACTIVE: lambda f: f"the code {f['code']} can be used from {f['from']} on",
    DeclineCode.VOUCHER_RESERVED: lambda f: (
        f"another cart has reserved the code {f['code']}; send its 'session', or wait until it lets go"
    ),
    DeclineCode.CHOICE_NEEDED: lambda f: (
        f"reward '{f['reward']}' is a choice: send 'choose' with one of {', '.join(f.facts.get('choice', ('?',)))}"
    ),
    DeclineCode.QUANTITY_EXCEEDED: lambda f: (
        f"of the code {f['code']} {f['left']} can be used now; the others are used up, or reserved by other carts"
    ),
    DeclineCode.VOUCHER_NOT_CANCELLABLE: lambda f: (
        f"voucher vch_{f['voucher']} is {f['state']}; only an unused one that was bought can be cancelled"
    ),
    DeclineCode.GAME_UNKNOWN: lambda f: f"there is no game '{f['game']}'",
    DeclineCode.GAME_NOT_ELIGIBLE: lambda f: f"game '{f['game']}' is only for whom this holds: {f['when']}",
    DeclineCode.EXCLUDED_FROM_PLAY: lambda f: (
        f"the member wants to be kept from games up to and with {f['until']}; nobody can shorten that"
    ),
    DeclineCode.OWN_LIMIT_REACHED: lambda f: (
        f"the member wants to play {f['times']} times a {f['per']} at most; wait for the next {f['per']}"
    ),
    DeclineCode.EXCLUSION_NOT_SHORTENED: lambda f: f"the exclusion can end on {f['until']} or later, not before",
    DeclineCode.PLAY_LIMIT_REACHED: lambda f: (
        f"game '{f['game']}' can be played {f['times']} times ({f['per']}), and was; wait for the next time"
    ),
    DeclineCode.PLAYED_TOO_SOON: lambda f: f"game '{f['game']}' can be played again at {f['again']}",
    DeclineCode.PLAYED_BEFORE_AS_MEMBER: lambda f: (
        f"what visitors win at '{f['game']}' is for who joins afterwards; members play with their own account"
    ),
    DeclineCode.DRAW_UNKNOWN: lambda f: f"there is no draw '{f['draw']}'",
    DeclineCode.DRAW_NOT_OPEN: lambda f: f"draw '{f['draw']}' takes tickets until {f['until']}, and not now",
    DeclineCode.DRAW_NOT_ELIGIBLE: lambda f: f"draw '{f['draw']}' is only for whom this holds: {f['when']}",
    DeclineCode.DRAW_LIMIT_REACHED: lambda f: f"{f['left']} more tickets can be entered into draw '{f['draw']}'",
    DeclineCode.CONTEST_UNKNOWN: lambda f: f"there is no contest '{f['contest']}' for this",
    DeclineCode.CONTEST_ENTRY_UNKNOWN: lambda f: f"contest '{f['contest']}' has no entry {f['entry']} for this",
    DeclineCode.CONTEST_NOT_OPEN: lambda f: (
        f"contest '{f['contest']}' takes this from {f['from'] or 'its beginning'} until {f['until'] or 'its result'}"
    ),
    DeclineCode.CONTEST_NOT_ELIGIBLE: lambda f: f"contest '{f['contest']}' is only for whom this holds: {f['when']}",
    DeclineCode.CONTEST_LIMIT_REACHED: lambda f: (
        f"contest '{f['contest']}' allows {f['most']} {f['what']}, and no more"
    ),
    DeclineCode.CONTEST_FULL: lambda f: f"contest '{f['contest']}' has all {f['slots']} entries that it takes",
    DeclineCode.CONTEST_OWN_ENTRY: lambda f: f"{f['entry']} is the member's own entry; vote for another",
    DeclineCode.CONTEST_VOTED_ALREADY: lambda f: f"the member has voted for {f['entry']} before",
    DeclineCode.CONTEST_NOT_VOTED: lambda f: f"the member has no vote for {f['entry']} that could be taken back",
    DeclineCode.CONTEST_REVIEWED_ALREADY: lambda f: (
        f"entry {f['entry']} is {f['state']}; this cannot be said of it now"
    ),
    DeclineCode.UNIT_CANNOT_PAY: lambda f: f"{f['unit']} cannot pay for purchases in this programme",
    DeclineCode.CARD_UNKNOWN: lambda f: f"there is no gift card with the code …{f['card']}",
    DeclineCode.CARD_BLOCKED: lambda f: f"gift card …{f['card']} is blocked; the operator can unblock or replace it",
    DeclineCode.CARD_AMOUNT_WRONG: lambda f: (
        f"a gift card has {f.money('least')} to {f.money('most')} on it, and not {f.money('amount')}"
    ),
    DeclineCode.CARD_ALREADY_ISSUED: lambda f: f"gift card …{f['card']} is in use already; draw a fresh code",
    DeclineCode.CARD_IS_NO_MEMBER: lambda f: f"a {f['type']} is for members, not for the wallet of a gift card",
    DeclineCode.CAUSE_UNKNOWN: lambda f: f"there is no cause '{f['cause']}'",
    DeclineCode.CAUSE_CLOSED: lambda f: f"'{f['cause']}' takes no gifts at that time",
    DeclineCode.CAUSE_NOT_ELIGIBLE: lambda f: f"'{f['cause']}' is for members for whom this holds: {f['when']}",
    DeclineCode.DONATION_AMOUNT_WRONG: lambda f: (
        f"'{f['cause']}' takes {f['unit']} in steps of {f.amount('step')}, and at least {f.amount('at_least')}"
    ),
    DeclineCode.DONATION_UNKNOWN: lambda f: f"nothing was given under '{f['donation']}'",
    DeclineCode.ALREADY_PAID_OUT: lambda f: f"the gift with receipt {f['receipt']} was paid out to its cause",
    DeclineCode.EXCHANGE_UNKNOWN: lambda f: f"there is no exchange '{f['exchange']}'",
    DeclineCode.EXCHANGE_AMOUNT_WRONG: lambda f: (
        f"{f['unit']} are exchanged in steps of {f.amount('step')}, and at least {f.amount('at_least')}"
    ),
    DeclineCode.EXCHANGE_LIMIT_REACHED: lambda f: (
        f"{f.amount('left')} {f['unit']} can still be exchanged in this period; exchange at most that"
    ),
    DeclineCode.EXCHANGE_NOT_CANCELLABLE: lambda f: f"'{f['exchange']}' cannot be undone any more: {f['why']}",
    DeclineCode.PARTNER_CANNOT_EARN: lambda f: f"{f['unit']} are not earned with '{f['partner']}' at that time",
    DeclineCode.PARTNER_CANNOT_BURN: lambda f: f"{f['unit']} cannot be spent with '{f['partner']}' at that time",
    DeclineCode.TRANSFER_NOT_ALLOWED: lambda f: f"{f['unit']} cannot be sent to this receiver",
    DeclineCode.TRANSFER_LIMIT_REACHED: lambda f: (
        f"{f.amount('left')} {f['unit']} can still be moved ({f['way']}) in this period; send at most that"
    ),
    DeclineCode.AVATAR_UNKNOWN: lambda f: f"there is no avatar '{f['avatar']}'",
    DeclineCode.AVATAR_LOCKED: lambda f: f"avatar '{f['avatar']}' is not one that this member can choose yet",
    DeclineCode.CHALLENGE_UNKNOWN: lambda f: f"there is no challenge '{f['challenge']}' that one joins",
    DeclineCode.CHALLENGE_CLOSED: lambda f: (
        f"challenge '{f['challenge']}' is open from {f['from']} until {f['until']}; it cannot be joined at another time"
    ),
    DeclineCode.CHALLENGE_JOINED_ALREADY: lambda f: (
        f"challenge '{f['challenge']}' was joined at {f['since']}; nothing more is to be done"
    ),
    DeclineCode.POOL_UNKNOWN: lambda f: f"no unit of the programme has a pool '{f['pool']}'",
    DeclineCode.SELF_CREDIT: lambda f: (
        f"nobody gives {f['unit']} to themselves: somebody else has to make this correction"
    ),
    DeclineCode.PLAN_UNKNOWN: lambda f: (
        f"there is no plan '{f['plan']}'"
        if not f.facts.get("every")
        else f"plan '{f['plan']}' cannot be paid by '{f['every']}'"
    ),
    DeclineCode.PLAN_CLOSED: lambda f: f"nobody can start plan '{f['plan']}' any more; offer another one",
    DeclineCode.MERGE_NOT_POSSIBLE: lambda f: f"these two cannot be merged: {HINDRANCES[f['why']]}",
    DeclineCode.MERGED_ALREADY: lambda f: f"one of the two is part of {public_id('mem', UUID(f['into']))} already",
    DeclineCode.NOT_MERGED: lambda f: (
        "the other member is "
        + (f"part of {public_id('mem', UUID(f['into']))}, not of this one" if f["into"] else "not part of this one")
    ),
    DeclineCode.UNMERGE_WINDOW_CLOSED: lambda f: f"they could be parted until {f['until']}",
    DeclineCode.PLAN_IN_THE_WAY: lambda f: f"plan '{f['plan']}' goes on; it has to be cancelled first",
    DeclineCode.PLAN_RUNNING: lambda f: f"the member has plan '{f['plan']}' until {f['ends_at']}; change it instead",
    DeclineCode.PLAN_NOT_RUNNING: lambda f: "the member has no plan; start one",
    DeclineCode.PLAN_ALREADY_CANCELLED: lambda f: f"plan '{f['plan']}' was cancelled before and ends at {f['ends_at']}",
    DeclineCode.INVOICE_NOT_OPEN: lambda f: "no open invoice of the member is meant; money for none has to go back",
    DeclineCode.PAYMENT_UNKNOWN: lambda f: "nothing was paid for this invoice; only what was paid can go back",
    DeclineCode.PAYMENT_MISMATCH: lambda f: (
        f"the invoice asks for {f.money('due')} and {f.money('paid')} came in; pay exactly that"
    ),
    DeclineCode.REFUND_EXCEEDED: lambda f: f"{f.money('left')} is left of the payment; give back at most that",
    DeclineCode.APPROVAL_NEEDED: lambda f: (
        f"one person may still give {f.amount('left')} {f['unit']} alone, and {f.amount('amount')} are wanted: more"
        " needs 'approved_by', and that somebody else than 'by'"
    ),
    DeclineCode.QUOTE_CHANGED: lambda f: (
        f"the buyer saw a total of {f.money('expected')}, but it is {f.money('total')} now; show it, and send it again"
    ),
    DeclineCode.INSUFFICIENT_BALANCE: lambda f: (
        f"{f.amount('wanted')} {f['unit']} are wanted and {f.amount('found')} are there; use at most that"
    ),
}
