"""Many at once on a real server: what is promised once is given once, whoever comes first."""

import asyncio

import pytest

from setia.flow.handle import Engine, Incoming
from setia.flow.requests import RequestKey
from setia.flow.work import Decision
from setia.ledger.lots import Balance
from setia.plumbing.db import open_pool
from setia.plumbing.settings import Settings
from setia.programmes.store import Catalogue
from setia.values.faults import Broken, IdempotencyMismatch
from tests.store.shop import NAME, PROGRAMME, Shop, compiled, decided, open_shop, statuses


def _key(shop: Shop, key: str, content: str) -> RequestKey:
    return RequestKey("till:1", key, content.encode())


def _codes(answers: list[Decision]) -> list[str]:
    return [a.status if a.result.declined is None else a.result.declined.code.value for a in answers]


async def _one(shop: Shop, incoming: Incoming) -> Decision:
    return (await shop.tell(incoming))[0]


async def test_five_requests_with_one_key_write_one_sale_and_get_one_answer(shop: Shop) -> None:
    async def send() -> tuple[bytes | None, bool]:
        answers = await shop.send(
            shop.sale(0, 40, "S-1"),
            request=_key(shop, "K-1", "forty"),
            render=lambda found: decided(found[0]).activity.id.bytes,
        )
        return answers.response, answers.is_replay

    found = await asyncio.gather(*(send() for _ in range(5)))
    assert len({response for response, _ in found}) == 1
    assert sorted(is_replay for _, is_replay in found) == [False, True, True, True, True]
    assert await shop.balance(0) == Balance(available=40)
    assert await shop.count("activities") == 1
    assert await shop.findings() == []


async def test_a_key_with_another_body_is_refused_and_writes_nothing(shop: Shop) -> None:
    async def send(amount: int) -> object:
        return await shop.send(
            shop.sale(0, amount, f"S-{amount}"),
            request=_key(shop, "K-1", str(amount)),
            render=lambda found: decided(found[0]).activity.id.bytes,
        )

    found = await asyncio.gather(*(send(amount) for amount in (40, 50)), return_exceptions=True)
    assert sorted(isinstance(answer, IdempotencyMismatch) for answer in found) == [False, True]
    assert await shop.count("activities") == 1


async def test_one_sale_told_by_twenty_tills_at_once_earns_once(shop: Shop) -> None:
    answers = await asyncio.gather(*(_one(shop, shop.sale(0, 40, "99")) for _ in range(20)))
    assert sorted(answer.status for answer in answers) == ["accepted"] + ["duplicate"] * 19
    assert len({answer.of or answer.activity.id for answer in answers}) == 1
    assert await shop.balance(0) == Balance(available=40)


async def test_orders_of_an_offline_till_may_be_sent_again(shop: Shop) -> None:
    queue = [shop.sale(number % 2, 10 + number, f"Q-{number}") for number in range(30)]
    for order in queue[:17]:
        await shop.send(order)
    again = await shop.tell(*queue)
    assert [answer.status for answer in again] == ["duplicate"] * 17 + ["accepted"] * 13
    assert await shop.balance(0) == Balance(available=sum(10 + number for number in range(0, 30, 2)))
    assert await shop.balance(1) == Balance(available=sum(10 + number for number in range(1, 30, 2)))
    assert await shop.findings() == []


async def test_a_batch_and_its_repetition_at_once_count_once(shop: Shop) -> None:
    queue = [shop.sale(number % 2, 10, f"Q-{number}") for number in range(30)]
    one, other = await asyncio.gather(shop.tell(*queue), shop.tell(*reversed(queue)))
    assert sorted(answer.status for answer in (*one, *other)) == ["accepted"] * 30 + ["duplicate"] * 30
    assert (await shop.balance(0), await shop.balance(1)) == (Balance(available=150), Balance(available=150))


