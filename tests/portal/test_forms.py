"""What forms say about what is missing or wrong."""

import pytest
from django import forms
from django.template.loader import render_to_string
from django.utils.translation import override


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


def test_summary_shortens_the_words_of_a_box():
    with override("zh-hans"):
        text = render_to_string("portal/components/form_errors.html", {"form": Asked({})})
    assert ">名称</a>：请填写此项。" in text
    assert ">我已核对以上全部内容，确认所填内容真实、准...</a>：请勾选此项。" in text
