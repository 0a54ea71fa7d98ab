"""Clocks tell instants, aware and in UTC."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
import time_machine

from setia.plumbing.clock import FixedClock, OffsetClock, SystemClock

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_the_system_clock_tells_the_machine_s_time() -> None:
    with time_machine.travel(NOON, tick=False):
        assert SystemClock().now() == NOON
        assert SystemClock().now().tzinfo is UTC


def test_a_clock_with_an_offset_runs_on_in_another_year() -> None:
    clock = FixedClock(NOON)
    past = OffsetClock(-timedelta(days=3000), clock)
    before = past.now()
    clock.advance(timedelta(hours=1))
    assert before == NOON - timedelta(days=3000)
    assert past.now() - before == timedelta(hours=1)


def test_a_fixed_clock_moves_only_when_told() -> None:
    clock = FixedClock(datetime(2026, 3, 1, 19, tzinfo=timezone(timedelta(hours=7))))
    assert clock.now() == NOON
    assert clock.now().utcoffset() == timedelta(0)
    assert clock.advance(timedelta(minutes=5)) == NOON + timedelta(minutes=5)
    clock.set(NOON)
    assert clock.now() == NOON


def test_an_instant_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="2026-03-01T12:00:00 has no time zone"):
        FixedClock(datetime(2026, 3, 1, 12))  # noqa: DTZ001
