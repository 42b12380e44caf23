"""A published release stays as it was published: the database refuses a change of its files."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

RELEASE, FILE = "incubator_modulerelease", "incubator_modulefile"
FROZEN = {
    RELEASE: ("module_id", "number", "number_key", "file_id", "sha256", "published_at"),
    FILE: ("release_id", "kind", "file_id", "name", "size", "sha256"),
}
DIFFERS = {"sqlite": "OLD.{0} IS NOT NEW.{0}", "postgresql": "OLD.{0} IS DISTINCT FROM NEW.{0}"}
RAISED = "a published release is not changed"
PUBLISHED = (
    "SELECT 1 FROM incubator_modulerelease r "
    "WHERE r.id = {0}.release_id AND r.published_at IS NOT NULL"
)


def guards(vendor: str) -> list[tuple[str, str, str, str]]:
    """Return (name, event, table, condition over the row) of every trigger."""
    release, file = (
        " OR ".join(DIFFERS[vendor].format(column) for column in FROZEN[table])
        for table in (RELEASE, FILE)
    )
    return [
        ("release_unchanged", "UPDATE", RELEASE, f"OLD.published_at IS NOT NULL AND ({release})"),
        ("release_kept", "DELETE", RELEASE, "OLD.published_at IS NOT NULL"),
        ("release_file_unchanged", "UPDATE", FILE, f"({file})"),
        ("release_file_late", "INSERT", FILE, ""),
        ("release_file_kept", "DELETE", FILE, ""),
    ]


def guard(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create the triggers of the engine in use."""
    vendor = schema_editor.connection.vendor
    if vendor == "postgresql":
        for name, test in (("", ""), ("_in", "NEW"), ("_out", "OLD")):
            raised = f"RAISE EXCEPTION '{RAISED}';"
            if test:
                raised = f"IF EXISTS ({PUBLISHED.format(test)}) THEN {raised} END IF;"
            back = f"RETURN {test or 'NEW'};"
            schema_editor.execute(
                f"CREATE FUNCTION incubator_release_unchanged{name}() RETURNS trigger AS $$ "
                f"BEGIN {raised} {back} END $$ LANGUAGE plpgsql"
            )
    for name, event, table, condition in guards(vendor):
        schema_editor.execute(statement(vendor, name, event, table, condition))


def statement(vendor: str, name: str, event: str, table: str, condition: str) -> str:
    """Return a trigger's definition; one without a condition looks at the file's release."""
    row = "NEW" if event == "INSERT" else "OLD"
    head = f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW"
    if vendor == "postgresql":
        ending = "" if condition else "_in" if row == "NEW" else "_out"
        when = f"WHEN ({condition})" if condition else ""
        return f"{head} {when} EXECUTE FUNCTION incubator_release_unchanged{ending}()"
    when = condition or f"EXISTS ({PUBLISHED.format(row)})"
    return f"{head} WHEN {when} BEGIN SELECT RAISE(ABORT, '{RAISED}'); END"


def unguard(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drop them."""
    vendor = schema_editor.connection.vendor
    for name, _event, table, _condition in guards(vendor):
        on = f" ON {table}" if vendor == "postgresql" else ""
        schema_editor.execute(f"DROP TRIGGER {name}{on}")
    if vendor == "postgresql":
        for name in ("", "_in", "_out"):
            schema_editor.execute(f"DROP FUNCTION incubator_release_unchanged{name}()")


def keep(_apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Change nothing on the way forward."""


def fall_back(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """On the way back every release needs a file of its own: the first of its files is it.

    A draft without any file is no release in the older shape and goes.
    """
    releases = apps.get_model("incubator", "ModuleRelease").objects.filter(file=None)
    for release in releases:
        first = release.files.order_by("name").first()
        if first is None:
            release.delete()
            continue
        release.file_id, release.sha256 = first.file_id, first.sha256
        release.save()


class Migration(migrations.Migration):
    """Defence in the database itself."""

    dependencies = [("incubator", "0016_module_files")]

    operations = [migrations.RunPython(keep, fall_back), migrations.RunPython(guard, unguard)]
