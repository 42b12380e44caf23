"""Sessions end on the server: when idle for a while, and after half a day at the latest."""

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.domain.signin import session_end
from portal.models import User
from portal.selectors.personal import UNREAD, notice_to_read
from portal.services.signin import note_logout

STARTED, SEEN = "started_at", "seen_at"
NOTED_EVERY = 60
"""Seconds between two writes of the last activity."""


def begin_session(sender: object, request: HttpRequest, user: User, **_kwargs: Any) -> None:
    """Note when a session began, and whether a privacy notice waits (``user_logged_in``)."""
    request.session[STARTED] = request.session[SEEN] = int(time.time())
    if notice_to_read(user) is not None:
        request.session[UNREAD] = True


class SessionLimitMiddleware:
    """Sign out whoever was idle too long, or has been in for too long."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the next handler."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """End the session, or note the activity."""
        if request.session.session_key and isinstance(request.user, User):
            self.judge(request, int(time.time()))
        return self.get_response(request)

    def judge(self, request: HttpRequest, now: int) -> None:
        """Hold the session against its limits."""
        session = request.session
        started, seen = session.get(STARTED, now), session.get(SEEN, 0)
        why = session_end(
            now,
            started=started,
            seen=seen or now,
            idle_seconds=settings.SESSION_IDLE_SECONDS,
            absolute_seconds=settings.SESSION_ABSOLUTE_SECONDS,
        )
        if why:
            note_logout(user=request.user, why=why, now=timezone.now())  # type: ignore[arg-type]
            logout(request)
            messages.info(request, _("You were signed out for safety. Please sign in again."))
        elif now - seen >= min(NOTED_EVERY, settings.SESSION_IDLE_SECONDS // 2):
            session[STARTED], session[SEEN] = started, now
