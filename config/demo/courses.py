"""Chapter 3 of the demo: an expert writes a course, training staff approve it, firms learn."""

from decimal import Decimal
from typing import Any

from config.demo.clock import Clock
from config.demo.people import People
from incubator.models import CoursePage, Enrolment
from incubator.services import courses, enrolments
from portal.models import Organisation, User

LESSONS: tuple[dict[str, Any], ...] = (
    {
        "title": "先画出现在怎么办",
        "title_en": "Draw how it is done today",
        "minutes": 40,
        "body": [
            ("heading", "从一件事开始"),
            (
                "paragraph",
                (
                    "<p>选一项村民最常办的事项，跟着三位办事人走一遍，记下每个环节由谁办、等多久、"
                    "交几次材料。不要先谈系统。</p>"
                ),
            ),
            (
                "callout",
                {"title": "记录什么", "text": "环节名称、经手人、开始和结束时间、退回次数。"},
            ),
        ],
    },
    {
        "title": "找出可以去掉的环节",
        "title_en": "Find the steps that can go",
        "minutes": 40,
        "body": [
            (
                "paragraph",
                (
                    "<p>同一份材料交两次、同一个字段填两遍、只为盖章而跑的路，都可以去掉。"
                    "法律法规要求的公示和审核不能去掉，但可以线上完成。</p>"
                ),
            ),
        ],
    },
    {
        "title": "用办件日志证明改好了",
        "title_en": "Prove it with a case log",
        "minutes": 40,
        "body": [
            (
                "paragraph",
                (
                    "<p>改造前后各导出一份办件日志，只要办件编号、环节、时间三列。看中位用时和"
                    "返工件数，不看最好的那一件。日志里不要有村民姓名和身份证号。</p>"
                ),
            ),
        ],
    },
)


def question(text: str, explanation: str, *options: tuple[str, bool]) -> dict[str, Any]:
    """Return a question with its options."""
    return {
        "question": text,
        "explanation": explanation,
        "options": [{"text": words, "correct": right} for words, right in options],
    }


QUIZ = (
    question(
        "改造一项村级事务，第一步是什么？",
        "不知道现在怎么办，就不知道改了什么。",
        ("采购一套系统", False),
        ("画出现有环节并记录用时", True),
        ("发布公告", False),
    ),
    question(
        "下列哪些可以去掉？",
        "重复提交和重复填写没有法律依据；公示是法定要求。",
        ("同一份材料交两次", True),
        ("同一个字段填两遍", True),
        ("救助事项的村级公示", False),
    ),
    question(
        "比较改造前后，看哪个数更可靠？",
        "中位数不受个别特别快或特别慢的办件影响。",
        ("最快的一件", False),
        ("中位用时", True),
    ),
    question(
        "办件日志需要哪三列？",
        "只收需要的数据。",
        ("办件编号、环节、时间", True),
        ("姓名、身份证号、电话", False),
    ),
)
FIRMS = (1, 2, 3, 5, 9, 11)
"""Firms whose signer completes the course."""


def teach(people: People, clock: Clock) -> None:
    """Write, approve and teach the course; one learner is still in the middle of it."""
    courses.ensure_course_permissions(now=clock.now)
    course = courses.write_course(
        expert=people["expert"],
        now=clock.now,
        title="村级事务流程梳理与改造",
        title_en="Mapping and redesigning village processes",
        slug="process-redesign",
        intro="用一天时间学会画流程、减环节、看日志。",
        intro_en="Learn in a day to draw a process, drop steps and read a case log.",
        hours=Decimal(6),
        lessons=LESSONS,
        quiz=QUIZ,
    )
    courses.submit_course(course=course, actor=people["expert"], now=clock.now)
    courses.approve_course(course=course, actor=people["training"], now=clock.now)
    course = CoursePage.objects.get(pk=course.pk)
    for number in FIRMS:
        learn(course, people.owners[number], people.firms[number], clock)
    begun = enrolments.enrol(course=course, learner=people["learner"], now=clock.now)
    first = begun.edition.content["lessons"][0]["id"]
    enrolments.mark_lesson_read(
        enrolment=begun, lesson=first, actor=people["learner"], now=clock.now
    )


def learn(course: CoursePage, learner: User, firm: Organisation, clock: Clock) -> None:
    """Enrol for a firm, open every lesson, pass the quiz."""
    enrolment = enrolments.enrol(course=course, learner=learner, organisation=firm, now=clock.now)
    content = enrolment.edition.content
    for lesson in content["lessons"]:
        enrolments.mark_lesson_read(
            enrolment=enrolment, lesson=lesson["id"], actor=learner, now=clock.now
        )
    right = {one["id"]: one["correct"] for one in content["quiz"]}
    fresh = Enrolment.objects.get(pk=enrolment.pk)
    enrolments.submit_quiz(enrolment=fresh, answers=right, actor=learner, now=clock.now)
