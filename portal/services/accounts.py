"""People, organisations, memberships, roles and invitations."""

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import identify_hasher, make_password
from django.contrib.auth.models import Group
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.domain.roles import ADMINISTRATORS, BOUND, INVITERS, Role, allowed_in, clash
from portal.domain.texts import unseen_fields
from portal.events import InvitationSent, external
from portal.labels import ROLES
from portal.models import Invitation, Membership, Organisation, User
from portal.permissions import require_role, roles_in
from portal.services.operations import operation

INVITATION_LIFE = timedelta(days=14)
INVITATION_SALT = "portal.invitation"


def register_organisation(
    *,
    kind: str,
    name: str,
    actor: User | None,
    now: datetime,
    uscc: str = "",
    name_en: str = "",
    region_code: str | None = None,
    address: str = "",
    phone: str = "",
    legal_representative: str = "",
) -> Organisation:
    """Register an organisation; a person who registers a firm becomes its signer.

    Raises ``Invalid("invalid_input")`` whose ``fields`` name what is wrong
    (a malformed code, or one that is already registered; a text of which nothing can be seen).
    """
    with operation("organisation.register", actor=actor, now=now, kind=kind) as opened:
        texts = {
            "name": name,
            "name_en": name_en,
            "address": address,
            "phone": phone,
            "legal_representative": legal_representative,
        }
        if unseen := unseen_fields(texts):
            raise Invalid("invalid_input", fields=unseen)
        organisation = Organisation(
            kind=kind,
            name=name.strip(),
            name_en=name_en,
            uscc=uscc or None,
            region_id=region_code,
            address=address,
            phone=phone,
            legal_representative=legal_representative,
        )
        try:
            organisation.full_clean()
        except ValidationError as error:
            fields = {key: " ".join(texts) for key, texts in error.message_dict.items()}
            raise Invalid("invalid_input", fields=fields) from error
        save_new(organisation)
        opened.record("organisation.registered", subject=organisation, organisation=organisation)
        if kind == "firm" and actor is not None:
            add_member(
                user=actor, organisation=organisation, role=Role.FIRM_SIGNER, actor=None, now=now
            )
    return organisation


def save_new(organisation: Organisation) -> None:
    """Save it; refuse the code that somebody else registered a moment ago."""
    try:
        with transaction.atomic():
            organisation.save()
    except IntegrityError as error:
        taken = organisation.unique_error_message(Organisation, ("uscc",))
        raise Invalid("invalid_input", fields={"uscc": " ".join(taken.messages)}) from error


def add_member(
    *, user: User, organisation: Organisation, role: str, actor: User | None, now: datetime
) -> Membership:
    """Give ``user`` a role in ``organisation``.

    Raises ``Invalid("role_unbound")`` for a role that does not fit the organisation,
    ``NotAllowed`` for an actor who may not invite there, ``Conflict("role_clash")``.
    """
    with operation(
        "membership.add", actor=actor, now=now, subject=user, organisation=organisation, role=role
    ):
        if not allowed_in(role, organisation.kind):
            raise Invalid("role_unbound")
        if actor is not None:
            require_inviter(actor, organisation)
        refuse_clash(user, role)
        membership, created = Membership.objects.get_or_create(
            user=user, organisation=organisation, role=role, defaults={"since": now}
        )
        if not created and not membership.active:
            membership.active, membership.since, membership.until = True, now, None
            membership.save(update_fields=["active", "since", "until"])
        user.forget_roles()
    return membership


def end_membership(*, membership: Membership, actor: User, now: datetime) -> Membership:
    """End a membership; the row stays. The last signer of a firm cannot be removed."""
    organisation = membership.organisation
    with operation(
        "membership.end",
        actor=actor,
        now=now,
        subject=membership.user,
        organisation=organisation,
        role=membership.role,
    ):
        require_inviter(actor, organisation)
        signers = organisation.memberships.select_for_update().filter(
            active=True, role=membership.role
        )
        if membership.role in INVITERS[organisation.kind] and len(signers) <= 1:  # type: ignore[index]
            raise Conflict("last_signer", role=ROLES[membership.role])
        Membership.objects.filter(pk=membership.pk).update(active=False, until=now)
        membership.user.forget_roles()
    membership.refresh_from_db()
    return membership


