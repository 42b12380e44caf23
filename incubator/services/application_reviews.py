"""Reviews of applications: public assignment, conflict declaration, scores, the third opinion."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone

from incubator.domain import application as rules
from incubator.domain.service_times import DECISION_DAYS, REVIEWER_DAYS
from incubator.models import Application, ApplicationReview
from incubator.permissions.applications import require_decider
from portal.domain.adjudication import Rating
from portal.domain.assignment import Assignment, Candidate, NotEnoughAssessors, assign
from portal.domain.calendar import add_working_days
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.domain.roles import Role
from portal.models import Membership, User
from portal.notifications import notify
from portal.permissions import has_conflict, require_outsider, require_role, ties_by_person
from portal.services.operations import operation
from portal.services.registers import drop_draft, record_relation
from portal.services.transitions import apply_transition, lock
from portal.services.work import open_work

REVIEWER = frozenset({"reviewer"})


def draft_key(review: ApplicationReview) -> str:
    """Return the key under which a half-written review is kept."""
    return f"application_review:{review.pk}"


def assign_reviewers(
    application: Application, *, count: int, now: datetime
) -> list[ApplicationReview]:
    """Draw ``count`` further reviewers with the application's published salt.

    Keeps the whole ranking and who was left out why, so that anybody can recompute it.
    Raises ``Conflict("not_enough_assessors")``. Runs inside the caller's operation.
    """
    drawn = draw(application, count)
    application.assignments = [*application.assignments, assignment_data(drawn, now)]
    application.save(update_fields=["assignments"])
    chosen = User.objects.in_bulk([int(pk) for pk in drawn.assessors])
    return [invite_reviewer(application, chosen[int(pk)], now=now) for pk in drawn.assessors]


def draw(application: Application, count: int) -> Assignment:
    """Return who reviews, by the public rule of ``portal.domain.assignment``."""
    pool = list(User.objects.filter(groups__name=Role.ASSESSOR, is_active=True).order_by("pk"))
    employers = employers_of(pool)
    try:
        return assign(
            application.number,
            [Candidate(str(user.pk), employers.get(user.pk)) for user in pool],
            conflicts_of(application, pool, employers),
            loads_of(pool),
            count,
            application.salt,
        )
    except NotEnoughAssessors as error:
        raise Conflict("not_enough_assessors") from error


def employers_of(pool: list[User]) -> dict[int, str]:
    """Return the organisation of each person who has one."""
    rows = Membership.objects.active().filter(user__in=pool).order_by("-organisation_id")
    return {user: str(firm) for user, firm in rows.values_list("user_id", "organisation_id")}


def loads_of(pool: list[User]) -> dict[str, int]:
    """Return how many reviews each person still owes."""
    rows = ApplicationReview.objects.waiting().filter(reviewer__in=pool).values("reviewer")
    return {str(one["reviewer"]): one["n"] for one in rows.annotate(n=Count("pk")).order_by()}


def conflicts_of(
    application: Application, pool: list[User], employers: dict[int, str]
) -> dict[str, list[str]]:
    """Return why people may not review: a tie, already on the case, a colleague is."""
    found = ties_by_person(pool, [application.organisation])
    reviews = list(application.reviews.values_list("reviewer_id", "state"))
    taken = {user for user, _state in reviews}
    colleagues = {
        employers[user]
        for user, state in reviews
        if state in rules.LIVE_REVIEWS and user in employers
    }
    for user in pool:
        if user.pk in taken:
            found.setdefault(str(user.pk), []).append("already_assigned")
        elif employers.get(user.pk) in colleagues:
            found.setdefault(str(user.pk), []).append("same_employer")
    return found


def assignment_data(drawn: Assignment, now: datetime) -> dict[str, object]:
    """Return an assignment as it is kept: enough to recompute it."""
    return {
        "at": now.isoformat(),
        "case": drawn.case_id,
        "salt": drawn.salt,
        "assessors": list(drawn.assessors),
        "ranking": [[row.assessor_id, row.load, row.digest] for row in drawn.ranking],
        "excluded": {key: list(codes) for key, codes in drawn.excluded.items()},
    }


def invite_reviewer(
    application: Application, reviewer: User, *, now: datetime
) -> ApplicationReview:
    """Create a review and put it into the reviewer's inbox."""
    review = ApplicationReview(
        application=application,
        reviewer=reviewer,
        created_at=now,
        state_since=now,
        state=rules.REVIEW_LIFECYCLE.initial,
        of_refusal=application.state == "review_requested",
    )
    review.full_clean()
    review.save()
    url, firm = review.get_absolute_url(), application.organisation.name
    remind(review, now=now)
    notify(
        [reviewer],
        "application_review",
        key=f"application_review:{review.pk}",
        now=now,
        url=url,
        firm=firm,
    )
    return review


