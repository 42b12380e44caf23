"""The public page of the audit trail's anchors."""

import hashlib
from datetime import timedelta

import pytest

from portal.selectors.audit import AnchorMark, latest_anchor
from portal.services.audit import publish_anchor


@pytest.mark.parametrize(("language", "title"), [("zh-hans", "审计锚点"), ("en", "Audit anchors")])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_page_shows_anchors_newest_first_in_one_query(world, queries, language, title, count):
    made = [publish_anchor(now=world.now + timedelta(days=n)) for n in range(count)]
    client = world.client(None, language)
    with queries(1):
        response = client.get("/audit-anchors/")
    text = response.content.decode()
    assert f"<title>{title}" in text
    assert [row.root for row in response.context["rows"]] == [row.root for row in reversed(made)]
    assert all(row.root in text for row in made)


def test_file_is_what_its_root_is_the_digest_of(world, queries):
    anchor = publish_anchor(now=world.now)
    with queries(1):
        response = world.client().get("/audit-anchors/2026-11-23.json")
    assert hashlib.sha256(response.content).hexdigest() == anchor.root
    assert response["Content-Type"] == "application/json"


@pytest.mark.parametrize("on", ["2026-11-22", "2026-13-45", "x", "2026-11-23T00"])
def test_day_without_an_anchor_is_not_found(world, on):
    publish_anchor(now=world.now)
    assert world.client().get(f"/audit-anchors/{on}.json").status_code == 404


def test_older_anchors_are_on_the_next_page(world):
    for number in range(33):
        publish_anchor(now=world.now + timedelta(days=number))
    first = world.client().get("/audit-anchors/").context
    rest = world.client().get(f"/audit-anchors/{first['next_url']}").context
    days = [row.on for row in (*first["rows"], *rest["rows"])]
    assert (len(first["rows"]), len(days), rest["next_url"]) == (31, 33, "")
    assert days == sorted(days, reverse=True)
    assert len(world.client().get("/audit-anchors/?after=nonsense-").context["rows"]) == 31


def test_documents_take_the_newest_anchor(world, queries):
    assert latest_anchor() is None
    publish_anchor(now=world.now)
    newest = publish_anchor(now=world.now + timedelta(days=1))
    with queries(1):
        assert latest_anchor() == AnchorMark(newest.on, newest.root)
