"""Wagtail's back office without inline code: what a widget starts is named in attributes.

Wagtail 8 ends some widgets with ``<script>new ImageChooser("id", {…});</script>``. The same call
is written here into an element that ``static/portal/backoffice.js`` reads, so that the content
policy of the back office needs no ``unsafe-inline``: config/decisions/0026-back-office-policy.md.
"""

import json
import re
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from wagtail.admin.widgets import BaseChooser

CALL = re.compile(r"(?:new )?(\w+)\((.*)\);", re.DOTALL)


def start(call: str) -> SafeString:
    """Return the element that stands for ``new Name(…);`` or ``name(…);`` with JSON arguments."""
    parts = CALL.fullmatch(call)
    if parts is None:
        message = f"no call with JSON arguments: {call}"
        raise ValueError(message)
    arguments = json.dumps(json.loads(f"[{parts[2]}]"), ensure_ascii=False)
    return format_html(
        '<span hidden data-controller="portal-start" data-portal-start-name-value="{}"'
        ' data-portal-start-arguments-value="{}"></span>',
        parts[1],
        arguments,
    )


def render_chooser(
    self: BaseChooser, name: str, value: Any, attrs: dict[str, str], renderer: object = None
) -> SafeString:
    """Stand in for ``BaseChooser.render``: the same, with the call as an element."""
    found = self.get_value_data(value)
    call = self.render_js_init(attrs["id"], name, found)
    return format_html("{}{}", self.render_html(name, found, attrs), start(call))


def without_inline_code() -> None:
    """Have every chooser drawn in this way, those of Wagtail's own pages too."""
    BaseChooser.render = render_chooser
