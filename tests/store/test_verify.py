"""Verify finds every kind of tampering, and rebuild mends what can be mended."""

import pytest

from setia.flow import payouts
from setia.ledger.rebuild import rebuild
from setia.ledger.verify import CHECKS, verify
from tests.store.shop import NAME, Shop

TAMPERED = [
    ("unknown_account", "ALTER TABLE entries DROP CONSTRAINT entries_check", "UPDATE entries SET credit = 99"),
    ("sum_not_zero", "UPDATE balances SET available = available + 1"),
    ("balance_wrong", "UPDATE entries SET amount = amount + 5 WHERE no = 1"),
    ("balance_wrong", "DELETE FROM balances"),
    (
        "sign_broken",
        "ALTER TABLE balances DROP CONSTRAINT balances_available_check",
        "UPDATE balances SET available = -1",
    ),
    ("lot_wrong", "UPDATE lots SET left_ = left_ - 1"),
    ("lot_wrong", "DELETE FROM lots"),
    ("lots_and_balance_differ", "UPDATE holds SET state = 'released'"),
    ("entry_numbers_broken", "DELETE FROM entries WHERE no = 2"),
    ("activity_numbers_broken", "DELETE FROM activities WHERE type = 'purchase.completed'"),
    ("entry_without_activity", "UPDATE entries SET activity_id = gen_random_uuid() WHERE no = 1"),
    ("voucher_without_activity", "UPDATE vouchers SET activity_id = gen_random_uuid()"),
    ("key_without_activity", "UPDATE natural_keys SET activity_id = gen_random_uuid()"),
    ("activity_without_key", "DELETE FROM natural_keys WHERE external_id = 'S-1'"),
    ("event_numbers_broken", "DELETE FROM outbox WHERE seq = 2"),
    ("house_account_wrong", "UPDATE house_accounts SET left_ = left_ + 1 WHERE account = 'stock:mug'"),
    ("house_account_wrong", "UPDATE activities SET house = NULL"),
    ("house_drawn_wrong", "UPDATE activities SET house = house || '{\"budget:survey\": -1}' WHERE house IS NOT NULL"),
    ("closing_wrong", "INSERT INTO closing_units VALUES (1, '2026-01', 'points', 1, 1, 0, 0, 5, 0, 5, 0, 0)"),
    ("state_without_member", "DELETE FROM members"),
    ("donations_wrong", "UPDATE donations SET amount = amount + 1"),
    ("cause_owed_wrong", "UPDATE donations SET money = money + 1"),
    ("receipts_broken", "DELETE FROM donations WHERE number = 1"),
    ("payout_wrong", "UPDATE donations SET payout = NULL"),
]


async def fill(shop: Shop) -> None:
    """Something of everything."""
    await shop.send(
        shop.sale(0, 300, "S-1"),
        shop.of(0, "survey.answered", {"score": 3}, "Q-1"),
        shop.of(0, "reward.claimed", {"reward": "mug", "quantity": 1}, "C-1"),
        shop.hold(0, 20, "H-1"),
        shop.refund(0, "S-9", "R-9"),
        shop.of(0, "points.donated", {"cause": "food-bank", "amount": 1}, "G-1"),
        shop.of(0, "points.donated", {"cause": "food-bank", "amount": 2}, "G-2"),
    )
    async with shop.pool.connection() as conn:
        edition = await shop.engine.catalogue.edition(conn, NAME)
        await payouts.close(conn, edition, "food-bank", at=shop.clock.now(), by="ana")
    assert await shop.findings() == []


@pytest.mark.parametrize("tampered", TAMPERED, ids=[f"{code}-{number}" for number, (code, *_) in enumerate(TAMPERED)])
async def test_tampering_is_found(shop: Shop, tampered: tuple[str, ...]) -> None:
    await fill(shop)
    code, *statements = tampered
    await shop.tamper(*statements)
    findings = await shop.findings()
    assert code in {finding.code for finding in findings}
    assert all(str(finding).startswith(finding.code) and "{" not in finding.message for finding in findings)


def test_every_check_is_tried() -> None:
    assert {check.code for check in CHECKS} == {code for code, *_ in TAMPERED}


async def test_verify_tells_its_progress_and_stops_counting_at_a_hundred(shop: Shop) -> None:
    await shop.send(*(shop.sale(0, 10, f"S-{number}") for number in range(120)))
    await shop.tamper("DELETE FROM natural_keys")
    told: list[tuple[int, int]] = []
    async with shop.pool.connection() as conn:
        findings = await verify(conn, 1, lambda done, total, title: told.append((done, total)))
    assert told[0] == (0, len(CHECKS))
    assert told[-1] == (len(CHECKS), len(CHECKS))
    assert len(findings) == 101
    assert findings[-1].data == {"more": 20}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE balances SET available = available + 7",
        "DELETE FROM balances",
        "UPDATE lots SET left_ = 0",
        "DELETE FROM lots",
        "INSERT INTO balances (member_id, programme_id, unit, held) SELECT member_id, 1, 'ghosts', 5 FROM holds",
        "UPDATE house_accounts SET left_ = 1",
        "DELETE FROM natural_keys WHERE external_id <> 'R-9'",
        "UPDATE member_states SET seq = 1, activity_seq = 1",
    ],
)
async def test_rebuild_mends_the_caches(shop: Shop, statement: str) -> None:
    await fill(shop)
    lots = await shop.rows("SELECT * FROM lots ORDER BY member_id, no")
    await shop.tamper(statement)
    assert await shop.findings() != []
    async with shop.pool.connection() as conn:
        mended = await rebuild(conn)
    assert sum(item.count for item in mended) > 0
    assert await shop.findings() == []
    assert await shop.rows("SELECT * FROM lots ORDER BY member_id, no") == lots
    async with shop.pool.connection() as conn:
        assert await rebuild(conn) == []
