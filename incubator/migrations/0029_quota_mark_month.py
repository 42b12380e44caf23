"""Messages about 80 and 100 percent name their month; those sent before get it from their key."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def name_month(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Read the month from ``quota_mark:REQUEST:MONTH:MARK``."""
    notifications = apps.get_model("portal", "Notification").objects.filter(kind="quota_mark")
    for row in notifications.iterator():
        row.params = {**row.params, "month": row.key.split(":")[2]}
        row.save(update_fields=["params"])


class Migration(migrations.Migration):
    """Data, apart from the schema."""

    dependencies = [
        ("incubator", "0028_quota_replaced_from"),
        ("portal", "0024_job_links"),
    ]

    operations = [migrations.RunPython(name_month, migrations.RunPython.noop)]
