"""Chapter 1 of the demo: firms apply, are reviewed, stand in a public notice, are admitted."""

from collections.abc import Sequence
from datetime import timedelta

from config.demo.cast import SECOND_STAFF
from config.demo.clock import Clock
from config.demo.data import ADMITTED, FIRMS, Firm
from config.demo.papers import paper
from config.demo.people import People
from incubator.models import Application, ApplicationReview, ApplicationWindow
from incubator.services import (
    admissions,
    applications,
    decisions,
    refusal_reviews,
    screening,
    submissions,
    windows,
)
from incubator.services import application_reviews as reviews
from incubator.services.windows import setup_applications
from portal.models import Notice
from portal.services import objections
from portal.services.accounts import grant_role

SCENARIOS = ("disclosure", "governance", "errands", "funds", "relief", "emergency")
NARRATIVES = {
    "capability": "产品已在两处村级场景运行，演示与合同一致，团队能独立完成部署。",
    "scenario_fit": "方案针对村级事项的实际环节，考虑了弱网和老年用户。",
    "case_evidence": "案例有合同和验收材料，件数与用时可以核对。",
}
ACCESSIBLE = {
    "type": "yes_no",
    "key": "without_phone",
    "title": "没有智能手机的村民能否办理",
    "title_en": "Can villagers without a smartphone use it",
    "help": "例如由村文书代办、打印凭条。",
    "help_en": "For example through the village clerk, with a printed receipt.",
    "purpose": "评审方案是否照顾到老年用户。",
    "purpose_en": "The reviewers judge whether older people are thought of.",
    "klass": "internal",
    "required": True,
}


def answers(firm: Firm) -> dict[str, object]:
    """Return what a firm answers."""
    return {
        "business_scope": f"为村级组织提供数字化服务，主要产品为{firm.products}，含实施和运维。",
        "core_products": f"{firm.products}，自主开发，支持离线填报和断点续传。",
        "technical_staff": 6 + firm.number,
        "scenarios": [SCENARIOS[firm.number % 6], SCENARIOS[(firm.number + 2) % 6]],
        "case_text": (
            f"在邻县 3 个村试用{firm.products}，半年办理 420 件，平均用时由 6.5 天降到 3.8 天，"
            "一次办结率由 71% 提高到 90%。过程中先画出原有环节，再去掉重复登记，"
            "由村文书和网格员共同确认，材料可查。"
        ),
        "contact_person": f"{firm.name[:5]}联系人",
        "contact_phone": f"0971-00000{firm.number:02d}",
        "truth_declared": True,
    }


def open_window(clock: Clock) -> ApplicationWindow:
    """Return the first window, open since the year began."""
    return setup_applications(now=clock.now)


def next_window(people: People, clock: Clock) -> ApplicationWindow:
    """Close the first window and publish this autumn's, which asks one question more."""
    first = open_window(clock)
    closed = windows.close_window(
        window=first, reason="第 1 批已办结，下一批另行公布。", actor=people["staff"], now=clock.now
    )
    content = {**closed.current.content, "title": "秋季入孵申请", "title_en": "Autumn intake"}
    content["questions"] = [*content["questions"], ACCESSIBLE]
    draft = windows.create_window(
        key="autumn",
        content=content,
        opens_on=clock.day,
        closes_on=clock.day + timedelta(days=45),
        now=clock.now,
    )
    return windows.publish_window(window=draft, actor=people["staff"], now=clock.now)


def apply(
    firm: Firm, people: People, clock: Clock, window: ApplicationWindow, **more: object
) -> Application:
    """Have a firm fill in and send its application with licence and contract."""
    owner, organisation = people.owners[firm.number], people.firms[firm.number]
    case = applications.create_application(
        window=window, organisation=organisation, actor=owner, now=clock.now
    )
    case = applications.save_answers(
        application=case, answers={**answers(firm), **more}, actor=owner, now=clock.now
    )
    for kind, name in (("licence", "营业执照"), ("contract", "服务合同")):
        upload = paper(name, f"{kind} of firm {firm.number}")
        applications.attach_file(
            application=case, upload=upload, kind=kind, actor=owner, now=clock.now
        )
    return submissions.submit_application(application=case, actor=owner, now=clock.now)


def review(case: Application, clock: Clock, mark: int, *, leave: int = 0) -> Application:
    """Have the assigned reviewers declare and score, all but the last ``leave`` of them."""
    open_reviews = ApplicationReview.objects.filter(application=case, state="assigned")
    found = list(open_reviews.select_related("reviewer", "application__organisation"))
    for row in found[: len(found) - leave]:
        own = reviews.declare_no_conflict(review=row, actor=row.reviewer, now=clock.now)
        reviews.submit_review(
            review=own,
            scores=dict.fromkeys(NARRATIVES, mark),
            narratives=NARRATIVES,
            recommendation="admit" if mark > 1 else "reject",
            actor=row.reviewer,
            now=clock.now,
        )
    return Application.objects.get(pk=case.pk)


