"""Half-filled forms."""

import re

from django.http import QueryDict

from portal.models import FormDraft, User

NO_DRAFT = ("csrfmiddlewaretoken", "draft_base")
KEY = re.compile(r"[a-z_]{2,40}(:[0-9a-zA-Z-]{1,60})?")


def draft_key_known(key: str) -> bool:
    """Return whether ``key`` has the form ``kind`` or ``kind:id``."""
    return bool(KEY.fullmatch(key))


def draft_of(user: User, key: str) -> FormDraft | None:
    """Return the person's draft under ``key`` (one query)."""
    return FormDraft.objects.filter(user=user, key=key).first()


def draft_values(data: QueryDict) -> dict[str, list[str]]:
    """Return what of a posted form belongs into its draft, without NULs (PostgreSQL has none)."""
    return {
        without_nul(name): [without_nul(value) for value in data.getlist(name)]
        for name in data
        if name not in NO_DRAFT
    }


def without_nul(text: str) -> str:
    """Return a text as PostgreSQL takes it."""
    return text.replace("\0", "")


def draft_data(draft: FormDraft) -> QueryDict:
    """Return a draft as form data."""
    data = QueryDict(mutable=True)
    for name, values in draft.data.items():
        data.setlist(name, values)
    return data
