"""Messages to people: rows for the inbox at once, mail by the worker, in each one's language."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext as _

from portal.domain.background import HANDOVER
from portal.events import external, hand_over
from portal.labels import ALWAYS_TOLD
from portal.models import Job, Notification, NotificationPreference, User
from portal.selectors.inbox import texts


def notify(
    users: Iterable[User],
    kind: str,
    *,
    key: str,
    now: datetime,
    url: str = "",
    **params: object,
) -> int:
    """Tell ``users`` something once (``key`` is what makes it the same news); return how many.

    Honours each person's preferences; whose data may only be kept gets no mail. What protects
    an account (``labels.ALWAYS_TOLD``) reaches everybody. The mail goes out by a background job.
    """
    people = list(users)
    always = kind in ALWAYS_TOLD
    choices = {
        preference.user_id: preference
        for preference in NotificationPreference.objects.filter(kind=kind, user__in=people)
    }
    told = 0
    for user in people:
        choice = None if always else choices.get(user.pk)
        in_app, email = (choice.in_app, choice.email) if choice else (True, True)
        if not in_app and not email:
            continue
        row, created = Notification.objects.get_or_create(
            user=user,
            key=key,
            defaults={
                "kind": kind,
                "url": url,
                "params": {name: str(value) for name, value in params.items()},
                "in_app": in_app,
                "created_at": now,
            },
        )
        told += created
        if created and email and (always or user.restricted_at is None):
            enqueue_job("portal.notifications.mail", f"mail:{row.pk}", now=now, pk=row.pk)
    return told


def enqueue_job(
    task: str, key: str, *, now: datetime, queue: str = "short", **payload: object
) -> Job:
    """Add background work once under its idempotency key; it starts after commit.

    ``queue="long"`` for what takes more than some seconds: it runs in a cluster of its own.
    """
    job, created = Job.objects.get_or_create(
        key=key,
        defaults={
            "task": task,
            "payload": payload,
            "queue": queue,
            "created_at": now,
            "due_at": now + HANDOVER,
        },
    )
    if created:
        hand_over(job.handler, job.pk, queue)
    return job


@external
def mail(*, pk: int, now: datetime) -> None:
    """Send a notification by mail (a job): at least once, with a Message-ID of its own."""
    notification = Notification.objects.select_related("user").get(pk=pk)
    if notification.mailed_at is not None:
        return
    with translation.override(notification.user.language):
        subject, text = texts(notification)
        link = f"{settings.BASE_URL}{notification.url}" if notification.url else ""
        closing = closing_words(notification.kind)
    EmailMessage(
        subject=" ".join(subject.split()),
        body="\n\n".join(part for part in (text, link, closing) if part),
        to=[notification.user.email],
        headers={"Message-ID": f"<notification-{pk}@portal>"},
    ).send()
    notification.mailed_at = now
    notification.save(update_fields=["mailed_at"])


def closing_words(kind: str) -> str:
    """Return a mail's last line: where such messages are switched off, if they can be."""
    if kind in ALWAYS_TOLD:
        return ""
    return _("You can switch these messages off under “Notifications” in the portal.")
