"""Helpers of the tests of office hours: a mentored firm, an hour, a booking."""

from datetime import datetime, timedelta
from typing import Any

from incubator.models import Cohort, Incubation, OfficeBooking, OfficeSlot
from incubator.services import incubation, office_hours
from tests.incubator.cohorts_story import accepted
from tests.world import World


def mentored(world: World, login: str = "owner", cohort: Cohort | None = None) -> Incubation:
    """Return a running membership that the expert mentors."""
    row = accepted(world, login, cohort)
    return incubation.assign_mentor(
        incubation=row, mentor=world.expert, actor=world.staff, now=world.now
    )


def tomorrow(world: World, hour: int = 14, days: int = 1) -> datetime:
    """Return a time of day on the next day (the story is at nine in the morning)."""
    return world.now.replace(hour=hour) + timedelta(days=days)


def published(world: World, **changes: Any) -> list[OfficeSlot]:
    """Return hours of the expert, tomorrow at two unless said otherwise."""
    values = {
        "starts_at": tomorrow(world), "minutes": 30, "place": "县孵化中心 201",
        "actor": world.expert, "now": world.now,
    }  # fmt: skip
    return office_hours.publish_slots(**(values | changes))


def booked(
    world: World, row: Incubation | None = None, slot: OfficeSlot | None = None, **changes: Any
) -> OfficeBooking:
    """Return a booking of the owner's firm."""
    row = row or mentored(world)
    values = {
        "incubation": row, "slot": slot or published(world)[0], "topic": "梳理补贴申领流程",
        "actor": world.owner, "now": world.now,
    }  # fmt: skip
    return office_hours.book_slot(**(values | changes))
