"""Shops with a theme on PostgreSQL and in memory: the same answers, and books that are equal entry for entry."""

from pprint import pformat

import pytest

from setia.plumbing.db import open_pool
from setia.plumbing.settings import Settings
from tests.simulation.memory import told
from tests.simulation.programmes import OPENED
from tests.simulation.seeds import on_postgres
from tests.simulation.telling import Teller, receipt
from tests.simulation.test_shop_on_postgres import StoredShop, compare
from tests.simulation.themes import THEMES

SEEDS = on_postgres(1)
STEPS = 100


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("seed", SEEDS)
async def test_the_book_on_postgres_equals_the_book_in_memory(
    name: str, seed: int, dsn: str, settings: Settings
) -> None:
    theme = THEMES[name]
    shop, memory = theme.shop(seed), Teller(theme.text)
    for number in range(shop.crowd):
        memory.join({"member": number, "at": OPENED})
    pool = await open_pool(dsn, settings)
    try:
        stored = StoredShop(pool, name, [(OPENED, theme.text)], memory.members)
        await stored.open()
        for _ in range(STEPS):
            step = shop.draw()
            if step["type"] == "tick":
                memory.tick(step)
                await stored.tick(step["at"])
                continue
            decision = await stored.handle(step, memory.body(step), memory.who(step))
            said = told(decision), receipt(decision) if decision.status == "accepted" else {}
            assert said == memory.handle(step)
        memory.tick({"at": shop.now})
        await stored.tick(shop.now)
        await compare(memory, stored)
    except AssertionError as error:
        last = pformat(shop.steps[-12:], width=160, compact=True)
        where = f"shop '{name}', seed {seed}, step {len(shop.steps)}"
        raise AssertionError(f"{where}: {error}\nthe last steps:\n{last}") from error
    finally:
        await pool.close()
