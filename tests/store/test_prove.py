"""Every decision of the book can be run again from what is stored with it, and comes to the same."""

import datetime as dt

import pytest

from setia.flow.prove import verify_decisions
from setia.ledger.verify import Finding, verify
from tests.store.shop import NAME, Shop, decided


async def proven(shop: Shop) -> list[Finding]:
    async with shop.pool.connection() as conn:
        return await verify(conn, again=verify_decisions(shop.engine.catalogue))


async def fill(shop: Shop) -> None:
    """Sales, returns, a revision, payment with points, rewards, holds, transfers and expiry."""
    await shop.send(
        shop.sale(0, 300, "S-1"), shop.sale(1, 50, "S-2"), shop.of(0, "survey.answered", {"score": 3}, "Q-1")
    )
    await shop.send(shop.sale(0, 40, "S-3", body={"spend": {"points": 120}}))
    placed, _ = await shop.tell(shop.hold(0, 20, "H-1"), shop.hold(0, 30, "H-2"))
    await shop.send(
        shop.of(0, "hold.committed", {"hold": placed.activity.id.hex, "amount": 5}, "HC-1"),
        shop.of(0, "reward.claimed", {"reward": "mug", "quantity": 1}, "C-1"),
        shop.transfer(0, 1, 7, "T-1"),
        shop.sale(1, 61, "S-2", revision=2),
        shop.refund(0, "S-3", "R-3"),
        shop.refund(0, "S-1", "R-1"),
    )
    shop.clock.advance(dt.timedelta(days=400))
    await shop.engine.tick(NAME)


async def test_a_book_of_everything_is_proven(shop: Shop) -> None:
    await fill(shop)
    assert await proven(shop) == []


@pytest.mark.parametrize(
    ("code", "statement"),
    [
        ("decided_otherwise", "UPDATE activities SET body = replace(body::text, '30000', '29900')::json"),
        ("booked_otherwise", "UPDATE entries SET amount = 299 WHERE amount = 300"),
        ("booked_otherwise", "UPDATE entries SET expires_at = expires_at - interval '1 day' WHERE amount = 50"),
        (
            "decided_otherwise",
            """UPDATE activities SET standing = replace(standing::text, '["points",61,', '["points",60,')::json""",
        ),
        ("decided_otherwise", "DELETE FROM activities WHERE external_id = 'S-3'"),
    ],
)
async def test_a_changed_past_no_longer_proves_itself(shop: Shop, code: str, statement: str) -> None:
    await fill(shop)
    await shop.tamper(statement)
    assert code in {finding.code for finding in await proven(shop)}


async def test_a_decision_says_the_same_when_it_is_asked_for_later(shop: Shop) -> None:
    (first,) = await shop.tell(shop.sale(0, 300, "S-1", body={"codes": ["SPRING"]}))
    (again,) = await shop.send(shop.sale(0, 300, "S-1", body={"codes": ["SPRING"]}))
    assert decided(again).answer == first.answer
    assert decided(again).facts == first.facts
