"""Translated names of this app's states, actions, refusals, work items and notifications."""

from incubator.labels import (  # noqa: F401 they register on import
    applications,
    calls,
    cohorts,
    courses,
    deeds,
    incubation_plan,
    modules,
    office_hours,
    provisioning,
    quota,
    windows,
)
