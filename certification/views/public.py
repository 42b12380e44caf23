"""Public pages: directory, profile, the list with its export, rubrics."""

import csv
from io import StringIO

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from certification import labels
from certification.domain.recommendation import DISCLAIMER, safe_cell, text_cell
from certification.forms import DirectoryFilterForm, ListFilterForm
from certification.models import ProviderListing, RubricVersion
from certification.selectors.profiles import profile
from certification.selectors.recommendations import (
    Row,
    RowPage,
    facet_choices,
    grouped,
    recommendation_rows,
)
from certification.selectors.rubrics import rubric_page
from certification.selectors.snapshots import latest_snapshot
from portal.permissions import for_roles, public
from portal.views.base import keyset, next_link


@public
@require_safe
def providers(request: HttpRequest) -> HttpResponse:
    """The directory, by name."""
    form = DirectoryFilterForm(request.GET, facets=facet_choices())
    page = recommendation_rows(form.filters(), "name", keyset(request), timezone.localdate())
    context = {"form": form, "page": page, "next_url": following(request, page)}
    return render(request, "certification/providers.html", context)


@public
@require_safe
def provider(request: HttpRequest, uscc: str) -> HttpResponse:
    """A provider's profile: grade, reasons, evidence, pilots."""
    listing = get_object_or_404(
        ProviderListing.objects.select_related("organisation__region__parent"), uscc=uscc
    )
    context = {"found": profile(listing, timezone.localdate()), "statement": DISCLAIMER}
    return render(request, "certification/provider.html", context)


@public
@require_safe
def recommendations(request: HttpRequest) -> HttpResponse:
    """The capability list; neutral by name unless the reader asks for the order of tiers."""
    return list_page(request, "name")


@for_roles("officer")
@require_safe
def needs(request: HttpRequest) -> HttpResponse:
    """The officer's view of the same list: by tier, with the reason of each place."""
    return list_page(request, "tier", officer=True)


def list_page(request: HttpRequest, order: str, *, officer: bool = False) -> HttpResponse:
    """Draw the list in the order asked for, else in ``order``."""
    data = request.GET.copy()
    data.setdefault("order", order)
    form = ListFilterForm(data, facets=facet_choices())
    chosen = data["order"] if data["order"] in {"name", "tier"} else order
    page = recommendation_rows(form.filters(), chosen, keyset(request), timezone.localdate())
    by_tier = chosen == "tier"
    context = {
        "form": form,
        "page": page,
        "groups": grouped(page.rows) if by_tier else [],
        "by_tier": by_tier,
        "officer": officer,
        "next_url": following(request, page),
        "query": data.urlencode(),
        "statement": DISCLAIMER,
        "snapshot": latest_snapshot(),
    }
    return render(request, "certification/recommendations.html", context)


def following(request: HttpRequest, page: RowPage) -> str:
    """Return the address of the next page, “” at the end."""
    return next_link(request, page.next_after) if page.next_after else ""


@public
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The list as CSV for spreadsheets, with the same filters and the disclaimer first."""
    form = ListFilterForm(request.GET, facets=facet_choices())
    order = "tier" if request.GET.get("order") == "tier" else "name"
    today = timezone.localdate()
    page = recommendation_rows(form.filters(), order, None, today, limit=None)
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow([DISCLAIMER])
    writer.writerow([_("As of"), today.isoformat()])
    snapshot = latest_snapshot()
    if snapshot is not None:
        writer.writerow([_("Published list"), snapshot.number, "SHA-256", snapshot.digest])
    writer.writerow([safe_cell(str(name)) for name in header()])
    writer.writerows(export_row(row) for row in page.rows)
    response = HttpResponse(
        out.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8"
    )
    name = f"capability-list-{today.isoformat()}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def header() -> list[str]:
    """Return the columns' names."""
    return [
        _("Unified social credit code"),
        _("Provider"),
        _("Tier"),
        _("Status"),
        _("Total"),
        _("Delivery quality"),
        _("Innovation"),
        _("Valid until"),
        _("Service items"),
        _("Townships"),
        _("Accepted deliverables"),
        _("Villages served"),
        _("Reasons"),
    ]


def export_row(row: Row) -> list[str]:
    """Return a provider's cells: codes stay text, nothing can be a formula."""
    numbers = [row.total, row.quality, row.innovation]
    until = row.listing.valid_until if row.tier else None
    cells = [
        row.listing.name,
        labels.tier_name(row.tier),
        str(labels.GRADE_STATUSES[row.status][1]),
        *("" if value is None else f"{value:.2f}" for value in numbers),
        until.isoformat() if until else "",
        labels.listed(row.categories),
        labels.listed(row.townships),
        str(row.facts["deliveries"]),
        str(row.facts["villages"]),
        labels.listed(reason["text"] for reason in row.reasons),
    ]
    return [text_cell(row.listing.uscc), *(safe_cell(cell) for cell in cells)]


@public
@require_safe
def rubric(request: HttpRequest, code: str, version: str) -> HttpResponse:
    """A rubric in words: weights, cuts, scales, what missing evidence does."""
    found = get_object_or_404(RubricVersion, code=code, version=version)
    return render(request, "certification/rubric.html", {"found": rubric_page(found)})
