"""What a firm does with its application, with every refusal on the way."""

import pytest
from django.core.files.base import ContentFile

from incubator.models import Application
from incubator.services import applications, more_info, screening, submissions, windows
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.models import AuditEntry, FormDraft, StoredFile
from portal.services.registers import save_draft
from tests.incubator import firms
from tests.incubator.firms import ANSWERS, open_work


def test_create_application_by_signer_starts_draft(world):
    application = firms.started(world)

    assert application.state == "draft"
    assert application.organisation == world.organisation("owner")
    assert application.answers["contact_person"] == "示例签署人甲"
    assert application.form == firms.window(world).current
    assert application.number.startswith("HYRF-2026-000001-")


def test_create_application_by_member_of_the_firm_is_allowed(world):
    application = applications.create_application(
        window=firms.window(world),
        organisation=world.organisation("owner"),
        actor=world.member,
        now=world.now,
    )
    assert application.created_by == world.member


def test_create_application_twice_is_refused(world):
    firms.started(world)
    with pytest.raises(Conflict) as refusal:
        firms.started(world)
    assert refusal.value.code == "application_exists"
    assert Application.objects.count() == 1


def test_create_application_after_withdrawal_is_allowed(world):
    first = firms.started(world)
    applications.withdraw_application(application=first, actor=world.owner, now=world.now)
    assert firms.started(world).pk != first.pk


def test_create_application_for_somebody_elses_firm_is_refused(world):
    with pytest.raises(NotAllowed) as refusal:
        applications.create_application(
            window=firms.window(world),
            organisation=world.organisation("owner"),
            actor=world.owner2,
            now=world.now,
        )
    assert refusal.value.code == "role"


def test_save_answers_keeps_half_a_form_and_drops_the_draft(world):
    application = firms.started(world)
    key = applications.draft_key(application.organisation)
    save_draft(user=world.owner, key=key, data={"case_text": ["…"]}, now=world.now)

    saved = applications.save_answers(
        application=application,
        answers={"business_scope": "小程序"},
        actor=world.owner,
        now=world.now,
        expected_version=1,
    )

    saved.refresh_from_db()
    assert saved.answers["business_scope"] == "小程序"
    assert (saved.state, saved.version) == ("draft", 2)
    assert FormDraft.objects.count() == 0


def test_save_answers_from_stale_form_is_refused(world):
    application = firms.started(world)
    applications.save_answers(
        application=application, answers={"business_scope": "新"}, actor=world.owner, now=world.now
    )
    with pytest.raises(Conflict) as refusal:
        applications.save_answers(
            application=application,
            answers={"business_scope": "旧"},
            actor=world.owner,
            now=world.now,
            expected_version=1,
        )
    assert refusal.value.code == "stale"
    application.refresh_from_db()
    assert application.answers["business_scope"] == "新"


def test_save_answers_that_cannot_be_kept_names_the_field(world):
    application = firms.started(world)
    with pytest.raises(Invalid) as refusal:
        applications.save_answers(
            application=application,
            answers={"contact_phone": "1" * 21},
            actor=world.owner,
            now=world.now,
        )
    assert list(refusal.value.fields) == ["contact_phone"]


def test_save_answers_once_sent_is_refused(world):
    application = firms.submitted(world)
    with pytest.raises(Conflict) as refusal:
        applications.save_answers(
            application=application, answers={}, actor=world.owner, now=world.now
        )
    assert refusal.value.code == "application_locked"


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "空.pdf", "file_empty"),
        (b"MZ\x90\x00\x03" + b"\x00" * 200, "营业执照.pdf", "file_type"),
        (b"just words", "营业执照.pdf", "file_type"),
    ],
)
def test_attach_file_that_is_none_is_refused(world, content, name, code):
    application = firms.started(world)
    with pytest.raises(Invalid) as refusal:
        applications.attach_file(
            application=application,
            upload=ContentFile(content, name=name),
            kind="licence",
            actor=world.owner,
            now=world.now,
        )
    assert refusal.value.code == code
    assert application.attachments.count() == 0


