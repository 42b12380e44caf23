"""Words of the stages of an application and of what is promised for them."""

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from incubator.domain.service_times import PROMISED

STAGES: dict[str, str | Promise] = {
    "screening": _("Screening"),
    "review": _("Independent review"),
    "decision": _("Decision and release"),
    "admission": _("Public notice and admission"),
    "recheck": _("Review of a refusal"),
}


def promise(stage: str) -> str:
    """Return the time that the county promises for a stage, in words."""
    days = PROMISED[stage]
    if stage == "admission":
        return gettext("the working day after the notice ends")
    return ngettext("%(days)s working day", "%(days)s working days", days) % {"days": days}
