"""What scoring column by column gathers on its way through a rubric's tree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt

from .column_scales import Facts
from .columns import Column, Flags, Floats

SCORED, MISSING, SKIPPED = range(3)
"""Status of a leaf: scored, missing, not applicable."""


@dataclass(frozen=True)
class LeafColumn:
    """A leaf of N rows: ``status`` [N] and the share of its maximum without evidence [N]."""

    maximum: float
    status: npt.NDArray[np.int8]
    missing_part: Floats


@dataclass
class Work:
    """What scoring gathers on its way through the tree, for ``count`` rows."""

    count: int
    columns: Mapping[str, Column]
    as_of: date | None
    review: Flags
    points: dict[str, Floats] = field(default_factory=dict)
    leaves: dict[str, LeafColumn] = field(default_factory=dict)
    pools: dict[str, npt.NDArray[np.intp]] = field(default_factory=dict)

    def facts(self, columns: Mapping[str, Column] | None = None) -> Facts:
        """What predicates may look at so far."""
        unknown = np.full(self.count, np.nan)
        return Facts(self.count, columns or self.columns, self.points, unknown, self.as_of)
