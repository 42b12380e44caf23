"""The audit trail becomes several chains; what is there is the first of them."""

from importlib import import_module

from django.db import migrations, models

append_only = import_module("portal.migrations.0003_append_only")


class Migration(migrations.Migration):
    """SQLite remakes a table that gets a column, and loses its triggers on the way."""

    dependencies = [("portal", "0005_access_tokens")]

    operations = [
        migrations.RunPython(append_only.unguard, append_only.guard),
        migrations.RemoveConstraint(model_name="audithead", name="one_audit_head"),
        migrations.AlterField(
            model_name="audithead",
            name="id",
            field=models.PositiveSmallIntegerField(primary_key=True, serialize=False),
        ),
        migrations.AlterField(
            model_name="audithead",
            name="digest",
            field=models.CharField(max_length=64),
        ),
        migrations.AddField(
            model_name="audithead",
            name="length",
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddConstraint(
            model_name="audithead",
            constraint=models.CheckConstraint(
                condition=models.Q(("id__gte", 1)), name="audit_head_from_one"
            ),
        ),
        migrations.AddField(
            model_name="auditentry",
            name="partition",
            field=models.PositiveSmallIntegerField(default=1, verbose_name="chain"),
        ),
        migrations.RunPython(append_only.guard, append_only.unguard),
    ]
