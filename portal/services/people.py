"""A person's own settings."""

from collections.abc import Mapping
from datetime import datetime

from portal.models import Notification, NotificationPreference, User
from portal.services.operations import operation


def change_profile(*, user: User, name: str, phone: str, language: str, now: datetime) -> User:
    """Change a person's own name, phone and language. Audited without the values."""
    with operation("person.profile", actor=user, now=now, subject=user):
        user.name, user.phone, user.language = name.strip(), phone.strip(), language
        user.full_clean(exclude=["password"])
        user.save(update_fields=["name", "phone", "language"])
    return user


def set_preferences(*, user: User, choices: Mapping[str, tuple[bool, bool]], now: datetime) -> None:
    """Set, per kind of notification, whether it shows in the portal and goes out by mail."""
    with operation("person.preferences", actor=user, now=now, subject=user):
        for kind, (in_app, email) in choices.items():
            NotificationPreference.objects.update_or_create(
                user=user, kind=kind, defaults={"in_app": in_app, "email": email}
            )


def mark_read(*, user: User, now: datetime) -> int:
    """Mark every notification of ``user`` as read; return how many were not."""
    return Notification.objects.filter(user=user, read_at__isnull=True).update(read_at=now)
