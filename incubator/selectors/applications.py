"""Reads of applications: what other apps may know, and what the pages show."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from incubator.domain import application as rules
from incubator.labels import applications as labels
from incubator.models import Application, ApplicationAttachment, ApplicationReview
from portal.domain.adjudication import Adjudication
from portal.domain.masking import mask_name, mask_phone
from portal.models import Organisation, User
from portal.permissions import organisations_of

PAGE = 20


# --- for other apps


def is_admitted(organisation_id: int) -> bool:
    """Return whether a firm is admitted (one query)."""
    return Application.objects.admitted().filter(organisation_id=organisation_id).exists()


def admitted_ids(ids: Iterable[int]) -> set[int]:
    """Return the ids among ``ids`` whose firm is admitted (one query)."""
    rows = Application.objects.admitted().filter(organisation_id__in=list(ids))
    return set(rows.values_list("organisation_id", flat=True))


def admitted_firms() -> QuerySet[Organisation]:
    """Return the admitted firms by name, each with ``admitted_on`` and ``batch``."""
    own = Application.objects.admitted().filter(organisation=OuterRef("pk"))
    return (
        Organisation.objects.filter(Exists(own))
        .annotate(
            admitted_on=Subquery(own.values("admitted_on")[:1]),
            batch=Subquery(own.values("batch")[:1]),
        )
        .order_by("name", "pk")
    )


def admitted_count() -> int:
    """Return how many firms are admitted (one query)."""
    return Application.objects.admitted().count()


# --- the firm


@dataclass(frozen=True)
class FirmPage:
    """A person's firms without an application under way, and the applications."""

    firms: list[Organisation]
    applications: list[Application]


def firm_page(user: User) -> FirmPage:
    """Return what the person's firms have applied for, newest first (one query)."""
    firms = organisations_of(user, "firm_signer", "firm_member")
    applications = list(
        Application.objects.filter(organisation__in=firms)
        .select_related("organisation", "notice")
        .order_by("-pk")[: PAGE * 5]
    )
    busy = {one.organisation_id for one in applications if one.state not in rules.CLOSED}
    return FirmPage([firm for firm in firms if firm.pk not in busy], applications)


def application_cases() -> QuerySet[Application]:
    """Return applications with all that a page of one shows at hand."""
    files = ApplicationAttachment.objects.select_related("file")
    return Application.objects.select_related(
        "organisation__region__parent", "notice", "submitted_by"
    ).prefetch_related(Prefetch("attachments", files))


def check_now(application: Application, answers: Mapping[str, Any]) -> rules.Screening:
    """Run the machine check on what the firm's form holds now; nothing is kept."""
    facts = rules.facts_of(
        answers,
        uscc=application.organisation.uscc or "",
        kinds=[one.kind for one in application.files],
    )
    return rules.screen(facts)


@dataclass(frozen=True)
class CheckLine:
    """One rule of the machine check in words."""

    name: str
    mend: str
    tone: str
    answer: str


@dataclass(frozen=True)
class CheckPanel:
    """The machine check as it stands beside a form or a case."""

    suggestion: str | Promise
    tone: str
    open: list[CheckLine]
    passed: list[CheckLine]
    total: int


TONES = {"pass": "good", "discretionary": "warn", "fail": "bad"}


def check_panel(result: rules.Screening) -> CheckPanel:
    """Put a result into words."""
    words, tone = labels.SUGGESTIONS[result.suggestion]
    return CheckPanel(
        words,
        tone,
        [check_line(finding) for finding in result.open],
        [check_line(finding) for finding in result.passed],
        len(result.findings),
    )


def check_line(finding: rules.Finding) -> CheckLine:
    """Put one finding into words."""
    name, mend = labels.finding_words(finding)
    return CheckLine(name, mend, TONES[finding.outcome], finding.answer)


def stored_panel(application: Application) -> CheckPanel | None:
    """Return the check that the system ran at submission."""
    if application.machine_result is None:
        return None
    return check_panel(rules.screening_of(application.machine_result))


@dataclass(frozen=True)
class AnswerLine:
    """An answer with its name."""

    name: str
    label: str | Promise
    text: str


MASKS: dict[str, Callable[[str], str]] = {
    "contact_person": mask_name,
    "contact_phone": mask_phone,
}
"""Answers that say how somebody is reached, and what is shown of them without a reason."""


