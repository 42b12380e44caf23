"""Permission, change and audit succeed or fail together."""

import pytest
from django.db import DatabaseError, connection

from portal.domain.lifecycle import Conflict
from portal.models import AuditEntry, Region
from portal.services.audit import verify_chain
from portal.services.operations import REQUEST, operation


def add_region(code: str = "630999000000") -> None:
    Region.objects.create(code=code, name="试验县", type="county")


def add_and_fail(error: Exception, **values) -> None:
    with operation("region.add", **values) as opened:
        add_region()
        opened.record("region.added")
        raise error


def test_operation_that_ends_well_is_audited(world, now, trail):
    with operation(
        "region.add", actor=world.staff, now=now, organisation=world.organisation("owner"), size=3
    ):
        add_region()
    assert trail() == [("region.add", "done", "")]
    entry = AuditEntry.objects.latest("number")
    assert entry.actor_id == world.staff.pk
    assert entry.actor_name == world.staff.name
    assert entry.organisation_id == world.organisation("owner").pk
    assert entry.data == {"size": 3}
    assert entry.at == now


def test_operation_knows_the_request(world, now):
    token = REQUEST.set({"id": "request-0001", "address": "192.0.2.1"})
    with operation("region.look", actor=None, now=now):
        pass
    REQUEST.reset(token)
    entry = AuditEntry.objects.latest("number")
    assert (entry.actor_name, entry.request_id, entry.address) == (
        "system",
        "request-0001",
        "192.0.2.1",
    )


def test_refusal_keeps_nothing_but_its_audit_entry(world, now, trail):
    with pytest.raises(Conflict, match="wrong_state"):
        add_and_fail(Conflict("wrong_state"), actor=world.staff, now=now)
    assert trail() == [("region.add", "refused", "wrong_state")]
    assert not Region.objects.filter(name="试验县").exists()


def test_failure_is_audited_by_its_type(world, now, trail):
    with pytest.raises(ZeroDivisionError):
        add_and_fail(ZeroDivisionError(), actor=world.staff, now=now)
    assert trail() == [("region.add", "failed", "ZeroDivisionError")]
    assert not Region.objects.filter(name="试验县").exists()


def test_nested_operations_are_one_transaction_with_all_entries(world, now, trail):
    with operation("outer", actor=world.staff, now=now) as opened:
        with operation("inner", actor=None, now=now):
            add_region()
        opened.record("noted")
    assert trail() == [("inner", "done", ""), ("noted", "done", ""), ("outer", "done", "")]


def test_nested_refusal_takes_the_outer_one_with_it(world, now, trail):
    def outer() -> None:
        with operation("outer", actor=world.staff, now=now):
            add_region("630997000000")
            add_and_fail(Conflict("stale"), actor=None, now=now)

    with pytest.raises(Conflict):
        outer()
    assert trail() == [("outer", "refused", "stale")]
    assert not Region.objects.filter(name="试验县").exists()


def test_nested_refusal_that_is_caught_leaves_no_trace_of_what_was_undone(world, now, trail):
    with operation("outer", actor=world.staff, now=now):
        with pytest.raises(Conflict):
            add_and_fail(Conflict("stale"), actor=None, now=now)
        add_region("630998000000")
    assert trail() == [("outer", "done", "")]
    assert list(Region.objects.filter(name="试验县").values_list("code", flat=True)) == [
        "630998000000"
    ]


def test_business_write_fails_when_its_audit_entry_cannot_be_written(transactional_db, now):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE portal_auditentry RENAME TO portal_auditentry_away")
    with pytest.raises(DatabaseError), operation("region.add", actor=None, now=now):
        add_region()
    assert not Region.objects.filter(name="试验县").exists()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE portal_auditentry_away RENAME TO portal_auditentry")
    assert verify_chain().broken is None
