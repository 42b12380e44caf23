"""Papers of the demo: small real PDF files that say what they are."""

from django.core.files.base import ContentFile

PAGE = "BT /F1 18 Tf 72 760 Td (Demonstration document) Tj 0 -32 Td /F1 12 Tf ({text}) Tj ET"

LEAF = (
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
    b"/Resources << /Font << /F1 5 0 R >> >> >>"
)
TAIL = (
    b"xref\n0 %d\n0000000000 65535 f \n%strailer\n"
    b"<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
)


def pdf(text: str) -> bytes:
    """Return a one-page PDF 1.4 that shows ``text`` (ASCII without brackets)."""
    stream = PAGE.format(text=text).encode("ascii")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        LEAF,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return body + TAIL % (size, table, size, len(body))


def paper(name: str, text: str) -> ContentFile[bytes]:
    """Return an upload called ``name``.pdf that shows ``text``."""
    return ContentFile(pdf(text), name=f"{name}.pdf")
