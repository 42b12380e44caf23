"""Reads of applications: what other apps may know, and what a firm's own pages show."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, QuerySet, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from incubator.domain import application as rules
from incubator.domain.answer_changes import Change, changes
from incubator.domain.application_form import SECTION, Question, facts_of, missing
from incubator.domain.machine_check import Finding, Screening, screen, screening_of
from incubator.labels import applications as labels
from incubator.labels.windows import form_words
from incubator.models import (
    Application,
    ApplicationAttachment,
    ApplicationSubmission,
)
from portal.domain.identifiers import is_valid_uscc
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


def firm_page(user: User, today: date) -> FirmPage:
    """Return what the person's firms have applied for, newest first (one query)."""
    firms = organisations_of(user, "firm_signer", "firm_member")
    applications = list(
        Application.objects.filter(organisation__in=firms)
        .select_related("organisation", "notice")
        .order_by("-pk")[: PAGE * 5]
    )
    busy = {one.organisation_id for one in applications if one.standing(today) not in rules.CLOSED}
    return FirmPage([firm for firm in firms if firm.pk not in busy], applications)


def application_cases() -> QuerySet[Application]:
    """Return applications with all that a page of one shows at hand."""
    files = ApplicationAttachment.objects.select_related("file")
    return Application.objects.select_related(
        "organisation__region__parent", "form__window__current", "notice", "submitted_by"
    ).prefetch_related(Prefetch("attachments", files), "submissions")


def check_now(application: Application, answers: Mapping[str, Any], *, declared: bool) -> Screening:
    """Run the machine check on what the firm's form holds now; nothing is kept."""
    content = application.form.content
    facts = facts_of(
        content,
        answers,
        Counter(one.kind for one in application.files),
        code_valid=is_valid_uscc(application.organisation.uscc or ""),
        declared=declared,
    )
    return screen(facts, content["checks"])


@dataclass(frozen=True)
class CheckLine:
    """One check of the machine in words."""

    name: str
    mend: str
    tone: str
    answer: str
    passed_in: str


@dataclass(frozen=True)
class CheckPanel:
    """The machine check as it stands beside a form or a case."""

    suggestion: str | Promise
    tone: str
    open: list[CheckLine]
    passed: list[CheckLine]
    total: int


TONES = {"pass": "good", "discretionary": "warn", "fail": "bad"}


def check_panel(result: Screening) -> CheckPanel:
    """Put a result into words."""
    words, tone = labels.SUGGESTIONS[result.suggestion]
    return CheckPanel(
        words,
        tone,
        [check_line(finding) for finding in result.open],
        [check_line(finding) for finding in result.passed],
        len(result.findings),
    )


def still_empty(
    application: Application, answers: Mapping[str, Any], panel: CheckPanel
) -> list[tuple[str, str]]:
    """Return the required questions (key, label) that lack an answer and that no check names."""
    files = Counter(one.kind for one in application.files)
    named = {line.answer for line in panel.open}
    lacking = set(missing(application.form.content, answers, files)) - named
    return [
        (one["key"], form_words(one, "title"))
        for one in application.form.questions
        if one["key"] in lacking
    ]


def check_line(finding: Finding) -> CheckLine:
    """Put one finding into words."""
    name, mend = labels.finding_words(finding)
    return CheckLine(name, mend, TONES[finding.outcome], finding.answer, finding.passed_in)


def stored_panel(application: Application) -> CheckPanel | None:
    """Return the check that the system ran at submission."""
    if application.machine_result is None:
        return None
    return check_panel(screening_of(application.machine_result))


@dataclass(frozen=True)
class AnswerLine:
    """An answer with its question."""

    name: str
    label: str
    text: str


def answer_lines(
    application: Application, answers: Mapping[str, Any], *, masked: bool = True
) -> list[AnswerLine]:
    """Return answers as people read them; whole contacts are for the firm itself.

    ``answers`` are those that were sent, or those that the firm's form holds.
    """
    return [
        AnswerLine(
            one["key"],
            form_words(one, "title"),
            labels.shown_words(one, answers.get(one["key"]), masked=masked),
        )
        for one in application.form.questions
        if one["type"] != "file"
    ]


def asked_lines(application: Application) -> list[tuple[str, str]]:
    """Return what was asked for: the question and the screener's note."""
    return [
        (form_words(one, "title"), application.asked[one["key"]])
        for one in application.form.questions
        if one["key"] in application.asked
    ]


