"""The chains find every tampering; the tables themselves refuse it; anchors are published."""

import os
import subprocess
import sys
import threading
import tracemalloc
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from portal import tasks
from portal.domain.audit_chain import CHAINS, NOTHING, genesis, sha256_of
from portal.models import AuditAnchor, AuditCut, AuditEntry, AuditHead
from portal.services import audit
from portal.services.audit import (
    ChainReport,
    prune_audit,
    publish_anchor,
    stored_moment,
    verify_chain,
)
from portal.services.operations import append_audit, entry_values, operation


def append(count: int, now) -> None:
    rows = [entry_values(None, f"tests.{n}", None, None, "", {"n": n}) for n in range(count)]
    with transaction.atomic():
        append_audit(rows, now=now)


def unguard(cursor) -> None:
    """Do what only somebody with the database's own password can: switch the triggers off."""
    if connection.vendor == "sqlite":
        for name in ("audit", "anchor", "cut"):
            cursor.execute(f"DROP TRIGGER {name}_no_update")
            cursor.execute(f"DROP TRIGGER {name}_no_delete")
    else:
        for name in ("entry", "anchor", "cut"):
            cursor.execute(f"ALTER TABLE portal_audit{name} DISABLE TRIGGER USER")


def tamper(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        unguard(cursor)
        cursor.execute(statement, values)


@pytest.fixture
def chain(db, now) -> int:
    """Five entries in a chain; return the number of the last."""
    append(5, now)
    return AuditEntry.objects.latest("number").number


@pytest.fixture
def whole(chain) -> int:
    """Return how many entries there are."""
    return AuditEntry.objects.count()


def test_whole_chain_is_verified(whole):
    assert verify_chain() == ChainReport(whole)


@pytest.mark.parametrize("column", ["action", "reason", "actor_name", "address", "outcome"])
def test_changed_entry_is_found(chain, whole, column):
    tamper(f"UPDATE portal_auditentry SET {column} = 'x' WHERE number = %s", chain - 2)
    assert verify_chain() == ChainReport(whole - 3, chain - 2, "digest")


@pytest.mark.parametrize(
    ("column", "value"),
    [("data", '{"n": 9}'), ("at", "2026-11-23 00:00:00.000001+00"), ("organisation_id", 9)],
)
def test_changed_value_of_any_type_is_found(chain, whole, column, value):
    tamper(f"UPDATE portal_auditentry SET {column} = %s WHERE number = %s", value, chain - 2)
    assert verify_chain() == ChainReport(whole - 3, chain - 2, "digest")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("organisation_id", "null"),
        ("actor_id", 1.5),
        ("reason", b"x"),
        ("at", "yesterday"),
        ("data", '{"n": 2} '),
    ],
)
def test_value_that_is_none_of_its_column_is_found(chain, whole, column, value):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL takes no such value")
    tamper(f"UPDATE portal_auditentry SET {column} = %s WHERE number = %s", value, chain - 2)
    assert verify_chain() == ChainReport(whole - 3, chain - 2, "digest")


def test_removed_entry_is_found(chain, whole):
    tamper("DELETE FROM portal_auditentry WHERE number = %s", chain - 2)
    assert verify_chain() == ChainReport(whole - 3, chain - 1, "link")


def test_entry_with_another_predecessor_is_found(chain, whole):
    tamper("UPDATE portal_auditentry SET previous = digest WHERE number = %s", chain - 2)
    assert verify_chain() == ChainReport(whole - 3, chain - 2, "link")


def test_cut_off_end_is_found(chain, whole):
    tamper("DELETE FROM portal_auditentry WHERE number > %s", chain - 2)
    assert verify_chain() == ChainReport(whole - 2, chain - 1, "head")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE portal_auditentry SET action = 'x'",
        "DELETE FROM portal_auditentry",
        "UPDATE portal_auditanchor SET text = 'x'",
        "DELETE FROM portal_auditanchor",
    ],
)
def test_table_refuses_change(chain, now, statement):
    publish_anchor(now=now)
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert verify_chain().broken is None


def test_progress_is_told_after_every_batch(whole, monkeypatch):
    monkeypatch.setattr(audit, "BATCH", 2)
    told: list[int] = []
    verify_chain(told.append)
    assert told == sorted({*range(2, whole + 1, 2), whole})