def require_inviter(actor: User, organisation: Organisation) -> None:
    """Raise ``NotAllowed`` unless ``actor`` may manage the members of ``organisation``."""
    inviters = INVITERS[organisation.kind]  # type: ignore[index]
    if roles_in(actor, organisation) & {str(role) for role in inviters}:
        return
    require_role(actor, Role.SECURITY_ADMIN)


def refuse_clash(user: User, role: str) -> None:
    """Raise ``Conflict("role_clash")`` when ``user`` holds a role that forbids ``role``.

    Locks the person, so that two roles given at the same moment are judged one after the other.
    """
    User.objects.select_for_update().get(pk=user.pk)
    user.forget_roles()
    held = user.role_codes | {membership.role for membership in user.active_memberships}
    if other := clash(held, role):
        raise Conflict("role_clash", held=ROLES[other])


def grant_role(*, user: User, role: str, actor: User | None, now: datetime) -> None:
    """Give ``user`` a global role. Only the security administrator grants, never to self.

    ``actor=None`` is an installation's first step or the demo, and may be repeated; anybody else
    gets ``Conflict("role_held")`` for a role that ``user`` has already.
    """
    with operation("role.grant", actor=actor, now=now, subject=user, role=role):
        require_global(role)
        if actor is not None:
            require_role(actor, Role.SECURITY_ADMIN)
            if actor.pk == user.pk:
                raise NotAllowed("own_role")
        refuse_clash(user, role)
        if actor is not None and user.groups.filter(name=role).exists():
            raise Conflict("role_held")
        user.groups.add(Group.objects.get(name=role))
        user.forget_roles()


def appoint_first(*, user: User, now: datetime) -> None:
    """Make ``user`` the first security administrator; audited as done by the system.

    Raises ``Conflict("already_appointed")`` where there is one who can sign in: from then on
    only a security administrator grants roles.
    """
    with operation("role.appoint", actor=None, now=now, subject=user):
        if User.objects.filter(groups__name=Role.SECURITY_ADMIN, is_active=True).exists():
            raise Conflict("already_appointed")
        grant_role(user=user, role=Role.SECURITY_ADMIN, actor=None, now=now)


def require_global(role: str) -> None:
    """Raise ``Invalid("role_unbound")`` for a role that only a membership gives, or none at all."""
    if role not in set(Role) or role in set(BOUND):
        raise Invalid("role_unbound")


def revoke_role(*, user: User, role: str, actor: User, now: datetime) -> None:
    """Take a global role from ``user``. Only the security administrator, never from self.

    Raises ``Conflict("role_not_held")`` where there is nothing to take, and
    ``Conflict("last_administrator")`` (see ``refuse_last_administrator``).
    """
    with operation("role.revoke", actor=actor, now=now, subject=user, role=role):
        require_role(actor, Role.SECURITY_ADMIN)
        if actor.pk == user.pk:
            raise NotAllowed("own_role")
        require_global(role)
        User.objects.select_for_update().get(pk=user.pk)
        if not user.groups.filter(name=role).exists():
            raise Conflict("role_not_held")
        refuse_last_administrator(user, role)
        user.groups.remove(Group.objects.get(name=role))
        user.forget_roles()


def refuse_last_administrator(user: User, *roles: str) -> None:
    """Raise ``Conflict("last_administrator")`` when nobody else can sign in as what ``user`` is.

    Of ``roles``, or of all that ``user`` holds. Locks the role, so that of two administrators
    who go at the same moment one stays.
    """
    kinds = Group.objects.filter(name__in=ADMINISTRATORS.intersection(roles or ADMINISTRATORS))
    for group in kinds.filter(user=user).select_for_update(of=("self",)).order_by("pk"):
        if user.is_active and not group.user_set.filter(is_active=True).exclude(pk=user.pk):
            raise Conflict("last_administrator", role=ROLES[group.name])


def invite(
    *, organisation: Organisation, email: str, role: str, actor: User, now: datetime
) -> Invitation:
    """Invite somebody by email to a role in ``organisation``; the link works once, 14 days."""
    with operation(
        "invitation.send", actor=actor, now=now, organisation=organisation, role=role
    ) as opened:
        require_inviter(actor, organisation)
        if not allowed_in(role, organisation.kind):
            raise Invalid("role_unbound", fields={"role": "role_unbound"})
        address = email.strip().lower()
        if Membership.objects.filter(
            user__email=address, organisation=organisation, role=role, active=True
        ).exists():
            raise Conflict("already_member")
        invitation = Invitation.objects.create(
            organisation=organisation,
            email=address,
            role=role,
            invited_by=actor,
            created_at=now,
            expires_at=now + INVITATION_LIFE,
        )
        opened.publish(InvitationSent(invitation_id=invitation.pk))
    return invitation


