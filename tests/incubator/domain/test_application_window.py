"""The days of an application window."""

from datetime import date
from itertools import product

import pytest

from incubator.domain.application_window import LIFECYCLE, clock_state
from portal.domain.lifecycle import Conflict, NotAllowed

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)


@pytest.mark.parametrize(
    ("state", "closes_on", "today", "expected"),
    [
        ("published", LAST, date(2026, 2, 28), "coming"),
        ("published", LAST, FIRST, "open"),
        ("published", LAST, LAST, "open"),
        ("published", LAST, date(2026, 4, 1), "closed"),
        ("published", None, date(2036, 4, 1), "open"),
        ("closed", LAST, FIRST, "closed"),
    ],
)
def test_clock_follows_the_days(state, closes_on, today, expected):
    assert clock_state(state, FIRST, closes_on, today) == expected


WAY = {
    ("draft", "publish"): "published",
    ("published", "publish"): "published",
    ("closed", "publish"): "published",
    ("published", "close"): "closed",
}


@pytest.mark.parametrize(
    ("state", "action", "role"),
    list(product(LIFECYCLE.states, ("publish", "close"), ("staff", "firm_signer", "system"))),
)
def test_lifecycle_allows_exactly_the_drawn_way(state, action, role):
    def step() -> str:
        return LIFECYCLE.next_state(state, action, roles=[role], reason="x").target

    if role != "staff":
        with pytest.raises(NotAllowed):
            step()
    elif (state, action) in WAY:
        assert step() == WAY[state, action]
    else:
        with pytest.raises(Conflict):
            step()
