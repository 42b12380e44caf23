"""``manage.py assess ROUND``: freeze the evidence, score every firm, report the proposals."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q
from django.utils import timezone

from certification.models import AssessmentRound
from certification.selectors.scorecards import round_cards, shown
from certification.services.rounds import freeze_evidence, score_round
from portal.domain.lifecycle import Refused
from portal.labels import refusal_text


class Command(BaseCommand):
    """Resumable: killed and started again, it goes on with the firms that have no score yet.

    The tiers are proposals; a named evaluation lead confirms them in the portal.
    """

    help = "Freeze evidence, score and propose tiers for a round (its number or id)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("round", help="number or id of the round")

    def handle(self, *args: Any, **options: Any) -> None:
        assessment = find_round(options["round"])
        try:
            assessment = self.assess(assessment)
        except Refused as refusal:
            raise CommandError(refusal_text(refusal)) from refusal
        for card in round_cards(assessment):
            total = shown(card.total)
            points = "-" if total is None else f"{total:.2f}"
            review = "  needs review" if card.needs_review else ""
            self.stdout.write(f"{card.proposed_tier:8} {points:>6}  {card.organisation}{review}")
        self.stdout.write(f"{assessment}: {assessment.state}")

    def assess(self, assessment: AssessmentRound) -> AssessmentRound:
        """Take the steps that are still to be taken."""
        now = timezone.now()
        if assessment.state == "planned":
            assessment = freeze_evidence(assessment=assessment, actor=None, now=now)
            self.stdout.write("evidence frozen")
        return score_round(assessment=assessment, actor=None, now=now, progress=self.progress)

    def progress(self, done: int, total: int) -> None:
        """Show how far the scoring is, on one line of a terminal."""
        self.stdout.write(f"\rscored {done} of {total}", ending="\n" if done == total else "")
        self.stdout.flush()


def find_round(name: str) -> AssessmentRound:
    """Return the round with this number or id."""
    wanted = Q(number=name.upper())
    if name.isdecimal():
        wanted |= Q(pk=int(name))
    found = AssessmentRound.objects.select_related("rubric").filter(wanted).first()
    if found is None:
        raise CommandError(f"no round {name!r}; see /workspace/rounds/")
    return found
