"""Answers that firms owe are reminded of, and lapse when their day is over."""

from datetime import timedelta

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone


def schedule(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Run every night at one in the county."""
    now = timezone.localtime(timezone.now())
    first = now.replace(hour=1, minute=0, second=0, microsecond=0) + timedelta(days=1)
    apps.get_model("django_q", "Schedule").objects.get_or_create(
        name="application_answers",
        defaults={
            "func": "incubator.tasks.look_after_answers",
            "schedule_type": "D",
            "repeats": -1,
            "next_run": first,
        },
    )


def unschedule(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Run no more."""
    apps.get_model("django_q", "Schedule").objects.filter(name="application_answers").delete()


class Migration(migrations.Migration):
    """Data, apart from the schema."""

    dependencies = [
        ("incubator", "0021_application_lapsed"),
        ("django_q", "0018_task_success_index"),
    ]

    operations = [migrations.RunPython(schedule, unschedule)]
