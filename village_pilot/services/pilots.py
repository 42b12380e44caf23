"""Pilots: proposed by staff, consented to by the village, agreed by the firm, run, ended."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone

from incubator.selectors import applications as incubation
from portal.domain.calendar import add_working_days
from portal.domain.lifecycle import Conflict, Invalid
from portal.domain.roles import OrganisationKind, Role
from portal.models import Organisation, Region, User
from portal.notifications import notify
from portal.permissions import require_outsider, require_role
from portal.services.operations import operation
from portal.services.registers import next_serial
from portal.services.transitions import apply_transition
from portal.services.work import open_work
from village_pilot.domain.delivery import DECIDED, PILOT, REPRESENTS
from village_pilot.models import DeliverableVersion, Pilot, ProcessTemplate
from village_pilot.selectors.people import members_of
from village_pilot.services.milestones import add_milestones, expect_milestones

CONSENT_DAYS = 10


def propose_pilot(
    *,
    process: ProcessTemplate,
    provider: Organisation,
    committee: Organisation,
    title: str,
    goal: str,
    starts_on: date,
    ends_on: date,
    actor: User,
    now: datetime,
    milestones: Iterable[tuple[str, date]] = (),
) -> Pilot:
    """Propose a pilot of ``process`` by an admitted firm in the committee's village.

    ``goal`` holds one promise a line; ``milestones`` are (title, due on). The village's
    signers are asked for their consent. Raises ``NotAllowed`` for anybody but staff,
    ``Invalid`` (``provider_not_admitted``, ``no_firm``, ``no_committee``, ``dates_order``).
    """
    with operation("village_pilot.propose", actor=actor, now=now, organisation=provider) as opened:
        require_role(actor, Role.STAFF)
        require_outsider(actor, provider)
        village = check_parties(provider, committee)
        if ends_on <= starts_on:
            raise Invalid("dates_order", fields={"ends_on": "dates_order"})
        pilot = Pilot(
            number=next_serial("HYSD", now=now),
            process=process,
            provider=provider,
            committee=committee,
            village=village,
            title=title.strip(),
            goal=goal.strip(),
            starts_on=starts_on,
            ends_on=ends_on,
            proposed_by=actor,
            state=PILOT.initial,
            state_since=now,
            created_at=now,
        )
        pilot.full_clean()
        pilot.save()
        add_milestones(pilot, milestones, now)
        opened.record("village_pilot.proposed", subject=pilot, number=pilot.number)
        ask(pilot, now)
    return pilot


def check_parties(provider: Organisation, committee: Organisation) -> Region:
    """Return the village; refuse a firm not admitted and a committee without a village."""
    if provider.kind != OrganisationKind.FIRM:
        raise Invalid("no_firm", fields={"provider": "no_firm"})
    if committee.kind != OrganisationKind.VILLAGE_COMMITTEE or committee.region is None:
        raise Invalid("no_committee", fields={"committee": "no_committee"})
    if not incubation.is_admitted(provider.pk):
        raise Invalid("provider_not_admitted", fields={"provider": "provider_not_admitted"})
    return committee.region


def move_pilot(
    *,
    pilot: Pilot,
    action: str,
    actor: User,
    now: datetime,
    reason: str = "",
    expected_version: int | None = None,
) -> Pilot:
    """Take ``action`` of the pilot's lifecycle and ask whoever comes next.

    consent, decline (village signer) · agree (firm's signer) · start, pause, resume,
    complete, terminate (staff). Raises ``Conflict("deliverables_open")`` when completing
    while a deliverable waits for its decision, and what ``apply_transition`` raises.
    """
    with operation(f"village_pilot.{action}", actor=actor, now=now, subject=pilot):
        if action == "complete" and open_versions(pilot):
            raise Conflict("deliverables_open")
        village = action in {"consent", "decline"}
        moved = apply_transition(
            instance=pilot,
            lifecycle=PILOT,
            action=action,
            actor=actor,
            now=now,
            organisation=pilot.committee if village else pilot.provider,
            reason=reason,
            expected_version=expected_version,
        )
        ask(moved, now)
    return moved


def open_versions(pilot: Pilot) -> bool:
    """Whether something handed in still waits for a decision."""
    versions = DeliverableVersion.objects.filter(deliverable__pilot=pilot)
    return versions.exclude(state__in=DECIDED | {"draft"}).exists()


def ask(pilot: Pilot, now: datetime) -> None:
    """Open the work item of whoever acts next, and tell them."""
    today = timezone.localdate(now)
    due = add_working_days(today, CONSENT_DAYS).value
    words: dict[str, Any] = {"pilot": pilot.title, "place": pilot.village.place}
    url = pilot.get_absolute_url()
    if pilot.state == "proposed":
        village = reverse("village_pilot:village_pilot", args=[pilot.number])
        open_work(
            "pilot_consent",
            subject=pilot,
            url=village,
            now=now,
            due_on=due,
            role=Role.VILLAGE_SIGNER,
            organisation=pilot.committee,
            **words,
        )
        tell(pilot, members_of(pilot.committee, [Role.VILLAGE_SIGNER]), village, now)
    elif pilot.state == "village_consent":
        open_work(
            "pilot_agree",
            subject=pilot,
            url=url,
            now=now,
            due_on=due,
            role=Role.FIRM_SIGNER,
            organisation=pilot.provider,
            **words,
        )
        tell(pilot, members_of(pilot.provider, [Role.FIRM_SIGNER]), url, now)
    elif pilot.state == "agreed":
        open_work(
            "pilot_start",
            subject=pilot,
            url=url,
            now=now,
            due_on=pilot.starts_on,
            role=Role.STAFF,
            **words,
        )
    else:
        expect_milestones(pilot, now)
        tell(pilot, members_of(pilot.provider, REPRESENTS), url, now)


def tell(pilot: Pilot, people: Iterable[User], url: str, now: datetime) -> None:
    """Say that the pilot moved on, once for each version of it."""
    notify(
        people,
        "pilot_moved",
        key=f"pilot:{pilot.pk}:{pilot.version}",
        now=now,
        url=url,
        pilot=pilot.title,
        place=pilot.village.place,
    )
