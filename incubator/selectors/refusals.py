"""What is read of refusals: the review that a firm may ask for, once, and how it stands."""

from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise

from incubator.domain import application as rules
from incubator.labels import applications as labels
from incubator.models import Application, RefusalReview


@dataclass(frozen=True)
class RecheckPanel:
    """The review of a refusal as the firm and the staff see it.

    ``draft`` is the number of the application that the firm is writing and that is withdrawn when
    it asks for the review.
    """

    until: date | None
    asked: RefusalReview | None
    reasons: list[str | Promise]
    fresh_in: bool
    draft: str = ""


def recheck_panel(application: Application, today: date) -> RecheckPanel:
    """Return whether a review may be asked for (``until``), or what came of it.

    At most two queries: the review, and another live application or the fresh reviewer's.
    """
    asked = RefusalReview.objects.filter(application=application).first()
    if asked is None:
        until = last_day(application, today)
        others = Application.objects.live(today).filter(organisation=application.organisation_id)
        numbers = dict(others.values_list("state", "number")) if until else {}
        if not rules.LEAVES_REVIEW.issuperset(numbers):
            until = None
        return RecheckPanel(until, None, [], fresh_in=False, draft=numbers.get("draft", ""))
    fresh = application.state == "review_requested" and (
        application.reviews.filter(of_refusal=True, state="submitted").exists()
    )
    reasons = [labels.REASONS[code] for code in asked.reason_codes]
    return RecheckPanel(None, asked, reasons, fresh_in=fresh)


def last_day(application: Application, today: date) -> date | None:
    """Return until when a review of the refusal may be asked for, ``None`` where its time is over.

    Whether one was asked for, or another application stands in the way, is not looked at.
    """
    until = application.review_until
    return None if until is None or today > until else until


@dataclass(frozen=True)
class OpenRefusal:
    """A refusal of which a firm may still ask for a review: where, and until when."""

    number: str
    url: str
    until: date


def open_refusal(application: Application, today: date) -> OpenRefusal | None:
    """Return what a firm gives up when it sends its draft (one query).

    ``None`` for anything but a draft, and where no refusal can be reviewed any more.
    """
    if application.state != rules.LIFECYCLE.initial:
        return None
    refused = Application.objects.filter(
        organisation=application.organisation_id, state="rejected", refusal_review=None
    )
    for one in refused.order_by("-pk")[:1]:
        until = last_day(one, today)
        return OpenRefusal(one.number, one.get_absolute_url(), until) if until else None
    return None
