"""Writes from the end of a call to its result: unsealing, decision, notice, award."""

from collections.abc import Collection, Mapping
from datetime import datetime
from itertools import permutations

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from incubator.domain.call import PROPOSAL
from incubator.models.calls import Call, Proposal
from incubator.services.calls import close_proposal_work, move, people_of
from incubator.services.proposal_reviews import (
    fill_reviews,
    require_no_conflict,
    reviews_missing,
)
from portal.domain.calendar import add_working_days, notice_window
from portal.domain.lifecycle import SYSTEM, Conflict, Invalid
from portal.domain.roles import Role
from portal.events import ProposalSelected
from portal.models import Notice, User
from portal.notifications import notify
from portal.permissions import require_role, roles_for
from portal.services.objections import require_unobjected
from portal.services.operations import operation
from portal.services.registers import open_notice, record_relation, require_notice_over
from portal.services.transitions import apply_transition
from portal.services.work import open_work

NOTICE_WORKING_DAYS, NOTICE_DAYS = 5, 7
NOT_SUBMITTED = ("draft", "partner_consent")


def open_evaluation(
    *, call: Call, actor: User, now: datetime, expected_version: int | None = None
) -> Call:
    """Open a closed call's proposals and give each two reviewers without a conflict.

    Raises ``Conflict`` (``call_still_open`` on its last day and before, ``wrong_state``).
    Too few reviewers do not stop it: staff find a work item (``assign_reviewers``).
    """
    with operation("call.unseal", actor=actor, now=now, subject=call, organisation=call.owner):
        moved = move(call, "open_evaluation", actor, now, expected_version)
        if timezone.localdate(now) <= moved.closes_on:
            raise Conflict("call_still_open", closes_on=moved.closes_on.isoformat())
        for late in moved.proposals.filter(state__in=NOT_SUBMITTED):
            close_proposal_work(late, now)
        for proposal in moved.proposals.filter(state="submitted").select_related("lead"):
            start_review(proposal, actor, now)
        fill_reviews(moved, now)
    return moved


def start_review(proposal: Proposal, actor: User, now: datetime) -> None:
    """Unseal one proposal: a consequence of the call's step, so nobody decides here."""
    apply_transition(
        instance=proposal,
        lifecycle=PROPOSAL,
        action="start_review",
        actor=actor,
        now=now,
        roles=frozenset({SYSTEM}),
        data={"lead": proposal.lead_id},
    )


def decide_call(
    *,
    call: Call,
    proposal: Proposal | None,
    reason: str,
    feedback: Mapping[int, str],
    actor: User,
    now: datetime,
    reserve: Collection[int] = (),
    expected_version: int | None = None,
) -> Call:
    """Select one proposal (a public notice opens), or none (``proposal=None``).

    ``feedback`` has words for every other proposal by id; ``reserve`` holds the ids of those
    kept in reserve. Raises ``Conflict`` (``call_reviews_missing``, ``wrong_state``, ``stale``),
    ``NotAllowed`` (``role``, ``conflict_of_interest`` with any consortium), ``Invalid``
    (``call_feedback_missing``, ``call_proposal_unknown``, ``reason_required``).
    """
    with operation(
        "call.decide", actor=actor, now=now, subject=call, organisation=call.owner, reason=reason
    ):
        require_role(actor, Role.CALL_OWNER, Role.STAFF, organisation=call.owner)
        action = "propose_result" if proposal else "find_none_suitable"
        moved = move(call, action, actor, now, expected_version, reason=reason)
        others = list(moved.proposals.filter(state="in_review").select_related("lead"))
        for candidate in others:
            require_no_conflict(actor, candidate)
        if missing := reviews_missing(moved):
            raise Conflict("call_reviews_missing", missing=missing)
        if proposal is not None:
            chosen = take_chosen(others, proposal)
            settle(moved, chosen, "select", reason, actor=actor, now=now)
            moved.notice = publish_result(moved, chosen, actor, now)
            moved.save(update_fields=["notice"])
        refuse_others(moved, others, feedback=feedback, reserve=reserve, actor=actor, now=now)
    return moved


def take_chosen(others: list[Proposal], proposal: Proposal) -> Proposal:
    """Remove the chosen proposal from ``others`` and return it."""
    for row in others:
        if row.pk == proposal.pk:
            others.remove(row)
            return row
    raise Invalid("call_proposal_unknown")


