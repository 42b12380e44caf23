"""The pages of an application, through the browser's eyes: every bad input of the issue."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from incubator.models import Application
from incubator.services import (
    admissions,
    applications,
    decisions,
    more_info,
    screening,
    windows,
)
from portal.domain.identifiers import make_uscc
from portal.models import AuditEntry, FormDraft, Membership, Organisation
from tests.incubator import firms
from tests.incubator.firms import ANSWERS, NOTES, reviewers

FIRM = {
    "name": "示例村务丙有限公司",
    "uscc": make_uscc("91", "630123", "MADEM033"),
    "region_code": "630123100000",
    "address": "城关镇示例路 1 号",
    "phone": "0971-2430000",
    "legal_representative": "示例代表",
}
UNSEEN = "Write something here; blanks alone do not count."
STAFF_QUERIES, FIRM_QUERIES = 20, 16
POSTED = {key: value for key, value in ANSWERS.items() if key != "truth_declared"}


def page(case: Application) -> str:
    return reverse("incubator:application", args=[case.pk])


def start(client, world, **values):
    data = {"window": firms.window(world).pk, **values}
    return client.post(reverse("incubator:application_new"), data)


def said(response) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


# --- a firm


def test_apply_without_a_firm_leads_to_registration(world):
    response = world.client("learner").get(reverse("incubator:apply"))
    assert response.url == reverse("incubator:firm_new")


def test_apply_with_a_firm_leads_to_the_applications(world):
    response = world.client("owner").get(reverse("incubator:apply"))
    assert response.url == reverse("incubator:application_list")


def test_firm_new_makes_the_visitor_its_signer(world):
    response = world.client("learner").post(reverse("incubator:firm_new"), FIRM)
    assert (response.status_code, response.url) == (302, reverse("incubator:application_list"))
    firm = Organisation.objects.get(uscc=FIRM["uscc"])
    assert [(one.user, one.role) for one in Membership.objects.filter(organisation=firm)] == [
        (world.learner, "firm_signer")
    ]


@pytest.mark.parametrize(
    ("changes", "field", "text"),
    [
        ({"uscc": "9163"}, "uscc", "A unified social credit code has 18 characters."),
        (
            {"uscc": FIRM["uscc"][:-1] + ("1" if FIRM["uscc"][-1] != "1" else "2")},
            "uscc",
            "The last character fails the check; compare the code with the licence.",
        ),
        ({"phone": "call me"}, "phone", "Write digits, with spaces or hyphens between them."),
        ({"name": ""}, "name", "This field is required."),
        *(
            ({field: "\u200b\u2060"}, field, UNSEEN)
            for field in ("name", "address", "legal_representative")
        ),
        (
            {"region_code": "110000000000"},
            "region_code",
            "Select a valid choice. 110000000000 is not one of the available choices.",
        ),
    ],
)
def test_firm_new_with_bad_input_says_what_is_wrong(world, changes, field, text):
    client = world.client("learner", language="en")
    response = client.post(reverse("incubator:firm_new"), {**FIRM, **changes})
    assert response.status_code == 422
    assert response.context["form"].errors == {field: [text]}
    assert response.context["form"]["address"].value() == {**FIRM, **changes}["address"]
    assert not Organisation.objects.filter(name=FIRM["name"]).exists()


def test_firm_new_twice_is_refused(world):
    client = world.client("learner", language="en")
    known = {**FIRM, "uscc": world.organisation("owner").uscc.lower()}
    response = client.post(reverse("incubator:firm_new"), known)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["uscc"]
    assert Organisation.objects.filter(uscc=world.organisation("owner").uscc).count() == 1


# --- writing


def test_application_new_starts_a_draft_and_opens_it(world):
    firm = world.organisation("owner")
    client = world.client("owner")
    response = start(client, world, organisation=firm.pk)
    assert response.url == page(Application.objects.get())


def test_application_new_twice_leads_back_with_a_word(world):
    firms.started(world)
    client = world.client("owner", language="en")
    response = start(client, world, organisation=world.organisation("owner").pk)
    assert response.url == reverse("incubator:application_list")
    assert said(response) == ["This firm already has an application under way or is admitted."]


@pytest.mark.parametrize("value", ["", "x", "999999"])
def test_application_new_for_no_firm_of_mine_is_not_found(world, value):
    assert start(world.client("owner"), world, organisation=value).status_code == 404


@pytest.mark.parametrize("value", ["", "x", "999999", "9" * 30])
def test_application_new_in_no_window_is_not_found(world, value):
    firm = world.organisation("owner").pk
    response = start(world.client("owner"), world, organisation=firm, window=value)
    assert response.status_code == 404


@pytest.mark.parametrize("login", ["owner2", "staff", "assessor", "learner"])
def test_application_of_somebody_else_is_closed(world, login):
    case = firms.started(world)
    expected = 404 if login == "owner2" else 403
    assert world.client(login).get(page(case)).status_code == expected


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("stage", [*firms.STAGES, "more_info", "rejected", "withdrawn"])
def test_application_page_shows_every_state(world, stage, language):
    case = brought_to(world, stage)
    client = world.client("owner", language=language)
    response = client.get(page(case))
    assert response.status_code == 200
    assert case.number in response.content.decode()
    assert client.get(reverse("incubator:application_list")).status_code == 200
    staff = world.client("staff", language=language)
    expected = 404 if stage == "draft" else 200
    url = reverse("incubator:screening_case", args=[case.pk])
    assert staff.get(url).status_code == (404 if case.submitted_at is None else expected)


def test_firm_sees_only_that_the_decision_is_pending(world):
    case = decisions.hold_refusal(
        application=firms.reviewed(world),
        reason_codes=["capability_not_shown"],
        feedback="补充运行记录后再申请",
        actor=world.staff,
        now=world.now,
    )
    firm = world.client("owner", language="en").get(page(case)).content.decode()
    listed = world.client("owner", language="en").get(reverse("incubator:application_list"))
    for shown in (firm, listed.content.decode()):
        assert "Decision pending" in shown
        assert "补充运行记录后再申请" not in shown
        assert "Not admitted" not in shown
    staff = world.client("staff").get(reverse("incubator:screening_case", args=[case.pk]))
    assert "补充运行记录后再申请" in staff.content.decode()


def test_refusal_is_held_and_released_on_the_pages(world):
    case = firms.reviewed(world)
    client = world.client("staff")
    posted = {"version": case.version, "reason_codes": ["incomplete"], "feedback": "请补充合同"}
    url = reverse("incubator:screening_deed", args=[case.pk, "refuse"])
    assert client.post(url, {**posted, "reason_codes": []}).status_code == 422
    assert client.post(url, posted).status_code == 302
    url = reverse("incubator:admission_notice")
    assert list(client.get(url).context["form"].fields) == ["batch", "refusals"]
    listed = client.get(reverse("incubator:screening_list"), {"state": "refused"}).context["rows"]
    assert [one.pk for one in listed] == [case.pk]
    response = client.post(url, {"batch": "第 1 批", "refusals": [case.pk]})
    assert response.url == reverse("incubator:screening_list")
    case.refresh_from_db()
    assert (case.state, case.batch) == ("rejected", "第 1 批")


def brought_to(world, stage: str) -> Application:
    if stage == "more_info":
        return more_info.ask_more_info(
            application=firms.submitted(world),
            asked={"case_text": "请写清件数"},
            actor=world.staff,
            now=world.now,
        )
    if stage == "rejected":
        return screening.reject_application(
            application=firms.submitted(world),
            reason_codes=["incomplete"],
            feedback="请补充",
            actor=world.staff,
            now=world.now,
        )
    if stage == "withdrawn":
        return applications.withdraw_application(
            application=firms.started(world), actor=world.owner, now=world.now
        )
    return firms.STAGES[stage](world)


def test_reviewers_stay_unknown_to_the_firm(world):
    case = firms.reviewed(world)
    shown = world.client("owner").get(page(case)).content.decode()
    assert [one.reviewer.name for one in reviewers(case) if one.reviewer.name in shown] == []
    assert NOTES["capability"] not in shown


def test_save_half_a_form_keeps_it(world):
    case = firms.started(world)
    response = world.client("owner").post(
        page(case), {"deed": "save", "version": 1, "case_text": "半句话", "contact_person": "甲"}
    )
    assert response.url == page(case)
    case.refresh_from_db()
    assert case.answers == {"case_text": "半句话", "contact_person": "甲"}
    assert case.state == "draft"


def test_submit_with_missing_fields_keeps_what_was_typed(world):
    case = firms.attached(world, firms.started(world))
    posted = {**POSTED, "deed": "submit", "version": 1, "case_text": ""}
    response = world.client("owner").post(page(case), posted)
    assert response.status_code == 422
    form = response.context["form"]
    assert list(form.errors) == ["case_text", "truth_declared"]
    assert form["business_scope"].value() == ANSWERS["business_scope"]
    assert [one.kind for one in response.context["case"].files] == ["licence"]


def test_submit_without_the_licence_says_so(world):
    case = firms.started(world)
    posted = {**POSTED, "deed": "submit", "version": 1, "truth_declared": "on"}
    response = world.client("owner").post(page(case), posted)
    assert response.status_code == 422
    assert len(response.context["form"].non_field_errors()) == 1


def test_submit_twice_is_refused_with_a_word(world):
    case = firms.attached(world, firms.started(world))
    client = world.client("owner", language="en")
    posted = {**POSTED, "deed": "submit", "version": 1, "truth_declared": "on"}
    first = client.post(page(case), posted)
    second = client.post(page(case), posted)
    assert (first.status_code, second.status_code) == (302, 302)
    assert said(second)[-1].startswith("This step is not open")
    case.refresh_from_db()
    assert case.state == "screening"


def test_stale_form_is_refused_and_the_next_try_is_fresh(world):
    case = firms.started(world)
    applications.save_answers(
        application=case, answers={"business_scope": "同事写的"}, actor=world.member, now=world.now
    )
    client = world.client("owner")
    posted = {**POSTED, "deed": "save", "version": 1}
    response = client.post(page(case), posted)
    assert response.status_code == 422
    assert response.context["form"]["business_scope"].value() == ANSWERS["business_scope"]
    assert response.context["case"].version == 2
    assert client.post(page(case), {**posted, "version": 2}).status_code == 302


def test_draft_survives_the_session(world):
    case = firms.started(world)
    client = world.client("owner")
    key = applications.draft_key(case.organisation)
    url = reverse("portal:draft", args=[key])
    client.post(url, {"case_text": "没保存的话", "scenarios": ["land", "funds"], "version": "1"})
    client.logout()

    form = world.client("owner").get(page(case)).context["form"]

    assert form["case_text"].value() == "没保存的话"
    assert form["scenarios"].value() == ["land", "funds"]
    assert FormDraft.objects.get().user == world.owner


def test_draft_typed_on_an_earlier_state_waits_to_be_looked_at(world):
    case = firms.started(world)
    client = world.client("owner")
    url = reverse("portal:draft", args=[applications.draft_key(case.organisation)])
    saved = client.post(page(case), {**POSTED, "deed": "save", "version": 1})
    assert saved.status_code == 302
    client.post(url, {"case_text": "旧标签页里的话", "version": "1"})  # a tab left open
    shown = client.get(page(case))
    assert shown.context["form"]["case_text"].value() == POSTED["case_text"]
    assert "?draft=1" in shown.content.decode()
    looked = client.get(page(case) + "?draft=1")
    assert looked.context["form"]["case_text"].value() == "旧标签页里的话"
    assert looked.context["behind"] is False


def test_machine_check_beside_the_form_follows_what_is_typed(world):
    case = firms.attached(world, firms.started(world))
    client = world.client("owner", language="en")
    before = client.get(page(case)).context["check"]
    posted = {**POSTED, "deed": "submit", "version": 1}
    after = client.post(page(case), posted).context["check"]
    assert (len(before.passed), before.total) == (3, 12)
    assert [line.answer for line in after.open] == ["contract", "truth_declared"]


@pytest.mark.parametrize(
    ("name", "content", "start"),
    [
        ("空.pdf", b"", "The file “空.pdf” is empty"),
        (
            "发票.pdf",
            b"MZ\x90\x00\x03" + b"\x00" * 300,
            "The file “发票.pdf” is of this kind: program,",
        ),
    ],
)
def test_bad_upload_is_refused_and_nothing_is_lost(world, name, content, start):
    case = firms.attached(world, firms.started(world))
    upload = SimpleUploadedFile(name, content, content_type="application/pdf")
    response = world.client("owner", language="en").post(
        reverse("incubator:attach", args=[case.pk]), {"kind": "contract", "file": upload}
    )
    assert response.status_code == 422
    assert response.context["upload"].non_field_errors()[0].startswith(start)
    assert [one.kind for one in response.context["case"].files] == ["licence"]


def test_huge_upload_is_refused(world, settings):
    settings.UPLOAD_LIMIT_BYTES = 1024 * 1024
    case = firms.started(world)
    upload = SimpleUploadedFile("大.pdf", firms.PDF + b"\x00" * 1024 * 1024)
    response = world.client("owner", language="en").post(
        reverse("incubator:attach", args=[case.pk]), {"kind": "licence", "file": upload}
    )
    assert response.status_code == 422
    assert "larger than 1 MB" in response.context["upload"].non_field_errors()[0]


def test_upload_is_kept_and_can_be_read_and_removed(world):
    case = firms.started(world)
    client = world.client("owner")
    upload = SimpleUploadedFile("执照.pdf", firms.PDF)
    answer = client.post(
        reverse("incubator:attach", args=[case.pk]), {"kind": "licence", "file": upload}
    )
    assert answer.url == page(case)
    kept = case.attachments.get()
    assert b"".join(client.get(kept.url)) == firms.PDF
    assert world.client("owner2").get(kept.url).status_code == 404
    assert world.client("assessor").get(kept.url).status_code == 404

    client.post(reverse("incubator:detach", args=[case.pk, kept.pk]))
    kept.refresh_from_db()
    assert kept.removed_at is not None


@pytest.mark.parametrize("route", ["attach", "withdraw", "application"])
def test_deeds_on_somebody_elses_application_are_not_found(world, route):
    case = firms.started(world)
    url = reverse(f"incubator:{route}", args=[case.pk])
    assert world.client("owner2").post(url, {"deed": "save"}).status_code == 404


def test_file_of_another_application_cannot_be_removed(world):
    case, other = (
        firms.started(world),
        firms.attached(world, firms.started(world, "owner2"), "owner2"),
    )
    kept = other.attachments.get()
    url = reverse("incubator:detach", args=[case.pk, kept.pk])
    assert world.client("owner").post(url).status_code == 404
    kept.refresh_from_db()
    assert kept.removed_at is None


def test_withdraw_from_a_stale_page_is_refused(world):
    case = firms.submitted(world)
    url = reverse("incubator:withdraw", args=[case.pk])
    world.client("owner").post(url, {"version": case.version - 1})
    case.refresh_from_db()
    assert case.state == "screening"
    world.client("owner").post(url, {"version": case.version})
    case.refresh_from_db()
    assert case.state == "withdrawn"


def test_draft_leaves_the_review_of_a_refusal_and_says_what_sending_gives_up(world, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: world.now)
    case = brought_to(world, "rejected")
    client = world.client("owner", "en")
    assert "Writing a new application does not take this right away" in shown_of(client, case)
    draft = firms.started(world)
    written = shown_of(client, draft)
    assert "You can still ask for a review of the refusal" in written
    assert 'data-confirm="give-up-dialog"' in written
    assert f"Application {draft.number}, which you are writing" in shown_of(client, case)
    url = reverse("incubator:review_request", args=[case.pk])
    posted = {"version": case.version, "grounds": "所缺材料已经全部交齐，请复核。"}
    assert client.post(url, posted).url == page(case)
    case.refresh_from_db()
    draft.refresh_from_db()
    assert (case.state, draft.state) == ("review_requested", "withdrawn")


def test_draft_without_a_refusal_asks_for_no_confirmation(world):
    assert "give-up-dialog" not in shown_of(world.client("owner"), firms.started(world))


def shown_of(client, case: Application) -> str:
    return client.get(page(case)).content.decode()


@pytest.mark.parametrize(("refusals", "count"), [(0, 19), (1, 19), (3, 19)])
def test_form_takes_the_same_queries_for_any_number_of_refusals(
    world, queries, monkeypatch, refusals, count
):
    monkeypatch.setattr("django.utils.timezone.now", lambda: world.now)
    for _number in range(refusals):
        brought_to(world, "rejected")
    case = firms.started(world)
    client = world.client("owner")
    client.get(page(case))
    with queries(count):
        client.get(page(case))


# --- staff


def test_window_closed_while_one_types_keeps_the_draft_and_says_so(world):
    case = firms.attached(world, firms.started(world))
    windows.close_window(
        window=firms.window(world), reason="满额", actor=world.staff, now=world.now
    )
    posted = {**POSTED, "deed": "submit", "version": 1, "truth_declared": "on"}
    response = world.client("owner", language="en").post(page(case), posted)
    assert response.status_code == 422
    assert response.context["form"].non_field_errors() == [
        "“Application for incubation” takes no applications today. Everything you typed is kept."
    ]
    case.refresh_from_db()
    assert (case.state, case.answers["case_text"]) == ("draft", ANSWERS["case_text"])
    assert response.context["case"].version == case.version


def test_earlier_answers_are_offered_taken_over_and_confirmed(world):
    brought_to(world, "rejected")
    case = firms.started(world)
    client = world.client("owner", language="en")
    offered = client.get(page(case))
    assert offered.context["earlier"].count == 6
    assert client.post(reverse("incubator:reuse", args=[case.pk])).url == page(case)

    shown = client.get(page(case))
    assert shown.context["earlier"] is None
    assert len(shown.context["taken_over"]) == 6
    assert shown.context["form"]["case_text"].value() == ANSWERS["case_text"]
    firms.attached(world, case)
    posted = {**POSTED, "deed": "submit", "version": 2, "truth_declared": "on"}
    refused = client.post(page(case), posted)
    assert refused.status_code == 422
    assert list(refused.context["form"].errors) == ["taken_over"]
    assert client.post(page(case), {**posted, "taken_over": "on"}).status_code == 302
    case.refresh_from_db()
    assert case.state == "screening"


def test_changes_and_links_are_shown_to_staff_and_reviewer_and_the_firm_sees_changes(world):
    other = world.organisation("owner2")
    Organisation.objects.filter(pk__in=[other.pk, world.organisation("owner").pk]).update(
        address="示例路 1 号"
    )
    firms.submitted(world, "owner2")
    case = firms.submitted(world)
    text = ANSWERS["case_text"].replace("0.6 天", "0.4 天")
    case = firms.answered(world, case, case_text=text, contact_phone="0971-2439999")
    case = screening.start_review(application=case, actor=world.staff, now=world.now)
    staff = world.client("staff", "en").get(reverse("incubator:screening_case", args=[case.pk]))
    shown = staff.content.decode()
    assert "中位用时 0.4 天。" in shown
    assert "<ins>" in shown
    assert "0971-2439999" not in shown
    assert [(one.firm, len(one.codes)) for one in staff.context["links"]] == [(other.name, 1)]

    mine = reviewers(case)[0]
    reviewer = world.client(mine.reviewer.email.split("@")[0], "en")
    reviewer.post(reverse("incubator:review_conflict", args=[mine.pk]), {"conflict": "no"})
    seen = reviewer.get(reverse("incubator:review", args=[mine.pk])).content.decode()
    assert other.name in seen
    assert "中位用时 0.4 天。" in seen

    own = world.client("owner", "en").get(page(case)).content.decode()
    assert "0971-2439999" in own
    assert "中位用时 0.4 天。" in own
    assert other.name not in own


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_contact_is_masked_for_staff_and_reviewers(world, language):
    case = firms.in_review(world)
    mine = reviewers(case)[0]
    reviewer = world.client(mine.reviewer.email.split("@")[0], language)
    reviewer.post(reverse("incubator:review_conflict", args=[mine.pk]), {"conflict": "no"})
    staff, url = (
        world.client("staff", language),
        reverse("incubator:screening_case", args=[case.pk]),
    )
    for client, address in ((reviewer, reverse("incubator:review", args=[mine.pk])), (staff, url)):
        shown = client.get(address).content.decode()
        assert "097******34" in shown
        assert "示***" in shown
        assert case.answers["contact_phone"] not in shown
        assert case.answers["contact_person"] not in shown
    assert case.answers["contact_phone"] in world.client("owner").get(page(case)).content.decode()

    contact = reverse("incubator:screening_contact", args=[case.pk])
    refused = staff.post(contact, {"reason": ""})
    assert (refused.status_code, case.answers["contact_phone"] in refused.content.decode()) == (
        422,
        False,
    )
    revealed = staff.post(contact, {"reason": "电话核对材料"})
    assert revealed.status_code == 200
    assert case.answers["contact_phone"] in revealed.content.decode()
    assert case.answers["contact_person"] in revealed.content.decode()
    assert "no-store" in revealed["Cache-Control"]
    assert case.answers["contact_phone"] not in staff.get(url).content.decode()
    entry = AuditEntry.objects.filter(action="incubator.reveal_contact").latest("number")
    assert (entry.reason, entry.outcome, entry.subject_id) == ("电话核对材料", "done", str(case.pk))
    assert case.answers["contact_phone"] not in str(entry.data)


def test_what_passed_before_is_not_shown_beside_the_decision(world):
    firms.reviewed(world)
    release_refused(world)
    case = firms.submitted(world)
    client, url = world.client("staff"), reverse("incubator:screening_case", args=[case.pk])
    assert client.get(url).context["passed"] is not None
    screening.start_review(application=case, actor=world.staff, now=world.now)
    assert client.get(url).context["passed"] is None


def release_refused(world) -> None:
    case = decisions.hold_refusal(
        application=Application.objects.get(),
        reason_codes=["capability_not_shown"],
        feedback="补充运行记录后再申请",
        actor=world.staff,
        now=world.now,
    )
    admissions.publish_admissions(
        applications=[], refusals=[case], batch="第 9 批", actor=world.staff, now=world.now
    )


def test_saved_line_names_the_day(world):
    firms.started(world)
    shown = world.client("owner", "en").get(page(Application.objects.get())).content.decode()
    assert "Saved automatically at 23 Nov 2026" in shown


# --- what is written and not sent is the firm's alone


def test_home_counts_the_admitted_firms(world):
    from incubator.wagtail_hooks import home_admitted

    firms.admitted(world)
    assert home_admitted(None)["stats"][0]["value"] == 1


def test_notice_countdown_of_the_firm_names_the_last_day(world):
    case = firms.noticed(world)
    shown = world.client("owner", language="en").get(page(case)).content.decode()
    until = case.notice.closes_on
    assert until - world.now.date() == timedelta(days=7)
    assert f"Objections may be made until {until.day} Nov 2026." in shown
