"""Public pages of the registers: notices and the check of a document's number."""

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from portal.domain.objection import ADMISSIBILITY_DAYS, DECISION_DAYS, HANDLERS
from portal.forms import NoticeFilterForm, VerifyFileForm, VerifyForm
from portal.labels.documents import FILE_VERDICTS
from portal.models import IssuedDocument, Notice
from portal.permissions import logged_in, may_read_document, public
from portal.selectors.objections import objection_counts
from portal.selectors.public import (
    PAGE,
    documents_of,
    notice_row,
    notices_page,
    verify_number,
)
from portal.services.documents import can_sign, check_file
from portal.views.base import keyset, next_link
from portal.views.workspace import file_response


@public
@require_safe
def favicon(_request: HttpRequest) -> HttpResponse:
    """Lead to the portal's sign where a browser asks for it by its old name."""
    return redirect(static("portal/favicon.svg"))


@public
@require_safe
def notice_list(request: HttpRequest) -> HttpResponse:
    """Public notices, newest first."""
    form = NoticeFilterForm(request.GET)
    kind = form.cleaned_data["kind"] if form.is_valid() else ""
    rows = notices_page(timezone.localdate(), kind=kind, after=keyset(request))
    more = next_link(request, rows[PAGE - 1].notice.pk) if len(rows) > PAGE else ""
    context = {"rows": rows[:PAGE], "form": form, "next_url": more}
    return render(request, "portal/site/notice_list.html", context)


@public
@require_safe
def notice_detail(request: HttpRequest, number: str) -> HttpResponse:
    """One notice with its list and its window."""
    today = timezone.localdate()
    notice = get_object_or_404(Notice.objects.published(today), number=number)
    row = notice_row(notice, today)
    takes = notice.kind in HANDLERS
    context = {
        "row": row,
        "notice": notice,
        "contact": settings.CONTACT,
        "takes": takes,
        "counts": objection_counts(notice) if takes and not row.running else None,
        "days": {"admissibility": ADMISSIBILITY_DAYS, "decision": DECISION_DAYS},
    }
    return render(request, "portal/site/notice_detail.html", context)


@public
@require_http_methods(["GET", "HEAD", "POST"])
def verify_form(request: HttpRequest) -> HttpResponse:
    """Ask for a number, or take a file and say what it is."""
    if request.method == "POST":
        return verify_file(request)
    form = VerifyForm(request.GET or None)
    if form.is_valid():
        return redirect("portal:verify", form.cleaned_data["number"])
    context = {"form": form, "upload": VerifyFileForm()}
    return render(request, "portal/site/verify_form.html", context)


def verify_file(request: HttpRequest) -> HttpResponse:
    """Answer what an uploaded file is."""
    upload = VerifyFileForm(request.POST, request.FILES)
    if not upload.is_valid():
        context = {"form": VerifyForm(), "upload": upload}
        return render(request, "portal/site/verify_form.html", context, status=400)
    check = check_file(upload.cleaned_data["file"], today=timezone.localdate())
    context = {
        "can_sign": can_sign(),
        "found": check.found,
        "check": check,
        "verdict": FILE_VERDICTS.get(check.verdict),
        "limit": settings.VERIFY_LIMIT_BYTES // (1024 * 1024),
    }
    return render(request, "portal/site/verify.html", context)


@public
@require_safe
def verify(request: HttpRequest, number: str) -> HttpResponse:
    """Say whether the portal issued a document and whether it holds today."""
    if len(number) > 40:
        raise Http404
    found = verify_number(number, timezone.localdate())
    mine = found is not None and may_read_document(request.user, found.document)
    context = {"found": found, "number": number, "mine": mine, "can_sign": can_sign()}
    return render(request, "portal/site/verify.html", context, status=200 if found else 404)


@logged_in
@require_safe
def document_list(request: HttpRequest) -> HttpResponse:
    """The documents that I hold, or my organisations do."""
    rows = documents_of(request.user, timezone.localdate())
    context = {"rows": rows, "can_sign": can_sign()}
    return render(request, "portal/site/document_list.html", context)


@public
@require_safe
def document_file(request: HttpRequest, number: str) -> HttpResponse:
    """Send a published document's file to everybody, any other's to its holder.

    Whoever is not signed in may become the holder by that; everybody else gets 404, as before
    the file is made.
    """
    found = get_object_or_404(IssuedDocument.objects.select_related("file"), number=number)
    if not may_read_document(request.user, found):
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        raise Http404
    if found.file is None:
        raise Http404
    return file_response(found.file)
