"""Words of the cloud resources."""

from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy, override, pgettext, pgettext_lazy

from portal.labels import (
    Choices,
    add_actions,
    add_notification_kinds,
    add_refusals,
    add_states,
    add_work_kinds,
    state_choices,
)
from portal.labels.deeds import add_deeds
from portal.labels.numbers import amount

add_states(
    "incubator.resource_request",
    {
        "draft": (_("Draft"), _("Draft"), "", "pencil"),
        "requested": (_("Requested"), _("Requested"), "progress", "progress"),
        "more_info": (_("Question to answer"), _("Question to answer"), "wait", "message-2"),
        "approved": (_("Approved, being set up"), _("Approved"), "progress", "hourglass"),
        "denied": (_("Denied"), _("Denied"), "bad", "alert-circle"),
        "withdrawn": (_("Taken back"), _("Taken back"), "ended", "archive"),
        "provisioned": (_("In use"), _("In use"), "good", "circle-check"),
        "released": (_("Given back"), _("Given back"), "ended", "archive"),
        "revoked": (_("Revoked"), _("Revoked"), "bad", "alert-circle"),
    },
)
add_actions(
    "incubator.resource_request",
    {
        "request": _("Send the request"),
        "ask": _("Ask a question"),
        "approve": _("Approve"),
        "deny": _("Deny"),
        "withdraw": _("Take back"),
        "provision": _("Record that it is set up"),
        "release": _("Give back"),
        "revoke": _("Revoke"),
    },
)
add_refusals(
    {
        "quota_not_admitted": _(
            "Cloud resources are for admitted firms. Apply for incubation; you can ask for "
            "resources from the day of admission."
        ),
        "quota_review_overdue": _(
            "Your periodic review is overdue since %(due_on)s. Hand it in first; what you already "
            "use is not affected."
        ),
        "quota_firm_removed": _(
            "This firm was removed from incubation; nothing more can be approved for it."
        ),
        "pool_closed": _("This pool takes no requests at the moment."),
        "pool_exists": _("A pool with this code exists already."),
        "pool_short": _(
            "%(month)s has only %(free)s left in this pool. Nothing was set aside; approve less "
            "or raise the capacity."
        ),
        "capacity_committed": _(
            "%(committed)s are already set aside in %(month)s; the capacity cannot be lower."
        ),
        "month_closed": _("%(month)s is closed; nothing was changed."),
        "month_running": _("%(month)s is not over yet; close it afterwards."),
        "month_missing": _("This pool has no capacity in %(month)s."),
        "amount": _("Enter an amount above zero, with at most two decimals."),
        "amount_above": _("Approve at most what was asked for: %(asked)s."),
        "months": _("Choose between 1 and %(most)s months."),
        "first_month": _("Begin with this month or one of the next twelve."),
        "renewal_early": _(
            "A renewal begins in %(month)s or later, after what is granted. To have another amount "
            "before, ask for a change."
        ),
        "renewal_granted": _(
            "%(number)s follows this one and is approved already. Ask for a renewal or a change "
            "of that one."
        ),
        "renewal_open": _("A request that follows this one is already on its way: %(number)s."),
        "change_nothing": _(
            "You have this already: the same amount in the same months. Enter another amount or "
            "choose other months."
        ),
        "quota_twice": _(
            "The same request waits already: %(number)s. Nothing was sent again. If you need this "
            "amount once more, say in “What it is for” what the second one is for."
        ),
        "not_granted": _("Only what is granted can be renewed or changed."),
        "usage_columns": _(
            "The file has no column “%(missing)s”. Its first line must name the columns "
            "reference, request, day, amount (or 用量编号、申请编号、日期、用量)."
        ),
        "usage_column_twice": _(
            "Two columns mean the same: “%(first)s” and “%(second)s”. Nothing of the file was "
            "kept; take out the one that does not count and upload the file again."
        ),
        "usage_empty": _("There is no usage in it, not a single row."),
        "usage_damaged": _("The file is not CSV: a quotation mark is not closed."),
        "usage_shape": _(
            "Send JSON: an object with “source” and a list “lines”, each line with “request”, "
            "“day” and “amount”."
        ),
        "usage_source": _(
            "Name the meter in “source”: at most 24 small letters, digits, dots and hyphens."
        ),
        "usage_encoding": _("The file is not UTF-8 text. Save it as “CSV UTF-8” and try again."),
        "usage_long": _("At most %(most)s rows can be taken at once. Send them in parts."),
        "usage_rows": ngettext_lazy(
            "%(count)s row cannot be taken, in line %(line)s. Nothing was kept; mend the row and "
            "send everything again.",
            "%(count)s rows cannot be taken, the first in line %(line)s. Nothing was kept; mend "
            "the rows and send everything again.",
            "count",
        ),
        "usage_reference": _(
            "The reference is missing, or holds other signs than letters, digits and . : / @ + - _"
        ),
        "usage_twice": _("This reference stands in an earlier row already."),
        "usage_request": _("The number of the request is missing."),
        "usage_unknown": _("There is no granted request with this number."),
        "usage_day": _("This is not a date; write it like 2026-11-26."),
        "usage_outside": _("The day lies outside of the request's months."),
        "usage_future": _("The day has not come yet."),
        "usage_month_closed": _("The month of this day is closed."),
        "usage_differs": _(
            "This reference was recorded before, with another request, day or amount."
        ),
        "usage_voided": _("This record was taken back before."),
    }
)
add_work_kinds(
    {
        "quota_decide": (
            _("Decide on the resource request %(number)s of %(firm)s"),
            "cloud",
            _("Decide"),
        ),
        "quota_answer": (
            _("Answer the question on the resource request %(number)s"),
            "message-2",
            _("Answer"),
        ),
        "quota_provision": (_("Set up %(number)s for %(firm)s"), "cloud", _("Set up")),
        "quota_close": (_("Switch off %(number)s of %(firm)s in the cloud"), "cloud", _("Open")),
    }
)
add_notification_kinds(
    {
        "quota_question": (
            _("A question on a resource request"),
            _("Question on %(number)s"),
            _("The resource manager asks about %(number)s: %(question)s"),
        ),
        "quota_approved": (
            _("A resource request is approved"),
            _("Approved: %(number)s"),
            _("%(pool)s: %(amount)s a month were approved. You are told when it is set up."),
        ),
        "quota_denied": (
            _("A resource request is denied"),
            _("Denied: %(number)s"),
            _("The request %(number)s was denied: %(reason)s"),
        ),
        "quota_ready": (
            _("Cloud resources are set up"),
            _("Set up: %(number)s"),
            _("%(pool)s is ready to use. The request's page says how to reach it."),
        ),
        "quota_revoked": (
            _("Cloud resources are revoked"),
            _("Revoked: %(number)s"),
            _("%(pool)s was revoked: %(reason)s"),
        ),
        "quota_mark": (
            _("Usage reaches 80 or 100 percent"),
            _("%(percent)s %% of %(number)s are used in %(month)s"),
            _("%(pool)s: %(percent)s %% of the quota of %(month)s are used."),
        ),
        "quota_expiring": (
            _("Cloud resources expire"),
            _("%(number)s ends on %(last_day)s"),
            _(
                "%(pool)s ends on %(last_day)s; %(percent)s %% of it were used. Ask for a renewal "
                "if you need it."
            ),
        ),
    }
)

