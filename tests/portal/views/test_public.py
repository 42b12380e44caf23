"""Notices and the check of a document."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.models import IssuedDocument, Notice
from portal.services.audit import publish_anchor
from portal.services.registers import payload_digest


def day(offset: int) -> date:
    return timezone.localdate() + timedelta(days=offset)


def today(values: dict) -> dict:
    """Return values that are told when the test runs: midnight may pass after the collection."""
    return {name: one() if callable(one) else one for name, one in values.items()}


def notices(count: int, **values) -> list[Notice]:
    today = timezone.localdate()
    return [
        Notice.objects.create(
            **{
                "number": f"N-{number:03d}",
                "kind": "admission",
                "title": f"公示第{number:03d}号",
                "title_en": f"Notice {number:03d}",
                "body": "名单",
                "opens_on": today,
                "closes_on": today + timedelta(days=7),
                "created_at": timezone.now(),
                **values,
            }
        )
        for number in range(count)
    ]


@pytest.mark.parametrize(("language", "title"), [("zh-hans", "公示第000号"), ("en", "Notice 000")])
def test_notice_is_shown_in_the_readers_language(world, language, title):
    notices(1, rows=[{"name": "示例甲", "uscc": "91", "note": ""}])
    for path in ("/notices/", "/notices/N-000/"):
        response = world.client(None, language).get(path)
        assert response.status_code == 200
        assert title in response.content.decode()


@pytest.mark.parametrize("rows", [1, 3])
def test_list_of_notices_takes_one_query(db, client, queries, rows):
    notices(rows)
    with queries(1):
        client.get("/notices/")


def test_notices_are_paged_by_key(db, client):
    notices(45)
    seen: list[str] = []
    path = "/notices/"
    for _page in range(3):
        context = client.get(path).context
        seen += [row.notice.number for row in context["rows"]]
        path = f"/notices/{context['next_url']}"
    assert seen == [f"N-{number:03d}" for number in reversed(range(45))]
    assert path == "/notices/"


def test_filter_stays_on_the_next_page(db, client):
    notices(21)
    context = client.get("/notices/?kind=admission").context
    assert context["next_url"].startswith("?kind=admission&after=")
    assert client.get("/notices/?kind=grades").context["rows"] == []


@pytest.mark.parametrize("after", ["x", "-1", "1e9", "9" * 19, "'", "%00"])
def test_wrong_key_is_the_first_page(db, client, after):
    notices(1)
    assert len(client.get(f"/notices/?after={after}").context["rows"]) == 1


@pytest.mark.parametrize(
    "values",
    [
        {"opens_on": lambda: day(1)},
        {"withdrawn_at": timezone.now},
    ],
)
def test_notice_that_is_not_public_is_not_found(db, client, values):
    notices(1, **today(values))
    assert client.get("/notices/N-000/").status_code == 404
    assert client.get("/notices/").context["rows"] == []


def document(**values) -> IssuedDocument:
    return IssuedDocument.objects.create(
        **{
            "number": "HYPJ-2026-000001-0",
            "kind": "grading_statement",
            "title": "能力评价说明",
            "holder_name": "示例数科甲有限公司",
            "payload": {},
            "digest": payload_digest({}),
            "issued_at": timezone.now(),
            **values,
        }
    )


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ({}, "Valid"),
        ({"valid_until": lambda: day(0)}, "Valid"),
        ({"valid_until": lambda: day(-1)}, "Expired"),
        ({"state": "suspended", "state_reason": "Recheck"}, "Suspended"),
        ({"state": "revoked", "state_reason": "Fraud"}, "Revoked"),
        ({"state": "revoked", "valid_until": lambda: day(-1)}, "Revoked"),
        ({"state": "superseded"}, "Superseded"),
    ],
)
def test_check_of_a_document_says_its_state(world, values, verdict):
    document(**today(values))
    response = world.client(None, "en").get("/verify/hypj-2026-000001-0/")
    text = response.content.decode()
    assert response.status_code == 200
    assert f'<h2 id="verdict">{verdict}</h2>' in text
    assert values.get("state_reason", "") in text


def test_check_of_a_document_names_the_newest_anchor_on_paper(db, client, queries, now):
    document()
    with queries(2):
        before = client.get("/verify/HYPJ-2026-000001-0/").text
    publish_anchor(now=now - timedelta(days=1))
    anchor = publish_anchor(now=now)
    with queries(2):
        after = client.get("/verify/HYPJ-2026-000001-0/").text
    assert "hy-print-only" not in before
    [line] = [line for line in after.splitlines() if "hy-print-only" in line]
    assert anchor.root in line
    assert "2026年11月23日" in line


def test_unknown_number_is_not_found_and_said(world):
    response = world.client(None, "en").get("/verify/HYPJ-2026-000009-0/")
    assert response.status_code == 404
    assert "HYPJ-2026-000009-0" in response.content.decode()


def test_number_longer_than_any_is_not_found(db, client):
    assert client.get(f"/verify/{'9' * 41}/").status_code == 404


def test_form_leads_to_the_number(db, client):
    assert client.get(reverse("portal:verify")).status_code == 200
    response = client.get(reverse("portal:verify"), {"number": "HY-1"})
    assert response["Location"] == "/verify/HY-1/"


@pytest.mark.parametrize("typed", [" HY-1 ", "\u3000ＨＹ－１\u3000", "HY-1\t"])
def test_number_is_read_as_people_paste_it(db, client, typed):
    response = client.get(reverse("portal:verify"), {"number": typed})
    assert response["Location"] == "/verify/HY-1/"


def test_component_sheet_is_not_for_production(db, client, settings):
    assert client.get("/styleguide/").status_code == 200
    settings.DEMO = False
    assert client.get("/styleguide/").status_code == 404
