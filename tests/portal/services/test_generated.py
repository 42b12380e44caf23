"""Bulk rows: valid, marked, the same every time, removable."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from portal.domain.identifiers import parse_uscc
from portal.models import Organisation
from portal.services.generated import generate_organisations, remove_generated


def generated() -> list[Organisation]:
    return list(Organisation.objects.filter(generated=True).order_by("uscc"))


def test_generated_firms_are_valid_and_marked(world, now):
    assert generate_organisations(count=3, now=now) == 3
    assert [parse_uscc(firm.uscc).value for firm in generated()] == [
        firm.uscc for firm in generated()
    ]
    assert [firm.name for firm in generated()] == [
        "生成服务商0000001",
        "生成服务商0000002",
        "生成服务商0000003",
    ]
    assert all(firm.region_id for firm in generated())
    for firm in generated():
        firm.full_clean()


def test_second_call_adds_what_is_missing(db, now):
    assert generate_organisations(count=3, now=now) == 3
    assert generate_organisations(count=3, now=now) == 0
    assert generate_organisations(count=5, now=now) == 2
    assert {firm.region_id for firm in generated()} == {None}


def test_removal_takes_the_generated_ones_only(world, now, trail):
    before = Organisation.objects.count()
    generate_organisations(count=3, now=now)
    assert remove_generated(now=now) == 3
    assert Organisation.objects.count() == before
    assert [action for action, *_rest in trail()] == [
        "organisations.generated",
        "organisations.generate",
        "organisations.removed",
        "organisations.remove_generated",
    ]


def test_progress_is_told_after_every_batch(db, now, monkeypatch):
    monkeypatch.setattr("portal.services.generated.BATCH", 2)
    told: list[int] = []
    generate_organisations(count=5, now=now, progress=told.append)
    remove_generated(now=now, progress=told.append)
    assert told == [2, 4, 5, 2, 4, 5]


def test_command_generates_and_removes(db, capsys):
    call_command("generate_providers", "3")
    call_command("generate_providers", "4")
    call_command("generate_providers", "--remove")
    assert capsys.readouterr().out.splitlines() == [
        "3 added, 0 there already",
        "1 added, 3 there already",
        "4 removed",
    ]


@pytest.mark.parametrize("count", ["0", "-1", "10000000", None])
def test_command_wants_a_number_in_range(db, count):
    with pytest.raises(CommandError, match="N is a whole number from 1 to 9999999"):
        call_command("generate_providers", *([count] if count else []))
