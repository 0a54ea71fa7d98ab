"""What may come in: one ``Activity``, whatever door it came through.

``body`` is canonical: money in minor units, quantities × 1000, wallet units in steps, dates as ISO texts; it can be
written as JSON and read back unchanged. Its shape by type:

purchase.completed
    ``lines``: list of ``{id, sku, category, kind, quantity, amount, discount, …declared}``; ``amount`` is what the
    line costs for its whole quantity, ``discount`` what is taken off the line (never negative).
    ``discounts``: list of ``{amount, code}`` off the whole order. ``tenders``: list of ``{type, amount}``, for
    information: they lower nothing. ``codes``: texts the buyer gave. ``channel``, ``place``: texts.
    ``claims``: list of ``{reward, quantity}`` used inside this order. ``spend``: ``{unit: steps or "max"}`` that pay
    for it. ``delivery``: ``{fee}`` of an order that is delivered: what that costs without any benefit (absent: it is
    not known). ``gift_cards``: list of ``{card, last, amount}`` that pay for the rest: the card's wallet (hex) and the
    last characters of its code; before it is decided ``code`` (a digest) stands for ``card``, and ``amount`` may be
    absent: as much as there is. A line of kind ``gift_card`` has ``gift_cards`` too: those that it sells, one a piece.
    Declared fields stand beside these. ``partner``: with whom it happened, also of what follows here; left out it is
    the operator itself.
quote.promised
    As purchase.completed, and ``lapses_after`` (minutes). What it would draw on the house is set aside for ``session``.
purchase.returned
    ``of``: ``{source, external_id}`` of the sale; ``lines``: list of ``{id, quantity}``, or absent: all that is left.
purchase.cancelled
    ``of``, always whole.
balance.adjusted
    ``unit``, ``amount`` (steps, signed), ``reason``, ``by``, ``approved_by``.
balance.transferred
    ``unit``, ``amount``, ``to`` (member id, hex).
units.exchanged
    ``exchange``, ``amount``: steps of what is taken.
exchange.cancelled
    ``of``: ``{source, external_id}`` of the exchange.
hold.placed
    ``unit``, ``amount``, optional ``lapses_after`` (minutes).
hold.committed, hold.released
    ``hold`` (activity id of hold.placed, hex); commit: optional ``amount``.
reward.claimed
    ``reward``, ``quantity``.
reward.cancelled
    ``voucher`` (number of the voucher within the member).
pool.closed
    ``pool``.
plan.started
    ``plan``; ``every``: which price (may be absent where there is but one), or ``pay_with`` "units".
plan.paid
    Optional ``invoice`` (hex; absent: the open one), ``amount`` (absent: all), ``receipt``: ``{source, external_id,
    line}`` of the sale that it was part of, ``provider``, ``reference``, ``by``.
plan.payment_failed
    Optional ``invoice``, ``provider``, ``reference``, ``reason``.
plan.changed
    ``plan`` (absent: the same) and ``every``.
plan.cancelled
    Optional ``reason``, ``by``.
plan.refunded
    Optional ``invoice`` (absent: the one that was paid last), ``amount`` (absent: all that is left), ``is_done``:
    whether the money has gone back already.
plan.disputed
    ``state``: opened, won or lost; optional ``invoice``, ``reference``.
card.issued
    ``gift_card`` (``{code, last}``), ``amount`` (minor units), ``reason``, ``by``; of the card's own wallet.
card.opened, card.replaced
    ``gift_card``: the new code; of the card's own wallet.
card.attached
    ``gift_card``: of the member whose wallet takes its money.
card.blocked, card.unblocked
    ``reason``; of the card's own wallet.
avatar.chosen
    Optional ``avatar`` (absent: none).
member.joined, member.updated
    ``birthday``, ``attributes``: declared member fields. ``prints``: kind → print (see ``values.prints``), also on
    purchases. member.joined: ``referred_by``, the code of another member.
referral.claimed
    ``code``, ``prints``.
referral.reviewed
    ``action`` ("release" or "refuse"), ``reason``, ``by``.
referral.flagged
    ``why``: what was found.
contest.entered
    ``contest``, ``fields``: field → text, as the contest has them.
contest.withdrawn, contest.voted, contest.unvoted
    ``contest``, ``entry`` (activity id of contest.entered, hex).
contest.reviewed
    ``contest``, ``entry``, ``verdict`` ("approve", "refuse" or "remove"), ``reason``, ``by``; of whoever entered it.
contest.placed, contest.closed
    ``contest``, ``place`` (of the latter null: none); the former with ``entry`` and ``votes``.
friend.joined, friend.qualified
    ``friend`` (member id, hex); the latter with ``number``: how many friends of the member have qualified, with it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

Body = dict[str, Any]
QUANTITY_DECIMALS = 3
NUMBER_DECIMALS = 6


@dataclass(slots=True)
class Activity:
    """Something that happened to a member, not yet decided.

    ``source`` and ``external_id`` are its natural key: it counts once, whatever request brings it. A ``revision``
    above that of a recorded purchase with the same key replaces it. ``occurred_at`` is when it happened in the world;
    ``recorded_at`` the clock handed to the decision.
    """

    id: UUID
    type: str
    source: str
    external_id: str
    member_id: UUID
    occurred_at: dt.datetime
    recorded_at: dt.datetime
    body: Body = field(default_factory=dict)
    revision: int = 0
