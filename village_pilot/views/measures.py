"""What a pilot changed: its case logs before and after."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.permissions import for_roles
from portal.views.base import done, run_form
from village_pilot.forms import CaseLogForm
from village_pilot.permissions import may_import
from village_pilot.selectors.measures import measures_page
from village_pilot.services.case_logs import import_case_log
from village_pilot.views.pilots import INVOLVED, visible_pilot


@for_roles(*INVOLVED)
def measures(request: HttpRequest, number: str) -> HttpResponse:
    """Figures and charts before and after; a log is imported here."""
    pilot = visible_pilot(request, number)
    form = CaseLogForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        ok, _log = run_form(
            form,
            lambda values: import_case_log(
                pilot=pilot,
                upload=values["file"],
                phase=values["phase"],
                actor=request.user,
                now=timezone.now(),
            ),
        )
        if ok:
            return done(request, _("The case log is imported."), "village_pilot:measures", number)
    context = {
        "pilot": pilot,
        "page": measures_page(pilot),
        "form": form if may_import(request.user, pilot) else None,
        "may_download": may_import(request.user, pilot),
    }
    status = 422 if form.errors else 200
    return render(request, "village_pilot/measures.html", context, status=status)
