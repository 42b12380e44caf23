"""What a firm sent stays as it was sent: the database refuses UPDATE and DELETE."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLE = "incubator_applicationsubmission"
SQLITE = (
    f"""CREATE TRIGGER submission_no_update BEFORE UPDATE ON {TABLE}
    BEGIN SELECT RAISE(ABORT, 'submissions are append-only'); END""",
    f"""CREATE TRIGGER submission_no_delete BEFORE DELETE ON {TABLE}
    BEGIN SELECT RAISE(ABORT, 'submissions are append-only'); END""",
)
POSTGRESQL = (
    """CREATE FUNCTION incubator_submission_append_only() RETURNS trigger AS $$
    BEGIN RAISE EXCEPTION 'submissions are append-only'; END $$ LANGUAGE plpgsql""",
    f"""CREATE TRIGGER submission_no_change BEFORE UPDATE OR DELETE ON {TABLE}
    FOR EACH ROW EXECUTE FUNCTION incubator_submission_append_only()""",
)
UNDO = {
    "sqlite": ("DROP TRIGGER submission_no_update", "DROP TRIGGER submission_no_delete"),
    "postgresql": (
        f"DROP TRIGGER submission_no_change ON {TABLE}",
        "DROP FUNCTION incubator_submission_append_only()",
    ),
}


def guard(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create the triggers of the engine in use."""
    rows = SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL
    for statement in rows:
        schema_editor.execute(statement)


def unguard(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drop them."""
    for statement in UNDO[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    """Defence in the database itself."""

    dependencies = [("incubator", "0014_releases_unchanged")]

    operations = [migrations.RunPython(guard, unguard)]
