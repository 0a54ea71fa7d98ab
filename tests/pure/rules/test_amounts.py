import pytest

from setia.language.model import Rounding
from setia.rules.amount import Tally, add, round_steps

MODES = [Rounding.FLOOR, Rounding.CEILING, Rounding.HALF_UP, Rounding.HALF_EVEN]


@pytest.mark.parametrize(
    ("exact", "rounded"),
    [
        ((5, 2), [2, 3, 3, 2]), ((7, 2), [3, 4, 4, 4]), ((7, 3), [2, 3, 2, 2]), ((8, 3), [2, 3, 3, 3]),
        ((-5, 2), [-3, -2, -2, -2]), ((4, 2), [2, 2, 2, 2]), ((0, 9), [0, 0, 0, 0]),
    ],
)  # fmt: skip
def test_each_mode_settles_a_fraction_its_way(exact: tuple[int, int], rounded: list[int]) -> None:
    assert [round_steps(exact, mode) for mode in MODES] == rounded


def test_a_running_total_is_rounded_once_and_keeps_its_rest() -> None:
    tally = Tally(Rounding.FLOOR, (1, 3))
    assert [tally.add((1, 3)), tally.add((1, 3)), tally.add((7, 4))] == [0, 1, 1]
    assert tally.rest() == (9, 12)
    assert add((1, 2), (1, 2)) == (2, 2)
