"""Reads of applications for those who screen and review them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch, Q
from django.utils.functional import Promise

from incubator.domain import application as rules
from incubator.domain.application_form import is_phone
from incubator.domain.firm_links import Firm, links
from incubator.labels import applications as labels
from incubator.models import Application, ApplicationReview, ApplicationSubmission
from incubator.selectors.applications import PAGE
from portal.domain.adjudication import Adjudication
from portal.models import AuditEntry, User

# --- staff

HELD = {
    "proposed": Q(state="decision_pending", proposed_at__isnull=False),
    "refused": Q(state="decision_pending", refused_at__isnull=False),
}
"""Decisions that are held until their batch is released."""

PLAIN_ID = re.compile(r"[0-9]{1,18}")
RELEASES = tuple(f"{rules.LIFECYCLE.name}.{action}" for action in ("publish", "reject"))
"""What the audit trail calls a decision's release."""


def screening_list(
    *, today: date, state: str = "", text: str = "", after: int | None = None
) -> list[Application]:
    """Return up to 21 sent applications, newest first, below the id ``after`` (one query).

    ``state`` may also be ``proposed`` or ``refused``; ``text`` is part of a firm's name, its code
    or the number.
    """
    rows = Application.objects.filter(submitted_at__isnull=False).select_related("organisation")
    if state in rules.LIFECYCLE.states:
        rows = rows.standing_in(state, today)
    else:
        rows = rows.filter(HELD.get(state, Q()))
    if text:
        rows = rows.filter(
            Q(organisation__name__icontains=text)
            | Q(organisation__uscc__iexact=text)
            | Q(number__icontains=text)
        )
    if after is not None:
        rows = rows.filter(pk__lt=after)
    return list(rows.order_by("-pk")[: PAGE + 1])


def proposed_applications(limit: int = 200) -> list[Application]:
    """Return those that wait for the next public notice, oldest proposal first (one query)."""
    rows = Application.objects.filter(HELD["proposed"]).select_related("organisation")
    return list(rows.order_by("proposed_at", "pk")[:limit])


def refused_applications(limit: int = 200) -> list[Application]:
    """Return those whose refusal is held, oldest first (one query)."""
    rows = Application.objects.filter(HELD["refused"]).select_related("organisation")
    return list(rows.order_by("refused_at", "pk")[:limit])


def release_among(keys: Sequence[str]) -> AuditEntry | None:
    """Return the last release of a decision on those of these applications (ids as text) of
    which no decision is held any more.
    """
    known = Application.objects.filter(pk__in=[key for key in keys if PLAIN_ID.fullmatch(key)])
    released = [
        str(pk) for pk in known.exclude(state="decision_pending").values_list("pk", flat=True)
    ]
    if not released:
        return None
    entries = AuditEntry.objects.filter(
        subject_type=Application._meta.label_lower,
        subject_id__in=released,
        action__in=RELEASES,
        outcome="done",
    )
    return entries.order_by("-number").first()


@dataclass(frozen=True)
class ReviewLine:
    """A review as staff and later readers see it."""

    review: ApplicationReview
    scores: list[tuple[str | Promise, int | None, str]]


def review_line(review: ApplicationReview) -> ReviewLine:
    """Put a review into lines: criterion, anchor, narrative."""
    return ReviewLine(
        review,
        [
            (labels.CRITERIA[name], getattr(review, name), getattr(review, f"{name}_note"))
            for name in rules.CRITERIA
        ],
    )


@dataclass(frozen=True)
class CasePage:
    """All that a decision on an application needs."""

    reviews: list[ReviewLine]
    verdict: Adjudication
    verdict_words: str | Promise
    means: list[tuple[str | Promise, float]]
    lacking: int


def case_page(application: Application) -> CasePage:
    """Return the reviews of a case and what they say together (one query)."""
    reviews = list(application.reviews.select_related("reviewer").order_by("pk"))
    ratings = {
        str(one.pk): rules.rating(one.scores, one.recommendation)
        for one in reviews
        if one.state == "submitted" and not one.of_refusal
    }
    verdict = rules.verdict(ratings)
    anew = application.state == "review_requested"
    live = [one for one in reviews if one.state in rules.LIVE_REVIEWS and one.of_refusal == anew]
    needed = rules.FRESH_REVIEWERS if anew else rules.reviewers_needed(list(ratings.values()))
    value = verdict.value or {}
    return CasePage(
        reviews=[review_line(one) for one in reviews],
        verdict=verdict,
        verdict_words=labels.ADJUDICATION[verdict.status],
        means=[(labels.CRITERIA[name], value[name]) for name in rules.CRITERIA if name in value],
        lacking=max(0, needed - len(live)),
    )


# --- reviewers


def reviews_of(user: User, *, after: int | None = None) -> list[ApplicationReview]:
    """Return up to 21 of the person's reviews, newest first (one query).

    ``after`` is the id of the last one of the page before.
    """
    rows = ApplicationReview.objects.of(user).select_related("application__organisation")
    if after is not None:
        rows = rows.filter(pk__lt=after)
    return list(rows.order_by("-pk")[: PAGE + 1])


def other_reviews(review: ApplicationReview) -> list[ReviewLine]:
    """Return what others sent, once the person's own review is in (one query at most)."""
    if review.state != "submitted":
        return []
    rows = ApplicationReview.objects.filter(application=review.application_id, state="submitted")
    return [review_line(one) for one in rows.exclude(pk=review.pk).order_by("pk")]


# --- who may be linked


@dataclass(frozen=True)
class LinkLine:
    """A firm that shares something with the applicant."""

    firm: str
    codes: list[str | Promise]


def firm_links(application: Application) -> list[LinkLine]:
    """Return hints at doubles and linked firms among all that ever applied (three queries).

    A hint only: nothing is decided by it.
    """
    sent = Application.objects.filter(submitted_at__isnull=False)
    answers = ApplicationSubmission.objects.only("application", "number", "answers")
    sent = sent.select_related("organisation").defer("answers")
    sent = sent.prefetch_related("form", Prefetch("submissions", answers))
    others: dict[int, Firm] = {}
    for row in sent.exclude(organisation=application.organisation_id).order_by("pk"):
        others[row.organisation_id] = compared(row)
    found = links(compared(application), others.values())
    return [LinkLine(one.firm.name, [labels.LINKS[code] for code in one.codes]) for one in found]


def compared(application: Application) -> Firm:
    """Return what an applicant is compared by, as it was sent last."""
    firm = application.organisation
    answered = [
        str(application.sent_answers.get(one["key"], ""))
        for one in application.form.questions
        if one["type"] == "short" and one["klass"] == "personal"
    ]
    return Firm(
        pk=firm.pk,
        name=firm.name,
        uscc=firm.uscc or "",
        address=firm.address,
        legal_representative=firm.legal_representative,
        phones=tuple(one for one in (firm.phone, *answered) if is_phone(one)),
    )
