"""A provider's public profile."""

from dataclasses import dataclass
from datetime import date

from certification import labels
from certification.models import Grade, ProviderListing
from certification.selectors.recommendations import Row, row_of
from certification.selectors.scorecards import Explained, explain_card, public_card
from portal.labels import Tone
from village_pilot.selectors import ProviderPilot, provider_pilots


@dataclass(frozen=True)
class Profile:
    """What the public reads of a provider; without a grade ``explained`` is ``None``."""

    listing: ProviderListing
    row: Row
    status: Tone
    grade: Grade | None
    explained: Explained | None
    pilots: list[ProviderPilot]


def profile(listing: ProviderListing, today: date) -> Profile:
    """Return a provider's profile (5 queries); a grade that does not hold is not explained."""
    row = row_of(listing, today)
    grade = public_card(listing.organisation_id)
    holds = grade is not None and row.tier is not None
    return Profile(
        listing=listing,
        row=row,
        status=labels.GRADE_STATUSES[row.status],
        grade=grade,
        explained=explain_card(grade.scorecard, private=False) if grade and holds else None,
        pilots=provider_pilots(listing.organisation_id),
    )
