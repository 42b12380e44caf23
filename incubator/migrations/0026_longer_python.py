"""Room for the whole of what a release says about Python."""

from importlib import import_module

from django.db import migrations, models

unchanged = import_module("incubator.migrations.0017_releases_unchanged")


class Migration(migrations.Migration):
    """A specifier is kept whole.

    SQLite makes the table anew, and with it would go the triggers that keep releases unchanged.
    """

    dependencies = [("incubator", "0025_cloud_schedule")]

    operations = [
        migrations.RunPython(unchanged.unguard, unchanged.guard),
        migrations.AlterField(
            model_name="modulerelease",
            name="requires_python",
            field=models.CharField(blank=True, max_length=500, verbose_name="Python"),
        ),
        migrations.RunPython(unchanged.guard, unchanged.unguard),
    ]
