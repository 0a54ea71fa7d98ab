"""Vouchers and codes: who can use which when, what is used up, what comes back."""

from typing import Any

import pytest

from setia.flow.codes import wanted_of_pools
from setia.flow.work import Decision, Voucher
from setia.values.codes import Built, EventName
from setia.values.outcomes import Result, Use, result_from_json, result_to_json
from tests.pure.flow.shop import HEAD, Corner, code, line

TEXT = (
    HEAD
    + """
tiers: {by: spend, levels: {plain: {from: 0}, gold: {from: 1_000}}}
metrics: {spend: {sum: purchase.eligible, over: year}}
members: {fields: {city: text}}
rules:
  earn: {on: purchase.completed, give: {points: purchase.eligible}}
  pick: {on: member.birthday, give: {reward: pick}}
rewards:
  gold-only: {code: GOLD, gives: {percent_off: 10}, when: tier.rank >= 1, stock: 3}
  season: {code: SEASON, gives: {amount_off: 1}, schedule: {from: 2026-02-01, until: 2026-03-01}}
  once: {code: ONCE, gives: {amount_off: 1}, limit: {times: 1, per: month}, stock: 2}
  both: {code: BOTH, costs: {points: 1}, gives: {amount_off: 1}, stock: 1}
  leaflet: {codes: bearer, gives: {amount_off: 2}, limit: {times: 1, per: year}}
  ticket: {codes: pool, costs: {points: 1}, gives: {partner: A ticket}}
  credit: {costs: {points: 10}, gives: {amount_off: 20, keep_rest: true}, pending: 3 days, valid: 10 days}
  soon: {costs: {points: 1}, gives: {experience: A walk}, pending: 2 days}
  cakes: {costs: {points: 1}, gives: {product_where: line.category == "cake"}}
  tea: {gives: {product: TEA}}
  cake: {gives: {product: CAKE}, stock: 1}
  pick: {costs: {points: 1, money: 2}, gives: {choice: [tea, cake]}, schedule: {from: 2026-01-01}}
"""
)


@pytest.fixture
def corner() -> Corner:
    found = Corner(TEXT, members=3)
    for member in range(3):
        found.gift(100, member=member)
    found.book.import_codes("leaflet", ["lf-1", "lf-2"])
    found.book.import_codes("ticket", ["T-AAA", "T-BBB"])
    return found


def codes(*said: str, **more: Any) -> list[dict[str, Any]]:
    return [{"code": found, "quantity": 1, **more} for found in said]


def buy(corner: Corner, *said: str, euros: int = 10, **more: Any) -> Decision:
    return corner.buy(euros, vouchers=codes(*said), **more)


def claim(corner: Corner, reward: str, **more: Any) -> Voucher:
    """Claim a reward; its newest voucher."""
    body = {"reward": reward, "quantity": more.pop("quantity", 1)}
    if "choose" in more:
        body["choose"] = more.pop("choose")
    decision = corner.send(Built.CLAIM.value, body, **more)
    assert decision.status == "accepted", decision.result.declined
    return decision.vouchers[-1]


def reserve(corner: Corner, *said: str, session: str = "cart", **more: Any) -> Decision:
    lapse = {"lapses_after": more.pop("lapses_after")} if "lapses_after" in more else {}
    return corner.send(Built.RESERVE.value, {"codes": codes(*said), "session": session, **lapse}, **more)


def test_a_code_is_for_whom_the_reward_says(corner: Corner) -> None:
    assert code(buy(corner, "GOLD")) == "reward_not_eligible"
    assert code(reserve(corner, "GOLD")) == "reward_not_eligible"
    corner.buy(1_000)
    assert buy(corner, "GOLD").result.totals["total"] == 900
    assert reserve(corner, "GOLD").status == "accepted"


def test_a_code_has_its_time(corner: Corner) -> None:
    assert [code(buy(corner, "SEASON", day=day)) for day in (30.9, 31, 58.9, 59)] == [
        "voucher_not_active", "accepted", "accepted", "voucher_expired",
    ]  # fmt: skip


def test_a_limit_counts_the_codes_of_one_order_too(corner: Corner) -> None:
    assert code(buy(corner, "LF1", "LF2")) == "reward_limit_reached"
    assert buy(corner, "LF1").result.totals["total"] == 800
    assert code(buy(corner, "LF2")) == "reward_limit_reached"
    assert buy(corner, "LF2", member=1).status == "accepted"


