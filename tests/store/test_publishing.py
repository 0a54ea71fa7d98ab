"""Publishing keeps what members were promised: notice before they lose anything, old terms for who keeps them."""

import datetime as dt

import pytest

from setia.flow.faults import Invalid, NoticeTooShort
from setia.flow.rooms import publish, roll_back
from setia.programmes.model import PublishedVersion
from tests.store.shop import OPENED, PROGRAMME, Shop, compiled

DAY = dt.timedelta(days=1)
NOTICE = PROGRAMME + "changes: {notice: 30 days}\n"
DEARER = NOTICE.replace("points: 100}, gives", "points: 120}, gives")
CHEAPER = NOTICE.replace("points: 100}, gives", "points: 80}, gives")


async def put(shop: Shop, text: str, *, at: dt.datetime, since: dt.datetime | None = None) -> PublishedVersion:
    async with shop.pool.connection() as conn:
        return await publish(conn, text, compiled(text), at=at, effective_at=since)


async def test_a_version_that_takes_away_waits_for_the_notice_that_was_promised(shop: Shop) -> None:
    await shop.tell(shop.sale(0, 10, "S-1"))
    now = OPENED + DAY
    await put(shop, DEARER.replace("30 days", "20 days"), at=now)  # no notice was promised yet
    await put(shop, NOTICE, at=now)
    for since in (None, now + 29 * DAY):
        with pytest.raises(NoticeTooShort, match=r"rewards\.mug\.costs\.points: 100 → 120") as refused:
            await put(shop, DEARER, at=now, since=since)
        assert refused.value.data["earliest"] == (now + 30 * DAY).isoformat(timespec="seconds")
        assert refused.value.data["losses"] == ["rewards.mug.costs.points: 100 → 120"]
    with pytest.raises(NoticeTooShort, match=r"changes\.notice: 30 days → none"):
        await put(shop, PROGRAMME, at=now)
    assert (await put(shop, DEARER, at=now, since=now + 30 * DAY)).number == 4
    # What it is compared with is what it takes over from: the dearer one by then.
    assert (await put(shop, CHEAPER, at=now)).number == 5
    assert (await put(shop, DEARER, at=now, since=now + 31 * DAY)).number == 6
    with pytest.raises(NoticeTooShort):
        await put(shop, DEARER, at=now, since=now + 29 * DAY)


async def test_who_keeps_the_old_terms_for_so_long_loses_nothing_sooner(shop: Shop) -> None:
    await put(shop, NOTICE, at=OPENED)
    await shop.tell(shop.sale(0, 10, "S-1"))
    now = OPENED + DAY
    short = DEARER.replace("{notice: 30 days}", "{notice: 30 days, old_terms: {until: 2026-01-20}}")
    with pytest.raises(NoticeTooShort):
        await put(shop, short, at=now)
    kept = 'notice: 30 days, old_terms: {for: member.joined_on < date("2025-01-01")}'
    some = DEARER.replace("notice: 30 days", kept)
    with pytest.raises(NoticeTooShort):
        await put(shop, some, at=now)
    await put(shop, short.replace("2026-01-20", "2026-02-01"), at=now)


async def test_going_back_takes_away_too(shop: Shop) -> None:
    await put(shop, NOTICE, at=OPENED)
    await put(shop, CHEAPER, at=OPENED)
    await shop.tell(shop.sale(0, 10, "S-1"))
    async with shop.pool.connection() as conn:
        with pytest.raises(NoticeTooShort, match="80 → 100"):
            await roll_back(conn, "corner-shop", 2, compiled, at=OPENED + DAY)


async def test_before_the_first_activity_nobody_was_promised_anything(shop: Shop) -> None:
    await put(shop, NOTICE, at=OPENED)
    assert (await put(shop, DEARER, at=OPENED)).number == 3


async def test_old_terms_that_nobody_could_keep_are_refused(shop: Shop) -> None:
    first = PROGRAMME.replace("programme: corner-shop", "programme: other") + "changes: {old_terms: kept}\n"
    with pytest.raises(Invalid, match="no version before this one"):
        await put(shop, first, at=OPENED)
    over = PROGRAMME + "changes: {old_terms: {until: 2026-02-01}}\n"
    with pytest.raises(Invalid, match="over when the version takes effect"):
        await put(shop, over, at=OPENED, since=OPENED + 40 * DAY)
    await put(shop, over, at=OPENED, since=OPENED + 30 * DAY)
