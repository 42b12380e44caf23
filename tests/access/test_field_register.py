"""Every field of every form says what it asks, of which class of data, and why."""

import csv
from pathlib import Path

from django import forms
from django.conf import settings

from portal.domain.data_register import CLASSES, PURPOSES
from tests.support.form_fields import every_field, made_at_run_time

SENSITIVE = ("身份证", "银行", "账户号", "人脸", "指纹", "健康", "民族", "出生")


def lines() -> list[dict[str, str]]:
    with Path(settings.FIELD_REGISTER).open(encoding="utf-8") as opened:
        return list(csv.DictReader(opened))


def test_sec_23_every_field_that_asks_has_exactly_one_line():
    listed = [(line["form"], line["field"]) for line in lines()]
    fields = every_field()
    assert sorted(fields - set(listed)) == []
    assert sorted(set(listed) - fields) == []
    assert listed == sorted(set(listed))


def test_sec_23_every_line_says_what_is_asked_and_why():
    assert [line for line in lines() if not line["asks"].strip()] == []
    assert {line["class"] for line in lines()} <= set(CLASSES)
    assert {line["purpose"] for line in lines()} <= set(PURPOSES)


def test_sec_19_no_form_asks_for_anything_sensitive():
    assert [line for line in lines() if line["class"] == "sensitive"] == []
    asked = [line["asks"] for line in lines()]
    assert [text for text in asked if any(word in text for word in SENSITIVE)] == []


class Growing(forms.Form):
    """A form whose fields are made when it is drawn."""

    known = forms.CharField()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["added"] = forms.CharField()
        for number in range(2):
            self.fields[f"row-{number}-text"] = forms.CharField()
        self.fields[str(args)] = self.other = forms.CharField()
        self.data = {}


def test_fields_made_at_run_time_are_found():
    assert sorted(made_at_run_time(Growing)) == ["*", "added", "row-*-text"]


def test_sec_23_register_is_linked_from_the_privacy_notice(world, client):
    from portal.services.privacy import Words, publish_notice

    words = Words("1", "说明\n## 多久\n一年", "Words\n## How long\nA year", "新", "New")
    publish_notice(words=words, actor=None, now=world.now)
    assert 'href="/privacy/fields.csv"' in client.get("/privacy/").content.decode()
    response = client.get("/privacy/fields.csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    text = response.content.decode("utf-8-sig")
    assert text == Path(settings.FIELD_REGISTER).read_text(encoding="utf-8")
