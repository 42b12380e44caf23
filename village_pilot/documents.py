"""What a village's acceptance is issued as."""

from datetime import date

from portal.documents.sheets import Both, Sheet, day_en, day_zh, fact
from portal.models import IssuedDocument

TITLE = Both("成果验收单", "Acceptance Form")
DECISIONS = {
    "accept": Both("通过验收", "accepted"),
    "accept_with_conditions": Both("有条件通过验收", "accepted with conditions"),
}
FACTORS = {
    "code": Both("签字人姓名与一次性验收码", "the signer's name and a single-use code"),
    "photo": Both("签字人姓名与签字原件照片", "the signer's name and a photo of the signed paper"),
}


def acceptance(document: IssuedDocument) -> Sheet:
    """Return the form by which a village committee accepted a deliverable."""
    payload = document.payload
    day = date.fromisoformat(payload["decided_on"])
    decision, factor = DECISIONS[payload["decision"]], FACTORS[payload["second_factor"]]
    village, provider = payload["village"]["name"], payload["provider"]["name"]
    process = f"{payload['process']['code']} {payload['process']['name']}"
    facts = [
        fact("试点", "Pilot", payload["pilot"]),
        fact("事项", "Village process", process),
        fact("成果", "Deliverable", f"{payload['deliverable']}（第 {payload['version']} 版）"),
        fact("验收村", "Village", village),
        fact("服务商", "Provider", f"{provider} {payload['provider']['uscc'] or ''}".strip()),
        fact("验收结论", "Decision", decision.zh, decision.en),
        fact("签字方式", "Signed with", factor.zh, factor.en),
        fact("成果文件数", "Files", len(payload["files"])),
    ]
    facts += [
        fact(
            "使用的共性技术模块",
            "Shared module in use",
            f"{one['title']} {one['name']} {one['version']}",
        )
        for one in payload.get("modules", ())  # forms of before the modules were listed have none
    ]
    if payload["note"]:
        facts.append(fact("说明", "Note", payload["note"]))
    return Sheet(
        title=TITLE,
        statement=Both(
            f"{village}于{day_zh(day)}对{provider}交付的“{payload['deliverable']}”进行验收，"
            f"结论为{decision.zh}。",
            f"On {day_en(day)} the committee of {village} {decision.en} the deliverable "
            f"“{payload['deliverable']}” of {provider}.",
        ),
        facts=tuple(facts),
    )
