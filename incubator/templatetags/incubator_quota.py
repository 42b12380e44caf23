"""Months of the cloud resources in templates."""

from datetime import date

from django import template
from django.utils.formats import date_format

register = template.Library()


@register.filter
def month(value: date) -> str:
    """Show a month in the reader's language."""
    return date_format(value, "YEAR_MONTH_FORMAT")