def test_a_revoked_or_unknown_code_is_refused(corner: Corner) -> None:
    known = corner.book.gathered.codes["LF1"]
    corner.book.gathered.codes["LF1"] = type(known)(known.reward, is_revoked=True)
    corner.book.gathered.codes["T2"] = type(known)("ticket")
    corner.book.gathered.codes["T3"] = type(known)("gone")
    assert [code(buy(corner, said)) for said in ("LF1", "T2", "T3", "NONE")] == [
        "voucher_revoked", "voucher_unknown", "voucher_unknown", "voucher_unknown",
    ]  # fmt: skip


def test_a_claim_and_a_code_share_the_last_piece(corner: Corner) -> None:
    both = {"vouchers": codes("BOTH"), "claims": [{"reward": "both", "quantity": 1}]}
    assert code(corner.buy(10, **both)) == "quantity_exceeded"
    assert buy(corner, "BOTH").status == "accepted"
    assert code(corner.send(Built.CLAIM.value, {"reward": "both", "quantity": 1})) == "out_of_stock"


def test_what_carts_have_reserved_is_not_claimed(corner: Corner) -> None:
    reserve(corner, "BOTH", member=1)
    assert code(corner.send(Built.CLAIM.value, {"reward": "both", "quantity": 1})) == "out_of_stock"
    assert code(buy(corner, "BOTH")) == "quantity_exceeded"
    assert corner.buy(10, member=1, vouchers=codes("BOTH"), session="cart").status == "accepted"
    assert corner.book.gathered.reservations == []


def test_reserving_again_takes_no_second_piece_and_keeps_its_beginning(corner: Corner) -> None:
    reserve(corner, "ONCE", day=1)
    again = reserve(corner, "ONCE", day=1 + 5 / 1440)
    (kept,) = corner.book.gathered.reservations
    assert (kept.quantity, again.freed, len(again.reserved)) == (1, [], 1)
    assert (kept.until - kept.taken_at).total_seconds() == 20 * 60
    released = corner.send(Built.UNRESERVE.value, {"codes": codes("ONCE", "SEASON"), "session": "cart"}, day=1.01)
    assert released.answer["released"] == ["ONCE"]
    assert corner.book.gathered.reservations == []
    nothing = corner.send(Built.UNRESERVE.value, {"codes": codes("ONCE"), "session": "cart"}, day=1.01)
    assert (nothing.answer["released"], nothing.events) == ([], [])


def test_pieces_of_a_voucher_are_used_and_reserved_one_by_one(corner: Corner) -> None:
    voucher = claim(corner, "cakes", quantity=3)
    cake = [line("1", 300, sku="CAKE", category="cake")]
    assert corner.buy(0, lines=cake, vouchers=codes(voucher.code)).result.totals["total"] == 0
    assert (voucher.state, voucher.left) == ("issued", 2)
    reserve(corner, voucher.code, session="phone")
    assert corner.send(Built.USE.value, {"vouchers": codes(voucher.code)}).status == "accepted"
    assert code(corner.send(Built.USE.value, {"vouchers": codes(voucher.code)})) == "voucher_reserved"
    many = [{"code": voucher.code, "quantity": 2}]
    assert code(corner.send(Built.USE.value, {"vouchers": many, "session": "phone"})) == "quantity_exceeded"
    assert code(corner.send(Built.UNCLAIM.value, {"voucher": voucher.no})) == "voucher_not_cancellable"


def test_a_voucher_waits_lives_and_ends(corner: Corner) -> None:
    voucher = claim(corner, "credit")
    assert code(buy(corner, voucher.code, day=2.9)) == "voucher_not_active"
    told = [event.name for decision in corner.tick(3) for event in decision.events]
    assert told == [EventName.VOUCHER_ACTIVATED]
    sale = corner.buy(5, key="S", day=3, vouchers=codes(voucher.code))
    assert (sale.result.totals["total"], voucher.left) == (0, 1_500)
    corner.give_back("S", day=4)
    assert (voucher.left, voucher.state) == (2_000, "issued")
    assert [event.name for d in corner.tick(5) for event in d.events] == []  # it became usable once
    assert [event.name for d in corner.tick(20) for event in d.events] == [EventName.VOUCHER_EXPIRED]
    assert (voucher.state, code(buy(corner, voucher.code, day=20))) == ("lapsed", "voucher_expired")


def test_what_comes_back_after_its_end_is_over_at_once(corner: Corner) -> None:
    voucher = claim(corner, "credit")
    corner.buy(20, key="S", day=13, vouchers=codes(voucher.code))
    assert voucher.state == "used"
    corner.give_back("S", day=30)
    assert (voucher.state, voucher.left) == ("lapsed", 2_000)


def test_a_voucher_without_an_end_is_only_watched_until_it_begins(corner: Corner) -> None:
    voucher = claim(corner, "soon")
    assert list(corner.member().progress.vouchers) == [voucher.no]
    corner.tick(2)
    assert corner.member().progress.vouchers == {}
    assert corner.send(Built.USE.value, {"vouchers": codes(voucher.code)}, day=2).status == "accepted"
    assert code(corner.send(Built.USE.value, {"vouchers": codes(voucher.code)}, day=2)) == "voucher_used"


