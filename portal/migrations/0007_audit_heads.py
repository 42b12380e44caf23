"""Sixty-four chains, each with its end; PostgreSQL counts entries without waiting."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.exceptions import IrreversibleError
from django.db.models import F

from portal.domain.audit_chain import genesis

CHAINS = 64


def spread(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Add the chains; the first has as many entries as its last number says."""
    head = apps.get_model("portal", "AuditHead")
    head.objects.filter(id=1).update(length=F("number"))
    head.objects.bulk_create(
        [head(id=chain, digest=genesis(chain)) for chain in range(1, CHAINS + 1)],
        ignore_conflicts=True,
    )
    if schema_editor.connection.vendor == "postgresql":
        last = head.objects.get(id=1).number
        schema_editor.execute(f"CREATE SEQUENCE portal_audit_number START {last + 1}")


def gather(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Back to one chain, as long as no other holds anything: entries cannot be rewritten."""
    head = apps.get_model("portal", "AuditHead")
    first = head.objects.get(id=1)
    if head.objects.filter(id__gt=1, length__gt=0).exists() or first.length != first.number:
        raise IrreversibleError("Several audit chains hold entries; they cannot become one.")
    head.objects.filter(id__gt=1).delete()
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP SEQUENCE portal_audit_number")


class Migration(migrations.Migration):
    """Data, apart from the schema."""

    dependencies = [("portal", "0006_audit_chains")]

    operations = [migrations.RunPython(spread, gather)]
