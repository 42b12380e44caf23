"""What a firm typed into an application stays, whatever is pressed, refused or saved elsewhere."""

import pytest
from django.urls import reverse

from incubator.models import Application
from incubator.services import applications, screening, submissions
from portal.models import FormDraft
from tests.incubator import firms
from tests.incubator.firms import ANSWERS

POSTED = {key: value for key, value in ANSWERS.items() if key != "truth_declared"}
TYPED = "刚写的话，还没有保存。"


def page(case: Application, route: str = "application") -> str:
    return reverse(f"incubator:{route}", args=[case.pk])


def draft_url(case: Application) -> str:
    return reverse("portal:draft", args=[applications.draft_key(case.organisation)])


@pytest.fixture
def again(world) -> Application:
    """A firm's new draft after an application that was rejected."""
    screening.reject_application(
        application=firms.submitted(world),
        reason_codes=["incomplete"],
        feedback="请补充",
        actor=world.staff,
        now=world.now,
    )
    return firms.started(world)


# --- taking over earlier answers


def test_taking_over_keeps_what_is_typed_on_the_page(world, again):
    client = world.client("owner")
    typed = {"business_scope": TYPED, "version": 1, "contact_person": "王五", "draft_base": ""}
    response = client.post(page(again, "reuse"), typed)
    assert response.url == page(again)
    again.refresh_from_db()
    kept = (again.answers["business_scope"], again.answers["contact_person"])
    assert kept == (TYPED, "王五")
    assert again.answers["case_text"] == ANSWERS["case_text"]
    assert "business_scope" not in again.taken_over["keys"]


def test_taking_over_beside_a_fault_loses_nothing(world, again):
    client = world.client("owner")
    typed = {"business_scope": TYPED, "version": 1, "technical_staff": "-3"}
    refused = client.post(page(again, "reuse"), typed)
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["technical_staff"])
    again.refresh_from_db()
    assert (again.taken_over, "business_scope" in again.answers) == ({}, False)
    form = client.get(page(again)).context["form"]
    assert (form["business_scope"].value(), form["technical_staff"].value()) == (TYPED, "-3")


def test_the_button_that_takes_over_sends_the_page(world, again):
    html = world.client("owner").get(page(again)).content.decode()
    assert f'form="application-form" formaction="{page(again, "reuse")}"' in html


# --- withdrawing


def test_withdrawn_with_what_was_typed_and_not_saved(world):
    case = firms.started(world)
    client = world.client("owner")
    client.post(draft_url(case), {"case_text": TYPED, "technical_staff": "-3", "version": "1"})
    client.post(page(case, "withdraw"), {"version": 1})
    case.refresh_from_db()
    assert (case.state, case.answers["case_text"]) == ("withdrawn", TYPED)
    assert case.answers["contact_person"] == world.owner.name
    assert "technical_staff" not in case.answers


def test_withdrawn_without_what_another_tab_typed_before(world):
    case = firms.started(world)
    client = world.client("owner")
    client.post(draft_url(case), {"case_text": TYPED, "version": "0"})
    client.post(page(case, "withdraw"), {"version": 1})
    case.refresh_from_db()
    assert (case.state, "case_text" in case.answers) == ("withdrawn", False)


# --- refused, and then?


def test_what_was_refused_is_there_after_another_button(world):
    case = firms.started(world)
    client = world.client("owner")
    posted = {**POSTED, "business_scope": TYPED, "version": 1, "deed": "submit", "draft_base": ""}
    assert client.post(page(case), posted).status_code == 422
    assert client.get(page(case)).context["form"]["business_scope"].value() == TYPED


def test_what_was_refused_does_not_replace_what_another_tab_kept(world):
    case = firms.started(world)
    client = world.client("owner")
    client.post(draft_url(case), {"business_scope": "另一页的话", "version": "1"})
    posted = {**POSTED, "business_scope": TYPED, "version": 1, "deed": "submit", "draft_base": ""}
    refused = client.post(page(case), posted)
    assert refused.context["form"]["business_scope"].value() == TYPED
    assert FormDraft.objects.get().data["business_scope"] == ["另一页的话"]