def test_attach_file_that_is_huge_is_refused(world, settings):
    settings.UPLOAD_LIMIT_BYTES = 1024 * 1024
    with pytest.raises(Invalid) as refusal:
        applications.attach_file(
            application=firms.started(world),
            upload=firms.pdf(extra=b"\x00" * 1024 * 1024),
            kind="licence",
            actor=world.owner,
            now=world.now,
        )
    assert refusal.value.code == "file_too_large"


def test_attach_file_twice_keeps_it_once(world):
    application = firms.attached(world, firms.attached(world, firms.started(world)))
    assert application.attachments.count() == 1
    assert StoredFile.objects.filter(use="application_attachment").count() == 1


def test_attach_file_beyond_the_limit_is_refused(world, monkeypatch):
    monkeypatch.setattr(applications.rules, "MOST_ATTACHMENTS", 1)
    application = firms.attached(world, firms.started(world))
    with pytest.raises(Conflict) as refusal:
        applications.attach_file(
            application=application,
            upload=firms.pdf(extra=b"2"),
            kind="contract",
            actor=world.owner,
            now=world.now,
        )
    assert refusal.value.code == "attachments_many"
    assert StoredFile.objects.filter(use="application_attachment").count() == 1


def test_attach_file_to_no_question_of_the_form_is_refused(world):
    with pytest.raises(Invalid) as refusal:
        applications.attach_file(
            application=firms.started(world),
            upload=firms.pdf(),
            kind="case_text",
            actor=world.owner,
            now=world.now,
        )
    assert refusal.value.code == "attachment_unknown"


def test_attach_file_after_submission_is_refused(world):
    with pytest.raises(Conflict) as refusal:
        firms.attached(world, firms.submitted(world))
    assert refusal.value.code == "application_locked"


def test_remove_attachment_keeps_the_record(world):
    application = firms.attached(world, firms.started(world))
    attachment = application.attachments.get()

    applications.remove_attachment(attachment=attachment, actor=world.owner, now=world.now)

    attachment.refresh_from_db()
    assert attachment.removed_at == world.now
    assert submissions.files_by_key(application) == {}


def test_submit_application_is_checked_by_the_system_at_once(world):
    application = firms.submitted(world)

    assert application.state == "screening"
    assert application.submitted_at == world.now
    assert application.submitted_by == world.owner
    assert application.machine_result["suggestion"] == "discretionary"
    assert open_work() == [("application_screen", "staff")]
    actions = AuditEntry.objects.filter(subject_id=str(application.pk)).order_by("number")
    assert [
        (entry.action, entry.actor_name)
        for entry in actions
        if entry.action.startswith("incubator.application.")
    ] == [
        ("incubator.application.submit", "示例签署人甲"),
        ("incubator.application.screen", "system"),
    ]


def test_submit_application_twice_is_refused(world):
    application = firms.submitted(world)
    with pytest.raises(Conflict) as refusal:
        submissions.submit_application(
            application=application, answers=ANSWERS, actor=world.owner, now=world.now
        )
    assert refusal.value.code == "wrong_state"


def test_submit_application_by_member_is_refused(world):
    application = firms.attached(world, firms.started(world))
    with pytest.raises(NotAllowed) as refusal:
        submissions.submit_application(
            application=application, answers=ANSWERS, actor=world.member, now=world.now
        )
    assert refusal.value.code == "role"


def test_submit_application_with_gaps_names_them_and_saves_nothing(world):
    application = firms.started(world)
    answers = {**ANSWERS, "case_text": "", "truth_declared": False}
    with pytest.raises(Invalid) as refusal:
        submissions.submit_application(
            application=application, answers=answers, actor=world.owner, now=world.now
        )
    assert refusal.value.code == "application_incomplete"
    assert list(refusal.value.fields) == ["case_text", "licence", "truth_declared"]
    application.refresh_from_db()
    assert (application.state, application.answers.get("business_scope")) == ("draft", None)


