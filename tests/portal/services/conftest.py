"""What tests of the services share."""

import pytest
from django.core.files.base import ContentFile
from django.db.models import Max

from portal.models import AuditEntry
from tests.support.cases import create_case_table


@pytest.fixture
def case_table(db) -> None:
    create_case_table()


@pytest.fixture
def trail():
    """Return ``trail()``: (action, outcome, reason) of the audit entries since the test began."""
    start = AuditEntry.objects.aggregate(last=Max("number"))["last"] or 0

    def since() -> list[tuple[str, str, str]]:
        rows = AuditEntry.objects.filter(number__gt=start).order_by("number")
        return list(rows.values_list("action", "outcome", "reason"))

    return since


PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"


@pytest.fixture
def pdf() -> ContentFile:
    return ContentFile(PDF, name="report.pdf")
