"""What a sale had set off is taken back with it, also when sale and return are transactions apart."""

from setia.ledger.lots import Balance
from setia.ledger.store import list_balances
from setia.plumbing.settings import Settings
from tests.store.shop import PROGRAMME, Shop, open_shop

STAMPS = (
    PROGRAMME.replace("units:\n", "units:\n  stamps: {name: {en: stamps}}\n")
    .replace(
        "rules:\n",
        "metrics:\n  spent: {sum: purchase.eligible, over: 12 months}\n"
        "tiers: {by: spent, levels: {bronze: {from: 0}, silver: {from: 100}}, keep: 12 months, refunds: follow}\n"
        "rules:\n"
        "  stamp: {on: purchase.completed, give: {stamps: 10}}\n"
        "  full: {on: stamps.reached, take: {stamps: 10}, give: {reward: mug}}\n"
        "  welcome-up: {on: tier.changed, when: change.is_up, give: {points: 50}}\n",
    )
)  # fmt: skip


async def _stamps(shop: Shop) -> Balance:
    async with shop.pool.connection() as conn:
        found = await list_balances(conn, shop.programme_id, shop.members[0])
    return found.get("stamps", Balance())


async def test_buying_and_returning_leaves_no_reward_and_no_bonus(dsn: str, settings: Settings) -> None:
    async with open_shop(dsn, settings, source=STAMPS) as shop:
        for number in range(3):
            await shop.tell(shop.sale(0, 120, f"S-{number}"))
            assert await shop.balance(0) == Balance(available=170)
            (returned,) = await shop.tell(shop.refund(0, f"S-{number}", f"R-{number}"))
            assert returned.status == "accepted"
            assert "shortfall" not in returned.answer
            assert (await shop.balance(0), await _stamps(shop)) == (Balance(), Balance())
        assert await shop.rows("SELECT state, count(*) FROM vouchers GROUP BY state") == [("cancelled", 3)]
        assert await shop.rows("SELECT left_ FROM house_accounts WHERE account = 'stock:mug'") == [(3,)]
        assert await shop.rows("SELECT tier FROM member_states WHERE tier <> 'bronze'") == []
        assert await shop.findings() == []


async def test_a_sale_and_its_return_in_one_batch_leave_nothing(dsn: str, settings: Settings) -> None:
    async with open_shop(dsn, settings, source=STAMPS) as shop:
        await shop.tell(shop.sale(0, 120, "S-1"), shop.refund(0, "S-1", "R-1"))
        assert (await shop.balance(0), await _stamps(shop)) == (Balance(), Balance())
        assert await shop.findings() == []


async def test_partial_returns_of_the_proportional_method_add_up_in_the_book(dsn: str, settings: Settings) -> None:
    source = PROGRAMME.replace("method: ask_again", "method: proportional")
    async with open_shop(dsn, settings, source=source) as shop:
        line = {"id": "1", "sku": "CUP", "category": "", "kind": "", "quantity": 3000, "amount": 10_000, "discount": 0}
        await shop.tell(shop.of(0, "purchase.completed", {"lines": [line]}, "S-1"))
        for number, left in enumerate((67, 34, 0)):
            part = {"of": {"source": "till", "external_id": "S-1"}, "lines": [{"id": "1", "quantity": 1000}]}
            await shop.tell(shop.of(0, "purchase.returned", part, f"R-{number}"))
            assert (await shop.balance(0)).available == left
        assert await shop.findings() == []
