"""Firms are reminded every morning of what they must hand in."""

from datetime import timedelta

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone


def schedule(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Run every morning at seven in the county."""
    now = timezone.localtime(timezone.now())
    first = now.replace(hour=7, minute=0, second=0, microsecond=0) + timedelta(days=1)
    apps.get_model("django_q", "Schedule").objects.get_or_create(
        name="incubation reminders",
        defaults={
            "func": "incubator.tasks.remind_incubation",
            "schedule_type": "D",
            "repeats": -1,
            "next_run": first,
        },
    )


def unschedule(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Run no more."""
    apps.get_model("django_q", "Schedule").objects.filter(name="incubation reminders").delete()


class Migration(migrations.Migration):
    """Data, apart from the schema."""

    dependencies = [
        ("incubator", "0006_incubation_plan"),
        ("django_q", "0018_task_success_index"),
    ]

    operations = [migrations.RunPython(schedule, unschedule)]
