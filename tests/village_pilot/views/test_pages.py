"""The pages of pilots, walked by the people who use them, in both languages."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from portal.models import Membership
from tests.village_pilot.story import (
    LATER,
    LOG,
    NOTE,
    PDF,
    SIGNED,
    WHY,
    Story,
    fresh,
    many,
    other_village,
)
from tests.world import World
from village_pilot.domain.delivery import CRITERIA
from village_pilot.labels import CATEGORIES
from village_pilot.models import CaseLog, DeliverableVersion, Pilot, ProcessTemplate
from village_pilot.services.case_logs import import_case_log


@pytest.fixture
def story(world: World) -> Story:
    return Story(world)


LIST_QUERIES = 12


def url(name: str, *args: object) -> str:
    return reverse(f"village_pilot:{name}", args=args)


def upload(text: str, name: str = "办件.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode())


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_catalogue_is_public(story: Story, language) -> None:
    client = story.world.client(language=language)
    listed = client.get(url("processes"))
    one = client.get(url("process", "V15"))
    assert (listed.status_code, len(listed.context["rows"])) == (200, 27)
    assert (one.status_code, client.get(url("process", "V99")).status_code) == (200, 404)
    assert "Snap-and-report" in one.content.decode() or language == "zh-hans"


def test_catalogue_is_filtered(story: Story) -> None:
    page = story.world.client().get(url("processes"), {"category": "救助"})
    assert [row.code for row in page.context["rows"]] == ["V07", "V08", "V09", "V24"]


@pytest.mark.parametrize(("language", "name"), [("zh-hans", "救助"), ("en", "Social relief")])
def test_catalogue_names_its_categories_in_the_readers_language(story: Story, language, name):
    client = story.world.client(language=language)
    listed = client.get(url("processes"))
    choices = dict(listed.context["form"].fields["category"].choices)
    assert choices["救助"] == name
    assert ">救助<" in listed.text if language == "zh-hans" else ">救助<" not in listed.text
    assert name in client.get(url("process", "V07")).text


def test_every_category_of_the_catalogue_has_an_english_name(story: Story) -> None:
    used = set(ProcessTemplate.objects.values_list("category", flat=True))
    assert used == CATEGORIES.keys()


def test_whole_way_through_the_pages(story: Story) -> None:
    world = story.world
    staff, owner, signer = (world.client(login) for login in ("staff", "owner", "signer"))
    answer = staff.post(
        url("propose"),
        {
            "process": story.process.pk,
            "provider": story.firm.pk,
            "committee": story.committee.pk,
            "title": "随手拍",
            "goal": "拍照上报",
            "starts_on": "2026-12-01",
            "ends_on": "2027-05-31",
        },
    )
    pilot = Pilot.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, url("pilot", pilot.number))
    assert signer.get(url("village_pilot", pilot.number)).context["may_decide"] is True
    for client, action in ((signer, "consent"), (owner, "agree"), (staff, "start")):
        client.post(url("pilot_move", pilot.number, action))
    pilot.refresh_from_db()
    assert pilot.state == "running"
    staff.post(url("milestone_add", pilot.number), {"title": "上线", "due_on": "2027-01-15"})
    milestone = pilot.milestones.get()
    owner.post(url("milestone_move", milestone.pk), {"due_on": "2027-01-20", "reason": "晚到"})
    owner.post(url("deliverable_add", pilot.number), {"title": "小程序", "milestone": milestone.pk})
    version = DeliverableVersion.objects.get()
    owner.post(
        url("deliverable_upload", version.pk),
        {"file": SimpleUploadedFile("材料.pdf", PDF)},
    )
    owner.post(url("deliverable_submit", version.pk), {"note": NOTE, "version": 1})
    version = fresh(version)
    assert version.state == "technical_review"
    reviewer = world.client(version.reviewer.email.split("@")[0])
    assert len(reviewer.get(url("reviews")).context["waiting"]) == 1
    marks = {f"score_{name}": 3 for name in CRITERIA}
    whys = {f"narrative_{name}": WHY for name in CRITERIA}
    reviewer.post(
        url("review", version.pk),
        {**marks, **whys, "verdict": "approve", "version": version.version},
    )
    version = fresh(version)
    assert version.state == "village_acceptance"
    made = staff.post(url("codes"), {"signer": world.signer.pk, "count": 2})
    assert made["Location"] == url("codes")
    sheet = staff.get(url("codes"))
    assert "no-store" in sheet["Cache-Control"]
    assert "codes" not in staff.get(url("codes")).context
    answer = signer.post(
        url("accept", version.pk),
        {
            "decision": "accept",
            "signed_name": SIGNED,
            "code": sheet.context["codes"][0],
            "version": version.version,
        },
    )
    assert (answer.status_code, fresh(version).state) == (302, "accepted")
    assert (
        str(fresh(version).decision.document.number)
        in signer.get(url("accept", version.pk)).content.decode()
    )


PAGES = (
    ("pilot", "number", {"owner", "member", "clerk", "signer", "staff", "lead", "reviewer"}),
    ("measures", "number", {"owner", "member", "clerk", "signer", "staff", "lead", "reviewer"}),
    ("deliverable", "pk", {"owner", "member", "clerk", "signer", "staff", "lead", "reviewer"}),
    ("accept", "pk", {"clerk", "signer"}),
)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_pages_are_for_those_involved_and_404_for_others(story: Story, language) -> None:
    version = story.approved()
    reviewer = version.reviewer.email.split("@")[0]
    logins = {
        "owner",
        "member",
        "owner2",
        "clerk",
        "signer",
        "staff",
        "lead",
        "reviewer",
        "board",
    }
    keys = {"number": version.pilot.number, "pk": version.pk}
    for name, key, admitted in PAGES:
        seen = set()
        for login in logins:
            client = story.world.client(reviewer if login == "reviewer" else login, language)
            status = client.get(url(name, keys[key])).status_code
            assert status in {200, 404} or name == "accept"
            if status == 200:
                seen.add(login)
        assert (name, seen) == (name, admitted)


def test_another_village_sees_nothing(story: Story) -> None:
    version = story.approved()
    Membership.objects.filter(user=story.world.signer).update(
        organisation=other_village(story.world)
    )
    client = story.world.client("signer")
    for name, key in (("pilot", version.pilot.number), ("accept", version.pk)):
        assert client.get(url(name, key)).status_code == 404
    assert client.get(url("village")).context["inbox"].to_accept == []


def test_draft_is_hidden_from_village(story: Story) -> None:
    version = story.draft()
    assert story.world.client("clerk").get(url("deliverable", version.pk)).status_code == 404


def test_refused_decision_keeps_what_was_typed(story: Story) -> None:
    version = story.approved()
    answer = story.world.client("signer", "en").post(
        url("accept", version.pk),
        {
            "decision": "refuse",
            "note": "缺照片",
            "signed_name": SIGNED,
            "code": "22222-22222",
            "version": version.version,
        },
    )
    text = answer.content.decode()
    assert (answer.status_code, fresh(version).state) == (422, "village_acceptance")
    assert "This code is not valid or was used." in text
    assert "缺照片" in text


def test_incomplete_review_keeps_what_was_typed(story: Story) -> None:
    version = story.submitted()
    client = story.world.client(version.reviewer.email.split("@")[0], "en")
    answer = client.post(
        url("review", version.pk),
        {"narrative_function": "这一段要留着", "verdict": "approve", "version": version.version},
    )
    assert answer.status_code == 422
    assert "这一段要留着" in answer.content.decode()
    assert "Choose a mark from 0 to 4." in answer.content.decode()


@pytest.mark.parametrize(
    ("language", "said", "heading"),
    [
        ("en", "This step is not open: the case has moved on.", "Your text was not sent"),
        ("zh-hans", "该事项已进入其他环节，不能再办理此操作。", "您填写的内容未提交"),
    ],
)
def test_text_for_a_version_that_moved_on_stays_visible(
    story: Story, language, said, heading
) -> None:
    version = story.submitted()
    answer = story.world.client("owner", language).post(
        url("deliverable_submit", version.pk), {"note": "这一段要留着", "version": 1}
    )
    page = answer.content.decode()
    assert (answer.status_code, fresh(version).note) == (409, NOTE)
    assert [text in page for text in (said, heading, "这一段要留着")] == [True, True, True]


def test_empty_note_for_a_version_that_moved_on_says_so(story: Story) -> None:
    version = story.submitted()
    answer = story.world.client("owner", "en").post(url("deliverable_submit", version.pk), {})
    page = answer.content.decode()
    assert (answer.status_code, "the case has moved on" in page) == (409, True)
    assert "Your text was not sent" not in page


def test_stale_hand_in_keeps_the_text_in_a_form_of_today(story: Story) -> None:
    version = story.submitted()
    story.review(version, "request_changes")
    client = story.world.client("owner", "en")
    values = {"note": "这一段要留着", "version": 1}
    answer = client.post(url("deliverable_submit", version.pk), values)
    page = answer.content.decode()
    form = answer.context["submit"]
    assert (answer.status_code, fresh(version).state) == (422, "changes_requested")
    assert "Somebody changed this case while your page was open." in page
    assert (form["note"].value(), form["version"].value()) == (
        "这一段要留着",
        fresh(version).version,
    )
    client.post(
        url("deliverable_submit", version.pk), values | {"version": form["version"].value()}
    )
    assert (fresh(version).state, fresh(version).note) == ("technical_review", "这一段要留着")


def test_file_for_a_version_that_moved_on_is_refused_aloud(story: Story) -> None:
    version = story.submitted()
    answer = story.world.client("owner", "en").post(
        url("deliverable_upload", version.pk), {"file": SimpleUploadedFile("补充.pdf", PDF + b"%")}
    )
    assert (answer.status_code, version.files.count()) == (409, 1)
    assert "Files and modules are changed in drafts" in answer.content.decode()


def test_same_file_twice_is_kept_once_and_named(story: Story) -> None:
    version = story.draft()
    answer = story.world.client("owner", "en").post(
        url("deliverable_upload", version.pk), {"file": SimpleUploadedFile("又一次.pdf", PDF)}
    )
    text = "This file is already in this version, as “验收材料.pdf”; it is kept once."
    assert (answer.status_code, version.files.count()) == (422, 1)
    assert text in answer.content.decode()


def test_file_is_removed_through_the_page(story: Story) -> None:
    version = story.draft()
    path = url("deliverable_file_remove", version.pk, version.files.get().pk)
    client = story.world.client("member", "en")
    page = client.get(url("deliverable", version.pk)).content.decode()
    assert [text in page for text in (path, "Remove this file?")] == [True, True]
    answer = client.post(path)
    assert (answer["Location"], version.files.count()) == (url("deliverable", version.pk), 0)
    again = client.post(path, follow=True).content.decode()
    assert "This file is no longer in this version." in again
    assert story.world.client("owner2").post(path).status_code == 404


def test_files_of_a_version_that_moved_on_offer_no_removal(story: Story) -> None:
    version = story.submitted()
    page = story.world.client("owner", "en").get(url("deliverable", version.pk))
    assert "Remove this file?" not in page.content.decode()


def test_renamed_executable_is_named_on_the_page(story: Story) -> None:
    version = story.draft()
    answer = story.world.client("owner").post(
        url("deliverable_upload", version.pk),
        {"file": SimpleUploadedFile("材料.pdf", b"MZ" + b"\0" * 300)},
    )
    assert (answer.status_code, version.files.count()) == (422, 1)


def test_case_logs_through_the_page(story: Story) -> None:
    pilot = story.pilot()
    page = url("measures", pilot.number)
    client = story.world.client("clerk", "en")
    empty = client.get(page)
    broken = client.post(
        page, {"phase": "before", "file": upload(LOG.replace("2026-03-04 09:00", "昨天"))}
    )
    for phase, text in (("before", LOG), ("after", LATER)):
        client.post(page, {"phase": phase, "file": upload(text)})
    shown = client.get(page)
    assert "A comparison needs both logs" in empty.content.decode()
    assert broken.status_code == 422
    assert "Row 5, column “时间”: “昨天” is not a date and time." in broken.content.decode()
    assert CaseLog.objects.count() == 2
    assert shown.context["page"].faster is None
    steps = [(one.start, one.end, one.before, one.after) for one in shown.context["page"].steps]
    assert steps == [("上报", "办结", 0, 2), ("登记", "办结", 2, 0), ("登记", "登记", 1, 0)]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Before the redesign: too few cases (2 of 10) – shown, but not counted."),
        ("zh-hans", "改造前：办件太少（2 件，至少 10 件），仅作展示，不计入统计。"),
    ],
)
def test_measures_of_few_cases_say_that_they_do_not_count(story: Story, language, text) -> None:
    pilot = story.pilot()
    for phase, content in (("before", LOG), ("after", many(LATER))):
        import_case_log(
            pilot=pilot,
            upload=upload(content),
            phase=phase,
            actor=story.world.clerk,
            now=story.now,
        )
    page = story.world.client("clerk", language).get(url("measures", pilot.number))
    assert text in page.content.decode()
    assert [bool(side.too_few) for side in page.context["page"].sides] == [True, False]
    assert page.context["page"].faster is None


def test_shorter_time_is_named_where_both_logs_count(story: Story) -> None:
    pilot = story.pilot()
    for phase, content in (("before", many(LOG)), ("after", many(LATER))):
        import_case_log(
            pilot=pilot, upload=upload(content), phase=phase, actor=story.world.clerk,
            now=story.now,
        )  # fmt: skip
    page = story.world.client("clerk", "en").get(url("measures", pilot.number))
    assert round(page.context["page"].faster, 3) == 0.7
    assert "median time 70" in page.text


def test_files_are_for_those_involved(story: Story) -> None:
    version = story.approved()
    stored = version.files.get()
    story.decide(version, photo=upload_png())
    photo = fresh(version).decision.photo
    log = import_case_log(
        pilot=version.pilot,
        upload=upload(LOG),
        phase="before",
        actor=story.world.clerk,
        now=story.now,
    ).stored
    seen = {
        login: tuple(
            story.world.client(login).get(reverse("portal:file", args=[file.pk])).status_code
            for file in (stored, photo, log)
        )
        for login in ("owner", "owner2", "clerk", "staff", "learner")
    }
    assert seen == {
        "owner": (200, 200, 200),
        "owner2": (404, 404, 404),
        "clerk": (200, 200, 200),
        "staff": (200, 200, 200),
        "learner": (404, 404, 404),
    }


def upload_png() -> SimpleUploadedFile:
    return SimpleUploadedFile("签字单.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 64)


@pytest.mark.parametrize("rows", [1, 3])
def test_list_takes_the_same_queries_for_any_number(story: Story, queries, rows) -> None:
    for _row in range(rows):
        story.pilot("proposed")
    client = story.world.client("staff")
    with queries(LIST_QUERIES):
        page = client.get(url("pilots"))
    assert len(page.context["rows"]) == rows


def test_dispute_through_the_pages(story: Story) -> None:
    version = story.decided("refuse")
    owner, board = story.world.client("owner"), story.world.client("board")
    owner.post(url("deliverable_dispute", version.pk), {"reason": "照片已附"})
    assert board.get(url("deliverable", version.pk)).status_code == 200
    board.post(url("deliverable_resolve", version.pk), {"reason": "补拍后再验收"})
    assert fresh(version).state == "resolved"
    owner.post(url("deliverable_next", version.pk))
    assert DeliverableVersion.objects.count() == 2


def test_steps_with_a_reason(story: Story) -> None:
    pilot = story.pilot()
    staff = story.world.client("staff")
    page = url("pilot_reason", pilot.number, "pause")
    assert staff.get(page).status_code == 200
    assert staff.post(page, {"reason": "", "version": pilot.version}).status_code == 422
    assert staff.post(page, {"reason": "秋收", "version": pilot.version}).status_code == 302
    assert staff.post(page, {"reason": "秋收", "version": pilot.version}).status_code == 422
    pilot.refresh_from_db()
    assert pilot.state == "paused"


def test_unknown_step_is_not_found(story: Story) -> None:
    pilot = story.pilot()
    client = story.world.client("staff")
    assert client.post(url("pilot_move", pilot.number, "vanish")).status_code == 404
    assert client.get(url("pilot_reason", pilot.number, "vanish")).status_code == 404


def test_staff_judge_and_assign(story: Story) -> None:
    version = story.submitted()
    milestone = version.deliverable.milestone
    staff = story.world.client("staff")
    staff.post(url("milestone_judge", milestone.pk, "meet"))
    milestone.refresh_from_db()
    assert milestone.state == "met"
    assert staff.post(url("milestone_judge", milestone.pk, "vanish")).status_code == 404
    assert staff.post(url("deliverable_assign", version.pk)).status_code == 302


@pytest.mark.parametrize(
    ("login", "words"),
    [("signer", "Waits for you"), ("clerk", "Waits for the village's signer")],
)
def test_village_is_told_whose_turn_it_is(story: Story, login: str, words: str) -> None:
    story.approved()
    page = story.world.client(login, "en").get(url("village")).content.decode()
    assert words in page
    assert ("Look and decide" in page) is (login == "signer")
