"""Shops with a theme in memory against their auditors, everything after every step."""

from pprint import pformat

import pytest

from tests.simulation.seeds import in_memory
from tests.simulation.shop import Step
from tests.simulation.telling import Teller, first_difference
from tests.simulation.themes import THEMES
from tests.simulation.themes.theme import Keeper

SEEDS = in_memory(6)
STEPS = 150


def tell(step: Step, engine: Teller, keeper: Keeper) -> None:
    """Tell one step to both; they have to say the same."""
    if step["type"] == "join":
        engine.join(step)
        keeper.join(step["at"])
        keeper.members[-1]["id"] = engine.name(step["member"])
    elif step["type"] == "tick":
        engine.tick(step)
        # The engine takes them by their ids.
        for number in sorted(range(len(keeper.members)), key=engine.name):
            keeper.advance(number, step["at"])
        keeper.advance_rest(step["at"])
        difference = first_difference(engine.statement(), keeper.statement())
        assert not difference, difference
    else:
        said, should = engine.handle(step), keeper.tell(step)
        assert said == should, f"the engine said {said}, the auditor {should}"
    difference = first_difference(engine.view(), keeper.view())
    assert not difference, difference


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("seed", SEEDS)
def test_everything_is_as_the_auditor_predicts(name: str, seed: int) -> None:
    theme = THEMES[name]
    shop, engine, keeper = theme.shop(seed), Teller(theme.text), theme.keeper()
    steps = list(shop.steps)
    try:
        for step in steps:
            tell(step, engine, keeper)
        for _ in range(STEPS):
            steps.append(shop.draw())
            tell(steps[-1], engine, keeper)
        tell({"type": "tick", "at": shop.now}, engine, keeper)
    except AssertionError as error:
        last = pformat(steps[-12:], width=160, compact=True)
        where = f"shop '{name}', seed {seed}, step {len(steps)}"
        raise AssertionError(f"{where}: {error}\nthe last steps:\n{last}") from error
