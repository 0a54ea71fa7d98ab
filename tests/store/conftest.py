"""The shop that the tests of the book use."""

from collections.abc import AsyncIterator

import pytest

from setia.plumbing.settings import Settings
from tests.store.shop import Shop, open_shop


@pytest.fixture
async def shop(dsn: str, settings: Settings) -> AsyncIterator[Shop]:
    """A shop with two members on a database of its own."""
    async with open_shop(dsn, settings) as opened:
        yield opened
