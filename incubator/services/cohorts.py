"""Cohorts: agreement texts, drafting, publishing, places, offers."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NotRequired, TypedDict, Unpack

from django.db.models import F, QuerySet
from django.utils import timezone

from incubator import selectors
from incubator.domain.cohort import (
    COHORT,
    HOLDING,
    INCUBATION,
    REPLY_DAYS,
    UNDER_WAY,
    require_capacity,
    require_cohort,
)
from incubator.models import Cohort, Incubation, IncubationAgreement, PlanTemplate
from incubator.permissions.cohorts import require_decider, require_staff
from incubator.services.screening import signers_of
from portal.domain.audit_chain import sha256_of
from portal.domain.lifecycle import Conflict, Invalid, require_seen
from portal.domain.roles import Role
from portal.domain.texts import is_blank, legible
from portal.models import Organisation, User
from portal.notifications import notify
from portal.services.operations import operation
from portal.services.registers import next_serial
from portal.services.transitions import apply_transition, lock
from portal.services.work import open_work

SHIPPED = Path(__file__).with_name("incubation_agreement.json")
COHORT_SERIES, SERIES = "HYFHP", "HYFH"
MOST_REPLY_DAYS = 90


class CohortDetails(TypedDict):
    """What a cohort says."""

    title: str
    starts_on: date
    ends_on: date
    capacity: int
    title_en: NotRequired[str]
    note: NotRequired[str]


# --- Agreement texts


def shipped_agreement() -> dict[str, str]:
    """Return the agreement text that comes with the portal: version, text, text_en."""
    values = json.loads(SHIPPED.read_text(encoding="utf-8"))
    texts = {name: "\n\n".join(values[name]) for name in ("text", "text_en")}
    return {"version": str(values["version"]), **texts}


def publish_agreement(
    *, version: str, text: str, actor: User, now: datetime, text_en: str = ""
) -> IncubationAgreement:
    """Publish a version of the agreement; the same one again changes nothing.

    Cohorts that are published already keep theirs. Raises ``NotAllowed("role")``,
    ``Invalid("text_required")`` or ``Conflict("agreement_version")``.
    """
    version = legible(version)
    words = {"text": lines_of(text), "text_en": lines_of(text_en)}
    with operation("incubator.agreement.publish", actor=actor, now=now, version=version) as opened:
        require_staff(actor)
        require_seen(version=version, text=text)
        digest = sha256_of("\n\n".join(words.values()))
        found = IncubationAgreement.objects.filter(version=version).first()
        if found is not None and found.digest != digest:
            raise Conflict("agreement_version", version=found.version)
        if found is not None:
            return found
        agreement = IncubationAgreement.objects.create(
            version=version[:20],
            **words,
            digest=digest,
            published_at=now,
            published_by=actor,
        )
        opened.record("incubator.agreement.published", subject=agreement, digest=digest)
    return agreement


def lines_of(text: str) -> str:
    """Return a text without the line ends that browsers send, so that its digest is the same.

    A text of which nobody sees a character is none.
    """
    return "" if is_blank(text) else text.replace("\r\n", "\n").strip()


# --- Cohorts


def create_cohort(*, actor: User, now: datetime, **details: Unpack[CohortDetails]) -> Cohort:
    """Draft a cohort. Raises ``NotAllowed("role")`` or ``Invalid``."""
    title = details["title"]
    with operation("incubator.cohort.create", actor=actor, now=now, title=title) as opened:
        require_staff(actor)
        cohort = Cohort.objects.create(
            number=next_serial(COHORT_SERIES, now=now),
            **clean_details(details, now),
            created_by=actor,
            state=COHORT.initial,
            state_since=now,
            created_at=now,
        )
        opened.record("incubator.cohort.created", subject=cohort, number=cohort.number)
    return cohort


def edit_cohort(
    *,
    cohort: Cohort,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
    **details: Unpack[CohortDetails],
) -> Cohort:
    """Correct a draft. Raises as ``create_cohort``; ``Conflict`` (``wrong_state``, ``stale``)."""
    with operation("incubator.cohort.edit", actor=actor, now=now, subject=cohort):
        require_staff(actor)
        locked = lock(cohort)
        if locked.state != COHORT.initial:
            raise Conflict("wrong_state", state=locked.state)
        if expected_version is not None and expected_version != locked.version:
            raise Conflict("stale", version=locked.version)
        for name, value in clean_details(details, now).items():
            setattr(locked, name, value)
        locked.version += 1
        locked.save()
    return locked


def clean_details(details: CohortDetails, now: datetime) -> dict[str, Any]:
    """Return a cohort's fields, or raise ``Invalid`` naming what is wrong with them."""
    require_seen(title=details["title"])
    days = {"starts_on": details["starts_on"], "ends_on": details["ends_on"]}
    require_cohort(**days, capacity=details["capacity"], today=timezone.localdate(now))
    return {
        **days,
        "capacity": details["capacity"],
        "title": details["title"].strip()[:80],
        "title_en": details.get("title_en", "").strip()[:120],
        "note": details.get("note", "").strip()[:1000],
    }


