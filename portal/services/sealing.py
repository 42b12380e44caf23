"""What opens second factors lies sealed in the database; its keys lie apart and are rotated."""

from datetime import datetime

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Q, QuerySet

from portal.drivers.sealing import (
    MARK,
    SealingError,
    add_key,
    load_keys,
    make_first_key,
    retire_keys,
    seal,
    unseal,
)
from portal.services.operations import operation

SECRETS = ("secret", "seed")
"""Where allauth keeps what must be sealed: an app's key, the seed of recovery codes."""


def seal_secret(text: str) -> str:
    """Return ``text`` sealed; the first key is made where nothing was ever sealed.

    Raises ``SealingError`` where keys are missing: a new one would open nothing that is there.
    """
    if not load_keys() and not sealed_rows().exists():
        make_first_key()
    return seal(text)


def sealed_rows() -> QuerySet[Authenticator]:
    """Return the authenticators that hold something sealed."""
    marked = Q()
    for name in SECRETS:
        marked |= Q(**{f"data__{name}__startswith": MARK})
    rows: QuerySet[Authenticator] = Authenticator.objects.filter(marked).order_by("pk")
    return rows


def keys_problem() -> str:
    """Return why what is sealed cannot be opened, or “” (one query)."""
    row = sealed_rows().first()
    try:
        if row is not None:
            opened(row)
    except SealingError as error:
        return str(error)
    return ""


def opened(row: Authenticator) -> dict[str, str]:
    """Return an authenticator's secrets by name."""
    return {name: unseal(row.data[name]) for name in SECRETS if name in row.data}


def rotate_keys(*, now: datetime, retire: bool = False) -> int:
    """Seal everything anew with a new key, or with the first of ``SEALING_KEYS``; return how much.

    Older keys stay and go on opening what older backups hold; ``retire`` takes them out of the
    file (not out of a setting) once all is sealed anew. Nothing is changed where a key that is
    needed is missing. Audited.
    """
    in_file = not settings.SEALING_KEYS
    with operation("keys.rotate", actor=None, now=now) as unit:
        found = [(row, opened(row)) for row in sealed_rows().select_for_update()]
        if in_file:
            add_key()
        for row, values in found:
            row.data = row.data | {name: seal(text) for name, text in values.items()}
            row.save(update_fields=["data"])
        unit.record("keys.rotated", rows=len(found), retired=retire)
    if retire and in_file:
        retire_keys()
    return len(found)
