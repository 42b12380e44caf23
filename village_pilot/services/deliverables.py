"""Deliverables: drafted in versions, handed in with files, given to a reviewer, disputed."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeAlias, cast

from django.core.files.base import File
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone

from portal.domain.assignment import Assignment, Candidate, NotEnoughAssessors, assign
from portal.domain.calendar import add_working_days
from portal.domain.lifecycle import SYSTEM, Conflict, Invalid
from portal.domain.roles import Role
from portal.domain.texts import is_blank
from portal.models import StoredFile, User
from portal.notifications import notify
from portal.permissions import require_outsider, require_role, ties_by_person
from portal.services.files import store_file
from portal.services.operations import operation
from portal.services.registers import drop_draft
from portal.services.transitions import apply_transition, lock
from portal.services.work import close_work, open_work
from village_pilot.domain.delivery import (
    DELIVERABLE,
    EDITABLE,
    MILESTONE,
    RENEWABLE,
    REPRESENTS,
    REVIEW_DAYS,
)
from village_pilot.models import (
    Deliverable,
    DeliverableVersion,
    Milestone,
    Pilot,
    PilotReviewer,
    TechnicalReview,
)
from village_pilot.selectors.people import holders_of
from village_pilot.services.declared_modules import choose, declare, draft_key
from village_pilot.services.milestones import submit_milestone

Upload: TypeAlias = "File[bytes]"


def create_deliverable(
    *,
    pilot: Pilot,
    title: str,
    actor: User,
    now: datetime,
    milestone: Milestone | None = None,
    note: str = "",
) -> DeliverableVersion:
    """Begin a deliverable of a running pilot; return its first version, a draft.

    Raises ``NotAllowed`` for anybody but the firm, ``Conflict("pilot_not_started")``,
    ``Invalid("milestone_elsewhere")``.
    """
    with operation(
        "village_pilot.deliverable.create",
        actor=actor,
        now=now,
        subject=pilot,
        organisation=pilot.provider,
    ):
        require_role(actor, *REPRESENTS, organisation=pilot.provider)
        require_running(pilot)
        if milestone is not None and milestone.pilot_id != pilot.pk:
            raise Invalid("milestone_elsewhere", fields={"milestone": "milestone_elsewhere"})
        deliverable = Deliverable(
            pilot=pilot, milestone=milestone, title=title.strip(), created_at=now
        )
        deliverable.full_clean()
        deliverable.save()
        return draft(deliverable, 1, note, now)


def draft(deliverable: Deliverable, number: int, note: str, now: datetime) -> DeliverableVersion:
    """Create a version in its first state."""
    version = DeliverableVersion(
        deliverable=deliverable,
        number=number,
        note=note.strip(),
        state=DELIVERABLE.initial,
        state_since=now,
        created_at=now,
    )
    version.full_clean()
    version.save()
    return version


def require_running(pilot: Pilot) -> None:
    """Raise ``Conflict("pilot_not_started")`` unless the pilot is running; locks it."""
    if lock(pilot).state != "running":
        raise Conflict("pilot_not_started")


def start_version(*, deliverable: Deliverable, actor: User, now: datetime) -> DeliverableVersion:
    """Begin the next version after a refusal, conditions or a resolved dispute.

    It begins with the words and the declared modules of the one before.
    """
    pilot = deliverable.pilot
    with operation(
        "village_pilot.deliverable.next",
        actor=actor,
        now=now,
        subject=deliverable,
        organisation=pilot.provider,
    ):
        require_role(actor, *REPRESENTS, organisation=pilot.provider)
        require_running(pilot)
        last = deliverable.versions.select_for_update().order_by("-number").first()
        if last is None or last.state not in RENEWABLE:
            raise Conflict("version_open")
        close_work(last, now=now)
        following = draft(deliverable, last.number + 1, last.note, now)
        declare(following, last.declared_ids)
        return following


def add_file(
    *, version: DeliverableVersion, upload: Upload, actor: User, now: datetime
) -> StoredFile:
    """Add a file to a draft or to a version sent back for changes.

    Raises ``NotAllowed``, ``Conflict("not_editable")``, ``Invalid("file_twice")`` for bytes
    that the version has already, and what ``store_file`` raises.
    """
    provider = version.pilot.provider
    with operation(
        "village_pilot.deliverable.file",
        actor=actor,
        now=now,
        subject=version,
        organisation=provider,
    ):
        require_role(actor, *REPRESENTS, organisation=provider)
        if lock(version).state not in EDITABLE:
            raise Conflict("not_editable")
        stored = store_file(
            upload=upload, use="deliverable", actor=actor, now=now, organisation=provider
        )
        twin = version.files.filter(sha256=stored.sha256).first()
        if twin is not None:
            raise Invalid("file_twice", fields={"file": "file_twice"}, name=twin.name)
        version.files.add(stored)
    return stored


def submit_version(
    *,
    version: DeliverableVersion,
    note: str,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
    releases: Collection[int] | None = None,
) -> DeliverableVersion:
    """Hand in a version: a draft looks for a reviewer, a revised one returns to its reviewer.

    ``note`` says what is delivered, one point a line; ``releases`` are the shared modules that it
    declares, ``None`` leaves what was chosen before. Raises ``Invalid`` (``no_files``,
    ``no_note``, ``module_not_taken``), ``Conflict`` (``pilot_not_started``,
    ``milestone_not_open``, ``wrong_state``, ``stale``), ``NotAllowed``.
    """
    pilot = version.pilot
    with operation(
        "village_pilot.deliverable.hand_in",
        actor=actor,
        now=now,
        subject=version,
        organisation=pilot.provider,
    ):
        require_role(actor, *REPRESENTS, organisation=pilot.provider)
        require_running(pilot)
        if is_blank(note):
            raise Invalid("no_note", fields={"note": "no_note"})
        if not version.files.exists():
            raise Invalid("no_files")
        state = lock(version).state
        if releases is not None and state in EDITABLE:
            choose(version, releases)
        again = state == "changes_requested"
        moved = apply_transition(
            instance=version,
            lifecycle=DELIVERABLE,
            action="resubmit" if again else "submit",
            actor=actor,
            now=now,
            organisation=pilot.provider,
            expected_version=expected_version,
            changes={"note": note.strip(), "submitted_by": actor, "submitted_at": now},
        )
        drop_draft(user=actor, key=draft_key(moved))
        if again:
            ask_reviewer(moved, now)
            return moved
        hand_in_milestone(moved, actor, now)
        return find_reviewer(moved, actor, now)


def hand_in_milestone(version: DeliverableVersion, actor: User, now: datetime) -> None:
    """Move the version's milestone along, if it has one."""
    milestone = version.deliverable.milestone
    if milestone is None:
        return
    if "submit" not in MILESTONE.actions(lock(milestone).state, REPRESENTS):
        raise Conflict("milestone_not_open")
    submit_milestone(milestone, actor, now)


