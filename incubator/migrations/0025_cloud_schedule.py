"""Every night clouds are told what the calendar changed: months that began and grants that ended."""

from datetime import timedelta

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone


def schedule(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Run every night, ten minutes into the day in the county."""
    now = timezone.localtime(timezone.now())
    first = now.replace(hour=0, minute=10, second=0, microsecond=0) + timedelta(days=1)
    apps.get_model("django_q", "Schedule").objects.get_or_create(
        name="quota_cloud",
        defaults={
            "func": "incubator.tasks.follow_calendar",
            "schedule_type": "D",
            "repeats": -1,
            "next_run": first,
        },
    )


def unschedule(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Run no more."""
    apps.get_model("django_q", "Schedule").objects.filter(name="quota_cloud").delete()


class Migration(migrations.Migration):
    """Data, apart from the schema."""

    dependencies = [
        ("incubator", "0024_cloud_orders"),
        ("django_q", "0018_task_success_index"),
    ]

    operations = [migrations.RunPython(schedule, unschedule)]