def refuse_others(
    call: Call,
    others: list[Proposal],
    *,
    feedback: Mapping[int, str],
    reserve: Collection[int],
    actor: User,
    now: datetime,
) -> None:
    """Settle all but the chosen one, each with words of its own."""
    for row in others:
        words = feedback.get(row.pk, "").strip()
        if not words:
            raise Invalid(
                "call_feedback_missing", fields={f"feedback-{row.pk}": "call_feedback_missing"}
            )
        action = "keep_in_reserve" if row.pk in reserve else "not_select"
        settle(call, row, action, words, actor=actor, now=now)


def settle(
    call: Call, proposal: Proposal, action: str, words: str, *, actor: User, now: datetime
) -> Proposal:
    """Move one proposal to its result and tell the consortium."""
    moved = apply_transition(
        instance=proposal,
        lifecycle=PROPOSAL,
        action=action,
        actor=actor,
        now=now,
        organisation=proposal.lead,
        roles=roles_for(actor, call.owner),
        reason=words,
        changes={"feedback": words},
    )
    tell_consortium(moved, moved.state, now)
    return moved


def tell_consortium(proposal: Proposal, news: str, now: datetime) -> None:
    """Tell everybody who acts for a member."""
    for member in proposal.members():
        notify(
            people_of(member, Role.FIRM_SIGNER, Role.FIRM_MEMBER, Role.INSTITUTE_MEMBER),
            "proposal_result",
            key=f"proposal:{proposal.pk}:{news}",
            now=now,
            url=proposal.get_absolute_url(),
            proposal=proposal.title,
        )


def publish_result(call: Call, chosen: Proposal, actor: User, now: datetime) -> Notice:
    """Open the public notice of the result; staff award when it is over."""
    window = notice_window(timezone.localdate(now), NOTICE_WORKING_DAYS, NOTICE_DAYS)
    texts = {language: result_text(call, chosen, language) for language in ("zh-hans", "en")}
    notice = open_notice(
        kind="call_result",
        title=texts["zh-hans"][0],
        body=texts["zh-hans"][1],
        title_en=texts["en"][0],
        body_en=texts["en"][1],
        window=window,
        actor=actor,
        now=now,
        rows=[
            {"name": member.name, "uscc": member.uscc or "", "note": chosen.title}
            for member in chosen.members()
        ],
        subject=call,
    )
    open_work(
        "call_award",
        subject=call,
        url=call.work_url,
        now=now,
        role=Role.STAFF,
        due_on=add_working_days(window.closes_on, 1).value,
        call=call.title,
    )
    return notice


def result_text(call: Call, chosen: Proposal, language: str) -> tuple[str, str]:
    """Return title and text of the result's notice in ``language``."""
    with translation.override(language):
        names = {"call": call.local_title, "proposal": chosen.title, "reason": call.reason}
        return (
            _("Result of “%(call)s”") % names,
            _(
                "For the call “%(call)s” the proposal “%(proposal)s” is to be selected. "
                "Reason: %(reason)s\n\nObjections are taken, with a name and evidence, until "
                "this notice ends."
            )
            % names,
        )


def award_call(
    *, call: Call, actor: User, now: datetime, expected_version: int | None = None
) -> Call:
    """Award a call after its public notice; the members become partners in the register.

    Raises ``Conflict`` (``notice_running``, ``wrong_state``, ``objection_open``,
    ``objection_upheld``: then the call is cancelled). Publishes ``ProposalSelected``.
    """
    with operation(
        "call.conclude", actor=actor, now=now, subject=call, organisation=call.owner
    ) as opened:
        moved = move(call, "award", actor, now, expected_version)
        require_notice_over(moved.notice, now=now)
        require_unobjected(moved.notice)
        chosen = moved.proposals.select_related("lead").get(state="selected")
        record_partners(chosen, now)
        opened.publish(ProposalSelected(proposal_id=chosen.pk, organisation_id=chosen.lead_id))
        tell_consortium(chosen, "awarded", now)
    return moved


def record_partners(proposal: Proposal, now: datetime) -> None:
    """Write into the register that every two members partnered, both ways."""
    for one, other in permutations(proposal.members(), 2):
        record_relation(
            kind="partnered",
            organisation=one,
            other=other,
            since=timezone.localdate(now),
            subject=proposal,
        )
