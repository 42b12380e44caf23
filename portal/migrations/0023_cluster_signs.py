"""Clusters that were stopped stay in sight, and a restart alone is no sign of life."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Two columns that may be empty."""

    dependencies = [("portal", "0022_objections")]

    operations = [
        migrations.AddField(
            model_name="workercluster",
            name="silent_from",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="workercluster",
            name="stopped_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="stopped"),
        ),
    ]