def test_submit_application_from_stale_form_is_refused(world):
    application = firms.attached(world, firms.started(world))
    with pytest.raises(Conflict) as refusal:
        submissions.submit_application(
            application=application,
            answers=ANSWERS,
            actor=world.owner,
            now=world.now,
            expected_version=7,
        )
    assert refusal.value.code == "stale"


@pytest.mark.parametrize("stage", ["draft", "screening", "in_review", "decision_pending"])
def test_withdraw_application_before_a_decision_closes_everything(world, stage):
    application = firms.STAGES[stage](world)

    gone = applications.withdraw_application(
        application=application, actor=world.owner, now=world.now
    )

    assert gone.state == "withdrawn"
    assert open_work() == []
    assert not gone.reviews.filter(state__in=["assigned", "scoring"]).exists()


def test_withdraw_application_on_public_notice_is_refused(world):
    with pytest.raises(Conflict):
        applications.withdraw_application(
            application=firms.noticed(world), actor=world.owner, now=world.now
        )


@pytest.mark.parametrize(
    ("answers", "fields"),
    [
        ({"technical_staff": -1}, {"technical_staff": "answer_bounds"}),
        ({"technical_staff": "3"}, {"technical_staff": "answer_bad"}),
        ({"scenarios": ["land", "moon"]}, {"scenarios": "answer_bad"}),
        ({"case_text": "x" * 2001}, {"case_text": "answer_long"}),
    ],
)
def test_answer_that_does_not_fit_its_question_is_refused_whoever_sends_it(world, answers, fields):
    with pytest.raises(Invalid) as refusal:
        applications.save_answers(
            application=firms.started(world), answers=answers, actor=world.owner, now=world.now
        )
    assert refusal.value.fields == fields


def test_answer_to_no_question_is_not_kept(world):
    saved = applications.save_answers(
        application=firms.started(world),
        answers={"moon": "x", "licence": "y", "case_text": " "},
        actor=world.owner,
        now=world.now,
    )
    assert saved.answers == {"contact_person": "示例签署人甲"}


def test_submission_is_kept_as_it_was_sent(world):
    case = firms.submitted(world)
    again = firms.answered(world, case, case_text="又改了 3 处。" + ANSWERS["case_text"])

    first, second = again.submissions.all()
    assert (first.number, second.number) == (1, 2)
    assert first.answers["case_text"] == ANSWERS["case_text"]
    assert second.answers["case_text"].startswith("又改了")
    assert [one["key"] for one in first.files] == ["licence"]
    assert (first.declared_by, first.declared_at) == (world.owner, world.now)
    assert second.machine_result == again.machine_result
    assert again.declared_at == world.now
    assert str(first) == f"{case.number} · 1"


# --- windows


def test_application_in_a_closed_window_is_refused(world):
    windows.close_window(
        window=firms.window(world), reason="满额", actor=world.staff, now=world.now
    )
    with pytest.raises(Conflict) as refusal:
        firms.started(world)
    assert refusal.value.code == "window_not_open"


def test_window_closed_while_one_types_keeps_what_was_typed(world):
    case = firms.attached(world, firms.started(world))
    windows.close_window(window=case.form.window, reason="满额", actor=world.staff, now=world.now)
    case = Application.objects.get(pk=case.pk)
    with pytest.raises(Conflict) as refusal:
        submissions.submit_application(
            application=case, answers=ANSWERS, actor=world.owner, now=world.now, expected_version=1
        )
    assert (refusal.value.code, refusal.value.params) == ("window_closed", {"window": "入孵申请"})
    case.refresh_from_db()
    assert (case.state, case.answers["case_text"]) == ("draft", ANSWERS["case_text"])


def test_window_closed_in_the_same_moment_is_refused(world):
    case = firms.attached(world, firms.started(world))
    assert case.form.window.state == "published"  # as the page had it
    windows.close_window(window=firms.window(world), reason="x", actor=world.staff, now=world.now)
    with pytest.raises(Conflict) as refusal:
        submissions.submit_application(
            application=case, answers=ANSWERS, actor=world.owner, now=world.now
        )
    assert refusal.value.code == "window_closed"


