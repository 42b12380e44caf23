"""What a version declares stays as it was handed in: the database refuses a change of it."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLE = "village_pilot_declaredmodule"
SAID = "what was handed in is not changed"
HANDED_IN = (
    "SELECT 1 FROM village_pilot_deliverableversion v "
    "WHERE v.id = {0}.version_id AND v.state NOT IN ('draft', 'changes_requested')"
)
GUARDS = (
    ("declared_late", "INSERT", "NEW"),
    ("declared_kept", "DELETE", "OLD"),
    ("declared_unchanged", "UPDATE", "OLD"),
)
"""(name, event, row that is looked at); an update is refused whatever the version's state.

On SQLite whoever remakes the table of versions drops these first and makes them again.
"""


def guard(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create the triggers of the engine in use."""
    for name, event, row in GUARDS:
        head = f"CREATE TRIGGER {name} BEFORE {event} ON {TABLE} FOR EACH ROW"
        asked = "1 = 1" if event == "UPDATE" else f"EXISTS ({HANDED_IN.format(row)})"
        if schema_editor.connection.vendor == "postgresql":
            back = "OLD" if event == "DELETE" else "NEW"
            schema_editor.execute(
                f"CREATE FUNCTION village_pilot_{name}() RETURNS trigger AS $$ BEGIN "
                f"IF {asked} THEN RAISE EXCEPTION '{SAID}'; END IF; RETURN {back}; "
                "END $$ LANGUAGE plpgsql"
            )
            schema_editor.execute(f"{head} EXECUTE FUNCTION village_pilot_{name}()")
        else:
            schema_editor.execute(f"{head} WHEN {asked} BEGIN SELECT RAISE(ABORT, '{SAID}'); END")


def unguard(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drop them."""
    for name, _event, _row in GUARDS:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"DROP TRIGGER {name} ON {TABLE}")
            schema_editor.execute(f"DROP FUNCTION village_pilot_{name}()")
        else:
            schema_editor.execute(f"DROP TRIGGER {name}")


class Migration(migrations.Migration):
    """Defence in the database itself."""

    dependencies = [("village_pilot", "0002_declared_modules")]

    operations = [migrations.RunPython(guard, unguard)]
