"""The village's decision, signed with a name and a code or a photo of the signed paper."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from django.core.files.base import File
from django.utils import timezone

from incubator.selectors.module_uses import declared_releases
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.domain.roles import Role
from portal.events import DeliverableAccepted
from portal.models import AuditEntry, IssuedDocument, StoredFile, User
from portal.notifications import notify
from portal.permissions import require_outsider, require_role
from portal.services.files import store_file
from portal.services.operations import operation
from portal.services.registers import issue_document, record_relation
from portal.services.transitions import apply_transition
from portal.services.work import open_work
from village_pilot.domain.delivery import (
    DECISIONS,
    DELIVERABLE,
    POSITIVE,
    REPRESENTS,
    decision_faults,
)
from village_pilot.models import (
    AcceptanceCode,
    DeliverableVersion,
    TechnicalReview,
    VillageDecision,
)
from village_pilot.selectors.people import members_of
from village_pilot.services.deliverables import words
from village_pilot.services.milestones import settle_milestone

Upload: TypeAlias = "File[bytes]"
Photo: TypeAlias = "File[bytes] | None"
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 10
SHEET = 40
ATTEMPTS, WINDOW = 5, timedelta(minutes=15)
DEED = "village_pilot.decide"


def issue_codes(*, signer: User, count: int, actor: User, now: datetime) -> list[str]:
    """Return ``count`` new single-use codes for a signer, to be printed; shown this once.

    Only their SHA-256 is kept; the unused codes of an older sheet are withdrawn. Staff hand
    the sheet over in person and cannot issue codes to themselves. Raises ``NotAllowed``,
    ``Invalid`` (``code_count``, ``not_a_signer``).
    """
    with operation("village_pilot.codes", actor=actor, now=now, subject=signer, count=count):
        require_role(actor, Role.STAFF)
        if actor.pk == signer.pk:
            raise NotAllowed("own_role")
        if not 1 <= count <= SHEET:
            raise Invalid("code_count", fields={"count": "code_count"})
        signer.forget_roles()
        if Role.VILLAGE_SIGNER not in {held.role for held in signer.active_memberships}:
            raise Invalid("not_a_signer", fields={"signer": "not_a_signer"})
        AcceptanceCode.objects.filter(
            signer=signer, used_at__isnull=True, withdrawn_at__isnull=True
        ).update(withdrawn_at=now)
        codes = [new_code() for _place in range(count)]
        AcceptanceCode.objects.bulk_create(
            AcceptanceCode(
                signer=signer, digest=code_digest(signer, code), issued_by=actor, issued_at=now
            )
            for code in codes
        )
    return codes


def new_code() -> str:
    """Return a random code of ten characters (49 bits), in two groups, easy to read aloud."""
    letters = "".join(secrets.choice(ALPHABET) for _place in range(CODE_LENGTH))
    return f"{letters[:5]}-{letters[5:]}"


def code_digest(signer: User, code: str) -> str:
    """Return the SHA-256 (hex) of a signer's code, however it was typed."""
    letters = "".join(sign for sign in code.upper() if sign.isalnum())
    return hashlib.sha256(f"{signer.pk}:{letters}".encode()).hexdigest()


def decide_deliverable(
    *,
    version: DeliverableVersion,
    decision: str,
    signed_name: str,
    actor: User,
    now: datetime,
    note: str = "",
    code: str = "",
    photo: Photo = None,
    expected_version: int | None = None,
) -> VillageDecision:
    """Decide for the village: accept, accept_with_conditions or refuse (the latter with a note).

    The actor signs for the pilot's village committee, did not review the work, types the
    own name and gives one second factor: a code of the own sheet or a photo of the signed
    paper. On acceptance the tie “accepted for” is recorded, an acceptance form (series HYYS)
    issued and ``DeliverableAccepted`` published; the milestone is judged either way. Raises
    ``NotAllowed`` (``role``, ``reviewer_is_signer``, ``own_organisation``), ``Conflict``
    (``wrong_state``, ``stale``, ``code_locked``), ``Invalid`` (``decision_missing``,
    ``name_mismatch``, ``second_factor``, ``one_factor``, ``code_wrong``, ``reason_required``).
    """
    pilot = version.pilot
    with operation(
        DEED,
        actor=actor,
        now=now,
        subject=version,
        organisation=pilot.committee,
        decision=decision,
    ) as opened:
        require_signer(actor, version)
        check_decision(
            decision, note=note, signed_name=signed_name, code=code, photo=photo, actor=actor
        )
        moved = apply_transition(
            instance=version,
            lifecycle=DELIVERABLE,
            action=decision,
            actor=actor,
            now=now,
            organisation=pilot.committee,
            reason=note,
            expected_version=expected_version,
        )
        signed = VillageDecision(
            version=moved,
            signer=actor,
            signed_name=signed_name.strip(),
            decision=decision,
            note=note.strip(),
            decided_at=now,
            **second_factor(actor, version, code, photo, now),
        )
        if moved.state in POSITIVE:
            signed.document = accepted(moved, signed, now)
            opened.publish(
                DeliverableAccepted(
                    deliverable_id=moved.deliverable_id,
                    organisation_id=pilot.provider_id,
                    version_id=moved.pk,
                    release_ids=tuple(moved.declared_ids),
                )
            )
        signed.full_clean()
        signed.save()
        follow_up(moved, decision, actor, now)
    return signed


