"""The register of uses: what an accepted deliverable says, and which of it counts."""

from datetime import timedelta

import pytest

from incubator.models import ModuleUse
from incubator.receivers.modules import on_deliverable_accepted
from incubator.selectors.module_uses import firms_delivering, module_evidence
from incubator.services.module_uses import record_uses
from portal.domain.identifiers import make_uscc
from portal.events import DeliverableAccepted, ModulesUsed, load
from portal.models import AuditEntry, EventRecord, Organisation
from portal.services.accounts import add_member
from portal.services.registers import record_relation
from tests.incubator.modules_story import admitted_firm, contributed, published, used
from tests.world import World

USCC = make_uscc("91", "630123", "MAD00001")


def codes() -> list[str]:
    return list(ModuleUse.objects.order_by("pk").values_list("uncounted", flat=True))


def test_use_of_another_firms_module_and_of_the_countys_counts(world: World):
    used(world, contributed(world), delivery=1)
    used(world, published(world), delivery=2)
    assert codes() == ["", ""]
    entry = AuditEntry.objects.filter(action="incubator.module.use").latest("pk")
    assert (entry.actor_id, entry.organisation_id) == (None, world.organisation("owner").pk)
    assert entry.data == {"version": 2, "releases": [ModuleUse.objects.latest("pk").release_id]}


def test_use_of_the_own_module_does_not_count(world: World):
    used(world, contributed(world, "owner"))
    assert codes() == ["own"]


@pytest.mark.parametrize("swapped", [False, True])
def test_use_by_a_consortium_partner_does_not_count(world: World, swapped):
    ends = [world.organisation("owner"), world.organisation("owner2")]
    one, other = reversed(ends) if swapped else ends
    record_relation(kind="partnered", organisation=one, other=other, since=world.now.date())
    used(world, contributed(world))
    assert codes() == ["tied"]


@pytest.mark.parametrize(("login", "firm"), [("owner", "owner2"), ("owner2", "owner")])
def test_use_by_a_firm_that_shares_a_person_does_not_count(world: World, login, firm):
    release = contributed(world)
    add_member(
        user=world.people[login],
        organisation=world.organisation(firm),
        role="firm_member",
        actor=None,
        now=world.now,
    )
    used(world, release)
    assert codes() == ["tied"]


def test_use_by_a_firm_at_the_same_address_does_not_count(world: World):
    firms = [world.organisation(login).pk for login in ("owner", "owner2")]
    Organisation.objects.filter(pk__in=firms).update(address="湟源县示例路 1 号")
    used(world, contributed(world))
    assert codes() == ["tied"]


def test_tie_that_comes_later_changes_nothing_that_was_counted(world: World):
    release = used(world, contributed(world))
    one, other = world.organisation("owner"), world.organisation("owner2")
    record_relation(kind="partnered", organisation=one, other=other, since=world.now.date())
    used(world, release, delivery=2)
    assert codes() == ["", "tied"]


def test_accepted_news_is_recorded_once_and_dated_by_the_acceptance(world: World):
    release = contributed(world)
    record = EventRecord.objects.create(
        name="DeliverableAccepted",
        payload={
            "deliverable_id": 5,
            "organisation_id": world.organisation("owner").pk,
            "version_id": 7,
            "release_ids": [release.pk],
        },
        created_at=world.now,
        due_at=world.now,
    )
    event = load(record)
    later = world.now + timedelta(days=3)
    for _again in range(2):
        on_deliverable_accepted(event, event_id=record.pk, now=later)
    use = ModuleUse.objects.get()
    assert (use.deliverable, use.version, use.release) == (5, 7, release)
    assert use.accepted_at == world.now
    assert str(use) == f"{world.organisation('owner')} · hy-part 1.0.0"
    told = EventRecord.objects.get(name="ModulesUsed")
    assert load(told) == ModulesUsed(
        organisation_id=use.organisation_id, contributor_ids=(release.module.owner_id,)
    )


def test_news_that_was_partly_recorded_is_completed(world: World):
    one, other = contributed(world), contributed(world, name="hy-other")
    used(world, one)
    record_uses(
        releases=[one.pk, other.pk],
        organisation_id=world.organisation("owner").pk,
        deliverable_id=1,
        version_id=1,
        accepted_at=world.now,
        now=world.now,
    )
    assert list(ModuleUse.objects.order_by("pk").values_list("release", flat=True)) == [
        one.pk,
        other.pk,
    ]


def test_news_without_modules_and_from_before_them_is_nothing(world: World):
    event = DeliverableAccepted(deliverable_id=1, organisation_id=2)
    on_deliverable_accepted(event, event_id=0, now=world.now)
    assert ModuleUse.objects.count() == 0


def test_evidence_counts_distinct_modules_and_distinct_firms(world: World, queries):
    release, newer = contributed(world), contributed(world, version="1.1.0")
    other = contributed(world, name="hy-other")
    admitted_firm(world, USCC)
    for number, one in enumerate((release, newer, newer, other), start=1):
        used(world, one, delivery=number)
    used(world, release, "learner", delivery=5)
    used(world, release, "owner2", delivery=6)
    user, owner = world.organisation("owner").pk, world.organisation("owner2").pk
    since, until = world.now - timedelta(days=1), world.now + timedelta(days=1)
    with queries(2):
        found = module_evidence([user, owner, 0], reused_since=since, until=until)
    assert [(one.name, len(one.firms)) for one in found[owner].reused] == [
        ("hy-other", 1),
        ("hy-part", 2),
    ]
    assert (found[owner].reusers, found[owner].used) == (2, [])
    assert [one.name for one in found[user].used] == ["hy-other", "hy-part"]
    assert (found[user].reusers, found[0].reusers) == (0, 0)


def test_evidence_keeps_to_its_days(world: World):
    used(world, contributed(world))
    user, owner = world.organisation("owner").pk, world.organisation("owner2").pk
    day = timedelta(days=1)
    before = module_evidence([user, owner], reused_since=world.now, until=world.now - day)
    after = module_evidence([user, owner], reused_since=world.now + day, until=world.now + day)
    assert (before[user].used, before[owner].reusers) == ([], 0)
    assert (len(after[user].used), after[owner].reusers) == (1, 0)


def test_firms_delivering_shows_what_counts_beside_what_does_not(world: World):
    release = contributed(world)
    for number, login in enumerate(("owner", "owner", "owner2"), start=1):
        used(world, release, login, number)
    found = firms_delivering(release.module)
    names = [world.organisation(login).name for login in ("owner", "owner2")]
    assert sorted((row["name"], row["deliveries"], row["uncounted"]) for row in found) == sorted(
        zip(names, (2, 1), ("", "own"), strict=True)
    )
