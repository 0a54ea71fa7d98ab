"""The Complete Journey is read as the guide of the demo says."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from setia.connectors.complete_journey.activities import activities, external_id, member_id
from setia.connectors.complete_journey.data import WHOLE, CompleteJourney, Share
from setia.flow.handle import Incoming

GUIDE = Path(__file__).parent.parent.parent.parent / "docs" / "guides" / "demo.md"
FIRST = 3_000


def read(data: CompleteJourney, share: Share = WHOLE, *, batch_size: int = 500) -> list[Incoming]:
    households = data.households(share)
    members = {household.number: member_id(household) for household in households}
    batches = activities(
        data, households, members, reward="five-off", member_fields=["household_size"], share=share,
        batch_size=batch_size,
    )  # fmt: skip
    return [incoming for batch, _ in batches for incoming in batch]


@pytest.fixture(scope="module")
def beginning() -> list[Incoming]:
    return read(CompleteJourney(FIRST))


def test_the_year_has_as_many_baskets_as_the_guide_says() -> None:
    data = CompleteJourney()
    assert data.count_baskets() == 155_848
    assert len(data.households()) == 2_469
    assert len(data.redemptions()) == 2_102
    assert data.last_at() == datetime(2018, 1, 1, 4, 1, 20, tzinfo=UTC)


def test_the_guide_counts_the_odd_lines_rightly() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    table = pq.read_table(CompleteJourney()._path("transactions"), columns=["quantity", "sales_value", "basket_id"])
    cents = pc.round(pc.multiply(table["sales_value"], 100.0))
    pieces, money = pc.greater(table["quantity"], 0), pc.greater(cents, 0)
    assert pc.min(table["quantity"]).as_py() == 0
    assert pc.min(cents).as_py() == 0
    nothing = table.filter(pc.invert(pc.or_(pieces, money)))
    something = set(table.filter(pc.or_(pieces, money))["basket_id"].to_pylist())
    counted = {
        "have neither quantity nor money": len(nothing),
        "baskets consist of nothing else": len(set(nothing["basket_id"].to_pylist()) - something),
        "have an amount but no quantity": pc.sum(pc.and_(money, pc.invert(pieces))).as_py(),
        "have a quantity and no amount": pc.sum(pc.and_(pieces, pc.invert(money))).as_py(),
    }
    for what, number in counted.items():
        assert f"{number:,} {what}" in text
    assert sum(counted.values()) - counted["baskets consist of nothing else"] == 11_275


def test_a_household_joins_with_its_first_purchase_and_is_found_by_its_number(beginning: list[Incoming]) -> None:
    households = CompleteJourney(FIRST).households()
    joined = [incoming for incoming in beginning if incoming.type == "member.joined"]
    assert len(joined) == len(households)
    assert {incoming.occurred_at for incoming in joined} == {household.first_at for household in households}
    seen = set()
    for incoming in beginning:
        assert incoming.member_id in seen or incoming.type == "member.joined"
        seen.add(incoming.member_id)
    assert external_id(households[0]) == f"household-{households[0].number}"
    sizes = Counter(incoming.body.get("attributes", {}).get("household_size") for incoming in joined)
    assert set(sizes) == {None, 1, 2, 3, 4, 5}


def test_baskets_come_in_the_order_of_time_with_whole_cents(beginning: list[Incoming]) -> None:
    times = [incoming.occurred_at for incoming in beginning]
    assert times == sorted(times, key=lambda at: at or datetime.max.replace(tzinfo=UTC))
    sales = [incoming for incoming in beginning if incoming.type == "purchase.completed"]
    assert len(sales) == len({incoming.external_id for incoming in sales}) == FIRST
    first = sales[0]
    assert (first.external_id, first.body["place"]) == ("31198570044", "store-330")
    assert first.body["lines"] == [
        {"id": "1", "sku": "1095275", "quantity": 1000, "amount": 50, "category": "PASTRY"}
    ]  # fmt: skip
    for sale in sales:
        lines = sale.body["lines"]
        assert lines
        assert [line["id"] for line in lines] == [str(number + 1) for number in range(len(lines))]
        assert all(type(line["amount"]) is int and line["amount"] >= 0 for line in lines)
        assert all(line["quantity"] > 0 for line in lines) or len(lines) == 1


def test_coupons_claim_a_reward_at_the_first_basket_of_their_day(beginning: list[Incoming]) -> None:
    claims = [place for place, incoming in enumerate(beginning) if incoming.type == "reward.claimed"]
    assert claims
    for place in claims:
        claim = beginning[place]
        following = next(other for other in beginning[place:] if other.type == "purchase.completed")
        assert (following.member_id, following.occurred_at) == (claim.member_id, claim.occurred_at)
        assert claim.body == {"reward": "five-off", "quantity": 1}


def test_shares_and_batches_are_parts_of_the_whole(beginning: list[Incoming]) -> None:
    def key(incoming: Incoming) -> str:
        return f"{incoming.occurred_at} {incoming.external_id}"

    data = CompleteJourney(FIRST)
    parts = [read(data, Share(number, 3), batch_size=77) for number in range(3)]
    assert sorted((incoming for part in parts for incoming in part), key=key) == sorted(beginning, key=key)
    people = [{incoming.member_id for incoming in part} for part in parts]
    assert not people[0] & people[1]
    assert not people[1] & people[2]
