"""What a scenario file may say: its sections, and the actions of its steps with what each of them has."""

from __future__ import annotations

from typing import Final

from setia.flow.scenarios.contesting import CONTEST_ACTIONS, CONTEST_SHORT
from setia.flow.scenarios.heading import HEADING
from setia.values.codes import Built

TOP: Final = (*HEADING, "programme", "with", "versions", "member", "members", "codes", "cards", "steps")
MEMBER: Final = ("joined", "birthday", "attributes", "tier", "wallet")
STEP: Final = ("at", "recorded_at", "as", "source", "repeat", "every", "chance", "expect")
PAID_OUT: Final = "cause.paid_out"
#: What a step can do, and as which kind of activity; a payout is none, for it moves nothing.
ACTIONS: Final = {
    "purchase": Built.PURCHASE.value,
    "return": Built.RETURN.value,
    "cancel": Built.CANCEL.value,
    "claim": Built.CLAIM.value,
    "cancel_reward": Built.UNCLAIM.value,
    "hold": Built.HOLD.value,
    "commit": Built.COMMIT.value,
    "release": Built.RELEASE.value,
    "adjust": Built.ADJUST.value,
    "transfer": Built.TRANSFER.value,
    "exchange": Built.EXCHANGE.value,
    "cancel_exchange": Built.UNEXCHANGE.value,
    "donate": Built.DONATED.value,
    "cancel_donation": Built.UNDONATE.value,
    "always_give": Built.GIVING.value,
    "pay_out": PAID_OUT,
    "join": Built.JOINED.value,
    "update": Built.UPDATED.value,
    "erase": Built.ERASED.value,
    "merge": Built.MERGED.value,
    "unmerge": Built.UNMERGED.value,
    "close_pool": Built.POOL_CLOSED.value,
    "promise": Built.PROMISED.value,
    "reserve": Built.RESERVE.value,
    "unreserve": Built.UNRESERVE.value,
    "use": Built.USE.value,
    "revoke": Built.REVOKE.value,
    "claim_purchase": Built.PURCHASE.value,
    "start_plan": Built.PLAN_STARTED.value,
    "pay_plan": Built.PLAN_PAID.value,
    "fail_plan_payment": Built.PLAN_FAILED.value,
    "change_plan": Built.PLAN_CHANGED.value,
    "cancel_plan": Built.PLAN_CANCELLED.value,
    "refund_plan": Built.PLAN_REFUNDED.value,
    "dispute_plan": Built.PLAN_DISPUTED.value,
    "issue_card": Built.CARD_ISSUED.value,
    "open_card": Built.CARD_OPENED.value,
    "attach_card": Built.CARD_ATTACHED.value,
    "block_card": Built.CARD_BLOCKED.value,
    "unblock_card": Built.CARD_UNBLOCKED.value,
    "replace_card": Built.CARD_REPLACED.value,
    "play": Built.PLAYED.value,
    "claim_play": Built.PLAYED.value,
    "limit_play": Built.LIMITED.value,
    "enter": Built.ENTERED.value,
    "settle": Built.WON.value,
    "referral": Built.REFERRED.value,
    "review": Built.REFERRAL_REVIEWED.value,
    "line_up": "drop.entered",
    "checkout": "drop.held",
    "leave_line": "drop.left",
    "choose_avatar": Built.AVATAR_CHOSEN.value,
    "join_challenge": Built.CHALLENGE_JOINED.value,
    "pause": "programme.paused",
    "resume": "programme.resumed",
    **CONTEST_ACTIONS,
}
#: Steps in the line of a drop: no activities, for they move nothing.
LINE: Final = ("line_up", "checkout", "leave_line")
#: Steps of the operator, which concern the whole programme.
PAUSE: Final = {"spending": ("allowed", "refused"), "expiry": ("continues", "pauses")}
#: What a step may write as one value instead of a mapping, and which field is meant by it.
SHORT: Final = {
    "purchase": "amount",
    "promise": "amount",
    "return": "of",
    "cancel": "of",
    "cancel_exchange": "of",
    "cancel_donation": "of",
    "pay_out": "cause",
    "claim": "reward",
    "cancel_reward": "voucher",
    "commit": "hold",
    "release": "hold",
    "close_pool": "pool",
    "merge": "with",
    "unmerge": "with",
    "use": "vouchers",
    "revoke": "voucher",
    "claim_purchase": "id",
    "start_plan": "plan",
    "change_plan": "plan",
    "refund_plan": "amount",
    "dispute_plan": "state",
    "attach_card": "card",
    "block_card": "card",
    "unblock_card": "card",
    "play": "game",
    "claim_play": "id",
    "enter": "draw",
    "settle": "draw",
    "referral": "by",
    "review": "action",
    "line_up": "drop",
    "checkout": "drop",
    "leave_line": "drop",
    "choose_avatar": "avatar",
    "join_challenge": "challenge",
    **CONTEST_SHORT,
}
#: Activities of a gift card's own wallet.
OF_CARDS: Final = ("issue_card", "block_card", "unblock_card", "replace_card")
TILL: Final = "till"
