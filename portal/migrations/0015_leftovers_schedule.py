"""What is left over goes every night."""

from datetime import timedelta

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone


def schedule(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Run every night at three in the county."""
    now = timezone.localtime(timezone.now())
    first = now.replace(hour=3, minute=0, second=0, microsecond=0) + timedelta(days=1)
    apps.get_model("django_q", "Schedule").objects.get_or_create(
        name="leftovers",
        defaults={
            "func": "portal.tasks.remove_leftovers",
            "schedule_type": "D",
            "repeats": -1,
            "next_run": first,
        },
    )


def unschedule(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Run no more."""
    apps.get_model("django_q", "Schedule").objects.filter(name="leftovers").delete()


class Migration(migrations.Migration):
    """Data, apart from the schema."""

    dependencies = [("portal", "0014_retention_schedule"), ("django_q", "0018_task_success_index")]

    operations = [migrations.RunPython(schedule, unschedule)]
