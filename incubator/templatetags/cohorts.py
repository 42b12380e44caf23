"""Words of incubation's deeds in templates."""

from django import template

from incubator.domain.incubation_plan import PlanLine
from incubator.labels.cohorts import WARNINGS
from incubator.labels.incubation_plan import indicator_name as name_of
from portal.labels import action_label
from portal.labels.days import speaks_english

register = template.Library()


@register.filter
def incubation_action(action: str) -> str:
    """Name a deed of a membership as its button does."""
    return str(action_label("incubator.incubation", action))


@register.filter
def incubation_warning(action: str) -> str:
    """Say what follows from a deed; “” where nothing needs saying."""
    return str(WARNINGS.get(action, ""))


@register.filter
def line_title(line: PlanLine) -> str:
    """Name a line of a plan in the reader's language."""
    return (line.title_en if speaks_english() else "") or line.title


@register.filter
def indicator_name(code: str) -> str:
    """Name an indicator of the rubric."""
    return name_of(code)
