"""Words of application windows: states, types of questions, classes of data, outcomes."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from incubator.domain.application_window import LIFECYCLE
from portal.labels import Choices, add_actions, add_refusals, add_states

add_states(
    LIFECYCLE.name,
    {
        "draft": (_("Draft"), _("Draft"), "", "pencil"),
        "published": (_("Published"), _("Published"), "good", "circle-check"),
        "closed": (_("Closed"), _("Closed"), "ended", "archive"),
    },
)
add_actions(
    LIFECYCLE.name,
    {
        "publish": _("Publish the window"),
        "close": _("Close the window"),
    },
)
add_refusals(
    {
        "form_bad": _("The form has faults and stays a draft."),
        "form_unchanged": _("Nothing has changed since the last publication."),
        "window_closed": _(
            "“%(window)s” takes no applications today. Everything you typed is kept."
        ),
        "window_not_open": _("“%(window)s” takes no applications today."),
    }
)

TYPES: dict[str, str | Promise] = {
    "short": _("Short text"),
    "long": _("Long text"),
    "number": pgettext_lazy("question", "Number"),
    "date": _("Date"),
    "choice": _("One choice"),
    "choices": _("Several choices"),
    "yes_no": _("Yes or no"),
    "file": _("Files"),
}
CLASSES: dict[str, str | Promise] = {
    "public": _("Public"),
    "internal": _("Internal"),
    "personal": _("Personal data"),
}
OUTCOMES: dict[str, str | Promise] = {
    "fail": _("Suggests: fail"),
    "discretionary": _("Suggests: look closely"),
}
CLOCK: dict[str, tuple[str | Promise, str, str]] = {
    "draft": (_("Not published"), "", "pencil"),
    "open": (pgettext_lazy("window", "Open"), "good", "circle-check"),
    "coming": (_("Opens later"), "wait", "hourglass"),
    "closed": (_("Closed"), "ended", "archive"),
}
"""What the clock makes of a window → words, tone, icon."""


def data_classes() -> Choices:
    """Classes of data that a question may ask for."""
    return list(CLASSES.items())


def outcomes() -> Choices:
    """What a check says when it does not hold."""
    return list(OUTCOMES.items())


def form_words(part: Mapping[str, Any], name: str) -> str:
    """Return a text of a form in the reader's language, safe to print.

    Chinese that stands in for missing English is marked, so that it is read aloud as Chinese.
    """
    if not (get_language() or "").startswith("en"):
        return format_html("{}", part[name])
    if part[f"{name}_en"] or not part[name]:
        return format_html("{}", part[f"{name}_en"])
    return format_html('<span lang="zh-Hans">{}</span>', part[name])


def plain_words(part: Mapping[str, Any], name: str) -> str:
    """Return a text of a form in the reader's language, for places that take no markup."""
    english = (get_language() or "").startswith("en")
    return str((english and part[f"{name}_en"]) or part[name])
