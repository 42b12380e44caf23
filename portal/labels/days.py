"""Days and moments as each language writes them: one home for pages, messages and refusals."""

import re
from datetime import date, datetime

from django.utils.formats import date_format
from django.utils.timezone import is_aware, localdate, localtime
from django.utils.translation import get_language

DAY_FORMATS = {"zh": "Y年n月j日", "en": "j M Y"}
SHORT_DAY_FORMATS = {"zh": "n月j日", "en": "j M"}
MOMENT_FORMATS = {"zh": "Y年n月j日 H:i", "en": "j M Y, H:i"}
MONTH_FORMATS = {"zh": "Y年n月", "en": "F Y"}
ISO_MONTH = re.compile(r"\d{4}-\d\d")
ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
ISO_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d[+-]\d\d:\d\d")


def speaks_english() -> bool:
    """Whether the page or message that is being written is in English."""
    return (get_language() or "zh").startswith("en")


def day(value: date | datetime | None) -> str:
    """``2026年11月23日`` or ``23 Nov 2026``."""
    return written(value, DAY_FORMATS)


def day_short(value: date | datetime | None) -> str:
    """``11月23日`` or ``23 Nov`` within this year; a day of another year has its year."""
    within = value and here(value).year == localdate().year
    return written(value, SHORT_DAY_FORMATS if within else DAY_FORMATS)


def month(value: date | None) -> str:
    """``2026年11月`` or ``November 2026``."""
    return written(value, MONTH_FORMATS)


def moment(value: datetime | None) -> str:
    """``2026年11月23日 10:42`` or ``23 Nov 2026, 10:42``."""
    return written(value, MOMENT_FORMATS)


def written(value: date | datetime | None, formats: dict[str, str]) -> str:
    """``value`` in the reader's language and time zone; nothing for nothing."""
    if not value:
        return ""
    return date_format(here(value), formats["en" if speaks_english() else "zh"])


def here(value: date | datetime) -> date | datetime:
    """Return a moment as the reader's clocks show it, a day as it is."""
    return localtime(value) if isinstance(value, datetime) and is_aware(value) else value


def iso_in_words(text: str) -> str:
    """Return a stored month, day or moment (ISO 8601) in words; any other text as it is."""
    try:
        if ISO_MONTH.fullmatch(text):
            return month(date.fromisoformat(f"{text}-01"))
        if ISO_DAY.fullmatch(text):
            return day(date.fromisoformat(text))
        if ISO_MOMENT.fullmatch(text):
            return moment(datetime.fromisoformat(text))
    except ValueError:
        pass
    return text


def in_reader_words(value: object) -> object:
    """Return a refusal's parameter for its sentence: months, days and moments in words."""
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return day(value)
    return iso_in_words(value) if isinstance(value, str) else value