def contact_lines(application: Application, answers: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return personal answers in words, each with its question."""
    return [
        (form_words(one, "title"), labels.answer_words(one, answers[one["key"]]))
        for one in application.form.questions
        if one["key"] in answers
    ]


@dataclass(frozen=True)
class Section:
    """A part of the form: its heading and the keys of its questions, files apart."""

    title: str
    keys: list[str]


def form_sections(application: Application) -> list[Section]:
    """Return the form's parts in order; questions before the first heading have none."""
    found: list[Section] = []
    for one in application.form.content["questions"]:
        if one["type"] == SECTION or not found:
            title = form_words(one, "title") if one["type"] == SECTION else ""
            found.append(Section(title, []))
        if one["type"] not in {SECTION, "file"}:
            found[-1].keys.append(one["key"])
    return [part for part in found if part.keys]


@dataclass(frozen=True)
class FileGroup:
    """The files of one question."""

    key: str
    label: str
    required: bool
    files: list[ApplicationAttachment]


def file_groups(
    application: Application, files: Sequence[ApplicationAttachment]
) -> list[FileGroup]:
    """Return ``files`` of an application by question, in the order of the form."""
    return [
        FileGroup(
            one["key"],
            form_words(one, "title"),
            one["required"],
            [file for file in files if file.kind == one["key"]],
        )
        for one in application.form.questions
        if one["type"] == "file"
    ]


# --- what changed


@dataclass(frozen=True)
class ChangeLine:
    """One changed answer in words; ``parts`` are the pieces of a changed text."""

    label: str
    kind: str | Promise
    before: str
    after: str
    parts: list[tuple[str, str]]
    taken_out: list[str]
    put_in: list[str]


@dataclass(frozen=True)
class Changes:
    """What changed against which earlier submission."""

    number: str
    declared_at: datetime
    lines: list[ChangeLine]


def last_changes(application: Application, *, masked: bool = True) -> Changes | None:
    """Return what the newest submission changed against the one before it (two queries).

    The one before is of the same application, or of the firm's application before that;
    ``None`` where this is the first.
    """
    rows = ApplicationSubmission.objects.filter(
        application__organisation=application.organisation_id, application__lte=application.pk
    ).select_related("application__form")
    newest = list(rows.order_by("-application", "-number")[:2])
    if len(newest) < 2 or newest[0].application_id != application.pk:
        return None
    after, before = newest
    lines = [change_line(one, masked=masked) for one in changes(before.sent, after.sent)]
    return Changes(before.application.number, before.declared_at, lines)


def change_line(change: Change, *, masked: bool) -> ChangeLine:
    """Put a change into words; what is personal is masked, its pieces too."""
    asked = change.new or change.old or {}
    hidden = masked and asked["klass"] == "personal"
    return ChangeLine(
        label=form_words(asked, "title"),
        kind=labels.CHANGES[change.kind],
        before=value_words(change.old, change.before, masked=masked),
        after=value_words(change.new, change.after, masked=masked),
        parts=[] if hidden else list(change.parts),
        taken_out=[piece_words(change.old, one) for one in change.taken_out],
        put_in=[piece_words(change.new, one) for one in change.put_in],
    )


def value_words(question: Question | None, value: Any, *, masked: bool) -> str:
    """Return an answer or the names of files in words."""
    if question is None:
        return ""
    if question["type"] == "file":
        return str(labels.SEPARATOR).join(name for _digest, name in value)
    return labels.shown_words(question, value, masked=masked)


def piece_words(question: Question | None, one: Any) -> str:
    """Return one choice or one file in words."""
    is_file = question is None or question["type"] == "file"
    return str(one[1]) if is_file else labels.option_words(question or {}, one)


# --- taking over earlier answers


@dataclass(frozen=True)
class Earlier:
    """An earlier application and how many of its answers fit what is still empty."""

    number: str
    count: int


def earlier_answers(application: Application) -> Earlier | None:
    """Return what a draft could take over (one query); ``None`` where there is nothing."""
    if application.state != rules.LIFECYCLE.initial:
        return None
    old = application.earlier()
    found = application.reusable_from(old) if old else {}
    return Earlier(old.number, len(found)) if old and found else None


def taken_over_labels(application: Application) -> list[str]:
    """Return the questions whose answers were taken over and are not confirmed."""
    keys = application.taken_over.get("keys", [])
    return [form_words(one, "title") for one in application.form.questions if one["key"] in keys]


@dataclass(frozen=True)
class Step:
    """One step of a case: what, when or who next, and done, now or next."""

    label: str | Promise
    note: date | datetime | None
    state: str


ENDS = {
    "rejected": _("Not admitted"),
    "review_requested": _("Review of the refusal"),
    "upheld": _("Refusal upheld"),
    "withdrawn": _("Withdrawn"),
    "lapsed": _("Lapsed, no answer"),
}


def steps_of(application: Application, today: date) -> list[Step]:
    """Return the way of a case with its dates; a closed one ends where it ended."""
    state = application.standing(today)
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
    if state in ENDS:
        reached = [Step(label, at, "done") for label, at, _states in way if at is not None]
        return [*reached, Step(ENDS[state], application.standing_since(today), "now")]
    return placed(way, state)


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
