from datetime import date, timedelta

import pytest

from certification.domain.recommendation import STATEMENT_TITLE
from certification.domain.rubric import digest
from certification.models import AssessmentRound, Grade, Scorecard
from certification.services.effect import OBJECTED, settle_objected
from certification.services.rounds import (
    cancel_round,
    freeze_evidence,
    open_round_notice,
    plan_round,
    propose,
    score_card,
    score_round,
    take_effect,
)
from certification.services.rubrics import COUNTY_RUBRIC, adopt_rubric
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.models import AuditEntry, EventRecord, Notice, Notification, WorkItem
from portal.services.accounts import create_person, grant_role
from portal.services.objections import decide_admissibility, decide_objection
from portal.services.registers import record_relation
from tests.certification.rounds import (
    MIDDLE,
    NEW,
    SINCE,
    STRONG,
    UNTIL,
    WEAK,
    Known,
    after_notice,
    confirm_all,
    effective,
    noticed,
    planned,
    scored,
)
from tests.portal.services.test_objections import lodged

pytestmark = pytest.mark.django_db


@pytest.fixture
def firm(world):
    return world.organisation("owner")


@pytest.fixture
def firm2(world):
    return world.organisation("owner2")


@pytest.fixture
def lead2(world):
    person = create_person(
        email="lead2@demo.example", name="示例评价负责人乙", password="x", now=world.now
    )
    grant_role(user=person, role="lead", actor=None, now=world.now)
    person.forget_roles()
    return person


def open_kinds(assessment):
    items = WorkItem.objects.open().filter(subject_id=str(assessment.pk), role="lead")
    return list(items.values_list("kind", flat=True))


def test_plan_round_opens_work_for_the_lead(world):
    assessment = planned(world)

    assert (assessment.state, assessment.rubric.version) == ("planned", "0.1.0")
    assert open_kinds(assessment) == ["round_freeze"]


def test_plan_round_by_staff_is_refused(world):
    rubric = planned(world).rubric

    with pytest.raises(NotAllowed):
        plan_round(
            title="x", rubric=rubric, since=SINCE, until=UNTIL, actor=world.staff, now=world.now
        )


@pytest.mark.parametrize(
    ("since", "until", "code"),
    [
        (UNTIL, SINCE, "period_order"),
        (date(2025, 1, 1), date(2025, 12, 31), "rubric_not_in_force"),
    ],
)
def test_plan_round_with_a_wrong_period_is_refused(world, since, until, code):
    rubric = planned(world).rubric

    with pytest.raises(Invalid) as refused:
        plan_round(
            title="x", rubric=rubric, since=since, until=until, actor=world.lead, now=world.now
        )

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"effective": {"from": "2026-01-01", "to": "2026-10-31"}}, None),
        ({"effective": {"from": "2026-01-01", "to": "2026-10-30"}}, "rubric_not_in_force"),
        ({"effective": {"from": "2026-11-01"}}, "rubric_not_in_force"),
        ({"external": True}, "rubric_external"),
    ],
)
def test_round_needs_a_rubric_of_the_county_in_force_on_its_last_day(world, change, code):
    content = planned(world).rubric.content | {"version": "0.2.0"} | change
    content |= {"digest": digest(content)}
    rubric = adopt_rubric(source=content, effective_from=SINCE, actor=world.lead, now=world.now)

    if code is None:
        assert planned_under(world, rubric).rubric == rubric
    else:
        with pytest.raises(Invalid) as refused:
            planned_under(world, rubric)
        assert refused.value.code == code


def planned_under(world, rubric):
    return plan_round(
        title="x", rubric=rubric, since=SINCE, until=UNTIL, actor=world.lead, now=world.now
    )


def test_freeze_keeps_evidence_and_digest(world, firm):
    assessment = freeze_evidence(
        assessment=planned(world),
        actor=world.lead,
        now=world.now,
        organisations=[firm],
        gather=Known({firm.pk: STRONG}),
    )

    card = Scorecard.objects.get(round=assessment)
    assert assessment.state == "evidence_frozen"
    assert card.fields == STRONG
    assert len(card.evidence_digest) == 64
    assert open_kinds(assessment) == ["round_score"]


def test_freeze_without_firms_is_refused(world):
    with pytest.raises(Conflict) as refused:
        freeze_evidence(
            assessment=planned(world), actor=world.lead, now=world.now, gather=Known({})
        )

    assert refused.value.code == "nobody_to_assess"


def test_freeze_twice_is_refused(world, firm):
    assessment = scored(world, {firm: STRONG})

    with pytest.raises(Conflict) as refused:
        freeze_evidence(
            assessment=assessment,
            actor=world.lead,
            now=world.now,
            organisations=[firm],
            gather=Known({}),
        )

    assert refused.value.code == "wrong_state"


