"""What a grade is issued as."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from certification.domain.recommendation import STATEMENT_TITLE
from portal.documents.sheets import Both, Fact, Sheet, day_en, day_zh, fact
from portal.models import IssuedDocument

TITLE = Both(STATEMENT_TITLE, "Capability Grading Statement")
LIST_TITLE = Both("数字服务商能力清单", "Capability List of Digital Service Providers")
STATUSES = {
    "active": Both("有效", "in effect"),
    "expiring": Both("即将到期", "expiring soon"),
    "expired": Both("已到期", "expired"),
    "suspended": Both("暂停", "suspended"),
    "revoked": Both("已撤销", "revoked"),
    "cancelled": Both("已注销", "cancelled on request"),
    "superseded": Both("已被取代", "superseded"),
    "not_graded": Both("未评级", "not graded"),
}
PARTS = {
    "quality": Both("交付质量", "Delivery quality"),
    "innovation": Both("创新能力", "Innovation"),
}
NATURE_EN = "This result is no administrative licence, qualification or certification."
DISCLAIMER_EN = (
    "The list is for reference only. It is no condition, bonus or ground of award in "
    "procurement, and keeps nobody who is not in it from taking part."
)


def statement(document: IssuedDocument) -> Sheet:
    """Return the grading statement of a firm."""
    payload = document.payload
    start, end = (date.fromisoformat(payload[name]) for name in ("valid_from", "valid_until"))
    tier, rubric = payload["tier_label"], payload["rubric"]
    parts = [
        fact(words.zh, words.en, value)
        for words, value in (
            (PARTS.get(name, Both(name, name)), value) for name, value in payload["parts"].items()
        )
    ]
    return Sheet(
        title=TITLE,
        statement=Both(
            f"经评价，{payload['holder']}（统一社会信用代码 {payload['uscc']}）"
            f"的能力等级为{tier['zh']}。",
            f"After assessment, the capability of {payload['holder']} (unified social credit "
            f"code {payload['uscc']}) is graded {tier['en']}.",
        ),
        facts=(
            fact("等级", "Grade", tier["zh"], tier["en"]),
            fact("总分", "Total", payload["total"]),
            *parts,
            fact("评价轮次", "Round", payload["round"]),
            fact("评分标准", "Rubric", f"{rubric['id']} {rubric['version']}"),
            fact("评价负责人", "Evaluation lead", payload["confirmed_by"]),
            fact(
                "有效期", "Valid",
                f"{day_zh(start)}至{day_zh(end)}",
                f"{day_en(start)} to {day_en(end)}",
            ),
        ),
        remarks=(
            Both(payload["nature"], NATURE_EN),
            Both(payload["disclaimer"], DISCLAIMER_EN),
        ),
    )  # fmt: skip


def capability_list(document: IssuedDocument) -> Sheet:
    """Return the public list as it stood on a day: every provider by name, with its code."""
    payload = document.payload
    day = date.fromisoformat(payload["as_of"])
    rows = payload["providers"]
    return Sheet(
        title=LIST_TITLE,
        statement=Both(
            f"截至{day_zh(day)}，本清单列有{len(rows)}家数字服务商，按名称排列，次序不代表优劣。",
            f"As of {day_en(day)} this list holds {len(rows)} providers, in order of their names; "
            "the order says nothing about quality.",
        ),
        facts=tuple(list_line(row) for row in rows),
        remarks=(
            Both(payload["nature"], NATURE_EN),
            Both(payload["disclaimer"], DISCLAIMER_EN),
        ),
    )


def list_line(row: Mapping[str, Any]) -> Fact:
    """Return a provider's line: tier and total where a grade holds, else what it has instead."""
    status = STATUSES[row["status"]]
    if row["tier"] is None:
        return fact(row["name"], row["uscc"] or "", status.zh, status.en)
    value = f"{row['tier']}级 {row['total']}分（{status.zh}）"
    until = date.fromisoformat(row["valid_until"])
    return fact(
        row["name"],
        row["uscc"] or "",
        f"{value}，有效期至{day_zh(until)}",
        f"Grade {row['tier']}, {status.en}, until {day_en(until)}",
    )
