"""Uploads cut by SIGKILL of every web worker: nothing is left that is not swept."""

import hashlib
import random
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from incubator.models import Application
from portal.models import StoredFile, User
from portal.services.audit import verify_chain
from portal.services.leftovers import remove_leftovers
from tests.hostile.served import gunicorn
from tests.incubator.firms import PDF
from tests.runtime.site import Site, caught, drafts, nobody_writes, together
from tests.world import World

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(420),
    pytest.mark.django_db(transaction=True),
]
UPLOAD_BYTES = 6 * 2**20
BOUNDARY = "xxxxxxxxxxxxxxxx"


@pytest.fixture
def world(transactional_db, now) -> World:
    return World(now)


@pytest.fixture
def site(world, database_url, tmp_path) -> Iterator[Site]:
    """The site under production settings, which first has everybody choose a password."""
    User.objects.update(password_set_at=timezone.now())
    with gunicorn(tmp_path, database_url) as web:
        yield Site(web, world.client("owner").cookies["sessionid"].value)


def document(number: int) -> bytes:
    """Return a PDF of some megabytes, no two alike."""
    return PDF + random.Random(number).randbytes(UPLOAD_BYTES)


def form_with(content: bytes) -> bytes:
    """Return a posted form with a file."""
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="kind"\r\n\r\nlicence\r\n'
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n'
        "Content-Type: application/pdf\r\n\r\n"
    )
    return head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


def upload(site: Site, case: Application, content: bytes, *, cut_at: int = -1) -> int | None:
    return site.ask(
        "POST",
        f"/workspace/applications/{case.pk}/files/",
        form_with(content),
        f"multipart/form-data; boundary={BOUNDARY}",
        cut_at=cut_at,
    )


def contents(home: Path) -> set[str]:
    """Return the digests of what lies in storage, each held against its name."""
    found = {path for path in (home / "files").rglob("*") if path.is_file()}
    for path in found:
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
    return {path.name for path in found}


def attachments(case: Application, content: bytes) -> int:
    return case.attachments.filter(file__sha256=hashlib.sha256(content).hexdigest()).count()


def test_upload_cut_by_a_kill_leaves_nothing_that_is_not_swept(site, world, tmp_path):
    dice = random.Random(630123)
    [case] = drafts(world, 1)
    papers = [document(number) for number in range(6)]
    started = time.monotonic()
    assert upload(site, case, papers[0]) == 302
    usual = time.monotonic() - started
    answers = [upload(site, case, papers[1], cut_at=UPLOAD_BYTES // 4)]
    site.recovers()
    answers.append(upload(site, case, papers[2], cut_at=UPLOAD_BYTES // 2))
    site.recovers()
    with nobody_writes():
        answers += together(
            [lambda: upload(site, case, papers[3])],
            lambda: caught(site),
        )
    assert answers == [None] * 3
    assert [attachments(case, content) for content in papers[1:4]] == [0] * 3
    site.recovers()
    for content in papers[4:]:
        wait = dice.uniform(0.2, 1.2) * usual
        answers += together(
            [lambda content=content: upload(site, case, content)],
            lambda wait=wait: (time.sleep(wait), site.kill()),
        )
        site.recovers()

    left = len(list((tmp_path / "uploads").iterdir()))
    assert left >= 2  # the halves of the two that were cut while they came in
    rows = set(StoredFile.objects.values_list("sha256", flat=True))
    lying = contents(tmp_path)
    assert rows <= lying
    later = timezone.now() + timedelta(days=2)
    found = remove_leftovers(now=later, dry_run=True)
    assert (found.uploads, found.contents) == (left, len(lying - rows))
    assert remove_leftovers(now=later) == found
    assert list((tmp_path / "uploads").iterdir()) == []
    assert contents(tmp_path) == rows

    print(f"answers {answers}, {left} halves, {len(lying - rows)} contents without a row")
    for content in papers[1:]:
        assert upload(site, case, content) == 302
        assert attachments(case, content) == 1
    assert contents(tmp_path) == set(StoredFile.objects.values_list("sha256", flat=True))
    assert verify_chain().broken is None
