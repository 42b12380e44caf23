"""Applications of before are held against a first form that asks what they were asked."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone

FORM = Path(__file__).parents[1] / "domain" / "first_form.json"
KEY = "first"
TEXTS = ("business_scope", "core_products", "case_text", "contact_person", "contact_phone")
ANSWERS = (*TEXTS, "technical_staff", "scenarios")
FILES = ("licence", "contract", "other")
ATTACHMENTS = "attachments"


def digest_of(content: dict) -> str:
    """Return the SHA-256 (hex) of the canonical JSON."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def content_of(first: datetime) -> dict:
    """Return the first form, open since the first application."""
    form = json.loads(FORM.read_text(encoding="utf-8"))
    opens_on = timezone.localdate(first).isoformat()
    return {**form, "opens_on": opens_on, "closes_on": None}


def stream(kind: str, value: dict) -> dict:
    """Return a block as a StreamField keeps it."""
    if "options" in value:
        options = [{"type": "item", "value": option} for option in value["options"]]
        value = {**value, "options": options}
    return {"type": kind, "value": value}


def window_of(apps: Apps, content: dict, now: datetime):
    """Publish the window of the applications of before, open until further notice."""
    questions = [
        stream(one["type"], {name: part for name, part in one.items() if name != "type"})
        for one in content["questions"]
    ]
    checks = [
        stream("check", {**one, "when": json.dumps(one["when"], ensure_ascii=False)})
        for one in content["checks"]
    ]
    return apps.get_model("incubator", "ApplicationWindow").objects.create(
        key=KEY,
        state="draft",
        state_since=now,
        created_at=now,
        opens_on=content["opens_on"],
        questions=json.dumps(questions, ensure_ascii=False),
        checks=json.dumps(checks, ensure_ascii=False),
        **{name: content[name] for name in ("title", "title_en", "intro", "intro_en")},
    )


def to_answers(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Move answers into the new column; one form for each form version that there was."""
    rows = apps.get_model("incubator", "Application").objects
    oldest = rows.order_by("created_at").first()
    if oldest is None:
        return
    now = datetime.now(tz=UTC)
    content = content_of(oldest.created_at)
    window = window_of(apps, content, now)
    forms = {}
    for number, said in enumerate(sorted(set(rows.values_list("form_version", flat=True))), 1):
        its = {**content, "form_version": said}
        forms[said] = apps.get_model("incubator", "FormVersion").objects.create(
            window=window, number=number, content=its, digest=digest_of(its), frozen_at=now
        )
    window.current, window.state = forms[max(forms)], "published"
    window.save()
    for row in rows.order_by("pk").iterator():
        row.form = forms[row.form_version]
        found = {name: getattr(row, name) for name in ANSWERS}
        row.answers = {name: one for name, one in found.items() if one not in ("", None, [])}
        row.asked = opened(row.asked)
        row.machine_result = in_words(row.machine_result, content)
        row.declared_at = row.submitted_at
        row.save()
        if row.submitted_at is not None:
            submission_of(apps, row)


def opened(asked: dict) -> dict:
    """Return the notes on questions; one on the files is one on each kind of them."""
    if ATTACHMENTS not in asked:
        return asked
    rest = {name: note for name, note in asked.items() if name != ATTACHMENTS}
    return {**rest, **dict.fromkeys(FILES, asked[ATTACHMENTS])}


def in_words(result: dict | None, content: dict) -> dict | None:
    """Return a result of the machine check with the words that it had."""
    if result is None:
        return None
    checks = {one["key"]: one for one in content["checks"]}
    words = ("title", "title_en", "reason", "reason_en")
    findings = [
        {
            "key": code,
            "answer": code if answer == ATTACHMENTS else answer,
            "outcome": outcome,
            "got": got,
            "wanted": wanted,
            **{name: checks[code][name] for name in words},
        }
        for code, answer, outcome, got, wanted in result["findings"]
    ]
    return {**result, "findings": findings}


def submission_of(apps: Apps, row) -> None:
    """Keep what was sent, as it stands, as the first submission."""
    live = row.attachments.filter(removed_at__isnull=True).select_related("file").order_by("pk")
    apps.get_model("incubator", "ApplicationSubmission").objects.create(
        application=row,
        number=1,
        answers=row.answers,
        files=[{"key": one.kind, "name": one.file.name, "sha256": one.file.sha256} for one in live],
        machine_result=row.machine_result or {"suggestion": "discretionary", "findings": []},
        declared_by_id=row.submitted_by_id,
        declared_at=row.submitted_at,
    )


def to_columns(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Move answers back, while there are none but those of the first form."""
    rows = apps.get_model("incubator", "Application").objects
    others = apps.get_model("incubator", "FormVersion").objects.exclude(
        content__has_key="form_version"
    )
    if rows.filter(form__in=others).exists():
        raise RuntimeError("applications to newer forms cannot be kept by the release before")
    for row in rows.select_related("form").order_by("pk").iterator():
        for name in TEXTS:
            setattr(row, name, row.answers.get(name, ""))
        row.technical_staff = row.answers.get("technical_staff")
        row.scenarios = row.answers.get("scenarios", [])
        row.form_version = row.form.content["form_version"]
        row.asked = closed(row.asked)
        row.machine_result = in_codes(row.machine_result)
        row.form = None
        row.save()
    apps.get_model("incubator", "ApplicationSubmission").objects.all().delete()
    windows = apps.get_model("incubator", "ApplicationWindow").objects
    windows.update(current=None, state="draft")
    apps.get_model("incubator", "FormVersion").objects.all().delete()
    windows.all().delete()


def closed(asked: dict) -> dict:
    """Return the notes as they were: one on all files."""
    notes = [asked[kind] for kind in FILES if kind in asked]
    rest = {name: note for name, note in asked.items() if name not in FILES}
    return {**rest, ATTACHMENTS: notes[0]} if notes else rest


def in_codes(result: dict | None) -> dict | None:
    """Return a result of the machine check as the release before kept it."""
    if result is None:
        return None
    findings = [
        [
            one["key"],
            ATTACHMENTS if one["answer"] in FILES else one["answer"],
            one["outcome"],
            one["got"],
            one["wanted"],
        ]
        for one in result["findings"]
    ]
    return {"version": "1.0", **result, "findings": findings}


class Migration(migrations.Migration):
    """Data, apart from the schema."""

    dependencies = [("incubator", "0009_windows")]

    operations = [migrations.RunPython(to_answers, to_columns)]
