"""The firm's time to answer: the clock that pauses, reminders, more time, and lapsing."""

import contextlib
import threading
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django_q.models import Schedule

from incubator import tasks
from incubator.models import Application
from incubator.selectors.applications import firm_page
from incubator.selectors.service_times import clock_of, service_times
from incubator.services import applications, more_info, refusal_reviews, screening, submissions
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.models import AuditEntry, Notification, WorkItem
from portal.selectors.inbox import inbox
from tests.incubator import firms
from tests.incubator.firms import ANSWERS, open_work

DUE = date(2026, 11, 30)
"""Five working days after the tests' day, Monday 23 November."""


def on(day: date, hour: int = 9) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo("Asia/Shanghai"))


def asked(world, now: datetime | None = None) -> Application:
    return more_info.ask_more_info(
        application=firms.submitted(world),
        asked={"case_text": "请写清件数。"},
        actor=world.staff,
        now=now or world.now,
    )


def answer(world, application: Application, now: datetime) -> Application:
    answers = {"case_text": ANSWERS["case_text"], "truth_declared": True}
    return submissions.submit_application(
        application=application, answers=answers, actor=world.owner, now=now
    )


def extend(world, application: Application, due_on: date, **changes) -> Application:
    values = {"reason": "盖章页在途", "actor": world.staff, "now": world.now, **changes}
    return more_info.extend_answer(application=application, due_on=due_on, **values)


def news(kind: str) -> int:
    return Notification.objects.filter(kind=kind).count()


def screening_due() -> date | None:
    return WorkItem.objects.open().get(kind="application_screen").due_on


# --- the staff's clock


def test_clock_stands_still_while_the_firm_answers(world):
    case = asked(world, now=on(date(2026, 11, 25)))  # after two of five days
    answer(world, case, on(date(2026, 11, 30)))
    assert screening_due() == date(2026, 12, 3)  # three days later


def test_a_day_is_left_when_the_time_was_used_up(world):
    case = asked(world, now=on(date(2026, 12, 2)))
    answer(world, case, on(date(2026, 12, 4)))
    assert screening_due() == date(2026, 12, 7)


def test_clock_begins_anew_after_the_refusal_was_overturned(world):
    case = asked(world, now=on(date(2026, 11, 27)))
    case = screening.reject_application(
        application=answer(world, case, on(date(2026, 12, 1))),
        reason_codes=["incomplete"],
        feedback="材料不全。",
        actor=world.staff,
        now=on(date(2026, 12, 2)),
    )
    case = refusal_reviews.request_review(
        application=case,
        grounds="所缺材料已于限期内全部交齐。",
        actor=world.owner,
        now=on(date(2026, 12, 3)),
    )
    firms.review_of(case.reviews.get(of_refusal=True), on(date(2026, 12, 7)))
    case = refusal_reviews.decide_review(
        application=case,
        overturn=True,
        reason="材料齐全。",
        actor=firms.other_staff(world),
        now=on(date(2026, 12, 8)),
    )
    assert (case.state, screening_due()) == ("screening", date(2026, 12, 15))
    again = more_info.ask_more_info(
        application=case,
        asked={"case_text": "请补充。"},
        actor=world.staff,
        now=on(date(2026, 12, 9)),
    )
    answer(world, again, on(date(2026, 12, 14)))
    assert screening_due() == date(2026, 12, 18)  # four of the five new days


# --- more time


def test_extend_moves_the_day_and_tells_the_firm(world):
    case = extend(world, asked(world), date(2026, 12, 9))
    assert (case.state, case.answer_due_on) == ("more_info", date(2026, 12, 9))
    assert case.asked == {"case_text": "请写清件数。"}
    assert open_work() == [("application_answer", "firm_signer")]
    assert WorkItem.objects.open().get().due_on == date(2026, 12, 9)
    assert news("application_answer") == 4  # two people, both days
    entry = AuditEntry.objects.get(action="incubator.extend_answer")
    assert entry.reason == "盖章页在途"


