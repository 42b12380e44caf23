"""Versions of deliverables declare the shared modules that they use."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """The table of declared modules."""

    dependencies = [
        ("incubator", "0020_submissions_unchanged"),
        ("village_pilot", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="DeclaredModule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="incubator.modulerelease",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="declared",
                        to="village_pilot.deliverableversion",
                    ),
                ),
            ],
            options={
                "verbose_name": "declared module",
                "verbose_name_plural": "declared modules",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("version", "release"), name="declared_module_once"
                    )
                ],
            },
        ),
    ]
