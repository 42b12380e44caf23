"""Reads: what other apps may see of this one."""

from village_pilot.selectors.evidence import (
    DecidedDeliverable,
    DeliveryEvidence,
    ProviderPilot,
    delivery_evidence,
    provider_pilots,
)

__all__ = [
    "DecidedDeliverable",
    "DeliveryEvidence",
    "ProviderPilot",
    "delivery_evidence",
    "provider_pilots",
]
