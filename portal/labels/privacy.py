"""Words of the register of data."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

CLASSES: dict[str, str | Promise] = {
    "public": _("Public"),
    "internal": _("Internal"),
    "personal": _("Personal"),
    "sensitive": _("Sensitive"),
}
PURPOSES: dict[str, str | Promise] = {
    "account": _("Your account"),
    "security": _("Security of accounts"),
    "procedure": _("Handling of cases"),
    "learning": _("Courses and learning"),
    "contact": _("Messages to you"),
    "publication": _("Pages and documents"),
    "audit": _("Record of deeds"),
    "operation": _("Running the portal"),
}
BASES: dict[str, str | Promise] = {
    "contract": _(
        "needed for what you agreed to (Personal Information Protection Law, art. 13(2))"
    ),
    "duty": _("needed for a duty laid down by law (art. 13(3), art. 34)"),
    "law": _("an obligation of whoever runs a network (Cybersecurity Law)"),
    "none": _("no personal data"),
}
KEPT: dict[str, str | Promise] = {
    "account": _("as long as the account lives"),
    "record": _("archived with the case"),
    "law": _("at least six months"),
}


def kept_words(kept: str, days: int | None) -> str:
    """Say for how long something is kept."""
    if days is None:
        return str(KEPT[kept])
    years, rest = divmod(days, 365)
    if kept == "emptied" and rest == 0:
        words = ngettext(
            "removed %(n)s year after the case was closed",
            "removed %(n)s years after the case was closed",
            years,
        )
        return words % {"n": years}
    if kept == "emptied":
        return str(_("removed %(days)s days after the case was closed")) % {"days": days}
    return str(_("%(days)s days")) % {"days": days}
