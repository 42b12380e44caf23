"""Privacy notices, who accepted them, requests about personal data."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import portal.labels


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0012_account_security"),
    ]

    operations = [
        migrations.CreateModel(
            name="PrivacyNotice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.CharField(max_length=20, unique=True, verbose_name="version")),
                ("text", models.TextField(verbose_name="text")),
                ("text_en", models.TextField(blank=True, verbose_name="text in English")),
                (
                    "changes",
                    models.CharField(blank=True, max_length=300, verbose_name="what is new"),
                ),
                (
                    "changes_en",
                    models.CharField(
                        blank=True, max_length=400, verbose_name="what is new, in English"
                    ),
                ),
                ("digest", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("published_at", models.DateTimeField(verbose_name="published at")),
            ],
            options={
                "verbose_name": "privacy notice",
                "verbose_name_plural": "privacy notices",
                "ordering": ["-pk"],
            },
        ),
        migrations.AddField(
            model_name="user",
            name="restricted_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="use restricted since"),
        ),
        migrations.CreateModel(
            name="DataRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=portal.labels.data_request_kinds, max_length=12, verbose_name="kind"
                    ),
                ),
                ("text", models.TextField(max_length=1000, verbose_name="what it is about")),
                ("asked_at", models.DateTimeField(verbose_name="asked at")),
                ("due_on", models.DateField(verbose_name="answer due")),
                (
                    "answered_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="answered at"),
                ),
                ("granted", models.BooleanField(default=False, verbose_name="granted")),
                ("answer", models.TextField(blank=True, max_length=1000, verbose_name="answer")),
                (
                    "answered_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "request about personal data",
                "verbose_name_plural": "requests about personal data",
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("answered_at__isnull", True)),
                        fields=("user", "kind"),
                        name="one_open_data_request",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("answered_at__isnull", True),
                            ("answered_at__gte", models.F("asked_at")),
                            _connector="OR",
                        ),
                        name="data_request_in_order",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PrivacyAcceptance",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("accepted_at", models.DateTimeField(verbose_name="accepted at")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "notice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="portal.privacynotice",
                    ),
                ),
            ],
            options={
                "verbose_name": "acceptance of a privacy notice",
                "verbose_name_plural": "acceptances of privacy notices",
                "constraints": [
                    models.UniqueConstraint(fields=("user", "notice"), name="privacy_accepted_once")
                ],
            },
        ),
    ]
