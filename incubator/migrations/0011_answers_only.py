"""Every application has its form; the columns of the first form go."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """After the answers have moved."""

    dependencies = [
        ("incubator", "0010_first_form"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="application",
            name="business_scope",
        ),
        migrations.RemoveField(
            model_name="application",
            name="case_text",
        ),
        migrations.RemoveField(
            model_name="application",
            name="contact_person",
        ),
        migrations.RemoveField(
            model_name="application",
            name="contact_phone",
        ),
        migrations.RemoveField(
            model_name="application",
            name="core_products",
        ),
        migrations.RemoveField(
            model_name="application",
            name="form_version",
        ),
        migrations.RemoveField(
            model_name="application",
            name="scenarios",
        ),
        migrations.RemoveField(
            model_name="application",
            name="technical_staff",
        ),
        migrations.AlterField(
            model_name="application",
            name="form",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="applications",
                to="incubator.formversion",
            ),
        ),
    ]
