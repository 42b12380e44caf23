"""The pages of application windows: the public's, the staff's desk, the back office."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from incubator.labels.applications import rule_words
from incubator.models import ApplicationWindow
from incubator.models.windows import stream_of
from incubator.services import windows
from tests.incubator import firms
from tests.incubator.forms import check, form, question

EVERY = form(
    {"type": "section", "title": "第一部分", "title_en": ""},
    question("short", klass="personal", required=True),
    question("long"),
    question("number"),
    question("number", "share", decimals=2, unit="", unit_en="", least=None, most=None),
    question("date"),
    question("choice"),
    question("choices"),
    question("yes_no"),
    question("file"),
    checks=[check("size", {"field": "number", "op": "ge", "value": 3})],
)


def opened(world, key="all", **changes) -> ApplicationWindow:
    values = {"content": EVERY, "opens_on": world.now.date(), **changes}
    row = windows.create_window(key=key, now=world.now, **values)
    return windows.publish_window(window=row, actor=world.staff, now=world.now)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_public_pages_say_what_is_asked_and_why(world, language):
    opened(world)
    client = world.client(language=language)
    assert b"/apply/all/" in client.get("/apply/").content
    shown = client.get("/apply/all/").content.decode()
    assert {"zh-hans": "用于评审。", "en": "For the review."}[language] in shown
    assert {"zh-hans": "不低于 3。", "en": "3 or more."}[language] in shown
    assert "…" not in shown
    assert ('<span lang="zh-Hans">第一部分</span>' in shown) is (language == "en")


@pytest.mark.parametrize(
    ("when", "chinese", "english"),
    [({"field": "a.characters", "op": "ge", "value": 20}, "不少于 20 字。",
      "At least 20 characters."),
     ({"field": "a.characters", "op": "le", "value": 1}, "不超过 1 字。", "At most 1 characters."),
     ({"field": "a.count", "op": "ge", "value": 2}, "不少于 2 项。", "At least 2 of them."),
     ({"field": "a", "op": "le", "value": 2}, "不高于 2。", "2 or less."),
     ({"field": "a", "op": "eq", "value": 2}, "现有 …，需要 2。", "… of 2."),
     ({"all": [{"field": "a", "op": "ge", "value": 2}]}, "现有 …，需要 2。", "… of 2.")],
)  # fmt: skip
def test_rule_about_a_count_reads_as_a_rule(when, chinese, english):
    one = check("length", when)
    for language, words in (("zh-hans", chinese), ("en", english)):
        with override(language):
            assert rule_words(one) == words


def test_rule_whose_words_count_nothing_keeps_them():
    one = check("length", {"field": "a.count", "op": "ge", "value": 1})
    one |= {"reason": "至少选择 {wanted} 项。", "reason_en": "Choose {wanted}."}
    with override("zh-hans"):
        assert rule_words(one) == "至少选择 1 项。"


def test_windows_stand_in_the_order_in_which_people_look_for_them(world):
    today = timezone.localdate()
    opened(world, "over", opens_on=today - timedelta(days=9), closes_on=today - timedelta(days=1))
    opened(world, "soon", opens_on=today + timedelta(days=1))
    opened(world, "now")
    windows.create_window(key="draft", content=EVERY, opens_on=today, now=world.now)
    cards = world.client().get("/apply/").context["cards"]
    assert [(card.window.key, card.clock) for card in cards] == [
        ("now", "open"),
        ("soon", "coming"),
        ("over", "closed"),
    ]
    for card in cards:
        assert world.client().get(f"/apply/{card.window.key}/").status_code == 200


@pytest.mark.parametrize("key", ["gone", "x" * 5000, "../admin", "a b", "draft", "九"])
def test_window_that_is_none_is_not_found(world, key):
    windows.create_window(key="draft", content=EVERY, opens_on=world.now.date(), now=world.now)
    assert world.client().get(f"/apply/{key}/").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_list_takes_the_same_queries_for_any_number(world, queries, count):
    for number in range(count):
        opened(world, f"w{number}")
    client = world.client()
    client.get("/apply/")
    with queries(LIST_QUERIES):
        client.get("/apply/")


LIST_QUERIES = 1


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_type_of_question_is_asked_kept_and_shown(world, language):
    row = opened(world)
    client = world.client("owner", language)
    firm = world.organisation("owner").pk
    client.post(reverse("incubator:application_new"), {"organisation": firm, "window": row.pk})
    case = row.current.applications.get()
    url = reverse("incubator:application", args=[case.pk])
    posted = {
        "short": "示例",
        "long": "两行\n字",
        "number": "4",
        "share": "0.25",
        "date": "2026-02-28",
        "choice": "app",
        "choices": ["web", "app"],
        "yes_no": "no",
        "deed": "save",
        "version": 1,
    }
    assert client.post(url, posted).status_code == 302
    case.refresh_from_db()
    assert case.answers == {
        "short": "示例",
        "long": "两行\n字",
        "number": 4,
        "share": 0.25,
        "date": "2026-02-28",
        "choice": "app",
        "choices": ["web", "app"],
        "yes_no": False,
    }
    form_shown = client.get(url).context["form"]
    assert form_shown["yes_no"].value() == "no"
    client.post(reverse("incubator:attach", args=[case.pk]), {"kind": "file", "file": firms.pdf()})
    sent = client.post(url, {**posted, "deed": "submit", "version": 2, "truth_declared": "on"})
    assert sent.status_code == 302
    shown = client.get(url).content.decode()
    expected = {
        "zh-hans": ("2026年2月28日", "4 人", "网页、应用", "否"),
        "en": ("28 Feb 2026", "4 people", "Web, 应用", "No"),
    }
    assert [text for text in expected[language] if text not in shown] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("number", "4.5"),
        ("number", "11"),
        ("number", "9" * 5000),
        ("share", "1e999"),
        ("share", "NaN"),
        ("share", "0.255"),
        ("share", "9" * 5000),
        ("date", "2026-02-30"),
        ("choice", "fax"),
        ("choices", "fax"),
        ("yes_no", "perhaps"),
        ("short", "x" * 21),
        ("long", "a\0b"),
    ],
)
def test_bad_answer_is_refused_at_its_question_and_typing_is_kept(world, name, value):
    row = opened(world)
    case = firms.started_in(world, row)
    url = reverse("incubator:application", args=[case.pk])
    posted = {"short": "示例", name: value, "deed": "save", "version": 1}
    response = world.client("owner").post(url, posted)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [name]


def test_words_of_staff_are_escaped_where_firms_read_them(world):
    evil = "<script>alert(1)</script>"
    content = form(question("short", title=evil, help=evil, purpose=evil))
    row = opened(world, content=content)
    case = firms.started_in(world, row)
    for client, url in (
        (world.client(), "/apply/all/"),
        (world.client("owner"), reverse("incubator:application", args=[case.pk])),
        (world.client("staff"), reverse("incubator:window_work", args=[row.pk])),
    ):
        shown = client.get(url).content.decode()
        assert evil not in shown
        assert "&lt;script&gt;" in shown


# --- staff


def post(world, row, action, **values):
    url = reverse("incubator:window_move", args=[row.pk, action])
    return world.client("staff", "en").post(url, values)


def test_staff_see_faults_and_publish_what_is_sound(world):
    content = form(question("short"), checks=[check("c", {"field": "gone", "op": "known"})])
    row = windows.create_window(
        key="autumn", content=content, opens_on=world.now.date(), now=world.now
    )
    client = world.client("staff", "en")
    work = reverse("incubator:window_work", args=[row.pk])
    assert "checks[c].when.field" in client.get(work).content.decode()
    refused = post(world, row, "publish")
    assert refused.status_code == 422
    assert refused.context["failed"].non_field_errors() == [
        "checks[c].when.field: unknown field 'gone'; declare it"
    ]

    row.checks = stream_of(EVERY)["checks"][:0]
    row.save()
    assert post(world, row, "publish").url == work
    assert client.get(reverse("incubator:window_desk")).status_code == 200
    row.refresh_from_db()
    assert row.state == "published"
    assert client.get(work).context["work"].changed is False


def test_staff_close_with_a_reason_that_the_public_reads(world):
    row = opened(world)
    assert post(world, row, "close", reason="").status_code == 422
    assert post(world, row, "close", reason="名额已满").status_code == 302
    assert "名额已满" in world.client().get("/apply/all/").content.decode()
    assert post(world, row, "bribe").status_code == 404


def test_back_office_saves_a_draft_and_leads_to_its_page(world):
    windows.grant_rights()
    client = world.client("staff")
    add = reverse("wagtailsnippets_incubator_applicationwindow:add")
    assert client.get(add).status_code == 200
    posted = {
        "key": "spring",
        "title": "春季",
        "opens_on": "2026-03-01",
        "closes_on": "2026-02-01",
        "questions-count": "1",
        "questions-0-deleted": "",
        "questions-0-order": "0",
        "questions-0-type": "short",
        "questions-0-id": "",
        "questions-0-value-key": "name",
        "questions-0-value-title": "名称",
        "questions-0-value-purpose": "核对",
        "questions-0-value-klass": "internal",
        "questions-0-value-limit": "80",
        "checks-count": "0",
    }
    refused = client.post(add, posted)
    assert refused.status_code == 200
    assert list(refused.context["form"].errors) == ["closes_on"]
    posted["closes_on"] = "2026-04-01"
    for field, value, named in (
        ("title", "\u200b", "title"),
        ("questions-0-value-title", "\u200b\u2060", "questions"),
        ("questions-0-value-purpose", "\u3164", "questions"),
        ("opens_on", "0001-01-01", "opens_on"),
        ("closes_on", "9999-12-31", "closes_on"),
    ):
        refused = client.post(add, {**posted, field: value})
        assert (refused.status_code, list(refused.context["form"].errors)) == (200, [named])
    response = client.post(add, posted)
    row = ApplicationWindow.objects.get()
    assert response.url == reverse("incubator:window_work", args=[row.pk])
    assert (row.state, row.version, row.key) == ("draft", 1, "spring")

    windows.publish_window(window=row, actor=world.staff, now=world.now)
    edit = reverse("wagtailsnippets_incubator_applicationwindow:edit", args=[row.pk])
    assert client.get(edit).status_code == 200
    client.post(edit, {**posted, "closes_on": "2026-05-01", "key": "changed"})
    row.refresh_from_db()
    assert (row.key, row.version, row.state) == ("spring", 3, "published")
    delete = reverse("wagtailsnippets_incubator_applicationwindow:delete", args=[row.pk])
    client.post(delete)
    assert ApplicationWindow.objects.count() == 1


@pytest.mark.parametrize(
    ("last", "words"), [(None, ", closed on "), (9, ", closed on "), (-1, " to ")]
)
def test_window_closed_by_hand_says_when(world, last, words):
    today = world.now.date()
    row = opened(
        world,
        opens_on=today - timedelta(days=9),
        closes_on=None if last is None else today + timedelta(days=last),
    )
    windows.close_window(window=row, reason="满额", actor=world.staff, now=world.now)
    for path in ("/apply/", "/apply/all/"):
        shown = world.client(language="en").get(path).content.decode()
        assert words in shown
        assert "until further notice" not in shown
