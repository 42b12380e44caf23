"""Forms that are sent when their case has moved on: told why, and what was typed is handed back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from incubator.models import Application
from incubator.services import cohorts, incubation_plan, modules, quota, windows
from tests.incubator import calls_story, cohorts_story, firms, modules_story, quota_story
from tests.incubator.services.test_refusal_reviews import asked, read, screened_out
from tests.world import World

TYPED = "写了半天的一段话，不能丢"
Late = tuple[str, str, dict[str, Any]]


def denied_quota(world: World) -> Late:
    """The resource manager denies what was approved in another tab."""
    row = quota_story.asked(world, quota_story.pool_of(world))
    quota.approve(request=row, amount=row.amount, actor=world.resources, now=world.now)
    path = reverse("incubator:quota_deed", args=[row.pk, "deny"])
    return "resources", path, {"deny-reason": TYPED, "deny-version": 1}


def asked_about_quota(world: World) -> Late:
    """A question about a request that was withdrawn meanwhile."""
    row = quota_story.asked(world, quota_story.pool_of(world))
    quota.withdraw(request=row, actor=world.owner, now=world.now)
    path = reverse("incubator:quota_deed", args=[row.pk, "ask"])
    return "resources", path, {"ask-reason": TYPED, "ask-version": 1}


def changes_of_a_release(world: World) -> Late:
    """Changes asked of a release that was published meanwhile."""
    release = modules_story.contributed(world)
    path = reverse("incubator:release_changes", args=[release.pk])
    return "staff", path, {"changes-reason": TYPED, "changes-version": 1}


def yanked_release(world: World) -> Late:
    """A release that is withdrawn twice."""
    release = modules_story.published(world)
    modules.yank_release(release=release, reason="错", actor=world.staff, now=world.now)
    path = reverse("incubator:release_yank", args=[release.pk])
    return "staff", path, {"yank-reason": TYPED, "yank-version": 1}


def confirmed_milestone(world: World) -> Late:
    """A milestone that a colleague has confirmed."""
    row = cohorts_story.accepted(world)
    milestone = row.milestones.first()
    reported = incubation_plan.report_milestone(
        milestone=milestone, report="见材料", actor=world.owner, now=world.now
    )
    incubation_plan.judge_milestone(
        milestone=reported, action="confirm", actor=world.staff, now=world.now
    )
    path = reverse("incubator:milestone_deed", args=[milestone.pk, "give_back"])
    return "staff", path, {"give_back-note": TYPED, "give_back-version": 1}


def closed_cohort(world: World) -> Late:
    """A cohort that is closed twice."""
    row = cohorts_story.published(world)
    cohorts.close_cohort(cohort=row, reason="已满", actor=world.staff, now=world.now)
    path = reverse("incubator:cohort_move", args=[row.pk, "close"])
    return "staff", path, {"close-reason": TYPED, "close-version": 1}


def closed_window(world: World) -> Late:
    """A window that is closed twice."""
    row = firms.window(world)
    windows.close_window(window=row, reason="名额已满", actor=world.staff, now=world.now)
    path = reverse("incubator:window_move", args=[row.pk, "close"])
    return "staff", path, {"reason": TYPED, "version": 1}


def submitted_proposal(world: World) -> Late:
    """A partner for a proposal that a colleague has submitted."""
    story = calls_story.begin(world)
    proposal = story.submitted_proposal(story.open_call())
    path = reverse("incubator:partner_add", args=[proposal.pk])
    partner = {"partner-uscc": "91630123MA758KXB0N", "partner-task_share": TYPED}
    return "owner", path, partner


def second_review(world: World) -> Late:
    """A review that its reviewer sends again from another tab."""
    review = firms.reviewers(firms.reviewed(world))[0]
    notes = {f"{name}_note": TYPED for name in firms.NOTES}
    values = firms.SCORES | notes | {"recommendation": "admit", "version": 1}
    login = review.reviewer.email.split("@")[0]
    return login, reverse("incubator:review", args=[review.pk]), values


def refused_case(world: World) -> Late:
    """Reasons for a refusal of a case that a colleague has refused."""
    case = screened_out(world)
    path = reverse("incubator:screening_deed", args=[case.pk, "refuse"])
    return "staff", path, {"reason_codes": ["incomplete"], "feedback": TYPED, "version": 1}


def grounds_too_late(world: World) -> Late:
    """A review of a refusal that is asked for when the days for it are over."""
    case = screened_out(world)
    Application.objects.update(rejected_at=world.now - timedelta(days=90))
    path = reverse("incubator:review_request", args=[case.pk])
    return "owner", path, {"grounds": TYPED, "version": case.version}


CASES = (
    denied_quota,
    asked_about_quota,
    changes_of_a_release,
    yanked_release,
    confirmed_milestone,
    closed_cohort,
    closed_window,
    submitted_proposal,
    second_review,
    refused_case,
    grounds_too_late,
)


@pytest.mark.parametrize("case", CASES)
def test_form_that_came_too_late_says_why_and_hands_the_text_back(
    world: World, case: Callable[[World], Late]
) -> None:
    login, path, values = case(world)
    answer = world.client(login, "en").post(path, values)
    assert (answer.status_code, TYPED in answer.text) == (409, True)
    assert "Your text was not sent" in answer.text


@pytest.mark.parametrize("deed", ["uphold", "overturn"])
def test_reasons_for_a_review_of_a_refusal_stay_where_they_were_typed(
    world: World, deed: str
) -> None:
    case = read(world, asked(world))
    client = world.client()
    client.force_login(firms.other_staff(world), "django.contrib.auth.backends.ModelBackend")
    path = reverse("incubator:screening_deed", args=[case.pk, deed])
    answer = client.post(path, {"reason": TYPED * 900, "version": case.version})
    assert (answer.status_code, TYPED in answer.text) == (422, True)