def publish_cohort(
    *, cohort: Cohort, actor: User, now: datetime, expected_version: int | None = None
) -> Cohort:
    """Publish a cohort: it keeps the newest agreement and plan, whatever is published later.

    Raises ``Conflict`` (``cohort_over``, ``cohort_no_agreement``, ``cohort_no_plan``) and whatever
    ``apply_transition`` raises.
    """
    with operation("incubator.cohort.announce", actor=actor, now=now, subject=cohort):
        require_staff(actor)
        if cohort.ends_on < timezone.localdate(now):
            raise Conflict("cohort_over", ends_on=cohort.ends_on)
        agreement = IncubationAgreement.objects.first()
        if agreement is None:
            raise Conflict("cohort_no_agreement")
        plan = PlanTemplate.objects.first()
        if plan is None:
            raise Conflict("cohort_no_plan")
        return apply_transition(
            instance=cohort,
            lifecycle=COHORT,
            action="publish",
            actor=actor,
            now=now,
            expected_version=expected_version,
            changes={"agreement": agreement, "plan": plan},
        )


def close_cohort(
    *, cohort: Cohort, reason: str, actor: User, now: datetime, expected_version: int | None = None
) -> Cohort:
    """Close a cohort: it offers no more places; memberships go on."""
    with operation("incubator.cohort.end", actor=actor, now=now, subject=cohort):
        return apply_transition(
            instance=cohort,
            lifecycle=COHORT,
            action="close",
            actor=actor,
            now=now,
            reason=reason,
            expected_version=expected_version,
            changes={"closing_note": reason.strip()[:1000]},
        )


def set_capacity(*, cohort: Cohort, capacity: int, actor: User, now: datetime) -> Cohort:
    """Set the number of places, never below those taken."""
    with operation(
        "incubator.cohort.capacity", actor=actor, now=now, subject=cohort, capacity=capacity
    ):
        require_staff(actor)
        require_capacity(capacity)
        locked = lock_cohort(cohort.pk)
        if capacity < locked.taken:
            fields = {"capacity": "cohort_capacity_taken"}
            raise Invalid("cohort_capacity_taken", fields=fields, taken=locked.taken)
        locked.capacity = capacity
        locked.save(update_fields=["capacity"])
    return locked


def lock_cohort(pk: int) -> Cohort:
    """Lock a cohort; whoever moves a membership into or out of a place locks its cohort first."""
    return Cohort.objects.select_for_update().get(pk=pk)


def free_place(pk: int) -> None:
    """Give a place of a locked cohort back."""
    Cohort.objects.filter(pk=pk).update(taken=F("taken") - 1)


# --- Offers


