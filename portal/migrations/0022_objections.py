"""Objections to public notices are lodged and answered in the portal."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Two tables."""

    dependencies = [
        ("portal", "0021_calendar_feeds"),
    ]

    operations = [
        migrations.CreateModel(
            name="Objection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("state", models.CharField(db_index=True, max_length=32, verbose_name="state")),
                ("state_since", models.DateTimeField(verbose_name="in this state since")),
                ("version", models.PositiveIntegerField(default=1, verbose_name="version")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("number", models.CharField(max_length=40, unique=True, verbose_name="number")),
                ("row", models.PositiveSmallIntegerField(verbose_name="row")),
                ("real_name", models.CharField(max_length=80, verbose_name="real name")),
                ("grounds", models.TextField(max_length=4000, verbose_name="grounds")),
                ("evidence", models.TextField(max_length=4000, verbose_name="evidence")),
                ("due_on", models.DateField(verbose_name="due on")),
                ("admissibility_reason", models.TextField(blank=True, max_length=2000)),
                ("decision_reason", models.TextField(blank=True, max_length=2000)),
                (
                    "handled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "notice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="objections",
                        to="portal.notice",
                    ),
                ),
                (
                    "objector",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="portal.organisation",
                    ),
                ),
            ],
            options={
                "verbose_name": "objection",
                "verbose_name_plural": "objections",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="ObjectionFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("added_at", models.DateTimeField(verbose_name="added at")),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="portal.storedfile",
                    ),
                ),
                (
                    "objection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="files",
                        to="portal.objection",
                    ),
                ),
            ],
            options={
                "verbose_name": "evidence of an objection",
                "verbose_name_plural": "evidence of objections",
                "ordering": ["id"],
            },
        ),
        migrations.AddConstraint(
            model_name="objection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ("lodged", "admissible", "inadmissible", "upheld", "dismissed"))
                ),
                name="objection_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="objection",
            constraint=models.UniqueConstraint(
                fields=("notice", "row", "objector"), name="objection_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="objection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("grounds", ""), _negated=True),
                    models.Q(("evidence", ""), _negated=True),
                    models.Q(("real_name", ""), _negated=True),
                ),
                name="objection_has_evidence",
            ),
        ),
        migrations.AddConstraint(
            model_name="objection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state", "lodged"),
                    models.Q(
                        models.Q(("admissibility_reason", ""), _negated=True),
                        ("handled_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="objection_answer_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="objection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["upheld", "dismissed"]), _negated=True),
                    models.Q(("decision_reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="objection_decision_has_reason",
            ),
        ),
    ]
