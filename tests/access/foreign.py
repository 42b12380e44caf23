"""Every route that takes an id: somebody else's object, asked for by a stranger with the role.

``FOREIGN`` names, scene by scene, who asks for whose object; the answer must be 404, as if it did
not exist. ``SHARED`` says why an object is open to whoever passes the gate. A new route with an
id stands in one of the two, or ``test_foreign.py`` fails.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group

from incubator.models import CallQuestion
from portal.domain.roles import Role
from portal.models import IssuedDocument, StoredFile
from portal.services.accounts import add_member, invitation_token, invite, register_organisation
from portal.services.calendar_feeds import create_feed
from portal.services.files import store_made
from portal.services.registers import issue_document
from portal.services.tokens import create_token
from tests.incubator import (
    calls_story,
    cohorts_story,
    courses_story,
    firms,
    modules_story,
    office_story,
    quota_story,
)
from tests.portal.services.test_objections import lodged
from tests.village_pilot.story import Story, other_village
from tests.world import World

Found = dict[str, Any]
"""What a scene builds: objects' ids and names by the name that the routes' lines use."""


@dataclass(frozen=True)
class Ask:
    """Who asks how for the object, and what the address names; ``@x`` is looked up in the scene."""

    login: str
    method: str
    names: dict[str, Any]


@dataclass(frozen=True)
class Scene:
    """How the objects come to be, and who asks for them."""

    build: Callable[[World], Found]
    asks: dict[str, Ask]


def get(login: str, **names: Any) -> Ask:
    return Ask(login, "get", names)


def post(login: str, **names: Any) -> Ask:
    return Ask(login, "post", names)


def people(world: World) -> Found:
    firm = world.organisation("owner")
    token, _secret = create_token(actor=world.owner, label="pip", days=30, now=world.now)
    issued = issue_document(
        kind="acceptance_form", series="HYYS", title="表", holder_name=firm.name, payload={},
        organisation=firm, actor=None, now=world.now,
    )  # fmt: skip
    IssuedDocument.objects.filter(pk=issued.pk).update(
        file=store_made(
            content=b"%PDF-", name="a.pdf", media_type="application/pdf", use="issued_document",
            now=world.now,
        )
    )  # fmt: skip
    sent = invite(
        organisation=firm, email="x@demo.example", role="firm_member", actor=world.owner,
        now=world.now,
    )  # fmt: skip
    return {
        "token": token.pk,
        "document": issued.number,
        "firm": firm.pk,
        "membership": firm.memberships.get(user=world.member).pk,
        "invitation": invitation_token(sent)[:-1],
    }


def application(world: World) -> Found:
    case = firms.in_review(world)
    reviews = firms.reviewers(case)
    free = {"assessor", "assessor2", "assessor3"} - {
        review.reviewer.email.split("@")[0] for review in reviews
    }
    return {
        "case": case.pk,
        "attachment": case.attachments.get().pk,
        "file": StoredFile.objects.get().pk,
        "review": reviews[0].pk,
        "other_assessor": min(free),
    }


def draft(world: World) -> Found:
    return {"case": firms.started(world).pk}


def call(world: World) -> Found:
    """A call with a proposal under review, and somebody of another department who asks."""
    story = calls_story.begin(world)
    drafted = story.draft_call(title="另一部门看不到的草稿")
    published = story.open_call()
    question = CallQuestion.objects.create(
        call=published, asker=world.owner2, text="何时截止？", asked_at=world.now
    )
    proposal = story.submitted_proposal(published)
    other = register_organisation(
        kind="department", name="示例县水利局", uscc="", actor=None, now=world.now
    )
    add_member(user=world.learner, organisation=other, role="call_owner", actor=None, now=world.now)
    return {
        "draft": drafted.number,
        "call": published.number,
        "question": question.pk,
        "proposal": proposal.pk,
        "partner": proposal.partners.get().pk,
    }


def proposal_review(world: World) -> Found:
    story = calls_story.begin(world)
    published = story.open_call()
    story.submitted_proposal(published)
    story.evaluate(published)
    row = published.proposals.get().reviews.select_related("reviewer").first()
    taken = set(published.proposals.get().reviews.values_list("reviewer__email", flat=True))
    free = [
        login
        for login in ("assessor", "assessor2", "assessor3")
        if f"{login}@demo.example" not in taken
    ]
    return {"review": row.pk, "other_assessor": free[0]}


def learning(world: World) -> Found:
    return {"enrolment": courses_story.enrolled(world).pk}


def module(world: World) -> Found:
    modules_story.admit(world, "owner")
    modules_story.admit(world, "owner2")
    made = modules_story.module_of(world, "owner", owner=world.organisation("owner"))
    from incubator.services.module_files import start_release
    from incubator.services.modules import submit_release

    begun = start_release(module=made, number="2", actor=world.owner, now=world.now)
    beside = modules_story.beside(world, begun)
    release = submit_release(
        module=made, upload=modules_story.wheel(), actor=world.owner, now=world.now
    )
    return {"name": made.name, "release": release.pk, "begun": begun.pk, "file": beside.pk}


def quota(world: World) -> Found:
    return {"request": quota_story.granted(world, quota_story.pool_of(world)).pk}


def cohort(world: World) -> Found:
    """A membership; another firm's signer and an expert who is not its mentor ask for it."""
    row = cohorts_story.accepted(world)
    return {
        "incubation": row.pk,
        "milestone": row.milestones.first().pk,
        "review": row.reviews.first().pk,
    }


