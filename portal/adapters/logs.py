"""Lines of the log: the request's id on each, personal data on none."""

import logging
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from portal.domain.masking import scrub

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")


class RequestIdFilter(logging.Filter):
    """Add ``request_id`` to each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Set the attribute; let everything pass."""
        record.request_id = REQUEST_ID.get()
        return True


class RefusalFilter(logging.Filter):
    """Keep what was refused or not found to its one line: nothing is broken there."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Drop the traceback that Django adds to a 403 or 404.

        What a scanner sends (another host, too many fields) is an error with a traceback to
        Django, and then a bad request as well: one warning says it.
        """
        status = getattr(record, "status_code", None)
        if status in {403, 404}:
            record.exc_info = None
        request = getattr(record, "request", None)
        if record.name.startswith("django.security."):
            record.levelno, record.levelname = logging.WARNING, "WARNING"
            record.exc_info = record.exc_text = None
            if request is not None:
                request.told_as_suspicious = True
        elif status == HTTPStatus.BAD_REQUEST and record.name == "django.request":
            return not getattr(request, "told_as_suspicious", False)
        return True


class DiscreetFormatter(JsonFormatter):
    """Takes out of message, trace and extras what says who somebody is or opens something."""

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """Clean every value on its way out; keys are ours."""
        return {key: discreet(value) for key, value in log_data.items()}


def discreet(value: Any) -> Any:
    """Return a value without personal data; what is no plain value becomes its cleaned text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {discreet(str(key)): discreet(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [discreet(inner) for inner in value]
    return scrub(str(value))
