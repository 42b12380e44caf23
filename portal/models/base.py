"""What every record with a lifecycle has."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Stateful(models.Model):
    """A record whose state only ``portal.services.transitions.apply_transition`` changes.

    ``version`` rises with every transition; a form carries the version that it was
    drawn from, so that a stale one is refused instead of overwriting somebody's deed.
    Holds no personal data itself.
    """

    state = models.CharField(_("state"), max_length=32, db_index=True)
    state_since = models.DateTimeField(_("in this state since"))
    version = models.PositiveIntegerField(_("version"), default=1)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        """Abstract: each app's record has its own table."""

        abstract = True
