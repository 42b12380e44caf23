"""What forms say about what is missing or wrong."""

from datetime import date

import pytest
from django import forms
from django.template.loader import render_to_string
from django.utils.translation import override

from portal.adapters import fields
from tests.support.form_fields import form_classes, modules


class Asked(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label="名称", max_length=3)
    on = forms.DateField(label="日期")
    number = forms.IntegerField(label="数量", min_value=0)
    sure = forms.BooleanField(
        label="我已核对以上全部内容，确认所填内容真实、准确、完整，并愿意承担相应责任"
    )


@pytest.mark.parametrize(
    ("language", "values", "words"),
    [
        ("zh-hans", {}, ["请填写此项。", "请填写此项。", "请填写此项。", "请勾选此项。"]),
        (
            "zh-hans",
            {"name": "甲乙丙丁", "on": "五月", "number": "-1", "sure": "on"},
            [
                "不得超过 3 字，现为 4 字。",
                "请填写有效日期，如 2026-05-01。",
                "不得小于 0。",
            ],
        ),
        (
            "en",
            {"name": "abcd", "on": "someday", "number": "0"},
            [
                "Ensure this value has at most 3 characters (it has 4).",
                "Enter a valid date.",
                "Tick this box to go on.",
            ],
        ),
    ],
)
def test_fault_is_said_in_the_official_register(language, values, words):
    with override(language):
        form = Asked(values)
        found = [str(text) for texts in form.errors.values() for text in texts]
    assert found == words


@pytest.mark.parametrize("text", ["\u200b", " \u2060\u3164 ", "\ufeff"])
def test_a_text_that_nobody_sees_is_none(text):
    with override("zh-hans"):
        form = Asked({"name": text, "on": "2026-05-01", "number": "0", "sure": "on"})
        assert form.errors == {"name": ["请填写内容，仅有空白字符视为未填写。"]}
    assert forms.CharField(required=False).clean(text) == ""


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "9999-12-31"])
def test_a_day_that_nobody_means_is_refused(day, monkeypatch):
    monkeypatch.setattr(fields, "localdate", lambda: date(2026, 11, 28))
    with override("zh-hans"):
        form = Asked({"name": "甲", "on": day, "number": "0", "sure": "on"})
        assert form.errors == {"on": ["请填写1900年1月1日至2046年12月31日之间的日期。"]}
    with pytest.raises(forms.ValidationError):
        forms.DateTimeField().clean(f"{day} 23:59")


def drawn_forms():
    """Yield every form class that can be drawn without anything known."""
    for name in modules():
        for form in form_classes(name):
            yield pytest.param(form, id=f"{name}.{form.__name__}")


@pytest.mark.parametrize("form", list(drawn_forms()))
def test_no_form_takes_unseen_words_or_days_without_end(form):
    """Each field of each form class, as it is declared."""
    for field in form.base_fields.values():
        if type(field) is forms.CharField and field.required:
            with pytest.raises(forms.ValidationError):
                field.clean("\u200b\u2060")
        if isinstance(field, forms.DateField | forms.DateTimeField):
            for day in ("9999-12-31", "0001-01-01"):
                with pytest.raises(forms.ValidationError):
                    field.clean(day)


def test_summary_shortens_the_words_of_a_box():
    with override("zh-hans"):
        text = render_to_string("portal/components/form_errors.html", {"form": Asked({})})
    assert ">名称</a>：请填写此项。" in text
    assert ">我已核对以上全部内容，确认所填内容真实、准...</a>：请勾选此项。" in text