def remind(review: ApplicationReview, *, now: datetime) -> None:
    """Open the reviewer's work item; its day counts from the assignment."""
    open_work(
        "application_review",
        subject=review,
        user=review.reviewer,
        now=now,
        url=review.get_absolute_url(),
        due_on=review.due_on,
        firm=review.application.organisation.name,
    )


def fill_reviews(application: Application, *, now: datetime) -> bool:
    """Assign who is missing (at least one); where nobody is left, tell the staff. Return whether
    somebody was found.

    Missing is a replacement for somebody who stepped back, or the third opinion when two
    reviews differ.
    """
    try:
        assign_reviewers(application, count=reviewers_lacking(application), now=now)
    except Conflict:
        open_work(
            "application_reviewers",
            subject=application,
            role=Role.STAFF,
            now=now,
            url=reverse("incubator:screening_case", args=[application.pk]),
            due_on=add_working_days(timezone.localdate(now), REVIEWER_DAYS).value,
            firm=application.organisation.name,
        )
        return False
    return True


def reviewers_lacking(application: Application) -> int:
    """Return how many reviewers the case still needs: somebody new, where a refusal is reviewed."""
    anew = application.state == "review_requested"
    reviews = list(application.reviews.live().filter(of_refusal=anew))
    if anew:
        return max(0, rules.FRESH_REVIEWERS - len(reviews))
    needed = rules.reviewers_needed(ratings_of(reviews))
    return max(0, needed - len(reviews))


def ratings_of(reviews: list[ApplicationReview]) -> list[Rating]:
    """Return the ratings that are in."""
    return [
        rules.rating(review.scores, review.recommendation)
        for review in reviews
        if review.state == "submitted"
    ]


def require_reviewer(review: ApplicationReview, actor: User) -> None:
    """Raise ``NotAllowed`` unless the review is the actor's own and no tie is known."""
    require_role(actor, Role.ASSESSOR)
    if review.reviewer_id != actor.pk:
        raise NotAllowed("role")
    require_outsider(actor, review.application.organisation)


def declare(
    *,
    review: ApplicationReview,
    conflict: bool,
    actor: User,
    now: datetime,
    note: str = "",
    expected_version: int | None = None,
) -> ApplicationReview:
    """Declare a tie with the firm, or that there is none (see the two services below)."""
    if conflict:
        return declare_conflict(
            review=review, note=note, actor=actor, now=now, expected_version=expected_version
        )
    return declare_no_conflict(
        review=review, actor=actor, now=now, expected_version=expected_version
    )