def calendar(world: World) -> Found:
    """A calendar's address with its last letter missing."""
    _feed, secret = create_feed(actor=world.owner, now=world.now)
    return {"secret": secret[:-1]}


def office(world: World) -> Found:
    """A booking; another firm's signer and an expert who is not its mentor ask for it."""
    booking = office_story.booked(world)
    world.learner.groups.add(Group.objects.get(name=Role.EXPERT))
    slot = office_story.published(world, starts_at=office_story.tomorrow(world, 17))[0]
    return {"incubation": booking.incubation_id, "booking": booking.pk, "slot": slot.pk}


def pilot(world: World) -> Found:
    """A pilot with a submitted deliverable; a signer of another village asks."""
    story = Story(world)
    version = story.submitted()
    add_member(
        user=world.learner,
        organisation=other_village(world),
        role="village_signer",
        actor=None,
        now=world.now,
    )
    reviewer = version.reviewer.email.split("@")[0]
    return {
        "pilot": version.deliverable.pilot.number,
        "milestone": version.deliverable.milestone_id,
        "version": version.pk,
        "file": version.files.get().pk,
        "other_reviewer": min({"techreview", "techreview2"} - {reviewer}),
    }


SCENES: dict[str, Scene] = {
    "people": Scene(
        people,
        {
            "portal:document_file": get("owner2", number="@document"),
            "portal:token_revoke": post("owner2", pk="@token"),
            "portal:members": get("owner2", pk="@firm"),
            "portal:end_membership": post("owner2", pk="@membership"),
            "portal:invitation": get("owner2", token="@invitation"),
            "portal:draft": post("owner2", key="no-such-form"),
        },
    ),
    "application": Scene(
        application,
        {
            "portal:file": get("owner2", pk="@file"),
            "incubator:application": get("owner2", pk="@case"),
            "incubator:attach": post("owner2", pk="@case"),
            "incubator:detach": post("owner2", pk="@case", attachment_pk="@attachment"),
            "incubator:reuse": post("owner2", pk="@case"),
            "incubator:withdraw": post("owner2", pk="@case"),
            "incubator:review_request": post("owner2", pk="@case"),
            "incubator:review_drop": post("owner2", pk="@case"),
            "incubator:review": get("@other_assessor", pk="@review"),
            "incubator:review_conflict": post("@other_assessor", pk="@review"),
        },
    ),
    "objection": Scene(
        lambda world: {"objection": lodged(world).pk},
        {
            "portal:objection": get("expert", pk="@objection"),
            "portal:objection_evidence": post("expert", pk="@objection"),
            "portal:objection_deed": post("lead", pk="@objection", deed="accept"),
        },
    ),
    "draft": Scene(
        draft,
        {
            "incubator:screening_case": get("staff", pk="@case"),
            "incubator:screening_contact": post("staff", pk="@case"),
            "incubator:screening_deed": post("staff", pk="@case", deed="start_review"),
        },
    ),
    "call": Scene(
        call,
        {
            "incubator:call": get("owner", number="@draft"),
            "incubator:call_ask": post("owner", number="@draft"),
            "incubator:proposal_new": get("owner", number="@draft"),
            "incubator:call_work": get("learner", number="@call"),
            "incubator:call_edit": get("learner", number="@draft"),
            "incubator:call_decide": post("learner", number="@call"),
            "incubator:call_move": post("learner", number="@draft", action="send_to_check"),
            "incubator:call_answer": post("learner", pk="@question"),
            "incubator:proposal": get("owner2", pk="@proposal"),
            "incubator:proposal_edit": get("owner2", pk="@proposal"),
            "incubator:partner_add": post("owner2", pk="@proposal"),
            "incubator:partner_remove": post("owner2", pk="@proposal", partner="@partner"),
            "incubator:proposal_attach": post("owner2", pk="@proposal"),
            "incubator:proposal_detach": post("owner2", pk="@proposal", attachment=1),
            "incubator:proposal_move": post("owner2", pk="@proposal", action="submit"),
            "incubator:consent": post("owner2", pk="@partner"),
            "incubator:decline": post("owner2", pk="@partner"),
        },
    ),
    "proposal_review": Scene(
        proposal_review,
        {
            "incubator:proposal_review": get("@other_assessor", pk="@review"),
            "incubator:review_step_back": post("@other_assessor", pk="@review"),
        },
    ),
    "learning": Scene(
        learning,
        {
            "incubator:learning": get("owner", pk="@enrolment"),
            "incubator:lesson": get("owner", pk="@enrolment", number=1),
            "incubator:lesson_read": post("owner", pk="@enrolment", number=1),
            "incubator:quiz": get("owner", pk="@enrolment"),
            "incubator:course_leave": post("owner", pk="@enrolment"),
        },
    ),
    "module": Scene(
        module,
        {
            "incubator:module": get("owner2", name="@name"),
            "incubator:module_download": post("owner2", name="@name", number="1.0.0"),
            "incubator:module_edit": post("owner2", name="@name"),
            "incubator:module_remove": post("staff", name="@name"),
            "incubator:release_new": get("owner2", name="@name"),
            "incubator:release": get("owner2", pk="@release"),
            "incubator:release_publish": post("owner2", pk="@release"),
            "incubator:release_changes": post("owner2", pk="@release"),
            "incubator:release_yank": post("owner2", pk="@release"),
            "incubator:release_resubmit": post("owner2", pk="@release"),
            "incubator:module_sums": get("owner2", name="@name", number="2"),
            "incubator:module_file_download": post(
                "owner2", name="@name", number="2", filename="t.sql"
            ),
            "incubator:release_start": post("owner2", name="@name"),
            "incubator:release_file_add": post("owner2", pk="@begun"),
            "incubator:release_file_remove": post("owner2", pk="@begun", file="@file"),
            "incubator:release_submit": post("owner2", pk="@begun"),
        },
    ),
    "quota": Scene(
        quota,
        {
            "incubator:quota_request": get("owner2", pk="@request"),
            "incubator:quota_follow": get("owner2", pk="@request", kind="renewal"),
            "incubator:quota_deed": post("owner2", pk="@request", action="release"),
        },
    ),
    "cohort": Scene(
        cohort,
        {
            "incubator:incubation": get("owner2", pk="@incubation"),
            "incubator:incubation_deed": post("expert", pk="@incubation", action="warn"),
            "incubator:milestone": get("expert", pk="@milestone"),
            "incubator:milestone_deed": post("owner2", pk="@milestone", action="report"),
            "incubator:periodic_review": get("owner2", pk="@review"),
            "incubator:review_deed": post("expert", pk="@review", action="close"),
        },
    ),
    "office": Scene(
        office,
        {
            "incubator:office_choose": get("owner2", pk="@incubation"),
            "incubator:office_book": get("owner2", pk="@incubation", slot="@slot"),
            "incubator:office_booking": get("learner", pk="@booking"),
            "incubator:office_booking_deed": post("owner2", pk="@booking", action="cancel"),
            "incubator:office_booking_file": get("learner", pk="@booking"),
            "incubator:office_slot": get("learner", pk="@slot"),
            "incubator:office_slot_deed": post("learner", pk="@slot", action="cancel"),
        },
    ),
    "calendar": Scene(calendar, {"portal:calendar_feed": get("owner", secret="@secret")}),
    "pilot": Scene(
        pilot,
        {
            "village_pilot:pilot": get("owner2", number="@pilot"),
            "village_pilot:pilot_move": post("learner", number="@pilot", action="consent"),
            "village_pilot:pilot_reason": get("learner", number="@pilot", action="decline"),
            "village_pilot:measures": get("owner2", number="@pilot"),
            "village_pilot:milestone_add": post("owner2", number="@pilot"),
            "village_pilot:deliverable_add": get("owner2", number="@pilot"),
            "village_pilot:milestone_move": post("owner2", pk="@milestone"),
            "village_pilot:deliverable": get("learner", pk="@version"),
            "village_pilot:deliverable_upload": post("owner2", pk="@version"),
            "village_pilot:deliverable_file_remove": post("owner2", pk="@version", file="@file"),
            "village_pilot:deliverable_modules": post("owner2", pk="@version"),
            "village_pilot:deliverable_submit": post("owner2", pk="@version"),
            "village_pilot:deliverable_next": post("owner2", pk="@version"),
            "village_pilot:deliverable_dispute": post("owner2", pk="@version"),
            "village_pilot:review": get("@other_reviewer", pk="@version"),
            "village_pilot:village_pilot": get("learner", number="@pilot"),
            "village_pilot:accept": get("learner", pk="@version"),
        },
    ),
}

