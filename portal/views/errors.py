"""Error pages in the portal's look: what happened, what was kept, what to do."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from portal import labels
from portal.domain.lifecycle import Refused
from portal.permissions import public

TEMPLATES = {403: "403.html", 404: "404.html"}


@public
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: the browser sent something that the portal cannot read."""
    return render(request, "400.html", status=400)


@public
def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: known, but not for this person."""
    return render(request, "403.html", status=403)


@public
def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: not there, or not this person's to know."""
    return render(request, "404.html", status=404)


@public
def server_error(request: HttpRequest) -> HttpResponse:
    """500: drawn without database and context, because these may be what broke."""
    return render(None, "500.html", status=500)  # type: ignore[arg-type]


@public
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form was too old or came from elsewhere."""
    return render(request, "403_csrf.html", status=403)


def wrong_method(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """405: a deed's address was opened like a page, mostly by reloading."""
    text = _("This address only takes what a form sends; opening it does nothing.")
    page = render(request, "portal/site/refused.html", {"reason": text}, status=405)
    page["Allow"] = answer.get("Allow", "POST")
    # Django has logged the answer that this page replaces, and would log the page again.
    page._has_been_logged = getattr(answer, "_has_been_logged", False)  # type: ignore[attr-defined]  # noqa: SLF001 Django's own mark
    return page


def refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """Answer a refusal that no form took up."""
    text = labels.refusal_text(refusal)
    template = TEMPLATES.get(refusal.status, "portal/site/refused.html")
    return render(request, template, {"reason": text}, status=refusal.status)
