"""HTML → PDF/A-3a that is PDF/UA-1 as well, with a tagged empty field for the signature.

The only module that knows WeasyPrint and pikepdf. What it uses of WeasyPrint's inside
(``DocumentMetadata.generate_rdf_metadata``) is pinned in pyproject.toml, and
``tests/portal/documents/test_conformance.py`` fails when an upgrade breaks it. The same input gives
the same bytes.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name

FIELD = "CountySignature"
VARIANT = "pdf/a-3a"
LOCKED, PRINTED = 128, 4

PDF_UA = b"""<rdf:Description rdf:about=""
 xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of PDF/UA that the file follows</pdfaProperty:description>
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<pdfuaid:part>1</pdfuaid:part></rdf:Description>
</rdf:RDF>"""
"""WeasyPrint knows one variant a file (Kozea/WeasyPrint #2783): this says the other, too."""


@dataclass(frozen=True)
class Attached:
    """A file inside the PDF: the data that it shows."""

    name: str
    description: str
    content: bytes


@lru_cache(maxsize=1)
def engine() -> tuple[Any, Any]:
    """Return fonts and parsed styles, shared by all documents of this process."""
    from weasyprint import CSS  # noqa: PLC0415 takes a second, and only the worker renders
    from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415 as above

    fonts = FontConfiguration()
    path = Path(__file__).parent.parent / "documents" / "sheet.css"
    return fonts, CSS(filename=str(path), font_config=fonts)


def html_to_pdf(html: str, *, identifier: str, made_at: datetime, attached: Attached) -> bytes:
    """Return the unsigned file of ``html``, byte for byte the same for the same input."""
    from weasyprint import HTML, Attachment  # noqa: PLC0415 as above
    from weasyprint.urls import URLFetcher  # noqa: PLC0415 as above

    fonts, style = engine()
    moment = made_at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    # loads what the page itself carries, and nothing from outside
    page = HTML(string=html, url_fetcher=URLFetcher(allowed_protocols={"data"}))
    rendered = page.render(font_config=fonts, stylesheets=[style], pdf_variant=VARIANT)
    metadata = rendered.metadata
    metadata.created = metadata.modified = f"{moment.isoformat()}Z"
    plain = metadata.generate_rdf_metadata
    metadata.generate_rdf_metadata = lambda *args: with_pdf_ua(plain(*args))
    content = rendered.write_pdf(
        pdf_variant=VARIANT,
        pdf_identifier=hashlib.sha256(identifier.encode()).digest()[:16],
        attachments=[
            Attachment(
                file_obj=BytesIO(attached.content),
                name=attached.name,
                description=attached.description,
                created=moment,
                modified=moment,
                relationship="Data",
            )
        ],
    )
    return with_signature_field(content)


def with_pdf_ua(metadata: bytes) -> bytes:
    """Say PDF/UA-1 in the metadata, with the schema that PDF/A wants for it."""
    head, end, tail = metadata.rpartition(b"</rdf:RDF>")
    if not end:
        raise ValueError("WeasyPrint writes its metadata otherwise than expected.")
    return head + PDF_UA + tail


def with_signature_field(content: bytes) -> bytes:
    """Add an empty, invisible signature field that stands in the tag tree as a form."""
    with pikepdf.open(BytesIO(content)) as pdf:
        page, root = pdf.pages[-1], pdf.Root.StructTreeRoot
        numbers = root.ParentTree.Nums
        place = max(int(number) for number in list(numbers)[::2]) + 1
        widget = pdf.make_indirect(
            Dictionary(
                Type=Name.Annot,
                Subtype=Name.Widget,
                FT=Name.Sig,
                T=FIELD,
                TU="电子签名 Electronic signature",
                F=LOCKED + PRINTED,
                Rect=Array([0, 0, 0, 0]),
                P=page.obj,
                StructParent=place,
            )
        )
        holds = Dictionary(Type=Name.OBJR, Obj=widget, Pg=page.obj)
        top = root.K[0] if isinstance(root.K, Array) else root.K
        form = pdf.make_indirect(
            Dictionary(
                Type=Name.StructElem,
                S=Name.Form,
                P=top,
                K=holds,
                Alt="电子签名 Electronic signature",
            )
        )
        top.K.append(form)
        numbers.extend([place, form])
        root.ParentTreeNextKey = place + 1
        annotations = page.obj.get("/Annots", Array())
        annotations.append(widget)
        page.obj.Annots = annotations
        pdf.Root.AcroForm = pdf.make_indirect(Dictionary(Fields=Array([widget]), SigFlags=3))
        made = BytesIO()
        pdf.save(made, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return made.getvalue()
