"""One document of every kind that becomes a file."""

from datetime import datetime
from io import BytesIO
from typing import Any

import pikepdf

from certification.domain.recommendation import DISCLAIMER, NATURE
from portal.models import IssuedDocument
from portal.services.files import open_stored
from portal.services.registers import issue_document
from tests.world import World

PROOF = {
    "holder": "示例学员",
    "course": "村级事项数字化入门",
    "version": 2,
    "digest": "0" * 64,
    "hours": "6.0",
    "pass_mark": 60,
    "score": "92.5",
    "completed_on": "2026-11-23",
}
FORM = {
    "pilot": "HYSD-2026-000001-1",
    "process": {"code": "C01", "name": "临时救助申请"},
    "deliverable": "救助事项线上办理",
    "version": 1,
    "village": {"code": "630123100201", "name": "城关镇光华村"},
    "provider": {"uscc": "91630123MA7520BX1K", "name": "示例数服有限公司"},
    "decision": "accept_with_conditions",
    "note": "一个月内补充操作手册。",
    "second_factor": "photo",
    "files": ["0" * 64],
    "modules": [{"name": "hy-uscc-check", "version": "1.0.0", "title": "统一社会信用代码校验"}],
    "decided_on": "2026-11-23",
}
STATEMENT = {
    "title": "能力分级评价结果",
    "holder": "示例数服有限公司",
    "uscc": "91630123MA7520BX1K",
    "tier": "A",
    "tier_label": {"zh": "A级", "en": "Grade A"},
    "total": "86.50",
    "parts": {"quality": "60.10", "innovation": "26.40"},
    "rubric": {"id": "county-dsp", "version": "0.2.0", "digest": "0" * 64},
    "round": "HYPC-2026-000001-5",
    "evidence_digest": "0" * 64,
    "valid_from": "2026-11-23",
    "valid_until": "2027-11-22",
    "confirmed_by": "评价负责人",
    "nature": NATURE,
    "disclaimer": DISCLAIMER,
}
LIST = {
    "title": "数字服务商能力清单",
    "as_of": "2026-11-23",
    "nature": NATURE,
    "disclaimer": DISCLAIMER,
    "providers": [
        {
            "uscc": "91630123MA7520BX1K",
            "name": f"示例数服有限公司第{number}分公司",
            "tier": tier,
            "status": status,
            "total": "86.50" if tier else None,
            "quality": "60.10" if tier else None,
            "innovation": "26.40" if tier else None,
            "valid_until": "2027-11-22" if tier else None,
            "statement": "HYPJ-2026-000001-5" if tier else None,
        }
        for number, (tier, status) in enumerate(
            [("A", "active"), ("B", "expiring"), (None, "not_graded"), (None, "suspended")] * 15
        )
    ],
}
KINDS = {
    "course_completion": ("HYKC", PROOF, "课程完成证明"),
    "acceptance_form": ("HYYS", FORM, "成果验收单"),
    "grading_statement": ("HYPJ", STATEMENT, "能力分级评价结果"),
    "recommendation_snapshot": ("HYQD", LIST, "数字服务商能力清单"),
}


def issue(kind: str, *, now: datetime, **more: Any) -> IssuedDocument:
    series, payload, title = KINDS[kind]
    values = {"holder_name": "示例数服有限公司", "payload": payload, "actor": None, **more}
    return issue_document(kind=kind, series=series, title=title, now=now, **values)


def made(world: World, kind: str) -> tuple[bytes, IssuedDocument]:
    """Issue a sample and return its signed file."""
    document = issue(kind, now=world.now)
    world.drain(files=True)
    document.refresh_from_db()
    with open_stored(document.file) as opened:
        return opened.read(), document


BROKEN = [
    ("3a", "/OutputIntents"),
    ("3a", "/Metadata"),
    ("ua1", "/StructTreeRoot"),
    ("ua1", "/Lang"),
]
"""What a file cannot do without, by standard."""


def without(part: str, content: bytes) -> bytes:
    """Return a file that lacks a part of its root."""
    bad = BytesIO()
    with pikepdf.open(BytesIO(content)) as pdf:
        del pdf.Root[part]
        pdf.save(bad)
    return bad.getvalue()
