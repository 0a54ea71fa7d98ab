"""What each kind of activity does beside the rules: one line a kind. Pure.

A kind that is not here (a claim, whatever the programme declares) is decided by the rules alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from setia.flow import (
    avatars,
    bringing,
    cards,
    care,
    causes,
    challenges,
    contests,
    erasing,
    exchanges,
    joining,
    merging,
    moves,
    plans,
    promises,
    returns,
    vouchers,
)
from setia.flow.work import Decision, Gathered, MemberWork, Version
from setia.values.codes import Built
from setia.values.outcomes import Declined
from setia.values.pauses import Pause

Handler = Callable[[Gathered, MemberWork, Version, Decision], Declined | None]
"""Books what the activity does on the decision that is being made, or says why it is refused.

Decisions of other members that come with it go to ``Decision.beside``.
"""


EARNING, SPENDING, OPEN = "earning", "spending", "open"


@dataclass(frozen=True, slots=True)
class Kind:
    """``is_rated``: the rules are asked as well, after the handler. ``moves``: it moves what a balance ladder counts,
    by other ways than the rules'. ``restores``: it may bring lots back, so that all that is due is looked at again.
    ``is_open_to_blocked``: it is taken from a blocked member, too. ``in_pause``: what it is to a programme that is
    paused: earning, spending, or open, which takes back, corrects or finishes what was begun."""

    handle: Handler
    is_rated: bool = False
    moves: bool = False
    restores: bool = False
    is_open_to_blocked: bool = False
    in_pause: str = EARNING


_RETURN = Kind(returns.take_back, restores=True, is_open_to_blocked=True, in_pause=OPEN)

KINDS: Final[Mapping[str, Kind]] = {
    Built.PURCHASE.value: Kind(cards.present, is_rated=True),
    Built.JOINED.value: Kind(joining.join, is_rated=True),
    Built.UPDATED.value: Kind(joining.update, is_rated=True),
    Built.ERASED.value: Kind(erasing.close, moves=True, restores=True, is_open_to_blocked=True),
    Built.MERGED.value: Kind(merging.merge, moves=True, restores=True),
    Built.UNMERGED.value: Kind(merging.part, moves=True, restores=True),
    Built.RETURN.value: _RETURN,
    Built.CANCEL.value: _RETURN,
    Built.UNCLAIM.value: Kind(returns.unclaim, restores=True, in_pause=OPEN),
    Built.HOLD.value: Kind(moves.place_hold, moves=True, restores=True, in_pause=SPENDING),
    Built.COMMIT.value: Kind(moves.commit_hold, moves=True, restores=True, in_pause=OPEN),
    Built.RELEASE.value: Kind(moves.release_hold, moves=True, restores=True, in_pause=OPEN),
    Built.ADJUST.value: Kind(moves.adjust, moves=True, restores=True, is_open_to_blocked=True, in_pause=OPEN),
    Built.TRANSFER.value: Kind(moves.transfer, moves=True, restores=True, in_pause=SPENDING),
    Built.EXCHANGE.value: Kind(exchanges.exchange, moves=True, restores=True, in_pause=SPENDING),
    Built.UNEXCHANGE.value: Kind(exchanges.undo_exchange, moves=True, restores=True, in_pause=OPEN),
    Built.DONATED.value: Kind(causes.give, is_rated=True, in_pause=SPENDING),
    Built.UNDONATE.value: Kind(causes.cancel, moves=True, restores=True, in_pause=OPEN),
    Built.PROMISED.value: Kind(promises.promise),
    Built.RESERVE.value: Kind(vouchers.reserve, in_pause=SPENDING),
    Built.UNRESERVE.value: Kind(vouchers.release, in_pause=OPEN),
    Built.REVOKE.value: Kind(vouchers.revoke, is_open_to_blocked=True, in_pause=OPEN),
    Built.PLAN_STARTED.value: Kind(plans.start, is_rated=True),
    Built.PLAN_PAID.value: Kind(plans.pay, is_rated=True, is_open_to_blocked=True),
    Built.PLAN_FAILED.value: Kind(plans.fail, is_open_to_blocked=True, in_pause=OPEN),
    Built.PLAN_CHANGED.value: Kind(plans.change, is_rated=True),
    Built.PLAN_CANCELLED.value: Kind(plans.cancel, is_rated=True, is_open_to_blocked=True, in_pause=OPEN),
    Built.PLAN_REFUNDED.value: Kind(plans.refund, is_open_to_blocked=True, in_pause=OPEN),
    Built.PLAN_DISPUTED.value: Kind(plans.dispute, is_open_to_blocked=True, in_pause=OPEN),
    Built.LIMITED.value: Kind(care.limit, in_pause=OPEN),
    Built.REFERRED.value: Kind(bringing.claim),
    Built.REFERRAL_REVIEWED.value: Kind(bringing.review, restores=True, is_open_to_blocked=True),
    Built.REFERRAL_FLAGGED.value: Kind(bringing.flag, restores=True, is_open_to_blocked=True),
    Built.FRIEND_JOINED.value: Kind(bringing.friend_joined, is_open_to_blocked=True),
    Built.FRIEND_QUALIFIED.value: Kind(bringing.friend_qualified, is_rated=True),
    Built.PLACED.value: Kind(challenges.place, is_rated=True),
    Built.CONTEST_PLACED.value: Kind(challenges.place, is_rated=True),
    Built.CONTEST_CLOSED.value: Kind(challenges.place, is_rated=True),
    Built.CONTEST_WITHDRAWN.value: Kind(contests.withdraw, moves=True, restores=True),
    Built.CONTEST_REVIEWED.value: Kind(contests.review, moves=True, restores=True, is_open_to_blocked=True),
    Built.UNVOTED.value: Kind(contests.unvote, moves=True, restores=True),
    Built.CHALLENGE_JOINED.value: Kind(challenges.join),
    Built.AVATAR_CHOSEN.value: Kind(avatars.choose),
    Built.POOL_CLOSED.value: Kind(moves.close_pool, moves=True, restores=True),
    Built.CARD_ISSUED.value: Kind(cards.issue),
    Built.CARD_OPENED.value: Kind(cards.open_),
    Built.CARD_ATTACHED.value: Kind(cards.attach, moves=True, restores=True),
    Built.CARD_BLOCKED.value: Kind(cards.block, in_pause=OPEN),
    Built.CARD_UNBLOCKED.value: Kind(cards.unblock, in_pause=OPEN),
    Built.CARD_REPLACED.value: Kind(cards.replace),
}


_SPENDING = (Built.CLAIM.value, Built.USE.value)


def is_taken_in(pause: Pause, kind: str) -> bool:
    """Whether an activity of type ``kind`` is taken while ``pause`` lasts. Whatever the rules alone decide earns, but
    for claiming and using what was earned."""
    known = KINDS.get(kind)
    meaning = known.in_pause if known is not None else SPENDING if kind in _SPENDING else EARNING
    return meaning == OPEN or (meaning == SPENDING and pause.may_spend)