def offer_place(
    *,
    cohort: Cohort,
    firm: Organisation,
    actor: User,
    now: datetime,
    reply_by: date | None = None,
) -> Incubation:
    """Offer an admitted firm a place, which is held until it answers or the offer runs out.

    Raises ``NotAllowed`` (``role``, ``own_organisation``, ``conflict_of_interest``),
    ``Invalid("reply_by")`` or ``Conflict`` (``cohort_not_open``, ``cohort_not_admitted``,
    ``already_incubated``, ``cohort_full``).
    """
    today = timezone.localdate(now)
    with operation(
        "incubator.incubation.offer",
        actor=actor,
        now=now,
        subject=cohort,
        organisation=firm,
    ) as opened:
        require_decider(actor, firm)
        until = require_reply_by(reply_by or today + timedelta(days=REPLY_DAYS), today)
        Organisation.objects.select_for_update().get(pk=firm.pk)
        lock_cohorts(firm, cohort)
        lapse_over(organisation=firm, now=now)
        require_free_firm(firm, cohort)
        place = take_place(cohort, now=now)
        incubation = Incubation.objects.create(
            number=next_serial(SERIES, now=now),
            cohort=place,
            organisation=firm,
            reply_by=until,
            created_by=actor,
            state=INCUBATION.initial,
            state_since=now,
            created_at=now,
        )
        opened.record("incubator.incubation.offered", subject=incubation, organisation=firm)
        call_to_answer(incubation, now=now)
    return incubation


def lock_cohorts(firm: Organisation, cohort: Cohort) -> None:
    """Lock a cohort and those in which the firm has an offer, always in the same order."""
    ids = {cohort.pk, *firm_offers(firm).values_list("cohort", flat=True)}
    list(Cohort.objects.select_for_update().filter(pk__in=ids).order_by("pk"))


def firm_offers(firm: Organisation) -> QuerySet[Incubation]:
    """Return the offers that the firm has not answered."""
    return Incubation.objects.filter(organisation=firm, state="offered")


def require_reply_by(reply_by: date, today: date) -> date:
    """Return the last day to answer, or raise ``Invalid("reply_by")``."""
    if not today <= reply_by <= today + timedelta(days=MOST_REPLY_DAYS):
        raise Invalid("reply_by", fields={"reply_by": "reply_by"})
    return reply_by


def require_free_firm(firm: Organisation, cohort: Cohort) -> None:
    """Raise ``Conflict`` unless the firm is admitted and has no place anywhere, nor had it here."""
    if not selectors.is_admitted(firm.pk):
        raise Conflict("cohort_not_admitted")
    held = Incubation.objects.filter(organisation=firm)
    found = held.filter(state__in=UNDER_WAY).first()
    found = found or held.filter(state__in=HOLDING, cohort=cohort).first()
    if found is not None:
        raise Conflict("already_incubated", number=found.number)


def take_place(cohort: Cohort, *, now: datetime) -> Cohort:
    """Lock a cohort and take one of its places; offers that ran out give theirs back first."""
    locked = lock_cohort(cohort.pk)
    if locked.clock(timezone.localdate(now)) not in {"upcoming", "running"}:
        raise Conflict("cohort_not_open")
    if locked.taken >= locked.capacity:
        lapse_over(cohort=locked, now=now)
        locked.refresh_from_db(fields=["taken"])
    if locked.taken >= locked.capacity:
        raise Conflict("cohort_full", capacity=locked.capacity)
    locked.taken += 1
    locked.save(update_fields=["taken"])
    return locked


def lapse_over(*, now: datetime, **which: Any) -> int:
    """Let offers of locked cohorts run out that nobody answered in time; return how many."""
    over = Incubation.objects.select_for_update().filter(
        state="offered", reply_by__lt=timezone.localdate(now), **which
    )
    for incubation in (found := list(over.order_by("pk"))):
        apply_transition(
            instance=incubation, lifecycle=INCUBATION, action="lapse", actor=None, now=now
        )
        free_place(incubation.cohort_id)
    return len(found)


def call_to_answer(incubation: Incubation, *, now: datetime) -> None:
    """Put the offer into the firm's inbox and tell its people."""
    url, cohort = incubation.get_absolute_url(), incubation.cohort
    open_work(
        "incubation_offer",
        subject=incubation,
        url=url,
        now=now,
        due_on=incubation.reply_by,
        role=Role.FIRM_SIGNER,
        organisation=incubation.organisation,
        cohort=cohort.title,
        cohort_en=cohort.title_en,
    )
    notify(
        signers_of(incubation.organisation),
        "incubation_offered",
        key=f"incubation_offered:{incubation.pk}",
        now=now,
        url=url,
        cohort=cohort.title,
        cohort_en=cohort.title_en,
        reply_by=incubation.reply_by,
    )
