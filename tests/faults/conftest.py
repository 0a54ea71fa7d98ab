"""Installations that may break."""

from collections.abc import Iterator

import pytest

from tests.faults.house import House, Installation, installation


@pytest.fixture(scope="session")
def whole_installation() -> Iterator[Installation]:
    """PostgreSQL, with a database that is set up."""
    with installation() as found:
        yield found


@pytest.fixture
def house(whole_installation: Installation) -> Iterator[House]:
    """A house of the test's own, in which nothing but PostgreSQL runs."""
    with whole_installation.house() as found:
        yield found


@pytest.fixture(scope="module")
def _open_house(whole_installation: Installation) -> Iterator[House]:
    with whole_installation.house() as found:
        found.serve()
        yield found


@pytest.fixture
def served(_open_house: House) -> House:
    """A house with a server, for the tests of a module that leave it whole."""
    _open_house.await_ready()
    return _open_house
