import inspect

import pytest

from setia.values import faults
from setia.values.faults import Fault

MADE = [
    faults.NotFound("member", "mem_1"),
    faults.Invalid([faults.Problem("/lines", "is missing"), faults.Problem("", "is no object")]),
    faults.NoticeTooShort("shop", "30 days", ["a: 1 → 2", "b", "c", "d"], "2026-03-01T00:00:00+00:00"),
    faults.IdempotencyMismatch("k"),
    faults.IdentifierTaken("card"),
    faults.EditConflict("draft", 1, 2),
    faults.MonthNotOver("2026-03", "2026-04-01"),
    faults.MonthClosed("2026-03", "2026-04"),
    faults.Paused("shop"),
    faults.NotPublished("shop"),
    faults.Broken("abc"),
]


@pytest.mark.parametrize("fault", MADE, ids=lambda fault: fault.code)
def test_each_fault_says_what_is_the_matter(fault: Fault) -> None:
    assert str(fault) == fault.message
    assert any(str(value) in fault.message for value in fault.data.values()) or fault.data


def test_problems_are_all_told_with_their_places() -> None:
    assert str(MADE[1]) == "/lines: is missing; is no object"
    assert [(problem["pointer"], problem["message"]) for problem in MADE[1].data["problems"]] == [
        ("/lines", "is missing"),
        ("", "is no object"),
    ]


def test_no_two_faults_share_a_code() -> None:
    found = [kind for _, kind in inspect.getmembers(faults, inspect.isclass) if issubclass(kind, Fault)]
    codes = [kind.code for kind in found]
    assert len(set(codes)) == len(codes)
