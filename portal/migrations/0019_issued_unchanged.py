"""What was issued stays as it was issued: the database refuses a change."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

ISSUED = ("number", "kind", "title", "holder_name", "payload", "digest", "issued_at", "valid_until")
MADE = ("file_id", "made_at", "signature", "signed_by", "certificate", "time_source")
STORED = ("sha256", "size", "media_type", "use")
DIFFERS = {"sqlite": "OLD.{0} IS NOT NEW.{0}", "postgresql": "OLD.{0} IS DISTINCT FROM NEW.{0}"}
GUARDS = (
    ("issued_unchanged", "portal_issueddocument", ISSUED, ""),
    ("made_unchanged", "portal_issueddocument", MADE, "OLD.file_id IS NOT NULL AND "),
    ("stored_unchanged", "portal_storedfile", STORED, "OLD.use = 'issued_document' AND "),
)


def guard(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create the triggers of the engine in use."""
    vendor = schema_editor.connection.vendor
    if vendor == "postgresql":
        schema_editor.execute(
            "CREATE FUNCTION portal_issued_unchanged() RETURNS trigger AS $$ "
            "BEGIN RAISE EXCEPTION 'an issued document is not changed'; END $$ LANGUAGE plpgsql"
        )
    for name, table, columns, also in GUARDS:
        differs = " OR ".join(DIFFERS[vendor].format(column) for column in columns)
        when = f"WHEN ({also}({differs}))"
        head = f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} FOR EACH ROW {when} "
        if vendor == "postgresql":
            schema_editor.execute(f"{head} EXECUTE FUNCTION portal_issued_unchanged()")
        else:
            raised = "SELECT RAISE(ABORT, 'an issued document is not changed');"
            schema_editor.execute(f"{head} BEGIN {raised} END")


def unguard(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drop them."""
    vendor = schema_editor.connection.vendor
    for name, table, _columns, _also in GUARDS:
        on = f" ON {table}" if vendor == "postgresql" else ""
        schema_editor.execute(f"DROP TRIGGER {name}{on}")
    if vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION portal_issued_unchanged()")


class Migration(migrations.Migration):
    """Defence in the database itself."""

    dependencies = [("portal", "0018_document_files")]

    operations = [migrations.RunPython(guard, unguard)]
