"""What a firm sent stays as it was sent; only what is personal in it may go, once."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

KEPT = ("application_id", "number", "machine_result", "declared_by_id", "declared_at")
EMPTIED = ("answers", "files")
DIFFERS = {"sqlite": "OLD.{0} IS NOT NEW.{0}", "postgresql": "OLD.{0} IS DISTINCT FROM NEW.{0}"}
REMOVAL = "(OLD.personal_removed_at IS NULL AND NEW.personal_removed_at IS NOT NULL)"
SAID = "what was sent is not changed"


def guard(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create the trigger of the engine in use."""
    vendor = schema_editor.connection.vendor
    kept = " OR ".join(DIFFERS[vendor].format(column) for column in KEPT)
    emptied = " OR ".join(DIFFERS[vendor].format(column) for column in EMPTIED)
    head = (
        "CREATE TRIGGER submission_unchanged BEFORE UPDATE ON incubator_applicationsubmission "
        f"FOR EACH ROW WHEN ({kept} OR (({emptied}) AND NOT {REMOVAL}))"
    )
    if vendor == "postgresql":
        schema_editor.execute(
            "CREATE FUNCTION incubator_submission_unchanged() RETURNS trigger AS $$ "
            f"BEGIN RAISE EXCEPTION '{SAID}'; END $$ LANGUAGE plpgsql"
        )
        schema_editor.execute(f"{head} EXECUTE FUNCTION incubator_submission_unchanged()")
    else:
        schema_editor.execute(f"{head} BEGIN SELECT RAISE(ABORT, '{SAID}'); END")


def unguard(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drop it."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "DROP TRIGGER submission_unchanged ON incubator_applicationsubmission"
        )
        schema_editor.execute("DROP FUNCTION incubator_submission_unchanged()")
    else:
        schema_editor.execute("DROP TRIGGER submission_unchanged")


class Migration(migrations.Migration):
    """Defence in the database itself."""

    dependencies = [("incubator", "0019_refusal_reviews")]

    operations = [migrations.RunPython(guard, unguard)]
