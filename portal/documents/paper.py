"""A document's page: sheet, seal, QR code and labels as HTML, then as unsigned PDF."""

import base64
import math
from typing import Any

import segno
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone

from portal.documents import sheet_of
from portal.documents.sheets import Both, day_en, day_zh
from portal.drivers.pdf import Attached, html_to_pdf
from portal.models import IssuedDocument

SIGNATURES = {
    "own": Both(
        "本文件由系统自动签发，所附为非可靠电子签名（自建 CA）。",
        "Issued by the system; the signature is not a reliable electronic signature "
        "(self-made CA).",
    ),
    "licensed": Both(
        "本文件由系统自动签发，电子签名证书由{by}颁发。",
        "Issued by the system; the certificate of its electronic signature is by {by}.",
    ),
}
TIMES = {
    "system": Both("所载时间为系统时间。", "Times are system time."),
    "tsa": Both("签名附时间戳（RFC 3161）。", "The signature bears a time stamp (RFC 3161)."),
}
ARC, RADIUS = 250.0, 50.0


def verify_url(document: IssuedDocument) -> str:
    """Return the short address that the QR code leads to."""
    return f"{settings.BASE_URL}/verify/{document.number}/"


def labels_now() -> tuple[str, str, str]:
    """Return (signature, whose certificate, time source) of what is signed by today's settings."""
    by = settings.SIGNING_CA_NAME
    return "licensed" if by else "own", by, "tsa" if settings.TSA_URL else "system"


def unsigned_pdf(document: IssuedDocument, data: bytes) -> bytes:
    """Return the unsigned file of a document, with ``data``, its canonical JSON, attached."""
    html = render_to_string("portal/documents/sheet.html", context_of(document))
    attached = Attached(f"{document.number}.json", f"SHA-256 {document.digest}", data)
    return html_to_pdf(
        html, identifier=document.number, made_at=document.issued_at, attached=attached
    )


def context_of(document: IssuedDocument) -> dict[str, Any]:
    """Return what the page shows."""
    signature, by, source = labels_now()
    day = timezone.localdate(document.issued_at)
    words = SIGNATURES[signature]
    return {
        "document": document,
        "sheet": sheet_of(document),
        "issuer": Both(settings.ISSUER_NAME, settings.ISSUER_NAME_EN),
        "issued_on": Both(day_zh(day), day_en(day)),
        "signature": Both(words.zh.format(by=by), words.en.format(by=by)),
        "time": TIMES[source],
        "url": verify_url(document),
        "qr": segno.make(verify_url(document), error="m").svg_data_uri(border=1),
        "seal": data_uri(seal_svg(settings.ISSUER_NAME)),
    }


def data_uri(svg: str) -> str:
    """Return a drawing as an address that carries it."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def seal_svg(name: str) -> str:
    """Draw the portal's mark: its name on an arc. No official seal: it has no star."""
    step = ARC / max(len(name) - 1, 1)
    return render_to_string(
        "portal/documents/seal.svg",
        {
            "signs": [
                {"sign": sign, "angle": f"{place * step - ARC / 2:.2f}", **arc(place * step)}
                for place, sign in enumerate(name)
            ]
        },
    )


def arc(angle: float) -> dict[str, str]:
    """Return where a sign stands that is ``angle`` degrees along the arc."""
    turned = math.radians(angle - ARC / 2)
    return {
        "x": f"{70 + RADIUS * math.sin(turned):.2f}",
        "y": f"{70 - RADIUS * math.cos(turned):.2f}",
    }