@pytest.mark.parametrize(
    ("due", "code"),
    [
        (DUE, "due_not_later"),
        (date(2026, 11, 20), "due_not_later"),
        (date(2027, 12, 1), "due_far"),
    ],
)
def test_extend_to_a_day_that_cannot_be_is_refused(world, due, code):
    case = asked(world)
    with pytest.raises(Invalid) as refusal:
        extend(world, case, due)
    assert refusal.value.fields == {"due_on": code}
    case.refresh_from_db()
    assert case.answer_due_on == DUE


def test_extend_needs_a_reason_staff_and_a_question(world):
    case = asked(world)
    with pytest.raises(Invalid, match="reason_required"):
        extend(world, case, date(2026, 12, 9), reason=" ")
    with pytest.raises(NotAllowed):
        extend(world, case, date(2026, 12, 9), actor=world.owner)
    with pytest.raises(Conflict, match="stale"):
        extend(world, case, date(2026, 12, 9), expected_version=case.version - 1)
    back = answer(world, case, world.now)
    with pytest.raises(Conflict, match="wrong_state"):
        extend(world, back, date(2026, 12, 9))


def test_ask_for_a_day_that_is_past_is_refused(world):
    with pytest.raises(Invalid, match="due_not_later"):
        more_info.ask_more_info(
            application=firms.submitted(world),
            asked={"case_text": "请补充。"},
            actor=world.staff,
            now=world.now,
            due_on=date(2026, 11, 22),
        )


# --- reminded and lapsed


def test_firm_is_reminded_a_working_day_before_once(world):
    asked(world)
    days = [date(2026, 11, 26), date(2026, 11, 27), date(2026, 11, 28), DUE, date(2026, 12, 1)]
    assert [more_info.remind_answers(now=on(one)) for one in days] == [0, 2, 0, 0, 0]


def test_firm_is_reminded_again_of_a_later_day(world):
    case = asked(world)
    assert more_info.remind_answers(now=on(date(2026, 11, 27))) == 2
    extend(world, case, date(2026, 12, 9))
    days = [date(2026, 11, 30), date(2026, 12, 8)]
    assert [more_info.remind_answers(now=on(one)) for one in days] == [0, 2]


def test_last_day_counts_the_day_after_does_not(world):
    case = asked(world)
    assert answer(world, case, on(DUE, 23)).state == "screening"


LATE = on(date(2026, 12, 1))


def save(world, case: Application, now: datetime, text: str = "迟到的话", **changes):
    return applications.save_answers(
        application=case, answers={"case_text": text}, actor=world.owner, now=now, **changes
    )


def night(now: datetime) -> None:
    more_info.lapse_answers(now=now)


@pytest.mark.parametrize("deed", [answer, save])
def test_what_comes_late_is_kept_lapses_and_is_refused(world, deed):
    case = asked(world)
    with pytest.raises(Conflict, match="answer_late") as refusal:
        deed(world, case, LATE)
    assert refusal.value.params["due"] == DUE
    typed = ANSWERS["case_text"] if deed is answer else "迟到的话"
    case.refresh_from_db()
    assert (case.state, case.answers["case_text"], open_work()) == ("lapsed", typed, [])
    assert news("application_lapsed") == 2
    assert list(case.submissions.values_list("number", flat=True)) == [1]
    entries = AuditEntry.objects.order_by("-number").values_list("action", "outcome", "actor_name")
    assert list(entries[:4]) == [
        ("incubator.save_application", "refused", world.owner.name),
        ("incubator.keep_late_answers", "done", world.owner.name),
        ("incubator.lapse_application", "done", "system"),
        ("incubator.application.lapse", "done", "system"),
    ]


