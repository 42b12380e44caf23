"""The workspace: inbox, notifications, the person's own settings, drafts, files."""

from urllib.parse import quote

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from wagtail import hooks

from portal.domain.lifecycle import Conflict
from portal.forms import PreferencesForm, ProfileForm
from portal.labels import ROLE_REMARKS
from portal.models import StoredFile
from portal.permissions import Person, all_roles, logged_in, may_read_file
from portal.selectors.drafts import draft_key_known, draft_values
from portal.selectors.inbox import inbox, messages_of, unread_count
from portal.services import people, registers
from portal.services.files import read_chunks
from portal.views.base import done, form_page, run_form

INLINE = {"application/pdf", "image/png", "image/jpeg", "image/webp"}


def role_remarks(user: Person) -> list[str]:
    """Return what the person's roles cannot do here yet."""
    held = all_roles(user)
    return [str(text) for role, text in ROLE_REMARKS.items() if role in held]


@logged_in
@require_safe
def workspace(request: HttpRequest) -> HttpResponse:
    """What waits for me, first; then what my organisations are in the middle of."""
    panels = [
        panel for hook in hooks.get_hooks("portal_workspace_panels") for panel in hook(request)
    ]
    context = {
        "tasks": inbox(request.user, timezone.localdate()),
        "unread": unread_count(request.user),
        "panels": panels,
        "remarks": role_remarks(request.user),
    }
    return render(request, "portal/site/workspace.html", context)


@logged_in
@require_safe
def notifications(request: HttpRequest) -> HttpResponse:
    """The newest messages."""
    context = {"rows": messages_of(request.user)}
    return render(request, "portal/site/notifications.html", context)


@logged_in
@require_POST
def notifications_read(request: HttpRequest) -> HttpResponse:
    """Mark all messages as read."""
    people.mark_read(user=request.user, now=timezone.now())
    return redirect("portal:notifications")


@logged_in
def preferences(request: HttpRequest) -> HttpResponse:
    """Which kinds of messages reach me, and how."""
    form = PreferencesForm(request.POST or None, user=request.user)
    ok, _saved = run_form(
        form,
        lambda values: people.set_preferences(
            user=request.user, choices=form.choices(values), now=timezone.now()
        ),
    )
    if ok:
        return done(request, _("Your choices are saved."), "portal:preferences")
    return form_page(request, "portal/site/preferences.html", form)


@logged_in
def profile(request: HttpRequest) -> HttpResponse:
    """My name, phone and language."""
    user = request.user
    initial = {"name": user.name, "phone": user.phone, "language": user.language}
    form = ProfileForm(request.POST or None, initial=initial)
    ok, _saved = run_form(
        form, lambda values: people.change_profile(user=user, now=timezone.now(), **values)
    )
    if ok:
        return done(request, _("Your details are saved."), "portal:profile")
    return form_page(request, "portal/site/profile.html", form)


@logged_in
@require_POST
def save_draft(request: HttpRequest, key: str) -> JsonResponse:
    """Keep a half-filled form; the answer names the time for the “saved” line.

    409 where the form was kept or sent from elsewhere since the header's ``X-Draft-Base``.
    """
    if not draft_key_known(key):
        raise Http404
    now = timezone.now()
    data = draft_values(request.POST)
    base = request.headers.get("X-Draft-Base")
    try:
        draft = registers.save_draft(user=request.user, key=key, data=data, now=now, base=base)
    except Conflict as refusal:
        return JsonResponse({"refused": refusal.code}, status=409)
    at = timezone.localtime(now).isoformat(timespec="seconds")
    return JsonResponse({"saved_at": at, "base": draft.mark})


@logged_in
@require_safe
def download(request: HttpRequest, pk: str) -> HttpResponse:
    """Send a private file to somebody who may read it; everybody else gets 404."""
    stored = get_object_or_404(StoredFile.objects.select_related("organisation"), pk=pk)
    if not may_read_file(request.user, stored):
        raise Http404
    return file_response(stored)


def file_response(stored: StoredFile) -> HttpResponse:
    """Answer with the bytes, or have the proxy send them (``X_ACCEL_PREFIX``)."""
    response: HttpResponse | StreamingHttpResponse
    if settings.X_ACCEL_PREFIX:
        response = HttpResponse(content_type=stored.media_type)
        response["X-Accel-Redirect"] = settings.X_ACCEL_PREFIX + stored.storage_name
    else:
        response = StreamingHttpResponse(read_chunks(stored), content_type=stored.media_type)
        response["Content-Length"] = str(stored.size)
    kind = "inline" if stored.media_type in INLINE else "attachment"
    response["Content-Disposition"] = f"{kind}; filename*=UTF-8''{quote(stored.name, safe='')}"
    response["ETag"] = f'"{stored.sha256}"'
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response  # type: ignore[return-value]
