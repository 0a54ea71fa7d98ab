"""Closed lists: activity types, ledger accounts, declines, event names. A new word is added here first."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Final


class Built(StrEnum):
    """Activity types that every programme knows."""

    PURCHASE = "purchase.completed"
    RETURN = "purchase.returned"
    CANCEL = "purchase.cancelled"
    ADJUST = "balance.adjusted"
    TRANSFER = "balance.transferred"
    EXCHANGE = "units.exchanged"
    UNEXCHANGE = "exchange.cancelled"
    DONATED = "points.donated"
    UNDONATE = "donation.cancelled"
    GIVING = "giving.changed"  # what share of what they earn a member always gives
    HOLD = "hold.placed"
    COMMIT = "hold.committed"
    RELEASE = "hold.released"
    CLAIM = "reward.claimed"
    UNCLAIM = "reward.cancelled"
    PROMISED = "quote.promised"
    RESERVE = "voucher.reserved"
    UNRESERVE = "voucher.released"
    USE = "voucher.used"
    REVOKE = "voucher.revoked"
    POOL_CLOSED = "pool.closed"
    JOINED = "member.joined"
    UPDATED = "member.updated"
    ERASED = "member.erased"
    MERGED = "member.merged"
    UNMERGED = "member.unmerged"
    PLAN_STARTED = "plan.started"
    PLAN_PAID = "plan.paid"
    PLAN_FAILED = "plan.payment_failed"
    PLAN_CHANGED = "plan.changed"
    PLAN_CANCELLED = "plan.cancelled"
    PLAN_REFUNDED = "plan.refunded"
    PLAN_DISPUTED = "plan.disputed"
    CARD_ISSUED = "card.issued"
    CARD_OPENED = "card.opened"  # the card of a reward gets the code that opens it
    CARD_ATTACHED = "card.attached"  # its money goes into the wallet of a member
    CARD_BLOCKED = "card.blocked"
    CARD_UNBLOCKED = "card.unblocked"
    CARD_REPLACED = "card.replaced"
    PLAYED = "game.played"
    LIMITED = "play.limited"  # what a member asks of us for their own care
    ENTERED = "draw.entered"
    WON = "draw.won"
    REFERRED = "referral.claimed"
    REFERRAL_REVIEWED = "referral.reviewed"
    REFERRAL_FLAGGED = "referral.flagged"  # the referrer's side found something wrong with it
    FRIEND_JOINED = "friend.joined"
    FRIEND_QUALIFIED = "friend.qualified"
    CHALLENGE_JOINED = "challenge.joined"
    AVATAR_CHOSEN = "avatar.chosen"
    PLACED = "leaderboard.placed"
    CONTEST_ENTERED = "contest.entered"
    CONTEST_WITHDRAWN = "contest.withdrawn"
    CONTEST_REVIEWED = "contest.reviewed"  # staff approve an entry, refuse it or take it down
    VOTED = "contest.voted"
    UNVOTED = "contest.unvoted"
    CONTEST_PLACED = "contest.placed"
    CONTEST_CLOSED = "contest.closed"
    RERATED = "purchase.rerated"  # a late activity changed the tier that a purchase was decided under


class Tick(StrEnum):
    """Clock activities, in the order in which those due at one instant are handled."""

    HOLD_LAPSED = "hold.lapsed"
    ACTIVATED = "balance.activated"
    EXPIRED = "balance.expired"
    EXPIRING = "balance.expiring"  # a reminder, while there is time
    VOUCHER_ACTIVATED = "voucher.activated"
    VOUCHER_EXPIRED = "voucher.expired"
    DAY_ENDED = "day.ended"
    WEEK_ENDED = "week.ended"
    MONTH_ENDED = "month.ended"
    QUARTER_ENDED = "quarter.ended"
    YEAR_ENDED = "year.ended"
    TIER_NOTICED = "tier.noticed"
    TIER_REVIEWED = "tier.reviewed"
    PLAN_ENDED = "plan.ended"
    PLAN_NOTICED = "plan.noticed"
    PLAN_DUE = "plan.fell_due"
    PLAN_REMINDED = "plan.reminded"
    PLAN_LAPSED = "plan.lapsed"
    PLAN_MONTH = "plan.month_began"
    BIRTHDAY = "member.birthday"
    ANNIVERSARY = "member.anniversary"
    REFERRAL_DUE = "referral.due"  # a friend's purchase cannot go back any more
    BRAND_ANNIVERSARY = "brand.anniversary"
    REACHED_AGAIN = "balance.reached"  # a reward that a daily limit put off


TICK_ORDER: Final = {tick.value: number for number, tick in enumerate(Tick)}
CHALLENGE_COMPLETED: Final = "challenge.completed"
CONSEQUENCES: Final = ("tier.changed", "referral.joined", "referral.qualified", CHALLENGE_COMPLETED)
"""Besides ``<unit>.reached``, what a rule may be ``on`` though it never comes in from outside."""
MADE_HERE: Final = frozenset(
    (
        *(tick.value for tick in Tick),
        *CONSEQUENCES,
        Built.RERATED.value,
        Built.WON.value,
        Built.PLACED.value,
        Built.CONTEST_PLACED.value,
        Built.CONTEST_CLOSED.value,
        Built.REFERRAL_FLAGGED.value,
        Built.FRIEND_JOINED.value,
        Built.FRIEND_QUALIFIED.value,
    )
)
"""Activities that are made here and never come in from outside."""
OF_OTHERS: Final = (
    Built.REFERRAL_REVIEWED,
    Built.REFERRAL_FLAGGED,
    Built.FRIEND_JOINED,
    Built.FRIEND_QUALIFIED,
    Built.CONTEST_REVIEWED,
    Built.CONTEST_PLACED,
    Built.CONTEST_CLOSED,
)
"""Activities of a member that somebody else causes."""
REFERRAL_TYPES: Final = ("referral.joined", "referral.qualified", Built.FRIEND_QUALIFIED.value)
"""What rules may be on where members bring friends: the first two are the friend's, the last is the referrer's."""


class Account(IntEnum):
    """Where units are. The first four belong to a member, the others to the house."""

    AVAILABLE = 1
    PENDING = 2
    HELD = 3
    DEBT = 4  # zero or negative: what was taken back though it was spent
    ISSUED = 11
    REDEEMED = 12
    EXPIRED = 13
    REVERSED = 14
    ADJUSTED = 15
    TRANSFERRED = 16
    BUDGET = 17  # what campaigns have left to give
    SOLD = 18  # what was bought with money: on gift cards, by top-ups
    EXCHANGED = 19  # what became another unit, or came from one
    DONATED = 20  # what members gave to causes


MEMBER_ACCOUNTS: Final = (Account.AVAILABLE, Account.PENDING, Account.HELD, Account.DEBT)


class DeclineCode(StrEnum):
    """Expected answers of no, in order of precedence: the first that holds is the one that is told."""

    PROGRAMME_NOT_IN_FORCE = "programme_not_in_force"
    OCCURRED_IN_FUTURE = "occurred_in_future"
    OCCURRED_TOO_LONG_AGO = "occurred_too_long_ago"
    PROGRAMME_PAUSED = "programme_paused"
    MEMBER_BLOCKED = "member_blocked"
    RECEIPT_OF_OTHER_MEMBER = "receipt_of_other_member"
    RECEIPT_OF_OTHER_PARTNER = "receipt_of_other_partner"
    ALREADY_RETURNED = "already_returned"
    REFUND_WINDOW_CLOSED = "refund_window_closed"
    NOT_ON_RECEIPT = "not_on_receipt"
    CLAIM_WINDOW_CLOSED = "claim_window_closed"
    REFERRAL_CODE_UNKNOWN = "referral_code_unknown"
    REFERRER_NOT_PERMITTED_TO_REDEEM = "referrer_not_permitted_to_redeem"
    REFERRER_NOT_ELIGIBLE = "referrer_not_eligible"
    REFERRAL_ALREADY_CLAIMED = "referral_already_claimed"
    REFERRAL_WINDOW_CLOSED = "referral_window_closed"
    REFERRAL_NOT_HELD = "referral_not_held"
    HOLD_UNKNOWN = "hold_unknown"
    ALREADY_COMMITTED = "already_committed"
    ALREADY_RELEASED = "already_released"
    HOLD_LAPSED = "hold_lapsed"
    HOLD_DECLINED = "hold_declined"
    HOLD_EXCEEDED = "hold_exceeded"
    REWARD_UNKNOWN = "reward_unknown"
    REWARD_NOT_ELIGIBLE = "reward_not_eligible"
    REWARD_LIMIT_REACHED = "reward_limit_reached"
    CLAIM_BY_ITSELF = "claim_by_itself"
    PASS_NEEDED = "pass_needed"
    OUT_OF_STOCK = "out_of_stock"
    VOUCHER_UNKNOWN = "voucher_unknown"
    VOUCHER_OF_OTHER_MEMBER = "voucher_of_other_member"
    VOUCHER_REVOKED = "voucher_revoked"
    VOUCHER_USED = "voucher_used"
    VOUCHER_EXPIRED = "voucher_expired"
    VOUCHER_NOT_ACTIVE = "voucher_not_active"
    VOUCHER_RESERVED = "voucher_reserved"
    CHOICE_NEEDED = "choice_needed"
    QUANTITY_EXCEEDED = "quantity_exceeded"
    VOUCHER_NOT_CANCELLABLE = "voucher_not_cancellable"
    GAME_UNKNOWN = "game_unknown"
    GAME_NOT_ELIGIBLE = "game_not_eligible"
    EXCLUDED_FROM_PLAY = "excluded_from_play"
    OWN_LIMIT_REACHED = "own_limit_reached"
    EXCLUSION_NOT_SHORTENED = "exclusion_not_shortened"
    PLAY_LIMIT_REACHED = "play_limit_reached"
    PLAYED_TOO_SOON = "played_too_soon"
    PLAYED_BEFORE_AS_MEMBER = "played_before_as_member"
    DRAW_UNKNOWN = "draw_unknown"
    DRAW_NOT_OPEN = "draw_not_open"
    DRAW_NOT_ELIGIBLE = "draw_not_eligible"
    DRAW_LIMIT_REACHED = "draw_limit_reached"
    CONTEST_UNKNOWN = "contest_unknown"
    CONTEST_ENTRY_UNKNOWN = "contest_entry_unknown"
    CONTEST_NOT_OPEN = "contest_not_open"
    CONTEST_NOT_ELIGIBLE = "contest_not_eligible"
    CONTEST_LIMIT_REACHED = "contest_limit_reached"
    CONTEST_FULL = "contest_full"
    CONTEST_OWN_ENTRY = "contest_own_entry"
    CONTEST_VOTED_ALREADY = "contest_voted_already"
    CONTEST_NOT_VOTED = "contest_not_voted"
    CONTEST_REVIEWED_ALREADY = "contest_reviewed_already"
    UNIT_CANNOT_PAY = "unit_cannot_pay"
    CARD_UNKNOWN = "card_unknown"
    CARD_BLOCKED = "card_blocked"
    CARD_AMOUNT_WRONG = "card_amount_wrong"
    CARD_ALREADY_ISSUED = "card_already_issued"
    CARD_IS_NO_MEMBER = "card_is_no_member"
    PARTNER_CANNOT_EARN = "partner_cannot_earn"
    PARTNER_CANNOT_BURN = "partner_cannot_burn"
    TRANSFER_NOT_ALLOWED = "transfer_not_allowed"
    TRANSFER_LIMIT_REACHED = "transfer_limit_reached"
    EXCHANGE_UNKNOWN = "exchange_unknown"
    EXCHANGE_AMOUNT_WRONG = "exchange_amount_wrong"
    EXCHANGE_LIMIT_REACHED = "exchange_limit_reached"
    EXCHANGE_NOT_CANCELLABLE = "exchange_not_cancellable"
    CAUSE_UNKNOWN = "cause_unknown"
    CAUSE_CLOSED = "cause_closed"
    CAUSE_NOT_ELIGIBLE = "cause_not_eligible"
    DONATION_AMOUNT_WRONG = "donation_amount_wrong"
    DONATION_UNKNOWN = "donation_unknown"
    ALREADY_PAID_OUT = "already_paid_out"
    POOL_UNKNOWN = "pool_unknown"
    PLAN_UNKNOWN = "plan_unknown"
    PLAN_CLOSED = "plan_closed"
    PLAN_RUNNING = "plan_running"
    PLAN_IN_THE_WAY = "plan_in_the_way"
    PLAN_NOT_RUNNING = "plan_not_running"
    PLAN_ALREADY_CANCELLED = "plan_already_cancelled"
    INVOICE_NOT_OPEN = "invoice_not_open"
    PAYMENT_UNKNOWN = "payment_unknown"
    PAYMENT_MISMATCH = "payment_mismatch"
    REFUND_EXCEEDED = "refund_exceeded"
    MERGE_NOT_POSSIBLE = "merge_not_possible"
    MERGED_ALREADY = "merged_already"
    NOT_MERGED = "not_merged"
    UNMERGE_WINDOW_CLOSED = "unmerge_window_closed"
    SELF_CREDIT = "self_credit"
    AVATAR_UNKNOWN = "avatar_unknown"
    AVATAR_LOCKED = "avatar_locked"
    CHALLENGE_UNKNOWN = "challenge_unknown"
    CHALLENGE_CLOSED = "challenge_closed"
    CHALLENGE_JOINED_ALREADY = "challenge_joined_already"
    APPROVAL_NEEDED = "approval_needed"
    INSUFFICIENT_BALANCE = "insufficient_balance"
    QUOTE_CHANGED = "quote_changed"


class EventName(StrEnum):
    """What the outbox announces."""

    EARNED = "points.earned"
    ACTIVATED = "points.activated"
    SPENT = "points.spent"
    EXPIRING = "points.expiring"
    EXPIRED = "points.expired"
    REVERSED = "points.reversed"
    RESTORED = "points.restored"
    ADJUSTED = "points.adjusted"
    TRANSFERRED = "points.transferred"
    EXCHANGED = "points.exchanged"
    DONATED = "points.donated"
    DONATION_CANCELLED = "donation.cancelled"
    GIVING_CHANGED = "giving.changed"
    HOLD_PLACED = "hold.placed"
    HOLD_COMMITTED = "hold.committed"
    HOLD_RELEASED = "hold.released"
    HOLD_LAPSED = "hold.lapsed"
    TIER_CHANGED = "tier.changed"
    TIER_DOWNGRADE_UPCOMING = "tier.downgrade_upcoming"
    REWARD_ISSUED = "reward.issued"
    REWARD_CANCELLED = "reward.cancelled"
    VOUCHER_ACTIVATED = "voucher.activated"
    QUOTE_PROMISED = "quote.promised"
    VOUCHER_RESERVED = "voucher.reserved"
    VOUCHER_RELEASED = "voucher.released"
    VOUCHER_USED = "voucher.used"
    VOUCHER_RETURNED = "voucher.returned"
    VOUCHER_EXPIRED = "voucher.expired"
    VOUCHER_REVOKED = "voucher.revoked"
    CARD_ISSUED = "card.issued"
    CARD_OPENED = "card.opened"
    CARD_CHARGED = "card.charged"
    CARD_REFUNDED = "card.refunded"
    CARD_WITHDRAWN = "card.withdrawn"
    CARD_ATTACHED = "card.attached"
    CARD_BLOCKED = "card.blocked"
    CARD_UNBLOCKED = "card.unblocked"
    CARD_REPLACED = "card.replaced"
    REFERRAL_JOINED = "referral.joined"
    REFERRAL_HELD = "referral.held"
    REFERRAL_REVIEWED = "referral.reviewed"
    REFERRAL_QUALIFIED = "referral.qualified"
    FRIEND_QUALIFIED = "friend.qualified"
    CHALLENGE_COMPLETED = "challenge.completed"
    CHALLENGE_UNDONE = "challenge.undone"
    PLACED = "leaderboard.placed"
    CONTEST_ENTERED = "contest.entered"
    CONTEST_WITHDRAWN = "contest.withdrawn"
    CONTEST_APPROVED = "contest.approved"
    CONTEST_REFUSED = "contest.refused"
    CONTEST_REMOVED = "contest.removed"
    CONTEST_PLACED = "contest.placed"
    CONTEST_CLOSED = "contest.closed"
    AVATAR_CHOSEN = "avatar.chosen"
    BADGE_AWARDED = "badge.awarded"
    BADGE_REVOKED = "badge.revoked"
    LIMIT_REACHED = "limit.reached"
    BUDGET_EXHAUSTED = "budget.exhausted"
    PACK_EXHAUSTED = "pack.exhausted"
    SHORTFALL = "refund.shortfall"
    RETURN_UNMATCHED = "return.unmatched"
    MEMBER_JOINED = "member.joined"
    MEMBER_ERASED = "member.erased"
    MEMBER_MERGED = "member.merged"
    MEMBER_UNMERGED = "member.unmerged"
    PLAN_STARTED = "plan.started"
    PLAN_INVOICED = "plan.invoiced"
    PLAN_PAYMENT_DUE = "plan.payment_due"
    PLAN_PAYMENT_FAILED = "plan.payment_failed"
    PLAN_PAID = "plan.paid"
    PLAN_CHANGED = "plan.changed"
    PLAN_CANCELLED = "plan.cancelled"
    PLAN_REFUNDED = "plan.refunded"
    PLAN_DISPUTED = "plan.disputed"
    PLAN_LAPSED = "plan.lapsed"
    PLAN_ENDED = "plan.ended"
    GAME_PLAYED = "game.played"
    PLAY_LIMITED = "play.limited"
    DRAW_ENTERED = "draw.entered"
    DRAW_SETTLED = "draw.settled"