@pytest.mark.parametrize("recorded", [False, True])
def test_what_has_lapsed_takes_nothing_more(world, recorded):
    case = asked(world)
    file = case.attachments.get()
    if recorded:
        night(LATE)
        case.refresh_from_db()
    deeds = {
        "attach": lambda: applications.attach_file(
            application=case, upload=firms.pdf(), kind="licence", actor=world.owner, now=LATE
        ),
        "detach": lambda: applications.remove_attachment(
            attachment=file, actor=world.owner, now=LATE
        ),
        "withdraw": lambda: applications.withdraw_application(
            application=case, actor=world.owner, now=LATE
        ),
        "extend": lambda: extend(world, case, date(2026, 12, 9), now=LATE),
    }
    if recorded:
        deeds |= {
            "save": lambda: save(world, case, LATE),
            "answer": lambda: answer(world, case, LATE),
        }
    for deed in deeds.values():
        with pytest.raises(Conflict, match="application_lapsed") as refusal:
            deed()
        assert refusal.value.params == {"due": DUE}
    stranger = world.people["owner2"]
    with pytest.raises(NotAllowed):
        applications.withdraw_application(application=case, actor=stranger, now=LATE)
    with pytest.raises(NotAllowed):
        applications.save_answers(application=case, answers={}, actor=stranger, now=LATE)


def test_late_and_stale_keeps_nothing_and_says_so(world):
    case = asked(world)
    with pytest.raises(Conflict, match="stale"):
        save(world, case, LATE, expected_version=case.version - 1)
    case.refresh_from_db()
    assert (case.state, case.answers["case_text"]) == ("more_info", ANSWERS["case_text"])


def test_late_from_a_page_that_the_night_overtook_is_refused(world):
    case = asked(world)
    night(LATE)
    with pytest.raises(Conflict, match="application_lapsed"):
        save(world, case, LATE)  # the page still holds what it read before the night


@pytest.mark.parametrize("recorded", [False, True])
def test_reads_know_a_lapse_at_once(world, recorded):
    case = asked(world)
    today = LATE.date()
    if recorded:
        night(LATE)
        case.refresh_from_db()
    assert (case.standing(today), case.standing_since(today)) == ("lapsed", today)
    assert clock_of(case, today) is None
    assert [one.time.under_way for one in service_times(today).lines] == [0] * 5
    assert list(Application.objects.live(today)) == []
    assert list(Application.objects.standing_in("lapsed", today)) == [case]
    assert list(Application.objects.standing_in("more_info", today)) == []
    assert firm_page(world.owner, today).firms == [case.organisation]
    assert inbox(world.owner, today) == []


def test_reads_wait_until_the_last_day_is_over(world):
    case = asked(world)
    assert (case.standing(DUE), case.standing_since(DUE)) == ("more_info", world.now.date())
    assert clock_of(case, DUE).paused is True
    assert list(Application.objects.live(DUE)) == [case]
    assert list(Application.objects.standing_in("lapsed", DUE)) == []
    assert list(Application.objects.standing_in("more_info", DUE)) == [case]
    assert firm_page(world.owner, DUE).firms == []
    assert [one.due for one in inbox(world.owner, DUE)] == [DUE]


def test_lapses_the_night_after_and_the_firm_is_told(world):
    case = asked(world)
    assert more_info.lapse_answers(now=on(DUE, 23)) == 0
    assert more_info.lapse_answers(now=on(date(2026, 12, 1), 1)) == 1
    assert more_info.lapse_answers(now=on(date(2026, 12, 2), 1)) == 0
    case.refresh_from_db()
    assert (case.state, open_work()) == ("lapsed", [])
    assert news("application_lapsed") == 2
    with pytest.raises(Conflict, match="application_lapsed"):
        applications.save_answers(
            application=case, answers={}, actor=world.owner, now=on(date(2026, 12, 2))
        )


