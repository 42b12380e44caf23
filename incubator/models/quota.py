"""Cloud resources: pools, requests of firms, the ledger, reported usage."""

from datetime import date
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from incubator.domain.provisioning import DEEDS, DRIVERS, MANUAL, ORDER_STATES
from incubator.domain.quota import (
    ACCOUNTS,
    DECIDED,
    GRANTED,
    MOST_MONTHS,
    REQUEST,
    UNITS,
    WAITING,
    before,
    clock_state,
    iso_month,
    last_day,
    month_of,
    span,
)
from incubator.labels.provisioning import driver_names, order_deeds, order_states
from incubator.labels.quota import (
    entry_kinds,
    pool_kinds,
    request_kinds,
    resource_request_states,
    unit_name,
)
from incubator.models.modules import FIRM_ROLES
from portal.labels.numbers import amount
from portal.models import Bilingual, Stateful, User

SERVED = reduce(or_, (Q(driver=code, kind__in=list(kinds)) for code, kinds in DRIVERS.items()))
AMOUNT = {"max_digits": 12, "decimal_places": 2}


class ResourcePool(Bilingual):
    """Computing that the county shares among its firms, counted by month. No personal data."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=pool_kinds)
    title = models.CharField(_("title"), max_length=80)
    title_en = models.CharField(_("title in English"), max_length=120, blank=True)
    note = models.TextField(_("what firms should know"), max_length=1000, blank=True)
    driver = models.CharField(_("set up by"), max_length=12, choices=driver_names, default=MANUAL)
    open = models.BooleanField(_("takes requests"), default=True)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        """Listed by title."""

        verbose_name = _("resource pool")
        verbose_name_plural = _("resource pools")
        ordering: ClassVar = ["title", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=list(UNITS)), name="pool_kind_known"),
            models.CheckConstraint(condition=SERVED, name="pool_driver_serves_kind"),
        ]

    def __str__(self) -> str:
        """Show the Chinese title."""
        return self.title

    def get_absolute_url(self) -> str:
        """Return the resource manager's page."""
        return reverse("incubator:pool", args=[self.pk])

    @property
    def local_title(self) -> str:
        """The title in the reader's language."""
        return self.local("title")

    @property
    def unit(self) -> str:
        """The unit in the reader's language."""
        return unit_name(UNITS[self.kind])

    def in_words(self, value: Decimal) -> str:
        """Return an amount with the unit, in the reader's language."""
        return f"{amount(value)} {self.unit}"


class PoolMonth(models.Model):
    """A pool's capacity in a month. No personal data.

    ``committed`` is what its ledger has set aside or lapsed; it moves with every entry, in the
    same transaction, so that the database itself refuses to give away more than there is.
    """

    pool = models.ForeignKey(ResourcePool, on_delete=models.PROTECT, related_name="months")
    month = models.DateField(_("month"))
    capacity = models.DecimalField(_("capacity"), **AMOUNT)
    committed = models.DecimalField(_("committed"), default=Decimal(0), **AMOUNT)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    class Meta:
        """A month exists once in a pool and never holds more than its capacity."""

        verbose_name = _("month of a pool")
        verbose_name_plural = _("months of pools")
        ordering: ClassVar = ["month"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pool", "month"], name="pool_month_once"),
            models.CheckConstraint(
                condition=Q(committed__gte=0) & Q(committed__lte=F("capacity")),
                name="pool_month_not_over",
            ),
        ]

    def __str__(self) -> str:
        """Show pool and month."""
        return f"{self.pool_id} {iso_month(self.month)}"

    @property
    def free(self) -> Decimal:
        """What can still be granted."""
        return self.capacity - self.committed


class ResourceRequestQuerySet(models.QuerySet["ResourceRequest"]):
    """Requests by intention."""

    def waiting(self) -> "ResourceRequestQuerySet":
        """Those that are not decided yet."""
        return self.filter(state__in=WAITING)

    def granted(self) -> "ResourceRequestQuerySet":
        """Those for which an amount is set aside."""
        return self.filter(state__in=GRANTED)

    def visible_to(self, user: User) -> "ResourceRequestQuerySet":
        """Resource managers see all but drafts, firms their own."""
        firms = [
            membership.organisation_id
            for membership in user.active_memberships
            if membership.role in FIRM_ROLES
        ]
        own = Q(organisation__in=firms)
        return self.filter(
            own | ~Q(state="draft") if "resource_manager" in user.role_codes else own
        )


