"""Adopting rubrics."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from certification.domain.conformance import SHIPPED
from certification.domain.rubric import Rubric, RubricError, parse_rubric
from certification.domain.scoring import score
from certification.models import RubricVersion
from portal.domain.lifecycle import Conflict, Invalid
from portal.domain.roles import Role
from portal.models import User
from portal.permissions import require_role
from portal.services.operations import operation

COUNTY_RUBRIC = SHIPPED / "county_dsp_v0_1.json"
"""The county's first rubric, plain sums over a period: delivery quality 70, innovation 30."""

DELIVERY_RUBRIC = SHIPPED / "county_dsp_v0_2.json"
"""The rubric that the product brings: it scores every delivery and says how sure a tier is."""


def adopt_rubric(
    *, source: Path | Mapping[str, Any], effective_from: date, actor: User, now: datetime
) -> RubricVersion:
    """Adopt a rubric from a file or a dictionary; the same content again returns what is there.

    Raises ``NotAllowed`` for anybody but a lead, ``Invalid("rubric_invalid")`` with every fault,
    ``Conflict("rubric_taken")`` where the version exists with other content.
    """
    with operation("certification.rubric.adopt", actor=actor, now=now) as opened:
        require_role(actor, Role.LEAD)
        rubric = read_rubric(source, effective_from)
        adopted, created = RubricVersion.objects.get_or_create(
            code=rubric["id"],
            version=rubric["version"],
            defaults={
                "content": rubric,
                "digest": rubric["digest"],
                "effective_from": effective_from,
                "adopted_by": actor,
                "adopted_at": now,
            },
        )
        if adopted.digest != rubric["digest"]:
            raise Conflict("rubric_taken", version=adopted.version)
        if created:
            opened.record("certification.rubric.adopted", subject=adopted, digest=adopted.digest)
    return adopted


def read_rubric(source: Path | Mapping[str, Any], day: date) -> Rubric:
    """Return the checked rubric; scoring nothing by it shows that this engine can use it."""
    try:
        text = source.read_text("utf-8") if isinstance(source, Path) else json.dumps(source)
        rubric = parse_rubric(text)
        score(rubric, {}, day)
    except (RubricError, OSError, TypeError) as error:
        raise Invalid("rubric_invalid", problems=str(error)) from error
    return rubric