def test_each_voucher_has_its_own_time_and_need_not_be_gathered_to_end(corner: Corner) -> None:
    first, second = claim(corner, "credit"), claim(corner, "credit", day=1)
    del corner.member().vouchers[second.no]
    told = [(event.name, event.data["voucher"]) for decision in corner.tick(30) for event in decision.events]
    assert told == [
        (EventName.VOUCHER_ACTIVATED, first.no), (EventName.VOUCHER_ACTIVATED, second.no),
        (EventName.VOUCHER_EXPIRED, first.no), (EventName.VOUCHER_EXPIRED, second.no),
    ]  # fmt: skip
    assert [decision.lapsed for decision in corner.book.decisions if decision.lapsed] == [[first.no], [second.no]]


def test_a_choice_is_made_when_it_is_claimed_or_used(corner: Corner) -> None:
    assert claim(corner, "pick", choose="tea").reward == "tea"
    open_choice = claim(corner, "pick")
    use = {"vouchers": codes(open_choice.code)}
    assert code(corner.send(Built.USE.value, use)) == "choice_needed"
    assert reserve(corner, open_choice.code).status == "accepted"
    corner.send(Built.UNRESERVE.value, {"codes": codes(open_choice.code), "session": "cart"})
    chosen = corner.send(Built.USE.value, {"vouchers": codes(open_choice.code, choose="cake")})
    assert [(issue.reward, issue.quantity) for issue in chosen.result.issues] == [("cake", 1)]
    assert corner.book.gathered.house["stock:cake"] == 0
    other = claim(corner, "pick")
    assert code(corner.send(Built.USE.value, {"vouchers": codes(other.code, choose="cake")})) == "out_of_stock"
    claimed = {"reward": "pick", "quantity": 1}
    assert code(corner.buy(10, claims=[claimed])) == "choice_needed"
    inside = corner.buy(10, claims=[{**claimed, "choose": "tea"}])
    assert (inside.result.totals["reward_money"], inside.result.totals["total"]) == (200, 200)


def test_two_vouchers_of_one_order_do_not_share_a_last_piece(corner: Corner) -> None:
    picks = [{"code": claim(corner, "pick").code, "quantity": 1, "choose": "cake"} for _ in range(2)]
    cakes = [line("1", 600, sku="CAKE", category="cake", quantity=2000)]
    assert code(corner.buy(0, lines=cakes, vouchers=picks)) == "out_of_stock"
    assert code(corner.send(Built.USE.value, {"vouchers": picks})) == "out_of_stock"


def test_a_reward_that_keeps_its_rest_is_claimed_by_itself(corner: Corner) -> None:
    assert code(corner.buy(10, claims=[{"reward": "credit", "quantity": 1}])) == "claim_by_itself"


def test_codes_of_a_pool_are_handed_out_inside_an_order_too(corner: Corner) -> None:
    sale = corner.buy(10, claims=[{"reward": "ticket", "quantity": 1}])
    assert [voucher.code for voucher in sale.vouchers] == ["TAAA"]
    assert wanted_of_pools(corner.book.gathered, [sale]) == {}
    sale.vouchers[0].code = ""
    assert wanted_of_pools(corner.book.gathered, [sale]) == {"ticket": 1}
    walk = corner.send(Built.CLAIM.value, {"reward": "soon", "quantity": 1})
    walk.vouchers[0].code = ""
    assert wanted_of_pools(corner.book.gathered, [walk]) == {}


def test_what_a_version_has_promised_is_kept_by_the_next_ones() -> None:
    later = TEXT.replace('cakes: {costs: {points: 1}, gives: {product_where: line.category == "cake"}}', "").replace(
        "amount_off: 20, keep_rest: true", "amount_off: 1"
    )
    corner = Corner(TEXT, later)
    corner.gift(100)
    cakes, credit = claim(corner, "cakes", day=95), claim(corner, "credit", day=95)
    lines = [line("1", 900, sku="PIE", category="cake"), line("2", 500)]
    sale = corner.buy(0, key="S", day=101, lines=lines, vouchers=codes(cakes.code, credit.code))
    assert (sale.version, sale.result.totals["total"], credit.left) == (2, 0, 1_500)
    corner.give_back("S", day=102, lines=[{"id": "1", "quantity": 1000}])
    assert (cakes.state, credit.left) == ("issued", 1_500)
    cakes.version = 99  # a version that nobody has: then today's terms
    assert code(buy(corner, cakes.code, day=103)) == "voucher_unknown"


