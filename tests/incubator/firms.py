"""A firm's application brought to a state through the services, for tests."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.core.files.base import ContentFile

from config.demo.admission import ACCESSIBLE
from incubator.models import (
    Application,
    ApplicationReview,
    ApplicationWindow,
    FormVersion,
)
from incubator.services import (
    admissions,
    application_reviews,
    applications,
    more_info,
    screening,
    submissions,
)
from incubator.services.windows import publish_window, setup_applications
from portal.models import Notice, User, WorkItem
from portal.services.accounts import create_person, grant_role
from tests.world import World

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
ANSWERS: dict[str, Any] = {
    "business_scope": "为村级组织开发并运维证明开具、印章审批和村务公开的小程序与后台。",
    "core_products": "村务通小程序、用印审批后台",
    "technical_staff": 7,
    "scenarios": ["errands", "management"],
    "case_text": (
        "申中乡星泉村的证明开具，原来村民跑 2 趟、等 3 天；改造后村文书在手机上核实，当天出具。"
        "2026 年 7 月至 9 月共办 63 件，中位用时 0.6 天。"
    ),
    "contact_person": "示例联系人",
    "contact_phone": "0971-2431234",
    "truth_declared": True,
}
SCORES = {"capability": 3, "scenario_fit": 3, "case_evidence": 3}
NOTES = {
    "capability": "自有产品，两名研发人员持续维护。",
    "scenario_fit": "写明了证明开具的步骤与简化之处。",
    "case_evidence": "合同与三个月的办件数字相符。",
}


def pdf(name: str = "营业执照.pdf", extra: bytes = b"") -> ContentFile:
    """Return a small PDF."""
    return ContentFile(PDF + extra, name=name)


def window(world: World) -> ApplicationWindow:
    """Return the first window, set up where it is missing."""
    return setup_applications(now=world.now)


def started(world: World, login: str = "owner") -> Application:
    """Return a firm's draft in the first window."""
    return started_in(world, window(world), login)


def started_in(world: World, row: ApplicationWindow, login: str = "owner") -> Application:
    """Return a firm's draft in a window."""
    return applications.create_application(
        window=row,
        organisation=world.organisation(login),
        actor=world.people[login],
        now=world.now,
    )


def attached(world: World, application: Application, login: str = "owner") -> Application:
    """Return the application with its licence."""
    applications.attach_file(
        application=application,
        upload=pdf(),
        kind="licence",
        actor=world.people[login],
        now=world.now,
    )
    return application


def submitted(world: World, login: str = "owner") -> Application:
    """Return an application in screening."""
    application = attached(world, started(world, login), login)
    return submissions.submit_application(
        application=application, answers=ANSWERS, actor=world.people[login], now=world.now
    )


def answered(world: World, application: Application, **answers: Any) -> Application:
    """Return an application after the staff asked for these answers and the firm sent them."""
    asked = more_info.ask_more_info(
        application=application,
        asked=dict.fromkeys(answers, "请补充"),
        actor=world.staff,
        now=world.now,
    )
    return submissions.submit_application(
        application=asked,
        answers={**answers, "truth_declared": True},
        actor=world.owner,
        now=world.now,
    )


def newer_form(world: World) -> FormVersion:
    """Publish the first window again with one question more."""
    row = window(world)
    row.questions.append(("yes_no", {k: v for k, v in ACCESSIBLE.items() if k != "type"}))
    row.save()
    current = publish_window(window=row, actor=world.staff, now=world.now).current
    assert current is not None
    return current


def by_question(application: Application) -> dict[str, int]:
    """Return how many files count for each question."""
    return dict(submissions.files_by_key(application))


def other_staff(world: World) -> User:
    """Return staff who decided on nothing."""
    person = create_person(
        email="staff2@demo.example", name="示例孵化专员乙", password="x", now=world.now
    )
    grant_role(user=person, role="staff", actor=None, now=world.now)
    person.forget_roles()
    return person


def in_review(world: World, login: str = "owner") -> Application:
    """Return an application with two reviewers."""
    return screening.start_review(
        application=submitted(world, login), actor=world.staff, now=world.now
    )


def review_of(review: ApplicationReview, now: datetime, **changes: Any) -> ApplicationReview:
    """Declare no conflict and send a review."""
    actor = User.objects.get(pk=review.reviewer_id)
    ready = application_reviews.declare_no_conflict(review=review, actor=actor, now=now)
    values = {"scores": SCORES, "narratives": NOTES, "recommendation": "admit", **changes}
    return application_reviews.submit_review(review=ready, actor=actor, now=now, **values)


def reviewed(world: World, login: str = "owner", **changes: Any) -> Application:
    """Return an application on which two reviewers agree."""
    application = in_review(world, login)
    for review in application.reviews.all():
        review_of(review, world.now, **changes)
    application.refresh_from_db()
    return application


def proposed(world: World, login: str = "owner") -> Application:
    """Return an application proposed for admission."""
    return screening.propose_admission(
        application=reviewed(world, login), actor=world.staff, now=world.now
    )


def noticed(world: World, login: str = "owner") -> Application:
    """Return an application on public notice."""
    application = proposed(world, login)
    batch = f"第 {Notice.objects.count() + 1} 批"
    admissions.publish_admissions(
        applications=[application], batch=batch, actor=world.staff, now=world.now
    )
    application.refresh_from_db()
    return application


def admitted(world: World, login: str = "owner") -> Application:
    """Return an admitted firm's application."""
    return admissions.admit_application(
        application=noticed(world, login), actor=world.staff, now=world.now + timedelta(days=8)
    )


STAGES: dict[str, Callable[..., Application]] = {
    "draft": started,
    "screening": submitted,
    "in_review": in_review,
    "decision_pending": reviewed,
    "proposed": proposed,
    "public_notice": noticed,
    "admitted": admitted,
}


def open_work() -> list[tuple[str, str]]:
    """Return what waits: kind, and person or role."""
    items = WorkItem.objects.open().order_by("kind", "id")
    return [
        (item.kind, item.user.email.split("@")[0] if item.user else item.role) for item in items
    ]


def reviewers(application: Application) -> list[ApplicationReview]:
    """Return the reviews of a case with their people."""
    return list(application.reviews.select_related("reviewer").order_by("pk"))
