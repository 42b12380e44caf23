"""Every kind of document passes all machine checks of PDF/A-3a and PDF/UA-1."""

import hashlib
import subprocess
from io import BytesIO

import page
import pikepdf
import pytest

from portal.documents import KINDS as REGISTERED
from portal.documents.paper import seal_svg, unsigned_pdf
from portal.labels import document_kinds
from portal.services.registers import canonical_json
from tests.portal.documents.samples import BROKEN, KINDS, issue, made, without


def faults(content: bytes, profile: str) -> list[str]:
    report = page.validate_pdf_bytes(content, profile=profile)
    return [failure.rule_id for failure in report.failures]


def page_texts(content: bytes) -> list[str]:
    """Return what a reader gets of every page."""
    told = subprocess.run(["pdftotext", "-", "-"], input=content, capture_output=True, check=True)
    return told.stdout.decode().split("\f")[:-1]


def test_every_kind_has_a_sheet_and_a_sample():
    assert REGISTERED.keys() == KINDS.keys()
    assert REGISTERED.keys() == {kind for kind, _name in document_kinds()}


@pytest.mark.parametrize("kind", KINDS)
def test_es_02_signed_file_passes_both_standards_and_says_what_it_is(world, kind):
    content, document = made(world, kind)
    assert faults(content, "3a") == []
    assert faults(content, "ua1") == []
    with pikepdf.open(BytesIO(content)) as pdf:
        assert len(pdf.pages) == (4 if kind == "recommendation_snapshot" else 1)
        (attached,) = pdf.attachments.values()
        assert attached.obj.AFRelationship == pikepdf.Name.Data
        data = attached.get_file().read_bytes()
        assert hashlib.sha256(data).hexdigest() == document.digest
        assert str(pdf.Root.Lang) == "zh-CN"
    text = "".join(page_texts(content))
    for words in (document.number, document.digest[:30], "非可靠电子签名", "系统时间"):
        assert words in text.replace("\n", "")


@pytest.mark.parametrize(("profile", "part"), BROKEN)
def test_gate_fails_on_a_bad_file(world, profile, part):
    document = issue("course_completion", now=world.now)
    assert faults(without(part, unsigned_pdf(document, b"{}")), profile) != []


def test_unsigned_bytes_are_reproducible(world):
    document = issue("grading_statement", now=world.now)
    data = canonical_json(document.payload).encode()
    assert unsigned_pdf(document, data) == unsigned_pdf(document, data)
    document.number = "HYPJ-2026-000999-9"
    assert unsigned_pdf(document, data) != unsigned_pdf(document, data + b" ")


def test_long_words_leave_the_foot_whole(world):
    note = "一个月内补充操作手册，并对村级代办员完成不少于两次现场培训。" * 32
    payload = {**KINDS["acceptance_form"][1], "note": note}
    document = issue("acceptance_form", now=world.now, payload=payload)
    content = unsigned_pdf(document, b"{}")
    assert faults(content, "3a") + faults(content, "ua1") == []
    last = page_texts(content)[-1]
    assert [words for words in ("扫码核验", "非可靠电子签名", "SHA-256") if words not in last] == []
    assert len(page_texts(content)) == 2


def test_mark_bears_the_issuers_name():
    drawn = seal_svg("示例县")
    assert [sign for sign in "示例县" if f">{sign}</text>" not in drawn] == []
    assert "非电子公章" in drawn
