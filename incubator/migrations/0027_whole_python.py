"""What releases say about Python, whole again where it was cut to 120 characters."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models.functions import Length

OLD, NEW = 120, 500


def mend(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Take the text from the release's metadata, which was never cut.

    One that is too long even now is left out: pip then asks the package itself, and no word
    about Python is better than half of one.
    """
    rows = apps.get_model("incubator", "ModuleRelease").objects
    for release in rows.annotate(size=Length("requires_python")).filter(size=OLD):
        whole = str(release.metadata.get("requires_python", release.requires_python))
        release.requires_python = whole if len(whole) <= NEW else ""
        release.save(update_fields=["requires_python"])


def cut(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """On the way back there is room for so much only."""
    rows = apps.get_model("incubator", "ModuleRelease").objects
    for release in rows.annotate(size=Length("requires_python")).filter(size__gt=OLD):
        release.requires_python = release.requires_python[:OLD]
        release.save(update_fields=["requires_python"])


class Migration(migrations.Migration):
    """Data only."""

    dependencies = [("incubator", "0026_longer_python")]

    operations = [migrations.RunPython(mend, cut)]
