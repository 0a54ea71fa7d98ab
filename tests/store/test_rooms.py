"""Members and programmes: found however they are written, saved by one at a time, published in order."""

import datetime as dt
from uuid import UUID

import pytest

from setia.flow.faults import EditConflict, IdentifierTaken, NotFound
from setia.flow.rooms import publish
from setia.members import store as members
from setia.members.model import Identifier, IdentifierError, NewMember, identifier
from setia.plumbing.arrays import bools, columns, instants, ints, texts, uuids
from setia.programmes import store as programmes
from setia.rewards.store import list_vouchers
from tests.store.shop import NAME, OPENED, PROGRAMME, Shop, compiled

ANA = UUID("01900000-0000-7000-8000-00000000000a")
BEN = UUID("01900000-0000-7000-8000-00000000000b")


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        ("phone", "0812-3456-789", "+628123456789"),
        ("phone", "+62 812 3456 789", "+628123456789"),
        ("email", " Ana@Example.COM ", "ana@example.com"),
        ("card", "2800 1234-5678", "280012345678"),
        ("card", "ab12", "AB12"),
        ("external", "crm/17", "crm/17"),
    ],
)
def test_two_ways_of_writing_an_identifier_are_one(kind: str, typed: str, kept: str) -> None:
    assert identifier(kind, typed, "ID").value == kept


@pytest.mark.parametrize(
    ("kind", "typed", "message"),
    [
        ("phone", "0812-3456-789", "country code"),
        ("phone", "+62 812 3", "too few"),
        ("email", "ana", "name@example.com"),
        ("card", "   ", "printable"),
        ("card", "x" * 300, "printable"),
        ("external", "a\x00b", "printable"),
        ("fax", "1", "card, phone, email, external"),
    ],
)
def test_what_cannot_be_an_identifier_is_told(kind: str, typed: str, message: str) -> None:
    with pytest.raises(IdentifierError, match=message):
        identifier(kind, typed)


async def test_a_member_is_found_by_each_identifier(shop: Shop) -> None:
    new = NewMember(
        "Ana", "Ana@example.com", "0812 3456 789", dt.date(1990, 2, 28), {"vip": True}, None, ("A-1",), ("7",)
    )
    async with shop.pool.connection() as conn:
        ana = await members.insert_member(conn, ANA, new, at=OPENED, region="ID")
        wanted = [("card", "a1"), ("phone", "+628123456789"), ("email", "ANA@example.com"), ("external", "7")]
        for kind, text in wanted:
            found = await members.find_member(conn, identifier(kind, text))
            assert found is not None
            assert (found.id, found.name, found.attributes, set(found.identifiers)) == (
                ANA,
                "Ana",
                {"vip": True},
                set(ana.identifiers),
            )
        ids = await members.find_member_ids(conn, [*ana.identifiers, Identifier("card", "NONE")])
        assert ids == dict.fromkeys(ana.identifiers, ANA)
        assert await members.find_member(conn, Identifier("card", "NONE")) is None
        with pytest.raises(NotFound):
            await members.fetch_member(conn, BEN)


async def test_an_identifier_leads_to_one_member(shop: Shop) -> None:
    async with shop.pool.connection() as conn:
        await members.insert_member(conn, ANA, NewMember("Ana", email="ana@example.com"), at=OPENED)
    with pytest.raises(IdentifierTaken):
        async with shop.pool.connection() as conn:
            await members.insert_member(conn, BEN, NewMember("Ben", email="ANA@example.com"), at=OPENED)
    async with shop.pool.connection() as conn:
        assert [m.id for m in await members.list_members(conn, search="ana")] == [ANA]
        twice = Identifier("card", "C1")
        with pytest.raises(IdentifierTaken):
            await members.add_identifiers(conn, [(ANA, twice), (BEN, twice)])
        await members.add_identifiers(conn, [(ANA, twice)])
        await members.add_identifiers(conn, [(ANA, twice)])
        assert await members.remove_identifier(conn, ANA, twice)
        assert not await members.remove_identifier(conn, ANA, twice)


async def test_a_changed_address_leads_to_the_member_and_the_old_one_nowhere(shop: Shop) -> None:
    async with shop.pool.connection() as conn:
        new = NewMember("Ana", email="ana@example.com", attributes={"a": 1, "b": 2})
        await members.insert_member(conn, ANA, new, at=OPENED)
        changes = {"email": "ana@new.example", "attributes": {"a": None, "c": 3}, "is_blocked": True}
        changed = await members.update_member(conn, ANA, changes, at=OPENED, revision=1)
        assert (changed.email, changed.attributes, changed.is_blocked, changed.revision, changed.name) == (
            "ana@new.example",
            {"b": 2, "c": 3},
            True,
            2,
            "Ana",
        )
        assert await members.find_member(conn, Identifier("email", "ana@example.com")) is None
        with pytest.raises(EditConflict):
            await members.update_member(conn, ANA, {"name": "Anna"}, at=OPENED, revision=1)
        bare = await members.update_member(conn, ANA, {"email": None, "phone": "+628123456789"}, at=OPENED)
        assert (bare.email, bare.identifiers) == (None, (Identifier("phone", "+628123456789"),))