def test_walk_takes_the_memory_of_a_batch_not_of_the_chain(db, now, monkeypatch):
    def peak(batch: int) -> int:
        monkeypatch.setattr(audit, "BATCH", batch)
        tracemalloc.start()
        assert verify_chain().broken is None
        _size, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    append(3000, now)
    peak(100)
    assert peak(100) * 4 < peak(3000)


def test_verify_audit_says_that_the_chain_is_whole(whole, capsys):
    call_command("verify_audit")
    assert capsys.readouterr().out == f"{whole} entries, the chain is whole.\n"


def test_verify_audit_names_the_first_broken_entry(chain):
    tamper("UPDATE portal_auditentry SET action = 'x' WHERE number = %s", chain - 2)
    with pytest.raises(CommandError) as caught:
        call_command("verify_audit")
    assert str(caught.value) == (
        f"Entry {chain - 2} is broken (digest): it was changed after it was written."
    )
    assert caught.value.returncode == 1


# --- Several chains


def test_entry_moved_to_another_chain_is_found(chain, whole):
    tamper("UPDATE portal_auditentry SET partition = 2 WHERE number = %s", chain - 2)
    assert verify_chain() == ChainReport(whole - 3, chain - 1, "link")


def test_entry_of_a_chain_that_is_none_is_found(chain, whole):
    tamper("UPDATE portal_auditentry SET partition = 99 WHERE number = %s", chain)
    assert verify_chain() == ChainReport(whole - 1, chain, "head")


def test_entry_added_beyond_the_end_is_found(chain, whole):
    other = AuditHead.objects.get(id=5)
    tamper(
        "INSERT INTO portal_auditentry SELECT number + 10, at, actor_id, actor_name, action, "
        "outcome, subject_type, subject_id, organisation_id, reason, data, request_id, address, "
        "previous, digest, %s FROM portal_auditentry WHERE number = %s",
        other.id,
        chain,
    )
    assert verify_chain() == ChainReport(whole, chain + 10, "head")


def test_every_chain_starts_from_a_place_of_its_own(db):
    heads = dict(AuditHead.objects.exclude(id=1).values_list("id", "digest"))
    assert heads == {number: genesis(number) for number in range(2, CHAINS + 1)}


def test_without_a_head_nothing_is_written(db, now):
    before = AuditEntry.objects.count()
    AuditHead.objects.all().delete()
    with pytest.raises(AuditHead.DoesNotExist), operation("tests.deed", actor=None, now=now):
        pass
    assert AuditEntry.objects.count() == before


@pytest.mark.postgres_only
def test_writers_take_chains_that_are_free(transactional_db, now):
    """While one transaction holds a chain, another goes on in the next and waits for nobody."""
    append(2, now)

    def elsewhere() -> None:
        append(3, now)
        connection.close()

    with transaction.atomic():
        append_audit([entry_values(None, "tests.slow", None, None, "", {})], now=now)
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join(timeout=20)
        assert not thread.is_alive()
    used = AuditHead.objects.filter(length__gt=0).values_list("id", flat=True)
    assert set(used) == {1, 2}
    assert AuditHead.objects.get(id=2).length == 3
    assert verify_chain() == ChainReport(AuditEntry.objects.count())


@pytest.mark.postgres_only
def test_writer_waits_when_every_chain_is_taken(transactional_db, now):
    done = threading.Event()

    def elsewhere() -> None:
        append(1, now)
        done.set()
        connection.close()

    with transaction.atomic():
        list(AuditHead.objects.select_for_update())
        thread = threading.Thread(target=elsewhere)
        thread.start()
        assert not done.wait(timeout=1)
    thread.join(timeout=20)
    assert done.is_set()
    assert verify_chain().broken is None


def test_walk_leaves_out_what_was_appended_after_it_began(chain, whole, now, monkeypatch):
    ends = audit.chain_ends

    def ends_then_more():
        found = ends()
        append(2, now)
        return found

    monkeypatch.setattr(audit, "chain_ends", ends_then_more)
    assert verify_chain() == ChainReport(whole)


# --- Anchors


def test_anchor_is_published_once_a_day(chain, now, trail):
    anchor = publish_anchor(now=now)
    assert publish_anchor(now=now + timedelta(hours=8)) == anchor
    assert AuditAnchor.objects.count() == 1
    assert [action for action, _outcome, _reason in trail()] == ["audit.anchored", "audit.anchor"]


