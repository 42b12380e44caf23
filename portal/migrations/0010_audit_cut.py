"""Entries may be removed once they are old enough and a cut names them; never before."""

from datetime import timedelta
from importlib import import_module

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.exceptions import IrreversibleError
from django.utils import timezone

append_only = import_module("portal.migrations.0003_append_only")

GUARD = {
    "sqlite": (
        """CREATE TRIGGER audit_no_update BEFORE UPDATE ON portal_auditentry
        BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END""",
        """CREATE TRIGGER audit_no_delete BEFORE DELETE ON portal_auditentry
        WHEN OLD.at > datetime('now', '-184 days') OR NOT EXISTS (
            SELECT 1 FROM portal_auditcut
            WHERE chain = OLD.partition AND number >= OLD.number)
        BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only for 184 days'); END""",
        """CREATE TRIGGER cut_no_update BEFORE UPDATE ON portal_auditcut
        BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END""",
        """CREATE TRIGGER cut_no_delete BEFORE DELETE ON portal_auditcut
        BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END""",
    ),
    "postgresql": (
        """CREATE FUNCTION portal_audit_keep() RETURNS trigger AS $$
        BEGIN
            IF OLD.at <= now() - interval '184 days' AND EXISTS (
                SELECT 1 FROM portal_auditcut
                WHERE chain = OLD.partition AND number >= OLD.number)
            THEN RETURN OLD; END IF;
            RAISE EXCEPTION 'the audit trail is append-only for 184 days';
        END $$ LANGUAGE plpgsql""",
        """CREATE TRIGGER audit_no_change BEFORE UPDATE ON portal_auditentry
        FOR EACH ROW EXECUTE FUNCTION portal_audit_append_only()""",
        """CREATE TRIGGER audit_no_delete BEFORE DELETE ON portal_auditentry
        FOR EACH ROW EXECUTE FUNCTION portal_audit_keep()""",
        """CREATE TRIGGER cut_no_change BEFORE UPDATE OR DELETE ON portal_auditcut
        FOR EACH ROW EXECUTE FUNCTION portal_audit_append_only()""",
    ),
}
UNGUARD = {
    "sqlite": (
        "DROP TRIGGER cut_no_delete",
        "DROP TRIGGER cut_no_update",
        "DROP TRIGGER audit_no_delete",
        "DROP TRIGGER audit_no_update",
    ),
    "postgresql": (
        "DROP TRIGGER cut_no_change ON portal_auditcut",
        "DROP TRIGGER audit_no_delete ON portal_auditentry",
        "DROP TRIGGER audit_no_change ON portal_auditentry",
        "DROP FUNCTION portal_audit_keep()",
    ),
}
# PostgreSQL's function of 0003 stays: anchors use it too.
OLD_GUARD = {
    "sqlite": append_only.SQLITE,
    "postgresql": append_only.POSTGRESQL[1:],
}
OLD_UNGUARD = {
    "sqlite": append_only.UNDO["sqlite"],
    "postgresql": append_only.UNDO["postgresql"][:1],
}


def run(editor: BaseDatabaseSchemaEditor, *statements: dict[str, tuple[str, ...]]) -> None:
    """Run the statements of the engine in use."""
    for kind in statements:
        for statement in kind[editor.connection.vendor]:
            editor.execute(statement)


def guard(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Exchange the guard for one that knows of cuts."""
    run(schema_editor, OLD_UNGUARD, GUARD)


def unguard(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Back to the guard that knows of none, as long as there is none."""
    if apps.get_model("portal", "AuditCut").objects.exists():
        raise IrreversibleError("Audit entries were removed; only the newer code can tell why.")
    run(schema_editor, UNGUARD, OLD_GUARD)


def schedule(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Look every night at half past three in the county."""
    now = timezone.localtime(timezone.now())
    apps.get_model("django_q", "Schedule").objects.get_or_create(
        name="audit_prune",
        defaults={
            "func": "portal.tasks.prune_audit",
            "schedule_type": "D",
            "repeats": -1,
            "next_run": now.replace(hour=3, minute=30, second=0, microsecond=0) + timedelta(days=1),
        },
    )


def unschedule(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Look no more."""
    apps.get_model("django_q", "Schedule").objects.filter(name="audit_prune").delete()


class Migration(migrations.Migration):
    """Table, guard, schedule."""

    dependencies = [("portal", "0009_background_work")]

    operations = [
        migrations.CreateModel(
            name="AuditCut",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("chain", models.PositiveSmallIntegerField()),
                ("number", models.PositiveBigIntegerField()),
                ("length", models.PositiveBigIntegerField()),
                ("digest", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("chain", "number"), name="audit_cut_once")
                ],
            },
        ),
        migrations.RunPython(guard, unguard),
        migrations.RunPython(schedule, unschedule),
    ]
