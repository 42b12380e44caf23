"""What faces share: a refusal becomes a form error or a page, an upload becomes a file."""

import json
from collections.abc import Callable, Container, Mapping
from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.forms import Form, Textarea, TextInput
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import labels
from portal.domain.lifecycle import Conflict, Refused
from portal.drivers.sealing import unseal
from portal.labels import refusal_text
from portal.labels.filling import filled
from portal.selectors.drafts import draft_values, without_nul
from portal.services.operations import LAST_DEED
from portal.services.registers import save_draft
from portal.services.sealing import seal_secret


def add_refusal(form: Form, refusal: Refused) -> None:
    """Put a refusal onto the form, at the fields that it names.

    What a page asks ``beside`` the form (a file) is called by its label.
    """
    fields = getattr(refusal, "fields", {})
    beside: Mapping[str, str] = getattr(form, "beside", {})
    between = _(": ")
    for name, code in fields.items():
        text = filled(labels.REFUSALS[code], refusal.params) if code in labels.REFUSALS else code
        words = f"{beside[name]}{between}{text}" if name in beside else text
        form.add_error(name if name in form.fields else None, words)
    if not fields:
        form.add_error(None, refusal_text(refusal))


def run_form(form: Form, deed: Callable[[dict[str, Any]], Any]) -> tuple[bool, Any]:
    """Validate ``form`` and do the deed with its clean values.

    Returns (True, the deed's result), or (False, None) with the errors on the form.
    """
    if not form.is_valid():
        return False, None
    LAST_DEED.set("")
    try:
        return True, deed(form.cleaned_data)
    except Refused as refusal:
        if refusal.status in {403, 404}:
            raise
        add_refusal(form, refusal)
        return False, None


def form_page(
    request: HttpRequest,
    template: str,
    form: Form,
    context: dict[str, Any] | None = None,
    *,
    drawn: bool = True,
) -> HttpResponse:
    """Draw a page with its form; 422 when the form has errors, so that nobody takes it for done.

    ``drawn`` says whether the page still has the form (see ``forms_page``).
    """
    refused = {"form": form} if form.is_bound and form.errors else {}
    context = {"form": form, **(context or {})}
    return forms_page(request, template, context, refused, {"form"} if drawn else ())


def forms_page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    refused: Mapping[str, Form],
    drawn: Container[str],
) -> HttpResponse:
    """Draw a page of several forms: 422 when one was refused, and it stands there with its errors.

    A refused form that is not ``drawn``, because its case has moved on, answers 409: the page says
    why in a message, and ``base.html`` hands back what was typed (``unsent``: label and text).
    """
    late = [form for name, form in refused.items() if name not in drawn]
    for form in late:
        messages.error(request, moved_on_text(form))
    status = 409 if late else 422 if refused else 200
    unsent = [line for form in late for line in typed_lines(form)]
    return render(request, template, {**context, "unsent": unsent}, status=status)


def moved_on_text(form: Form) -> str:
    """Say why a form came too late; its own mistakes do not matter any more."""
    refusals = form.non_field_errors()
    return str(refusals[0] if refusals else labels.REFUSALS["wrong_state"])


def typed_lines(form: Form) -> list[tuple[str, str]]:
    """Return (label, text) of what a person wrote into a form's text fields, also closed ones."""
    written = [
        (field.label, plain(field.data), plain(field.initial))
        for field in form.visible_fields()
        if isinstance(field.field.widget, (TextInput, Textarea))
    ]
    return [(label, text) for label, text, before in written if text not in {"", before}]


def plain(value: object) -> str:
    """Return what stands in a text field, however the browser ends lines."""
    return str("" if value is None else value).replace("\r\n", "\n").strip()


def done(request: HttpRequest, text: str, to: str, *args: object) -> HttpResponse:
    """Tell the person that it is done and lead on."""
    messages.success(request, text)
    return redirect(to, *args)


def keep_typed(request: HttpRequest, key: str) -> None:
    """Keep what a refused form held as its draft, for whatever the person does on the page next.

    What another tab or device kept since the page was drawn stays.
    """
    base = request.POST.get("draft_base")
    values = draft_values(request.POST)
    with suppress(Conflict):
        save_draft(user=request.user, key=key, data=values, now=timezone.now(), base=base)


def act(request: HttpRequest, deed: Callable[[], Any], to: str, *args: object) -> HttpResponse:
    """Do a one-button deed; a refusal that is no matter of access becomes a message."""
    LAST_DEED.set("")
    try:
        deed()
    except Refused as refusal:
        if refusal.status in {403, 404}:
            raise
        messages.error(request, refusal_text(refusal))
    else:
        messages.success(request, done_text())
    return redirect(to, *args)


def done_text() -> str:
    """Say what was just done, as the audit trail names it."""
    deed = LAST_DEED.get()
    return _("Done: %(deed)s.") % {"deed": labels.deed_label(deed)} if deed else _("Done.")


def posted_version(request: HttpRequest) -> int | None:
    """Return the version that the form was drawn from, when it carries one."""
    value = request.POST.get("version", "")
    return int(value) if value.isdecimal() and len(value) < 10 else None


def typed(data: QueryDict, name: str, longest: int) -> str:
    """Return a text that no form cleans: without NULs, which PostgreSQL refuses, and cut."""
    return without_nul(data.get(name, ""))[:longest]


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
