"""The register of data, what is masked, a notice's text: the rules alone."""

import pytest

from portal.domain.data_register import Line, read_register
from portal.domain.masking import mask_email, mask_phone
from portal.domain.notice_text import sections

HEAD = "model,class,holds,purpose,basis,kept,days,person,export\n"


def read(line: str) -> list[Line]:
    return read_register([HEAD, line])


def test_line_is_read_with_its_types():
    assert read("a.B,personal,姓名,account,contract,days,30,user,name at") == [
        Line("a.B", "personal", "姓名", "account", "contract", "days", 30, "user", ("name", "at"))
    ]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("a.B,secret,,operation,none,record,,,", "'secret' is none of"),
        ("a.B,internal,,fun,none,record,,,", "'fun' is none of"),
        ("a.B,internal,,operation,whim,record,,,", "'whim' is none of"),
        ("a.B,internal,,operation,none,ever,,,", "'ever' is none of"),
        ("a.B,internal,姓名,operation,none,record,,,", "a ground go together"),
        ("a.B,internal,,operation,duty,record,,,", "a ground go together"),
        ("a.B,internal,,operation,none,days,,,", "needs their number"),
        ("a.B,internal,,operation,none,record,3,,", "needs their number"),
        ("a.B,personal,姓名,procedure,duty,emptied,,,", "needs their number"),
        ("a.B,personal,,operation,none,record,,,", "names nothing"),
    ],
)
def test_line_that_contradicts_itself_is_refused_by_name(line, problem):
    with pytest.raises(ValueError, match=rf"a\.B: .*{problem}"):
        read(line)


@pytest.mark.parametrize(
    ("email", "shown"),
    [("owner@demo.example", "o***@demo.example"), ("@demo.example", "***"), ("", "***")],
)
def test_address_is_masked(email, shown):
    assert mask_email(email) == shown


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("13900001234", "139******34"),
        ("0971-2431234", "097******34"),
        ("1234567", "123**67"),
        ("123456", "***56"),
        ("none", ""),
    ],
)
def test_phone_is_masked(phone, shown):
    assert mask_phone(phone) == shown


def test_text_becomes_headings_and_paragraphs():
    assert sections("") == []
    assert sections("## A\na\n b \n\n## B\n") == [("A", ["a", "b"]), ("B", [])]
