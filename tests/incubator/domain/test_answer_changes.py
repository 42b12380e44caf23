"""What changed between submissions, and which old answers fit a new form."""

import pytest

from incubator.domain.answer_changes import Sent, changes, reusable
from incubator.domain.application_form import TYPES
from tests.incubator.forms import form, question

EVERY = form(*(question(kind) for kind in TYPES))


def sent(content=EVERY, files=None, **answers: object) -> Sent:
    return Sent(content, answers, files or {})


def test_nothing_changed_is_nothing():
    assert changes(sent(short="甲"), sent(short="甲")) == []
    assert changes(sent(short=""), sent()) == []
    assert changes(sent(choices=["web", "app"]), sent(choices=["app", "web"])) == []
    assert changes(sent(), sent(files={})) == []


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (sent(), sent(number=3), "added"),
        (sent(yes_no=True), sent(), "removed"),
        (sent(yes_no=True), sent(yes_no=False), "changed"),
        (sent(date="2026-01-01"), sent(date="2026-01-02"), "changed"),
        (sent(files={"file": [("a", "一.pdf")]}), sent(), "removed"),
    ],
)
def test_change_says_what_kind_it_is(before, after, kind):
    (found,) = changes(before, after)
    assert (found.kind, found.parts, found.taken_out, found.put_in) == (kind, (), (), ())


def test_changed_text_shows_its_pieces():
    (found,) = changes(
        sent(long="村民跑 2 趟，等 3 天。当天出具。"),
        sent(long="村民跑 2 趟，等 1 天。当天出具。多谢"),
    )
    assert found.parts == (
        ("same", "村民跑 2 趟，"),
        ("out", "等 3 天。"),
        ("in", "等 1 天。"),
        ("same", "当天出具。"),
        ("in", "多谢"),
    )


def test_changed_choices_and_files_show_what_came_and_went():
    one, two = changes(
        sent(choices=["web"], files={"file": [("a", "一.pdf"), ("b", "二.pdf")]}),
        sent(choices=["app"], files={"file": [("b", "二.pdf"), ("c", "三.pdf")]}),
    )
    assert (one.taken_out, one.put_in) == (("web",), ("app",))
    assert (two.taken_out, two.put_in) == ((("a", "一.pdf"),), (("c", "三.pdf"),))


def test_questions_that_only_one_form_asks_come_in_order():
    old = form(question("short", "gone"), question("number", "kept"), question("short", "typed"))
    new = form(question("number", "kept"), question("number", "typed"), question("short", "fresh"))
    found = changes(sent(old, gone="甲", kept=1, typed="3"), sent(new, kept=2, typed=3, fresh="乙"))
    assert [(one.key, one.kind) for one in found] == [
        ("kept", "changed"),
        ("typed", "changed"),
        ("fresh", "added"),
        ("gone", "removed"),
    ]
    assert found[3].new is None
    assert found[1].parts == ()


def test_reusable_answers_fit_key_type_bounds_and_an_empty_place():
    old = form(
        question("short", "a"),
        question("short", "b"),
        question("number", "c", most=99),
        question("short", "d"),
        question("file"),
        question("short", "e"),
    )
    new = form(
        question("short", "a"),
        question("short", "b"),
        question("number", "c", most=5),
        question("number", "d"),
        question("file"),
        question("short", "e"),
        question("short", "fresh"),
    )
    given = sent(old, a="甲", b="旧", c=50, d="丁", e=" ")
    assert reusable(given, new, {"b": "新"}) == {"a": "甲"}
