"""Gift cards on real connections: the last money goes to one, nobody waits in a circle, and nothing is lost."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest

from setia.flow.handle import Answers, Incoming
from setia.flow.work import Voucher
from setia.ledger.store import list_balances
from setia.plumbing.settings import Settings
from setia.values.card_codes import card_id, draw_code, read_code
from setia.values.codes import Built
from tests.store.shop import NAME, PROGRAMME, Shop, decided, open_shop, statuses

CARDS = PROGRAMME.replace(
    "activities:", "  card_money: {decimals: 2, pays: 1, expires: {after: 3 years}}\nactivities:"
) + "gift_cards: {unit: card_money}\n"  # fmt: skip


@pytest.fixture
async def shop(dsn: str, settings: Settings) -> AsyncIterator[Shop]:
    """A shop with two members that takes gift cards."""
    async with open_shop(dsn, settings, source=CARDS) as found:
        yield found


def card(name: str) -> dict[str, Any]:
    """The card that a test calls ``name``, as a body names it."""
    code, last = read_code(draw_code(name.encode() * 16))
    return {"code": code, "last": last}


def issued(name: str, cents: int) -> Incoming:
    """A card of the house."""
    body = {"gift_card": card(name), "amount": cents, "reason": "test"}
    return Incoming(Built.CARD_ISSUED.value, "admin", f"I-{name}", card_id(card(name)["code"]), None, body)


def paid(shop: Shop, member: int, euros: int, key: str, *names: str, **exact: int) -> Incoming:
    """A sale that cards pay for: as much as there is, or ``exact`` cents."""
    cards = [card(name) for name in names] + [{**card(name), "amount": cents} for name, cents in exact.items()]
    return shop.sale(member, euros, key, body={"gift_cards": cards})


def sold(shop: Shop, member: int, key: str, *names: str, **more: Any) -> Incoming:
    """A sale of cards with 50.00 on each."""
    line = {"id": "1", "kind": "gift_card", "quantity": 1000 * len(names), "amount": 5_000 * len(names)}
    body = {"lines": [{**line, "gift_cards": [card(name) for name in names]}]}
    return shop.of(member, "purchase.completed", body, key, **more)


async def left(shop: Shop, name: str) -> int:
    """What is on a card, in cents."""
    async with shop.pool.connection() as conn:
        found = await list_balances(conn, shop.programme_id, card_id(card(name)["code"]))
    return found["card_money"].available if "card_money" in found else 0


async def together(*calls: Awaitable[Answers]) -> Counter[str]:
    return Counter(status for given in await asyncio.gather(*calls) for status in statuses(given))


async def test_two_tills_with_the_last_money_of_one_card_and_one_wins(shop: Shop) -> None:
    await shop.send(issued("x", 5_000))
    tills = [shop.send(paid(shop, n % 2, 50, f"S-{n}", x=5_000)) for n in range(16)]
    assert await together(*tills) == {"accepted": 1, "declined": 15}
    assert await left(shop, "x") == 0
    assert await shop.findings() == []


async def test_a_card_pays_no_cent_twice_where_each_takes_what_there_is(shop: Shop) -> None:
    await shop.send(issued("x", 5_000))
    answers = await asyncio.gather(*(shop.send(paid(shop, n % 2, 30, f"S-{n}", "x")) for n in range(8)))
    charged = sorted(sum(c.amount for c in decided(given[0]).result.cards) for given in answers)
    assert charged == [0, 0, 0, 0, 0, 0, 2_000, 3_000]
    assert await shop.findings() == []


async def test_cards_in_opposite_order_never_wait_in_a_circle(shop: Shop) -> None:
    await shop.send(issued("x", 100_000), issued("y", 100_000))
    sales = [shop.send(paid(shop, n % 2, 1, f"S-{n}", *("xy" if n % 3 else "yx"))) for n in range(40)]
    assert await together(*sales) == {"accepted": 40}
    assert await left(shop, "x") + await left(shop, "y") == 200_000 - 4_000
    assert await shop.findings() == []


async def test_returns_and_sales_race_for_one_card(shop: Shop) -> None:
    await shop.send(issued("x", 10_000))
    await shop.send(*(paid(shop, n % 2, 10, f"S-{n}", "x") for n in range(10)))
    assert await left(shop, "x") == 0
    calls = [shop.send(shop.refund(n % 2, f"S-{n}", f"R-{n}")) for n in range(10)]
    calls += [shop.send(paid(shop, n % 2, 5, f"T-{n}", "x")) for n in range(10)]
    random.Random(7).shuffle(calls)
    assert await together(*calls) == {"accepted": 20}
    rows = await shop.rows("SELECT sum(amount)::bigint FROM entries WHERE unit = 'card_money' AND reason = 'payment'")
    again = rows[0][0] - 10_000
    assert await left(shop, "x") == 10_000 - again
    assert await shop.findings() == []


async def test_a_code_is_sold_once_whoever_sells_it(shop: Shop) -> None:
    assert await together(*(shop.send(sold(shop, n % 2, f"S-{n}", "x")) for n in range(8))) == {
        "accepted": 1, "declined": 7,
    }  # fmt: skip
    assert await left(shop, "x") == 5_000
    assert await shop.findings() == []


async def test_the_number_of_cards_changes_by_revisions_and_only_what_is_paid_lives(shop: Shop) -> None:
    await shop.tell(sold(shop, 0, "O", "x"))
    await shop.tell(sold(shop, 0, "O", "x", "y", revision=1))
    assert (await left(shop, "x"), await left(shop, "y")) == (5_000, 5_000)
    await shop.tell(sold(shop, 0, "O", "x", revision=2))
    assert (await left(shop, "x"), await left(shop, "y")) == (5_000, 0)
    (refused,) = await shop.tell(paid(shop, 1, 5, "P", "y"))
    assert refused.result.declined is not None
    assert refused.result.declined.code.value == "card_unknown"
    assert await shop.findings() == []


async def test_a_lost_card_is_replaced_while_tills_charge_it(shop: Shop) -> None:
    await shop.send(issued("x", 10_000))
    wallet = card_id(card("x")["code"])
    new = Incoming(Built.CARD_REPLACED.value, "admin", "L", wallet, None, {"gift_card": card("z")})
    calls = [shop.send(paid(shop, n % 2, 10, f"S-{n}", "x")) for n in range(9)]
    calls.insert(4, shop.send(new))
    counted = await together(*calls)
    charged = counted["accepted"] - 1
    assert await left(shop, "x") == 10_000 - 1_000 * charged  # the wallet stays, whichever code opens it
    (refused,) = await shop.tell(paid(shop, 0, 10, "old", "x"))
    (taken,) = await shop.tell(paid(shop, 0, 10, "new", "z"))
    assert (refused.status, taken.status) == ("declined", "accepted")
    assert await shop.rows("SELECT count(*) FROM member_identifiers WHERE kind = 'gift_card'") == [(1,)]
    assert await shop.findings() == []


async def test_a_quote_of_a_sale_of_cards_leaves_no_card_behind(shop: Shop) -> None:
    await shop.send(sold(shop, 0, "Q", "x"), dry_run=True)
    assert await shop.rows("SELECT count(*) FROM member_identifiers WHERE kind = 'gift_card'") == [(0,)]
    await shop.tell(sold(shop, 0, "S", "x"))
    assert await left(shop, "x") == 5_000


async def test_cards_of_several_sales_in_one_batch(shop: Shop) -> None:
    batch = [sold(shop, 0, "S-1", "x"), paid(shop, 1, 20, "S-2", "x"), shop.refund(1, "S-2", "R-2"),
             paid(shop, 0, 60, "S-3", "x"), sold(shop, 1, "S-4", "x")]  # fmt: skip
    assert statuses(await shop.send(*batch)) == ["accepted", "accepted", "accepted", "accepted", "declined"]
    assert await left(shop, "x") == 0
    assert await shop.findings() == []
    await shop.engine.tick(NAME)


# Cards of rewards -----------------------------------------------------------------------------------------------------

GIVEN = CARDS.replace(
    "rewards:", "rewards:\n  card: {costs: {points: 1_000}, gives: {gift_card: 10}}\n  gift: {gives: {gift_card: 5}}"
).replace(
    "rules:", "rules:\n  thanks: {on: purchase.completed, when: purchase.eligible >= 500, give: {reward: gift}}"
)  # fmt: skip


@pytest.fixture
async def giving(dsn: str, settings: Settings) -> AsyncIterator[Shop]:
    """A shop whose points buy gift cards."""
    async with open_shop(dsn, settings, source=GIVEN) as found:
        yield found


async def claimed(shop: Shop, key: str = "C", member: int = 0) -> Voucher:
    """A card for 1,000 points."""
    (decision,) = await shop.tell(shop.of(member, Built.CLAIM.value, {"reward": "card", "quantity": 1}, key))
    assert decision.status in ("accepted", "duplicate"), decision.result.declined
    (voucher,) = decision.vouchers
    assert voucher.card is not None
    return voucher


def opening(voucher: Voucher, name: str, key: str) -> Incoming:
    return Incoming(Built.CARD_OPENED.value, "member", key, voucher.card, None, {"gift_card": card(name)})


async def test_a_claim_that_comes_again_gives_the_same_card(giving: Shop) -> None:
    await giving.send(giving.sale(0, 1_200, "S"))
    calls = [giving.tell(giving.of(0, Built.CLAIM.value, {"reward": "card", "quantity": 1}, "C")) for _ in range(8)]
    answers = [found for (found,) in await asyncio.gather(*calls)]
    assert Counter(found.status for found in answers) == {"accepted": 1, "duplicate": 7}
    assert len({(found.vouchers[0].no, found.vouchers[0].card) for found in answers}) == 1
    # One for the points, one for the sale of 1,200.00.
    assert await giving.rows("SELECT count(*) FROM vouchers WHERE card IS NOT NULL") == [(2,)]
    assert await giving.rows("SELECT sum(available)::bigint FROM balances WHERE unit = 'card_money'") == [(1_500,)]
    assert await giving.findings() == []


async def test_a_card_of_a_reward_pays_once_it_was_opened_and_no_code_is_told_twice(giving: Shop) -> None:
    await giving.send(giving.sale(0, 1_200, "S"))
    voucher = await claimed(giving)
    both = await together(*(giving.send(opening(voucher, name, f"O-{name}")) for name in "xyz"))
    assert both == {"accepted": 1, "declined": 2}
    assert await giving.rows("SELECT count(*) FROM member_identifiers WHERE kind = 'gift_card'") == [(1,)]
    (name,) = [name for name in "xyz" if (await giving.tell(paid(giving, 1, 4, f"P-{name}", name)))[0].result.cards]
    rows = await giving.rows("SELECT available FROM balances WHERE member_id = %s", voucher.card)
    assert rows == [(600,)]
    (again,) = await giving.tell(opening(voucher, name, f"O-{name}"))
    assert again.status == "duplicate"
    assert await giving.findings() == []


async def test_what_was_not_used_of_a_card_comes_back_once(giving: Shop) -> None:
    await giving.send(giving.sale(0, 1_200, "S"))
    voucher = await claimed(giving)
    await giving.tell(opening(voucher, "x", "O"))
    before = (await giving.balance(0)).available
    await giving.tell(paid(giving, 1, 4, "P", "x"))
    body = {"voucher": voucher.no}
    calls = [giving.send(giving.of(0, Built.UNCLAIM.value, body, f"U-{n}")) for n in range(4)]
    assert await together(*calls) == {"accepted": 1, "declined": 3}
    assert (await giving.balance(0)).available == before + 600
    assert await giving.rows("SELECT available FROM balances WHERE member_id = %s", voucher.card) == [(0,)]
    assert await giving.rows("SELECT state, left_, worth FROM vouchers WHERE no = %s", voucher.no) == [("used", 0, 400)]
    assert await giving.findings() == []


async def test_giving_back_and_paying_race_for_a_card_and_nothing_is_made(giving: Shop) -> None:
    await giving.send(giving.sale(0, 4_000, "S"))
    for number in range(4):
        name = "abcd"[number]
        voucher = await claimed(giving, f"C-{number}")
        await giving.tell(opening(voucher, name, f"O-{number}"))
        before = (await giving.balance(0)).available
        calls = [giving.send(paid(giving, 1, 3, f"P-{number}-{n}", name)) for n in range(3)]
        calls.insert(number, giving.send(giving.of(0, Built.UNCLAIM.value, {"voucher": voucher.no}, f"U-{number}")))
        await together(*calls)
        spent = await giving.rows(
            "SELECT coalesce(sum(amount), 0)::bigint FROM entries WHERE member_id = %s AND reason = 'payment'",
            voucher.card,
        )
        back = (await giving.balance(0)).available - before
        assert back + spent[0][0] in (1_000, spent[0][0])
        assert await giving.findings() == []


async def test_a_return_takes_the_card_back_that_its_sale_had_given(giving: Shop) -> None:
    await giving.send(giving.sale(0, 600, "S"))
    rows = await giving.rows("SELECT card FROM vouchers")
    assert await giving.rows("SELECT available FROM balances WHERE member_id = %s", rows[0][0]) == [(500,)]
    await giving.send(giving.refund(0, "S", "R"))
    assert await giving.rows("SELECT available FROM balances WHERE member_id = %s", rows[0][0]) == [(0,)]
    assert await giving.rows("SELECT state FROM vouchers") == [("cancelled",)]
    assert await giving.findings() == []
