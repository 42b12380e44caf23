"""Application windows, their frozen forms, answers by question, submissions."""

import re

import django.core.validators
import django.db.models.deletion
import wagtail.fields
from django.conf import settings
from django.db import migrations, models

import incubator.labels.windows


class Migration(migrations.Migration):
    """Adds only; data move in the next one."""

    dependencies = [
        ("incubator", "0008_expiry_schedule"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ApplicationWindow",
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
                (
                    "key",
                    models.SlugField(
                        help_text="Part of the address: /apply/KEY/. It stays once the window is published.",
                        max_length=40,
                        unique=True,
                        verbose_name="key",
                    ),
                ),
                ("title", models.CharField(max_length=80, verbose_name="title")),
                (
                    "title_en",
                    models.CharField(blank=True, max_length=120, verbose_name="title in English"),
                ),
                (
                    "intro",
                    models.TextField(blank=True, max_length=1000, verbose_name="introduction"),
                ),
                (
                    "intro_en",
                    models.TextField(
                        blank=True, max_length=1500, verbose_name="introduction in English"
                    ),
                ),
                ("opens_on", models.DateField(verbose_name="first day")),
                (
                    "closes_on",
                    models.DateField(
                        blank=True,
                        help_text="Empty: until further notice.",
                        null=True,
                        verbose_name="last day",
                    ),
                ),
                (
                    "questions",
                    wagtail.fields.StreamField(
                        [
                            ("section", 2),
                            ("short", 13),
                            ("long", 15),
                            ("number", 21),
                            ("date", 22),
                            ("choice", 28),
                            ("choices", 28),
                            ("yes_no", 22),
                            ("file", 22),
                        ],
                        block_lookup={
                            0: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Title", "max_length": 80},
                            ),
                            1: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Title in English", "max_length": 120, "required": False},
                            ),
                            2: (
                                "wagtail.blocks.StructBlock",
                                [[("title", 0), ("title_en", 1)]],
                                {},
                            ),
                            3: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {
                                    "help_text": "Keep the key of a question that you asked before: answers can be taken over.",
                                    "label": "Key",
                                    "max_length": 40,
                                    "validators": [
                                        django.core.validators.RegexValidator(
                                            re.compile("[a-z][a-z0-9_]{0,39}"),
                                            "Small letters, digits and _, a letter first, at most 40 characters.",
                                        )
                                    ],
                                },
                            ),
                            4: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Question", "max_length": 120},
                            ),
                            5: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {
                                    "label": "Question in English",
                                    "max_length": 160,
                                    "required": False,
                                },
                            ),
                            6: (
                                "wagtail.blocks.TextBlock",
                                (),
                                {"label": "Help", "max_length": 400, "required": False, "rows": 2},
                            ),
                            7: (
                                "wagtail.blocks.TextBlock",
                                (),
                                {
                                    "label": "Help in English",
                                    "max_length": 600,
                                    "required": False,
                                    "rows": 2,
                                },
                            ),
                            8: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Why it is asked", "max_length": 200},
                            ),
                            9: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {
                                    "label": "Why it is asked, in English",
                                    "max_length": 300,
                                    "required": False,
                                },
                            ),
                            10: (
                                "wagtail.blocks.ChoiceBlock",
                                [],
                                {
                                    "choices": incubator.labels.windows.data_classes,
                                    "label": "Class of data",
                                },
                            ),
                            11: (
                                "wagtail.blocks.BooleanBlock",
                                (),
                                {"default": True, "label": "Required", "required": False},
                            ),
                            12: (
                                "wagtail.blocks.IntegerBlock",
                                (),
                                {
                                    "default": 80,
                                    "label": "Characters at most",
                                    "max_value": 200,
                                    "min_value": 1,
                                },
                            ),
                            13: (
                                "wagtail.blocks.StructBlock",
                                [
                                    [
                                        ("key", 3),
                                        ("title", 4),
                                        ("title_en", 5),
                                        ("help", 6),
                                        ("help_en", 7),
                                        ("purpose", 8),
                                        ("purpose_en", 9),
                                        ("klass", 10),
                                        ("required", 11),
                                        ("limit", 12),
                                    ]
                                ],
                                {},
                            ),
                            14: (
                                "wagtail.blocks.IntegerBlock",
                                (),
                                {
                                    "default": 2000,
                                    "label": "Characters at most",
                                    "max_value": 5000,
                                    "min_value": 1,
                                },
                            ),
                            15: (
                                "wagtail.blocks.StructBlock",
                                [
                                    [
                                        ("key", 3),
                                        ("title", 4),
                                        ("title_en", 5),
                                        ("help", 6),
                                        ("help_en", 7),
                                        ("purpose", 8),
                                        ("purpose_en", 9),
                                        ("klass", 10),
                                        ("required", 11),
                                        ("limit", 14),
                                    ]
                                ],
                                {},
                            ),
                            16: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Unit", "max_length": 20, "required": False},
                            ),
                            17: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Unit in English", "max_length": 30, "required": False},
                            ),
                            18: (
                                "wagtail.blocks.FloatBlock",
                                (),
                                {"label": "At least", "required": False},
                            ),
                            19: (
                                "wagtail.blocks.FloatBlock",
                                (),
                                {"label": "At most", "required": False},
                            ),
                            20: (
                                "wagtail.blocks.IntegerBlock",
                                (),
                                {"default": 0, "label": "Decimals", "max_value": 4, "min_value": 0},
                            ),
                            21: (
                                "wagtail.blocks.StructBlock",
                                [
                                    [
                                        ("key", 3),
                                        ("title", 4),
                                        ("title_en", 5),
                                        ("help", 6),
                                        ("help_en", 7),
                                        ("purpose", 8),
                                        ("purpose_en", 9),
                                        ("klass", 10),
                                        ("required", 11),
                                        ("unit", 16),
                                        ("unit_en", 17),
                                        ("least", 18),
                                        ("most", 19),
                                        ("decimals", 20),
                                    ]
                                ],
                                {},
                            ),
                            22: (
                                "wagtail.blocks.StructBlock",
                                [
                                    [
                                        ("key", 3),
                                        ("title", 4),
                                        ("title_en", 5),
                                        ("help", 6),
                                        ("help_en", 7),
                                        ("purpose", 8),
                                        ("purpose_en", 9),
                                        ("klass", 10),
                                        ("required", 11),
                                    ]
                                ],
                                {},
                            ),
                            23: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {
                                    "label": "Key",
                                    "max_length": 40,
                                    "validators": [
                                        django.core.validators.RegexValidator(
                                            re.compile("[a-z][a-z0-9_]{0,39}"),
                                            "Small letters, digits and _, a letter first, at most 40 characters.",
                                        )
                                    ],
                                },
                            ),
                            24: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Option", "max_length": 120},
                            ),
                            25: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {
                                    "label": "Option in English",
                                    "max_length": 160,
                                    "required": False,
                                },
                            ),
                            26: (
                                "wagtail.blocks.StructBlock",
                                [[("code", 23), ("text", 24), ("text_en", 25)]],
                                {},
                            ),
                            27: (
                                "wagtail.blocks.ListBlock",
                                (26,),
                                {"label": "Options", "max_num": 40, "min_num": 2},
                            ),
                            28: (
                                "wagtail.blocks.StructBlock",
                                [
                                    [
                                        ("key", 3),
                                        ("title", 4),
                                        ("title_en", 5),
                                        ("help", 6),
                                        ("help_en", 7),
                                        ("purpose", 8),
                                        ("purpose_en", 9),
                                        ("klass", 10),
                                        ("required", 11),
                                        ("options", 27),
                                    ]
                                ],
                                {},
                            ),
                        },
                        verbose_name="questions",
                    ),
                ),
                (
                    "checks",
                    wagtail.fields.StreamField(
                        [("check", 7)],
                        blank=True,
                        block_lookup={
                            0: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {
                                    "label": "Key",
                                    "max_length": 40,
                                    "validators": [
                                        django.core.validators.RegexValidator(
                                            re.compile("[a-z][a-z0-9_]{0,39}"),
                                            "Small letters, digits and _, a letter first, at most 40 characters.",
                                        )
                                    ],
                                },
                            ),
                            1: (
                                "wagtail.blocks.TextBlock",
                                (),
                                {
                                    "help_text": 'For example {"field": "case_text.characters", "op": "ge", "value": 60}.',
                                    "label": "Holds when (JSON)",
                                    "max_length": 4000,
                                    "rows": 3,
                                },
                            ),
                            2: (
                                "wagtail.blocks.ChoiceBlock",
                                [],
                                {
                                    "choices": incubator.labels.windows.outcomes,
                                    "label": "When it does not hold",
                                },
                            ),
                            3: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Name", "max_length": 80, "required": False},
                            ),
                            4: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Name in English", "max_length": 120, "required": False},
                            ),
                            5: (
                                "wagtail.blocks.TextBlock",
                                (),
                                {
                                    "help_text": "{got} stands for what was counted, {wanted} for what is asked for.",
                                    "label": "What the firm is told",
                                    "max_length": 300,
                                    "rows": 2,
                                },
                            ),
                            6: (
                                "wagtail.blocks.TextBlock",
                                (),
                                {
                                    "label": "What the firm is told, in English",
                                    "max_length": 400,
                                    "rows": 2,
                                },
                            ),
                            7: (
                                "wagtail.blocks.StructBlock",
                                [
                                    [
                                        ("key", 0),
                                        ("when", 1),
                                        ("otherwise", 2),
                                        ("title", 3),
                                        ("title_en", 4),
                                        ("reason", 5),
                                        ("reason_en", 6),
                                    ]
                                ],
                                {},
                            ),
                        },
                        verbose_name="machine check",
                    ),
                ),
                (
                    "closing_note",
                    models.TextField(blank=True, max_length=1000, verbose_name="why it was closed"),
                ),
            ],
            options={
                "verbose_name": "application window",
                "verbose_name_plural": "application windows",
                "ordering": ["-opens_on", "-pk"],
            },
        ),
        migrations.AddField(
            model_name="application",
            name="answers",
            field=models.JSONField(blank=True, default=dict, verbose_name="answers"),
        ),
        migrations.AddField(
            model_name="application",
            name="declared_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="declared at"),
        ),
        migrations.AddField(
            model_name="application",
            name="taken_over",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AlterField(
            model_name="applicationattachment",
            name="kind",
            field=models.CharField(max_length=40, verbose_name="question"),
        ),
        migrations.CreateModel(
            name="FormVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField(verbose_name="version")),
                ("digest", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("content", models.JSONField(verbose_name="content")),
                ("frozen_at", models.DateTimeField(verbose_name="published")),
                (
                    "frozen_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "window",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="forms",
                        to="incubator.applicationwindow",
                    ),
                ),
            ],
            options={
                "verbose_name": "form version",
                "verbose_name_plural": "form versions",
                "ordering": ["window", "-number"],
            },
        ),
        migrations.AddField(
            model_name="applicationwindow",
            name="current",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="incubator.formversion",
            ),
        ),
        migrations.AddField(
            model_name="application",
            name="form",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="applications",
                to="incubator.formversion",
            ),
        ),
        migrations.CreateModel(
            name="ApplicationSubmission",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField(verbose_name="submission")),
                ("answers", models.JSONField(blank=True, default=dict, verbose_name="answers")),
                ("files", models.JSONField(blank=True, default=list, verbose_name="files")),
                ("machine_result", models.JSONField(verbose_name="machine check")),
                ("declared_at", models.DateTimeField(verbose_name="declared at")),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="submissions",
                        to="incubator.application",
                    ),
                ),
                (
                    "declared_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "submission",
                "verbose_name_plural": "submissions",
                "ordering": ["application", "number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("application", "number"), name="application_submission_once"
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="formversion",
            constraint=models.UniqueConstraint(
                fields=("window", "number"), name="form_version_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="applicationwindow",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ("draft", "published", "closed"))),
                name="window_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="applicationwindow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("closes_on__isnull", True),
                    ("closes_on__gte", models.F("opens_on")),
                    _connector="OR",
                ),
                name="window_days_in_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="applicationwindow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state", "draft"), ("current__isnull", False), _connector="XOR"
                ),
                name="window_has_its_form",
            ),
        ),
    ]
