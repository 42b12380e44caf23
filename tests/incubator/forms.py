"""Small forms for tests: a question of each type, a check."""

from typing import Any

OPTIONS = [
    {"code": "web", "text": "网页", "text_en": "Web"},
    {"code": "app", "text": "应用", "text_en": ""},
]


def question(kind: str, key: str = "", **changes: Any) -> dict[str, Any]:
    """Return a question of a type, called like its type unless told otherwise."""
    return {
        "type": kind,
        "key": key or kind,
        "title": f"题{kind}",
        "title_en": f"Question {kind}",
        "help": "",
        "help_en": "",
        "purpose": "用于评审。",
        "purpose_en": "For the review.",
        "klass": "internal",
        "required": False,
        **({"limit": 20} if kind in {"short", "long"} else {}),
        **({"options": OPTIONS} if kind in {"choice", "choices"} else {}),
        **(
            {"unit": "人", "unit_en": "people", "least": 0, "most": 10, "decimals": 0}
            if kind == "number"
            else {}
        ),
        **changes,
    }


def check(key: str, when: Any, **changes: Any) -> dict[str, Any]:
    """Return a check."""
    return {
        "key": key,
        "when": when,
        "otherwise": "fail",
        "title": "",
        "title_en": "",
        "reason": "现有 {got}，需要 {wanted}。",
        "reason_en": "{got} of {wanted}.",
        **changes,
    }


def form(*questions: dict[str, Any], checks: Any = (), **changes: Any) -> dict[str, Any]:
    """Return a form."""
    return {
        "title": "申请",
        "title_en": "Application",
        "intro": "",
        "intro_en": "",
        "opens_on": "2026-11-01",
        "closes_on": None,
        "questions": list(questions),
        "checks": list(checks),
        **changes,
    }
