"""From decisions to donations: the rows that are written beside the book, in the same transaction. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from setia.causes.store import Donation, Giving
from setia.flow.work import Decision


def giving_of(decisions: Iterable[Decision]) -> Giving:
    """What ``decisions`` change among donations."""
    giving = Giving()
    for decision in decisions:
        activity, gift = decision.activity, decision.result.gift
        if decision.status != "accepted":
            continue
        told = decision.answer.get("gift")
        if told is not None and gift is not None:
            sale = None if "sale" not in activity.body else UUID(hex=activity.body["sale"])
            giving.new.append(
                Donation(
                    told["year"], told["number"], activity.member_id, activity.id,
                    sale, gift.cause, gift.unit, gift.amount, gift.money, gift.match,
                    dt.date.fromisoformat(told["on"]),
                )
            )  # fmt: skip
        void = decision.answer.get("void")
        if void is not None and decision.standing is not None:  # whoever cancels it may have taken in who gave it
            giver = decision.standing.activity.member_id
            giving.void.append((giver, UUID(hex=void["gift"]), activity.recorded_at))
    return giving
