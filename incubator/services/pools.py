"""Pools of cloud resources: open one, set its capacity, close a month, count usage."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from incubator.domain.provisioning import MANUAL, require_driver
from incubator.domain.quota import (
    DECIDED,
    GRANTED,
    MOST_MONTHS,
    USED,
    UsageError,
    UsageRefused,
    UsageRow,
    add_months,
    crossed,
    iso_month,
    month_of,
    require_amount,
    span,
)
from incubator.domain.usage_lines import read_lines
from incubator.models import PoolMonth, QuotaEntry, ResourcePool, ResourceRequest, UsageRecord
from incubator.permissions.quota import require_manager
from incubator.services import quota_ledger as ledger
from incubator.services.quota_ledger import Deed
from incubator.services.screening import signers_of
from portal.domain.lifecycle import Conflict, Invalid, require_seen
from portal.domain.roles import Role
from portal.domain.texts import is_blank
from portal.models import User
from portal.notifications import notify
from portal.services.operations import operation


def create_pool(
    *,
    code: str,
    kind: str,
    title: str,
    actor: User,
    now: datetime,
    title_en: str = "",
    note: str = "",
    driver: str = MANUAL,
) -> ResourcePool:
    """Open a pool; its capacity is set month by month.

    Raises ``Invalid`` (``text_required``, ``invalid_input``, ``driver_kind``) or
    ``Conflict("pool_exists")``.
    """
    with operation("incubator.pool.create", actor=actor, now=now, code=code) as opened:
        require_manager(actor)
        require_seen(title=title)
        pool = ResourcePool(
            code=code.strip().lower(),
            kind=kind,
            title=title.strip(),
            title_en=title_en.strip(),
            note=note.strip(),
            driver=driver,
            created_at=now,
        )
        try:
            pool.full_clean(validate_unique=False, validate_constraints=False)
        except ValidationError as error:
            fields = {key: " ".join(texts) for key, texts in error.message_dict.items()}
            raise Invalid("invalid_input", fields=fields) from error
        require_driver(driver, kind)
        try:
            with transaction.atomic():
                pool.save()
        except IntegrityError as error:
            raise Conflict("pool_exists") from error
        opened.record("incubator.pool.created", subject=pool)
    return pool


def open_or_close_pool(
    *, pool: ResourcePool, takes_requests: bool, actor: User, now: datetime
) -> ResourcePool:
    """Let a pool take requests, or none for now; what is granted stays."""
    with operation(
        "incubator.pool.open", actor=actor, now=now, subject=pool, takes_requests=takes_requests
    ):
        require_manager(actor)
        locked = ResourcePool.objects.select_for_update().get(pk=pool.pk)
        locked.open = takes_requests
        locked.save(update_fields=["open"])
    return locked


def choose_driver(*, pool: ResourcePool, driver: str, actor: User, now: datetime) -> ResourcePool:
    """Choose who sets up what is approved from now on; what was begun goes on as it was.

    Raises ``NotAllowed`` or ``Invalid("driver_kind")``.
    """
    with operation("incubator.pool.driver", actor=actor, now=now, subject=pool, driver=driver):
        require_manager(actor)
        locked = ResourcePool.objects.select_for_update().get(pk=pool.pk)
        require_driver(driver, locked.kind)
        locked.driver = driver
        locked.save(update_fields=["driver"])
    return locked


def set_capacity(
    *,
    pool: ResourcePool,
    first_month: date,
    months: int,
    capacity: Decimal,
    actor: User,
    now: datetime,
) -> list[PoolMonth]:
    """Set the capacity of some months, this one or later; all of them or none.

    Raises ``Invalid`` (``amount``, ``months``, ``first_month``) or ``Conflict``
    (``capacity_committed``, ``month_closed``).
    """
    with operation(
        "incubator.pool.capacity",
        actor=actor,
        now=now,
        subject=pool,
        first_month=first_month,
        months=months,
        capacity=capacity,
    ):
        require_manager(actor)
        amount = require_amount(capacity, "capacity")
        require_plan(first_month, months, timezone.localdate(now))
        # Locks the pool as well: two people who add the same month must not collide.
        ResourcePool.objects.select_for_update().get(pk=pool.pk)
        wanted = span(first_month, months)
        known = set(pool.months.filter(month__in=wanted).values_list("month", flat=True))
        PoolMonth.objects.bulk_create(
            [
                PoolMonth(pool=pool, month=month, capacity=Decimal(0))
                for month in wanted
                if month not in known
            ]
        )
        rows = ledger.lock_months(pool, wanted)
        for row in rows:
            if amount < row.committed:
                raise Conflict(
                    "capacity_committed",
                    committed=pool.in_words(row.committed),
                    month=iso_month(row.month),
                )
            ledger.set_capacity(row, amount, Deed(actor, now))
        return rows


def require_plan(first_month: date, months: int, today: date) -> None:
    """Raise ``Invalid`` unless the months begin now or within two years and are 1 to 24."""
    if not 1 <= months <= 2 * MOST_MONTHS:
        raise Invalid("months", fields={"months": "months"}, most=2 * MOST_MONTHS)
    this = month_of(today)
    if first_month != month_of(first_month) or not (
        this <= first_month <= add_months(this, MOST_MONTHS)
    ):
        raise Invalid("first_month", fields={"first_month": "first_month"})


def close_month(*, pool: ResourcePool, month: date, actor: User, now: datetime) -> Decimal:
    """Close a month that is over: what was set aside and not used lapses; return how much.

    Raises ``Conflict`` (``month_running``, ``month_closed``, ``month_missing``).
    """
    with operation("incubator.pool.close_month", actor=actor, now=now, subject=pool, month=month):
        require_manager(actor)
        if month >= month_of(timezone.localdate(now)):
            raise Conflict("month_running", month=iso_month(month))
        (row,) = ledger.lock_months(pool, [month])
        lapsed = ledger.lapse(row, Deed(actor, now))
        row.closed_at = now
        row.save(update_fields=["closed_at"])
    return lapsed


def record_reported(*, data: object, actor: User, now: datetime) -> tuple[int, int]:
    """Record what a cloud's meter sent; return (new, known before).

    Raises what ``read_lines`` and ``record_usage`` raise.
    """
    with operation("incubator.usage.report", actor=actor, now=now):
        require_manager(actor)
        return record_usage(rows=read_lines(data), source="api", actor=actor, now=now)


def record_usage(
    *, rows: Sequence[UsageRow], source: str, actor: User, now: datetime
) -> tuple[int, int]:
    """Record what a cloud reported, all rows or none; return (new, known before).

    A row whose reference is known with the same values is counted once. Raises ``UsageRefused``
    with every row that cannot be taken. Firms are told at 80 and at 100 percent of a month.
    """
    with operation(
        "incubator.usage.record", actor=actor, now=now, source=source, rows=len(rows)
    ) as opened:
        require_manager(actor)
        requests = requests_of(rows)
        months = lock_usage_months(rows, requests)
        known = {
            record.reference: record
            for record in UsageRecord.objects.filter(reference__in=[row.reference for row in rows])
        }
        today = timezone.localdate(now)
        errors = [
            UsageError(row.line, column, code, value)
            for row in rows
            for column, code, value in wrong_row(row, requests, months, known, today)
        ]
        if errors:
            raise UsageRefused(errors)
        fresh = [row for row in rows if row.reference not in known]
        before = used_in(requests.values(), months)
        for row in fresh:
            record_row(row, requests[row.request], months, source, Deed(actor, now))
        warn(before, used_in(requests.values(), months), now)
        opened.record("incubator.usage.recorded", new=len(fresh), known=len(known))
    return len(fresh), len(rows) - len(fresh)


Months = dict[tuple[int, date], PoolMonth]
Used = dict[tuple[int, date], tuple[ResourceRequest, Decimal]]


def requests_of(rows: Iterable[UsageRow]) -> dict[str, ResourceRequest]:
    """Return by number the requests that rows name and that ever had an amount."""
    found = ResourceRequest.objects.select_related("pool", "organisation").filter(
        number__in={row.request for row in rows}, state__in=DECIDED
    )
    return {request.number: request for request in found}


def lock_usage_months(rows: Iterable[UsageRow], requests: dict[str, ResourceRequest]) -> Months:
    """Lock the months that rows touch, pool by pool and oldest first."""
    wanted = {
        (requests[row.request].pool_id, month_of(row.day))
        for row in rows
        if row.request in requests
    }
    locked = (
        PoolMonth.objects.select_for_update()
        .filter(pool__in={pool for pool, _month in wanted}, month__in={m for _pool, m in wanted})
        .order_by("pool", "month")
    )
    return {(row.pool_id, row.month): row for row in locked}


def wrong_row(
    row: UsageRow,
    requests: dict[str, ResourceRequest],
    months: Months,
    known: dict[str, UsageRecord],
    today: date,
) -> Iterable[tuple[str, str, str]]:
    """Yield (column, code, value) where a row cannot be taken."""
    request = requests.get(row.request)
    if request is None:
        yield "request", "usage_unknown", row.request
        return
    record = known.get(row.reference)
    if record is not None:
        if record.voided_at is not None:
            yield "reference", "usage_voided", row.reference
        elif (record.request_id, record.day, record.amount) != (request.pk, row.day, row.amount):
            yield "reference", "usage_differs", row.reference
        return
    if month_of(row.day) not in reported_months(request):
        yield "day", "usage_outside", row.day.isoformat()
    elif row.day > today:
        yield "day", "usage_future", row.day.isoformat()
    elif months[request.pool_id, month_of(row.day)].closed_at is not None:
        yield "day", "usage_month_closed", row.day.isoformat()


def reported_months(request: ResourceRequest) -> tuple[date, ...]:
    """Return the months in which a request may have been used.

    What was ended may have been used in its month until that day: a fact that is recorded.
    """
    return request.span if request.state in GRANTED else request.asked_span


def record_row(
    row: UsageRow, request: ResourceRequest, months: Months, source: str, deed: Deed
) -> None:
    """Write a usage record and its entries."""
    record = UsageRecord.objects.create(
        request=request,
        reference=row.reference,
        day=row.day,
        amount=row.amount,
        source=source,
        recorded_by=deed.actor,
        recorded_at=deed.now,
    )
    ledger.use(record, months[request.pool_id, month_of(row.day)], deed)


def used_in(requests: Iterable[ResourceRequest], months: Months) -> Used:
    """Return what each request has used in each of the locked months (a query a month)."""
    by_pk = {request.pk: request for request in requests}
    found: Used = {}
    for (_pool, month), row in months.items():
        entries = QuotaEntry.objects.filter(month=row, request__in=by_pk)
        for pk, used in ledger.balances(entries, USED).items():
            found[pk, month] = (by_pk[pk], used)  # type: ignore[index]
    return found


def warn(before: Used, after: Used, now: datetime) -> None:
    """Tell firms and resource managers whose usage passed a mark; once a mark and month."""
    managers = User.objects.filter(groups__name=Role.RESOURCE_MANAGER, is_active=True)
    for (pk, month), (request, used) in after.items():
        earlier = before.get((pk, month), (request, Decimal(0)))[1]
        mark = crossed(earlier, used, request.quota_of(month))
        if mark is not None:
            notify(
                {*signers_of(request.organisation), *managers},
                "quota_mark",
                key=f"quota_mark:{pk}:{iso_month(month)}:{mark}",
                now=now,
                url=request.get_absolute_url(),
                number=request.number,
                pool=request.pool.title,
                pool_en=request.pool.title_en,
                percent=mark,
                month=iso_month(month),
            )


def void_usage(*, record: UsageRecord, reason: str, actor: User, now: datetime) -> UsageRecord:
    """Take a wrong usage record back, with a reason; its reference stays taken.

    Raises ``Invalid("reason_required")`` or ``Conflict`` (``usage_voided``, ``month_closed``).
    """
    with operation("incubator.usage.void", actor=actor, now=now, subject=record, reason=reason):
        require_manager(actor)
        if is_blank(reason):
            raise Invalid("reason_required", fields={"reason": "reason_required"})
        request = record.request
        (month,) = ledger.lock_months(request.pool, [month_of(record.day)])
        locked = UsageRecord.objects.select_for_update().get(pk=record.pk)
        if locked.voided_at is not None:
            raise Conflict("usage_voided")
        locked.voided_at, locked.void_reason = now, reason.strip()[:300]
        locked.save(update_fields=["voided_at", "void_reason"])
        ledger.take_back(locked, month, Deed(actor, now))
    return locked