def declare_no_conflict(
    *,
    review: ApplicationReview,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> ApplicationReview:
    """Declare that there is no tie with the firm; only then case and form are shown.

    Raises ``NotAllowed("conflict_of_interest")`` when the register knows a tie.
    """
    firm = review.application.organisation
    with operation(
        "incubator.declare_no_conflict", actor=actor, now=now, subject=review, organisation=firm
    ):
        require_reviewer(review, actor)
        if has_conflict(actor, firm):
            raise NotAllowed("conflict_of_interest")
        moved = apply_transition(
            instance=review,
            lifecycle=rules.REVIEW_LIFECYCLE,
            action="declare_none",
            actor=actor,
            now=now,
            organisation=firm,
            roles=REVIEWER,
            expected_version=expected_version,
            changes={"declared_at": now},
        )
        remind(moved, now=now)
    return moved


def declare_conflict(
    *,
    review: ApplicationReview,
    note: str,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> ApplicationReview:
    """Step back because of a tie: the register learns it and the next reviewer is drawn."""
    application, firm = review.application, review.application.organisation
    with operation(
        "incubator.declare_conflict", actor=actor, now=now, subject=review, organisation=firm
    ):
        require_reviewer(review, actor)
        locked = lock(application)
        moved = apply_transition(
            instance=review,
            lifecycle=rules.REVIEW_LIFECYCLE,
            action="recuse",
            actor=actor,
            now=now,
            organisation=firm,
            roles=REVIEWER,
            reason=note,
            expected_version=expected_version,
            changes={"declared_at": now, "conflict_note": note},
        )
        record_relation(
            kind="declared",
            person=actor,
            other=firm,
            since=timezone.localdate(now),
            subject=application,
        )
        fill_reviews(locked, now=now)
        drop_draft(user=actor, key=draft_key(review))
    return moved


def replace_reviewer(
    *,
    application: Application,
    review: ApplicationReview,
    reason: str,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> ApplicationReview:
    """Draw somebody else for a reviewer who let the due day pass; return the new review.

    Raises ``NotAllowed``, ``Invalid("reason_required")`` or ``Conflict``: ``wrong_state`` (also
    once the review is in), ``stale``, ``review_not_overdue``, ``not_enough_assessors`` (then
    nobody is replaced).
    """
    firm = application.organisation
    with operation(
        "incubator.replace_reviewer", actor=actor, now=now, subject=application, organisation=firm
    ):
        require_decider(actor, firm)
        locked = lock(application)
        require_reviewing(locked, expected_version)
        moved = apply_transition(
            instance=locked.reviews.get(pk=review.pk),
            lifecycle=rules.REVIEW_LIFECYCLE,
            action="replace",
            actor=actor,
            now=now,
            organisation=firm,
            reason=reason,
        )
        if moved.due_on >= timezone.localdate(now):
            raise Conflict("review_not_overdue", due=moved.due_on)
        drop_draft(user=moved.reviewer, key=draft_key(moved))
        notify(
            [moved.reviewer],
            "application_review_replaced",
            key=f"application_review_replaced:{moved.pk}",
            now=now,
            url=reverse("incubator:review_list"),
            firm=firm.name,
        )
        (drawn,) = assign_reviewers(locked, count=1, now=now)
    return drawn


def require_reviewing(application: Application, expected_version: int | None) -> None:
    """Raise ``Conflict`` unless the locked case is with reviewers and the form was not stale."""
    if application.state not in {"in_review", "review_requested"}:
        raise Conflict("wrong_state", state=application.state)
    if expected_version is not None and application.version != expected_version:
        raise Conflict("stale", version=application.version)


def submit_review(
    *,
    review: ApplicationReview,
    scores: Mapping[str, int],
    narratives: Mapping[str, str],
    recommendation: str,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> ApplicationReview:
    """Send a review: an anchor 0-4 and a narrative for each criterion, and a recommendation.

    When the last one is in, the case goes to the staff for decision; when two differ, a third
    reviewer is drawn first. Raises ``NotAllowed``, ``Conflict`` or
    ``Invalid("review_incomplete")`` naming the fields.
    """
    application, firm = review.application, review.application.organisation
    with operation(
        "incubator.submit_review", actor=actor, now=now, subject=review, organisation=firm
    ):
        require_reviewer(review, actor)
        faults = rules.review_faults(scores, narratives, recommendation)
        if faults:
            raise Invalid("review_incomplete", fields=faults)
        locked = lock(application)
        moved = apply_transition(
            instance=review,
            lifecycle=rules.REVIEW_LIFECYCLE,
            action="submit",
            actor=actor,
            now=now,
            organisation=firm,
            roles=REVIEWER,
            expected_version=expected_version,
            changes={
                **{name: scores[name] for name in rules.CRITERIA},
                **{f"{name}_note": narratives[name] for name in rules.CRITERIA},
                "recommendation": recommendation,
                "submitted_at": now,
            },
        )
        complete_when_in(locked, now=now)
        drop_draft(user=actor, key=draft_key(review))
    return moved


def complete_when_in(application: Application, *, now: datetime) -> None:
    """Draw a missing reviewer, or close the review once all are in.

    The staff decide themselves when the review of a refusal ends.
    """
    if reviewers_lacking(application):
        fill_reviews(application, now=now)
        return
    if application.state == "review_requested" or application.reviews.waiting().exists():
        return
    done = apply_transition(
        instance=application,
        lifecycle=rules.LIFECYCLE,
        action="complete_review",
        actor=None,
        now=now,
        organisation=application.organisation,
        changes={"reviewed_at": now},
    )
    open_work(
        "application_decide",
        subject=done,
        role=Role.STAFF,
        now=now,
        url=reverse("incubator:screening_case", args=[done.pk]),
        due_on=add_working_days(timezone.localdate(now), DECISION_DAYS).value,
        firm=done.organisation.name,
    )


def cancel_reviews(application: Application, *, now: datetime) -> None:
    """Cancel what reviewers still owe, because the case is closed."""
    for review in application.reviews.waiting():
        apply_transition(
            instance=review,
            lifecycle=rules.REVIEW_LIFECYCLE,
            action="cancel",
            actor=None,
            now=now,
        )
