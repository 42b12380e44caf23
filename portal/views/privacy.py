"""The privacy notice, a person's own data, and the requests about them."""

import json

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal.domain.notice_text import sections
from portal.domain.roles import Role
from portal.forms import DataAnswerForm, DataRequestForm
from portal.models import DataRequest, PrivacyNotice
from portal.permissions import for_roles, logged_in, public
from portal.selectors.personal import (
    UNREAD,
    current_notice,
    holdings,
    notice_to_read,
    open_requests,
    requests_of,
)
from portal.services import personal, privacy
from portal.views.base import done, form_page, run_form, typed


@public
@require_safe
def notice(request: HttpRequest, version: str = "") -> HttpResponse:
    """The newest privacy notice, or an older version."""
    found = get_object_or_404(PrivacyNotice, version=version[:20]) if version else current_notice()
    if found is None:
        raise Http404
    versions = PrivacyNotice.objects.values_list("version", "published_at")
    context = {"notice": found, "sections": sections(found.local_text), "versions": versions}
    return render(request, "portal/site/privacy.html", context)


@public
@require_safe
def fields(request: HttpRequest) -> HttpResponse:
    """What each field of each form asks, and why (CSV, in Chinese)."""
    text = settings.FIELD_REGISTER.read_text(encoding="utf-8")
    response = HttpResponse("\ufeff" + text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="fields.csv"'
    return response


@logged_in
def read(request: HttpRequest) -> HttpResponse:
    """Read what is new and accept it; then on to where the person wanted to go."""
    target = request.POST.get("next") or request.GET.get("next", "")
    ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure())
    if not (ours and target.startswith("/")):  # anything else is the name of a view to redirect()
        target = reverse("portal:workspace")
    found = notice_to_read(request.user)
    if request.method == "POST" and found is not None:
        privacy.accept_notice(
            user=request.user, now=timezone.now(), version=typed(request.POST, "version", 40)
        )
        found = None
    if found is None:
        request.session.pop(UNREAD, None)
        return redirect(target)
    context = {"notice": found, "sections": sections(found.local_text), "next": target}
    return render(request, "portal/site/privacy_read.html", context)


@logged_in
def my_data(request: HttpRequest) -> HttpResponse:
    """What the portal holds about me, and what I may ask about it."""
    user = request.user
    form = DataRequestForm(request.POST or None)
    ok, _sent = run_form(form, lambda values: personal.ask(user=user, now=timezone.now(), **values))
    if ok:
        return done(request, _("Your request is on its way."), "portal:my_data")
    context = {"holdings": holdings(user), "requests": requests_of(user)}
    return form_page(request, "portal/site/my_data.html", form, context)


@logged_in
@require_safe
@never_cache
def my_data_download(request: HttpRequest) -> HttpResponse:
    """Everything about me as a JSON file."""
    found = holdings(request.user)
    now = timezone.now()
    personal.note_export(user=request.user, tables=len(found), now=now)
    data = {
        "made_at": timezone.localtime(now).isoformat(timespec="seconds"),
        "tables": [
            {
                "table": one.line.model,
                "holds": one.line.holds,
                "purpose": one.line.purpose,
                "basis": one.line.basis,
                "kept": one.line.kept,
                "days": one.line.days,
                "rows": one.rows,
            }
            for one in found
        ],
    }
    text = json.dumps(data, ensure_ascii=False, indent=1)
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return response


@for_roles(Role.SECURITY_ADMIN)
@require_safe
def request_list(request: HttpRequest) -> HttpResponse:
    """Requests that wait for an answer, the earliest due first."""
    return render(request, "portal/site/data_requests.html", {"rows": open_requests()})


@for_roles(Role.SECURITY_ADMIN)
def request_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer one request."""
    found = get_object_or_404(DataRequest.objects.select_related("user"), pk=pk)
    form = DataAnswerForm(request.POST or None)
    ok, _answered = run_form(
        form,
        lambda values: personal.answer(
            request=found, actor=request.user, now=timezone.now(), **values
        ),
    )
    if ok:
        return done(request, _("The answer is sent."), "portal:data_requests")
    return form_page(request, "portal/site/data_request.html", form, {"found": found})