add_deeds(
    {
        "incubator.quota.request": _("Ask for cloud resources"),
        "incubator.quota.answer": _("Answer the question on a resource request"),
        "incubator.quota.ask": _("Ask about a resource request"),
        "incubator.quota.approve": _("Approve a resource request"),
        "incubator.quota.replaced": _("End resources where a change begins"),
        "incubator.quota.deny": _("Deny a resource request"),
        "incubator.quota.provision": _("Record that resources are set up"),
        "incubator.quota.release": _("Give resources back"),
        "incubator.quota.revoke": _("Revoke resources"),
        "incubator.pool.create": _("Open a resource pool"),
        "incubator.pool.created": _("Resource pool opened"),
        "incubator.pool.open": _("Let a pool take requests or none"),
        "incubator.pool.capacity": _("Set a pool's capacity"),
        "incubator.pool.close_month": _("Close a month of a pool"),
        "incubator.usage.report": _("Report usage by program"),
        "incubator.usage.record": _("Record usage"),
        "incubator.usage.recorded": _("Usage recorded"),
        "incubator.usage.void": _("Take usage back"),
    }
)

KINDS: dict[str, str | Promise] = {
    "vcpu": _("Computing (vCPU)"),
    "gpu": _("Accelerators (GPU)"),
    "storage": _("Storage"),
    "maps": _("Map tiles"),
    "ocr": _("Text recognition"),
    "sms": _("Text messages"),
    "other": _("Other service"),
}
UNITS: dict[str, str | Promise] = {
    "vcpu_hours": _("vCPU hours"),
    "gpu_hours": _("GPU hours"),
    "gigabytes": _("GB"),
    "calls": pgettext_lazy("unit", "calls"),
    "pages": _("pages"),
    "messages": _("messages"),
    "units": _("units"),
}


def pool_kinds() -> Choices:
    """Kinds of pools."""
    return list(KINDS.items())


def unit_name(unit: str) -> str:
    """Return a unit in the reader's language."""
    return str(UNITS[unit])


def amount_words(value: Decimal, unit: str) -> dict[str, str]:
    """Return an amount with its unit as messages keep it: ``amount`` and ``amount_en``."""
    words = {}
    for name, language in (("amount", "zh-hans"), ("amount_en", "en")):
        with override(language):
            words[name] = f"{amount(value)} {unit_name(unit)}"
    return words


def request_kinds() -> Choices:
    """What a request is in relation to earlier ones."""
    return [("new", _("New request")), ("renewal", _("Renewal")), ("change", _("Change"))]


def entry_kinds() -> Choices:
    """Why an entry of the ledger was made."""
    return [
        ("capacity", _("Capacity set")),
        ("hold", _("Set aside")),
        ("use", _("Used")),
        ("overrun", _("Used beyond the quota")),
        ("release", _("Given back")),
        ("lapse", _("Lapsed at the month's end")),
        ("void", _("Usage taken back")),
    ]


def usage_columns() -> dict[str, str]:
    """Columns of a usage file, as its heading names them in the reader's language."""
    return {
        "reference": pgettext("usage column", "reference"),
        "request": pgettext("usage column", "request"),
        "day": pgettext("usage column", "day"),
        "amount": pgettext("usage column", "amount"),
    }


def account_names() -> dict[str, str | Promise]:
    """Accounts of a month's ledger."""
    return {
        "source": _("County"),
        "pool": _("Free"),
        "held": _("Set aside"),
        "used": _("Used"),
        "lapsed": _("Lapsed"),
        "overrun": _("Beyond the quota"),
    }


def clock_names() -> dict[str, tuple[str | Promise, str]]:
    """What the calendar says of a granted request, with its tone."""
    return {
        "future": (_("Not begun"), "wait"),
        "expiring": (_("Ends soon"), "warn"),
        "expired": (_("Expired"), "ended"),
    }


def resource_request_states() -> Choices:
    """Return the states for a model's field."""
    return state_choices("incubator.resource_request")()
