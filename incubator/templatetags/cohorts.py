"""Words of incubation's deeds in templates."""

from django import template

from incubator.labels.cohorts import WARNINGS
from incubator.labels.incubation_plan import indicator_name as name_of
from portal.labels import action_label

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
def indicator_name(code: str) -> str:
    """Name an indicator of the rubric."""
    return name_of(code)
