"""What a firm does with its application, with every refusal on the way."""

import pytest
from django.core.files.base import ContentFile

from incubator.models import Application
from incubator.services import applications
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.models import AuditEntry, FormDraft, StoredFile
from portal.services.registers import save_draft
from tests.incubator import firms
from tests.incubator.firms import ANSWERS, open_work


def test_create_application_by_signer_starts_draft(world):
    application = firms.started(world)

    assert application.state == "draft"
    assert application.organisation == world.organisation("owner")
    assert application.contact_person == "示例签署人甲"
    assert application.number.startswith("HYRF-2026-000001-")


def test_create_application_by_member_of_the_firm_is_allowed(world):
    application = applications.create_application(
        organisation=world.organisation("owner"), actor=world.member, now=world.now
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
            organisation=world.organisation("owner"), actor=world.owner2, now=world.now
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
    assert (saved.business_scope, saved.state, saved.version) == ("小程序", "draft", 2)
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
    assert application.business_scope == "新"


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
    assert applications.kinds_of(application) == []


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
        applications.submit_application(
            application=application, answers=ANSWERS, actor=world.owner, now=world.now
        )
    assert refusal.value.code == "wrong_state"


def test_submit_application_by_member_is_refused(world):
    application = firms.attached(world, firms.started(world))
    with pytest.raises(NotAllowed) as refusal:
        applications.submit_application(
            application=application, answers=ANSWERS, actor=world.member, now=world.now
        )
    assert refusal.value.code == "role"


def test_submit_application_with_gaps_names_them_and_saves_nothing(world):
    application = firms.started(world)
    answers = {**ANSWERS, "case_text": "", "truth_declared": False}
    with pytest.raises(Invalid) as refusal:
        applications.submit_application(
            application=application, answers=answers, actor=world.owner, now=world.now
        )
    assert refusal.value.code == "application_incomplete"
    assert list(refusal.value.fields) == ["case_text", "truth_declared", "attachments"]
    application.refresh_from_db()
    assert (application.state, application.business_scope) == ("draft", "")


def test_submit_application_from_stale_form_is_refused(world):
    application = firms.attached(world, firms.started(world))
    with pytest.raises(Conflict) as refusal:
        applications.submit_application(
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
