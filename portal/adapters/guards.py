"""The database's last defence that its schema cannot express."""

from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models.signals import pre_save
from django.dispatch import receiver

from portal.domain.roles import clash
from portal.models import User
from portal.services.accounts import roles_held
from portal.services.operations import is_operation, is_request

FLAGS = ("is_superuser", "is_active")
CHANGES = {"pre_add", "pre_remove", "pre_clear"}


def refuse_clashing_groups(
    sender: object,
    instance: User | Group,
    action: str,
    pk_set: set[int] | None,
    **_kwargs: Any,
) -> None:
    """Refuse, by whatever way it is tried, groups that one person must not hold together.

    A request changes roles only through the services, which know who may grant what to whom;
    Wagtail's forms for people and groups do not.
    """
    if action in CHANGES and is_request() and not is_operation():
        raise PermissionDenied
    if action != "pre_add" or not pk_set:
        return
    if isinstance(instance, User):
        pairs = [
            (instance, set(Group.objects.filter(pk__in=pk_set).values_list("name", flat=True)))
        ]
    else:
        pairs = [(user, {instance.name}) for user in User.objects.filter(pk__in=pk_set)]
    for user, wanted in pairs:
        held = roles_held(user) | wanted
        if any(clash(held - {role}, role) for role in held):
            raise PermissionDenied


@receiver(pre_save, sender=User, dispatch_uid="refuse_flags")
def refuse_flags(
    sender: object,
    instance: User,
    update_fields: frozenset[str] | None = None,
    **_kwargs: Any,
) -> None:
    """Refuse to make a technical account, to close or to open one, but through the services.

    Wagtail's form for people would let one technical account make the next.
    """
    if not is_request() or is_operation():
        return
    if update_fields is not None and not set(FLAGS) & set(update_fields):
        return
    before = User.objects.filter(pk=instance.pk).values_list(*FLAGS).first() or (False, True)
    if (instance.is_superuser, instance.is_active) != before:
        raise PermissionDenied
