"""The public catalogue of village processes."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from portal.permissions import public
from village_pilot import labels
from village_pilot.domain.process import basis_kinds
from village_pilot.forms import ProcessFilterForm
from village_pilot.models import ProcessTemplate
from village_pilot.selectors import pilots


@public
@require_safe
def process_list(request: HttpRequest) -> HttpResponse:
    """Every process with its time rule."""
    form = ProcessFilterForm(request.GET, categories=pilots.categories())
    category = form.cleaned_data["category"] if form.is_valid() else ""
    context = {"form": form, "rows": pilots.processes(category=category)}
    return render(request, "village_pilot/process_list.html", context)


@public
@require_safe
def process_detail(request: HttpRequest, code: str) -> HttpResponse:
    """One process: steps, handlers, time rule with its basis, and where it is piloted."""
    process = get_object_or_404(ProcessTemplate.objects.current(), code=code)
    context = {
        "process": process,
        "basis": [labels.BASIS[kind] for kind in basis_kinds(process.basis_status)],
        "pilots": pilots.pilots_of_process(code),
    }
    return render(request, "village_pilot/process_detail.html", context)
