"""Backups are recorded; one is made every night."""

from datetime import timedelta

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone

import portal.labels


def schedule(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """At two in the morning in the county."""
    now = timezone.localtime(timezone.now())
    apps.get_model("django_q", "Schedule").objects.get_or_create(
        name="backup",
        defaults={
            "func": "portal.tasks.run_backup",
            "schedule_type": "D",
            "repeats": -1,
            "next_run": now.replace(hour=2, minute=0, second=0, microsecond=0) + timedelta(days=1),
        },
    )


def unschedule(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make no more."""
    apps.get_model("django_q", "Schedule").objects.filter(name="backup").delete()


class Migration(migrations.Migration):
    """Table and schedule."""

    dependencies = [("portal", "0010_audit_cut")]

    operations = [
        migrations.CreateModel(
            name="BackupRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=40, unique=True, verbose_name="name")),
                (
                    "state",
                    models.CharField(
                        choices=portal.labels.backup_states, max_length=12, verbose_name="state"
                    ),
                ),
                ("started_at", models.DateTimeField(db_index=True, verbose_name="started at")),
                (
                    "finished_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="finished at"),
                ),
                ("files", models.PositiveIntegerField(default=0, verbose_name="files")),
                ("rows", models.PositiveBigIntegerField(default=0, verbose_name="rows")),
                ("size", models.PositiveBigIntegerField(default=0, verbose_name="size")),
                (
                    "digest",
                    models.CharField(blank=True, max_length=64, verbose_name="manifest (SHA-256)"),
                ),
                ("offsite", models.BooleanField(default=False, verbose_name="off-site")),
                ("error", models.TextField(blank=True, verbose_name="error")),
            ],
            options={"verbose_name": "backup", "verbose_name_plural": "backups"},
        ),
        migrations.RunPython(schedule, unschedule),
    ]
