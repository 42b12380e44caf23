"""What faces share: a refusal becomes a form error or a page, an upload becomes a file."""

import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from portal import labels
from portal.domain.lifecycle import Refused
from portal.drivers.sealing import unseal
from portal.labels import filled, refusal_text
from portal.services.sealing import seal_secret


def add_refusal(form: Form, refusal: Refused) -> None:
    """Put a refusal onto the form, at the fields that it names."""
    fields = getattr(refusal, "fields", {})
    for name, code in fields.items():
        text = filled(labels.REFUSALS[code], refusal.params) if code in labels.REFUSALS else code
        form.add_error(name if name in form.fields else None, text)
    if not fields:
        form.add_error(None, refusal_text(refusal))


def run_form(form: Form, deed: Callable[[dict[str, Any]], Any]) -> tuple[bool, Any]:
    """Validate ``form`` and do the deed with its clean values.

    Returns (True, the deed's result), or (False, None) with the errors on the form.
    """
    if not form.is_valid():
        return False, None
    try:
        return True, deed(form.cleaned_data)
    except Refused as refusal:
        if refusal.status in {403, 404}:
            raise
        add_refusal(form, refusal)
        return False, None


def form_page(
    request: HttpRequest, template: str, form: Form, context: dict[str, Any] | None = None
) -> HttpResponse:
    """Draw a page with its form; 422 when the form has errors, so that nobody takes it for done."""
    status = 422 if form.is_bound and form.errors else 200
    return render(request, template, {"form": form, **(context or {})}, status=status)


def done(request: HttpRequest, text: str, to: str, *args: object) -> HttpResponse:
    """Tell the person that it is done and lead on."""
    messages.success(request, text)
    return redirect(to, *args)


def act(request: HttpRequest, deed: Callable[[], Any], to: str, *args: object) -> HttpResponse:
    """Do a one-button deed; a refusal that is no matter of access becomes a message."""
    try:
        deed()
    except Refused as refusal:
        if refusal.status in {403, 404}:
            raise
        messages.error(request, refusal_text(refusal))
    else:
        messages.success(request, _("Done."))
    return redirect(to, *args)


def posted_version(request: HttpRequest) -> int | None:
    """Return the version that the form was drawn from, when it carries one."""
    value = request.POST.get("version", "")
    return int(value) if value.isdecimal() and len(value) < 10 else None


def typed(data: QueryDict, name: str, longest: int) -> str:
    """Return a text that no form cleans: without NULs, which PostgreSQL refuses, and cut."""
    return data.get(name, "").replace("\0", "")[:longest]


def keyset(request: HttpRequest, name: str = "after") -> int | None:
    """Return the id that a list goes on from; anything that is no id is the first page."""
    value = request.GET.get(name, "")
    return int(value) if value.isdecimal() and len(value) <= 18 else None


def next_link(request: HttpRequest, last: object) -> str:
    """Return the address of the next page, filters kept."""
    query = request.GET.copy()
    query["after"] = str(last)
    return f"?{query.urlencode()}"


def keep_for_once(request: HttpRequest, page: str, secret: Any) -> None:
    """Keep, sealed in the session, what the next view of ``page`` shows, and no reload after it."""
    request.session[f"once-{page}"] = seal_secret(json.dumps(secret))


def take_for_once(request: HttpRequest, page: str) -> Any:
    """Return what was kept for this view of ``page``, and forget it; None where nothing was."""
    kept = request.session.pop(f"once-{page}", None)
    return None if kept is None else json.loads(unseal(kept))
