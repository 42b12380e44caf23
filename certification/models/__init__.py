"""Tables of assessment: rubrics, rounds, scorecards, grades and the public list."""

from certification.models.assessment import AssessmentRound, Grade, RubricVersion, Scorecard
from certification.models.listing import ListingFacet, ProviderListing

__all__ = [
    "AssessmentRound",
    "Grade",
    "ListingFacet",
    "ProviderListing",
    "RubricVersion",
    "Scorecard",
]
