"""Firms and mentors are reminded every morning of office hours on the next day."""

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
        name="office hour reminders",
        defaults={
            "func": "incubator.tasks.remind_of_office_hours",
            "schedule_type": "D",
            "repeats": -1,
            "next_run": first,
        },
    )


def unschedule(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Run no more."""
    apps.get_model("django_q", "Schedule").objects.filter(name="office hour reminders").delete()


class Migration(migrations.Migration):
    """Data, apart from the schema."""

    dependencies = [
        ("incubator", "0014_office_hours"),
        ("django_q", "0018_task_success_index"),
    ]

    operations = [migrations.RunPython(schedule, unschedule)]
