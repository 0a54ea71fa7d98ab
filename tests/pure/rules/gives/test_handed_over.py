"""What is handed over beside an order changes nothing of it."""

import pytest

from setia.language.gives import FORMS
from setia.language.keys import GIVES
from setia.rules.gives import KINDS, use
from tests.pure.rules.gives.orders import gives, order


@pytest.mark.parametrize("kind", ["access", "event", "experience", "partner"])
def test_it_is_used_and_the_order_stays_as_it_is(kind: str) -> None:
    made = order()
    assert use(made, "reward:it", gives(f"{{{kind}: An evening}}")) == 1
    assert (made.total, made.off) == (16_700, [])


def test_every_kind_that_can_be_written_is_used_somehow() -> None:
    assert KINDS.keys() == FORMS.keys() - {"product_where"}
    assert GIVES.keys() == FORMS.keys()
