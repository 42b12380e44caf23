"""Months, amounts, the calendar's states and usage files."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incubator.domain import quota
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed

NOV = date(2026, 11, 1)


@pytest.mark.parametrize(
    ("month", "count", "expected"),
    [(NOV, 0, NOV), (NOV, 2, date(2027, 1, 1)), (NOV, -11, date(2025, 12, 1)),
     (date(2024, 2, 1), 12, date(2025, 2, 1))],
)  # fmt: skip
def test_add_months(month, count, expected):
    assert quota.add_months(month, count) == expected


@given(st.integers(-60, 60), st.integers(-60, 60))
def test_adding_months_twice_is_adding_their_sum(first, second):
    assert quota.add_months(quota.add_months(NOV, first), second) == quota.add_months(
        NOV, first + second
    )


def test_span_and_last_day():
    assert quota.span(NOV, 3) == (NOV, date(2026, 12, 1), date(2027, 1, 1))
    assert quota.last_day(date(2027, 12, 1), 3) == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("state", "today", "expected"),
    [("approved", date(2026, 10, 31), "future"), ("approved", NOV, ""),
     ("provisioned", date(2027, 1, 1), ""), ("provisioned", date(2027, 1, 2), "expiring"),
     ("provisioned", date(2027, 1, 31), "expiring"), ("provisioned", date(2027, 2, 1), "expired"),
     ("released", date(2027, 2, 1), ""), ("requested", date(2026, 10, 1), "")],
)  # fmt: skip
def test_clock_state_is_read_from_the_dates(state, today, expected):
    assert quota.clock_state(state, NOV, 3, today) == expected


@pytest.mark.parametrize("text", ["0", "-1", "NaN", "sNaN", "Infinity", "0.001", "99999999999"])
def test_require_amount_refuses(text):
    with pytest.raises(Invalid) as refusal:
        quota.require_amount(Decimal(text), "capacity")
    assert (refusal.value.code, refusal.value.fields) == ("amount", {"capacity": "amount"})


def test_require_amount_takes_cents_and_refuses_nothing():
    assert quota.require_amount(Decimal("0.01")) == Decimal("0.01")
    with pytest.raises(Invalid):
        quota.require_amount(None)


@pytest.mark.parametrize(
    ("first", "months", "code"),
    [(NOV, 0, "months"), (NOV, 13, "months"), (date(2026, 10, 1), 1, "first_month"),
     (date(2027, 12, 1), 1, "first_month"), (date(2026, 11, 2), 1, "first_month")],
)  # fmt: skip
def test_require_span_refuses(first, months, code):
    with pytest.raises(Invalid) as refusal:
        quota.require_span(first, months, date(2026, 11, 23))
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("amount", "first", "months", "nothing"),
    [(40, date(2026, 12, 1), 2, True), (41, date(2026, 12, 1), 2, False),
     (40, date(2026, 12, 1), 3, False), (40, date(2027, 1, 1), 1, True), (40, NOV, 3, False)],
)  # fmt: skip
def test_change_differs_from_what_is_left_of_the_grant(amount, first, months, nothing):
    asked = (Decimal(amount), quota.span(first, months))
    given = (Decimal("40.00"), quota.span(NOV, 3), date(2026, 12, 15))
    if nothing:
        with pytest.raises(Invalid) as refusal:
            quota.require_difference(*asked, *given)
        assert refusal.value.fields == {"amount": "change_nothing"}
    else:
        quota.require_difference(*asked, *given)


def test_require_span_takes_this_month_to_a_year_ahead():
    quota.require_span(NOV, 12, date(2026, 11, 23))
    quota.require_span(date(2027, 11, 1), 1, date(2026, 11, 23))


def test_renewal_begins_after_the_last_month():
    quota.require_after(date(2027, 1, 1), (NOV, date(2026, 12, 1)))
    with pytest.raises(Invalid) as refusal:
        quota.require_after(date(2026, 12, 1), (NOV, date(2026, 12, 1)))
    assert (refusal.value.code, refusal.value.params) == ("renewal_early", {"month": "2027-01"})


@pytest.mark.parametrize(
    ("before", "after", "granted", "mark"),
    [(0, 79, 100, None), (0, 80, 100, 80), (80, 99, 100, None), (79, 100, 100, 100),
     (100, 130, 100, None), (0, 5, 0, None)],
)  # fmt: skip
def test_crossed_names_the_highest_mark_passed(before, after, granted, mark):
    assert quota.crossed(Decimal(before), Decimal(after), Decimal(granted)) == mark


def lines(*rows: str) -> list[str]:
    return [f"{row}\n" for row in rows]


@pytest.mark.parametrize(
    "heading", ["reference,request,day,amount", "\ufeff用量编号,申请编号,日期,用量"]
)
def test_read_usage_in_either_language(heading):
    rows = quota.read_usage(
        lines(heading, "a-1,HYZY-1,2026-11-05,2.5", "", "b,HYZY-1,2026-11-06,1")
    )
    assert rows == [
        quota.UsageRow("a-1", "HYZY-1", date(2026, 11, 5), Decimal("2.50")),
        quota.UsageRow("b", "HYZY-1", date(2026, 11, 6), Decimal("1.00")),
    ]


def test_read_usage_takes_columns_in_any_order_and_ignores_others():
    rows = quota.read_usage(lines("amount,x,day,request,reference", "3,?,2026-11-05,N,r"))
    assert rows == [quota.UsageRow("r", "N", date(2026, 11, 5), Decimal("3.00"))]


@pytest.mark.parametrize(
    ("text", "code"),
    [([], "usage_columns"), (["reference,request,day"], "usage_columns"),
     (["reference,request,day,amount"], "usage_empty"),
     (["reference,request,day,amount", '"a,b,2026-11-05,1'], "usage_damaged")],
)  # fmt: skip
def test_read_usage_refuses_a_file_that_is_none(text, code):
    with pytest.raises(Invalid) as refusal:
        quota.read_usage(lines(*text))
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("heading", "first", "second"),
    [("reference,request,day,amount,amount", "amount", "amount"),
     ("reference,request,day,amount, Amount ", "amount", "Amount"),
     ("用量编号,用量,申请编号,日期,amount", "用量", "amount"),
     ("\ufeffreference,REFERENCE\u3000,request,day,amount", "reference", "REFERENCE")],
)  # fmt: skip
def test_read_usage_refuses_a_column_twice(heading, first, second):
    with pytest.raises(Invalid) as refusal:
        quota.read_usage(lines(heading, "r,N,2026-11-05,3,4"))
    assert refusal.value.code == "usage_column_twice"
    assert refusal.value.params == {"first": first, "second": second}
    assert refusal.value.fields == {"file": "usage_column_twice"}


def test_read_usage_takes_headings_in_capitals_and_others_twice():
    rows = quota.read_usage(lines("Reference,Request,x,x,DAY, Amount", "r,N,1,2,2026-11-05,3"))
    assert [(row.reference, row.amount) for row in rows] == [("r", 3)]


def test_read_usage_names_every_wrong_row():
    head = "reference,request,day,amount"
    text = ["ok,N,2026-11-05,1", "ok,N,2026-11-05,1", ",N,2026-11-05,1", "x y,N,2026-11-05,1",
            "c,,2026-11-05,1", "d,N,05.11.2026,1", "e,N,2026-11-05,-1", "f,N,2026-11-05,NaN",
            "g,N,2026-11-05,much", "h,N"]  # fmt: skip
    with pytest.raises(quota.UsageRefused) as refusal:
        quota.read_usage(lines(head, *text))
    assert [(e.line, e.column, e.code) for e in refusal.value.errors] == [
        (3, "reference", "usage_twice"), (4, "reference", "usage_reference"),
        (5, "reference", "usage_reference"), (6, "request", "usage_request"),
        (7, "day", "usage_day"), (8, "amount", "amount"), (9, "amount", "amount"),
        (10, "amount", "amount"), (11, "day", "usage_day"),
    ]  # fmt: skip
    assert refusal.value.params == {"count": 9, "line": 3, "column": "reference"}


def test_read_usage_counts_lines_of_the_file():
    head = "reference,request,day,amount,note"
    text = [head, "", " , ,", "a,N,2026-11-05,1,", 'b,N,2026-11-05,1,"two\nlines"', "c,N,x,1,"]
    with pytest.raises(quota.UsageRefused) as refusal:
        quota.read_usage("\n".join(text).splitlines(keepends=True))
    assert [(error.line, error.code) for error in refusal.value.errors] == [(7, "usage_day")]
    rows = quota.read_usage("\n".join(text[:-1]).splitlines(keepends=True))
    assert [row.line for row in rows] == [4, 5]


@pytest.mark.parametrize("amount", ["1_0", "１２", "1e1", "+1", "1.", ".5", "0x1", "1,5", "1 0"])
def test_read_usage_takes_plain_digits_only(amount):
    with pytest.raises(quota.UsageRefused) as refusal:
        quota.read_usage(lines("reference,request,day,amount", f'a,N,2026-11-05,"{amount}"'))
    assert [error.code for error in refusal.value.errors] == ["amount"]


@pytest.mark.parametrize(
    "day", ["20261120", "2026-W47-5", "2026-11-31", "2026-11-5", "２026-11-05"]
)
def test_read_usage_takes_days_in_one_spelling_only(day):
    with pytest.raises(quota.UsageRefused) as refusal:
        quota.read_usage(lines("reference,request,day,amount", f"a,N,{day},1"))
    assert [error.code for error in refusal.value.errors] == ["usage_day"]


def test_read_usage_names_a_missing_column_in_both_languages():
    with pytest.raises(Invalid) as refusal:
        quota.read_usage(lines("用量编号,申请编号,日期"))
    assert refusal.value.params == {"missing": "用量 / amount"}


def test_read_usage_is_bounded(monkeypatch):
    monkeypatch.setattr(quota, "MOST_USAGE_ROWS", 1)
    with pytest.raises(Invalid) as refusal:
        quota.read_usage(
            lines("reference,request,day,amount", "a,N,2026-11-05,1", "b,N,2026-11-05,1")
        )
    assert refusal.value.code == "usage_long"


ROLES = ("firm_signer", "firm_member", "resource_manager", "staff", "system")
ALLOWED = {
    ("draft", "request"): {"firm_signer", "firm_member"},
    ("draft", "withdraw"): {"firm_signer", "firm_member"},
    ("more_info", "request"): {"firm_signer", "firm_member"},
    ("more_info", "withdraw"): {"firm_signer", "firm_member"},
    ("requested", "withdraw"): {"firm_signer", "firm_member"},
    ("requested", "ask"): {"resource_manager"},
    ("requested", "approve"): {"resource_manager"},
    ("requested", "deny"): {"resource_manager", "system"},
    ("more_info", "deny"): {"system"},
    ("approved", "provision"): {"resource_manager", "system"},
    ("approved", "release"): {"firm_signer", "resource_manager", "system"},
    ("approved", "revoke"): {"resource_manager", "system"},
    ("provisioned", "release"): {"firm_signer", "resource_manager", "system"},
    ("provisioned", "revoke"): {"resource_manager", "system"},
}


@pytest.mark.parametrize("state", quota.REQUEST.states)
@pytest.mark.parametrize("action", sorted({row.action for row in quota.REQUEST.transitions}))
@pytest.mark.parametrize("role", ROLES)
def test_request_every_state_action_and_role(state, action, role):
    allowed = ALLOWED.get((state, action), set())
    if role in allowed:
        assert quota.REQUEST.next_state(state, action, roles={role}, reason="why")
    else:
        with pytest.raises((NotAllowed, Conflict)):
            quota.REQUEST.next_state(state, action, roles={role}, reason="why")
