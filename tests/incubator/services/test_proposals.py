"""Consortia and reviewers: consent, sealing, conflicts, stepping back."""

from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile

from incubator.domain.call import CRITERIA
from incubator.models import Application
from incubator.models.calls import Proposal, ProposalReview
from incubator.permissions.calls import may_read_proposal_attachment
from incubator.services import proposal_reviews, proposals
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed, Refused
from portal.models import Relation, WorkItem
from portal.services.accounts import add_member
from portal.services.registers import record_relation
from tests.incubator.calls_story import NARRATIVE, SCORES, Story, begin

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


@pytest.fixture
def story(world) -> Story:
    return begin(world)


def refusal(deed: Callable, **values: object) -> tuple[type[Refused], str]:
    with pytest.raises(Refused) as caught:
        deed(**values)
    return type(caught.value), caught.value.code


def kinds() -> list[str]:
    rows = WorkItem.objects.open().filter(subject_type__startswith="incubator")
    return sorted(rows.values_list("kind", flat=True))


def test_create_proposal_refused(story: Story):
    call = story.open_call()
    values = {
        "call": call,
        "lead": story.firm,
        "title": "甲",
        "summary": "乙",
        "lead_share": "丙",
        "plan": "丁",
        "actor": story.world.owner,
        "now": story.now,
    }
    deed = proposals.create_proposal
    assert refusal(deed, **values | {"actor": story.world.owner2}) == (NotAllowed, "role")
    assert refusal(deed, **values | {"now": story.closed}) == (Conflict, "call_not_open")
    deed(**values)
    assert refusal(deed, **values) == (Conflict, "proposal_exists")


def test_create_proposal_by_a_firm_that_is_not_admitted(story: Story):
    call = story.open_call()
    Application.objects.filter(organisation=story.firm).delete()
    found = refusal(
        proposals.create_proposal,
        call=call,
        lead=story.firm,
        title="甲",
        summary="乙",
        lead_share="丙",
        plan="丁",
        actor=story.world.owner,
        now=story.now,
    )
    assert found == (NotAllowed, "proposal_not_admitted")


def test_create_proposal_for_the_own_call(story: Story):
    call = story.open_call()
    call.owner = story.firm
    call.save()
    found = refusal(
        proposals.create_proposal,
        call=call,
        lead=story.firm,
        title="甲",
        summary="乙",
        lead_share="丙",
        plan="丁",
        actor=story.world.owner,
        now=story.now,
    )
    assert found == (Conflict, "call_own_organisation")


def test_edit_proposal_draft_only(story: Story):
    proposal = story.draft_proposal(story.open_call())
    text = {"title": "新", "summary": "乙", "lead_share": "丙", "plan": "丁"}
    values = {"proposal": proposal, "now": story.now, **text}
    edited = proposals.edit_proposal(actor=story.world.member, **values)
    assert edited.title == "新"
    stale = refusal(proposals.edit_proposal, actor=story.world.member, expected_version=1, **values)
    assert stale == (Conflict, "stale")
    proposals.submit_proposal(proposal=edited, actor=story.world.owner, now=story.now)
    assert refusal(proposals.edit_proposal, actor=story.world.member, **values) == (
        Conflict,
        "wrong_state",
    )


def test_add_partner_refused(story: Story):
    proposal = story.draft_proposal(story.open_call())
    values = {
        "proposal": proposal,
        "task_share": "方法",
        "actor": story.world.owner,
        "now": story.now,
    }
    deed = proposals.add_partner
    assert refusal(deed, uscc="X", **values) == (Invalid, "proposal_partner_unknown")
    village = story.world.organisation("signer").uscc
    assert refusal(deed, uscc=village, **values) == (Invalid, "proposal_partner_unknown")
    assert refusal(deed, uscc=story.firm.uscc, **values) == (Conflict, "proposal_partner_twice")
    institute = story.world.organisation("institute")
    proposal.call.owner = institute
    assert refusal(deed, uscc=institute.uscc, **values) == (Conflict, "call_own_organisation")


def test_remove_partner_and_files_from_a_draft(story: Story):
    proposal = story.draft_proposal(story.open_call())
    actor, now = story.world.owner, story.now
    partner = proposals.add_partner(
        proposal=proposal,
        uscc=story.world.organisation("institute").uscc,
        task_share="方法",
        actor=actor,
        now=now,
    )
    file = proposals.attach_file(
        proposal=proposal, upload=ContentFile(PDF, name="方案.pdf"), actor=actor, now=now
    )
    assert may_read_proposal_attachment(story.world.member, file.file) is True
    assert may_read_proposal_attachment(story.world.owner2, file.file) is False
    assert may_read_proposal_attachment(None, file.file) is False
    proposals.remove_partner(partner=partner, actor=actor, now=now)
    proposals.remove_attachment(attachment=file, actor=actor, now=now)
    assert (proposal.partners.count(), proposal.attachments.count()) == (0, 0)


