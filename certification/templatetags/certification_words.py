"""Small words and signs of this app's pages."""

from django import template
from django.utils.safestring import SafeString

from certification.domain.recommendation import SHORTFALLS
from portal.templatetags.portal import icon

register = template.Library()


@register.simple_tag
def reason_icon(code: str) -> SafeString:
    """The sign before a reason: a tick for what speaks for a firm, a dash for what is missing."""
    return icon("minus" if code in SHORTFALLS else "check")
