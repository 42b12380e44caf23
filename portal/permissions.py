"""Who may do what: predicates over people and objects, and the gate of every route.

Deny, then allow: a view of ours without one of the marks below is closed to everybody
(``AccessMiddleware``). Object-level rules live in services and in ``visible_to``.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.utils.module_loading import import_string

from portal.domain.assignment import MARKS, shared_marks
from portal.domain.lifecycle import SYSTEM, NotAllowed
from portal.domain.roles import BOUND, Role
from portal.models import (
    IssuedDocument,
    Membership,
    Objection,
    Organisation,
    Relation,
    StoredFile,
    User,
)

View = TypeVar("View", bound=Callable[..., Any])
Person = User | AnonymousUser | None


@dataclass(frozen=True)
class Access:
    """What a route asks of a visitor: nothing, a login, or one of some roles."""

    kind: str
    roles: frozenset[str] = frozenset()

    def admits(self, user: Person) -> bool:
        """Return whether ``user`` may pass the gate (object rules come after)."""
        if self.kind == "public":
            return True
        if user is None or not user.is_authenticated:
            return False
        return self.kind == "login" or bool(self.roles & all_roles(user))


PUBLIC = Access("public")
LOGIN = Access("login")


def _mark(view: View, access: Access) -> View:
    view.access = access  # type: ignore[attr-defined]
    return view


def public(view: View) -> View:
    """Open a view to everybody."""
    return _mark(view, PUBLIC)


def logged_in(view: View) -> View:
    """Open a view to everybody who is logged in."""
    return _mark(view, LOGIN)


def for_roles(*roles: str) -> Callable[[View], View]:
    """Open a view to people who hold one of ``roles``, globally or in some organisation."""

    def decorate(view: View) -> View:
        return _mark(view, Access("roles", frozenset(str(role) for role in roles)))

    return decorate


def all_roles(user: Person) -> frozenset[str]:
    """Return every role that ``user`` holds anywhere (two queries a request, then none)."""
    if user is None or not user.is_authenticated:
        return frozenset()
    bound = {membership.role for membership in user.active_memberships}
    unbound = {role for role in user.role_codes if role not in set(BOUND)}
    return frozenset(bound | unbound)


def roles_for(user: Person, organisation: Organisation | None = None) -> frozenset[str]:
    """Return the roles in which ``user`` may act on a case of ``organisation``.

    Unbound roles count everywhere, bound ones only through a membership there.
    ``None`` as user is the system.
    """
    if user is None:
        return frozenset({SYSTEM})
    if not user.is_authenticated:
        return frozenset()
    unbound = {role for role in user.role_codes if role not in set(BOUND)}
    if organisation is None:
        return frozenset(unbound)
    return frozenset(unbound | roles_in(user, organisation))


def roles_in(user: User, organisation: Organisation) -> set[str]:
    """Return the roles of ``user`` in ``organisation``."""
    return {
        membership.role
        for membership in user.active_memberships
        if membership.organisation_id == organisation.pk
    }


def organisations_of(user: Person, *roles: str) -> list[Organisation]:
    """Return the organisations in which ``user`` holds one of ``roles`` (or any role)."""
    if user is None or not user.is_authenticated:
        return []
    wanted = {str(role) for role in roles}
    found = {
        membership.organisation_id: membership.organisation
        for membership in user.active_memberships
        if not wanted or membership.role in wanted
    }
    return list(found.values())


def has_role(user: Person, *roles: str) -> bool:
    """Return whether ``user`` holds one of ``roles`` anywhere."""
    return bool({str(role) for role in roles} & all_roles(user))


def require_role(user: Person, *roles: str, organisation: Organisation | None = None) -> str:
    """Return the role in which ``user`` acts, or raise ``NotAllowed("role")``."""
    held = roles_for(user, organisation)
    for role in roles:
        if role in held:
            return str(role)
    raise NotAllowed("role")


def require_outsider(user: Person, organisation: Organisation | None) -> None:
    """Raise ``NotAllowed("own_organisation")`` when ``user`` belongs to ``organisation``."""
    if user is None or organisation is None:
        return
    if organisation.pk in {m.organisation_id for m in user.active_memberships}:  # type: ignore[union-attr]
        raise NotAllowed("own_organisation")


Ties = dict[tuple[int, int], frozenset[str]]
"""(person's id, organisation's id) → codes; pairs without a tie are left out."""


def ties(people: Iterable[User], organisations: Iterable[Organisation]) -> Ties:
    """Return what keeps each of ``people`` from deciding on each of ``organisations`` (2 queries).

    The one rule of conflicts, for reviewers, assessors, leads and whoever else decides:
    ``own_organisation`` (membership), the person's open relations, those of the person's
    organisations in either direction, and what an organisation of the person's shares with the
    other one (``same_address``, ``same_phone``, ``same_legal_representative``).
    """
    others = {organisation.pk: organisation for organisation in organisations}
    members = list(
        Membership.objects.active()
        .filter(user__in=[person.pk for person in people])
        .select_related("organisation")
    )
    found: dict[tuple[int, int], set[str]] = {}
    for member in members:
        for pk, other in others.items():
            found.setdefault((member.user_id, pk), set()).update(seen_ties(member, other))
    for pair, kind in related([person.pk for person in people], members, set(others)):
        found.setdefault(pair, set()).add(kind)
    return {pair: frozenset(codes) for pair, codes in found.items() if codes}


def seen_ties(member: Membership, other: Organisation) -> list[str]:
    """Return the codes that membership and shared marks alone give (no query)."""
    if member.organisation_id == other.pk:
        return ["own_organisation"]
    mine, theirs = (
        {mark: getattr(one, mark) for mark in MARKS} for one in (member.organisation, other)
    )
    return shared_marks(mine, theirs)


def related(
    people: Collection[int], members: Iterable[Membership], others: Collection[int]
) -> list[tuple[tuple[int, int], str]]:
    """Return ((person, organisation), kind) for every open relation between them (one query)."""
    staff: dict[int, set[int]] = {}
    for member in members:
        staff.setdefault(member.organisation_id, set()).add(member.user_id)
    rows = Relation.objects.filter(until__isnull=True).filter(
        Q(person__in=people, other__in=others)
        | Q(organisation__in=staff.keys(), other__in=others)
        | Q(organisation__in=others, other__in=staff.keys())
    )
    found = []
    for row in rows:
        near, far = row.organisation_id, row.other_id
        if row.person_id is not None:
            found.append(((row.person_id, far), row.kind))
        for end, opposite in ((near, far), (far, near)):
            if end is not None and opposite is not None and opposite in others:
                found += [((colleague, opposite), row.kind) for colleague in staff.get(end, ())]
    return found


def has_conflict(user: User, *organisations: Organisation) -> bool:
    """Return whether a tie keeps ``user`` from deciding on any of ``organisations``."""
    return bool(ties([user], organisations))


def ties_by_person(
    people: Iterable[User], organisations: Iterable[Organisation]
) -> dict[str, list[str]]:
    """Return the codes of everybody with a tie, by id, as ``domain.assignment`` takes them."""
    found: dict[str, set[str]] = {}
    for (person, _organisation), codes in ties(people, organisations).items():
        found.setdefault(str(person), set()).update(codes)
    return {person: sorted(codes) for person, codes in found.items()}


def tied_organisations(user: User, organisations: Iterable[Organisation]) -> frozenset[int]:
    """Return the ids of those among ``organisations`` on which ``user`` must not decide."""
    return frozenset(pk for _person, pk in ties([user], organisations))


FILE_POLICIES: dict[str, str] = {}


def register_file_policy(use: str, path: str) -> None:
    """Have ``path`` (``f(user, stored_file) -> bool``) judge downloads of files for ``use``."""
    FILE_POLICIES[use] = path


def may_read_file(user: Person, stored: StoredFile) -> bool:
    """Return whether ``user`` may download ``stored``; a use without a policy is closed."""
    path = FILE_POLICIES.get(stored.use)
    if path is None:
        return False
    return bool(import_string(path)(user, stored))


PUBLIC_KINDS: set[str] = set()
"""Kinds of issued documents whose file everybody may have (``documents.register_kind``)."""


def may_read_document(user: Person, document: IssuedDocument) -> bool:
    """Return whether ``user`` holds an issued document, or acts for the organisation that does.

    What a person holds (a proof of completion) is the person's alone.
    """
    if document.kind in PUBLIC_KINDS:
        return True
    if not isinstance(user, User):
        return False
    if document.user_id is not None:
        return document.user_id == user.pk
    firms = {held.organisation_id for held in user.active_memberships}
    return document.organisation_id is not None and document.organisation_id in firms


def without_ties(user: User, rows: Iterable[Objection]) -> list[Objection]:
    """Leave out objections of others about firms that ``user`` has a tie with (two queries).

    Who has a stake in the firm must not learn who objects.
    """
    found = list(rows)
    firms = [one.organisation for one in found if one.organisation is not None]
    tied = tied_organisations(user, firms)
    return [one for one in found if one.objector_id == user.pk or one.organisation_id not in tied]


def may_read_evidence(user: Person, stored: StoredFile) -> bool:
    """Return whether ``user`` sees the objection that ``stored`` belongs to."""
    if not isinstance(user, User):
        return False
    rows = Objection.objects.visible_to(user).filter(files__file=stored)
    return bool(without_ties(user, rows.select_related("organisation")))


def is_administrator(user: Person) -> bool:
    """Return whether ``user`` is one of the three administrators."""
    return has_role(user, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR)


def is_newcomer(user: Person) -> bool:
    """Return whether ``user`` acts for nobody yet: no role but learning."""
    return not all_roles(user) - {Role.LEARNER}
