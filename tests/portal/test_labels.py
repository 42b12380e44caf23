"""Words that the apps register: each code once, each kind of file and deed by a name."""

from pathlib import Path

import allauth
import polib
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext, override

from portal import labels
from portal.domain import content_types
from portal.domain.lifecycle import Refused
from portal.labels.accounts import TEXTS
from portal.labels.days import in_reader_words
from portal.labels.deeds import DEEDS, add_deeds
from portal.labels.files import KINDS, kind_of_file, kinds_of_files

TWICE = [
    (labels.add_refusals, labels.REFUSALS),
    (labels.add_work_kinds, labels.WORK_KINDS),
    (labels.add_notification_kinds, labels.NOTIFICATION_KINDS),
    (add_deeds, DEEDS),
]


@pytest.mark.parametrize(("add", "registry"), TWICE)
def test_word_registered_twice_stops_the_start(add, registry):
    before = dict(registry)
    key = next(iter(registry))
    with pytest.raises(ImproperlyConfigured, match=f"twice: {key}$"):
        add({"walk.new": registry[key], key: registry[key]})
    assert registry == before


@pytest.mark.parametrize("add", [labels.add_states, labels.add_actions])
def test_lifecycle_registered_twice_stops_the_start(add):
    with pytest.raises(ImproperlyConfigured, match=r"twice: incubator\.application$"):
        add("incubator.application", {})


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh-hans", "PDF、Word 文档、CSV 表格"), ("en", "PDF, Word document, CSV table")],
)
def test_kinds_of_files_read_as_words_in_their_order(language, words):
    with override(language):
        kinds = [content_types.CSV, content_types.PDF, content_types.DOCX]
        assert kinds_of_files(kinds) == words


def test_every_kind_that_is_taken_or_sniffed_has_words():
    taken = frozenset().union(*content_types.ALLOWED.values())
    assert taken - KINDS.keys() == set()
    with override("en"):
        assert kind_of_file("application/x-unheard-of") == "unknown kind of file"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("role.grant", "授予角色"),
        ("incubator.application.submit", "提交"),
        ("x.y", "x.y"),
        ("x", "x"),
    ],
)
def test_deed_label_names_deeds_and_steps(code, words):
    with override("zh-hans"):
        assert str(labels.deed_label(code)) == words


def test_texts_of_allauth_are_still_its_own():
    """One that allauth has reworded would be in our catalogue for nothing."""
    path = Path(allauth.__file__).parent / "locale/zh_Hans/LC_MESSAGES/django.po"
    assert set(TEXTS) - {entry.msgid for entry in polib.pofile(str(path))} == set()


def test_texts_of_allauth_say_one_word_for_one_thing():
    with override("zh-hans"):
        said = {text: gettext(text) for text in TEXTS}
    assert {text for text, words in said.items() if text == words} == set()
    mixed = ("Email", "电子邮件", "帐号", "帐户", "账户", "登出", "双因素")
    assert {words for words in said.values() if any(word in words for word in mixed)} == set()


def test_deeds_are_found_by_their_name():
    with override("zh-hans"):
        assert labels.deeds_named("授予角色") == ["role.grant"]
        assert "incubator.application.submit" in labels.deeds_named("提交")
        assert labels.deeds_named("没有这个") == []


@pytest.mark.parametrize(
    ("language", "count", "words"),
    [("en", 1, "1 row cannot be taken, in line 7."),
     ("en", 3, "3 rows cannot be taken, the first in line 7."),
     ("zh-hans", 1, "有 1 行无法接收"), ("zh-hans", 3, "有 3 行无法接收")],
)  # fmt: skip
def test_refusal_that_counts_has_its_plural(language, count, words):
    refusal = Refused("usage_rows", count=count, line=7)
    with override(language):
        assert labels.refusal_text(refusal).startswith(words)


@pytest.mark.parametrize(
    ("code", "words"),
    [("usage_rows", "… rows cannot be taken, the first in line …."),
     ("file_empty", "The file “…” is empty and was not kept."), ("unheard_of", "")],
)  # fmt: skip
def test_refusal_named_leaves_out_what_was_not_kept(code, words):
    with override("en"):
        assert labels.refusal_named(code).partition(" Nothing")[0] == words


@pytest.mark.parametrize(
    ("value", "chinese", "english"),
    [("2026-11", "2026年11月", "November 2026"), ("0001-01", "0001年1月", "January 0001"),
     ("2026-13", "2026-13", "2026-13"), ("2026-11-05", "2026年11月5日", "5 Nov 2026")],
)  # fmt: skip
def test_month_in_a_refusal_reads_as_words(value, chinese, english):
    for language, words in (("zh-hans", chinese), ("en", english)):
        with override(language):
            assert in_reader_words(value) == words