class ResourceRequest(Stateful):
    """A firm's request for an amount of a pool in each of some months.

    ``replaced_from`` is the month from which an approved change has taken its place.
    Moved by ``incubator.services.quota`` only. Holds who wrote it; kept as long as the ledger.
    """

    state = models.CharField(
        _("state"), max_length=32, db_index=True, choices=resource_request_states
    )
    number = models.CharField(_("number"), max_length=40, unique=True)
    organisation = models.ForeignKey(
        "portal.Organisation", on_delete=models.PROTECT, related_name="+"
    )
    pool = models.ForeignKey(ResourcePool, on_delete=models.PROTECT, related_name="requests")
    kind = models.CharField(_("kind"), max_length=8, choices=request_kinds, default="new")
    previous = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="later"
    )
    amount = models.DecimalField(_("amount per month"), **AMOUNT)
    approved_amount = models.DecimalField(_("approved per month"), null=True, blank=True, **AMOUNT)
    first_month = models.DateField(_("first month"))
    months = models.PositiveSmallIntegerField(_("months"))
    replaced_from = models.DateField(_("replaced by a change from"), null=True, blank=True)
    purpose = models.TextField(_("what it is for"), max_length=2000)
    question = models.TextField(_("question of the resource manager"), max_length=1000, blank=True)
    decision_note = models.TextField(_("reason of the decision"), max_length=1000, blank=True)
    account = models.CharField(_("account in the cloud"), max_length=120, blank=True)
    access_note = models.TextField(_("how to reach it"), max_length=1000, blank=True)
    provisioned_at = models.DateTimeField(_("provisioned"), null=True, blank=True)
    created_by = models.ForeignKey(
        "portal.User", null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = ResourceRequestQuerySet.as_manager()

    class Meta:
        """What is decided has an amount; a change or renewal names what it follows."""

        verbose_name = _("resource request")
        verbose_name_plural = _("resource requests")
        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "state"], name="resource_request_firm"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=REQUEST.states), name="resource_request_state"
            ),
            models.CheckConstraint(
                condition=Q(state__in=DECIDED) ^ Q(approved_amount__isnull=True),
                name="resource_request_decided",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0)
                & (Q(approved_amount__isnull=True) | Q(approved_amount__gt=0)),
                name="resource_request_amounts",
            ),
            models.CheckConstraint(
                condition=Q(months__gte=1) & Q(months__lte=MOST_MONTHS),
                name="resource_request_span",
            ),
            models.CheckConstraint(
                condition=Q(kind="new") ^ Q(previous__isnull=False),
                name="resource_request_follows",
            ),
            models.CheckConstraint(
                condition=Q(replaced_from__isnull=True) | Q(replaced_from__gt=F("first_month")),
                name="resource_request_replaced",
            ),
        ]

    def __str__(self) -> str:
        """Show the number."""
        return self.number

    def get_absolute_url(self) -> str:
        """Return its page in the workspace."""
        return reverse("incubator:quota_request", args=[self.pk])

    @property
    def span(self) -> tuple[date, ...]:
        """Its months, without those in which a change has taken its place."""
        return before(self.asked_span, self.replaced_from)

    @property
    def asked_span(self) -> tuple[date, ...]:
        """The months that were asked for."""
        return span(self.first_month, self.months)

    def quota_of(self, month: date) -> Decimal:
        """Return what was approved for a month."""
        return (self.approved_amount or Decimal(0)) if month in self.span else Decimal(0)

    @property
    def last_day(self) -> date:
        """The day on which it ends."""
        return last_day(self.first_month, len(self.span))

    def clock(self, today: date) -> str:
        """Return future, expiring, expired or “”."""
        return clock_state(self.state, self.first_month, len(self.span), today)


