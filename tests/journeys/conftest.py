"""Fixtures of the journeys."""

from collections.abc import Iterator
from datetime import date

import pytest
from django.utils import timezone

from tests.journeys.people import TickingClock, Walk


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> TickingClock:
    """Return the clock by which the live server, which runs in this process, tells the time."""
    ticking = TickingClock(date(2026, 3, 2))
    monkeypatch.setattr(timezone, "now", lambda: ticking.now)
    return ticking


@pytest.fixture
def walk(transactional_db: None, clock: TickingClock, pages) -> Iterator[Walk]:
    """Return the county with its people; what axe found on their way fails the test."""
    yield from walked(Walk(pages, clock))


def walked(walk: Walk) -> Iterator[Walk]:
    """Give a walk, and fail with what was noted on it."""
    yield walk
    assert walk.faults == [], "\n".join(walk.faults)
