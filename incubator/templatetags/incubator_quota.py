"""Months of the cloud resources in templates."""

from django import template

from portal.labels.days import month

register = template.Library()
register.filter("month", month)
