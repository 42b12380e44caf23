"""The lead tries a rubric on a round's frozen evidence."""

from django.http import Http404, HttpRequest, HttpResponse

from certification.forms import TrialForm
from certification.selectors.trials import trial_page
from certification.views.rounds import get_round
from portal.permissions import for_roles
from portal.views.base import form_page


@for_roles("lead")
def round_trial(request: HttpRequest, pk: int) -> HttpResponse:
    """Show which firms would change tier, and why; nothing is stored."""
    assessment = get_round(pk)
    if assessment.frozen_at is None:
        raise Http404
    form = TrialForm(request.POST or None, request.FILES or None)
    usable = form.is_bound and form.is_valid()
    found = trial_page(assessment, form.cleaned_data["content"]) if usable else None
    context = {"round": assessment, "found": found}
    return form_page(request, "certification/round_trial.html", form, context)
