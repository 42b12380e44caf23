"""Cloud resources that end soon: who is told when, and once."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override
from django_q.models import Schedule

from incubator import tasks
from incubator.domain.quota import expiry_mark
from incubator.selectors import quota as reads
from incubator.services import expiry, quota
from portal.models import Notification
from portal.selectors.inbox import texts
from tests.incubator.quota_story import asked, granted, pool_of, report, usage

LAST = date(2027, 1, 31)
"""The end of the tests' grant: three months from November 2026."""


def night(before: int) -> datetime:
    """Return a night so many days before the end."""
    day = LAST - timedelta(days=before)
    return datetime(day.year, day.month, day.day, 3, tzinfo=ZoneInfo("Asia/Shanghai"))


def news() -> list[tuple[str, str]]:
    rows = Notification.objects.filter(kind="quota_expiring").order_by("pk")
    return [(row.user.email.partition("@")[0], row.key.rpartition(":")[2]) for row in rows]


@pytest.mark.parametrize(
    ("left", "mark"), [(-1, None), (0, 7), (6, 7), (7, 30), (29, 30), (30, None)]
)
def test_mark(left, mark):
    assert expiry_mark(left) == mark


def test_firm_is_told_at_30_and_at_7_days_once_each(world):
    granted(world, pool_of(world))
    told = [expiry.warn_of_expiry(now=night(before)) for before in (30, 29, 28, 7, 6, 6, 0, -1)]
    assert told == [0, 2, 0, 0, 2, 0, 0, 0]
    assert sorted(news()) == [
        ("member", "30"), ("member", "7"), ("owner", "30"), ("owner", "7"),
    ]  # fmt: skip


def test_news_says_when_and_how_much_was_used(world):
    request = granted(world, pool_of(world))
    report(world, usage(request, 30))
    expiry.warn_of_expiry(now=night(20))
    news = Notification.objects.get(kind="quota_expiring", user=world.owner)
    assert news.params == {
        "number": request.number, "pool": "GPU 池甲", "pool_en": "GPU pool A",
        "last_day": "2027-01-31", "percent": "25",
    }  # fmt: skip
    with override("zh-hans"):
        assert "GPU 池甲将于 2027年1月31日 到期" in texts(news)[1]
    with override("en"):
        assert "GPU pool A ends on 31 Jan 2027; 25 % of it were used." in texts(news)[1]


def test_a_missed_night_is_made_up_for(world):
    granted(world, pool_of(world))
    assert expiry.warn_of_expiry(now=night(3)) == 2
    assert sorted(news()) == [("member", "7"), ("owner", "7")]


def test_nobody_is_told_of_what_is_renewed_or_ended(world):
    pool = pool_of(world)
    renewed = granted(world, pool)
    asked(world, pool, kind="renewal", previous=renewed, first_month=date(2027, 2, 1))
    ended = granted(world, pool, amount=Decimal(10))
    quota.release(request=ended, actor=world.owner, now=world.now)
    assert expiry.warn_of_expiry(now=night(5)) == 0


def test_spent_counts_the_months_that_have_begun(world):
    request = granted(world, pool_of(world))
    report(world, usage(request, 50))
    found = [reads.spent(request, day) for day in (date(2026, 11, 30), date(2026, 12, 1))]
    assert [(row.granted, row.used, row.unused, row.share) for row in found] == [
        (40, 50, 0, 125), (80, 50, 40, 62),
    ]  # fmt: skip


def test_it_runs_every_night(db):
    schedule = Schedule.objects.get(name="quota_expiry")
    assert (schedule.func, schedule.schedule_type) == ("incubator.tasks.warn_of_expiry", "D")
    assert tasks.warn_of_expiry() == 0
