"""Daily anchors of the audit trail, append-only like the trail."""

from datetime import timedelta

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone

GUARD = {
    "sqlite": (
        """CREATE TRIGGER anchor_no_update BEFORE UPDATE ON portal_auditanchor
        BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END""",
        """CREATE TRIGGER anchor_no_delete BEFORE DELETE ON portal_auditanchor
        BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END""",
    ),
    "postgresql": (
        """CREATE TRIGGER anchor_no_change BEFORE UPDATE OR DELETE ON portal_auditanchor
        FOR EACH ROW EXECUTE FUNCTION portal_audit_append_only()""",
    ),
}
UNGUARD = {
    "sqlite": ("DROP TRIGGER anchor_no_update", "DROP TRIGGER anchor_no_delete"),
    "postgresql": ("DROP TRIGGER anchor_no_change ON portal_auditanchor",),
}


def guard(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create the triggers of the engine in use."""
    for statement in GUARD[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def unguard(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drop them."""
    for statement in UNGUARD[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def schedule(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Publish every day, ten minutes after midnight in the county."""
    now = timezone.localtime(timezone.now())
    first = now.replace(hour=0, minute=10, second=0, microsecond=0) + timedelta(days=1)
    apps.get_model("django_q", "Schedule").objects.get_or_create(
        name="audit_anchor",
        defaults={
            "func": "portal.tasks.publish_anchor",
            "schedule_type": "D",
            "repeats": -1,
            "next_run": first,
        },
    )


def unschedule(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Publish no more."""
    apps.get_model("django_q", "Schedule").objects.filter(name="audit_anchor").delete()


class Migration(migrations.Migration):
    """Table, guard, schedule."""

    dependencies = [("portal", "0007_audit_heads"), ("django_q", "0018_task_success_index")]

    operations = [
        migrations.CreateModel(
            name="AuditAnchor",
            fields=[
                ("on", models.DateField(primary_key=True, serialize=False, verbose_name="date")),
                ("at", models.DateTimeField(verbose_name="at")),
                ("entries", models.PositiveBigIntegerField(verbose_name="entries")),
                ("text", models.TextField()),
                ("previous", models.CharField(max_length=64)),
                (
                    "root",
                    models.CharField(max_length=64, unique=True, verbose_name="root digest"),
                ),
            ],
            options={
                "verbose_name": "audit anchor",
                "verbose_name_plural": "audit anchors",
            },
        ),
        migrations.RunPython(guard, unguard),
        migrations.RunPython(schedule, unschedule),
    ]