def test_anchor_names_every_end_and_the_anchor_before(chain, whole, now):
    first = publish_anchor(now=now)
    second = publish_anchor(now=now + timedelta(days=1))
    assert (first.on, second.on) == (date(2026, 11, 23), date(2026, 11, 24))
    assert (first.previous, second.previous) == (NOTHING, first.root)
    assert (first.entries, second.entries) == (whole, whole + 2)
    assert first.ends[0].number == chain
    assert first.root == sha256_of(first.text)
    assert verify_chain().broken is None


def test_task_publishes_and_returns_the_root(chain):
    assert tasks.publish_anchor() == AuditAnchor.objects.get().root


def rewrite(now) -> None:
    """Write the whole trail anew, as somebody with the database's password could."""
    with connection.cursor() as cursor:
        unguard(cursor)
        cursor.execute("DELETE FROM portal_auditentry")
    AuditHead.objects.all().delete()
    AuditHead.objects.bulk_create(
        [AuditHead(id=n, digest=genesis(n)) for n in range(1, CHAINS + 1)]
    )
    append(20, now + timedelta(seconds=1))


def test_trail_written_anew_contradicts_its_anchor(chain, now):
    anchor = publish_anchor(now=now)
    rewrite(now)
    report = verify_chain()
    assert (report.problem, report.anchor) == ("anchor", anchor.on)
    with pytest.raises(CommandError, match=r"the anchor of 2026-11-23 says otherwise"):
        call_command("verify_audit")


def test_trail_wound_back_behind_its_anchor_is_found(chain, now):
    anchor = publish_anchor(now=now)
    kept = AuditEntry.objects.get(number=chain - 1)
    tamper("DELETE FROM portal_auditentry WHERE number >= %s", chain)
    AuditHead.objects.filter(id=kept.partition).update(
        number=kept.number, length=4, digest=kept.digest
    )
    report = verify_chain()
    assert (report.checked, report.problem, report.anchor) == (4, "anchor", anchor.on)


def test_anchor_written_anew_contradicts_its_root(chain, now):
    anchor = publish_anchor(now=now)
    tamper("UPDATE portal_auditanchor SET text = replace(text, %s, %s)", "2026", "2025")
    report = verify_chain()
    assert (report.checked, report.problem, report.anchor) == (0, "root", anchor.on)


def test_removed_anchor_is_missed_by_the_next(chain, whole, now):
    days = [publish_anchor(now=now + timedelta(days=n)).on for n in range(3)]
    tamper("DELETE FROM portal_auditanchor WHERE entries = %s", whole + 2)
    report = verify_chain()
    assert (report.problem, report.anchor) == ("root", days[2])


def test_root_noted_elsewhere_is_held_against_the_trail(chain, whole, now, capsys):
    anchor = publish_anchor(now=now)
    call_command("verify_audit", "--root", f"{anchor.on}={anchor.root.upper()}")
    with pytest.raises(CommandError, match=r"the anchor of 2026-11-23 is not what was published"):
        call_command("verify_audit", "--root", f"{anchor.on}={NOTHING}")
    with pytest.raises(CommandError, match=r"the anchor of 2026-11-22 is not what was published"):
        call_command("verify_audit", "--root", f"2026-11-22={anchor.root}")
    with pytest.raises(CommandError, match="write it as YYYY-MM-DD=SHA256"):
        call_command("verify_audit", "--root", "yesterday")


# --- Retention


def days_of_entries(now, count: int) -> None:
    """Three entries and an anchor on each of ``count`` days, the last a day before ``now``."""
    for day in range(count, 0, -1):
        append(3, now - timedelta(days=day, hours=1))
        publish_anchor(now=now - timedelta(days=day))


@pytest.fixture
def old(db, now):
    """Six days of entries, all older than a year."""
    then = now - timedelta(days=400)
    days_of_entries(then, 6)
    return then


def test_nothing_is_removed_unless_a_setting_says_so(old, now):
    before = AuditEntry.objects.count()
    assert prune_audit(now=now) == 0
    assert AuditEntry.objects.count() == before


