"""Writes of a call's owner and of staff, up to publication; questions and answers."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any, NotRequired, TypedDict, TypeVar, Unpack

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from incubator.domain.call import (
    CALL,
    EDITABLE_STATES,
    PROPOSAL,
    Schedule,
    schedule_errors,
    takes_questions,
)
from incubator.models.calls import Call, CallQuestion, Proposal
from portal.domain.calendar import add_working_days, require_days
from portal.domain.lifecycle import SYSTEM, Conflict, Invalid, require_seen
from portal.domain.roles import Role
from portal.domain.texts import is_blank
from portal.models import Organisation, Stateful, User
from portal.notifications import notify
from portal.permissions import require_outsider, require_role
from portal.services.operations import operation
from portal.services.registers import next_serial
from portal.services.transitions import apply_transition, lock
from portal.services.work import close_work, open_work

S = TypeVar("S", bound=Stateful)
CHECK_WORKING_DAYS = 5
ANSWER_WORKING_DAYS = 3


class CallDetails(TypedDict):
    """What a call says."""

    title: str
    need: str
    category: str
    opens_on: date
    questions_until: date
    closes_on: date
    title_en: NotRequired[str]
    need_en: NotRequired[str]
    budget_text: NotRequired[str]


def people_of(organisation: Organisation, *roles: str) -> QuerySet[User]:
    """Return the active members of ``organisation`` with one of ``roles``."""
    return User.objects.filter(
        memberships__organisation=organisation,
        memberships__active=True,
        memberships__role__in=roles,
    ).distinct()


def clean(instance: Any) -> None:
    """Validate a record; raise ``Invalid("invalid_input")`` with what is wrong by field."""
    try:
        instance.full_clean(validate_unique=False)
    except ValidationError as error:
        fields = {key: " ".join(texts) for key, texts in error.message_dict.items()}
        raise Invalid("invalid_input", fields=fields) from error


def rewrite(
    instance: S,
    *,
    lifecycle_name: str,
    states: Collection[str],
    expected_version: int | None,
    values: Mapping[str, Any],
) -> S:
    """Change fields of a case without moving it, and raise its version.

    Call inside an operation. Raises ``Conflict`` (``wrong_state``, ``stale``) or
    ``Invalid("invalid_input")``.
    """
    locked = lock(instance)
    if locked.state not in states:
        raise Conflict("wrong_state", lifecycle=lifecycle_name, state=locked.state)
    if expected_version is not None and locked.version != expected_version:
        raise Conflict("stale", version=locked.version)
    for field, value in values.items():
        setattr(locked, field, value)
    locked.version += 1
    clean(locked)
    locked.save()
    return locked


def require_details(details: Mapping[str, Any], now: datetime) -> None:
    """Raise ``Invalid`` naming the text that is blank or the day that does not hold."""
    require_seen(title=details["title"], need=details["need"])
    days = {name: details[name] for name in ("opens_on", "questions_until", "closes_on")}
    today = timezone.localdate(now)
    require_days(today, **days)
    if errors := schedule_errors(Schedule(**days), today):
        raise Invalid("invalid_input", fields=errors)


def require_days_ahead(call: Call, now: datetime, code: str) -> None:
    """Raise ``Conflict(code)`` unless the call, opened today, were still open long enough."""
    if schedule_errors(call.schedule, timezone.localdate(now)):
        raise Conflict(code)


def create_call(
    *, owner: Organisation, actor: User, now: datetime, **details: Unpack[CallDetails]
) -> Call:
    """Draft a call of ``owner`` (call owners only); it gets its number here.

    Raises ``NotAllowed("role")`` or ``Invalid("invalid_input")`` with fields.
    """
    with operation("call.create", actor=actor, now=now, organisation=owner) as opened:
        require_role(actor, Role.CALL_OWNER, organisation=owner)
        require_details(details, now)
        call = Call(
            owner=owner,
            created_by=actor,
            state=CALL.initial,
            state_since=now,
            created_at=now,
            number=next_serial("HYXM", now=now),
            **details,
        )
        clean(call)
        call.save()
        opened.record("call.created", subject=call, organisation=owner, number=call.number)
    return call


def edit_call(
    *,
    call: Call,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
    **details: Unpack[CallDetails],
) -> Call:
    """Change a draft, or a call with edits requested. Raises as ``create_call``, ``Conflict``."""
    with operation("call.edit", actor=actor, now=now, subject=call, organisation=call.owner):
        require_role(actor, Role.CALL_OWNER, organisation=call.owner)
        require_details(details, now)
        return rewrite(
            call,
            lifecycle_name=CALL.name,
            states=EDITABLE_STATES,
            expected_version=expected_version,
            values=details,
        )


def send_to_check(
    *, call: Call, actor: User, now: datetime, expected_version: int | None = None
) -> Call:
    """Hand a draft to the staff, who have five working days.

    Raises ``Conflict("call_dates_short")`` when its days no longer leave the minimum.
    """
    with operation("call.send", actor=actor, now=now, subject=call, organisation=call.owner):
        moved = move(call, "send_to_check", actor, now, expected_version)
        require_days_ahead(moved, now, "call_dates_short")
        due_on = add_working_days(timezone.localdate(now), CHECK_WORKING_DAYS).value
        open_work(
            "call_check",
            subject=moved,
            url=moved.work_url,
            now=now,
            due_on=due_on,
            role=Role.STAFF,
            call=moved.title,
        )
    return moved


def request_edits(
    *, call: Call, reason: str, actor: User, now: datetime, expected_version: int | None = None
) -> Call:
    """Send a call back to its owner, saying what to mend."""
    with operation("call.return", actor=actor, now=now, subject=call, organisation=call.owner):
        moved = move(
            call,
            "request_edits",
            actor,
            now,
            expected_version,
            reason=reason,
        )
        tell_owner(moved, "call_edits", now)
    return moved


def approve_call(
    *, call: Call, actor: User, now: datetime, expected_version: int | None = None
) -> Call:
    """Approve a checked call; its owner publishes it.

    Raises ``Conflict("call_dates_passed")`` when its days no longer leave the minimum.
    """
    with operation("call.pass", actor=actor, now=now, subject=call, organisation=call.owner):
        moved = move(call, "approve", actor, now, expected_version)
        require_days_ahead(moved, now, "call_dates_passed")
        tell_owner(moved, "call_publish", now)
    return moved


def tell_owner(call: Call, work: str, now: datetime) -> None:
    """Put the next step into the owner's inbox and say that the check is over."""
    open_work(
        work,
        subject=call,
        url=call.work_url,
        now=now,
        role=Role.CALL_OWNER,
        organisation=call.owner,
        call=call.title,
    )
    notify(
        people_of(call.owner, Role.CALL_OWNER),
        "call_checked",
        now=now,
        url=call.work_url,
        key=f"call:{call.pk}:{call.version}",
        call=call.title,
    )


