"""Jobs that are over keep no invitation's link."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def remove_links(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Leave the invitation's id; what still waits is done by either release with its link."""
    jobs = apps.get_model("portal", "Job").objects.filter(
        task="portal.services.accounts.mail_invitation"
    )
    for job in jobs.exclude(state="waiting").iterator(chunk_size=500):
        if job.payload.pop("url", None) is not None:
            jobs.filter(pk=job.pk).update(payload=job.payload)


class Migration(migrations.Migration):
    """Data only."""

    dependencies = [("portal", "0023_cluster_signs")]

    operations = [migrations.RunPython(remove_links, migrations.RunPython.noop)]
