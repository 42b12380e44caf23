"""A database of the first release, taken to today's code and back, with real rows in it:

    DATABASE_URL=… python -m tests.support.first_release

The database is empty at the start. Prints JSON: what the tables held at the first release, after
the way to today's code and back, and after the way to it again; and what the trail said there.
"""

import json
import os
from datetime import UTC, date, datetime
from uuid import UUID

import django

FIRST_RELEASE = {
    "portal": "0005_access_tokens",
    "incubator": "0002_core_metadata",
    "village_pilot": "0001_initial",
    "certification": "0001_initial",
}
OURS = ("portal_", "incubator_", "village_pilot_", "certification_", "django_q_schedule")
AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def migrate_to(targets: dict[str, str]) -> None:
    """Migrate our apps, those that depend on others first when going back."""
    from django.core.management import call_command

    for app in reversed(targets):
        call_command("migrate", app, targets[app], verbosity=0, interactive=False)


def models_of_first_release():
    """Return the models as they were."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    loader = MigrationExecutor(connection).loader
    return loader.project_state(list(FIRST_RELEASE.items())).apps.get_model


def fill() -> None:
    """Write a county with a firm, its application, its grade and the trail of that."""
    model = models_of_first_release()
    county = model("portal", "Region").objects.create(
        code="630123000000", name="湟源县", type="county"
    )
    user = model("portal", "User").objects.create(email="lead@demo.example", name="评价负责人")
    firm = model("portal", "Organisation").objects.create(
        kind="firm", name="示例数科甲有限公司", uscc="91630123MAC000017X", region=county
    )
    model("portal", "Membership").objects.create(
        user=user, organisation=firm, role="firm_signer", since=AT
    )
    model("portal", "StoredFile").objects.create(
        id=UUID(int=7),
        use="evidence",
        name="报告.pdf",
        sha256="a" * 64,
        size=10,
        media_type="application/pdf",
        uploader=user,
        organisation=firm,
        created_at=AT,
    )
    notice = model("portal", "Notice").objects.create(
        number="HYGS-2026-000001-0",
        kind="grades",
        title="公示",
        body="名单",
        rows=[{"name": firm.name}],
        opens_on=date(2026, 11, 2),
        closes_on=date(2026, 11, 9),
        created_at=AT,
    )
    document = model("portal", "IssuedDocument").objects.create(
        number="HYPJ-2026-000001-0",
        kind="grading_statement",
        title="能力分级评价结果",
        holder_name=firm.name,
        organisation=firm,
        payload={"tier": "A"},
        digest="b" * 64,
        issued_at=AT,
    )
    model("portal", "Job").objects.create(
        key="mail:1",
        task="portal.notifications.mail",
        payload={"pk": 1},
        state="done",
        created_at=AT,
        finished_at=AT,
    )
    event = model("portal", "EventRecord").objects.create(
        name="GradeTookEffect", payload={"grade_id": 1}, created_at=AT, delivered_at=AT
    )
    model("portal", "EventReceipt").objects.create(
        event=event, subscriber="incubator.receivers.on_grade", handled_at=AT
    )
    model("incubator", "Application").objects.create(
        number="HYSQ-2026-000001-0",
        organisation=firm,
        form_version="1",
        created_by=user,
        state="admitted",
        state_since=AT,
        created_at=AT,
        saved_at=AT,
        submitted_at=AT,
        proposed_at=AT,
        notice=notice,
        admitted_on=date(2026, 11, 10),
        scenarios=["消费帮扶"],
    )
    grade(model, user, firm, document)
    append_trail(model, user)


def grade(model, user, firm, document) -> None:
    """Write a round with its scorecard and grade."""
    rubric = model("certification", "RubricVersion").objects.create(
        code="county-dsp",
        version="0.1",
        content={"id": "county-dsp"},
        digest="c" * 64,
        effective_from=date(2026, 1, 1),
        adopted_by=user,
        adopted_at=AT,
    )
    held = model("certification", "AssessmentRound").objects.create(
        number="HYPD-2026-000001-0",
        title="第一轮",
        rubric=rubric,
        since=date(2026, 1, 1),
        until=date(2026, 10, 31),
        state="effective",
        state_since=AT,
        created_at=AT,
    )
    card = model("certification", "Scorecard").objects.create(
        round=held,
        organisation=firm,
        evidence={"fields": {}},
        evidence_digest="d" * 64,
        result={"total": 86.5},
        total=86.5,
        proposed_tier="A",
        scored_at=AT,
        decision="confirmed",
        decided_by=user,
        decided_at=AT,
    )
    model("certification", "Grade").objects.create(
        organisation=firm,
        scorecard=card,
        document=document,
        tier="A",
        tier_rank=1,
        valid_from=date(2026, 11, 10),
        valid_until=date(2029, 11, 9),
        confirmed_by=user,
        state="active",
        state_since=AT,
        created_at=AT,
    )


def append_trail(model, user) -> None:
    """Append three entries as the first release did: one chain, one head."""
    from portal.domain.audit_chain import FIELDS, entry_digest

    head = model("portal", "AuditHead").objects.get(id=1)
    for number in range(head.number + 1, head.number + 4):
        entry = model("portal", "AuditEntry")(
            number=number,
            at=AT,
            actor_id=user.pk,
            actor_name=user.name,
            action="grade.confirm",
            outcome="done",
            data={"number": number, "note": "依据充分"},
            previous=head.digest,
        )
        values = {name: getattr(entry, name) for name in FIELDS}
        entry.digest = head.digest = entry_digest(values, AT)
        entry.save(force_insert=True)
    head.number = number
    head.save()


def held() -> dict[str, tuple[int, str]]:
    """Return what our own tables hold."""
    from tests.support.contents import contents

    return {table: found for table, found in contents().items() if table.startswith(OURS)}


def main() -> None:
    """Go there, back, and there again; then write to the trail."""
    from django.core.management import call_command
    from django.utils import timezone

    from portal.models import AuditEntry
    from portal.services.audit import verify_chain
    from portal.services.operations import operation

    told = {}
    migrate_to(FIRST_RELEASE)
    fill()
    told["first"] = held()
    call_command("migrate", verbosity=0, interactive=False)
    told["walked"] = (verify_chain().broken, verify_chain().checked)
    migrate_to(FIRST_RELEASE)
    told["back"] = held()
    call_command("migrate", verbosity=0, interactive=False)
    with operation("tests.deed", actor=None, now=timezone.now()):
        pass
    told["again"] = (verify_chain().broken, verify_chain().checked)
    told["entries"] = AuditEntry.objects.count()
    print(json.dumps(told))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    django.setup()
    main()
