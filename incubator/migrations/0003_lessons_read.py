"""A lesson is read when its learner says so; failing a quiz for good makes learners wait."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("incubator", "0002_core_metadata"),
    ]

    operations = [
        migrations.RemoveConstraint("lessonopened", "lesson_opened_once"),
        migrations.RenameModel("LessonOpened", "LessonRead"),
        migrations.RenameField("lessonread", "opened_at", "read_at"),
        migrations.AlterField("lessonread", "read_at", models.DateTimeField(verbose_name="read")),
        migrations.AlterField(
            "lessonread",
            "enrolment",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="readings",
                to="incubator.enrolment",
            ),
        ),
        migrations.AddConstraint(
            "lessonread",
            models.UniqueConstraint(fields=("enrolment", "lesson"), name="lesson_read_once"),
        ),
        migrations.AddField(
            "coursepage",
            "retry_after_days",
            models.PositiveSmallIntegerField(
                default=7,
                help_text="0 lets a learner enrol again at once.",
                validators=[django.core.validators.MaxValueValidator(365)],
                verbose_name="calendar days to wait after the last failed attempt",
            ),
        ),
    ]
