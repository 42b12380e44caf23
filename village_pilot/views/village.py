"""The village's pages: few words, big buttons, 360 px; and the sheets of codes."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from incubator.selectors.module_uses import declared_releases
from portal.domain.roles import Role
from portal.permissions import for_roles, organisations_of
from portal.views.base import done, form_page, keep_for_once, run_form, take_for_once
from village_pilot.forms import AcceptForm, CodesForm
from village_pilot.models import DeliverableVersion, Pilot
from village_pilot.selectors.pilots import village_inbox
from village_pilot.services.acceptance import decide_deliverable, issue_codes

VILLAGE = (Role.VILLAGE_SIGNER, Role.VILLAGE_CLERK)


@for_roles(*VILLAGE)
@require_safe
def village_home(request: HttpRequest) -> HttpResponse:
    """What waits for my village."""
    mine = [organisation.pk for organisation in organisations_of(request.user, *VILLAGE)]
    signs = bool(organisations_of(request.user, Role.VILLAGE_SIGNER))
    context = {"inbox": village_inbox(mine), "today": timezone.localdate(), "signs": signs}
    return render(request, "village_pilot/village_home.html", context)


@for_roles(*VILLAGE)
@require_safe
def village_pilot(request: HttpRequest, number: str) -> HttpResponse:
    """A pilot in few words, with the consent's two buttons."""
    mine = organisations_of(request.user, *VILLAGE)
    rows = Pilot.objects.filter(committee__in=mine).with_names()
    pilot = get_object_or_404(rows, number=number)
    signs = pilot.committee in organisations_of(request.user, Role.VILLAGE_SIGNER)
    context = {"pilot": pilot, "may_decide": signs and pilot.state == "proposed"}
    return render(request, "village_pilot/village_pilot.html", context)


@for_roles(*VILLAGE)
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Read what was promised and delivered, then decide."""
    mine = organisations_of(request.user, *VILLAGE)
    rows = DeliverableVersion.objects.visible_to(request.user).with_pilot()
    version = get_object_or_404(rows.filter(deliverable__pilot__committee__in=mine), pk=pk)
    form = AcceptForm(
        request.POST or None, request.FILES or None, initial={"version": version.version}
    )
    ok, _signed = run_form(
        form,
        lambda values: decide_deliverable(
            version=version,
            expected_version=values.pop("version"),
            actor=request.user,
            now=timezone.now(),
            **values,
        ),
    )
    if ok:
        text = _("Your decision is recorded.")
        return done(request, text, "village_pilot:accept", pk)
    signs = version.pilot.committee in organisations_of(request.user, Role.VILLAGE_SIGNER)
    context = {
        "version": version,
        "pilot": version.pilot,
        "files": version.files.order_by("created_at"),
        "declared": declared_releases(version.declared_ids),
        "review": version.reviews.order_by("-id").first(),
        "decision": getattr(version, "decision", None),
        "may_decide": signs and version.state == "village_acceptance",
        "today": timezone.localdate(),
    }
    drawn = context["may_decide"]
    return form_page(request, "village_pilot/accept.html", form, context, drawn=drawn)


@for_roles(Role.STAFF)
@never_cache
def codes(request: HttpRequest) -> HttpResponse:
    """Issue a sheet of single-use codes; they are shown after the form and never again."""
    now = timezone.now()
    form = CodesForm(request.POST or None)
    ok, made = run_form(form, lambda values: issue_codes(actor=request.user, now=now, **values))
    if ok:
        signer = form.cleaned_data["signer"].name
        keep_for_once(request, "codes", [signer, now.isoformat(), made])
        return redirect("village_pilot:codes")
    kept = take_for_once(request, "codes") if request.method == "GET" else None
    if kept:
        signer, issued_at, made = kept
        sheet = {"codes": made, "signer": signer, "issued_at": datetime.fromisoformat(issued_at)}
        return render(request, "village_pilot/code_sheet.html", sheet)
    return form_page(request, "village_pilot/codes.html", form)