PUBLIC = "a public record: it is published for everybody"
COUNTY = "the role acts for the whole county; own cases are refused by the service"
SECURITY = "the security administrator looks after every account but their own"

SHARED: dict[str, str] = {
    "portal:notice": PUBLIC,
    "portal:verify": PUBLIC,
    "portal:anchor": PUBLIC,
    "portal:privacy": PUBLIC,
    "portal:object": "whoever is signed in may object to a row of a public notice",
    "portal:data_request": SECURITY,
    "portal:person": SECURITY,
    "portal:person_reveal": SECURITY,
    "portal:person_account": SECURITY,
    "portal:factor_reset_ask": SECURITY,
    "portal:factor_reset_answer": "two administrators look after every lost factor but their own",
    "portal:change_role": SECURITY,
    "portal:retry_job": "the system administrator looks after all background work",
    "incubator:window": PUBLIC,
    "incubator:window_work": COUNTY,
    "incubator:window_move": COUNTY,
    "incubator:course_enrol": PUBLIC,
    "incubator:index_project": PUBLIC,
    "incubator:index_file": PUBLIC,
    "incubator:module_file": PUBLIC,
    "incubator:cohort": COUNTY,
    "incubator:cohort_edit": COUNTY,
    "incubator:cohort_offer": COUNTY,
    "incubator:cohort_capacity": COUNTY,
    "incubator:cohort_move": COUNTY,
    "incubator:incubation_mentor": COUNTY,
    "incubator:usage_void": COUNTY,
    "incubator:pool": COUNTY,
    "incubator:pool_driver": COUNTY,
    "incubator:pool_open": COUNTY,
    "incubator:pool_close_month": COUNTY,
    "incubator:call_assign": COUNTY,
    "village_pilot:process": PUBLIC,
    "village_pilot:milestone_judge": COUNTY,
    "village_pilot:deliverable_assign": COUNTY,
    "village_pilot:deliverable_resolve": "the board decides on every dispute of the county",
    "certification:provider": PUBLIC,
    "certification:rubric": PUBLIC,
    "certification:round": COUNTY,
    "certification:round_step": COUNTY,
    "certification:round_trial": COUNTY,
    "certification:round_propose": COUNTY,
    "certification:round_cancel": COUNTY,
    "certification:round_scorecard": COUNTY,
    "certification:grade": COUNTY,
    "certification:grade_end": COUNTY,
}
