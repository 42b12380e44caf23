"""Objections to public notices: lodged from the notice's page, followed and answered."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal.domain import objection as rules
from portal.domain.roles import Role
from portal.forms import AnswerForm, EvidenceForm, ObjectionForm
from portal.models import Notice, Objection
from portal.permissions import for_roles, logged_in, without_ties
from portal.selectors.objections import PAGE
from portal.selectors.objections import objection_list as listed
from portal.services import objections as services
from portal.views.base import (
    done,
    form_page,
    forms_page,
    keyset,
    next_link,
    posted_version,
    run_form,
)

DEEDS: dict[str, tuple[Callable[..., Objection], dict[str, bool]]] = {
    "accept": (services.decide_admissibility, {"admissible": True}),
    "turn_away": (services.decide_admissibility, {"admissible": False}),
    "uphold": (services.decide_objection, {"upheld": True}),
    "dismiss": (services.decide_objection, {"upheld": False}),
}
"""The buttons of who handles an objection: service and decision."""


@logged_in
def objection_new(request: HttpRequest, number: str, row: int) -> HttpResponse:
    """Object to one row of an open notice."""
    notices = Notice.objects.published(timezone.localdate())
    notice = get_object_or_404(notices, number=number, kind__in=rules.HANDLERS)
    if row >= len(notice.rows):
        raise Http404
    initial = {"real_name": request.user.name}
    form = ObjectionForm(request.POST or None, request.FILES or None, initial=initial)
    ok, lodged = run_form(
        form,
        lambda values: services.lodge_objection(
            notice=notice,
            row=row,
            actor=request.user,
            now=timezone.now(),
            **{name: value for name, value in values.items() if name != "declared"},
        ),
    )
    if ok:
        text = _("Lodged as %(number)s. You are told of every step.") % {"number": lodged.number}
        return done(request, text, lodged)
    line = notice.rows[row]
    in_time = notice.opens_on <= timezone.localdate() <= notice.closes_on
    context = {
        "notice": notice,
        "line": line,
        "open": in_time and not line.get("withdrawn_on"),
        "days": {"admissibility": rules.ADMISSIBILITY_DAYS, "decision": rules.DECISION_DAYS},
    }
    template, drawn = "portal/site/objection_form.html", bool(context["open"])
    return form_page(request, template, form, context, drawn=drawn)


@logged_in
@require_safe
def objection_list(request: HttpRequest) -> HttpResponse:
    """Objections that I lodged or handle, newest first."""
    rows = listed(request.user, after=keyset(request))
    shown = rows[:PAGE]
    context = {
        "rows": without_ties(request.user, shown),
        "next_url": next_link(request, shown[-1].pk) if len(rows) > PAGE else "",
    }
    return render(request, "portal/site/objection_list.html", context)


def seen_objection(request: HttpRequest, pk: int) -> Objection:
    """Return an objection that the person lodged or may handle; any other is not found."""
    rows = Objection.objects.visible_to(request.user).filter(pk=pk)
    seen = without_ties(request.user, rows.select_related("notice", "organisation", "objector"))
    if not seen:
        raise Http404
    return seen[0]


@logged_in
@require_safe
def objection(request: HttpRequest, pk: int) -> HttpResponse:
    """One objection: what is said, what it rests on, what was answered."""
    return objection_page(request, seen_objection(request, pk))


def objection_page(request: HttpRequest, found: Objection, **bound: Any) -> HttpResponse:
    """Draw the page; a form with errors comes back as it was filled in."""
    mine = found.objector_id == request.user.pk
    context = {
        "found": found,
        "line": found.line,
        "mine": mine,
        "files": list(found.files.select_related("file")),
        "actions": () if mine else rules.LIFECYCLE.actions(found.state, services.HANDLER),
        "upload": bound.get("upload") or EvidenceForm(auto_id="upload_%s"),
        "form": bound.get("form") or AnswerForm(),
        "today": timezone.localdate(),
    }
    drawn = {"form"} if context["actions"] else set()
    if mine and found.is_open:
        drawn.add("upload")
    return forms_page(request, "portal/site/objection.html", context, bound, drawn)


@logged_in
@require_POST
def objection_evidence(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a file to one's own objection."""
    found = seen_objection(request, pk)
    form = EvidenceForm(request.POST, request.FILES, auto_id="upload_%s")
    ok, _kept = run_form(
        form,
        lambda values: services.add_evidence(
            objection=found, upload=values["upload"], actor=request.user, now=timezone.now()
        ),
    )
    if ok:
        return done(request, _("The file is kept."), found)
    return objection_page(request, found, upload=form)


@for_roles(Role.STAFF, Role.LEAD)
@require_POST
def objection_deed(request: HttpRequest, pk: int, deed: str) -> HttpResponse:
    """Answer an objection with reasons."""
    if deed not in DEEDS:
        raise Http404
    found = seen_objection(request, pk)
    service, decision = DEEDS[deed]
    form = AnswerForm(request.POST)
    ok, moved = run_form(
        form,
        lambda values: service(
            objection=found,
            reason=values["reason"],
            actor=request.user,
            now=timezone.now(),
            expected_version=posted_version(request),
            **decision,
        ),
    )
    if ok:
        return done(request, _("The objector is told."), moved)
    return objection_page(request, seen_objection(request, pk), form=form)
