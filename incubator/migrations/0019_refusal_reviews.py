"""A refused firm may ask once for a review by other people; older refusals get their day."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import incubator.labels.applications


def date_refusals(apps, _schema_editor):
    """Note when and by whom older applications were rejected, as state and trail have it."""
    application = apps.get_model("incubator", "Application")
    entry = apps.get_model("portal", "AuditEntry")
    user = apps.get_model("portal", "User")
    for row in application.objects.filter(state="rejected", rejected_at__isnull=True):
        deed = entry.objects.filter(
            action="incubator.application.reject",
            outcome="done",
            subject_type="incubator.application",
            subject_id=str(row.pk),
        ).last()
        person = user.objects.filter(pk=deed.actor_id).first() if deed else None
        application.objects.filter(pk=row.pk).update(
            rejected_at=row.state_since,
            proposed_at=None,
            refused_at=row.state_since,
            refused_by=person,
        )


class Migration(migrations.Migration):
    """One table, one column, two constraints that know the new states."""

    dependencies = [
        ("incubator", "0018_held_decisions"),
        ("portal", "0022_objections"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RefusalReview",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("asked_at", models.DateTimeField(verbose_name="asked at")),
                (
                    "grounds",
                    models.TextField(max_length=2000, verbose_name="grounds of the request"),
                ),
                (
                    "reason_codes",
                    models.JSONField(default=list, verbose_name="reasons of the refusal"),
                ),
                (
                    "feedback",
                    models.TextField(max_length=2000, verbose_name="feedback of the refusal"),
                ),
                ("due_on", models.DateField(verbose_name="due on")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=incubator.labels.applications.recheck_outcomes,
                        max_length=12,
                    ),
                ),
                ("reason", models.TextField(blank=True, max_length=2000, verbose_name="reason")),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "review of a refusal",
                "verbose_name_plural": "reviews of refusals",
            },
        ),
        migrations.RemoveConstraint(
            model_name="application",
            name="application_state_known",
        ),
        migrations.RemoveConstraint(
            model_name="application",
            name="application_one_live",
        ),
        migrations.AddField(
            model_name="applicationreview",
            name="of_refusal",
            field=models.BooleanField(default=False),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        (
                            "draft",
                            "submitted",
                            "screening",
                            "more_info",
                            "in_review",
                            "decision_pending",
                            "public_notice",
                            "admitted",
                            "rejected",
                            "review_requested",
                            "upheld",
                            "withdrawn",
                        ),
                    )
                ),
                name="application_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("state__in", ["rejected", "upheld", "withdrawn"]), _negated=True
                ),
                fields=("organisation",),
                name="application_one_live",
            ),
        ),
        migrations.AddField(
            model_name="refusalreview",
            name="application",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="refusal_review",
                to="incubator.application",
            ),
        ),
        migrations.AddField(
            model_name="refusalreview",
            name="asked_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="refusalreview",
            name="decided_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="refusalreview",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("outcome__in", ["", "upheld", "overturned", "reopened", "dropped"])
                ),
                name="refusal_review_outcome_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="refusalreview",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("outcome__in", ["", "dropped"]),
                    models.Q(
                        models.Q(("reason", ""), _negated=True),
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="refusal_review_has_reason",
            ),
        ),
        migrations.RunPython(date_refusals, migrations.RunPython.noop, elidable=False),
    ]
