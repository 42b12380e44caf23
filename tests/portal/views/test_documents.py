"""The pages of issued documents: check by number and by file, list, download."""

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from tests.portal.documents.samples import issue


@pytest.fixture
def document(world):
    found = issue("acceptance_form", now=world.now, organisation=world.organisation("owner"))
    world.drain(files=True)
    found.refresh_from_db()
    return found


def upload(world, content: bytes):
    file = ContentFile(content, name="any.pdf")
    return world.client(None, "en").post(reverse("portal:verify"), {"file": file})


def test_sec_18_number_shows_digest_signature_and_time(world, document):
    text = world.client(None).get(f"/verify/{document.number}/").content.decode()
    for words in (document.digest, document.file.sha256, "非可靠电子签名", "系统时间"):
        assert words in text


def test_sec_18_uploaded_file_is_known_again_and_altered_is_not(world, document):
    response = world.client("owner").get(reverse("portal:document_file", args=[document.number]))
    content = b"".join(response.streaming_content)
    assert "byte for byte" in upload(world, content).content.decode()
    assert "changed afterwards" in upload(world, content + b" ").content.decode()
    assert "Not a PDF" in upload(world, b"hello").content.decode()
    assert "Empty file" in upload(world, b"").content.decode()
    assert upload(world, content).status_code == 200


def test_form_without_a_file_asks_for_one(world):
    assert world.client(None).post(reverse("portal:verify"), {}).status_code == 400


def test_large_file_is_answered(world, settings):
    settings.VERIFY_LIMIT_BYTES = 1024 * 1024
    answer = upload(world, b"%PDF-" + b"0" * (1024 * 1024))
    assert "up to 1 MB" in answer.content.decode()


@pytest.mark.parametrize(
    ("login", "status"), [("owner", 200), ("member", 200), ("owner2", 404), ("lead", 404)]
)
def test_holder_downloads_and_nobody_else(world, document, login, status):
    url = reverse("portal:document_file", args=[document.number])
    assert world.client(login).get(url).status_code == status


def test_proof_is_the_persons_alone(world):
    proof = issue(
        "course_completion", now=world.now, user=world.learner,
        organisation=world.organisation("owner"),
    )  # fmt: skip
    url = reverse("portal:document_file", args=[proof.number])
    assert world.client("learner").get(url).status_code == 404
    world.drain(files=True)
    assert world.client("learner").get(url).status_code == 200
    assert world.client("owner").get(url).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_list_of_my_documents(world, queries, count):
    firm = world.organisation("owner")
    for _turn in range(count):
        issue("acceptance_form", now=world.now, organisation=firm)
    client = world.client("owner", "en")
    client.get(reverse("portal:documents"))
    with queries(QUERIES):
        text = client.get(reverse("portal:documents")).content.decode()
    assert text.count("The PDF is being made.") == count
    assert (
        "Nothing was issued"
        in world.client("leader", "en").get(reverse("portal:documents")).content.decode()
    )


QUERIES = 11


def test_page_says_that_nothing_is_signed_without_a_key(world, settings, tmp_path):
    waiting = issue("acceptance_form", now=world.now, organisation=world.organisation("owner"))

    def said(login: str | None, address: str) -> str:
        return world.client(login, "en").get(address).content.decode()

    number, mine = f"/verify/{waiting.number}/", reverse("portal:documents")
    assert "none yet: the PDF is being made" in said(None, number)
    assert "The PDF is being made." in said("owner", mine)
    settings.KEYS_DIR = tmp_path
    assert "none: the portal has no signing key" in said(None, number)
    assert "No PDF: the portal has no signing key." in said("owner", mine)
