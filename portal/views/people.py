"""One person, as the security administrator sees them: contact masked until there is a reason."""

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from portal.domain.roles import Role
from portal.forms import ReasonForm
from portal.models import User
from portal.permissions import for_roles
from portal.selectors.administration import person_page
from portal.services import personal
from portal.views.base import act, form_page, run_form, typed

TEMPLATE = "portal/site/person.html"


@for_roles(Role.SECURITY_ADMIN)
@require_safe
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """Roles, state of the account, sessions, contact (masked)."""
    page = person_page(get_object_or_404(User, pk=pk), timezone.now())
    return render(request, TEMPLATE, {"page": page, "form": ReasonForm()})


@for_roles(Role.SECURITY_ADMIN)
@require_POST
@never_cache
def reveal(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the contact in this one answer, for a reason that the trail keeps."""
    user, now = get_object_or_404(User, pk=pk), timezone.now()
    form = ReasonForm(request.POST)
    _ok, contact = run_form(
        form,
        lambda values: personal.reveal_contact(user=user, actor=request.user, now=now, **values),
    )
    context = {"page": person_page(user, now), "contact": contact}
    return form_page(request, TEMPLATE, form, context)


@for_roles(Role.SECURITY_ADMIN)
@require_POST
def account(request: HttpRequest, pk: int) -> HttpResponse:
    """Close an account or open it again."""
    deed = request.POST.get("deed")
    if deed not in {"open", "close"}:
        message = "no such deed"
        raise BadRequest(message)
    user = get_object_or_404(User, pk=pk)
    return act(
        request,
        lambda: personal.set_account(
            user=user,
            active=deed == "open",
            reason=typed(request.POST, "reason", 200),
            actor=request.user,
            now=timezone.now(),
        ),
        "portal:person",
        user.pk,
    )
