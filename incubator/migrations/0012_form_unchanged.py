"""A form that was published stays as it was published: the database refuses a change."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

FROZEN = ("window_id", "number", "digest", "content", "frozen_at")
DIFFERS = {"sqlite": "OLD.{0} IS NOT NEW.{0}", "postgresql": "OLD.{0} IS DISTINCT FROM NEW.{0}"}


def guard(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create the trigger of the engine in use."""
    vendor = schema_editor.connection.vendor
    differs = " OR ".join(DIFFERS[vendor].format(column) for column in FROZEN)
    head = (
        "CREATE TRIGGER form_unchanged BEFORE UPDATE ON incubator_formversion "
        f"FOR EACH ROW WHEN ({differs})"
    )
    if vendor == "postgresql":
        schema_editor.execute(
            "CREATE FUNCTION incubator_form_unchanged() RETURNS trigger AS $$ "
            "BEGIN RAISE EXCEPTION 'a published form is not changed'; END $$ LANGUAGE plpgsql"
        )
        schema_editor.execute(f"{head} EXECUTE FUNCTION incubator_form_unchanged()")
    else:
        raised = "SELECT RAISE(ABORT, 'a published form is not changed');"
        schema_editor.execute(f"{head} BEGIN {raised} END")


def unguard(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drop it."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER form_unchanged ON incubator_formversion")
        schema_editor.execute("DROP FUNCTION incubator_form_unchanged()")
    else:
        schema_editor.execute("DROP TRIGGER form_unchanged")


class Migration(migrations.Migration):
    """Defence in the database itself."""

    dependencies = [("incubator", "0011_answers_only")]

    operations = [migrations.RunPython(guard, unguard)]