def publish_call(
    *, call: Call, actor: User, now: datetime, expected_version: int | None = None
) -> Call:
    """Publish an approved call; a past opening day becomes today.

    Raises ``Conflict("call_dates_passed")`` when its days no longer leave the minimum.
    """
    with operation("call.announce", actor=actor, now=now, subject=call, organisation=call.owner):
        opens_on = max(call.opens_on, timezone.localdate(now))
        require_days_ahead(call, now, "call_dates_passed")
        moved = move(
            call,
            "publish",
            actor,
            now,
            expected_version,
            changes={"opens_on": opens_on, "published_at": now, "reason": ""},
        )
        open_work(
            "call_evaluate",
            subject=moved,
            url=moved.work_url,
            now=now,
            role=Role.STAFF,
            due_on=add_working_days(moved.closes_on, ANSWER_WORKING_DAYS).value,
            call=moved.title,
        )
    return moved


def withdraw_call(
    *, call: Call, reason: str, actor: User, now: datetime, expected_version: int | None = None
) -> Call:
    """Give up a call before its publication."""
    return move(call, "withdraw", actor, now, expected_version, reason=reason)


def cancel_call(
    *, call: Call, reason: str, actor: User, now: datetime, expected_version: int | None = None
) -> Call:
    """Stop a published call for a public reason; its proposals end with it."""
    with operation("call.stop", actor=actor, now=now, subject=call, organisation=call.owner):
        moved = move(call, "cancel", actor, now, expected_version, reason=reason)
        if moved.notice is not None:
            moved.notice.withdrawn_at = now
            moved.notice.save(update_fields=["withdrawn_at"])
        for proposal in living_proposals(moved):
            end_proposal(proposal, reason, now)
    return moved