def test_what_is_older_than_the_setting_goes_and_the_rest_is_still_whole(old, now, settings):
    settings.AUDIT_KEEP_DAYS = 365
    append(4, now)
    anchor = AuditAnchor.objects.latest("on")
    assert prune_audit(now=now) == anchor.entries
    assert AuditEntry.objects.filter(action="audit.cut").count() == 6
    report = verify_chain()
    assert report == ChainReport(AuditEntry.objects.count())
    assert prune_audit(now=now) == 0
    publish_anchor(now=now)
    assert verify_chain().broken is None


def test_chain_that_stood_still_between_two_days_is_cut_once(db, now, settings, monkeypatch):
    then = now - timedelta(days=400)
    with monkeypatch.context() as patch:
        patch.setattr("portal.services.operations.locked_head", lambda: AuditHead.objects.get(id=2))
        append(2, then - timedelta(days=3))
    days_of_entries(then, 2)
    settings.AUDIT_KEEP_DAYS = 365
    assert prune_audit(now=now) == AuditAnchor.objects.latest("on").entries
    assert AuditCut.objects.filter(chain=2).count() == 1
    assert verify_chain() == ChainReport(AuditEntry.objects.count())


def test_only_days_that_are_due_go(old, now, settings):
    settings.AUDIT_KEEP_DAYS = 184
    at = old + timedelta(days=184) - timedelta(days=3)
    due = AuditAnchor.objects.order_by("on")[2]
    assert prune_audit(now=at) == due.entries
    assert AuditEntry.objects.order_by("number")[0].at > due.at - timedelta(seconds=1)
    assert verify_chain().broken is None


@pytest.mark.parametrize("keep", [1, 30, 183])
def test_less_than_six_months_is_not_done_whatever_the_setting(db, now, settings, keep):
    settings.AUDIT_KEEP_DAYS = keep
    days_of_entries(now - timedelta(days=180), 3)
    assert prune_audit(now=now) == 0


@pytest.mark.parametrize("keep", ["1", "183", "-1"])
def test_portal_does_not_start_on_a_setting_below_six_months(keep):
    done = subprocess.run(
        [sys.executable, "-c", "import config.settings.test"],
        env={**os.environ, "AUDIT_KEEP_DAYS": keep},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "AUDIT_KEEP_DAYS must be 0 (for ever) or at least 184." in done.stderr


def refused(statement: str) -> None:
    with (
        pytest.raises(DatabaseError, match="append-only for 184 days"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def cut(number: int, now) -> None:
    AuditCut.objects.create(chain=1, number=number, length=number, digest=NOTHING, at=now)


def test_database_keeps_young_entries_even_where_a_cut_names_them(chain, now):
    cut(chain, now)
    refused("DELETE FROM portal_auditentry")


def test_database_keeps_old_entries_that_no_cut_names(old, now):
    refused("DELETE FROM portal_auditentry")


def test_cut_that_no_anchor_names_is_found(old, chain, now):
    last = AuditEntry.objects.get(number=chain)
    AuditCut.objects.create(chain=1, number=chain, length=chain, digest=last.digest, at=now)
    tamper("DELETE FROM portal_auditentry WHERE number <= %s", chain)
    assert verify_chain() == ChainReport(0, chain, "cut")


def test_removal_of_more_than_the_cut_says_is_found(old, now, settings):
    settings.AUDIT_KEEP_DAYS = 365
    append(4, now)
    prune_audit(now=now)
    first = AuditEntry.objects.earliest("number").number
    tamper("DELETE FROM portal_auditentry WHERE number = %s", first)
    assert verify_chain() == ChainReport(0, first + 1, "link")


def test_prune_audit_tells_what_it_did(db, capsys, settings):
    days_of_entries(timezone.now() - timedelta(days=400), 2)
    call_command("prune_audit", "--dry-run")
    assert capsys.readouterr().out == "Would remove: nothing.\n"
    settings.AUDIT_KEEP_DAYS = 365
    last = AuditAnchor.objects.latest("on")
    call_command("prune_audit", "--dry-run")
    assert capsys.readouterr().out == f"Would remove: up to the anchor of {last.on}.\n"
    assert tasks.prune_audit() == last.entries
    call_command("prune_audit")
    assert capsys.readouterr().out == "0 entries removed.\n"


def test_moments_of_both_databases_are_written_alike():
    held = datetime(2026, 11, 27, 8, 30, 0, 5, tzinfo=UTC)
    assert stored_moment(held) == stored_moment("2026-11-27 08:30:00.000005")
