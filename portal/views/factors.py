"""Lost second factors: what one administrator asks and another confirms."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from portal.domain.roles import Role
from portal.models import FactorReset, User
from portal.permissions import for_roles, has_role
from portal.selectors.administration import factor_resets
from portal.services import factors
from portal.views.base import act, typed


@for_roles(Role.SECURITY_ADMIN, Role.SYSTEM_ADMIN, Role.AUDITOR)
@require_safe
def reset_list(request: HttpRequest) -> HttpResponse:
    """Requests, the newest first; the auditor reads them."""
    answers = has_role(request.user, Role.SECURITY_ADMIN, Role.SYSTEM_ADMIN)
    rows = factor_resets(request.user, timezone.now(), answers=answers)
    return render(request, "portal/site/factor_resets.html", {"rows": rows})


@for_roles(Role.SECURITY_ADMIN)
@require_POST
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask to have a person's second factor taken off."""
    user = get_object_or_404(User, pk=pk)
    return act(
        request,
        lambda: factors.ask_factor_reset(
            user=user,
            reason=typed(request.POST, "reason", 200),
            actor=request.user,
            now=timezone.now(),
        ),
        "portal:person",
        user.pk,
    )


@for_roles(Role.SECURITY_ADMIN, Role.SYSTEM_ADMIN)
@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm or decline what another administrator asked."""
    found = get_object_or_404(FactorReset.objects.select_related("user"), pk=pk)
    confirms = request.POST.get("deed") == "confirm"
    deed = factors.confirm_factor_reset if confirms else factors.decline_factor_reset
    return act(
        request,
        lambda: deed(request=found, actor=request.user, now=timezone.now()),
        "portal:factor_resets",
    )
