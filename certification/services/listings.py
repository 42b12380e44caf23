"""Keeping the public list in step with grades and evidence."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from certification.domain.recommendation import (
    UNKNOWN_CONFIDENCE,
    Reason,
    graded_reasons,
    hundredths,
    ungraded_reasons,
)
from certification.domain.rubric import Rubric
from certification.domain.rubric_lint import walk
from certification.domain.tiers import UNRANKED
from certification.models import Grade, ListingFacet, ProviderListing
from certification.selectors.evidence import (
    FirmEvidence,
    Gather,
    evidence_since,
    gather_evidence,
)
from certification.selectors.grades import current_grades
from portal.models import Organisation
from portal.services.operations import operation


def refresh_listing(
    *, organisation_id: int, now: datetime, gather: Gather = gather_evidence
) -> ProviderListing | None:
    """Write the firm's row of the list anew from its grade and evidence; idempotent.

    Returns ``None`` for an organisation that is no firm.
    """
    firm = Organisation.objects.filter(pk=organisation_id, kind="firm").first()
    if firm is None:
        return None
    today = timezone.localdate(now)
    with operation("certification.listing.refresh", actor=None, now=now, organisation=firm):
        # the firm's row first, so that two refreshes at once write one after the other
        Organisation.objects.select_for_update().get(pk=firm.pk)
        found = current_grades([firm.pk], today).get(firm.pk)
        evidence = gather([firm.pk], evidence_since(today), today)[firm.pk]
        listing, _created = ProviderListing.objects.update_or_create(
            organisation=firm,
            defaults=listing_values(firm, found.grade if found else None, evidence, now),
        )
        replace_facets(listing, evidence)
    return listing


def listing_values(
    firm: Organisation, grade: Grade | None, evidence: FirmEvidence, now: datetime
) -> dict[str, Any]:
    """Return the row's columns."""
    labels = [facet["label"] for facet in evidence["facets"]]
    words = [firm.name, firm.name_en, firm.uscc or "", *labels]
    return {
        "name": firm.name,
        "uscc": firm.uscc,
        "search": " ".join(words).casefold(),
        "refreshed_at": now,
        **(graded_values(grade, evidence) if grade else ungraded_values(evidence)),
    }


def ungraded_values(evidence: FirmEvidence) -> dict[str, Any]:
    """Return the columns of a firm without a grade: neutral, never low."""
    reasons = [reason.as_json() for reason in ungraded_reasons(evidence["facts"])]
    return {
        "grade": None,
        "tier": "",
        "tier_rank": UNRANKED,
        "total": None,
        "quality": None,
        "innovation": None,
        "grade_state": "",
        "valid_until": None,
        "suspended_until": None,
        "summary": {"reasons": reasons, "facts": evidence["facts"], "without_grade": reasons},
    }


def graded_values(grade: Grade, evidence: FirmEvidence) -> dict[str, Any]:
    """Return the columns of a graded firm; its reasons come from the frozen scorecard."""
    card = grade.scorecard
    rubric, result = card.round.rubric, card.result or {}
    quality, innovation = parts(rubric.content, result)
    reasons = graded_reasons(rubric.content, result)
    return {
        "grade": grade,
        "tier": grade.tier,
        "tier_rank": grade.tier_rank,
        "total": hundredths(result["total"]),
        "quality": quality,
        "innovation": innovation,
        "grade_state": grade.state,
        "valid_until": grade.valid_until,
        "suspended_until": grade.suspended_until,
        "summary": {
            "reasons": [named(reason, rubric.content) for reason in reasons],
            "confidence": confidence(result),
            "without_grade": [one.as_json() for one in ungraded_reasons(evidence["facts"])],
            "facts": evidence["facts"],
            "rubric": {"id": rubric.code, "version": rubric.version},
            "number": grade.document.number,
            "maxima": [child["max"] for child in rubric.content["tree"]["children"]],
        },
    }


def confidence(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return how sure a result's tier is; nothing is known of a rubric that shrinks nothing."""
    grading = result.get("grading")
    if not grading:
        return dict(UNKNOWN_CONFIDENCE)
    return {
        "status": grading["status"],
        # the default tier has no line to fall below
        "probability": round(grading["probs"].get(grading["tier"], 1.0), 4),
        "low": hundredths(grading["low"]) / 100,
        "high": hundredths(grading["high"]) / 100,
    }


def parts(rubric: Rubric, result: dict[str, Any]) -> tuple[int | None, int | None]:
    """Return delivery quality and innovation in hundredths, where the rubric has these parts."""
    points = result["points"]
    ids = [child["id"] for child in rubric["tree"]["children"]]
    values = [
        hundredths(points[name]) if name in ids and points.get(name) is not None else None
        for name in ("quality", "innovation")
    ]
    return values[0], values[1]


def named(reason: Reason, rubric: Rubric) -> dict[str, Any]:
    """Return a reason with the rubric's own words for what it names."""
    labels = {node["id"]: node.get("label") for _path, node in walk(rubric["tree"])}
    rules = [*rubric.get("unrated", {}).get("rules", ())]
    rules += [*rubric.get("routes", ()), *rubric.get("gates", ())]
    labels |= {rule["id"]: rule.get("label") for rule in rules}
    label = labels.get(reason.params.get("leaf") or reason.params.get("name") or "")
    return reason.as_json() | ({"label": label} if label else {})


def replace_facets(listing: ProviderListing, evidence: FirmEvidence) -> None:
    """Write where and what the firm has delivered."""
    ListingFacet.objects.filter(listing=listing).delete()
    ListingFacet.objects.bulk_create(
        ListingFacet(listing=listing, **facet) for facet in evidence["facets"]
    )
