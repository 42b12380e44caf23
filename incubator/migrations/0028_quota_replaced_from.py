"""A grant keeps the months before a change takes its place."""

from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    """Schema only."""

    dependencies = [("incubator", "0027_whole_python")]

    operations = [
        migrations.AddField(
            model_name="resourcerequest",
            name="replaced_from",
            field=models.DateField(blank=True, null=True, verbose_name="replaced by a change from"),
        ),
        migrations.AddConstraint(
            model_name="resourcerequest",
            constraint=models.CheckConstraint(
                condition=Q(replaced_from__isnull=True) | Q(replaced_from__gt=F("first_month")),
                name="resource_request_replaced",
            ),
        ),
    ]