def test_answers_that_were_asked_for_are_taken_after_the_window_has_closed(world):
    case = firms.submitted(world)
    windows.close_window(window=firms.window(world), reason="x", actor=world.staff, now=world.now)
    assert firms.answered(world, case, case_text=ANSWERS["case_text"]).state == "screening"


def test_application_keeps_its_form_when_the_window_has_a_newer_one(world):
    case = firms.attached(world, firms.started(world))
    newer = firms.newer_form(world)
    sent = submissions.submit_application(
        application=case, answers=ANSWERS, actor=world.owner, now=world.now
    )
    assert (sent.state, sent.form.number, newer.number) == ("screening", 1, 2)
    assert firms.started(world, "owner2").form == newer


# --- taking over


def earlier(world) -> Application:
    """Return a firm's new draft after an application that was rejected."""
    screening.reject_application(
        application=firms.submitted(world),
        reason_codes=["incomplete"],
        feedback="请补充",
        actor=world.staff,
        now=world.now,
    )
    firms.newer_form(world)
    return firms.started(world)


def test_answers_are_taken_over_by_key_and_confirmed_before_they_are_sent(world):
    case = applications.take_over_answers(
        application=earlier(world), actor=world.member, now=world.now
    )
    old = Application.objects.order_by("pk")[0]
    assert case.answers["case_text"] == ANSWERS["case_text"]
    assert case.answers["contact_person"] == "示例签署人甲"  # was there already
    assert case.taken_over["from"] == old.number
    assert "contact_person" not in case.taken_over["keys"]
    assert firms.by_question(case) == {}

    case = firms.attached(world, case)
    answers = {**case.answers, "truth_declared": True, "without_phone": False}
    with pytest.raises(Invalid) as refusal:
        submissions.submit_application(
            application=case, answers=answers, actor=world.owner, now=world.now
        )
    assert refusal.value.fields == {"taken_over": "taken_over_open"}
    sent = submissions.submit_application(
        application=case, answers={**answers, "taken_over": True}, actor=world.owner, now=world.now
    )
    assert (sent.state, sent.taken_over) == ("screening", {})


def test_answer_that_was_changed_needs_no_confirmation(world):
    case = applications.take_over_answers(
        application=earlier(world), actor=world.owner, now=world.now
    )
    saved = applications.save_answers(
        application=case,
        answers={"case_text": "另一个村，2 件。"},
        actor=world.owner,
        now=world.now,
    )
    assert saved.taken_over["keys"] == sorted(set(case.taken_over["keys"]) - {"case_text"})


@pytest.mark.parametrize("stage", ["draft", "screening"])
def test_nothing_is_taken_over_where_there_is_nothing_or_it_is_sent(world, stage):
    case = firms.STAGES[stage](world)
    with pytest.raises(Conflict) as refusal:
        applications.take_over_answers(application=case, actor=world.owner, now=world.now)
    expected = {"draft": "nothing_to_take_over", "screening": "application_locked"}
    assert refusal.value.code == expected[stage]


def test_nothing_is_taken_over_into_what_was_sent_once(world):
    case = firms.submitted(world)
    case = more_info.ask_more_info(
        application=case, asked={"case_text": "请补充"}, actor=world.staff, now=world.now
    )
    with pytest.raises(Conflict, match="take_over_late"):
        applications.take_over_answers(application=case, actor=world.owner, now=world.now)
    gone = applications.withdraw_application(application=case, actor=world.owner, now=world.now)
    with pytest.raises(Conflict, match="application_closed"):
        applications.take_over_answers(application=gone, actor=world.owner, now=world.now)


def test_twice_taken_over_is_refused(world):
    case = earlier(world)
    applications.take_over_answers(application=case, actor=world.owner, now=world.now)
    with pytest.raises(Conflict) as refusal:
        applications.take_over_answers(application=case, actor=world.owner, now=world.now)
    assert refusal.value.code == "nothing_to_take_over"


def test_stranger_takes_over_nothing(world):
    with pytest.raises(NotAllowed):
        applications.take_over_answers(
            application=earlier(world), actor=world.owner2, now=world.now
        )
