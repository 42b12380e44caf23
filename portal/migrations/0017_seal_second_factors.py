"""What opens second factors is sealed: no plain key or seed stays in the database."""

from collections.abc import Callable

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from portal.drivers.sealing import is_sealed, load_keys, make_first_key, seal, unseal

SECRETS = ("secret", "seed")


def change(apps: Apps, wanted: Callable[[str], bool], deed: Callable[[str], str]) -> None:
    """Apply ``deed`` to every secret that is ``wanted``."""
    for row in apps.get_model("mfa", "Authenticator").objects.order_by("pk"):
        found = {
            name: deed(row.data[name])
            for name in SECRETS
            if isinstance(row.data.get(name), str) and wanted(row.data[name])
        }
        if found:
            row.data = row.data | found
            row.save(update_fields=["data"])


def seal_new(text: str) -> str:
    """Seal, with a first key where there is none."""
    if not load_keys():
        make_first_key()
    return seal(text)


def forwards(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Seal what lies open."""
    change(apps, lambda text: not is_sealed(text), seal_new)


def backwards(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Open what is sealed, for the release before."""
    change(apps, is_sealed, unseal)


class Migration(migrations.Migration):
    """Data, apart from the schema."""

    dependencies = [
        ("portal", "0016_lost_second_factors"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [migrations.RunPython(forwards, backwards)]
