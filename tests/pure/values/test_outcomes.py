import datetime as dt

import orjson

from setia.values.codes import DeclineCode
from setia.values.outcomes import (
    Award,
    CardMoney,
    Declined,
    Discount,
    Gift,
    Issue,
    PlanGift,
    Result,
    Take,
    TierChange,
    result_from_json,
    result_to_json,
)
from setia.values.stakes import NOBODY, Owed, Stake

AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def test_a_budget_of_before_budgets_had_names_is_that_of_its_rule() -> None:
    award = result_from_json({"a": [["points", 5, "app", None, None, "", True, True]]}).awards[0]
    assert (award.budget, award.is_budgeted, award.stake) == ("budget:app", True, NOBODY)
    assert not result_from_json({"a": [["points", 5, "app", None, None, "", True, False]]}).awards[0].is_budgeted


def test_a_full_and_an_empty_result_survive_json() -> None:
    full = Result(
        [Award("points", 5, "earn", AT, None, "pool", False, "money:x", Stake("fuel", 10_000, Owed.PREPAID))],
        [Take("points", 2, "", "payment", Stake("hotel", 9_000))],
        [Issue("cup", 1, "card", AT, True, {"points": 3})], [Discount("tier:gold", 9)],
        {"spend": 7}, {"earn:0": (3, 4)}, {"points": (1, 3)}, {"total": 9}, (True, "fast"),
        TierChange("", "gold", AT, True), AT, ["stamps"], ["budget:x"],
        [PlanGift("plus", "gold-gets-plus")],
        Declined(DeclineCode.OUT_OF_STOCK, {"reward": "cup"}), badges={"regular": "five-orders"},
        cards=[CardMoney("ff", "WHJP", 50)], sold=[CardMoney("fe", "5XQB", 70)], play={"game": "wheel"},
        gift=Gift("school", "points", 500, 5_00, 2_50),
    )  # fmt: skip
    for result in (full, Result(), Result(tier=TierChange("gold", "silver", None, False))):
        assert result_from_json(orjson.loads(orjson.dumps(result_to_json(result)))) == result
    assert result_to_json(Result()) == {}
    assert (full.earned("points"), full.spent("points"), full.earned("stars")) == (5, 2, 0)