def require_signer(actor: User, version: DeliverableVersion) -> None:
    """Raise ``NotAllowed`` unless ``actor`` signs for the village and is nobody's judge twice."""
    require_role(actor, Role.VILLAGE_SIGNER, organisation=version.pilot.committee)
    require_outsider(actor, version.pilot.provider)
    reviews = TechnicalReview.objects.filter(version__deliverable=version.deliverable_id)
    if version.reviewer_id == actor.pk or reviews.filter(reviewer=actor).exists():
        raise NotAllowed("reviewer_is_signer")


def check_decision(
    decision: str, *, note: str, signed_name: str, code: str, photo: object | None, actor: User
) -> None:
    """Refuse a decision that is not whole, with every faulty field, or in another's name."""
    faults = decision_faults(decision, note=note, code=code, photo=photo is not None)
    if "".join(signed_name.split()) != "".join(actor.name.split()):
        faults["signed_name"] = "name_mismatch"
    if faults:
        raise Invalid(next(iter(faults.values())), fields=faults)


def second_factor(
    actor: User,
    version: DeliverableVersion,
    code: str,
    photo: Photo,
    now: datetime,
) -> dict[str, Any]:
    """Use up the code, or keep the photo; return the decision's fields."""
    if photo is not None:
        return {"photo": keep_photo(version, photo, actor, now)}
    return {"code": use_code(actor, code, now)}


def keep_photo(
    version: DeliverableVersion, photo: Upload, actor: User, now: datetime
) -> StoredFile:
    """Keep the photo of the signed paper with the committee."""
    return store_file(
        upload=photo,
        use="evidence_photo",
        actor=actor,
        now=now,
        organisation=version.pilot.committee,
    )


def use_code(signer: User, code: str, now: datetime) -> AcceptanceCode:
    """Mark a code as used; five wrong ones in a quarter of an hour close the door for a while."""
    if wrong_codes(signer, now) >= ATTEMPTS:
        raise Conflict("code_locked")
    found = (
        AcceptanceCode.objects.select_for_update()
        .filter(
            signer=signer,
            digest=code_digest(signer, code),
            used_at__isnull=True,
            withdrawn_at__isnull=True,
        )
        .first()
    )
    if found is None:
        raise Invalid("code_wrong", fields={"code": "code_wrong"})
    found.used_at = now
    found.save(update_fields=["used_at"])
    return found


def wrong_codes(signer: User, now: datetime) -> int:
    """Return how many wrong codes ``signer`` gave of late, as the audit trail remembers."""
    return AuditEntry.objects.filter(
        actor_id=signer.pk,
        action=DEED,
        outcome="refused",
        reason="code_wrong",
        at__gt=now - WINDOW,
    ).count()


def accepted(version: DeliverableVersion, signed: VillageDecision, now: datetime) -> IssuedDocument:
    """Record the tie of the signer and issue the acceptance form."""
    pilot = version.pilot
    record_relation(
        kind="accepted_for",
        person=signed.signer,
        other=pilot.provider,
        since=timezone.localdate(now),
        subject=version.deliverable,
    )
    return issue_document(
        kind="acceptance_form",
        series="HYYS",
        title=version.deliverable.title,
        holder_name=pilot.provider.name,
        organisation=pilot.provider,
        actor=signed.signer,
        now=now,
        subject=version,
        payload=form_payload(version, signed, now),
    )


def form_payload(
    version: DeliverableVersion, signed: VillageDecision, now: datetime
) -> dict[str, Any]:
    """Return what the acceptance form says; the signer stays unnamed outside the portal."""
    pilot = version.pilot
    return {
        "pilot": pilot.number,
        "process": {"code": pilot.process.code, "name": pilot.process.name},
        "deliverable": version.deliverable.title,
        "version": version.number,
        "village": {"code": pilot.village_id, "name": pilot.village.place},
        "provider": {"uscc": pilot.provider.uscc, "name": pilot.provider.name},
        "decision": signed.decision,
        "note": signed.note,
        "second_factor": "photo" if signed.photo_id else "code",
        "files": sorted(version.files.values_list("sha256", flat=True)),
        "modules": [
            {"name": one.module.name, "version": one.number, "title": one.module.title}
            for one in declared_releases(version.declared_ids)
        ],
        "decided_on": timezone.localdate(now).isoformat(),
    }


def follow_up(version: DeliverableVersion, decision: str, actor: User, now: datetime) -> None:
    """Judge the milestone, tell the firm, and on refusal put it into the firm's inbox."""
    pilot = version.pilot
    milestone = version.deliverable.milestone
    if milestone is not None and milestone.state == "submitted":
        action = DECISIONS[decision][1]
        settle_milestone(
            milestone=milestone,
            action=action,
            actor=actor,
            now=now,
            roles=frozenset({Role.VILLAGE_SIGNER}),
        )
    url = version.get_absolute_url()
    if version.state == "refused":
        open_work(
            "deliverable_refused",
            subject=version,
            url=url,
            now=now,
            role=Role.FIRM_SIGNER,
            organisation=pilot.provider,
            **words(version),
        )
    notify(
        members_of(pilot.provider, REPRESENTS),
        "deliverable_decided",
        key=f"decided:{version.pk}",
        now=now,
        url=url,
        **words(version),
    )
