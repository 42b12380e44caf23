"""What staff decide on applications, up to admission."""

from datetime import date, timedelta

import pytest

from incubator.models import Application
from incubator.selectors import admitted_firms, admitted_ids, is_admitted
from incubator.services import (
    admissions,
    application_reviews,
    applications,
    more_info,
    screening,
    submissions,
)
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.models import Notice, Notification, User
from portal.services.objections import decide_admissibility, decide_objection
from portal.services.registers import record_relation
from tests.incubator import firms
from tests.incubator.firms import ANSWERS, open_work, reviewers
from tests.portal.services.test_objections import lodged


def asked(world, **notes: str) -> Application:
    return more_info.ask_more_info(
        application=firms.submitted(world),
        actor=world.staff,
        now=world.now,
        asked=notes or {"case_text": "请写清件数。"},
    )


def test_ask_more_info_reopens_only_what_is_named(world):
    application = asked(world)
    assert application.state == "more_info"
    assert application.answer_due_on == date(2026, 11, 30)
    assert application.truth_declared is False
    assert open_work() == [("application_answer", "firm_signer")]
    told = Notification.objects.filter(kind="application_answer").order_by("user_id")
    assert [one.user for one in told] == [world.owner, world.member]

    saved = applications.save_answers(
        application=application,
        actor=world.owner,
        now=world.now,
        answers={"case_text": "新的案例", "business_scope": "不该变"},
    )
    assert saved.answers["case_text"] == "新的案例"
    assert saved.answers["business_scope"] == ANSWERS["business_scope"]


def test_ask_more_info_with_a_day_of_the_screener(world):
    application = more_info.ask_more_info(
        application=firms.submitted(world),
        actor=world.staff,
        now=world.now,
        asked={"contract": "缺盖章页", "unknown": "x"},
        due_on=date(2026, 12, 4),
    )
    assert application.answer_due_on == date(2026, 12, 4)
    applications.attach_file(
        application=application,
        upload=firms.pdf("合同.pdf", b"1"),
        kind="contract",
        actor=world.member,
        now=world.now,
    )
    assert submissions.files_by_key(application) == {"licence": 1, "contract": 1}


def test_ask_more_info_leaves_files_locked_unless_named(world):
    with pytest.raises(Conflict) as refusal:
        firms.attached(world, asked(world))
    assert refusal.value.code == "attachment_locked"


def test_ask_more_info_without_a_note_is_refused(world):
    with pytest.raises(Invalid) as refusal:
        asked(world, case_text="  ")
    assert refusal.value.code == "nothing_asked"


def test_answered_application_is_checked_again(world):
    application = asked(world)
    again = submissions.submit_application(
        application=application,
        actor=world.owner,
        now=world.now + timedelta(days=1),
        answers={"case_text": ANSWERS["case_text"], "truth_declared": True},
    )
    assert again.state == "screening"
    assert again.asked == {}
    assert again.submitted_at == world.now
    assert open_work() == [("application_screen", "staff")]


def test_propose_admission_waits_for_the_notice(world):
    application = firms.proposed(world)
    assert (application.state, application.proposed_at) == ("decision_pending", world.now)
    assert open_work() == [("application_publish", "staff")]


def test_propose_admission_twice_is_refused(world):
    with pytest.raises(Conflict) as refusal:
        screening.propose_admission(
            application=firms.proposed(world), actor=world.staff, now=world.now
        )
    assert refusal.value.code == "already_proposed"


def test_propose_admission_against_the_reviewers_needs_a_reason(world):
    application = firms.reviewed(world, recommendation="reject")
    with pytest.raises(Invalid) as refusal:
        screening.propose_admission(application=application, actor=world.staff, now=world.now)
    assert refusal.value.code == "against_reviewers"

    moved = screening.propose_admission(
        application=application, actor=world.staff, now=world.now, reason="补充说明已核实。"
    )
    assert moved.proposal_reason == "补充说明已核实。"


def test_publish_admissions_puts_several_firms_into_one_notice(world):
    cases = [firms.proposed(world, login) for login in ("owner", "owner2")]

    notice = admissions.publish_admissions(
        applications=cases, batch="第 1 批", actor=world.staff, now=world.now
    )

    assert [row["name"] for row in notice.rows] == [case.organisation.name for case in cases]
    assert (notice.kind, notice.opens_on, notice.closes_on) == (
        "admission",
        date(2026, 11, 23),
        date(2026, 11, 30),
    )
    assert "第 1 批" in notice.title
    assert notice.title_en == "Firms proposed for admission: 第 1 批"
    assert set(Application.objects.values_list("state", "batch", "notice")) == {
        ("public_notice", "第 1 批", notice.pk)
    }


