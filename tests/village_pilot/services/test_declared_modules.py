"""Declaring the shared modules of a version, until it is handed in."""

import pytest
from django.db import DatabaseError, transaction

from incubator.models import ModuleUse
from incubator.selectors.module_uses import declarable, declared_releases
from incubator.services.modules import yank_release
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.models import AuditEntry
from tests.incubator.modules_story import contributed, published, submitted_only, take
from tests.village_pilot.story import Story, fresh
from tests.world import World
from village_pilot.documents import acceptance
from village_pilot.models import DeclaredModule, DeliverableVersion
from village_pilot.services.declared_modules import declare_modules
from village_pilot.services.deliverables import start_version


@pytest.fixture
def story(world: World) -> Story:
    return Story(world)


def declare(story: Story, version: DeliverableVersion, *releases: int, login: str = "owner"):
    declare_modules(
        version=version, releases=releases, actor=story.world.people[login], now=story.now
    )


def names(version: DeliverableVersion) -> list[str]:
    return [f"{one.module.name} {one.number}" for one in declared_releases(version.declared_ids)]


def test_choice_replaces_what_was_declared(story: Story):
    one, two = take(story.world, published(story.world)), contributed(story.world, "owner")
    version = story.draft()
    declare(story, version, one.pk)
    declare(story, version, two.pk, login="member")
    assert names(version) == ["hy-part 1.0.0"]
    declare(story, version)
    assert names(version) == []
    entry = AuditEntry.objects.filter(action="village_pilot.deliverable.modules").order_by("pk")
    assert [row.data["releases"] for row in entry] == [[one.pk], [two.pk], []]


@pytest.mark.parametrize("login", ["owner2", "staff", "signer", "techreview"])
def test_others_declare_nothing(story: Story, login):
    release = take(story.world, published(story.world))
    version = story.draft()
    with pytest.raises(NotAllowed):
        declare(story, version, release.pk, login=login)
    assert names(version) == []


def test_release_that_was_not_taken_is_refused(story: Story):
    version = story.draft()
    release = contributed(story.world)
    with pytest.raises(Invalid) as refused:
        declare(story, version, release.pk)
    assert dict(refused.value.fields) == {"releases": "module_not_taken"}


def test_own_release_that_is_not_published_is_refused(story: Story):
    version = story.draft()
    release = submitted_only(story.world, "owner")
    with pytest.raises(Invalid, match="module_not_taken"):
        declare(story, version, release.pk)


def test_withdrawn_release_stays_where_it_was_declared_and_is_offered_to_no_other(story: Story):
    release = take(story.world, published(story.world))
    version, other = story.draft(), story.draft(story.pilot())
    declare(story, version, release.pk)
    yank_release(release=release, reason="有误", actor=story.world.staff, now=story.now)
    declare(story, version, release.pk)
    assert names(version) == ["hy-uscc-check 1.0.0"]
    assert [one.withdrawn for one in declarable(story.firm.pk, version.declared_ids)] == [True]
    with pytest.raises(Invalid, match="module_not_taken"):
        declare(story, other, release.pk)


def test_declared_modules_stay_once_handed_in(story: Story):
    release = take(story.world, published(story.world))
    version = story.draft()
    declare(story, version, release.pk)
    version = story.submit(version)
    with pytest.raises(Conflict, match="not_editable"):
        declare(story, version)
    assert names(version) == ["hy-uscc-check 1.0.0"]
    story.review(version, "request_changes")
    declare(story, fresh(version))
    assert names(version) == []


def test_database_refuses_what_comes_after_handing_in(story: Story):
    one, two = take(story.world, published(story.world)), contributed(story.world, "owner")
    version = story.draft()
    declare(story, version, one.pk)
    rows = DeclaredModule.objects.filter(version=version)
    for deed in (
        lambda: rows.update(release=two),
        lambda: (story.submit(version), rows.delete()),
        lambda: (story.submit(version), rows.create(version=version, release=two)),
    ):
        with pytest.raises(DatabaseError, match="handed in"), transaction.atomic():
            deed()
    assert str(rows.get()) == f"{version.pk} {one.pk}"


def test_draft_takes_its_declarations_with_it(story: Story):
    version = story.draft()
    declare(story, version, take(story.world, published(story.world)).pk)
    version.delete()
    assert DeclaredModule.objects.count() == 0


def test_next_version_begins_with_the_same_modules(story: Story):
    release = take(story.world, published(story.world))
    version = story.draft()
    declare(story, version, release.pk)
    version = story.submit(version)
    story.review(version)
    story.decide(fresh(version), "refuse")
    story.world.drain()
    following = start_version(
        deliverable=version.deliverable, actor=story.world.owner, now=story.now
    )
    assert names(following) == ["hy-uscc-check 1.0.0"]
    assert ModuleUse.objects.count() == 0


@pytest.mark.parametrize("decision", ["accept", "accept_with_conditions"])
def test_acceptance_puts_the_modules_into_the_register_once(story: Story, decision):
    release = contributed(story.world)
    take(story.world, release)
    version = story.draft()
    declare(story, version, release.pk)
    version = story.submit(version)
    story.review(version)
    assert ModuleUse.objects.count() == 0
    story.decide(fresh(version), decision)
    story.world.drain()
    story.world.drain()
    use = ModuleUse.objects.get()
    assert (use.release, use.organisation, use.uncounted) == (release, story.firm, "")
    assert (use.deliverable, use.version) == (version.deliverable_id, version.pk)
    assert use.accepted_at == story.now


def test_offer_is_one_query(story: Story, queries):
    for name in ("hy-one", "hy-two", "hy-three"):
        contributed(story.world, "owner", name)
    with queries(1):
        assert [one.module.name for one in declarable(story.firm.pk)] == [
            "hy-one",
            "hy-three",
            "hy-two",
        ]


def test_acceptance_form_lists_what_is_in_the_delivery(story):
    release = take(story.world, published(story.world))
    version = story.draft()
    declare(story, version, release.pk)
    story.review(story.submit(version))
    document = story.decide(fresh(version)).document
    module = {
        "name": release.module.name,
        "version": release.number,
        "title": release.module.title,
    }
    assert document.payload["modules"] == [module]
    lines = [one.value for one in acceptance(document).facts if one.label.en.startswith("Shared")]
    assert lines == [f"{module['title']} {module['name']} {module['version']}"]
    count = len(acceptance(document).facts)
    del document.payload["modules"]  # as in forms of before
    assert len(acceptance(document).facts) == count - 1
