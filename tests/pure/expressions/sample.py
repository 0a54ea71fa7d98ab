"""A scope with every kind of field, and an environment that fits it."""

import datetime as dt
from collections.abc import Mapping

from setia.language.expressions import (
    BOOL,
    DATE,
    INT,
    STRING,
    Expression,
    Field,
    ListOf,
    PeriodMetric,
    Problem,
    Record,
    Scope,
    compile_value,
    number,
)

MONEY = number(100)
LINE = Record(
    "line",
    {
        "category": STRING,
        "amount": MONEY,
        "quantity": INT,
        "note": Field(STRING, optional=True),
        "colours": ListOf(STRING, 3),
        "maker": Record("maker", {"country": STRING}),
    },
)
SCOPE = Scope(
    {
        "purchase": Record(
            "purchase",
            {
                "eligible": MONEY,
                "total": MONEY,
                "lines": ListOf(LINE),
                "tags": ListOf(STRING),
                "prices": ListOf(MONEY),
                "counts": ListOf(INT),
                "channel": Field(STRING, optional=True, doc="where it was bought"),
                "gift": Field(BOOL, optional=True),
                "paid_on": Field(DATE, optional=True),
                "tip": Field(MONEY, optional=True),
                "coupons": Field(ListOf(STRING), optional=True),
                "delivery": Field(Record("delivery", {"fee": MONEY}), optional=True),
                "on": DATE,
                "local_time": Record("local_time", {"hour": INT}),
                "extra": Record("extra", {"size": INT}, open=True),
            },
        ),
        "tier.rate": number(10),
        "tier.name": STRING,
        "points": INT,
        "zero": INT,
        "vip": BOOL,
        "month_spend": PeriodMetric(MONEY, "calendar_month"),
        "month_visits": PeriodMetric(INT, "calendar_month"),
        "week_visits": PeriodMetric(INT, "week"),
    }
)
ENV: Mapping[str, object] = {
    "purchase.eligible": 13_000_000,
    "purchase.total": 12_345,
    "purchase.lines": [
        {"category": "tea", "amount": 1050, "quantity": 2, "colours": ["red"], "maker.country": "ID"},
        {"category": "cake", "amount": 995, "quantity": 1, "note": "big", "colours": [], "maker.country": "MY"},
        {"category": "tea", "amount": 300, "quantity": 3, "colours": ["red", "tan"], "maker.country": "ID"},
    ],
    "purchase.tags": ["new", "web"],
    "purchase.prices": [150, 250],
    "purchase.counts": [1, 2, 3],
    "purchase.on": dt.date(2026, 5, 1),
    "purchase.local_time.hour": 8,
    "purchase.extra.size": 4,
    "purchase.extra.colour": "red",
    "tier.rate": 15,
    "tier.name": "gold",
    "points": 7,
    "zero": 0,
    "vip": True,
    "month_spend": 5,
    "periods.calendar_month": [
        {"month_spend": 120_000_000, "month_visits": 4},
        {"month_spend": 100_000_000, "month_visits": 0},
        {"month_spend": 99_999_999, "month_visits": 9},
    ],
}


def compiled(source: str) -> Expression:
    """Compile a source that has no problems."""
    found = compile_value(source, SCOPE)
    assert isinstance(found, Expression), found
    return found


def problems_of(source: str) -> list[Problem]:
    """Compile a source that has problems."""
    found = compile_value(source, SCOPE)
    assert isinstance(found, list), f"no problems in {source!r}"
    return found