def test_publish_admissions_of_nothing_is_refused(world):
    with pytest.raises(Invalid) as refusal:
        admissions.publish_admissions(
            applications=[], batch="第 1 批", actor=world.staff, now=world.now
        )
    assert refusal.value.code == "nothing_proposed"


def test_publish_admissions_is_all_or_nothing(world):
    cases = [firms.proposed(world, "owner"), firms.reviewed(world, "owner2")]
    with pytest.raises(Conflict) as refusal:
        admissions.publish_admissions(
            applications=cases, batch="第 1 批", actor=world.staff, now=world.now
        )
    assert refusal.value.code == "not_proposed"
    assert Notice.objects.count() == 0


def test_admit_application_while_the_notice_runs_is_refused(world):
    application = firms.noticed(world)
    with pytest.raises(Conflict) as refusal:
        admissions.admit_application(
            application=application, actor=world.staff, now=world.now + timedelta(days=7)
        )
    assert refusal.value.code == "notice_running"


def test_admitted_firm_is_told_once_and_known_to_other_apps(world):
    application = firms.admitted(world)
    firm = world.organisation("owner")
    world.drain()
    world.drain()

    assert application.state == "admitted"
    assert Notification.objects.filter(kind="application_admitted").count() == 2
    assert is_admitted(firm.pk) is True
    assert is_admitted(world.organisation("owner2").pk) is False
    assert admitted_ids([firm.pk, world.organisation("owner2").pk]) == {firm.pk}
    assert [(one.name, one.admitted_on, one.batch) for one in admitted_firms()] == [
        (firm.name, date(2026, 12, 1), "第 1 批")
    ]
    assert open_work() == []


def objected(world, application, *, upheld=None):
    """Return an objection to a noticed firm's row, decided where ``upheld`` says how."""
    found = lodged(world, notice=application.notice, now=world.now)
    if upheld is None:
        return found
    for deed, flag in (
        (decide_admissibility, {"admissible": True}),
        (decide_objection, {"upheld": upheld}),
    ):
        found = deed(objection=found, reason="经核实。", actor=world.staff, now=world.now, **flag)
    return found


def test_admit_application_waits_for_an_open_objection_of_that_firm_only(world):
    held, free = firms.proposed(world, "owner"), firms.proposed(world, "owner2")
    admissions.publish_admissions(
        applications=[held, free], batch="第 1 批", actor=world.staff, now=world.now
    )
    held.refresh_from_db()
    objection = objected(world, held)
    later = world.now + timedelta(days=8)
    with pytest.raises(Conflict) as refusal:
        admissions.admit_application(application=held, actor=world.staff, now=later)
    assert refusal.value.code == "objection_open"
    admissions.admit_application(application=free, actor=world.staff, now=later)
    decide_admissibility(
        objection=objection, admissible=False, reason="没有事实", actor=world.staff, now=later
    )
    assert (
        admissions.admit_application(application=held, actor=world.staff, now=later).state
        == "admitted"
    )


def test_upheld_objection_ends_in_a_rejection_that_names_it(world):
    application = firms.noticed(world)
    objected(world, application, upheld=True)
    with pytest.raises(Conflict) as refusal:
        admissions.admit_application(
            application=application, actor=world.staff, now=world.now + timedelta(days=8)
        )
    assert refusal.value.code == "objection_upheld"
    with pytest.raises(Invalid) as missing:
        refused(world, application, "false_statement")
    assert missing.value.fields == {"reason_codes": "objection_reason"}
    done = refused(world, application, "objection_upheld", "false_statement")
    assert (done.state, done.reason_codes) == ("rejected", ["false_statement", "objection_upheld"])


@pytest.mark.parametrize(
    ("upheld", "code"), [(None, "objection_open"), (False, "no_objection_upheld")]
)
def test_rejection_for_an_objection_needs_one_that_was_upheld(world, upheld, code):
    application = firms.noticed(world)
    objected(world, application, upheld=upheld)
    with pytest.raises((Conflict, Invalid)) as refusal:
        refused(world, application, "objection_upheld")
    assert refusal.value.code == code