def test_ask_partners_without_partners(story: Story):
    proposal = story.draft_proposal(story.open_call())
    found = refusal(
        proposals.ask_partners, proposal=proposal, actor=story.world.owner, now=story.now
    )
    assert found == (Conflict, "proposal_no_partners")


def test_submit_proposal_waits_for_every_consent(story: Story):
    proposal = story.asked_proposal(story.open_call())
    submit = {"proposal": proposal, "actor": story.world.owner, "now": story.now}
    assert refusal(proposals.submit_proposal, **submit) == (Conflict, "proposal_consent_missing")
    assert kinds() == ["call_evaluate", "proposal_consent"]
    partner = proposal.partners.get()
    answer = {"partner": partner, "now": story.now}
    assert refusal(proposals.consent, actor=story.world.owner, **answer) == (NotAllowed, "role")
    proposals.consent(actor=story.world.institute, **answer)
    assert kinds() == ["call_evaluate", "proposal_submit"]
    assert refusal(proposals.consent, actor=story.world.institute, **answer) == (
        Conflict,
        "already_decided",
    )
    member = submit | {"actor": story.world.member}
    assert refusal(proposals.submit_proposal, **member) == (NotAllowed, "role")
    assert proposals.submit_proposal(**submit).state == "submitted"
    assert kinds() == ["call_evaluate"]


def test_decline_after_consent_leads_to_a_revision(story: Story):
    proposal = story.asked_proposal(story.open_call())
    partner = proposal.partners.get()
    values = {"partner": partner, "actor": story.world.institute, "now": story.now}
    assert refusal(proposals.decline, reason=" ", **values) == (Invalid, "reason_required")
    proposals.consent(**values)
    declined = proposals.decline(reason="人手不足", **values)
    assert (declined.consented_at, declined.answer) == (None, "declined")
    assert kinds() == ["call_evaluate", "proposal_revise"]
    lead = {"proposal": proposal, "actor": story.world.owner, "now": story.now}
    assert refusal(proposals.submit_proposal, **lead) == (Conflict, "proposal_partner_declined")
    revised = proposals.revise_proposal(**lead)
    partner.refresh_from_db()
    assert (revised.state, partner.answer, kinds()) == ("draft", "waiting", ["call_evaluate"])
    assert refusal(proposals.consent, **values) == (Conflict, "wrong_state")
    assert refusal(proposals.submit_proposal, **lead) == (Conflict, "proposal_partners_not_asked")


def test_tell_lead_when_another_partner_has_not_answered(story: Story):
    call = story.open_call()
    proposal = story.draft_proposal(call)
    for login in ("institute", "owner2"):
        proposals.add_partner(
            proposal=proposal,
            uscc=story.world.organisation(login).uscc,
            task_share="分工",
            actor=story.world.owner,
            now=story.now,
        )
    proposals.ask_partners(proposal=proposal, actor=story.world.owner, now=story.now)
    first = proposal.partners.first()
    proposals.consent(partner=first, actor=story.world.institute, now=story.now)
    assert kinds() == ["call_evaluate", "proposal_consent"]


def test_withdraw_proposal_closes_what_waits(story: Story):
    proposal = story.asked_proposal(story.open_call())
    gone = proposals.withdraw_proposal(proposal=proposal, actor=story.world.owner, now=story.now)
    assert (gone.state, kinds()) == ("withdrawn", ["call_evaluate"])
    assert story.draft_proposal(proposal.call).state == "draft"


def test_proposal_is_sealed_until_the_call_is_evaluated(story: Story):
    call = story.open_call()
    proposal = story.submitted_proposal(call)

    def readers() -> list[str]:
        return [
            login
            for login in ("owner", "institute", "owner2", "callowner", "staff", "officer")
            if Proposal.objects.visible_to(story.world.people[login]).exists()
        ]

    assert readers() == ["owner", "institute"]
    story.evaluate(call)
    assert readers() == ["owner", "institute", "callowner", "staff"]
    proposal.refresh_from_db()
    assert proposal.state == "in_review"


