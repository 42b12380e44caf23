"""``config/deploy/roles.sql``: the portal's own role works, and cannot rewrite the audit trail."""

from pathlib import Path
from secrets import token_hex

import pytest
from django.conf import settings
from django.db import ProgrammingError, connection, transaction

from portal.models import AuditEntry
from portal.services.audit import publish_anchor, verify_chain
from portal.services.operations import operation

pytestmark = [pytest.mark.postgres_only, pytest.mark.django_db]
REFUSED = (
    "ALTER TABLE portal_auditentry DISABLE TRIGGER ALL",
    "DROP TRIGGER audit_no_delete ON portal_auditentry",
    "CREATE OR REPLACE FUNCTION portal_audit_keep() RETURNS trigger LANGUAGE sql AS ''",
    "TRUNCATE portal_auditentry",
    "UPDATE portal_auditentry SET action = 'x'",
    "UPDATE portal_auditanchor SET root = 'x'",
    "DELETE FROM portal_auditanchor",
    "UPDATE portal_auditcut SET number = 0",
    "DROP TABLE portal_auditentry",
    "SET session_replication_role = replica",
)


@pytest.fixture
def role(db) -> str:
    """The portal's role, under a name of the test's own."""
    name = f"portal_{token_hex(4)}"
    text = (settings.BASE_DIR / "config" / "deploy" / "roles.sql").read_text(encoding="utf-8")
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {name}")
        cursor.execute(text.replace(" portal;", f" {name};"))
        cursor.execute(f"SET LOCAL ROLE {name}")
    return name


def test_role_of_the_portal_writes_the_trail_and_cannot_rewrite_it(role, now):
    with operation("tests.deed", actor=None, now=now):
        pass
    publish_anchor(now=now)
    assert AuditEntry.objects.count() >= 2
    for statement in REFUSED:
        with (
            pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    assert verify_chain().broken is None


def test_upgrade_note_names_the_file():
    note = (Path(settings.BASE_DIR) / "config" / "deploy" / "UPGRADE.md").read_text("utf-8")
    assert "config/deploy/roles.sql" in note
