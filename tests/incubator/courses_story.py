"""Helpers of the courses' tests: a home page, a course that is written, published, learned."""

from decimal import Decimal

from wagtail.models import Page, Site

from incubator.models import CourseIndexPage, CoursePage, Enrolment
from incubator.services import courses, enrolments
from portal.models import HomePage
from tests.world import World

LESSONS = [
    {"title": "从一张申请表看全流程", "title_en": "From one form to the whole process",
     "minutes": 50, "body": [("paragraph", "<p>先画现状。</p>")],
     "body_en": [("paragraph", "<p>Draw what is there first.</p>")]},
    {"title": "谁在等、等多久", "minutes": 40, "body": [("heading", "等待"),
                                                 ("paragraph", "<p>等待最长的一步。</p>")]},
]  # fmt: skip
QUIZ = [
    {"question": "流程从哪里开始？", "question_en": "Where does the process begin?",
     "options": [{"text": "村民提出"}, {"text": "干部签字", "correct": True}],
     "explanation": "EXPLANATION-ONE"},
    {"question": "哪些要公开？",
     "options": [{"text": "结果", "correct": True}, {"text": "身份证号"},
                 {"text": "过程", "correct": True}]},
]  # fmt: skip
RIGHT, WRONG = [[1], [0, 2]], [[0], [0]]


def home() -> HomePage:
    """The site with a home page of ours."""
    found = HomePage.objects.first()
    if found is None:
        found = HomePage(title="首页", slug="start")
        Page.get_first_root_node().add_child(instance=found)
        Site.objects.update_or_create(
            is_default_site=True, defaults={"hostname": "localhost", "root_page": found}
        )
        Site.clear_site_root_paths_cache()
    return found


def ready(world: World) -> CourseIndexPage:
    """Courses can be written."""
    home()
    return courses.ensure_course_permissions(now=world.now)


def written(world: World, slug: str = "process") -> CoursePage:
    """A draft of the expert's."""
    ready(world)
    return courses.write_course(
        expert=world.expert, now=world.now, title="村级事务流程梳理", title_en="Village processes",
        slug=slug, hours=Decimal("1.5"), intro="学会画流程。", lessons=LESSONS, quiz=QUIZ,
        pass_mark=70,
    )  # fmt: skip


def taught(world: World, slug: str = "process") -> CoursePage:
    """A published course."""
    course = written(world, slug)
    courses.submit_course(course=course, actor=world.expert, now=world.now)
    courses.approve_course(course=course, actor=world.training, now=world.now)
    course.refresh_from_db()
    return course


def enrolled(world: World, login: str = "learner", organisation=None) -> Enrolment:
    """Somebody in the course, no lesson read yet."""
    course = CoursePage.objects.first() or taught(world)
    return enrolments.enrol(
        course=course, learner=world.people[login], now=world.now, organisation=organisation
    )


def read_all(world: World, enrolment: Enrolment) -> None:
    """Mark every lesson as read."""
    for lesson in enrolment.edition.lessons:
        enrolments.mark_lesson_read(
            enrolment=enrolment, lesson=lesson["id"], actor=enrolment.learner, now=world.now
        )


def answers(enrolment: Enrolment, chosen: list[list[int]]) -> dict[str, list[int]]:
    """Answers in the order of the questions."""
    ids = [one["id"] for one in enrolment.edition.questions]
    return dict(zip(ids, chosen, strict=True))


def attempt(world: World, enrolment: Enrolment, chosen: list[list[int]], **extra) -> Enrolment:
    """Take the quiz."""
    return enrolments.submit_quiz(
        enrolment=enrolment, answers=answers(enrolment, chosen), actor=enrolment.learner,
        now=world.now, **extra,
    )  # fmt: skip


def completed(world: World, login: str = "learner", organisation=None) -> Enrolment:
    """Somebody who has completed the course."""
    enrolment = enrolled(world, login, organisation)
    read_all(world, enrolment)
    return attempt(world, enrolment, RIGHT)


def ignore(event, *, event_id, now) -> None:
    """A subscriber, so that the event is kept."""