def living_proposals(call: Call) -> QuerySet[Proposal]:
    """Return the proposals that end when their call is cancelled."""
    ended = ("withdrawn", "not_selected")
    return call.proposals.exclude(state__in=ended).select_related("lead", "call")


def end_proposal(proposal: Proposal, reason: str, now: datetime) -> None:
    """End a proposal with its call, close what waits for it and tell its lead."""
    close_proposal_work(proposal, now)
    apply_transition(
        instance=proposal,
        lifecycle=PROPOSAL,
        action="end_with_call",
        actor=None,
        now=now,
        roles=frozenset({SYSTEM}),
        reason=reason,
        changes={"feedback": reason},
    )
    notify(
        people_of(proposal.lead, Role.FIRM_SIGNER, Role.FIRM_MEMBER),
        "call_cancelled",
        now=now,
        url=proposal.call.get_absolute_url(),
        key=f"call:{proposal.call_id}:cancelled",
        call=proposal.call.title,
    )


def close_proposal_work(proposal: Proposal, now: datetime) -> None:
    """Close what waits for the partners and reviewers of a proposal."""
    close_work(proposal, now=now)
    for partner in proposal.partners.all():
        close_work(partner, now=now)
    for review in proposal.reviews.all():
        close_work(review, now=now)


def move(
    call: Call,
    action: str,
    actor: User | None,
    now: datetime,
    expected_version: int | None = None,
    *,
    reason: str = "",
    changes: Mapping[str, Any] | None = None,
) -> Call:
    """Take ``action`` on a call as ``apply_transition`` does; the last reason stays on the call."""
    kept = {"reason": reason} if reason else {}
    return apply_transition(
        instance=call,
        lifecycle=CALL,
        action=action,
        actor=actor,
        now=now,
        organisation=call.owner,
        reason=reason,
        expected_version=expected_version,
        changes={**kept, **(changes or {})},
    )


def ask_question(*, call: Call, text: str, actor: User, now: datetime) -> CallQuestion:
    """Ask about a published call; the asker is never shown.

    Raises ``Conflict("call_questions_closed")``, ``NotAllowed("own_organisation")`` for the
    owner's people, ``Invalid`` for an empty question.
    """
    with operation("call.ask", actor=actor, now=now, subject=call) as opened:
        if not takes_questions(call.state, call.schedule, timezone.localdate(now)):
            raise Conflict("call_questions_closed")
        require_outsider(actor, call.owner)
        question = CallQuestion(call=call, asker=actor, text=text.strip(), asked_at=now)
        clean(question)
        question.save()
        opened.record("call.asked", subject=question, organisation=call.owner)
        tell_about_question(question, now)
    return question


def tell_about_question(question: CallQuestion, now: datetime) -> None:
    """Put a question into the inbox of the call's owner."""
    call = question.call
    url = reverse("incubator:call_answer", args=[question.pk])
    due_on = add_working_days(timezone.localdate(now), ANSWER_WORKING_DAYS).value
    open_work(
        "call_question",
        subject=question,
        url=url,
        now=now,
        due_on=due_on,
        role=Role.CALL_OWNER,
        organisation=call.owner,
        call=call.title,
    )
    notify(
        people_of(call.owner, Role.CALL_OWNER),
        "call_question",
        key=f"question:{question.pk}",
        now=now,
        url=url,
        call=call.title,
    )


def answer_question(
    *, question: CallQuestion, answer: str, actor: User, now: datetime
) -> CallQuestion:
    """Answer a question; both become public. Raises ``Conflict("question_answered")``."""
    call = question.call
    with operation("call.answer", actor=actor, now=now, subject=question, organisation=call.owner):
        require_role(actor, Role.CALL_OWNER, organisation=call.owner)
        locked = CallQuestion.objects.select_for_update().get(pk=question.pk)
        if locked.answered_at is not None:
            raise Conflict("question_answered")
        if is_blank(answer):
            raise Invalid("invalid_input", fields={"answer": "text_required"})
        locked.answer, locked.answered_at = answer.strip(), now
        clean(locked)
        locked.save()
        close_work(locked, now=now)
        if locked.asker is not None:
            notify(
                [locked.asker],
                "call_answer",
                key=f"answer:{locked.pk}",
                now=now,
                url=call.get_absolute_url(),
                call=call.title,
            )
    return locked