def assign_reviewer(
    *, version: DeliverableVersion, actor: User, now: datetime
) -> DeliverableVersion:
    """Look again for a reviewer without a conflict (staff), after more were named.

    Raises ``Conflict("not_enough_assessors")`` while there is none.
    """
    with operation("village_pilot.deliverable.assign_again", actor=actor, now=now, subject=version):
        require_role(actor, Role.STAFF)
        require_outsider(actor, version.pilot.provider)
        found = find_reviewer(version, actor, now)
        if found.state == "submitted":
            raise Conflict("not_enough_assessors")
    return found


def find_reviewer(version: DeliverableVersion, actor: User, now: datetime) -> DeliverableVersion:
    """Give the version to the reviewer whom the public rule finds, or tell staff there is none."""
    pilot = version.pilot
    try:
        rated = ratings_of_the_year(version, now)
        found = reviewer_for(version, rated)
    except NotEnoughAssessors as error:
        open_work(
            "deliverable_assign",
            subject=version,
            url=version.get_absolute_url(),
            now=now,
            role=Role.STAFF,
            **words(version),
        )
        version.assignment = {"excluded": excluded(error.excluded)}
        version.save(update_fields=["assignment"])
        return version
    reviewer = User.objects.get(pk=int(found.assessors[0]))
    PilotReviewer.objects.get_or_create(pilot=pilot, user=reviewer)
    moved = apply_transition(
        instance=version,
        lifecycle=DELIVERABLE,
        action="assign",
        actor=actor,
        now=now,
        roles=frozenset({SYSTEM}),
        changes={"reviewer": reviewer, "assignment": assignment_record(found) | {"rated": rated}},
    )
    ask_reviewer(moved, now)
    return moved


