"""Files of a release that are no Python package; a release may consist of them alone."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import incubator.labels.modules


class Migration(migrations.Migration):
    """A table more; the package may be missing."""

    dependencies = [
        ("incubator", "0015_office_hour_reminders"),
        ("portal", "0021_calendar_feeds"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="modulerelease",
            name="file",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="portal.storedfile",
            ),
        ),
        migrations.AlterField(
            model_name="modulerelease",
            name="sha256",
            field=models.CharField(blank=True, max_length=64, verbose_name="SHA-256"),
        ),
        migrations.CreateModel(
            name="ModuleFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=incubator.labels.modules.module_file_kinds,
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="file name")),
                ("size", models.PositiveBigIntegerField(verbose_name="size in bytes")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                (
                    "facts",
                    models.JSONField(default=dict, verbose_name="what it says about itself"),
                ),
                ("added_at", models.DateTimeField(verbose_name="added at")),
                (
                    "added_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="portal.storedfile",
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="files",
                        to="incubator.modulerelease",
                    ),
                ),
            ],
            options={
                "verbose_name": "file of a release",
                "verbose_name_plural": "files of releases",
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(fields=("release", "name"), name="module_file_once"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ("weights", "container", "sql", "bundle"))),
                        name="module_file_kind",
                    ),
                ],
            },
        ),
    ]
