from uuid import UUID

import pytest

from setia.values.ids import IdError, parse_public_id, public_id, uuid7


def test_ids_sort_by_time_inside_and_outside() -> None:
    early, late = uuid7(1_700_000_000_000, b"\xff" * 10), uuid7(1_700_000_000_001, b"\x00" * 10)
    assert early < late
    assert public_id("mem", early) < public_id("mem", late)
    assert (early.version, early.variant) == (7, "specified in RFC 4122")
    assert parse_public_id("mem", public_id("mem", late)) == late


@pytest.mark.parametrize("text", ["", "mem_1", "act_" + "0" * 26, "mem_" + "i" * 26, "MEM_" + "0" * 26])
def test_what_is_no_id_of_the_kind_is_told(text: str) -> None:
    with pytest.raises(IdError, match="expected an id like 'mem_…'"):
        parse_public_id("mem", text)


def test_an_id_beyond_the_last_one_was_never_given_out() -> None:
    assert parse_public_id("mem", public_id("mem", UUID(int=2**128 - 1))) == UUID(int=2**128 - 1)
    with pytest.raises(IdError, match="no id that was ever given out"):
        parse_public_id("mem", "mem_" + "z" * 26)
