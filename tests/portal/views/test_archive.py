"""The page of the archive's package."""

import zipfile
from datetime import timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.models import ArchivePackage
from portal.services.archive import ask_package
from tests.portal.documents.samples import issue


def ask(world, login: str = "staff", **values: str):
    sent = {"kind": "course_completion", "since": "2026-11-23", "until": "2026-11-23"}
    return world.client(login, "en").post(reverse("portal:archive"), sent | values)


def page(world, login: str = "staff") -> str:
    return world.client(login, "en").get(reverse("portal:archive")).content.decode()


def test_package_is_made_meanwhile_and_then_downloaded(world):
    document = issue("course_completion", now=world.now)
    answer = ask(world)
    assert answer.status_code == 302
    assert "Being made" in page(world)

    world.drain()
    stored = ArchivePackage.objects.get().file
    address = reverse("portal:file", args=[stored.pk])
    assert address in page(world)
    answer = world.client("staff", "en").get(address)
    assert answer["Content-Disposition"].startswith("attachment; filename*=UTF-8''archive-")
    with zipfile.ZipFile(BytesIO(b"".join(answer.streaming_content))) as packed:
        assert f"documents/{document.number}.json" in packed.namelist()


def test_package_of_somebody_else_is_not_there(world):
    issue("course_completion", now=world.now)
    ask(world)
    world.drain()
    address = reverse("portal:file", args=[ArchivePackage.objects.get().file_id])
    for login in ("lead", "owner", "auditor"):
        assert world.client(login, "en").get(address).status_code == 404
    assert "Being made" not in page(world, "lead")
    assert "No package yet" in page(world, "lead")


def test_page_says_why_a_package_was_not_made(world):
    ArchivePackage.objects.create(
        asked_by=world.staff,
        asked_at=world.now,
        kind="course_completion",
        since=world.now,
        until=world.now,
        state="failed",
        problem="archive_damaged",
        details={"number": "HYKC-2026-000001-1"},
    )
    assert "the stored file of HYKC-2026-000001-1 is not what was stored" in page(world)


@pytest.mark.parametrize("count", [1, 3])
def test_list_takes_one_query(world, count):
    issue("course_completion", now=world.now)
    for day in range(count):
        ask_package(
            kind="course_completion",
            since=world.now.date() - timedelta(days=day),
            until=world.now.date(),
            actor=world.staff,
            now=world.now,
        )
    client = world.client("staff", "en")
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("portal:archive"))
    assert len(queries) == 12


def test_page_offers_the_archivist_s_kinds(world):
    text = world.client("lead", "en").get(reverse("portal:archive")).content.decode()
    assert 'value="grading_statement"' in text
    assert 'value="course_completion"' not in text


def test_kind_of_another_archivist_is_no_choice(world):
    assert ask(world, "lead").status_code == 422


def test_nothing_issued_is_said_on_the_page(world):
    answer = ask(world, since="2001-01-01", until="2001-01-02")
    assert answer.status_code == 422
    assert "Nothing of this kind was issued" in answer.content.decode()
