"""Who may do what with this app's records; file policies."""

from incubator.permissions import (  # noqa: F401 they register on import
    applications,
    calls,
    modules,
)
