"""What a check of a file says."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FILE_VERDICTS: dict[str, tuple[str | Promise, str | Promise]] = {
    "signed": (
        _("Signed, but not on record"),
        _(
            "The county's key signed this file and it is unaltered, but the portal keeps no such "
            "file. Check the number printed on it."
        ),
    ),
    "altered": (
        _("Altered"),
        _("The file bears the county's signature, but its content was changed afterwards."),
    ),
    "unknown": (
        _("Not issued by this portal"),
        _("The portal keeps no such file, and the county's key has not signed it."),
    ),
    "not_pdf": (
        _("Not a PDF"),
        _("The portal keeps no such file, and it is no PDF that could bear a signature."),
    ),
    "empty": (_("Empty file"), _("The file has no content. Choose the PDF that you received.")),
    "too_large": (
        _("File too large"),
        _("No document of this portal is that large. Choose the PDF that you received."),
    ),
}
"""Verdict → (heading, explanation); a file that was issued shows its document instead."""
