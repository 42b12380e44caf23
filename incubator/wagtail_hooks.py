"""The app's places on the home page and in the workspace; each part adds its own functions."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import floatformat
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from wagtail import hooks
from wagtail.models import Page
from wagtail.snippets.models import register_snippet

from incubator.models import ApplicationWindow
from incubator.models.calls import CONSORTIUM_ROLES
from incubator.models.modules import FIRM_ROLES
from incubator.selectors.applications import admitted_count
from incubator.selectors.calls import open_calls
from incubator.selectors.courses import CourseCard, course_cards, holds_taught_courses
from incubator.selectors.modules import published_modules
from incubator.selectors.office_hours import calendar_of
from incubator.selectors.quota import grants_of
from incubator.viewsets import WindowViewSet
from portal.domain.calendar_file import Appointment
from portal.domain.roles import Role
from portal.models import User
from portal.permissions import is_newcomer, organisations_of
from portal.wagtail_hooks import tab

register_snippet(WindowViewSet)
CALL_WORKERS = (Role.CALL_OWNER, Role.STAFF)


@hooks.register("portal_workspace_tabs")
def module_tabs(_request: HttpRequest) -> list[dict[str, Any]]:
    """The desk of contributors and staff."""
    url = reverse("incubator:module_desk")
    roles = (Role.FIRM_SIGNER, Role.FIRM_MEMBER, Role.STAFF, Role.RESOURCE_MANAGER)
    return [tab(20, url, _("Modules"), "package", *roles)]


@hooks.register("portal_workspace_tabs")
def quota_tabs(_request: HttpRequest) -> list[dict[str, Any]]:
    """Cloud resources of firms, pools of the resource managers."""
    firm = (Role.FIRM_SIGNER, Role.FIRM_MEMBER)
    return [
        tab(25, reverse("incubator:quota"), _("Cloud resources"), "cloud", *firm),
        tab(
            25, reverse("incubator:resources"), _("Resource pools"), "cloud", Role.RESOURCE_MANAGER
        ),
    ]


@hooks.register("portal_workspace_tabs")
def cohort_tabs(_request: HttpRequest) -> list[dict[str, Any]]:
    """Cohorts for the staff, their own incubation for firms."""
    firm = (Role.FIRM_SIGNER, Role.FIRM_MEMBER)
    return [
        tab(12, reverse("incubator:cohorts"), _("Cohorts"), "users", Role.STAFF),
        tab(12, reverse("incubator:our_incubation"), _("Our incubation"), "route", *firm),
    ]


@hooks.register("portal_workspace_tabs")
def office_tabs(_request: HttpRequest) -> list[dict[str, Any]]:
    """The office hours of mentors."""
    return [tab(13, reverse("incubator:office_hours"), _("Office hours"), "clock", Role.EXPERT)]


@hooks.register("portal_calendar")
def office_appointments(user: User, now: datetime) -> list[Appointment]:
    """Office hours in people's calendars."""
    return calendar_of(user, now)


@hooks.register("portal_workspace_panels")
def newcomer_panel(request: HttpRequest) -> list[SafeString]:
    """The way in for people who act for nobody yet."""
    if not is_newcomer(request.user):
        return []
    return [render_to_string("incubator/applications/newcomer.html", {}, request)]


@hooks.register("portal_workspace_panels")
def quota_panel(request: HttpRequest) -> list[SafeString]:
    """What my firms may use this month, as bars."""
    firms = [firm.pk for firm in organisations_of(request.user, *FIRM_ROLES)]
    found = grants_of(firms, timezone.localdate()) if firms else []
    grants = [grant for grant in found if grant.clock != "future"]
    if not grants:
        return []
    context = {"grants": grants}
    return [mark_safe(render_to_string("incubator/quota/panel.html", context, request))]  # noqa: S308 our own template


