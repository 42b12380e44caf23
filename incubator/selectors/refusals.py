"""What is read of refusals: the review that a firm may ask for, once, and how it stands."""

from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise

from incubator.labels import applications as labels
from incubator.models import Application, RefusalReview


@dataclass(frozen=True)
class RecheckPanel:
    """The review of a refusal as the firm and the staff see it."""

    until: date | None
    asked: RefusalReview | None
    reasons: list[str | Promise]
    fresh_in: bool


def recheck_panel(application: Application, today: date) -> RecheckPanel:
    """Return whether a review may be asked for (``until``), or what came of it.

    At most two queries: the review, and another live application or the fresh reviewer's.
    """
    asked = RefusalReview.objects.filter(application=application).first()
    if asked is None:
        return RecheckPanel(last_day(application, today), None, [], fresh_in=False)
    fresh = application.state == "review_requested" and (
        application.reviews.filter(of_refusal=True, state="submitted").exists()
    )
    reasons = [labels.REASONS[code] for code in asked.reason_codes]
    return RecheckPanel(None, asked, reasons, fresh_in=fresh)


def last_day(application: Application, today: date) -> date | None:
    """Return until when a review may still be asked for, ``None`` where none may."""
    until = application.review_until
    if until is None or today > until:
        return None
    others = Application.objects.live(today).filter(organisation=application.organisation_id)
    return None if others.exists() else until
