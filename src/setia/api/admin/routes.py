"""The doors of the operator, one file a subject."""

from __future__ import annotations

from setia.api.admin import (
    balances,
    causes,
    closings,
    codes,
    draws,
    events,
    gift_cards,
    keys,
    members,
    merging,
    plans,
    programmes,
    settlements,
    verifying,
)
from setia.api.door import Door


def doors() -> tuple[Door, ...]:
    """All of them, in the order of the documentation."""
    return (
        programmes.door,
        members.door,
        balances.door,
        merging.door,
        plans.door,
        codes.door,
        gift_cards.door,
        events.door,
        draws.door,
        keys.door,
        settlements.door,
        causes.door,
        closings.door,
        verifying.door,
    )