async def test_a_checkout_completed_by_two_workers_claims_once(shop: Shop) -> None:
    await shop.send(shop.gift(0, 150, "G-1"))
    order = shop.sale(0, 40, "S-1", body={"claims": [{"reward": "mug", "quantity": 1}]})
    answers = await asyncio.gather(_one(shop, order), _one(shop, order))
    assert sorted(answer.status for answer in answers) == ["accepted", "duplicate"]
    assert await shop.balance(0) == Balance(available=90)
    assert await shop.rows("SELECT left_ FROM house_accounts WHERE account = 'stock:mug'") == [(2,)]
    assert await shop.rows("SELECT count(*) FROM activities WHERE type = 'purchase.cancelled'") == [(0,)]


async def test_two_hundred_spends_of_the_last_points_have_one_winner(shop: Shop) -> None:
    await shop.send(shop.gift(0, 100, "G-1"))
    spends = [shop.sale(0, 40, f"S-{number}", body={"spend": {"points": 100}}) for number in range(50)]
    spends += [shop.of(0, "reward.claimed", {"reward": "mug", "quantity": 1}, f"C-{number}") for number in range(50)]
    spends += [shop.hold(0, 100, f"H-{number}") for number in range(50)]
    spends += [shop.transfer(0, 1, 100, f"T-{number}") for number in range(50)]
    answers = await asyncio.gather(*(_one(shop, spend) for spend in spends))
    # What a winning sale of 40 earns on the part that was paid with money never makes up for a hundred.
    codes = _codes(answers)
    assert (codes.count("accepted"), codes.count("insufficient_balance")) == (1, 199)
    balance = await shop.balance(0)
    assert balance.available + balance.held < 101
    assert await shop.findings() == []


async def test_one_return_of_fifty_at_once_is_taken(shop: Shop) -> None:
    await shop.send(shop.sale(0, 100, "S-1"), shop.sale(0, 70, "S-2"))
    answers = await asyncio.gather(*(_one(shop, shop.refund(0, "S-1", f"R-{number}")) for number in range(50)))
    assert sorted(set(_codes(answers))) == ["accepted", "already_returned"]
    assert _codes(answers).count("accepted") == 1
    assert await shop.balance(0) == Balance(available=70)


async def test_one_commit_of_a_hold_is_taken(shop: Shop) -> None:
    await shop.send(shop.gift(0, 123, "G-1"))
    (hold,) = await shop.tell(shop.hold(0, 123, "H-1"))
    body = {"hold": hold.activity.id.hex}
    settling = [shop.of(0, "hold.committed", {**body, "amount": 100}, f"C-{n}") for n in range(20)]
    settling += [shop.of(0, "hold.released", body, f"L-{n}") for n in range(20)]
    codes = _codes(list(await asyncio.gather(*(_one(shop, one) for one in settling))))
    assert codes.count("accepted") == 1
    assert set(codes) <= {"accepted", "already_committed", "already_released"}
    assert len(set(codes)) == 2
    balance = await shop.balance(0)
    assert (balance.available, balance.held) == ((23, 0) if "already_committed" in codes else (123, 0))


async def test_opposite_transfers_never_wait_for_each_other_forever(shop: Shop, dsn: str, settings: Settings) -> None:
    await shop.send(shop.gift(0, 1_000, "G-0"), shop.gift(1, 1_000, "G-1"))
    rounds = 100
    other = await open_pool(dsn, settings)
    engine = Engine(other, shop.clock, Catalogue(compiled))

    async def there() -> None:
        for number in range(rounds):
            assert statuses(await shop.send(shop.transfer(0, 1, 10, f"there-{number}"))) == ["accepted"]

    async def back() -> None:
        for number in range(rounds):
            assert statuses(await engine.handle(NAME, [shop.transfer(1, 0, 10, f"back-{number}")])) == ["accepted"]

    try:
        await asyncio.gather(there(), back())
    finally:
        await other.close()
    assert (await shop.balance(0), await shop.balance(1)) == (Balance(available=1_000), Balance(available=1_000))
    assert await shop.findings() == []