def judge(
    cases: Sequence[Application], people: People, clock: Clock, mark: int
) -> list[Application]:
    """Hand cases to their reviewers on one day, and three days later propose them."""
    for case in cases:
        screening.start_review(application=case, actor=people["staff"], now=clock.now)
    clock.until(clock.day + timedelta(days=3))
    return [
        screening.propose_admission(
            application=review(case, clock, mark), actor=people["staff"], now=clock.now
        )
        for case in cases
    ]


def admit(
    cases: list[Application],
    people: People,
    clock: Clock,
    batch: str,
    *,
    refusals: Sequence[Application] = (),
    objected: bool = False,
) -> None:
    """Release the decisions together and, when the notice's window is over, admit.

    ``objected``: somebody objects to the first row, and the objection is dismissed.
    """
    notice = admissions.publish_admissions(
        applications=cases,
        refusals=refusals,
        batch=batch,
        actor=people["staff"],
        now=clock.now,
    )
    if notice is None:
        return
    if objected:
        object_to(notice, people, clock)
    clock.until(notice.closes_on + timedelta(days=1))
    for case in cases:
        fresh = Application.objects.get(pk=case.pk)
        admissions.admit_application(application=fresh, actor=people["staff"], now=clock.now)


def object_to(notice: Notice, people: People, clock: Clock) -> None:
    """Have a resident object to the notice's first row; the staff look into it and dismiss it."""
    objection = objections.lodge_objection(
        notice=notice,
        row=0,
        real_name=people["learner"].name,
        grounds="该企业申报的村级案例，件数与村里公开的数字不一致。",
        evidence="2026 年村务公开栏照片所列件数为 380 件，申报材料写为 420 件。",
        actor=people["learner"],
        now=clock.now,
    )
    clock.until(clock.day + timedelta(days=1))
    objection = objections.decide_admissibility(
        objection=objection,
        admissible=True,
        reason="异议针对具体条目，附有可核实的材料，予以受理。",
        actor=people["staff"],
        now=clock.now,
    )
    clock.until(clock.day + timedelta(days=2))
    objections.decide_objection(
        objection=objection,
        upheld=False,
        reason="经与村委会核对，公开栏数字截至上月，申报数字含当月 40 件，两者一致，异议不成立。",
        actor=people["staff"],
        now=clock.now,
    )


def review_refusal(case: Application, firm: Firm, people: People, clock: Clock) -> None:
    """Have a refused firm ask for a review: somebody new reads the case, other staff uphold it."""
    other = people.person(SECOND_STAFF.login, SECOND_STAFF.name)
    grant_role(user=other, role=SECOND_STAFF.role, actor=None, now=clock.now)
    case = refusal_reviews.request_review(
        application=Application.objects.get(pk=case.pk),
        grounds="合同附件中有一个村的试运行记录，请再次核对。",
        actor=people.owners[firm.number],
        now=clock.now,
    )
    clock.until(clock.day + timedelta(days=3))
    case = review(case, clock, 1)
    refusal_reviews.decide_review(
        application=case,
        overturn=False,
        reason="附件只有安装记录，没有运行数据，原决定的理由成立。补充运行记录后可以再次申请。",
        actor=other,
        now=clock.now,
    )


def again(firm: Firm, people: People, clock: Clock, window: ApplicationWindow) -> Application:
    """Have a firm that was refused begin anew from what it answered then."""
    owner = people.owners[firm.number]
    case = applications.create_application(
        window=window, organisation=people.firms[firm.number], actor=owner, now=clock.now
    )
    return applications.take_over_answers(application=case, actor=owner, now=clock.now)


def first_batch(people: People, clock: Clock) -> int:
    """Play the year's first batch: twelve firms are admitted, one is refused with reasons.

    An objection is dismissed, and the refusal is reviewed and upheld.
    """
    window = open_window(clock)
    sent = {one.number: apply(one, people, clock, window) for one in FIRMS[: len(ADMITTED)]}
    refused = apply(FIRMS[14], people, clock, window)
    clock.until(clock.day + timedelta(days=5))
    proposed = judge([sent[number] for number in ADMITTED], people, clock, 3)
    screening.start_review(application=refused, actor=people["staff"], now=clock.now)
    case = review(refused, clock, 1)
    held = decisions.hold_refusal(
        application=case,
        reason_codes=["capability_not_shown"],
        feedback="案例材料只有产品介绍，没有运行数据。补充两个村的运行记录后可以再次申请。",
        actor=people["staff"],
        now=clock.now,
    )
    admit(proposed, people, clock, "第 1 批", refusals=[held], objected=True)
    review_refusal(held, FIRMS[14], people, clock)
    return len(proposed)


def second_batch(people: People, clock: Clock) -> None:
    """Leave the second batch under way: one in a running notice, one with its reviewers, and a
    firm that was refused before and takes over its answers.
    """
    window = next_window(people, clock)
    in_notice, with_reviewers = (
        apply(firm, people, clock, window, without_phone=True) for firm in FIRMS[12:14]
    )
    again(FIRMS[14], people, clock, window)
    (case,) = judge([in_notice], people, clock, 3)
    screening.start_review(application=with_reviewers, actor=people["staff"], now=clock.now)
    review(with_reviewers, clock, 3, leave=1)
    admissions.publish_admissions(
        applications=[case], batch="第 2 批", actor=people["staff"], now=clock.now
    )
