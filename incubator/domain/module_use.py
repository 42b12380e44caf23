"""Which uses of a shared module count as reuse by others."""

from typing import Final

UNCOUNTED: Final = ("own", "tied")
"""Why a use counts for nobody: the firm's own module, or one of a firm that it is tied to."""


def uncounted(*, owner: int | None, firm: int, tied: bool) -> str:
    """Return why the use of ``owner``'s module by ``firm`` does not count; “” where it does.

    ``owner`` is ``None`` for a module of the county, which is everybody's; ``tied`` says whether
    the portal's one rule of conflicts ties the two firms.

    >>> uncounted(owner=1, firm=1, tied=False), uncounted(owner=1, firm=2, tied=True)
    ('own', 'tied')
    >>> uncounted(owner=1, firm=2, tied=False), uncounted(owner=None, firm=2, tied=True)
    ('', '')
    """
    if owner is None:
        return ""
    if owner == firm:
        return "own"
    return "tied" if tied else ""
