"""From what the loop recorded to the fields of the rubrics ``county-dsp 0.1`` and ``0.2``.

Only evidence of delivery and of what a firm did on the portal enters: no field describes where
a firm is registered, who owns it, how large it is or what it won before (1-mission.md, law 3).
A field without evidence is left out, never written as zero, so that the rubric's own rule for
missing evidence decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

ACCEPTANCE = {"accept_with_conditions": "conditional", "refuse": "rejected"}
"""Code of a village's decision; a plain acceptance depends on whether it was the first."""


@dataclass(frozen=True)
class DeliveryFacts:
    """Counts of one firm's deliveries in a period.

    ``technical_mean`` is on anchors 0 to 4; ``handling_time_reduction`` is
    1 - median after / median before (1 at most, negative when cases take longer). ``None``: not
    measured.
    """

    decided: int = 0
    accepted_first_time: int = 0
    accepted: int = 0
    refused: int = 0
    technical_mean: float | None = None
    on_time: int = 0
    due: int = 0
    handling_time_reduction: float | None = None
    villages: int = 0
    redesign_level: str | None = None


def rubric_fields(
    delivery: DeliveryFacts, *, modules_used: int, modules_contributed: int, courses: int
) -> dict[str, Any]:
    """Return the evidence fields of ``county-dsp 0.1`` that are known, by name.

    >>> rubric_fields(DeliveryFacts(), modules_used=1, modules_contributed=0, courses=0)
    {'deliveries_accepted': 0, 'module_contributed': False, 'modules_used': 1, \
'courses_completed': 0, 'villages_served': 0}
    """
    known: dict[str, Any] = {
        "deliveries_accepted": delivery.accepted,
        "acceptance_rate": _share(delivery.accepted_first_time, delivery.decided),
        "technical_rubric_mean": delivery.technical_mean,
        "on_time_rate": _share(delivery.on_time, delivery.due),
        "handling_time_reduction": delivery.handling_time_reduction,
        "refused_deliverables": delivery.refused if delivery.decided else None,
        "module_contributed": modules_contributed > 0,
        "modules_used": modules_used,
        "courses_completed": courses,
        "villages_served": delivery.villages,
        "process_redesign_level": delivery.redesign_level,
    }
    return {name: value for name, value in known.items() if value is not None}


@dataclass(frozen=True)
class OneDelivery:
    """One decided deliverable: the day, the village's code and decision, and measurements.

    ``decision`` is accept, accept_with_conditions or refuse; ``first_time`` that the first
    version was accepted at once; ``technical_mean`` on anchors 0 to 4, ``time_cut`` at most 1.
    """

    decided_on: date
    village: str
    decision: str
    first_time: bool
    technical_mean: float | None = None
    on_time: bool | None = None
    time_cut: float | None = None


def delivery_items(deliveries: Sequence[OneDelivery]) -> list[dict[str, Any]]:
    """Return the collection ``deliveries`` of ``county-dsp 0.2``, in the order given.

    >>> delivery_items([OneDelivery(date(2026, 5, 4), "v", "accept", first_time=False)])
    [{'decided_on': '2026-05-04', 'village': 'v', 'acceptance': 'pass_after_fix'}]
    """
    return [_item(one) for one in deliveries]


def _item(one: OneDelivery) -> dict[str, Any]:
    accepted = "first_pass" if one.first_time else "pass_after_fix"
    known = {
        "decided_on": one.decided_on.isoformat(),
        "village": one.village,
        "acceptance": ACCEPTANCE.get(one.decision, accepted),
        "technical_mean": one.technical_mean,
        "on_time": one.on_time,
        "time_cut": one.time_cut,
    }
    return {name: value for name, value in known.items() if value is not None}


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def known_fields(
    fields: Mapping[str, Any], rubric_field_names: Mapping[str, Any]
) -> dict[str, Any]:
    """Keep the fields that a rubric declares, so that a rubric may read fewer of them."""
    return {name: value for name, value in fields.items() if name in rubric_field_names}
