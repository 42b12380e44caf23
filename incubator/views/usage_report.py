"""Where a cloud's meter reports usage: a token instead of a login, JSON in and out."""

import json
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from incubator.domain.quota import UsageRefused
from incubator.services import pools as services
from portal import labels
from portal.domain.lifecycle import Refused
from portal.labels import refusal_text
from portal.permissions import public
from portal.services.tokens import user_of_token

ERRORS_SHOWN = 50
PROBLEM = "application/problem+json"


def problem(status: int, code: str, detail: str, **more: object) -> JsonResponse:
    """Say what is wrong, as RFC 9457 has it."""
    return JsonResponse(
        {"type": f"urn:dsp:{code}", "title": code, "status": status, "detail": detail, **more},
        status=status,
        content_type=PROBLEM,
    )


def bearer_token(request: HttpRequest) -> str:
    """Return the token in the Authorization header, or “”."""
    scheme, _space, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


def body_of(request: HttpRequest) -> Any:
    """Return the body's JSON, numbers as they are written; ``None`` where it is none."""
    try:
        return json.loads(request.body, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        return None


def errors_of(refusal: UsageRefused) -> list[dict[str, object]]:
    """Return what is wrong, line by line."""
    return [
        {
            "line": error.line,
            "field": error.column,
            "code": error.code,
            "value": error.value,
            "text": str(labels.REFUSALS[error.code]),
        }
        for error in refusal.errors[:ERRORS_SHOWN]
    ]


def report(request: HttpRequest) -> JsonResponse:
    """Take a report, all of it or nothing; no session counts, so no other site can send one."""
    if request.method != "POST":
        response = problem(405, "method", _("Send a report with POST; nothing can be read here."))
        response["Allow"] = "POST"
        return response
    now = timezone.now()
    user = user_of_token(secret=bearer_token(request), now=now)
    if user is None:
        text = _("Send an access token of a resource manager as “Authorization: Bearer TOKEN”.")
        response = problem(401, "token", text)
        response["WWW-Authenticate"] = 'Bearer realm="usage"'
        return response
    try:
        new, known = services.record_reported(data=body_of(request), actor=user, now=now)
    except RequestDataTooBig:
        return problem(413, "too_large", _("The report is larger than 5 MB; split it."))
    except UsageRefused as refusal:
        return problem(422, refusal.code, refusal_text(refusal), errors=errors_of(refusal))
    except Refused as refusal:
        return problem(refusal.status, refusal.code, refusal_text(refusal))
    return JsonResponse({"new": new, "known": known})


usage_report = csrf_exempt(public(report))
