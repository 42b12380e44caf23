"""Filters that put dates, sizes and durations into the reader's language.

``{% load portal %}`` brings them; this library only keeps them together.
"""

import re
from collections.abc import Iterable
from datetime import date

from django import template
from django.apps import apps
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.timezone import localdate
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from portal.domain import calendar
from portal.domain.data_register import Line
from portal.domain.masking import mask_email, mask_phone
from portal.labels import ROLES, deed_label, privacy, queues, refusal_named, system_parts
from portal.labels.days import day, day_short, moment
from portal.labels.numbers import amount, rounded
from portal.labels.records import record_name
from portal.selectors.background import QueueSign

register = template.Library()

BANNER_ICONS = {
    "info": "info-circle",
    "warn": "alert-triangle",
    "bad": "alert-circle",
    "good": "circle-check",
    "notice": "speakerphone",
}
MESSAGE_TONES = {"error": "bad", "warning": "warn", "success": "good"}

BROWSERS = (
    ("MicroMessenger/", "WeChat"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
"""Marks in what browsers send, the more special one first."""

HAN = re.compile("[\u4e00-\u9fff]")
CHINESE = SafeString(' lang="zh-Hans"')

SECONDS_PER_MINUTE, SECONDS_PER_HOUR, SECONDS_PER_DAY = 60, 3600, 86400


register.filter("day", day)
register.filter("day_short", day_short)
register.filter("moment", moment)
register.filter("amount", amount)


@register.filter
def working_days_left(closes_on: date | None, today: date | None = None) -> int | None:
    """Working days after ``today`` (now, if not given) up to and including the last day.

    Below zero when it is over; ``None`` without a last day.
    """
    return (
        None if closes_on is None else calendar.working_days_left(today or localdate(), closes_on)
    )


@register.filter
def filesize(size: float | None) -> str:
    """Bytes as ``3.1 MB`` (1 MB = 1024² bytes); nothing for nothing."""
    if size is None:
        return ""
    amount, units = float(size), ["B", "KB", "MB", "GB", "TB"]
    while amount >= 1024 and len(units) > 1:
        amount, units = amount / 1024, units[1:]
    return f"{rounded(amount, 0 if units[0] == 'B' else 1)} {units[0]}"


@register.filter
def percent(value: float | None, decimals: int = 0) -> str:
    """A share of 0 to 1 as ``64%``."""
    return "" if value is None else f"{rounded(float(value) * 100, decimals)}%"


@register.filter
def duration_short(seconds: float | None) -> str:
    """Seconds as ``3.2 days``, ``5.0 hours`` or ``12 minutes``, whichever reads best."""
    if seconds is None:
        return ""
    if seconds >= SECONDS_PER_DAY:
        return _("%s days") % rounded(seconds / SECONDS_PER_DAY, 1)
    if seconds >= SECONDS_PER_HOUR:
        return _("%s hours") % rounded(seconds / SECONDS_PER_HOUR, 1)
    minutes = round(seconds / SECONDS_PER_MINUTE)
    return ngettext("%s minute", "%s minutes", minutes) % number_format(minutes)


@register.filter
def lang_mark(text: object) -> str:
    """The attribute that tells a screen reader of Chinese names and texts on an English page:
    ``<h1{{ call.local_title|lang_mark }}>``; nothing where the page's language fits.
    """
    foreign = not (get_language() or "").startswith("zh") and HAN.search(str(text))
    return CHINESE if foreign else ""


@register.filter
def message_tone(tags: str) -> str:
    """Banner tone of a Django message level."""
    return next((MESSAGE_TONES[tag] for tag in tags.split() if tag in MESSAGE_TONES), "info")


@register.filter
def tone_icon(tone: str) -> str:
    """The icon that goes with a banner's or a check's tone."""
    return BANNER_ICONS.get(tone, "info-circle")


@register.filter
def role_name(code: str) -> str:
    """The name of a role by its code."""
    return str(ROLES.get(code, code))


@register.filter
def deed_name(code: str) -> str:
    """Name an audit action in the reader's language."""
    return str(deed_label(code))


@register.filter
def refusal_name(code: str) -> str:
    """Say why something was refused, where only the code was kept; “” for an unknown one."""
    return refusal_named(code)


@register.filter
def model_name(label: str) -> str:
    """Name a kind of record by its model's label (``app.model``); an unknown one as it stands."""
    try:
        return record_name(apps.get_model(label))
    except (LookupError, ValueError):
        return label


@register.filter
def part_name(code: str) -> str:
    """Name a part of the system."""
    return str(dict(system_parts())[code])


@register.filter
def queue_name(code: str) -> str:
    """Name a queue of background work."""
    return str(dict(queues())[code])


@register.filter
def sign_words(sign: QueueSign) -> str:
    """Say how a queue is served: since when it is silent or stopped, or when it last was heard."""
    if sign.since is None:
        return _("No worker is known. Until one is started, events and jobs wait.")
    when = moment(sign.since)
    if sign.standing == "stopped":
        text = _(
            "The workers were stopped at %(when)s. Until one is started, events and jobs wait."
        )
        return text % {"when": when}
    if sign.red:
        return _("No sign of life since %(when)s. Events and jobs wait.") % {"when": when}
    seconds = round(sign.seconds)
    text = ngettext(
        "Last sign of life %(count)s second ago", "Last sign of life %(count)s seconds ago", seconds
    )
    return text % {"count": seconds}


@register.filter
def masked_email(value: str) -> str:
    """First letter and domain."""
    return mask_email(value)


@register.filter
def masked_phone(value: str) -> str:
    """The first three and the last two digits."""
    return mask_phone(value)


@register.filter
def purpose(line: Line) -> str:
    """What the register of data says a table is for."""
    return str(privacy.PURPOSES[line.purpose])


@register.filter
def basis(line: Line) -> str:
    """On what ground the data are held."""
    return str(privacy.BASES[line.basis])


@register.filter
def kept(line: Line) -> str:
    """For how long they are kept."""
    return privacy.kept_words(line.kept, line.days)


@register.filter
def device_name(user_agent: str) -> str:
    """Name a device by its browser and system, “Firefox · Windows”; an unknown one as it stands.

    Browsers name their forebears, so the first of ``BROWSERS`` that is found is the one.
    """
    named = [
        next((name for mark, name in marks if mark in user_agent), "")
        for marks in (BROWSERS, SYSTEMS)
    ]
    return " · ".join(filter(None, named)) or user_agent[:80]


@register.filter
def listed(texts: Iterable[object], sign: str = "、") -> str:
    """Join texts by ``sign``, a Chinese one; in English by a comma, or a semicolon for “；”."""
    if not (get_language() or "zh").startswith("zh"):
        sign = "; " if sign == "；" else ", "
    return sign.join(str(text) for text in texts)
