"""My access tokens: make, see once, revoke."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from portal.forms import TokenForm
from portal.models import AccessToken
from portal.permissions import logged_in
from portal.selectors.tokens import tokens_of
from portal.services import tokens
from portal.views.base import act, form_page, keep_for_once, run_form, take_for_once


@logged_in
@never_cache
def token_list(request: HttpRequest) -> HttpResponse:
    """My tokens; a new one is shown after the form, and never again."""
    now = timezone.now()
    form = TokenForm(request.POST or None)
    ok, made = run_form(
        form, lambda values: tokens.create_token(actor=request.user, now=now, **values)
    )
    if ok:
        token, secret = made
        keep_for_once(request, "token", [token.pk, secret])
        return redirect("portal:tokens")
    rows = tokens_of(request.user)
    context = {"rows": rows, "now": now}
    kept = take_for_once(request, "token") if request.method == "GET" else None
    if kept:
        pk, secret = kept
        context |= {"secret": secret, "made": next(row for row in rows if row.pk == pk)}
    return form_page(request, "portal/site/tokens.html", form, context)


@logged_in
@require_POST
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Revoke a token of mine."""
    token = get_object_or_404(AccessToken, user=request.user, pk=pk)
    return act(
        request,
        lambda: tokens.revoke_token(actor=request.user, pk=token.pk, now=timezone.now()),
        "portal:tokens",
    )
