"""A refusal is held beside the proposals until its batch is released."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Three columns; one held decision at a time."""

    dependencies = [
        ("incubator", "0017_releases_unchanged"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="application",
            name="refused_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="application",
            name="refused_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="application",
            name="rejected_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("refused_at__isnull", True),
                    models.Q(
                        ("proposed_at__isnull", True), models.Q(("feedback", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="application_one_held_decision",
            ),
        ),
    ]