@pytest.mark.parametrize(
    ("fields", "tier", "total"),
    [(STRONG, "A", 96.0), (MIDDLE, "B", 69.0), (WEAK, "C", 47.0), (NEW, "unrated", None)],
)
def test_score_round_gives_tier_and_total(world, firm, fields, tier, total):
    assessment = scored(world, {firm: fields})

    card = Scorecard.objects.get(round=assessment)
    assert (assessment.state, card.proposed_tier) == ("draft_result", tier)
    if total is not None:
        assert round(card.total, 9) == total
    assert card.result["tier"] == tier
    assert open_kinds(assessment) == ["round_propose"]


def test_score_round_goes_on_where_it_stopped(world, firm, firm2):
    assessment = freeze_evidence(
        assessment=planned(world),
        actor=None,
        now=world.now,
        organisations=[firm, firm2],
        gather=Known({firm.pk: STRONG, firm2.pk: WEAK}),
    )
    first = Scorecard.objects.get(round=assessment, organisation=firm)
    score_card(scorecard_id=first.pk, actor=None, now=world.now)
    seen = []

    score_round(
        assessment=assessment,
        actor=None,
        now=world.now,
        progress=lambda done, total: seen.append((done, total)),
    )

    assert seen == [(2, 2)]


def test_score_round_again_changes_nothing(world, firm):
    assessment = scored(world, {firm: STRONG})
    before = Scorecard.objects.values().get(round=assessment)
    version = assessment.version

    again = score_round(assessment=assessment, actor=world.lead, now=world.now + timedelta(days=1))

    assert again.version == version
    assert Scorecard.objects.values().get(round=assessment) == before


def test_score_card_again_changes_nothing(world, firm):
    assessment = scored(world, {firm: STRONG})
    card = Scorecard.objects.get(round=assessment)

    again = score_card(scorecard_id=card.pk, actor=None, now=world.now + timedelta(days=1))

    assert again.scored_at == world.now


def test_score_round_before_freezing_is_refused(world):
    with pytest.raises(Conflict) as refused:
        score_round(assessment=planned(world), actor=world.lead, now=world.now)

    assert refused.value.code == "wrong_state"


def test_propose_names_the_lead_on_every_firm(world, firm, firm2):
    draft = scored(world, {firm: STRONG, firm2: NEW})
    assessment = propose(
        assessment=draft, actor=world.lead, now=world.now, confirmed=confirm_all(draft)
    )

    cards = Scorecard.objects.filter(round=assessment)
    assert assessment.state == "proposed"
    assert {(card.decision, card.decided_by) for card in cards} == {("confirmed", world.lead)}
    assert open_kinds(assessment) == ["round_notice"]
    assert Notification.objects.filter(user=world.owner, kind="grade_proposed").count() == 1


def test_propose_holds_a_firm_back_with_a_reason(world, firm, firm2):
    assessment = propose(
        assessment=scored(world, {firm: STRONG, firm2: MIDDLE}),
        actor=world.lead,
        now=world.now,
        confirmed={firm.pk: ""},
        held={firm2.pk: "佐证待核"},
    )

    held = Scorecard.objects.get(round=assessment, organisation=firm2)
    assert (held.decision, held.decision_reason) == ("held", "佐证待核")


def test_propose_holding_without_a_reason_is_refused(world, firm):
    assessment = scored(world, {firm: STRONG})

    with pytest.raises(Invalid) as refused:
        propose(assessment=assessment, actor=world.lead, now=world.now, held={firm.pk: " "})

    assert refused.value.fields == {f"reason-{firm.pk}": "hold_reason_required"}
    assert Scorecard.objects.get(round=assessment).decision == "undecided"


def test_propose_of_quarantined_evidence_needs_the_lead_s_words(world, firm):
    assessment = scored(world, {firm: STRONG | {"on_time_rate": 1.7}})

    with pytest.raises(Invalid) as refused:
        propose(assessment=assessment, actor=world.lead, now=world.now, confirmed={firm.pk: " "})
    done = propose(
        assessment=assessment, actor=world.lead, now=world.now, confirmed={firm.pk: "已核对原件"}
    )

    assert refused.value.code == "review_reason_required"
    assert done.state == "proposed"


def test_propose_leaves_tied_firms_to_another_lead(world, firm, firm2, lead2):
    record_relation(kind="mentored", person=world.lead, other=firm, since=date(2026, 1, 1))
    assessment = scored(world, {firm: STRONG, firm2: MIDDLE})

    half = propose(assessment=assessment, actor=world.lead, now=world.now, confirmed={firm2.pk: ""})
    with pytest.raises(Conflict) as refused:
        propose(assessment=assessment, actor=world.lead, now=world.now)
    whole = propose(assessment=assessment, actor=lead2, now=world.now, confirmed={firm.pk: ""})

    assert (half.state, whole.state) == ("draft_result", "proposed")
    assert refused.value.code == "nothing_to_decide"
    decided = dict(Scorecard.objects.values_list("organisation", "decided_by"))
    assert decided == {firm.pk: lead2.pk, firm2.pk: world.lead.pk}