@pytest.mark.parametrize(("over", "given", "full"), [("trim", 100_000, 1_333), ("reject", 99_975, 1_333)])
async def test_a_budget_is_given_to_the_last_point_and_not_one_more(
    dsn: str, settings: Settings, over: str, given: int, full: int
) -> None:
    source = PROGRAMME.replace("points: 1_000, over: trim", f"points: 100_000, over: {over}")
    async with open_shop(dsn, settings, members=20, source=source) as shop:

        async def answer(worker: int) -> list[int]:
            earned: list[int] = []
            for number in range(0, 100, 20):  # twenty come in together
                surveys = [
                    shop.of(worker, "survey.answered", {"score": 9}, f"Q-{worker}-{number + part}")
                    for part in range(20)
                ]
                earned += [decision.result.earned("points") for decision in await shop.tell(*surveys)]
            return earned

        earned = [steps for found in await asyncio.gather(*map(answer, range(20))) for steps in found]
        assert len(earned) == 2_000
        assert (sum(earned), earned.count(75)) == (given, full)
        assert sorted(set(earned)) == ([0, 25, 75] if over == "trim" else [0, 75])
        left = await shop.rows("SELECT left_ FROM house_accounts WHERE account = 'budget:survey'")
        assert left == [(100_000 - given,)]
        assert await shop.rows("SELECT count(*) FROM outbox WHERE name = 'budget.exhausted'") == [(1,)]
        assert await shop.findings() == []


async def test_the_last_three_mugs_go_to_three_members(dsn: str, settings: Settings) -> None:
    async with open_shop(dsn, settings, members=30) as shop:
        await shop.send(*(shop.gift(member, 100, f"G-{member}") for member in range(30)))
        claims = [shop.of(m, "reward.claimed", {"reward": "mug", "quantity": 1}, f"C-{m}") for m in range(30)]
        codes = _codes(list(await asyncio.gather(*(_one(shop, claim) for claim in claims))))
        assert (codes.count("accepted"), codes.count("out_of_stock")) == (3, 27)
        assert await shop.count("vouchers") == 3
        assert await shop.findings() == []


async def test_what_one_person_gives_in_a_day_is_bounded_over_all_members(dsn: str, settings: Settings) -> None:
    source = PROGRAMME + "adjustments: {approve_above: {points: 500}, per_day: {points: 5_000}}\n"
    async with open_shop(dsn, settings, members=12, source=source) as shop:
        gifts = [shop.gift(member, 500, f"G-{member}") for member in range(12)]
        codes = _codes(list(await asyncio.gather(*(_one(shop, gift) for gift in gifts))))
        assert (codes.count("accepted"), codes.count("approval_needed")) == (10, 2)
        assert await shop.rows("SELECT initial, left_ FROM house_accounts WHERE account LIKE 'goodwill:%%'") == [
            (5_000, 0)
        ]
        assert await shop.findings() == []


async def test_a_crash_between_the_books_and_the_voucher_leaves_neither(shop: Shop) -> None:
    await shop.send(shop.gift(0, 100, "G-1"))
    await shop.tamper("ALTER TABLE vouchers ADD CONSTRAINT crash CHECK (false) NOT VALID")
    claim = shop.of(0, "reward.claimed", {"reward": "mug", "quantity": 1}, "C-1")
    (fault,) = await shop.send(claim)
    assert isinstance(fault, Broken)
    assert await shop.balance(0) == Balance(available=100)
    assert await shop.count("vouchers") == 0
    await shop.tamper("ALTER TABLE vouchers DROP CONSTRAINT crash")
    (answer,) = await shop.tell(claim)
    assert answer.status == "accepted"
    assert (await shop.balance(0), await shop.count("vouchers")) == (Balance(), 1)
    assert await shop.findings() == []
