"""What a round's end means for one firm: a grade, being held back, or waiting for an objection."""

from datetime import datetime
from typing import cast

from django.utils import timezone

from certification.domain.rounds import CONFIRMED, HELD
from certification.domain.rubric_lint import UNRATED
from certification.models import Scorecard
from certification.selectors.grades import barred_organisations
from certification.services.grades import grant_grade
from portal.models import Objection, User
from portal.services.objections import settled_standings
from portal.services.operations import operation

BARRED = "拟定之后该企业的等级被暂停或撤销，本轮结果对其不生效。"
"""Written on a decision where a suspension or revocation came between proposal and effect."""
OBJECTED = "公示期内对该企业的异议成立，本轮结果对其不生效。"
"""Written where an objection to the firm's row of the notice was upheld."""


def put_into_effect(
    card: Scorecard, *, barred: bool, standing: str, actor: User, now: datetime
) -> None:
    """Grant a confirmed grade, hold it back, or leave it until an objection is decided."""
    if barred or standing == "upheld":
        card.decision, card.decision_reason = HELD, BARRED if barred else OBJECTED
        card.save(update_fields=["decision", "decision_reason"])
    elif not standing:
        grant_grade(card=card, actor=actor, now=now)


def settle_objected(*, objection: Objection, now: datetime) -> None:
    """Put into effect, or hold, what alone waited for this objection; again, nothing happens.

    The lead who decided on the objection is the one who puts the grade into effect.
    """
    actor = cast("User", objection.handled_by)  # objection_answer_has_reason
    with operation("certification.settle_objected", actor=actor, now=now, subject=objection):
        standing = settled_standings(objection.notice)
        waiting = Scorecard.objects.filter(
            round__notice=objection.notice,
            round__state="effective",
            organisation=objection.organisation,
            decision=CONFIRMED,
            grade__isnull=True,
        ).exclude(proposed_tier=UNRATED)
        for card in waiting.select_related("organisation", "decided_by", "round__rubric"):
            firm = card.organisation_id
            put_into_effect(
                card,
                barred=firm in barred_organisations([firm], timezone.localdate(now)),
                standing=standing.get(firm, ""),
                actor=actor,
                now=now,
            )
