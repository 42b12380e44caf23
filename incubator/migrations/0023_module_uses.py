"""The register of uses: which releases accepted deliverables declare."""

import django.db.models.deletion
from django.db import migrations, models

import incubator.labels.modules


class Migration(migrations.Migration):
    """The table of uses."""

    dependencies = [
        ("incubator", "0022_answers_schedule"),
        ("portal", "0022_objections"),
    ]

    operations = [
        migrations.CreateModel(
            name="ModuleUse",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("deliverable", models.PositiveBigIntegerField(verbose_name="deliverable")),
                ("version", models.PositiveBigIntegerField(verbose_name="version")),
                ("accepted_at", models.DateTimeField(verbose_name="accepted by the village at")),
                (
                    "uncounted",
                    models.CharField(
                        blank=True,
                        choices=incubator.labels.modules.uncounted_reasons,
                        max_length=8,
                        verbose_name="why it does not count",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="portal.organisation",
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="uses",
                        to="incubator.modulerelease",
                    ),
                ),
            ],
            options={
                "verbose_name": "use of a module",
                "verbose_name_plural": "uses of modules",
                "constraints": [
                    models.UniqueConstraint(fields=("release", "version"), name="module_use_once"),
                    models.CheckConstraint(
                        condition=models.Q(("uncounted__in", ("", "own", "tied"))),
                        name="module_use_uncounted",
                    ),
                ],
            },
        ),
    ]
