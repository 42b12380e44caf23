"""The three administrators' pages: jobs, people and roles, the audit trail."""

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from portal.domain.roles import Role
from portal.forms import AuditFilterForm, PeopleFilterForm, RoleForm
from portal.models import User
from portal.permissions import for_roles
from portal.selectors.administration import (
    AUDIT_PAGE,
    audit_page,
    jobs_page,
    people_page,
    person_line,
    subject_names,
)
from portal.selectors.health import readiness, work_warnings
from portal.services import accounts, delivery
from portal.views.base import act, keyset, next_link

ROLE_DEEDS = {"grant": accounts.grant_role, "revoke": accounts.revoke_role}


@for_roles(Role.AUDITOR)
@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    """Search the audit trail, newest first."""
    form = AuditFilterForm(request.GET)
    entries = audit_page(form.cleaned_data, before=keyset(request)) if form.is_valid() else []
    more = next_link(request, entries[AUDIT_PAGE - 1].number) if len(entries) > AUDIT_PAGE else ""
    entries = entries[:AUDIT_PAGE]
    rows = zip(entries, subject_names(entries), strict=True)
    context = {"form": form, "entries": entries, "rows": rows, "next_url": more}
    return render(request, "portal/site/audit.html", context)


@for_roles(Role.SECURITY_ADMIN)
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Find people and see their roles."""
    form = PeopleFilterForm(request.GET)
    now = timezone.now()
    rows = []
    if form.is_valid():
        rows = people_page(form.cleaned_data, now=now, after=keyset(request))
    more = next_link(request, rows[-2].pk) if len(rows) > AUDIT_PAGE else ""
    context = {
        "form": form,
        "people": [person_line(person, now) for person in rows[:AUDIT_PAGE]],
        "next_url": more,
    }
    return render(request, "portal/site/people.html", context)


@for_roles(Role.SECURITY_ADMIN)
@require_POST
def change_role(request: HttpRequest, pk: int) -> HttpResponse:
    """Grant a role to a person or take it away; back to the list as it was searched."""
    deed = ROLE_DEEDS.get(request.POST.get("deed", ""))
    if deed is None:
        message = "no such deed"
        raise BadRequest(message)
    user = get_object_or_404(User, pk=pk)
    form = RoleForm(request.POST)
    role = form.cleaned_data["role"] if form.is_valid() else ""
    return act(
        request,
        lambda: deed(user=user, role=role, actor=request.user, now=timezone.now()),
        reverse("portal:people", query=request.GET),
    )


@for_roles(Role.SYSTEM_ADMIN)
@require_safe
def jobs(request: HttpRequest) -> HttpResponse:
    """Background work: what waits, what was parked, and whether every part is there."""
    now = timezone.now()
    context = {"page": jobs_page(now), "checks": [*readiness(), *work_warnings(now)]}
    return render(request, "portal/site/jobs.html", context)


@for_roles(Role.SYSTEM_ADMIN)
@require_POST
def retry_job(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Give a parked event or job another three attempts."""
    return act(
        request,
        lambda: delivery.retry(kind=kind, pk=pk, actor=request.user, now=timezone.now()),
        "portal:jobs",
    )
