"""What is read of refusals: the review that a firm may ask for, once, and how it stands."""

from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise

from incubator.domain import application as rules
from incubator.labels import applications as labels
from incubator.models import Application, RefusalReview


@dataclass(frozen=True)
class RecheckPanel:
    """The review of a refusal as the firm and the staff see it."""

    until: date | None
    asked: RefusalReview | None
    reasons: list[str | Promise]
    fresh_in: bool
    draft: Application | None = None
    """What the firm has begun meanwhile: withdrawn, it stands no more in the review's way."""


def recheck_panel(application: Application, today: date) -> RecheckPanel:
    """Return whether a review may be asked for (``until``), or what came of it.

    At most two queries: the review, and another live application or the fresh reviewer's.
    """
    asked = RefusalReview.objects.filter(application=application).first()
    if asked is None:
        until, other = in_the_way(application, today)
        draft = other if other and other.state == rules.LIFECYCLE.initial else None
        return RecheckPanel(until if other is None else None, None, [], fresh_in=False, draft=draft)
    fresh = application.state == "review_requested" and (
        application.reviews.filter(of_refusal=True, state="submitted").exists()
    )
    reasons = [labels.REASONS[code] for code in asked.reason_codes]
    return RecheckPanel(None, asked, reasons, fresh_in=fresh)


def in_the_way(application: Application, today: date) -> tuple[date | None, Application | None]:
    """Return until when a review may be asked for, and the live application that stops it."""
    until = application.review_until
    if until is None or today > until:
        return None, None
    others = Application.objects.live(today).filter(organisation=application.organisation_id)
    return until, others.first()