@pytest.mark.parametrize("both", [False, True], ids=["no choice", "two choices"])
def test_propose_without_one_choice_for_every_firm_decides_nothing(world, firm, firm2, both):
    assessment = scored(world, {firm: STRONG, firm2: MIDDLE})
    confirmed = {firm.pk: ""} | ({firm2.pk: ""} if both else {})

    with pytest.raises(Invalid) as refused:
        propose(
            assessment=assessment,
            actor=world.lead,
            now=world.now,
            confirmed=confirmed,
            held={firm2.pk: "佐证待核"} if both else {},
        )

    assert refused.value.fields == {f"decision-{firm2.pk}": "decision_required"}
    assert set(Scorecard.objects.values_list("decision", flat=True)) == {"undecided"}


def test_propose_by_a_lead_of_a_partner_is_refused(world, firm, lead2):
    institute = world.organisation("institute")
    record_relation(kind="partnered", organisation=firm, other=institute, since=date(2026, 1, 1))
    institute.memberships.create(user=lead2, role="institute_member", since=world.now)
    lead2.forget_roles()

    with pytest.raises(Conflict) as refused:
        propose(assessment=scored(world, {firm: STRONG}), actor=lead2, now=world.now)

    assert refused.value.code == "nothing_to_decide"


def test_propose_from_a_stale_form_is_refused(world, firm):
    assessment = scored(world, {firm: STRONG})

    with pytest.raises(Conflict) as refused:
        propose(
            assessment=assessment,
            actor=world.lead,
            now=world.now,
            expected_version=assessment.version - 1,
        )

    assert refused.value.code == "stale"


def test_propose_by_an_assessor_is_refused_and_audited(world, firm):
    assessment = scored(world, {firm: STRONG})

    with pytest.raises(NotAllowed):
        propose(assessment=assessment, actor=world.assessor, now=world.now)

    entry = AuditEntry.objects.latest("number")
    assert (entry.action, entry.outcome) == ("certification.round.decide", "refused")


def test_notice_names_confirmed_graded_firms_only(world, firm, firm2):
    assessment = noticed(world, {firm: STRONG, firm2: NEW})

    notice = assessment.notice
    assert notice.rows == [{"name": firm.name, "uscc": firm.uscc, "note": "拟定A级，总分96.00"}]
    assert (notice.kind, notice.closes_on) == ("grades", date(2026, 11, 30))
    assert "认证" not in notice.title


def test_take_effect_during_the_notice_is_refused(world, firm):
    assessment = noticed(world, {firm: STRONG})

    with pytest.raises(Conflict) as refused:
        take_effect(assessment=assessment, actor=world.lead, now=world.now)

    assert refused.value.code == "notice_running"
    assert not Grade.objects.exists()


def test_take_effect_grants_grade_and_statement(world, firm, firm2):
    (grade,) = effective(world, {firm: MIDDLE, firm2: NEW})

    months = grade.scorecard.round.rubric.content["result_validity_months"]
    document = grade.document
    assert (grade.organisation, grade.tier, grade.tier_rank) == (firm, "B", 2)
    assert grade.confirmed_by == world.lead
    assert grade.valid_until.year == grade.valid_from.year + months // 12
    assert (document.title, document.kind) == (STATEMENT_TITLE, "grading_statement")
    assert document.number.startswith("HYPJ-2026-")
    assert document.valid_until == grade.valid_until
    assert document.payload["total"] == "69.00"
    assert document.payload["confirmed_by"] == world.lead.name
    assert grade.scorecard.round.state == "effective"
    assert EventRecord.objects.filter(name="GradeTookEffect").count() == 1


def test_take_effect_holds_a_firm_suspended_meanwhile(world, firm):
    (old,) = effective(world, {firm: MIDDLE})
    assessment = noticed(world, {firm: STRONG}, title="第 2 轮能力分级评价")
    Grade.objects.filter(pk=old.pk).update(state="suspended", suspended_until=date(2027, 6, 1))

    take_effect(assessment=assessment, actor=world.lead, now=after_notice(assessment, world.now))

    card = Scorecard.objects.get(round=assessment)
    assert card.decision == "held"
    assert Grade.objects.count() == 1


def objected(world, assessment, firm, *steps, login="learner"):
    """Return an objection to a firm's row, taken through ``steps`` by the lead."""
    notice = assessment.notice
    row = [line["uscc"] for line in notice.rows].index(firm.uscc)
    found = lodged(world, notice=notice, row=row, login=login, now=world.now)
    for step, flag in steps:
        found = step(objection=found, reason="经核实。", actor=world.lead, now=world.now, **flag)
    return found