async def test_members_are_listed_in_pages(shop: Shop) -> None:
    async with shop.pool.connection() as conn:
        first = await members.list_members(conn, limit=1)
        rest = await members.list_members(conn, after=first[0].id)
    assert [m.id for m in first + rest] == shop.members


async def test_a_blocked_member_is_declined(shop: Shop) -> None:
    async with shop.pool.connection() as conn:
        await members.update_member(conn, shop.members[0], {"is_blocked": True}, at=OPENED)
    (decision,) = await shop.tell(shop.sale(0, 10, "S-1"))
    assert decision.result.declined is not None
    assert decision.result.declined.code.value == "member_blocked"


async def test_a_draft_is_saved_by_one_at_a_time(shop: Shop) -> None:
    async with shop.pool.connection() as conn:
        assert await programmes.find_draft(conn, "new") is None
        one = await programmes.save_draft(conn, "new", "a", at=OPENED, revision=0)
        two = await programmes.save_draft(conn, "new", "b", at=OPENED, revision=one.revision)
        with pytest.raises(EditConflict):
            await programmes.save_draft(conn, "new", "c", at=OPENED, revision=one.revision)
        with pytest.raises(EditConflict):
            await programmes.save_draft(conn, "new", "c", at=OPENED, revision=0)
        with pytest.raises(EditConflict):
            await programmes.save_draft(conn, "none", "c", at=OPENED, revision=3)
        three = await programmes.save_draft(conn, "new", "d", at=OPENED)
        assert (two.revision, three.revision, three.source) == (2, 3, "d")
        assert [draft.name for draft in await programmes.list_drafts(conn)] == ["new"]
        assert await programmes.delete_draft(conn, "new")


async def test_versions_are_numbered_and_may_lie_ahead_but_not_behind(shop: Shop) -> None:
    await shop.send(shop.sale(0, 10, "S-1"))
    now = shop.clock.now()
    async with shop.pool.connection() as conn:
        ahead = await publish(conn, PROGRAMME, compiled(), at=now, effective_at=now + dt.timedelta(days=9), note="May")
        behind = await publish(conn, PROGRAMME, compiled(), at=now, effective_at=now - dt.timedelta(days=9))
        listed = await programmes.list_versions(conn, NAME)
        (row,) = await programmes.list_programmes(conn)
        assert await programmes.fetch_source(conn, NAME, 2) == PROGRAMME
        with pytest.raises(NotFound):
            await programmes.fetch_source(conn, NAME, 9)
    assert ahead.effective_at == now + dt.timedelta(days=9)
    assert behind.effective_at == now
    assert [version.number for version in listed] == [3, 2, 1]
    assert (row.latest, row.is_paused) == (3, False)
    assert await shop.rows("SELECT due_at FROM member_states") == [(now,)]


async def test_a_larger_budget_gives_the_difference_more(shop: Shop) -> None:
    await shop.send(shop.of(0, "survey.answered", {"score": 1}, "Q-1"))
    larger = PROGRAMME.replace("budget: {points: 1_000", "budget: {points: 1_500")
    async with shop.pool.connection() as conn:
        await publish(conn, larger, compiled(larger), at=shop.clock.now())
    accounts = await shop.rows("SELECT initial, left_ FROM house_accounts WHERE account = 'budget:survey'")
    assert accounts == [(1500, 1425)]
    assert await shop.findings() == []


async def test_a_claimed_reward_is_a_voucher_in_the_members_hand_until_it_is_cancelled(shop: Shop) -> None:
    await shop.send(shop.gift(0, 300, "A-1"))
    (claimed,) = await shop.tell(shop.of(0, "reward.claimed", {"reward": "mug", "quantity": 2}, "C-1"))
    async with shop.pool.connection() as conn:
        (voucher,) = await list_vouchers(conn, 1, shop.members[0], state="issued")
    assert (voucher.reward, voucher.quantity, voucher.activity_id) == ("mug", 2, claimed.activity.id)
    await shop.tell(shop.of(0, "reward.cancelled", {"voucher": voucher.no}, "U-1"))
    async with shop.pool.connection() as conn:
        assert [v.state for v in await list_vouchers(conn, 1, shop.members[0])] == ["cancelled"]
    assert (await shop.balance(0)).available == 300
    assert await shop.findings() == []


async def test_arrays_carry_every_text_unchanged(shop: Shop) -> None:
    nasty = ['say "hi"', "back\\slash", "{1,2}", "NULL", "", "naïve, 'quoted'", None, "None", "a\nb"]
    (row,) = await shop.rows("SELECT %s::text[]", texts(nasty))
    assert row[0] == nasty
    at = dt.datetime(2026, 3, 1, 12, 30, 0, 123456, tzinfo=dt.UTC)
    made = columns([(1, ANA, at, True), (None, None, None, False)], (ints, uuids, instants, bools))
    (row,) = await shop.rows("SELECT %s::int[], %s::uuid[], %s::timestamptz[], %s::bool[]", *made)
    assert row == ([1, None], [ANA, None], [at, None], [True, False])
    assert columns([], (ints, texts)) == ["{}", "{}"]
