"""Application windows: the public's pages, and the staff's desk."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from incubator.forms.windows import CloseWindowForm, PublishWindowForm
from incubator.models import ApplicationWindow
from incubator.selectors import windows as selectors
from incubator.services import windows as services
from portal.domain.roles import Role
from portal.permissions import for_roles, public
from portal.views.base import done, done_text, forms_page, posted_version, run_form

DEEDS: dict[str, Any] = {
    "publish": (PublishWindowForm, services.publish_window),
    "close": (CloseWindowForm, services.close_window),
}


@public
@require_safe
def window_list(request: HttpRequest) -> HttpResponse:
    """Where firms may apply now, soon, and where it is over."""
    cards = selectors.public_windows(timezone.localdate())
    return render(request, "incubator/windows/list.html", {"cards": cards})


@public
@require_safe
def window(request: HttpRequest, key: str) -> HttpResponse:
    """What one window asks, why, and what the machine checks."""
    card = selectors.public_window(key, timezone.localdate())
    if card is None:
        raise Http404
    context = {
        "card": card,
        "asked": selectors.asked_lines(card.form.content),
        "rules": selectors.rule_lines(card.form.content),
        "today": timezone.localdate(),
    }
    return render(request, "incubator/windows/window.html", context)


@for_roles(Role.STAFF)
@require_safe
def window_desk(request: HttpRequest) -> HttpResponse:
    """Every window with its state and how many applications it has."""
    today = timezone.localdate()
    rows = [(row, row.clock(today)) for row in selectors.window_rows()]
    return render(request, "incubator/windows/desk.html", {"rows": rows})


@for_roles(Role.STAFF)
@require_safe
def window_work(request: HttpRequest, pk: int) -> HttpResponse:
    """A window's draft with its faults, and what can be done now."""
    return work_page(request, found_window(pk))


def found_window(pk: int) -> ApplicationWindow:
    """Return a window with its current form."""
    return get_object_or_404(ApplicationWindow.objects.select_related("current"), pk=pk)


@for_roles(Role.STAFF)
@require_POST
def window_move(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Publish or close."""
    if action not in DEEDS:
        raise Http404
    row = found_window(pk)
    kind, service = DEEDS[action]
    form = kind(request.POST, auto_id=f"{action}_%s")
    ok, _moved = run_form(
        form,
        lambda _values: service(
            window=row,
            actor=request.user,
            now=timezone.now(),
            expected_version=posted_version(request),
            **form.values(),
        ),
    )
    if ok:
        return done(request, done_text(), "incubator:window_work", pk)
    return work_page(request, row, **{action: form})


def work_page(
    request: HttpRequest, row: ApplicationWindow, **bound: PublishWindowForm | CloseWindowForm
) -> HttpResponse:
    """Draw the staff's page of a window; a form with errors comes back as it was filled in."""
    placed = {"publish", "close"} if row.state == "published" else {"publish"}
    context = {
        "work": selectors.window_work(row),
        "window": row,
        "clock": row.clock(timezone.localdate()),
        "failed": next((form for name, form in bound.items() if name in placed), None),
        "close_form": bound.get("close") or CloseWindowForm(auto_id="close_%s"),
    }
    return forms_page(request, "incubator/windows/work.html", context, bound, placed)