TAKEN_UP = (decide_admissibility, {"admissible": True})
UPHELD = (decide_objection, {"upheld": True})
DISMISSED = (decide_objection, {"upheld": False})


def test_take_effect_holds_a_firm_whose_objection_was_upheld(world, firm, firm2):
    assessment = noticed(world, {firm: STRONG, firm2: MIDDLE})
    objected(world, assessment, firm, TAKEN_UP, UPHELD)
    take_effect(assessment=assessment, actor=world.lead, now=after_notice(assessment, world.now))
    assert [grade.organisation for grade in Grade.objects.all()] == [firm2]
    card = Scorecard.objects.get(organisation=firm)
    assert (card.decision, card.decision_reason) == ("held", OBJECTED)


@pytest.mark.parametrize(("last", "end"), [(DISMISSED, (2, "confirmed")), (UPHELD, (1, "held"))])
def test_firm_with_an_open_objection_waits_alone_until_it_is_decided(world, firm, firm2, last, end):
    assessment = noticed(world, {firm: STRONG, firm2: MIDDLE})
    found = objected(world, assessment, firm, TAKEN_UP)
    second = objected(world, assessment, firm, TAKEN_UP, login="clerk")
    take_effect(assessment=assessment, actor=world.lead, now=after_notice(assessment, world.now))
    assert [grade.organisation for grade in Grade.objects.all()] == [firm2]

    decide_objection(
        objection=second, upheld=False, reason="不属实", actor=world.lead, now=world.now
    )
    world.drain()
    assert Grade.objects.count() == 1

    step, flag = last
    found = step(objection=found, reason="经核实。", actor=world.lead, now=world.now, **flag)
    world.drain()
    settle_objected(objection=found, now=world.now)
    card = Scorecard.objects.get(organisation=firm)
    assert (Grade.objects.count(), card.decision) == end


def test_take_effect_supersedes_the_grade_before(world, firm):
    (old,) = effective(world, {firm: MIDDLE})
    (new,) = effective(world, {firm: STRONG}, title="第 2 轮能力分级评价")

    old.refresh_from_db()
    assert (old.state, old.document.state) == ("superseded", "superseded")
    assert (new.tier, new.state) == ("A", "active")


def test_cancel_round_withdraws_its_notice(world, firm):
    assessment = noticed(world, {firm: STRONG})

    cancelled = cancel_round(
        assessment=assessment, reason="评分标准有误", actor=world.lead, now=world.now
    )

    assert cancelled.state == "cancelled"
    assert Notice.objects.get(pk=assessment.notice_id).withdrawn_at == world.now
    assert open_kinds(assessment) == []


def test_cancel_round_before_the_notice_without_a_reason_is_refused(world):
    assessment = planned(world)

    with pytest.raises(Invalid) as refused:
        cancel_round(assessment=assessment, reason=" ", actor=world.lead, now=world.now)
    cancelled = cancel_round(assessment=assessment, reason="改期", actor=world.lead, now=world.now)

    assert refused.value.code == "reason_required"
    assert cancelled.cancel_reason == "改期"


def test_open_notice_before_proposal_is_refused(world, firm):
    assessment = scored(world, {firm: STRONG})

    with pytest.raises(Conflict):
        open_round_notice(assessment=assessment, actor=world.lead, now=world.now)

    assert Notice.objects.count() == 0


def test_adopt_rubric_again_returns_the_same(world):
    first = planned(world).rubric
    again = adopt_rubric(
        source=COUNTY_RUBRIC, effective_from=date(2027, 1, 1), actor=world.lead, now=world.now
    )

    assert again == first
    assert AssessmentRound.objects.count() == 1


def test_adopt_rubric_with_other_content_is_refused(world):
    rubric = planned(world).rubric
    changed = rubric.content | {"notes": ["changed"]}
    changed["digest"] = digest(changed)

    with pytest.raises(Conflict) as refused:
        adopt_rubric(
            source=changed, effective_from=date(2026, 1, 1), actor=world.lead, now=world.now
        )

    assert refused.value.code == "rubric_taken"


def test_adopt_rubric_that_is_none_is_refused(world):
    with pytest.raises(Invalid) as refused:
        adopt_rubric(
            source={"id": "x"}, effective_from=date(2026, 1, 1), actor=world.lead, now=world.now
        )

    assert refused.value.code == "rubric_invalid"


def test_adopt_rubric_by_staff_is_refused(world):
    with pytest.raises(NotAllowed):
        adopt_rubric(
            source=COUNTY_RUBRIC,
            effective_from=date(2026, 1, 1),
            actor=world.staff,
            now=world.now,
        )