def refused(world, application, *codes):
    return screening.reject_application(
        application=application,
        actor=world.staff,
        now=world.now,
        reason_codes=codes,
        feedback="公示期内异议经核实成立。",
    )


@pytest.mark.parametrize("stage", ["screening", "public_notice"])
def test_reject_application_tells_reasons_and_feedback(world, stage):
    rejected = screening.reject_application(
        application=firms.STAGES[stage](world),
        actor=world.staff,
        now=world.now,
        reason_codes=["incomplete", "unknown"],
        feedback="请补充合同后再申请。",
    )
    assert (rejected.state, rejected.reason_codes) == ("rejected", ["incomplete"])
    assert (rejected.refused_by, rejected.rejected_at) == (world.staff, world.now)
    assert Notification.objects.filter(kind="application_rejected").count() == 2
    assert open_work() == []
    assert firms.started(world).pk != rejected.pk


def test_refused_firm_is_taken_off_its_running_notice(world):
    cases = [firms.proposed(world, login) for login in ("owner", "owner2")]
    notice = admissions.publish_admissions(
        applications=cases, batch="第 1 批", actor=world.staff, now=world.now
    )
    cases[0].refresh_from_db()
    refused(world, cases[0], "false_statement")
    notice.refresh_from_db()
    assert [row.get("withdrawn_on") for row in notice.rows] == ["2026-11-23", None]
    with pytest.raises(Conflict, match="objection_withdrawn"):
        lodged(world, notice=notice, row=0, now=world.now)
    assert lodged(world, notice=notice, row=1, now=world.now).row == 1


@pytest.mark.parametrize(
    ("codes", "feedback", "code"),
    [([], "说明", "reasons_missing"), (["incomplete"], " ", "text_required")],
)
def test_reject_application_without_reason_is_refused(world, codes, feedback, code):
    with pytest.raises(Invalid) as refusal:
        screening.reject_application(
            application=firms.submitted(world),
            actor=world.staff,
            now=world.now,
            reason_codes=codes,
            feedback=feedback,
        )
    assert refusal.value.code == code


@pytest.mark.parametrize("login", ["owner", "assessor", "lead", "leader", "resources"])
def test_only_staff_decide(world, login):
    application = firms.reviewed(world)
    with pytest.raises(NotAllowed):
        screening.propose_admission(
            application=application, actor=world.people[login], now=world.now
        )


def test_applications_are_visible_to_whom_they_concern(world):
    draft, sent = firms.started(world, "owner2"), firms.in_review(world)
    drawn = User.objects.get(pk=reviewers(sent)[0].reviewer_id)
    seen = {
        login: set(Application.objects.visible_to(world.people[login]))
        for login in ("owner", "member", "owner2", "staff", "lead", "expert", "leader")
    }
    assert seen == {
        "owner": {sent},
        "member": {sent},
        "owner2": {draft},
        "staff": {sent},
        "lead": {sent},
        "expert": set(),
        "leader": set(),
    }
    assert set(Application.objects.visible_to(drawn)) == set()
    application_reviews.declare(
        review=reviewers(sent)[0], conflict=False, actor=drawn, now=world.now
    )
    assert set(Application.objects.visible_to(drawn)) == {sent}


@pytest.mark.parametrize(
    ("login", "reason", "error"),
    [
        ("staff", "电话核对材料", None),
        ("staff", "  ", Invalid),
        ("owner", "x", NotAllowed),
        ("secadmin", "x", NotAllowed),
    ],
)
def test_contact_of_a_case_is_shown_to_staff_for_a_reason(world, login, reason, error):
    case = firms.submitted(world)
    values = {"application": case, "reason": reason, "actor": world.people[login]}
    if error:
        with pytest.raises(error):
            screening.reveal_contact(**values, now=world.now)
        return
    shown = screening.reveal_contact(**values, now=world.now)
    firm = case.organisation
    asked = {name: ANSWERS[name] for name in ("contact_person", "contact_phone")}
    assert shown == screening.CaseContact(asked, firm.phone)


def test_contact_of_a_case_is_closed_to_staff_with_a_tie(world):
    case = firms.submitted(world)
    record_relation(
        kind="mentored", person=world.staff, other=case.organisation, since=date(2026, 1, 1)
    )
    with pytest.raises(NotAllowed, match="conflict_of_interest"):
        screening.reveal_contact(application=case, reason="x", actor=world.staff, now=world.now)
