"""Paying causes out: looking at what a cause has got since the last batch, and closing that for good.

Whoever closes a batch locks the cause's account of the house, as every gift and every cancelling does: a gift is in one
batch, or can still be taken back.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from setia.causes import store
from setia.causes.store import Payout
from setia.language.contracts import Cause
from setia.plumbing.db import AsyncConnection
from setia.programmes.model import Edition
from setia.values.faults import NotFound


def find_cause(edition: Edition, name: str) -> Cause:
    """The cause as the newest version that has it says; raises ``NotFound``."""
    for version in reversed(edition.versions):
        found = version.programme.causes.get(name)
        if found is not None:
            return found
    raise NotFound("cause", name)


def all_causes(edition: Edition) -> list[Cause]:
    """Every cause that some version has, by name: what was given to one that is gone is still owed."""
    names = {name for version in edition.versions for name in version.programme.causes}
    return [find_cause(edition, name) for name in sorted(names)]


async def look(conn: AsyncConnection, edition: Edition, cause: str, no: int | None = None) -> Payout:
    """The batch ``no`` of a cause, or without it what is open: all that was given since the last batch.

    Raises ``NotFound``.
    """
    found = find_cause(edition, cause)
    if no is None:
        return Payout(found.name, None, None, "", tuple(await store.list_open(conn, edition.id, found.name)))
    for payout in await store.list_payouts(conn, edition.id, found.name):
        if payout.no == no:
            return payout
    raise NotFound("payout", f"{cause} {no}")


async def close(conn: AsyncConnection, edition: Edition, cause: str, *, at: dt.datetime, by: str) -> Payout:
    """Close what is open for good. Where nothing is, the last batch is the answer: closing again changes nothing.

    Raises ``NotFound`` for what is no cause, and where nothing was ever given to it.
    """
    found = find_cause(edition, cause)
    await store.lock_cause(conn, edition.id, found.given)
    opened = await look(conn, edition, cause)
    before = await store.list_payouts(conn, edition.id, found.name)
    if opened.gifts:
        no = len(before) + 1
        payout = Payout(found.name, no, at, by, tuple(replace(gift, payout=no) for gift in opened.gifts))
        await store.insert_payout(conn, edition.id, payout)
        return payout
    if before:
        return before[-1]
    raise NotFound("gift to pay out", cause)
