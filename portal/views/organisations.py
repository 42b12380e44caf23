"""Members of an organisation and invitations to it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal.forms import InviteForm
from portal.models import Invitation, Membership
from portal.permissions import logged_in, organisations_of
from portal.selectors.organisations import invitation_for, members_page
from portal.services import accounts
from portal.views.base import act, done, form_page, run_form


@logged_in
@require_safe
def organisation_list(request: HttpRequest) -> HttpResponse:
    """My organisations; a single one opens at once."""
    mine = organisations_of(request.user)
    if len(mine) == 1:
        return redirect("portal:members", mine[0].pk)
    return render(request, "portal/site/organisation_list.html", {"organisations": mine})


@logged_in
def members(request: HttpRequest, pk: int) -> HttpResponse:
    """Who acts for my organisation; whoever may, invites others."""
    page = members_page(request.user, pk)
    form = InviteForm(request.POST or None, organisation=page.organisation)
    ok, _sent = run_form(
        form,
        lambda values: accounts.invite(
            organisation=page.organisation, actor=request.user, now=timezone.now(), **values
        ),
    )
    if ok:
        return done(request, _("The invitation is on its way."), "portal:members", pk)
    return form_page(request, "portal/site/members.html", form, {"page": page})


@logged_in
@require_POST
def end_membership(request: HttpRequest, pk: int) -> HttpResponse:
    """End somebody's role in my organisation."""
    mine = [organisation.pk for organisation in organisations_of(request.user)]
    membership = get_object_or_404(
        Membership.objects.select_related("organisation", "user"), pk=pk, organisation__in=mine
    )
    return act(
        request,
        lambda: accounts.end_membership(
            membership=membership, actor=request.user, now=timezone.now()
        ),
        "portal:members",
        membership.organisation_id,
    )


@logged_in
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show an invitation and take it up."""
    if request.method == "POST":
        return act(
            request,
            lambda: accounts.accept_invitation(token=token, actor=request.user, now=timezone.now()),
            "portal:workspace",
        )
    found: Invitation | None = invitation_for(token, timezone.now())
    context = {"invitation": found}
    return render(request, "portal/site/invitation.html", context, status=200 if found else 404)