def test_all_faults_are_named_at_once(world, again):
    client = world.client("owner")
    client.post(page(again, "reuse"), {"version": 1})
    posted = {**POSTED, "contact_person": "\u200b", "version": 2, "deed": "submit"}
    refused = client.post(page(again), posted)
    errors = refused.context["form"].errors
    assert set(errors) == {"contact_person", "truth_declared", "taken_over", "__all__"}
    assert errors["__all__"] == ["营业执照：请填写此项。"]


def test_nothing_is_named_as_missing_when_saving(world):
    case = firms.started(world)
    posted = {"technical_staff": "-3", "version": 1, "deed": "save"}
    refused = world.client("owner").post(page(case), posted)
    assert list(refused.context["form"].errors) == ["technical_staff"]


def test_half_a_form_can_be_saved_from_the_browser(world):
    """A required choice would have the browser refuse the button that saves."""
    case = firms.started(world)
    case.form = firms.newer_form(world)
    case.save()
    html = world.client("owner").get(page(case)).content.decode()
    radio = html[html.index('type="radio"') :]
    assert " required" not in radio[: radio.index(">")]


# --- saved elsewhere meanwhile


def test_what_another_device_saved_is_shown_beside_what_was_typed(world):
    case = firms.started(world)
    applications.save_answers(
        application=case,
        answers={"business_scope": "同事写的", "core_products": POSTED["core_products"]},
        actor=world.member,
        now=world.now,
    )
    client = world.client("owner")
    refused = client.post(page(case), {**POSTED, "deed": "save", "version": 1})
    assert refused.context["theirs"]["business_scope"] == "同事写的"
    assert "core_products" not in refused.context["theirs"]
    assert "另一处已保存： 同事写的" in refused.content.decode()


def test_one_tab_sends_while_another_types(world):
    case = firms.attached(world, firms.started(world))
    submissions.submit_application(
        application=case, answers=ANSWERS, actor=world.owner, now=world.now
    )
    posted = {**POSTED, "business_scope": TYPED, "deed": "save", "version": 1}
    late = world.client("owner").post(page(case), posted)
    assert late.status_code == 409
    assert [text for _label, text in late.context["unsent"]] == [TYPED]
    assert TYPED in late.content.decode()


def test_answers_that_passed_before_follow_what_is_typed(world):
    firms.STAGES["in_review"](world)
    old = Application.objects.get()
    applications.withdraw_application(application=old, actor=world.owner, now=world.now)
    case = firms.started(world)
    client = world.client("owner")
    client.post(page(case, "reuse"), {"version": 1})
    before = client.get(page(case)).context["passed"]
    client.post(draft_url(case), {"business_scope": TYPED, "version": "2"})
    after = client.get(page(case)).context["passed"]
    assert len(before[1]) == len(after[1]) + 1


def test_required_answers_that_no_check_names_are_named_as_empty(world):
    case = firms.started(world)
    case.form = firms.newer_form(world)
    case.save()
    client = world.client("owner")
    first = client.get(page(case)).context
    named = {line.answer for line in first["check"].open}
    assert "without_phone" in dict(first["empty"])
    assert not named & set(dict(first["empty"]))
    client.post(draft_url(case), {"without_phone": "yes", "version": "1"})
    assert "without_phone" not in dict(client.get(page(case)).context["empty"])


def test_choices_in_another_order_are_no_difference(world):
    case = firms.started(world)
    kept = {"scenarios": ["land", "funds"], "business_scope": "同事写的"}
    applications.save_answers(application=case, answers=kept, actor=world.member, now=world.now)
    Application.objects.update(answers={**kept, "scenarios": ["funds", "land"]})
    typed = {"scenarios": ["land", "funds"], "business_scope": TYPED, "deed": "save", "version": 1}
    refused = world.client("owner").post(page(case), typed)
    assert list(refused.context["theirs"]) == ["business_scope"]
