"""What the portal issues, as files: an app names for each kind what stands on its sheet."""

from dataclasses import dataclass

from django.utils.module_loading import import_string

from portal.documents.sheets import Sheet
from portal.models import IssuedDocument
from portal.permissions import PUBLIC_KINDS


@dataclass(frozen=True)
class Kind:
    """A kind of document that becomes a file.

    ``sheet``: dotted path of ``f(document) -> Sheet``. ``archivist``: the role that may take it
    into an archive.
    """

    sheet: str
    archivist: str


KINDS: dict[str, Kind] = {}


def register_kind(kind: str, *, sheet: str, archivist: str, public: bool = False) -> None:
    """Have documents of ``kind`` made into files (called when an app starts).

    Where it is ``public``, everybody may have the file.
    """
    KINDS[kind] = Kind(sheet, archivist)
    if public:
        PUBLIC_KINDS.add(kind)


def sheet_of(document: IssuedDocument) -> Sheet:
    """Return what stands on a document, from its frozen payload alone."""
    sheet: Sheet = import_string(KINDS[document.kind].sheet)(document)
    return sheet