def answer_lines(application: Application, *, masked: bool = True) -> list[AnswerLine]:
    """Return the answers as people read them; whole contacts are for the firm itself."""
    return [
        AnswerLine(name, labels.ANSWERS[name], answer_text(name, value, masked=masked))
        for name, value in application.answers.items()
        if name != "truth_declared"
    ]


def answer_text(name: str, value: Any, *, masked: bool) -> str:
    """Return an answer's words, masked where it says how somebody is reached."""
    mask = MASKS.get(name) if masked else None
    return mask(str(value or "")) if mask else labels.answer_words(name, value)


@dataclass(frozen=True)
class Step:
    """One step of a case: what, when or who next, and done, now or next."""

    label: str | Promise
    note: date | datetime | None
    state: str


ENDS = {"rejected": _("Not admitted"), "withdrawn": _("Withdrawn")}


def steps_of(application: Application) -> list[Step]:
    """Return the way of a case with its dates; a closed one ends where it ended."""
    notice = application.notice
    way: list[tuple[str | Promise, date | datetime | None, frozenset[str]]] = [
        (_("Application written"), application.created_at, frozenset({"draft"})),
        (
            _("Screening"),
            application.submitted_at,
            frozenset({"submitted", "screening", "more_info"}),
        ),
        (_("Two reviewers"), application.review_started_at, frozenset({"in_review"})),
        (_("Decision"), application.reviewed_at, frozenset({"decision_pending"})),
        (_("Public notice"), notice.opens_on if notice else None, frozenset({"public_notice"})),
        (_("Admission"), application.admitted_on, frozenset({"admitted"})),
    ]
    if application.state in rules.CLOSED:
        reached = [Step(label, at, "done") for label, at, _states in way if at is not None]
        return [*reached, Step(ENDS[application.state], application.state_since, "now")]
    return placed(way, application.state)


def placed(
    way: list[tuple[str | Promise, date | datetime | None, frozenset[str]]], state: str
) -> list[Step]:
    """Mark the step of ``state`` as the present one; admission, once reached, is done."""
    at = next(index for index, row in enumerate(way) if state in row[2])
    marks = ["done"] * at + ["now"] + ["next"] * (len(way) - at - 1)
    if state == "admitted":
        marks[at] = "done"
    return [
        Step(label, when if mark != "next" else None, mark)
        for (label, when, _states), mark in zip(way, marks, strict=True)
    ]


# --- staff


def screening_list(
    *, state: str = "", text: str = "", after: int | None = None
) -> list[Application]:
    """Return up to 21 sent applications, newest first, below the id ``after`` (one query).

    ``state`` may also be ``proposed``; ``text`` is part of a firm's name, its code or the number.
    """
    rows = Application.objects.filter(submitted_at__isnull=False).select_related("organisation")
    rows = rows.filter(state_filter(state))
    if text:
        rows = rows.filter(
            Q(organisation__name__icontains=text)
            | Q(organisation__uscc__iexact=text)
            | Q(number__icontains=text)
        )
    if after is not None:
        rows = rows.filter(pk__lt=after)
    return list(rows.order_by("-pk")[: PAGE + 1])


def state_filter(state: str) -> Q:
    """Return the condition that the state filter of the list stands for."""
    if state == "proposed":
        return Q(state="decision_pending", proposed_at__isnull=False)
    return Q(state=state) if state in rules.LIFECYCLE.states else Q()


def proposed_applications(limit: int = 200) -> list[Application]:
    """Return those that wait for the next public notice, oldest proposal first (one query)."""
    rows = Application.objects.filter(state_filter("proposed")).select_related("organisation")
    return list(rows.order_by("proposed_at", "pk")[:limit])


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
        if one.state == "submitted"
    }
    verdict = rules.verdict(ratings)
    live = [one for one in reviews if one.state in rules.LIVE_REVIEWS]
    value = verdict.value or {}
    return CasePage(
        reviews=[review_line(one) for one in reviews],
        verdict=verdict,
        verdict_words=labels.ADJUDICATION[verdict.status],
        means=[(labels.CRITERIA[name], value[name]) for name in rules.CRITERIA if name in value],
        lacking=max(0, rules.reviewers_needed(list(ratings.values())) - len(live)),
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
