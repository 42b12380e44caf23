"""Archive packages are made by a worker and kept for some days."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import portal.labels


class Migration(migrations.Migration):
    """One table."""

    dependencies = [
        ("portal", "0019_issued_unchanged"),
    ]

    operations = [
        migrations.CreateModel(
            name="ArchivePackage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("asked_at", models.DateTimeField(verbose_name="asked for at")),
                (
                    "kind",
                    models.CharField(
                        choices=portal.labels.document_kinds, max_length=40, verbose_name="kind"
                    ),
                ),
                ("since", models.DateField(verbose_name="issued from")),
                ("until", models.DateField(verbose_name="issued until")),
                (
                    "state",
                    models.CharField(
                        choices=portal.labels.archive_states,
                        default="waiting",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("count", models.PositiveIntegerField(default=0, verbose_name="documents")),
                ("problem", models.CharField(blank=True, max_length=40)),
                ("details", models.JSONField(default=dict)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "file",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="portal.storedfile",
                    ),
                ),
            ],
            options={
                "verbose_name": "archive package",
                "verbose_name_plural": "archive packages",
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "waiting")),
                        fields=("asked_by", "kind", "since", "until"),
                        name="archive_package_waits_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("file__isnull", False), ("state", "ready")),
                            models.Q(
                                models.Q(("state", "ready"), _negated=True), ("file__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="archive_package_ready_with_file",
                    ),
                ],
            },
        ),
    ]