@hooks.register("portal_home_context")
def module_stats(_request: HttpRequest) -> dict[str, list[Any]]:
    """How many modules there are."""
    row = {
        "label": _("Shared modules"),
        "value": published_modules(),
        "url": reverse("incubator:modules"),
    }
    return {"stats": [row]}


@hooks.register("portal_workspace_tabs")
def call_tabs(_request: HttpRequest) -> list[dict[str, Any]]:
    """Calls for their owners and staff, proposals for consortia."""
    return [
        tab(40, reverse("incubator:own_calls"), _("Project calls"), "flag", *CALL_WORKERS),
        tab(41, reverse("incubator:proposals"), _("Proposals"), "bulb", *CONSORTIUM_ROLES),
    ]


@hooks.register("portal_home_context")
def home_calls(_request: HttpRequest) -> dict[str, list[Any]]:
    """Calls that take proposals today."""
    return {
        "calls": [
            {
                "url": call.get_absolute_url(),
                "title": call.local_title,
                "owner": call.owner.name,
                "note": call.owner.name,
                "closes_on": call.closes_on,
            }
            for call in open_calls(timezone.localdate())
        ]
    }


@hooks.register("portal_workspace_tabs")
def application_tabs(_request: HttpRequest) -> list[dict[str, Any]]:
    """Applications for firms, screening for staff, reviews for assessors."""
    firm = (Role.FIRM_SIGNER, Role.FIRM_MEMBER)
    return [
        tab(
            10, reverse("incubator:application_list"), _("Application"), "building-community", *firm
        ),
        tab(10, reverse("incubator:screening_list"), _("Screening"), "filter", Role.STAFF),
        tab(11, reverse("incubator:window_desk"), _("Application windows"), "calendar", Role.STAFF),
        tab(10, reverse("incubator:review_list"), _("Reviews"), "eye", Role.ASSESSOR),
    ]


@hooks.register("after_create_snippet")
@hooks.register("after_edit_snippet")
def to_window(_request: HttpRequest, instance: Model) -> HttpResponse | None:
    """Lead from a saved window to the page where its faults stand and where it is published."""
    return redirect(instance) if isinstance(instance, ApplicationWindow) else None


@hooks.register("before_delete_snippet")
def keep_published_windows(request: HttpRequest, instances: Any) -> HttpResponse | None:
    """Refuse to delete a window that was published: applications refer to its forms."""
    if not any(isinstance(one, ApplicationWindow) and one.current_id for one in instances):
        return None
    messages.error(request, _("Windows that were published stay; close them instead."))
    return redirect("incubator:window_desk")


@hooks.register("portal_home_context")
def home_admitted(_request: HttpRequest) -> dict[str, list[Any]]:
    """How many firms are admitted."""
    return {"stats": [{"label": _("Admitted firms"), "value": admitted_count()}]}


@hooks.register("portal_workspace_tabs")
def course_tabs(_request: HttpRequest) -> list[dict[str, Any]]:
    """Everybody's own courses."""
    return [tab(30, reverse("incubator:my_courses"), _("My courses"), "school")]


@hooks.register("portal_home_context")
def home_courses(_request: HttpRequest) -> dict[str, list[Any]]:
    """The newest courses."""
    rows = [
        {"url": card.url, "title": card.title, "note": note(card)} for card in course_cards(limit=3)
    ]
    return {"courses": rows}


def note(card: CourseCard) -> str:
    """Return hours and expert of a course in one line."""
    hours = _("%(hours)s hours") % {"hours": floatformat(card.hours)}
    return f"{hours} · {card.expert}" if card.expert else hours


@hooks.register("before_delete_page")
def keep_taught_courses(request: HttpRequest, page: Page) -> HttpResponse | None:
    """Refuse to delete a course that has a frozen version: proofs refer to it."""
    if not holds_taught_courses(page):
        return None
    messages.error(request, _("Courses that were published stay; unpublish them instead."))
    return redirect("wagtailadmin_explore", page.get_parent().pk)
