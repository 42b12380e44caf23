"""The demo's own clock: a year of working mornings, played in seconds."""

from datetime import date, datetime, time, timedelta

from django.utils import timezone

from portal.domain.calendar import is_working_day
from portal.services.delivery import drain_outbox
from portal.services.registers import MAKE_FILE


class Clock:
    """Moves forward only; every move delivers what waits, so that news arrive in time."""

    def __init__(self, today: date, days_ago: int) -> None:
        """Start ``days_ago`` days before ``today`` at nine in the morning."""
        self.today = today
        self._minutes = 0
        self.day = today - timedelta(days=days_ago)

    @property
    def now(self) -> datetime:
        """The moment at which the next deed happens: each deed takes a minute."""
        self._minutes = min(self._minutes + 1, 8 * 60)
        start = timezone.make_aware(datetime.combine(self.day, time(9)))
        return start + timedelta(minutes=self._minutes)

    def until(self, day: date) -> None:
        """Go to ``day`` (or the next working day); the past stays."""
        drain_outbox(now=self.now, leave=[MAKE_FILE])
        while not is_working_day(day).value:
            day += timedelta(days=1)
        if day > self.day:
            self.day, self._minutes = day, 0

    def ago(self, days: int) -> date:
        """Return the date ``days`` before the demo's today."""
        return self.today - timedelta(days=days)
