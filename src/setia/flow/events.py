"""The events that are announced: when, and what each one says. Pure.

The list below is the whole of it: bodies are written by it (``flow.notify``), and so is docs/reference/events.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final
from uuid import UUID

from setia.values.codes import EventName


class Kind(Enum):
    """How a value of an event is written for the outside."""

    PLAIN = auto()  # as it is: a name, a number, true or false, an instant
    AMOUNT = auto()  # steps of the event's unit
    AMOUNTS = auto()  # unit → steps
    BUDGET = auto()  # steps of the unit of the rule's budget
    METRIC = auto()  # steps of what the tiers are reached by
    MEMBER = auto()
    HOLD = auto()
    MONEY = auto()  # minor units of the programme's currency
    INVOICE = auto()
    ENTRY = auto()


@dataclass(frozen=True, slots=True)
class Field:
    """A key of ``data``: what it means, how it is written, and a value as an example."""

    meaning: str
    example: Any
    kind: Kind = Kind.PLAIN


@dataclass(frozen=True, slots=True)
class Announced:
    """When an event is announced, and what its ``data`` has."""

    when: str
    fields: dict[str, Field] = field(default_factory=dict)


_UNIT: Final = Field("The unit.", "points")
_CODE: Final = Field("The code: letters and digits in capitals.", "KQ4M9XT22RWB")
_CODES: Final = Field("The codes: letters and digits in capitals.", ["SUMMER10"])
_SESSION: Final = Field("The cart.", "cart-17")
_VOUCHER: Final = Field("The number of the voucher; absent where the code has no owner.", 17)
_CONTEST: Final = Field("The contest.", "best-cup")
_ENTRY: Final = Field("The entry.", "01890a5d-ac96-774b-bcce-b302099a8057", Kind.ENTRY)
_WHY: Final = Field("The reason that was given.", "The picture shows another brand")
_CHALLENGE = Field("The challenge.", "five-orders")
_BADGE = Field("The badge.", "regular")
_REWARD: Final = Field("The reward.", "five-off")
_CARD: Final = Field("The last characters of the card's code.", "WHJP")
_CARD_UNIT: Final = Field("The unit on the card.", "card_money")
_RULE: Final = Field("The rule.", "earn")
_HOLD: Final = Field("The hold.", "01890a5d-ac96-774b-bcce-b302099a8057", Kind.HOLD)


def _amount(meaning: str, example: int = 120) -> Field:
    return Field(meaning, example, Kind.AMOUNT)


_PLAN: Final = Field("The plan.", "premium")
_CAUSE: Final = Field("The cause.", "food-bank")
_RECEIPT: Final = Field("The number of the receipt.", "2026-000017")
_EVERY: Final = Field("For which time it is paid.", "year")
_INVOICE: Final = Field("The invoice.", "01890a5d-ac96-774b-bcce-b302099a8057", Kind.INVOICE)


def _money(meaning: str) -> Field:
    return Field(meaning, 3999, Kind.MONEY)


_GIVEN: Final = {"cause": _CAUSE, "unit": _UNIT, "amount": _amount("How much was given."), "receipt": _RECEIPT}

EVENTS: Final[dict[EventName, Announced]] = {
    EventName.EARNED: Announced(
        "Rules gave units.",
        {
            "unit": _UNIT,
            "amount": _amount("All that was given."),
            "pending": _amount("How much of it cannot be spent yet; `points.activated` follows.", 0),
            "rules": Field("The rules that gave it.", ["earn"]),
        },
    ),
    EventName.ACTIVATED: Announced(
        "Pending units became available.", {"unit": _UNIT, "amount": _amount("How much became available.")}
    ),
    EventName.SPENT: Announced(
        "Units paid for a purchase or a reward, or a rule took them.",
        {"unit": _UNIT, "amount": _amount("How much was spent.")},
    ),
    EventName.EXPIRING: Announced(
        "Units will end soon; told once, so long before as the unit says.",
        {
            "unit": _UNIT,
            "amount": _amount("How much will end."),
            "expires_at": Field("When.", "2026-12-01T05:00:00+00:00"),
        },
    ),
    EventName.EXPIRED: Announced("Units expired.", {"unit": _UNIT, "amount": _amount("How much expired.")}),
    EventName.REVERSED: Announced(
        "A return, a cancellation or a correction took back what a purchase had earned.",
        {"unit": _UNIT, "amount": _amount("How much was taken back.")},
    ),
    EventName.RESTORED: Announced(
        "A return or a cancellation gave back what a purchase had spent.",
        {"unit": _UNIT, "amount": _amount("How much was given back.")},
    ),
    EventName.ADJUSTED: Announced(
        "Somebody adjusted the balance.",
        {
            "unit": _UNIT,
            "amount": _amount("How much; negative when it was taken.", -50),
            "reason": Field("The reason that was given.", "goodwill"),
        },
    ),
    EventName.TRANSFERRED: Announced(
        "Units went from one member to another; both get this event.",
        {
            "unit": _UNIT,
            "amount": _amount("How much; negative at the sender.", -50),
            "to": Field("At the sender: the member who received it.", UUID(int=7).hex, Kind.MEMBER),
            "from": Field("At the receiver: the member who sent it.", UUID(int=7).hex, Kind.MEMBER),
        },
    ),
    EventName.EXCHANGED: Announced(
        "Units became other units.",
        {
            "exchange": Field("The exchange.", "to-the-airline"),
            "from": Field("What was taken.", "points"),
            "took": Field("How much of it, without a fee, in its smallest steps.", 1000),
            "to": Field("What was given.", "miles"),
            "gave": Field("How much of it, in its smallest steps.", 500),
        },
    ),
    EventName.DONATED: Announced(
        "Units were given to a cause.",
        _GIVEN | {"money": _money("What the programme pays for it."), "match": _money("What is added to that.")},
    ),
    EventName.DONATION_CANCELLED: Announced("A gift to a cause was taken back; its receipt is void.", _GIVEN),
    EventName.GIVING_CHANGED: Announced(
        "What share of what they earn a member always gives.",
        {"cause": _CAUSE, "percent": Field("The share in hundredths of a percent; 0 ends it.", 1000)},
    ),
    EventName.HOLD_PLACED: Announced(
        "Units were set aside.", {"hold": _HOLD, "unit": _UNIT, "amount": _amount("How much is held.")}
    ),
    EventName.HOLD_COMMITTED: Announced(
        "Held units were spent, all or a part of them.",
        {
            "hold": _HOLD,
            "unit": _UNIT,
            "amount": _amount("How much was spent."),
            "freed": _amount("How much of the hold is available again.", 0),
        },
    ),
    EventName.HOLD_RELEASED: Announced(
        "A hold was given up.", {"hold": _HOLD, "unit": _UNIT, "amount": _amount("How much is available again.")}
    ),
    EventName.HOLD_LAPSED: Announced(
        "A hold was neither committed nor released in time.",
        {"hold": _HOLD, "unit": _UNIT, "amount": _amount("How much is available again.")},
    ),
    EventName.TIER_CHANGED: Announced(
        "The member moved to another tier.",
        {
            "from": Field("The tier before.", "bronze"),
            "to": Field("The tier now.", "silver"),
            "is_up": Field("Whether it is a higher one.", True),
            "until": Field(
                "Until when it is kept at least; null: until the metric says otherwise.", "2027-05-01T05:00:00+00:00"
            ),
        },
    ),
    EventName.TIER_DOWNGRADE_UPCOMING: Announced(
        "The member will lose the tier unless something happens.",
        {
            "tier": Field("The tier that is about to be lost.", "silver"),
            "missing": Field(
                "What is missing to keep it; where several metrics count, a list of ways, each with what it misses.",
                "120.00",
                Kind.METRIC,
            ),
        },
    ),
    EventName.REWARD_ISSUED: Announced(
        "The member got a reward.",
        {
            "reward": _REWARD,
            "quantity": Field("How many.", 1),
            "rule": Field("The rule that gave it; empty when the member bought it.", ""),
            "in_order": Field("Whether it was used at once inside the purchase, so that there is no voucher.", False),
        },
    ),
    EventName.REWARD_CANCELLED: Announced(
        "A reward was taken back.", {"reward": _REWARD, "voucher": Field("The number of the voucher.", 17)}
    ),
    EventName.VOUCHER_ACTIVATED: Announced(
        "A voucher that had to wait can be used from now on.", {"reward": _REWARD, "voucher": _VOUCHER}
    ),
    EventName.QUOTE_PROMISED: Announced(
        "What a purchase would draw on budgets and stocks was set aside for its cart.",
        {"session": _SESSION, "until": Field("When it lapses.", "2026-05-01T10:10:00+00:00")},
    ),
    EventName.VOUCHER_RESERVED: Announced(
        "A cart has set codes aside.",
        {"codes": _CODES, "session": _SESSION, "until": Field("When it lapses.", "2026-05-01T10:15:00+00:00")},
    ),
    EventName.VOUCHER_RELEASED: Announced("A cart let go of codes.", {"codes": _CODES, "session": _SESSION}),
    EventName.VOUCHER_USED: Announced(
        "A voucher or a code was used, all of it or a part.",
        {
            "code": _CODE,
            "reward": _REWARD,
            "amount": Field("How much cheaper the purchase became, in minor units of money.", 500),
            "voucher": _VOUCHER,
            "left": Field("What is left of the voucher: pieces, or minor units of one that keeps its rest.", 0),
        },
    ),
    EventName.VOUCHER_RETURNED: Announced(
        "What a purchase had used of a voucher or a code came back with it.",
        {
            "code": _CODE,
            "reward": _REWARD,
            "amount": Field("How much cheaper it makes the purchase now, in minor units of money.", 0),
            "voucher": _VOUCHER,
            "left": Field("What is left of the voucher: pieces, or minor units of one that keeps its rest.", 1),
        },
    ),
    EventName.VOUCHER_EXPIRED: Announced("A voucher is over.", {"reward": _REWARD, "voucher": _VOUCHER}),
    EventName.VOUCHER_REVOKED: Announced(
        "The operator took a voucher back.",
        {"reward": _REWARD, "voucher": _VOUCHER, "reason": Field("The reason that was given.", "given by mistake")},
    ),
    EventName.CARD_ISSUED: Announced(
        "There is money on a gift card: a purchase sold it, the house gave it, or it is a reward (with no code yet). "
        "The member of this and the other `card.…` events is the card's own wallet, except of `card.attached`.",
        {"card": _CARD, "unit": _CARD_UNIT, "amount": _amount("How much was put on it.")},
    ),
    EventName.CARD_OPENED: Announced(
        "The owner of a gift card that is a reward gave it its code: from now on it pays.", {"card": _CARD}
    ),
    EventName.CARD_CHARGED: Announced(
        "A gift card paid for a purchase.",
        {"card": _CARD, "unit": _CARD_UNIT, "amount": _amount("How much it paid.")},
    ),
    EventName.CARD_REFUNDED: Announced(
        "What a gift card had paid came back to it.",
        {"card": _CARD, "unit": _CARD_UNIT, "amount": _amount("How much came back.")},
    ),
    EventName.CARD_WITHDRAWN: Announced(
        "The sale of a gift card was undone, and what was on it was taken off.",
        {"card": _CARD, "unit": _CARD_UNIT, "amount": _amount("How much was taken off.")},
    ),
    EventName.CARD_ATTACHED: Announced(
        "A member put what was on a gift card into the own wallet.",
        {"card": _CARD, "unit": _CARD_UNIT, "amount": _amount("How much.")},
    ),
    EventName.CARD_BLOCKED: Announced("A lost gift card pays nothing from now on.", {"card": _CARD}),
    EventName.CARD_UNBLOCKED: Announced("A blocked gift card was found again.", {"card": _CARD}),
    EventName.CARD_REPLACED: Announced(
        "A new code opens the gift card, and the old one nothing.",
        {"card": _CARD, "before": Field("The last characters of the old code.", "WHJP")},
    ),
    EventName.REFERRAL_JOINED: Announced(
        "A member came by another's code.", {"referrer": Field("Whose code it was.", UUID(int=7).hex, Kind.MEMBER)}
    ),
    EventName.REFERRAL_HELD: Announced(
        "How a member came is held until somebody has looked at it; staff find the reasons in the review list.",
        {"referrer": Field("Whose code it was.", UUID(int=7).hex, Kind.MEMBER)},
    ),
    EventName.REFERRAL_REVIEWED: Announced(
        "Somebody has looked at what was held.",
        {"state": Field("`open` when it was released, `refused` when not.", "open")},
    ),
    EventName.REFERRAL_QUALIFIED: Announced(
        "A member who came by a code has bought, and the purchase cannot go back any more.",
        {"referrer": Field("Whose code it was.", UUID(int=7).hex, Kind.MEMBER)},
    ),
    EventName.FRIEND_QUALIFIED: Announced(
        "A friend of this member has bought and kept it.",
        {
            "friend": Field("The friend.", UUID(int=7).hex, Kind.MEMBER),
            "number": Field("How many friends that makes.", 3),
        },
    ),
    EventName.CHALLENGE_COMPLETED: Announced(
        "The member reached all goals of a challenge.",
        {"challenge": _CHALLENGE, "times": Field("Which time it is.", 1)},
    ),
    EventName.CHALLENGE_UNDONE: Announced(
        "A return took a goal of a completed challenge away, and with it what it had given.", {"challenge": _CHALLENGE}
    ),
    EventName.PLACED: Announced(
        "A leaderboard's period is over, and the member is among its best.",
        {"leaderboard": Field("The leaderboard.", "spenders"), "rank": Field("The rank.", 1)},
    ),
    EventName.CONTEST_ENTERED: Announced(
        "A member entered a contest.",
        {"contest": _CONTEST, "entry": _ENTRY, "state": Field("`waiting` for staff, or `shown`.", "waiting")},
    ),
    EventName.CONTEST_WITHDRAWN: Announced("A member took an entry back.", {"contest": _CONTEST, "entry": _ENTRY}),
    EventName.CONTEST_APPROVED: Announced(
        "Staff approved an entry: members see it.", {"contest": _CONTEST, "entry": _ENTRY, "reason": _WHY}
    ),
    EventName.CONTEST_REFUSED: Announced(
        "Staff refused an entry; what it cost came back.", {"contest": _CONTEST, "entry": _ENTRY, "reason": _WHY}
    ),
    EventName.CONTEST_REMOVED: Announced(
        "Staff took an entry down.", {"contest": _CONTEST, "entry": _ENTRY, "reason": _WHY}
    ),
    EventName.CONTEST_PLACED: Announced(
        "A contest is closed, and the member has one of its places.",
        {"contest": _CONTEST, "place": Field("The place, 1 for the first.", 1), "votes": Field("How many votes.", 7)},
    ),
    EventName.CONTEST_CLOSED: Announced(
        "A contest in which the member took part is closed.",
        {"contest": _CONTEST, "place": Field("The member's place; null: none.", None)},
    ),
    EventName.AVATAR_CHOSEN: Announced(
        "The member chose the avatar to be shown by; null: none.", {"avatar": Field("The avatar.", "owl")}
    ),
    EventName.BADGE_AWARDED: Announced("The member has a badge now.", {"badge": _BADGE}),
    EventName.BADGE_REVOKED: Announced("The member has a badge no more.", {"badge": _BADGE}),
    EventName.LIMIT_REACHED: Announced(
        "A limit put off what a full balance gives; it goes on the next day.", {"unit": _UNIT}
    ),
    EventName.BUDGET_EXHAUSTED: Announced(
        "What a rule, or several that share a budget, may give to all members together is used up. The member is the "
        "one whose activity used it up.",
        {
            "rule": Field("The rule; of a shared budget the budget.", "earn"),
            "left": Field("What is left; of a budget of money in money.", 0, Kind.BUDGET),
        },
    ),
    EventName.PACK_EXHAUSTED: Announced(
        "The units that a partner has paid for beforehand are used up.",
        {"partner": Field("The partner.", "fuel-one"), "unit": _UNIT, "left": _amount("What is left.", 0)},
    ),
    EventName.SHORTFALL: Announced(
        "A return should take back units that were spent already.",
        {"units": Field("How much is missing of each unit.", {"points": 40}, Kind.AMOUNTS)},
    ),
    EventName.RETURN_UNMATCHED: Announced(
        "A return waited in vain for the purchase that it refers to. Somebody should look at it.",
        {
            "source": Field("Where the return came from.", "pos"),
            "external_id": Field("Its number there.", "R-1017"),
            "of": Field("The purchase that it refers to.", {"source": "pos", "external_id": "S-0998"}),
        },
    ),
    EventName.PLAN_STARTED: Announced(
        "A member has a plan from now on, or for a further time.",
        {
            "plan": _PLAN,
            "kind": Field("Why: trial, paid, units or given.", "paid"),
            "starts_at": Field("From when.", "2026-05-01T05:00:00+00:00"),
            "ends_at": Field("Until before when.", "2027-05-01T05:00:00+00:00"),
        },
    ),
    EventName.PLAN_INVOICED: Announced(
        "An invoice was written: a plan begins, goes on or changes.",
        {
            "invoice": _INVOICE,
            "plan": _PLAN,
            "every": _EVERY,
            "amount": _money("What is to be paid."),
            "due_at": Field("When it is due.", "2026-05-01T05:00:00+00:00"),
        },
    ),
    EventName.PLAN_PAYMENT_DUE: Announced(
        "A payment is asked for, for the first time or again.",
        {
            "invoice": _INVOICE,
            "plan": _PLAN,
            "amount": _money("What is to be paid."),
            "times": Field("For the how manieth time.", 1),
            "lapses_at": Field("When the plan lapses without it.", "2026-05-08T05:00:00+00:00"),
        },
    ),
    EventName.PLAN_PAYMENT_FAILED: Announced(
        "A payment did not go through.",
        {
            "invoice": _INVOICE,
            "plan": _PLAN,
            "amount": _money("What was to be paid."),
            "times": Field("How often it has been asked for.", 1),
            "reason": Field("Why, in the words of whoever tried.", "card_declined"),
        },
    ),
    EventName.PLAN_PAID: Announced(
        "A payment for a plan came in.",
        {"invoice": _INVOICE, "plan": _PLAN, "every": _EVERY, "amount": _money("What was paid.")},
    ),
    EventName.PLAN_CHANGED: Announced(
        "A member goes on with another price or plan, or takes a cancellation back.",
        {
            "plan": _PLAN,
            "every": _EVERY,
            "at_period_end": Field("Whether that begins when the period is over.", False),
        },
    ),
    EventName.PLAN_CANCELLED: Announced(
        "A member gave a plan up.",
        {
            "plan": _PLAN,
            "refund": _money("What goes back."),
            "ends_at": Field("When the plan ends.", "2026-05-20T05:00:00+00:00"),
        },
    ),
    EventName.PLAN_REFUNDED: Announced(
        "Money that was paid for a plan goes back.", {"invoice": _INVOICE, "amount": _money("How much.")}
    ),
    EventName.PLAN_DISPUTED: Announced(
        "A member's bank asks a payment back, or that was settled.",
        {"invoice": _INVOICE, "state": Field("opened, won or lost.", "opened")},
    ),
    EventName.PLAN_LAPSED: Announced("A plan ended because it was not paid.", {"plan": _PLAN, "invoice": _INVOICE}),
    EventName.PLAN_ENDED: Announced("A plan ended, and nothing follows it.", {"plan": _PLAN}),
    EventName.MEMBER_JOINED: Announced("Somebody became a member."),
    EventName.MEMBER_MERGED: Announced(
        "Two accounts of one person became one; both are told, and the one who is gone has no more events.",
        {"other": Field("The other of the two.", "01890a5d-ac96-774b-bcce-b302099a8057", Kind.MEMBER)},
    ),
    EventName.MEMBER_UNMERGED: Announced(
        "Two members who were merged are two again.",
        {"other": Field("The other of the two.", "01890a5d-ac96-774b-bcce-b302099a8057", Kind.MEMBER)},
    ),
    EventName.MEMBER_ERASED: Announced(
        "Who this member was is erased. Erase it too wherever you keep it.",
        {"points": Field("What becomes of the units: `keep` (until they end) or `forfeit`.", "keep")},
    ),
    EventName.GAME_PLAYED: Announced(
        "A game was played; what it gave is told by `points.earned` and `reward.issued`.",
        {
            "game": Field("The game.", "lucky-wheel"),
            "prize": Field("What was won; null when the play won no prize.", "fifty"),
        },
    ),
    EventName.PLAY_LIMITED: Announced(
        "A member asked to play less, or not at all up to a day.",
        {"until": Field("The last day without games; null when only a limit was set.", "2026-12-31")},
    ),
    EventName.DRAW_ENTERED: Announced(
        "Tickets were entered into a draw.",
        {"draw": Field("The draw.", "new-year"), "tickets": Field("How many.", 2)},
    ),
    EventName.DRAW_SETTLED: Announced(
        "A draw was drawn, and the member has one of its prizes.",
        {
            "draw": Field("The draw.", "new-year"),
            "place": Field("The place, 1 for the first.", 1),
            "reward": Field("The reward that goes with it.", "scooter"),
        },
    ),
}