def ratings_of_the_year(version: DeliverableVersion, now: datetime) -> dict[str, int]:
    """Return how often each reviewer rated the firm within the last year."""
    rows = (
        TechnicalReview.objects.filter(
            version__deliverable__pilot__provider=version.pilot.provider_id,
            reviewed_at__gt=now - timedelta(days=365),
        )
        .order_by("reviewer_id")
        .values_list("reviewer_id")
        .annotate(given=Count("id"))
    )
    return {str(reviewer): given for reviewer, given in rows}


def reviewer_for(version: DeliverableVersion, rated: Mapping[str, int]) -> Assignment:
    """Apply the public rule: no ties to firm or village, share of the year, load, digest."""
    pilot = version.pilot
    people = holders_of(Role.TECH_REVIEWER)
    loads = (
        DeliverableVersion.objects.filter(state="technical_review", reviewer__in=people)
        .values_list("reviewer_id")
        .annotate(open=Count("id"))
    )
    return assign(
        f"{pilot.number}/{version.deliverable_id}/{version.number}",
        [Candidate(str(person.pk)) for person in people],
        ties_by_person(people, [pilot.provider, pilot.committee]),
        {str(pk): count for pk, count in loads},
        1,
        pilot.number,
        rated=rated,
    )


def assignment_record(found: Assignment) -> dict[str, Any]:
    """Return what anybody needs to recompute the choice."""
    return {
        "case": found.case_id,
        "salt": found.salt,
        "ranking": [[row.assessor_id, row.load, row.digest] for row in found.ranking],
        "excluded": excluded(found.excluded),
    }


def excluded(reasons: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    """Return the excluded as JSON holds them."""
    return {person: list(codes) for person, codes in reasons.items()}


def ask_reviewer(version: DeliverableVersion, now: datetime) -> None:
    """Put the version into its reviewer's inbox and tell that person."""
    reviewer = cast("User", version.reviewer)  # the database forbids a review without one
    url = reverse("village_pilot:review", args=[version.pk])
    due = add_working_days(timezone.localdate(now), REVIEW_DAYS).value
    open_work(
        "deliverable_review",
        subject=version,
        url=url,
        now=now,
        due_on=due,
        user=reviewer,
        **words(version),
    )
    notify(
        [reviewer],
        "deliverable_to_review",
        key=f"review:{version.pk}:{version.version}",
        now=now,
        url=url,
        **words(version),
    )


def dispute_refusal(
    *,
    version: DeliverableVersion,
    reason: str,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> DeliverableVersion:
    """Take a village's refusal to the dispute board (the firm's signer, with a reason)."""
    pilot = version.pilot
    with operation(
        "village_pilot.dispute",
        actor=actor,
        now=now,
        subject=version,
        organisation=pilot.provider,
    ):
        moved = apply_transition(
            instance=version,
            lifecycle=DELIVERABLE,
            action="dispute",
            actor=actor,
            now=now,
            organisation=pilot.provider,
            reason=reason,
            expected_version=expected_version,
            changes={"dispute_reason": reason.strip()},
        )
        Pilot.objects.filter(pk=pilot.pk).update(disputed=True)
        open_work(
            "deliverable_dispute",
            subject=moved,
            url=moved.get_absolute_url(),
            now=now,
            role=Role.DISPUTE_BOARD,
            **words(moved),
        )
    return moved


def resolve_dispute(
    *,
    version: DeliverableVersion,
    outcome: str,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> DeliverableVersion:
    """Record what the dispute board found; nobody of the firm or the village takes part."""
    pilot = version.pilot
    with operation(
        "village_pilot.resolve",
        actor=actor,
        now=now,
        subject=version,
        organisation=pilot.provider,
    ):
        require_outsider(actor, pilot.committee)
        return apply_transition(
            instance=version,
            lifecycle=DELIVERABLE,
            action="resolve",
            actor=actor,
            now=now,
            organisation=pilot.provider,
            reason=outcome,
            expected_version=expected_version,
            changes={"resolution": outcome.strip()},
        )


def words(version: DeliverableVersion) -> dict[str, Any]:
    """Return what titles of work items and messages name."""
    pilot = version.pilot
    return {
        "title": version.deliverable.title,
        "place": pilot.village.place,
        "firm": pilot.provider.name,
    }
