"""Months and states of the cloud resources in templates."""

from typing import Any

from django import template

from incubator.domain.quota import REQUEST
from incubator.models import ResourceRequest
from portal.labels import STATES
from portal.labels.days import month
from portal.templatetags.portal import status

register = template.Library()
register.filter("month", month)


@register.inclusion_tag("portal/components/status.html")
def request_status(request: ResourceRequest) -> dict[str, Any]:
    """Draw how far a request is."""
    name, _public, tone, icon = STATES[REQUEST.name][request.state]
    return status(str(name), tone, icon)