class CloudOrder(models.Model):
    """What a driver is to do in a cloud for a request: set up, or close. No personal data.

    Written by ``incubator.services.cloud_orders`` and ``cloud_work``. ``round`` and ``tries``
    count how often a person had it tried, and the attempts since; ``reason`` and ``detail`` are
    what the last one met with. Kept as long as its request.
    """

    request = models.ForeignKey(ResourceRequest, on_delete=models.PROTECT, related_name="orders")
    deed = models.CharField(_("deed"), max_length=12, choices=order_deeds)
    driver = models.CharField(_("set up by"), max_length=12, choices=driver_names)
    state = models.CharField(_("state"), max_length=12, choices=order_states, default="waiting")
    due_on = models.DateField(_("to be done from"))
    round = models.PositiveSmallIntegerField(_("round"), default=1)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    reason = models.CharField(_("reason"), max_length=24, blank=True)
    detail = models.CharField(_("what the cloud answered"), max_length=300, blank=True)
    reference = models.CharField(_("number in the cloud"), max_length=64, blank=True)
    asked_at = models.DateTimeField(_("asked"))
    tried_at = models.DateTimeField(_("last attempt"), null=True, blank=True)

    class Meta:
        """A request is set up and closed once each; a failure says why."""

        verbose_name = _("order to a cloud")
        verbose_name_plural = _("orders to clouds")
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["request", "deed"], name="cloud_order_once"),
            models.CheckConstraint(condition=Q(deed__in=DEEDS), name="cloud_order_deed"),
            models.CheckConstraint(condition=Q(state__in=ORDER_STATES), name="cloud_order_state"),
            models.CheckConstraint(
                condition=~Q(state="failed") | ~Q(reason=""), name="cloud_order_says_why"
            ),
        ]

    def __str__(self) -> str:
        """Show deed and request."""
        return f"{self.deed} {self.request_id}"

    @property
    def key(self) -> str:
        """The idempotency key of its job, another one for each round."""
        return f"cloud:{self.pk}:{self.round}"


class UsageRecord(models.Model):
    """What a cloud reported that a firm used on a day; counted once by its reference.

    Holds who handed it in; kept as long as the ledger.
    """

    request = models.ForeignKey(ResourceRequest, on_delete=models.PROTECT, related_name="usage")
    reference = models.CharField(_("reference"), max_length=80, unique=True)
    day = models.DateField(_("day"))
    amount = models.DecimalField(_("amount"), **AMOUNT)
    source = models.CharField(_("source"), max_length=8)
    recorded_by = models.ForeignKey(
        "portal.User", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    recorded_at = models.DateTimeField(_("recorded"))
    voided_at = models.DateTimeField(_("taken back"), null=True, blank=True)
    void_reason = models.CharField(_("why it was taken back"), max_length=300, blank=True)

    class Meta:
        """Usage is positive; a mistake is taken back with a reason, never deleted."""

        verbose_name = _("usage")
        verbose_name_plural = _("usage")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="usage_positive"),
        ]

    def __str__(self) -> str:
        """Show the reference."""
        return self.reference

    @property
    def month(self) -> date:
        """The month in which it counts."""
        return month_of(self.day)


class QuotaEntry(models.Model):
    """An entry of the ledger: ``amount`` left one account of a month and came into another.

    Entries are only added. Every balance is a sum of them. Holds who caused it; kept for good.
    """

    month = models.ForeignKey(PoolMonth, on_delete=models.PROTECT, related_name="entries")
    request = models.ForeignKey(
        ResourceRequest, null=True, blank=True, on_delete=models.PROTECT, related_name="entries"
    )
    usage = models.ForeignKey(
        UsageRecord, null=True, blank=True, on_delete=models.PROTECT, related_name="entries"
    )
    kind = models.CharField(_("kind"), max_length=12, choices=entry_kinds)
    debit = models.CharField(_("from"), max_length=8)
    credit = models.CharField(_("to"), max_length=8)
    amount = models.DecimalField(_("amount"), **AMOUNT)
    at = models.DateTimeField(_("at"))
    actor = models.ForeignKey("portal.User", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        """Double entry: two different accounts, a positive amount."""

        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(debit__in=ACCOUNTS) & Q(credit__in=ACCOUNTS) & ~Q(debit=F("credit")),
                name="quota_entry_accounts",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="quota_entry_positive"),
        ]

    def __str__(self) -> str:
        """Show what moved where."""
        return f"{self.debit} → {self.credit}: {self.amount}"
