import datetime as dt

import orjson

from setia.values.codes import DeclineCode
from setia.values.outcomes import (
    Award,
    Declined,
    Discount,
    Issue,
    PlanGift,
    Result,
    Take,
    TierChange,
    result_from_json,
    result_to_json,
)

AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def test_a_full_and_an_empty_result_survive_json() -> None:
    full = Result(
        [Award("points", 5, "earn", AT, None, "pool", False, True)], [Take("points", 2, "", "payment")],
        [Issue("cup", 1, "card", AT, True, {"points": 3})], [Discount("tier:gold", 9)],
        {"spend": 7}, {"earn:0": (3, 4)}, {"points": (1, 3)}, {"total": 9}, (True, "fast"),
        TierChange("", "gold", AT, True), AT, ["stamps"], ["budget:x"],
        [PlanGift("plus", "gold-gets-plus")],
        Declined(DeclineCode.OUT_OF_STOCK, {"reward": "cup"}),
    )  # fmt: skip
    for result in (full, Result(), Result(tier=TierChange("gold", "silver", None, False))):
        assert result_from_json(orjson.loads(orjson.dumps(result_to_json(result)))) == result
    assert result_to_json(Result()) == {}
    assert (full.earned("points"), full.spent("points"), full.earned("stars")) == (5, 2, 0)
