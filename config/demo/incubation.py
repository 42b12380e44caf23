"""Incubation in the demo: an agreement, a cohort with firms in it, and one with an open offer."""

from datetime import timedelta

from config.demo.clock import Clock
from config.demo.people import People
from incubator.models import Cohort, Incubation, OfficeBooking
from incubator.services import cohorts, incubation, incubation_plan, incubation_reviews
from incubator.services import office_hours as hours

FIRST = (1, 2, 3, 5, 9, 11)
"""Firms of the first cohort; the last one leaves."""
REPORT = "已按计划完成，材料存放在试点档案和共性模块库，可现场查看。"
PROGRESS = "进展：按计划推进。困难：冬季入户不便。下一步：完成第二个村的推广准备。"
TOPICS = ("三个村补贴申领流程怎样减少环节", "办件日志怎样导出")
"""What two firms of the first cohort ask the mentor."""
OPEN = (4, 7)
"""Firms of the second cohort: one accepts, the other one has not answered yet."""


def new_cohort(people: People, clock: Clock, title: str, title_en: str, days: int) -> Cohort:
    """Draft and publish a cohort that begins in a week."""
    first = clock.day + timedelta(days=7)
    drafted = cohorts.create_cohort(
        title=title,
        title_en=title_en,
        starts_on=first,
        ends_on=first + timedelta(days=days),
        capacity=8,
        note="每月一次集中辅导，场地在县孵化中心。",
        actor=people["staff"],
        now=clock.now,
    )
    return cohorts.publish_cohort(cohort=drafted, actor=people["staff"], now=clock.now)


def offer(people: People, clock: Clock, cohort: Cohort, firm: int) -> Incubation:
    """Offer a firm a place."""
    return cohorts.offer_place(
        cohort=cohort, firm=people.firms[firm], actor=people["staff"], now=clock.now
    )


def join(people: People, clock: Clock, cohort: Cohort, firm: int) -> Incubation:
    """Offer a firm a place, which its signer accepts; the expert mentors it."""
    row = offer(people, clock, cohort, firm)
    agreement = row.cohort.agreement
    row = incubation.accept_offer(
        incubation=row,
        digest=agreement.digest if agreement else "",
        actor=people.owners[firm],
        now=clock.now,
    )
    return incubation.assign_mentor(
        incubation=row, mentor=people["expert"], actor=people["staff"], now=clock.now
    )


def first_cohort(people: People, clock: Clock, firms: tuple[int, ...] = FIRST) -> list[Incubation]:
    """Publish the agreement and a cohort of eleven months, and have firms join."""
    cohorts.publish_agreement(**cohorts.shipped_agreement(), actor=people["staff"], now=clock.now)
    incubation_plan.publish_plan(
        **incubation_plan.shipped_plan(), actor=people["staff"], now=clock.now
    )
    cohort = new_cohort(people, clock, "第 1 期孵化", "First cohort", 340)
    return [join(people, clock, cohort, firm) for firm in firms]


def progress(rows: list[Incubation], people: People, clock: Clock) -> None:
    """Have the firms hand in what is due within a week, and the mentor confirm it.

    The second firm is behind: it hands in nothing but its reviews.
    """
    soon = clock.day + timedelta(days=7)
    for number, row in zip(FIRST, rows, strict=True):
        signer = people.owners[number]
        due = row.milestones.filter(state="scheduled", due_on__lte=soon)
        for milestone in due if number != FIRST[1] else ():
            reported = incubation_plan.report_milestone(
                milestone=milestone, report=REPORT, actor=signer, now=clock.now
            )
            incubation_plan.judge_milestone(
                milestone=reported, action="confirm", actor=people["expert"], now=clock.now
            )
        for review in row.reviews.filter(state="due", due_on__lte=soon):
            sent = incubation_reviews.submit_review(
                review=review, text=PROGRESS, actor=signer, now=clock.now
            )
            incubation_reviews.judge_review(
                review=sent, action="close", actor=people["expert"], now=clock.now
            )
    incubation_plan.call_due(now=clock.now)


def office_hours(
    rows: list[Incubation], people: People, clock: Clock, *, days: int, hour: int, weeks: int
) -> list[OfficeBooking]:
    """Have the mentor publish hours that begin some days on, and two firms book one each."""
    start = clock.now.replace(hour=hour, minute=30) + timedelta(days=days)
    slots = hours.publish_slots(
        starts_at=start,
        minutes=30,
        count=3,
        weeks=weeks,
        place="县孵化中心二楼 201 室",
        open_to_cohort=True,
        actor=people["expert"],
        now=clock.now,
    )
    return [
        hours.book_slot(
            slot=slot,
            incubation=row,
            topic=topic,
            actor=people.owners[firm],
            now=clock.now,
        )
        for slot, row, firm, topic in zip(slots, rows, FIRST, TOPICS, strict=False)
    ]


def after_the_hours(bookings: list[OfficeBooking], people: People, clock: Clock) -> None:
    """Have the mentor record what came of the hours that are over by now."""
    for booking, action in zip(bookings, ("hold", "miss"), strict=True):
        if clock.now < booking.slot.ends_at:
            continue  # holidays held the clock
        note = "先画现状流程图，再量办理时间。" if action == "hold" else ""
        hours.record_outcome(
            booking=booking, action=action, note=note, actor=people["expert"], now=clock.now
        )


def go_on(rows: list[Incubation], people: People, clock: Clock) -> None:
    """Put one firm on probation, let one leave, and open the second cohort."""
    incubation.judge(
        incubation=rows[1],
        action="warn",
        reason="连续两个里程碑未按期报告，观察至下次阶段评估。",
        actor=people["staff"],
        now=clock.now,
    )
    incubation.end_incubation(
        incubation=rows[-1],
        action="exit",
        code="own_wish",
        note="主营业务转向，另行安排。",
        actor=people.owners[FIRST[-1]],
        now=clock.now,
    )
    second = new_cohort(people, clock, "第 2 期孵化", "Second cohort", 240)
    join(people, clock, second, OPEN[0])
    offer(people, clock, second, OPEN[1])
