"""The page of the archive's package."""

import zipfile
from io import BytesIO

from django.urls import reverse

from tests.portal.documents.samples import issue


def ask(world, login: str = "staff", **values: str):
    sent = {"kind": "course_completion", "since": "2026-11-23", "until": "2026-11-23"}
    return world.client(login, "en").post(reverse("portal:archive"), sent | values)


def test_archivist_gets_the_package(world):
    document = issue("course_completion", now=world.now)
    answer = ask(world)
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith('attachment; filename="archive-')
    with zipfile.ZipFile(BytesIO(b"".join(answer.streaming_content))) as packed:
        assert f"documents/{document.number}.json" in packed.namelist()


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
