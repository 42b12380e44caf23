"""What the incubator issues."""

from datetime import date

from portal.documents.sheets import Both, Sheet, day_en, day_zh, fact
from portal.models import IssuedDocument

TITLE = Both("课程完成证明", "Proof of Course Completion")
NATURE = Both(
    "本证明记载学习与考核情况，不是行政许可、资质、学历或职业资格证书。",
    "This proof records learning and a test. It is no licence, qualification, degree or "
    "professional certificate.",
)


def completion(document: IssuedDocument) -> Sheet:
    """Return the proof that somebody completed a course."""
    payload = document.payload
    day = date.fromisoformat(payload["completed_on"])
    return Sheet(
        title=TITLE,
        statement=Both(
            f"兹证明{document.holder_name}于{day_zh(day)}完成课程《{payload['course']}》"
            "的学习，并通过考核。",
            f"This is to certify that {document.holder_name} completed the course "
            f"“{payload['course']}” on {day_en(day)} and passed its test.",
        ),
        facts=(
            fact("课程", "Course", payload["course"]),
            fact("版本", "Version", payload["version"]),
            fact("学时", "Hours", payload["hours"]),
            fact("考核成绩", "Score", f"{payload['score']} %"),
            fact("合格线", "Pass mark", f"{payload['pass_mark']} %"),
            fact("完成日期", "Completed on", day_zh(day), day_en(day)),
        ),
        remarks=(NATURE,),
    )