def test_an_answer_that_the_night_did_not_see_yet_stands(world):
    case = asked(world)
    seen_before = Application.objects.get(pk=case.pk)
    answer(world, case, on(DUE, 23))
    assert more_info.lapse(seen_before, now=on(date(2026, 12, 1), 1)) is False
    case.refresh_from_db()
    assert (case.state, news("application_lapsed")) == ("screening", 0)


def test_new_application_after_the_day_does_not_wait_for_the_night(world):
    late = asked(world)
    with pytest.raises(Conflict, match="application_exists"):
        firms.started(world)
    world.now = on(date(2026, 12, 1), 0)
    fresh = firms.started(world)
    late.refresh_from_db()
    assert (late.state, fresh.state) == ("lapsed", "draft")
    taken = applications.take_over_answers(application=fresh, actor=world.owner, now=world.now)
    assert taken.answers["case_text"] == ANSWERS["case_text"]


def test_it_runs_every_night(db):
    schedule = Schedule.objects.get(name="application_answers")
    assert (schedule.func, schedule.schedule_type) == ("incubator.tasks.look_after_answers", "D")
    assert tasks.look_after_answers() == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_an_answer_and_the_night_at_once(world):
    """Whichever comes first, the case ends in one state and nobody is told anything else."""
    case = asked(world)
    start, outcomes = threading.Barrier(2), {}

    def send() -> None:
        with contextlib.closing(connection):
            start.wait()
            try:
                outcomes["answer"] = answer(world, case, on(DUE, 23)).state
            except Conflict as refusal:
                outcomes["answer"] = refusal.code

    def night() -> None:
        with contextlib.closing(connection):
            start.wait()
            outcomes["lapsed"] = more_info.lapse(case, now=on(date(2026, 12, 1), 0))

    threads = [threading.Thread(target=deed) for deed in (send, night)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    case.refresh_from_db()
    assert (case.state, outcomes) in [
        ("screening", {"answer": "screening", "lapsed": False}),
        ("lapsed", {"answer": "application_lapsed", "lapsed": True}),
    ]


# --- what the pages read


def test_clock_of_a_case(world, django_assert_num_queries):
    case = firms.submitted(world)
    with django_assert_num_queries(1):
        clock = clock_of(case, date(2026, 11, 25))
    assert (clock.spent, clock.due_on, clock.late, clock.paused) == (2, DUE, False, False)
    assert clock_of(case, date(2026, 12, 1)).late is True
    case = more_info.ask_more_info(
        application=case,
        asked={"case_text": "请补充。"},
        actor=world.staff,
        now=on(date(2026, 11, 25)),
    )
    clock = clock_of(case, date(2026, 11, 27))
    assert (clock.spent, clock.due_on, clock.late, clock.paused) == (2, None, False, True)


def test_clock_of_a_case_with_its_reviewers(world):
    case = firms.in_review(world)
    clock = clock_of(case, date(2026, 11, 25))
    assert (clock.spent, clock.due_on) == (2, date(2026, 12, 7))


def test_no_clock_runs_for_a_draft_or_an_admitted_firm(world):
    assert clock_of(firms.started(world), date(2026, 11, 25)) is None


def test_times_of_every_stage(world, django_assert_num_queries):
    firms.reviewed(world)
    with django_assert_num_queries(3):
        times = service_times(date(2026, 11, 25))
    found = {one.time.stage: (one.time.ended, one.time.under_way) for one in times.lines}
    assert found["screening"] == found["review"] == (1, 0)
    assert found["decision"] == (0, 1)
    assert times.has_ended is True


@pytest.mark.parametrize("state", ["withdrawn", "lapsed"])
def test_cases_that_the_firm_left_are_not_counted(world, state):
    case = asked(world)
    if state == "withdrawn":
        applications.withdraw_application(application=case, actor=world.owner, now=world.now)
    else:
        more_info.lapse_answers(now=on(date(2026, 12, 1)))
    times = service_times(date(2026, 12, 2))
    assert [(one.time.ended, one.time.under_way) for one in times.lines] == [(0, 0)] * 5
