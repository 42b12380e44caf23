"""Cloud resources, seen by the firm; a request's page serves firm and resource manager."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from incubator.domain.provisioning import MANUAL
from incubator.domain.quota import GRANTED, add_months, month_of
from incubator.drivers.registry import driver_for
from incubator.forms.quota import (
    AnswerForm,
    ApproveForm,
    ProvisionForm,
    QuotaReasonForm,
    RequestForm,
)
from incubator.labels.provisioning import cloud_reasons, order_status
from incubator.labels.quota import clock_names, request_kinds
from incubator.models import ResourceRequest
from incubator.models.modules import FIRM_ROLES
from incubator.permissions.quota import applicant_firms, has_removed_firm
from incubator.selectors import provisioning
from incubator.selectors import quota as reads
from incubator.services import cloud_work
from incubator.services import quota as services
from portal import labels
from portal.domain.roles import Role
from portal.labels.days import month
from portal.models import Organisation
from portal.permissions import for_roles, organisations_of, roles_for
from portal.views.base import (
    act,
    done,
    done_text,
    form_page,
    forms_page,
    keyset,
    next_link,
    posted_version,
    run_form,
)

FIRM = for_roles(Role.FIRM_SIGNER, Role.FIRM_MEMBER)
BOTH = for_roles(Role.FIRM_SIGNER, Role.FIRM_MEMBER, Role.RESOURCE_MANAGER)
FORMS: dict[str, type[Form]] = {
    "request": AnswerForm,
    "ask": QuotaReasonForm,
    "approve": ApproveForm,
    "deny": QuotaReasonForm,
    "provision": ProvisionForm,
    "revoke": QuotaReasonForm,
}
"""Deeds that need input; the others are one button."""
SERVICES: dict[str, Callable[..., Any]] = {
    "request": services.answer_question,
    "ask": services.ask,
    "approve": services.approve,
    "deny": services.deny,
    "withdraw": services.withdraw,
    "provision": services.provision,
    "release": services.release,
    "revoke": services.revoke,
    "retry": cloud_work.try_again,
    "closed": cloud_work.record_closed,
}


@FIRM
@require_safe
def quota_list(request: HttpRequest) -> HttpResponse:
    """What my firms hold, and all requests."""
    today = timezone.localdate()
    firms = [firm.pk for firm in organisations_of(request.user, *FIRM_ROLES)]
    rows = reads.requests_of(request.user, after=keyset(request))
    more = next_link(request, rows[reads.PAGE - 1].pk) if len(rows) > reads.PAGE else ""
    grants = reads.grants_of(firms, today)
    context = {
        "grants": [grant for grant in grants if grant.clock != "future"],
        "coming": [grant.request for grant in grants if grant.clock == "future"],
        "clocks": clock_names(),
        "table": request_table(rows[: reads.PAGE]),
        "rows": rows[: reads.PAGE],
        "next_url": more,
        **may_ask(request, applicant_firms(request.user)),
    }
    return render(request, "incubator/quota/list.html", context)


def may_ask(request: HttpRequest, firms: list[Organisation]) -> dict[str, bool]:
    """Return whether the person may ask for resources, and if not, whether the firm was removed."""
    return {"may_ask": bool(firms), "removed": not firms and has_removed_firm(request.user)}


def request_table(rows: list[ResourceRequest], *, firms: bool = False) -> dict[str, Any]:
    """Return requests as the table component takes them."""
    headers = [
        {"label": _("Request")},
        *([{"label": _("Firm")}] if firms else []),
        {"label": _("Resource")},
        {"label": _("A month"), "numeric": True},
        {"label": _("Period")},
        {"label": _("State")},
    ]
    return {
        "caption": _("Newest first"),
        "headers": headers,
        "rows": [request_cells(row, firms=firms) for row in rows],
    }


def request_cells(row: ResourceRequest, *, firms: bool) -> list[Any]:
    """Return a request's cells."""
    name, _public, tone, icon = labels.STATES["incubator.resource_request"][row.state]
    amount = row.approved_amount or row.amount
    return [
        {"text": row.number, "url": row.get_absolute_url()},
        *([row.organisation.name] if firms else []),
        row.pool.local_title,
        row.pool.in_words(amount),
        period(row.span),
        {"text": name, "tone": tone, "icon": icon},
    ]