def invitation_token(invitation: Invitation) -> str:
    """Return the signed token of an invitation's link; nothing secret is stored."""
    return signing.dumps(invitation.pk, salt=INVITATION_SALT)


def invitation_path(invitation: Invitation) -> str:
    """Return the path of an invitation's link."""
    return reverse("portal:invitation", args=[invitation_token(invitation)])


def invitation_of(token: str) -> int | None:
    """Return the invitation's id that ``token`` was signed for, or ``None``."""
    try:
        return int(signing.loads(token, salt=INVITATION_SALT))
    except signing.BadSignature:
        return None


def accept_invitation(*, token: str, actor: User, now: datetime) -> Membership:
    """Take up an invitation that was sent to ``actor``'s own address."""
    with operation("invitation.accept", actor=actor, now=now):
        invitation = (
            Invitation.objects.select_for_update(of=("self",))
            .select_related("organisation")
            .filter(pk=invitation_of(token) or 0)
            .first()
        )
        if invitation is None or invitation.accepted_at or invitation.cancelled_at:
            raise Invalid("invitation_invalid")
        if invitation.expires_at <= now:
            raise Invalid("invitation_invalid")
        if invitation.email != actor.email.lower():
            raise NotAllowed("invitation_email")
        invitation.accepted_at = now
        invitation.save(update_fields=["accepted_at"])
        return add_member(
            user=actor,
            organisation=invitation.organisation,
            role=invitation.role,
            actor=None,
            now=now,
        )


@external
def mail_invitation(*, pk: int, now: datetime, url: str = "") -> None:
    """Mail an invitation to somebody without an account (a job).

    Its link is made here, so that no job keeps it. ``url`` is what earlier releases kept.
    """
    invitation = Invitation.objects.select_related("organisation", "invited_by").get(pk=pk)
    params = {
        "organisation": invitation.organisation.name,
        "inviter": invitation.invited_by.name,
        "role": ROLES[invitation.role],
    }
    EmailMessage(
        subject=_("You are invited to act for %(organisation)s") % params,
        body=_(
            "%(inviter)s invites you as %(role)s of %(organisation)s. Sign up with this "
            "address, then open the link:"
        )
        % params
        + f"\n\n{settings.BASE_URL}{invitation_path(invitation)}",
        to=[invitation.email],
        headers={"Message-ID": f"<invitation-{pk}@portal>"},
    ).send()


def create_person(
    *, email: str, name: str, password: str, now: datetime, language: str = "zh-hans"
) -> User:
    """Create a person with a verified address (demo and first installation); idempotent.

    ``password`` may be what ``make_password`` made, so that many people cost one hashing.
    """
    with operation("person.create", actor=None, now=now) as opened:
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            user = User(email=email.lower(), name=name, language=language)
            user.password = password if is_hashed(password) else make_password(password)
            user.save()
            opened.record("person.created", subject=user)
        EmailAddress.objects.get_or_create(
            user=user, email=user.email, defaults={"verified": True, "primary": True}
        )
    return user


def is_hashed(password: str) -> bool:
    """Return whether ``password`` is the encoded form that Django stores."""
    try:
        identify_hasher(password)
    except ValueError:
        return False
    return True


def administrators_clash_free() -> bool:
    """Return whether no administrator holds a role that clashes with it (a check, 3 queries)."""
    administrators = (
        User.objects.filter(groups__name__in=ADMINISTRATORS)
        .distinct()
        .prefetch_related("groups", "memberships")
    )
    return not any(
        clash(held, role)
        for held in map(roles_held, administrators)
        for role in held & ADMINISTRATORS
    )


def roles_held(user: User) -> frozenset[str]:
    """Return every role of ``user``, by group or by an active membership (prefetched or not)."""
    groups = {group.name for group in user.groups.all()}
    return frozenset(groups | {one.role for one in user.memberships.all() if one.active})