def test_open_evaluation_leaves_late_drafts_and_their_work_closed(story: Story):
    call = story.open_call()
    late = story.asked_proposal(call)
    story.evaluate(call)
    late.refresh_from_db()
    assert (late.state, kinds()) == ("partner_consent", ["call_select"])


def test_reviewers_with_a_tie_to_any_member_are_left_out(story: Story):
    call = story.open_call()
    proposal = story.submitted_proposal(call)
    institute = story.world.organisation("institute")
    record_relation(
        kind="taught", person=story.world.assessor, other=institute, since=story.now.date()
    )
    add_member(
        user=story.world.assessor2,
        organisation=story.firm,
        role="firm_member",
        actor=None,
        now=story.now,
    )
    call = story.evaluate(call)
    assert [row.reviewer for row in proposal.reviews.all()] == [story.world.assessor3]
    assert kinds() == ["call_reviewers", "proposal_review"]


def test_reviewers_whose_employer_has_a_tie_are_left_out(story: Story):
    call = story.open_call()
    proposal = story.submitted_proposal(call)
    firm2 = story.world.organisation("owner2")
    for login in ("assessor", "assessor2", "assessor3"):
        add_member(
            user=story.world.people[login],
            organisation=firm2,
            role="firm_member",
            actor=None,
            now=story.now,
        )
    record_relation(kind="partnered", organisation=story.firm, other=firm2, since=story.now.date())
    call = story.evaluate(call)
    assert proposal.reviews.count() == 0
    missing = proposal_reviews.assign_reviewers(
        call=call, actor=story.world.staff, now=story.closed
    )
    assert missing == 2
    Relation.objects.all().delete()
    missing = proposal_reviews.assign_reviewers(
        call=call, actor=story.world.staff, now=story.closed
    )
    assert missing == 1, "one employer, one reviewer"


def test_assign_reviewers_refused(story: Story):
    call = story.open_call()
    deed = proposal_reviews.assign_reviewers
    found = refusal(deed, call=call, actor=story.world.staff, now=story.now)
    assert found == (Conflict, "wrong_state")
    found = refusal(deed, call=call, actor=story.world.callowner, now=story.now)
    assert found == (NotAllowed, "role")


def reviewed(story: Story) -> ProposalReview:
    call = story.open_call()
    proposal = story.submitted_proposal(call)
    story.evaluate(call)
    return proposal.reviews.select_related("proposal__call", "reviewer").first()


def test_submit_review_refused(story: Story):
    review = reviewed(story)
    values = {
        "review": review,
        "scores": SCORES,
        "narrative": NARRATIVE,
        "no_conflict": True,
        "actor": review.reviewer,
        "now": story.closed,
    }
    deed = proposal_reviews.submit_review
    assert refusal(deed, **values | {"actor": story.world.staff}) == (NotAllowed, "role")
    with pytest.raises(Invalid) as caught:
        deed(**values | {"scores": {}, "narrative": "短", "no_conflict": False})
    assert set(caught.value.fields) == {*CRITERIA, "narrative", "no_conflict"}
    relation = record_relation(
        kind="mentored", person=review.reviewer, other=story.firm, since=story.now.date()
    )
    assert refusal(deed, **values) == (NotAllowed, "conflict_of_interest")
    relation.delete()
    assert deed(**values).scores == SCORES
    assert refusal(deed, **values) == (Conflict, "already_decided")


def test_submit_review_of_a_withdrawn_proposal(story: Story):
    review = reviewed(story)
    proposals.withdraw_proposal(proposal=review.proposal, actor=story.world.owner, now=story.closed)
    found = refusal(
        proposal_reviews.submit_review,
        review=review,
        scores=SCORES,
        narrative=NARRATIVE,
        no_conflict=True,
        actor=review.reviewer,
        now=story.closed,
    )
    assert found == (Conflict, "wrong_state")


def test_step_back_declares_the_tie_and_draws_another(story: Story):
    review = reviewed(story)
    values = {"review": review, "actor": review.reviewer, "now": story.closed}
    assert refusal(proposal_reviews.step_back, reason="", **values) == (
        Invalid,
        "reason_required",
    )
    proposal_reviews.step_back(reason="曾任其顾问", **values)
    active = review.proposal.reviews.filter(recused_at=None)
    assert active.count() == 2
    assert review.reviewer not in {row.reviewer for row in active}
    assert Relation.objects.get(kind="declared").person == review.reviewer
    call = review.proposal.call
    missing = proposal_reviews.assign_reviewers(
        call=call, actor=story.world.staff, now=story.closed
    )
    assert missing == 0
