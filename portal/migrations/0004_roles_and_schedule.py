"""The roles exist as groups; the sweep runs every minute; the audit chain has its end."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

ROLES = [
    "firm_signer",
    "firm_member",
    "expert",
    "learner",
    "village_clerk",
    "village_signer",
    "tech_reviewer",
    "assessor",
    "staff",
    "resource_manager",
    "training",
    "call_owner",
    "institute_member",
    "dispute_board",
    "lead",
    "second_reviewer",
    "appeal_panel",
    "officer",
    "leader",
    "sysadmin",
    "secadmin",
    "auditor",
]


def create(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create what is missing."""
    for name in ROLES:
        apps.get_model("auth", "Group").objects.get_or_create(name=name)
    apps.get_model("django_q", "Schedule").objects.get_or_create(
        name="sweep",
        defaults={"func": "portal.tasks.sweep", "schedule_type": "I", "minutes": 1, "repeats": -1},
    )
    apps.get_model("portal", "AuditHead").objects.get_or_create(id=1)


class Migration(migrations.Migration):
    """Data that the code relies on."""

    dependencies = [
        ("portal", "0003_append_only"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("django_q", "0018_task_success_index"),
    ]

    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
