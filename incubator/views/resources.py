"""Resource pools, seen by the resource manager."""

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from incubator.domain.quota import UsageRefused, month_of, read_usage
from incubator.drivers.registry import driver_for
from incubator.forms.quota import CapacityForm, DriverForm, PoolForm, QuotaReasonForm, UsageForm
from incubator.labels.provisioning import cloud_reasons, order_status
from incubator.labels.quota import usage_columns
from incubator.models import ResourcePool, UsageRecord
from incubator.selectors import provisioning
from incubator.selectors import quota as reads
from incubator.services import pools as services
from incubator.views.quota import request_table
from portal import labels
from portal.domain.roles import Role
from portal.permissions import for_roles
from portal.views.base import act, done, form_page, keyset, next_link, run_form

MANAGER = for_roles(Role.RESOURCE_MANAGER)
ERRORS_SHOWN = 50


@MANAGER
@require_safe
def resources(request: HttpRequest) -> HttpResponse:
    """What waits, the pools this month, and all requests."""
    today = timezone.localdate()
    rows = reads.requests_of(request.user, after=keyset(request))
    more = next_link(request, rows[reads.PAGE - 1].pk) if len(rows) > reads.PAGE else ""
    context = {
        "queue": reads.waiting_requests(),
        "states": labels.STATES["incubator.resource_request"],
        "pools": [(pool, months[0] if months else None) for pool, months in reads.pools_now(today)],
        "table": request_table(rows[: reads.PAGE], firms=True),
        "rows": rows[: reads.PAGE],
        "next_url": more,
        "month": month_of(today),
    }
    return render(request, "incubator/quota/resources.html", context)


@MANAGER
def pool_new(request: HttpRequest) -> HttpResponse:
    """Open a pool."""
    form = PoolForm(request.POST or None)
    ok, made = run_form(
        form,
        lambda values: services.create_pool(actor=request.user, now=timezone.now(), **values),
    )
    if ok:
        return done(request, _("The pool is open. Set its capacity."), "incubator:pool", made.pk)
    return form_page(request, "incubator/quota/pool_new.html", form)


@MANAGER
def pool(request: HttpRequest, pk: int) -> HttpResponse:
    """A pool's months, what is granted from it, and its capacity."""
    today = timezone.localdate()
    row, months = reads.pool_page(pk, today)
    form = CapacityForm(
        request.POST or None, today=today, initial={"first_month": month_of(today).isoformat()}
    )
    ok, _months = run_form(
        form,
        lambda values: services.set_capacity(
            pool=row, actor=request.user, now=timezone.now(), **values
        ),
    )
    if ok:
        return done(request, _("The capacity is set."), "incubator:pool", pk)
    context = {
        "pool": row,
        "months": months,
        "this": month_of(today),
        "grants": reads.pool_grants(row, today),
        **driver_context(row),
    }
    return form_page(request, "incubator/quota/pool.html", form, context)


def driver_context(row: ResourcePool) -> dict[str, Any]:
    """Return who sets a pool's grants up, and how the last order to its cloud went."""
    outcome = provisioning.pool_outcome(row)
    last = outcome.last
    return {
        "driver_form": DriverForm(initial={"driver": row.driver}, prefix="driver"),
        "driver_tried": driver_for(row.driver).tried,
        "outcome": outcome,
        "outcome_status": order_status()[last.state] if last else None,
        "outcome_reason": cloud_reasons().get(last.reason) if last else None,
    }


@MANAGER
@require_POST
def pool_driver(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose who sets up what is approved from now on."""
    row, _months = reads.pool_page(pk, timezone.localdate())
    form = DriverForm(request.POST, prefix="driver")
    if not form.is_valid():
        raise Http404
    return act(
        request,
        lambda: services.choose_driver(
            pool=row, actor=request.user, now=timezone.now(), **form.cleaned_data
        ),
        "incubator:pool",
        pk,
    )


@MANAGER
@require_POST
def pool_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a pool take requests, or none."""
    row, _months = reads.pool_page(pk, timezone.localdate())
    return act(
        request,
        lambda: services.open_or_close_pool(
            pool=row,
            takes_requests=request.POST.get("open") == "1",
            actor=request.user,
            now=timezone.now(),
        ),
        "incubator:pool",
        pk,
    )


@MANAGER
@require_POST
def pool_close_month(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a month that is over."""
    row, _months = reads.pool_page(pk, timezone.localdate())
    month = posted_month(request)
    return act(
        request,
        lambda: services.close_month(pool=row, month=month, actor=request.user, now=timezone.now()),
        "incubator:pool",
        pk,
    )


def posted_month(request: HttpRequest) -> date:
    """Return the month that the form names, or 404."""
    try:
        return month_of(date.fromisoformat(request.POST.get("month", "")))
    except ValueError as error:
        raise Http404 from error


@MANAGER
def usage_upload(request: HttpRequest) -> HttpResponse:
    """Take a file of usage; all of it or nothing."""
    form = UsageForm(request.POST or None, request.FILES or None)
    found: dict[str, Any] = {}

    def deed(values: dict[str, Any]) -> tuple[int, int]:
        try:
            return services.record_usage(
                rows=read_usage(values["file"]),
                source="csv",
                actor=request.user,
                now=timezone.now(),
            )
        except UsageRefused as refusal:
            found["errors"] = refusal.errors[:ERRORS_SHOWN]
            raise

    ok, counts = run_form(form, deed)
    if ok:
        text = _("%(new)s records are new, %(known)s were known.") % {
            "new": counts[0],
            "known": counts[1],
        }
        return done(request, text, "incubator:resources")
    columns = usage_columns()
    rows = [
        (error.line, columns[error.column], error.value, labels.REFUSALS[error.code])
        for error in found.get("errors", [])
    ]
    context = {"errors": rows, "example": usage_example(request)}
    return form_page(request, "incubator/quota/usage.html", form, context)


def usage_example(request: HttpRequest) -> str:
    """Return a call that a meter could send, to copy from."""
    body = (
        '{"source": "openstack", "lines": '
        '[{"request": "HYZY-2026-000123-8", "day": "2026-11-26", "amount": "12.50"}]}'
    )
    address = request.build_absolute_uri(reverse("incubator:usage_report"))
    return f"curl -H 'Authorization: Bearer TOKEN' \\\n  -d '{body}' \\\n  {address}"


@MANAGER
def usage_void(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a wrong record back."""
    record = get_object_or_404(UsageRecord.objects.select_related("request__pool"), pk=pk)
    form = QuotaReasonForm(request.POST or None)
    ok, _voided = run_form(
        form,
        lambda values: services.void_usage(
            record=record, reason=values["reason"], actor=request.user, now=timezone.now()
        ),
    )
    if ok:
        text = _("The record is taken back.")
        return done(request, text, "incubator:quota_request", record.request_id)
    return form_page(request, "incubator/quota/void.html", form, {"record": record})
