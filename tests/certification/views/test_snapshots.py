"""The public list carries number and digest of its published form, which anybody can check."""

import hashlib
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from certification.services.listings import refresh_listing
from certification.services.snapshots import publish_list
from tests.certification.rounds import MIDDLE, Known, effective

pytestmark = pytest.mark.django_db


@pytest.fixture
def published(world):
    firm = world.organisation("owner")
    effective(world, {firm: MIDDLE})
    refresh_listing(organisation_id=firm.pk, now=world.now, gather=Known({firm.pk: MIDDLE}))
    made = publish_list(now=world.now)
    world.drain(files=True)
    made.refresh_from_db()
    return made


def read(world, name: str) -> str:
    return world.client(None, "en").get(reverse(name)).content.decode()


def test_sec_18_list_carries_its_digest_and_anybody_can_check_a_copy(world, published):
    page, table = (
        read(world, name)
        for name in ("certification:recommendations", "certification:recommendations_export")
    )
    for text in (page, table):
        assert published.number in text
        assert published.digest in text
    assert published.file.sha256 in page
    said = world.client(None, "en").get(f"/verify/{published.number}/").content.decode()
    assert published.digest in said

    answer = world.client(None).get(reverse("portal:document_file", args=[published.number]))
    content = b"".join(answer.streaming_content)
    assert hashlib.sha256(content).hexdigest() == published.file.sha256
    assert "byte for byte" in checked(world, content)
    assert "changed afterwards" in checked(world, content.replace(b"%%EOF", b"%%EOG"))


def checked(world, content: bytes) -> str:
    file = ContentFile(content, name="list.pdf")
    return world.client(None, "en").post(reverse("portal:verify"), {"file": file}).content.decode()


def test_list_that_another_took_the_place_of_says_so(world, published):
    publish_list(now=world.now + timedelta(days=5000))
    said = world.client(None, "en").get(f"/verify/{published.number}/").content.decode()
    assert "Superseded" in said


def test_list_before_its_first_publication_names_none(world):
    assert "Published list" not in read(world, "certification:recommendations")
    assert "SHA-256" not in read(world, "certification:recommendations_export")