def test_a_total_that_changed_is_refused_for_revisions_too(corner: Corner) -> None:
    corner.buy(10, key="S", vouchers=codes("ONCE"), expect_total=900)
    revised = corner.buy(12, key="S", revision=1, vouchers=codes("ONCE"), expect_total=1_200)
    assert code(revised) == "quote_changed"
    assert revised.result.declined is not None
    assert revised.result.declined.facts == {"expected": 1_200, "total": 1_100, "lost": []}
    assert corner.buy(12, key="S", revision=2, vouchers=codes("ONCE"), expect_total=1_100).status == "accepted"


def test_revoking_takes_what_is_unused_out_of_the_hand(corner: Corner) -> None:
    voucher = claim(corner, "cakes")
    revoke = {"voucher": voucher.no, "reason": "by mistake"}
    assert code(corner.send(Built.REVOKE.value, {**revoke, "voucher": 999})) == "voucher_unknown"
    assert corner.send(Built.REVOKE.value, revoke).status == "accepted"
    assert code(corner.send(Built.REVOKE.value, revoke)) == "voucher_not_cancellable"
    assert code(buy(corner, voucher.code)) == "voucher_revoked"


def test_uses_survive_json() -> None:
    result = Result(uses=[Use("A", "cup", 1, 250, 7, "", 2), Use("B", "ten", 1, 0, None, "stock:ten", 1)])
    assert result_from_json(result_to_json(result)) == result


def test_a_claim_outside_its_time_is_refused(corner: Corner) -> None:
    closed = Corner(TEXT.replace("from: 2026-01-01", "from: 2027-01-01"))
    closed.gift(10)
    assert code(closed.send(Built.CLAIM.value, {"reward": "pick", "quantity": 1})) == "reward_not_eligible"


def test_what_others_have_used_since_is_not_used_by_asking_again(corner: Corner) -> None:
    """A code that changed nothing at first is free for others; a return of the first sale does not take it back."""
    lines = [line("1", 0), line("2", 500)]
    first = corner.buy(0, key="S1", lines=[line("1", 500)], vouchers=codes("LF1"), expect_total=300)
    assert first.status == "accepted"
    corner.give_back("S1")
    corner.buy(0, key="S2", lines=[line("1", 0)], vouchers=codes("LF1"))  # nothing to lower: it stays unused
    assert corner.buy(5, key="S3", vouchers=codes("LF1"), member=1).result.totals["total"] == 300
    revised = corner.buy(0, key="S2", revision=1, lines=lines, vouchers=codes("LF1"))
    assert code(revised) == "quantity_exceeded"
    seen = corner.buy(0, key="S2", revision=2, lines=lines, vouchers=codes("LF1"), expect_total=500)
    assert (seen.status, seen.result.uses) == ("accepted", [])
    corner.give_back("S2", lines=[{"id": "1", "quantity": 1000}])
    assert corner.book.gathered.house["code:LF1"] == 0


def test_a_rest_that_another_sale_used_is_not_used_again(corner: Corner) -> None:
    voucher = claim(corner, "credit")
    corner.buy(5, key="S1", day=3, vouchers=codes(voucher.code))
    corner.buy(12, key="S2", day=3, vouchers=codes(voucher.code))
    revised = corner.buy(50, key="S1", day=3, revision=1, vouchers=codes(voucher.code))
    assert (revised.result.totals["discount"], voucher.left, voucher.state) == (800, 0, "used")
    corner.give_back("S2", day=3)
    assert (voucher.left, voucher.state) == (1_200, "issued")


def test_what_was_revoked_or_cancelled_stays_so_when_a_sale_goes_back(corner: Corner) -> None:
    voucher = claim(corner, "credit")
    corner.buy(5, key="S1", day=3, vouchers=codes(voucher.code))
    corner.send(Built.REVOKE.value, {"voucher": voucher.no, "reason": "by mistake"}, day=3)
    corner.give_back("S1", day=3)
    assert (voucher.state, voucher.left) == ("revoked", 2_000)
    other = claim(corner, "credit")
    corner.buy(5, key="S2", day=3, vouchers=codes(other.code))
    before = corner.balance()[0]
    corner.send(Built.UNCLAIM.value, {"voucher": other.no}, day=3)
    assert (other.state, corner.balance()[0] - before) == ("used", 7)  # 15.00 of 20.00 for 10 points, rounded down
    corner.give_back("S2", day=3)
    assert (other.state, other.left, other.worth) == ("issued", 500, 500)  # what was used of it is paid for
    before = corner.balance()[0]
    corner.send(Built.UNCLAIM.value, {"voucher": other.no}, day=3)
    assert corner.balance()[0] - before == 3
