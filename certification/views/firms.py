"""The firm's own scorecard."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from certification.selectors.grades import current_grades
from certification.selectors.scorecards import explain_card, own_card
from portal.permissions import for_roles
from portal.views.base import keyset


@for_roles("firm_signer", "firm_member")
@require_safe
def scorecard(request: HttpRequest) -> HttpResponse:
    """The newest scorecard of the person's firm: every point opens its evidence."""
    card = own_card(request.user, keyset(request, "firm"))
    if card is None:
        return render(request, "certification/scorecard_none.html")
    held = current_grades([card.organisation_id], timezone.localdate())
    context = {
        "found": explain_card(card, private=True),
        "card": card,
        "held": held.get(card.organisation_id),
    }
    return render(request, "certification/scorecard.html", context)
