"""When a cluster is stuck, and how long a failed job waits."""

from datetime import timedelta

import pytest

from portal.domain.background import is_stuck, pause_after


@pytest.mark.parametrize(
    ("silent", "unanswered", "busy", "stuck"),
    [
        (7.9, 7.9, 0, False),
        (8, 8, 0, True),
        (8, 7.9, 0, False),
        (8, 8, 1, True),
        (8, 8, 2, False),
        (8, 8, 3, False),
        # Another machine's cluster answered: one that stays silent for a minute is stuck too.
        (8, None, 0, False),
        (59.9, None, 0, False),
        (60, None, 0, True),
        (60, None, 2, False),
    ],
)
def test_cluster_is_stuck_when_silent_unanswered_and_not_busy(silent, unanswered, busy, stuck):
    age = None if unanswered is None else timedelta(seconds=unanswered)
    assert stuck == is_stuck(silent=timedelta(seconds=silent), unanswered=age, busy=busy, workers=2)


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 10), (2, 120), (3, 120)])
def test_pause_grows_with_the_attempts(attempts, seconds):
    assert pause_after(attempts) == timedelta(seconds=seconds)
