"""What is read of objections: lists, what they make of a row, the honest count."""

from dataclasses import dataclass

from django.db.models import Count

from portal.domain import objection as rules
from portal.models import Notice, Objection, Organisation, User

PAGE = 20


def objection_list(user: User, *, after: int | None = None) -> list[Objection]:
    """Return up to 21 objections that ``user`` lodged or handles, newest first (one query)."""
    rows = Objection.objects.visible_to(user).select_related("notice", "organisation")
    if after is not None:
        rows = rows.filter(pk__lt=after)
    return list(rows.order_by("-pk")[: PAGE + 1])


def standings(notice: Notice) -> dict[int | None, str]:
    """Return what objections make of each firm of a notice: open or upheld (one query).

    By the organisation's id; ``None`` stands for rows whose organisation the portal does not
    know. Rows without such an objection are left out.
    """
    states: dict[int | None, set[str]] = {}
    rows = Objection.objects.filter(notice=notice).values_list("organisation_id", "state")
    for organisation, state in rows:
        states.setdefault(organisation, set()).add(state)
    found = {firm: rules.standing(frozenset(seen)) for firm, seen in states.items()}
    return {firm: word for firm, word in found.items() if word}


def standing_of(notice: Notice | None, organisation: Organisation) -> str:
    """Return what objections make of one firm's row: open, upheld or “” (one query at most)."""
    return "" if notice is None else standings(notice).get(organisation.pk, "")


@dataclass(frozen=True)
class ObjectionCounts:
    """How many objections a notice had, and what became of them."""

    lodged: int
    inadmissible: int
    upheld: int
    dismissed: int
    open: int


def objection_counts(notice: Notice) -> ObjectionCounts:
    """Return the counts that the public sees once the window is over (one query)."""
    rows = Objection.objects.filter(notice=notice).values("state").order_by()
    by_state = {row["state"]: row["n"] for row in rows.annotate(n=Count("pk"))}
    return ObjectionCounts(
        lodged=sum(by_state.values()),
        inadmissible=by_state.get("inadmissible", 0),
        upheld=by_state.get("upheld", 0),
        dismissed=by_state.get("dismissed", 0),
        open=sum(by_state.get(state, 0) for state in rules.OPEN),
    )
