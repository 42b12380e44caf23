"""Privacy notices: versions, acceptance."""

import json

import pytest

from portal.domain.lifecycle import Conflict, Invalid
from portal.models import AuditEntry, PrivacyAcceptance, PrivacyNotice
from portal.selectors.personal import notice_to_read
from portal.services.privacy import (
    SHIPPED,
    Words,
    accept_notice,
    publish_notice,
    publish_shipped,
    read_words,
)

FIRST, SECOND = Words("1", "第一版", "One"), Words("2", "第二版", "Two", "新的期限", "New periods")


def publish(world, words=FIRST):
    return publish_notice(words=words, actor=None, now=world.now)


def test_version_is_published_once_and_never_changes(world):
    assert publish(world) == publish(world)
    assert PrivacyNotice.objects.get().digest == FIRST.digest
    with pytest.raises(Conflict, match="privacy_version"):
        publish(world, Words("1", "别的话", "Other"))
    assert PrivacyNotice.objects.get().text == "第一版"
    last = AuditEntry.objects.latest("number")
    assert (last.action, last.outcome) == ("privacy.publish", "refused")


def test_acceptance_stores_version_and_time_once(world):
    assert accept_notice(user=world.owner, now=world.now) is None
    notice = publish(world)
    assert notice_to_read(world.owner) == notice
    for _twice in range(2):
        assert accept_notice(user=world.owner, now=world.now, version="1") == notice
    row = PrivacyAcceptance.objects.get()
    assert (row.user, row.notice.version, row.accepted_at) == (world.owner, "1", world.now)
    assert notice_to_read(world.owner) is None
    assert notice_to_read(world.owner2) == notice


def test_newer_version_is_asked_for_again(world):
    publish(world)
    accept_notice(user=world.owner, now=world.now)
    newer = publish(world, SECOND)
    assert notice_to_read(world.owner) == newer
    with pytest.raises(Conflict, match="privacy_newer"):
        accept_notice(user=world.owner, now=world.now, version="1")
    assert notice_to_read(world.owner) == newer


def test_shipped_notice_is_published_where_there_is_none(world):
    notice = publish_shipped(now=world.now)
    assert (notice.version, notice.digest) == ("2026-2", read_words(SHIPPED).digest)
    assert "不收集身份证号码" in notice.text
    publish(world, SECOND)
    assert publish_shipped(now=world.now).version == "2"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        json.dumps({"version": "1"}),
        json.dumps({"version": " ", "text": ["a"], "text_en": []}),
        json.dumps({"version": "1", "text": [" "], "text_en": []}),
        json.dumps({"version": "1", "text": ["a"], "text_en": [], "other": 1}),
    ],
)
def test_file_without_a_notice_is_refused(tmp_path, content):
    path = tmp_path / "notice.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(Invalid, match="privacy_file"):
        read_words(path)
    with pytest.raises(Invalid, match="privacy_file"):
        read_words(tmp_path / "none.json")
