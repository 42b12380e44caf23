"""Reactions to events: the list is refreshed, people are told."""

from datetime import datetime

from django.urls import reverse

from certification.models import Grade
from certification.selectors.people import people_of
from certification.services.effect import settle_objected
from certification.services.listings import refresh_listing
from portal.events import (
    CourseCompleted,
    DeliverableAccepted,
    FirmAdmitted,
    GradeChanged,
    GradeRevoked,
    GradeTookEffect,
    ModulesUsed,
    ObjectionDecided,
)
from portal.models import Membership, Objection
from portal.notifications import enqueue_job, notify

PUBLISH_LIST = "certification.services.snapshots.publish_list"


def on_firm_admitted(event: FirmAdmitted, *, event_id: int, now: datetime) -> None:
    """Show a newly admitted firm as not graded."""
    refresh_listing(organisation_id=event.organisation_id, now=now)


def on_deliverable_accepted(event: DeliverableAccepted, *, event_id: int, now: datetime) -> None:
    """Count the delivery, its category and township."""
    refresh_listing(organisation_id=event.organisation_id, now=now)


def on_modules_used(event: ModulesUsed, *, event_id: int, now: datetime) -> None:
    """Count the modules for the firm that delivered with them and for those that gave them."""
    for pk in sorted({event.organisation_id, *event.contributor_ids}):
        refresh_listing(organisation_id=pk, now=now)


def on_course_completed(event: CourseCompleted, *, event_id: int, now: datetime) -> None:
    """Count the course for the learner's firms."""
    firms = Membership.objects.active().filter(
        user=event.user_id, role__in=("firm_signer", "firm_member")
    )
    for pk in sorted(set(firms.values_list("organisation_id", flat=True))):
        refresh_listing(organisation_id=pk, now=now)


def on_grade_took_effect(event: GradeTookEffect, *, event_id: int, now: datetime) -> None:
    """Show the grade, publish the list anew and tell the firm's people."""
    refresh_listing(organisation_id=event.organisation_id, now=now)
    enqueue_job(PUBLISH_LIST, f"list:{event_id}", now=now)
    grade = Grade.objects.select_related("organisation", "document").get(pk=event.grade_id)
    notify(
        people_of(event.organisation_id),
        "grade_took_effect",
        key=f"grade:{grade.pk}:effect",
        now=now,
        url=reverse("certification:scorecard"),
        organisation=grade.organisation,
        tier=grade.tier,
        number=grade.document.number,
        valid_until=grade.valid_until.isoformat(),
    )


def on_grade_changed(event: GradeChanged, *, event_id: int, now: datetime) -> None:
    """Show a suspended, resumed or cancelled grade as it stands, and publish the list anew."""
    refresh_listing(organisation_id=event.organisation_id, now=now)
    enqueue_job(PUBLISH_LIST, f"list:{event_id}", now=now)


def on_grade_revoked(event: GradeRevoked, *, event_id: int, now: datetime) -> None:
    """Take the grade off the list, publish it anew and tell the firm's people the reason."""
    refresh_listing(organisation_id=event.organisation_id, now=now)
    enqueue_job(PUBLISH_LIST, f"list:{event_id}", now=now)
    grade = Grade.objects.select_related("organisation", "document").get(pk=event.grade_id)
    notify(
        people_of(event.organisation_id),
        "grade_revoked",
        key=f"grade:{grade.pk}:revoked",
        now=now,
        url=reverse("certification:scorecard"),
        organisation=grade.organisation,
        number=grade.document.number,
        reason=grade.end_reason,
        may_reapply_on=grade.may_reapply_on.isoformat() if grade.may_reapply_on else "",
    )


def on_objection_decided(event: ObjectionDecided, *, event_id: int, now: datetime) -> None:
    """Put into effect what alone waited for the objection."""
    rows = Objection.objects.select_related("notice", "organisation", "handled_by")
    settle_objected(objection=rows.get(pk=event.objection_id), now=now)
