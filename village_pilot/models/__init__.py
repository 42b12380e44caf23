"""Tables: the catalogue of processes, pilots, deliverables, acceptance, case logs."""

from village_pilot.models.deliverables import (
    AcceptanceCode,
    DeclaredModule,
    Deliverable,
    DeliverableVersion,
    TechnicalReview,
    VillageDecision,
)
from village_pilot.models.pilots import CaseLog, Milestone, Pilot, PilotReviewer
from village_pilot.models.processes import ProcessTemplate

__all__ = [
    "AcceptanceCode",
    "CaseLog",
    "DeclaredModule",
    "Deliverable",
    "DeliverableVersion",
    "Milestone",
    "Pilot",
    "PilotReviewer",
    "ProcessTemplate",
    "TechnicalReview",
    "VillageDecision",
]