def period(months: tuple[date, ...]) -> str:
    """Return the months of a request in words."""
    words = [month(months[0]), month(months[-1])]
    return words[0] if len(months) == 1 else " – ".join(words)


@FIRM
def quota_new(request: HttpRequest) -> HttpResponse:
    """Ask for resources."""
    return draw_request_form(request, None, "new")


@FIRM
def quota_follow(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """Ask for a renewal of a grant, or for another amount."""
    previous = reads.request_page(request.user, pk)
    if kind not in {"renewal", "change"} or previous.state not in GRANTED:
        raise Http404
    return draw_request_form(request, previous, kind)


def draw_request_form(
    request: HttpRequest, previous: ResourceRequest | None, kind: str
) -> HttpResponse:
    """Draw and take the form of a request."""
    today = timezone.localdate()
    firms = applicant_firms(request.user)
    follower = reads.following(previous) if previous else None
    form = RequestForm(
        request.POST or None,
        firms=firms,
        today=today,
        follows=previous is not None,
        earliest=add_months(previous.span[-1], 1) if previous and kind == "renewal" else None,
        initial=initial_of(previous, kind, today) | {"pool": request.GET.get("pool", "")[:9]}
        if previous is None
        else initial_of(previous, kind, today),
    )
    given = (
        {}
        if previous is None
        else {"firm": previous.organisation, "pool": previous.pool, "previous": previous}
    )
    context = {
        **request_context(previous, kind, today),
        **may_ask(request, firms),
        "follower": follower,
    }
    short, seen = shortage(form, previous, kind) if follower is None else ([], "")
    if short and request.POST.get("seen") != seen:
        context |= {"short": short, "seen": seen}
        return form_page(request, "incubator/quota/new.html", form, context)
    ok, made = run_form(
        form,
        lambda values: services.request_resources(
            actor=request.user, now=timezone.now(), kind=kind, **(values | given)
        ),
    )
    if ok:
        text = _("The request is with the resource manager.")
        return done(request, text, "incubator:quota_request", made.pk)
    drawn = follower is None
    return form_page(request, "incubator/quota/new.html", form, context, drawn=drawn)


def request_context(previous: ResourceRequest | None, kind: str, today: date) -> dict[str, Any]:
    """Return what stands beside the form of a request."""
    return {
        "previous": previous,
        "kind": kind,
        "kind_name": dict(request_kinds())[kind],
        "spent": reads.spent(previous, today) if previous else None,
        "pools": reads.pools_with_room(today) if previous is None else [],
    }


def shortage(
    form: RequestForm, previous: ResourceRequest | None, kind: str
) -> tuple[list[reads.ShortMonth], str]:
    """Return in which months the pool has less free than is asked for, and a mark of what was.

    A note, no refusal: the firm reads it once and may send the same all the same, because others
    may give back, capacity may grow, and the manager may approve a part.
    """
    if not form.is_bound or not form.is_valid():
        return [], ""
    values = form.cleaned_data
    pool = previous.pool if previous else values["pool"]
    amount, first, months = values["amount"], values["first_month"], values["months"]
    replaced = previous if kind == "change" else None
    short = reads.short_months(pool, amount, first, months, replaced=replaced)
    return short, f"{pool.pk} {amount.normalize():f} {first} {months}"


def initial_of(previous: ResourceRequest | None, kind: str, today: Any) -> dict[str, Any]:
    """Return what the form starts with: a renewal goes on where the grant ends."""
    if previous is None:
        return {"first_month": month_of(today).isoformat()}
    after = add_months(previous.span[-1], 1)
    first = max(after if kind == "renewal" else previous.first_month, month_of(today))
    left = (after.year - first.year) * 12 + after.month - first.month
    return {
        "amount": previous.approved_amount,
        "first_month": first.isoformat(),
        "months": previous.months if kind == "renewal" else max(left, 1),
        "purpose": previous.purpose,
    }


@BOTH
@require_safe
def quota_request(request: HttpRequest, pk: int) -> HttpResponse:
    """A request: what was asked, decided, set up and used, and what I may do."""
    return draw_request(request, reads.request_page(request.user, pk))


def draw_request(
    request: HttpRequest, row: ResourceRequest, forms: Mapping[str, Form] | None = None
) -> HttpResponse:
    """Draw a request's page, with the form that was refused if there is one."""
    today = timezone.localdate()
    name, _public, tone, icon = labels.STATES["incubator.resource_request"][row.state]
    clock = row.clock(today)
    actions = reads.request_actions(request.user, row)
    deciding = "approve" in actions
    months = reads.request_months(row) if row.approved_amount else []
    context = {
        "row": row,
        "kind_name": dict(request_kinds())[row.kind],
        "period": period(row.asked_span),
        "status": {"label": name, "tone": tone, "icon": icon},
        "clock": clock_names().get(clock),
        "actions": actions,
        "months": months,
        "room": reads.room_for(row) if deciding else [],
        "short": short_of(row) if "request" in actions else [],
        "usage": reads.usage_of(row) if row.approved_amount else [],
        "closed": [one.month for one in months if one.closed],
        "spent": reads.spent(row.previous, today) if row.previous else None,
        "follower": reads.following(row),
        "follow": row.state in GRANTED and "withdraw" not in actions and is_own(request, row),
        "manager": is_manager(request, row),
        "today": today,
        **cloud_context(request, row),
        **{f"{action}_form": form for action, form in blank_forms(row, actions).items()},
    }
    refused = forms or {}
    errors = {f"{action}_form": form for action, form in refused.items() if action in actions}
    return forms_page(request, "incubator/quota/request.html", context | errors, refused, actions)


def short_of(row: ResourceRequest) -> list[reads.ShortMonth]:
    """Return in which months the pool has less free than the request asks for."""
    replaced = row.previous if row.kind == "change" else None
    return reads.short_months(row.pool, row.amount, row.first_month, row.months, replaced=replaced)


def cloud_context(request: HttpRequest, row: ResourceRequest) -> dict[str, Any]:
    """Return what a resource manager sees of the order to the cloud, and what is left to do."""
    if not is_manager(request, row):
        return {}
    order = provisioning.latest_order(row)
    return {
        "order": order,
        "order_status": order_status()[order.state] if order else None,
        "order_reason": cloud_reasons().get(order.reason) if order else None,
        "driver_tried": driver_for(order.driver if order else MANUAL).tried,
        "closing": provisioning.accounts_to_close(row, timezone.localdate()),
    }


def is_manager(request: HttpRequest, row: ResourceRequest) -> bool:
    """Return whether the person may act on the request as a resource manager."""
    return Role.RESOURCE_MANAGER in roles_for(request.user, row.organisation)


def is_own(request: HttpRequest, row: ResourceRequest) -> bool:
    """Return whether the person acts for the request's firm."""
    return row.organisation in organisations_of(request.user, *FIRM_ROLES)


def blank_forms(row: ResourceRequest, actions: tuple[str, ...]) -> dict[str, Form]:
    """Return the forms of the deeds that are open."""
    initial = {
        "version": row.version,
        "amount": row.amount,
        "purpose": row.purpose,
        "account": row.account,
    }
    return {
        action: FORMS[action](initial=initial, prefix=action)
        for action in actions
        if action in FORMS
    }


@BOTH
@require_POST
def quota_deed(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Take a step with a request."""
    row = reads.request_page(request.user, pk)
    if action not in SERVICES:
        raise Http404
    service = SERVICES[action]
    if action not in FORMS:
        return act(
            request,
            lambda: service(
                request=row,
                actor=request.user,
                now=timezone.now(),
                expected_version=posted_version(request),
            ),
            "incubator:quota_request",
            pk,
        )
    form = FORMS[action](request.POST, prefix=action)
    ok, _moved = run_form(
        form,
        lambda values: service(
            request=row,
            actor=request.user,
            now=timezone.now(),
            expected_version=values.pop("version"),
            **values,
        ),
    )
    if ok:
        return done(request, done_text(), "incubator:quota_request", pk)
    moved = reads.request_page(request.user, pk)
    return draw_request(request, moved, {action: caught_up(form, moved)})


def caught_up(form: Form, row: ResourceRequest) -> Form:
    """Have a form that was told why it is refused speak of the request as it is drawn now."""
    if form.non_field_errors():
        form.data = form.data.copy()
        form.data[form.add_prefix("version")] = str(row.version)
    return form
