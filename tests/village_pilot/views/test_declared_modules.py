"""The page of a deliverable: the firm declares modules, reviewer and village read them."""

import pytest
from django.urls import reverse

from incubator.models import ModuleRelease
from incubator.services.modules import yank_release
from portal.models import FormDraft
from tests.incubator.modules_story import contributed, published, take
from tests.village_pilot.story import NOTE, Story, fresh
from tests.village_pilot.views.test_pages import url
from tests.world import World
from village_pilot.models import DeliverableVersion
from village_pilot.services.declared_modules import declare_modules

TITLE = "统一社会信用代码校验"


@pytest.fixture
def story(world: World) -> Story:
    return Story(world)


def draft_with(story: Story, count: int = 1) -> DeliverableVersion:
    """Return a draft that declares so many modules of the firm's own."""
    found = [contributed(story.world, "owner", f"hy-own-{number}") for number in range(count)]
    version = story.draft()
    declare_modules(
        version=version,
        releases=[one.pk for one in found],
        actor=story.world.owner,
        now=story.now,
    )
    return version


def test_firm_chooses_from_what_it_took_and_hands_in(story: Story):
    release = take(story.world, published(story.world))
    contributed(story.world)
    version, client = story.draft(), story.world.client("owner", "en")
    form = client.get(url("deliverable", version.pk)).context["choice"]
    assert [pk for pk, _words in form.fields["releases"].choices] == [release.pk]
    answer = client.post(url("deliverable_modules", version.pk), {"releases": [release.pk]})
    assert (answer.status_code, answer["Location"]) == (302, url("deliverable", version.pk))
    page = client.get(url("deliverable", version.pk))
    assert page.context["choice"].initial == {"releases": [release.pk]}
    assert "checked" in page.text
    client.post(url("deliverable_submit", version.pk), {"note": NOTE, "version": 1})
    page = client.get(url("deliverable", version.pk))
    assert page.context["choice"] is None
    assert [one.pk for one in page.context["declared"]] == [release.pk]


def test_what_is_ticked_is_handed_in_without_keeping_it_first(story: Story):
    release = take(story.world, published(story.world))
    version, client = story.draft(), story.world.client("owner", "en")
    path = reverse("portal:draft", args=[f"deliverable:{version.pk}"])
    typed = {"offered": "1", "releases": [release.pk], "note": "写到一半"}
    client.post(path, typed)
    page = client.get(url("deliverable", version.pk))
    assert "写到一半" in page.text
    assert page.context["choice"]["releases"].value() == [str(release.pk)]
    assert "checked" in page.text
    client.post(url("deliverable_submit", version.pk), typed | {"note": NOTE, "version": 1})
    assert (fresh(version).state, list(version.declared_ids)) == ("technical_review", [release.pk])
    assert not FormDraft.objects.exists()


def test_text_is_kept_with_the_choice(story: Story):
    release = take(story.world, published(story.world))
    version, client = story.draft(), story.world.client("owner", "en")
    values = {"offered": "1", "releases": [release.pk], "note": "写到一半"}
    client.post(url("deliverable_modules", version.pk), values)
    assert "写到一半" in story.world.client("member", "en").get(url("deliverable", version.pk)).text
    client.post(
        url("deliverable_modules", version.pk), values | {"releases": ["0"], "note": "再写"}
    )
    assert (fresh(version).note, list(version.declared_ids)) == ("写到一半", [release.pk])


def test_text_that_is_too_long_is_not_cut_when_the_choice_is_kept(story: Story):
    version, client = draft_with(story), story.world.client("owner", "en")
    long = "长" * 2001
    answer = client.post(url("deliverable_modules", version.pk), {"offered": "1", "note": long})
    assert (answer.status_code, long in answer.text) == (422, True)
    assert (fresh(version).note, version.declared.count()) == ("", 1)
    client.post(url("deliverable_modules", version.pk), {"offered": "1", "note": ""})
    assert version.declared.count() == 0


def test_nothing_ticked_is_handed_in_as_nothing(story: Story):
    version = draft_with(story)
    values = {"offered": "1", "note": NOTE, "version": 1}
    story.world.client("owner").post(url("deliverable_submit", version.pk), values)
    assert (fresh(version).state, version.declared.count()) == ("technical_review", 0)


def test_module_that_is_not_offered_stops_the_hand_in(story: Story):
    version = draft_with(story)
    values = {"offered": "1", "releases": ["0"], "note": "这一段要留着", "version": 1}
    answer = story.world.client("owner").post(url("deliverable_submit", version.pk), values)
    assert (answer.status_code, "这一段要留着" in answer.text) == (422, True)
    assert (fresh(version).state, version.declared.count()) == ("draft", 1)


def test_firm_that_took_nothing_is_led_to_the_library(story: Story):
    version = story.draft()
    page = story.world.client("owner", "en").get(url("deliverable", version.pk))
    assert "library of shared modules" in page.text
    assert url("deliverable_modules", version.pk) not in page.text


@pytest.mark.parametrize("value", ["0", "x", "9" * 30])
def test_choice_that_was_not_offered_is_drawn_again(story: Story, value):
    version = draft_with(story)
    client = story.world.client("owner", "en")
    answer = client.post(url("deliverable_modules", version.pk), {"releases": [value]})
    assert answer.status_code == 422
    assert answer.context["choice"].errors.keys() == {"releases"}
    assert version.declared.count() == 1


def test_withdrawn_choice_is_marked_and_stays_ticked_until_taken_away(story: Story):
    version = draft_with(story, 2)
    gone, kept = list(version.declared_ids)
    yank_release(
        release=ModuleRelease.objects.get(pk=gone), reason="有误", actor=story.world.staff,
        now=story.now,
    )  # fmt: skip
    client = story.world.client("owner", "en")
    page = client.get(url("deliverable", version.pk))
    words = dict(page.context["choice"].fields["releases"].choices)
    assert ["Withdrawn since" in words[pk] for pk in (gone, kept)] == [True, False]
    assert page.text.count("checked") == 2
    change = url("deliverable_modules", version.pk)
    assert client.post(change, {"releases": [gone]}).status_code == 302
    assert list(version.declared_ids) == [gone]
    assert client.post(change, {"releases": [kept]}).status_code == 302
    answer = client.post(change, {"releases": [gone, kept]})
    assert answer.status_code == 422
    assert "a withdrawn one can only stay where it was ticked already" in answer.text
    assert list(version.declared_ids) == [kept]


def test_choice_that_comes_too_late_is_refused_and_says_so(story: Story):
    version = story.submit(draft_with(story))
    release = version.declared.get().release_id
    client = story.world.client("member", "en")
    answer = client.post(url("deliverable_modules", version.pk), {"releases": [release]})
    assert answer.status_code == 409
    assert "Files and modules are changed in drafts" in answer.text
    assert version.declared.count() == 1


def test_reviewer_and_village_read_what_is_declared(story: Story):
    release = take(story.world, published(story.world))
    version = story.draft()
    declare_modules(version=version, releases=[release.pk], actor=story.world.owner, now=story.now)
    version = story.submit(version)
    reviewer = story.world.client(version.reviewer.email.split("@")[0])
    assert TITLE in reviewer.get(url("review", version.pk)).text
    assert TITLE in reviewer.get(url("deliverable", version.pk)).text
    story.review(version)
    for login in ("signer", "clerk"):
        assert TITLE in story.world.client(login).get(url("accept", version.pk)).text
    story.decide(fresh(version))
    assert TITLE in story.world.client("signer").get(url("accept", version.pk)).text


def test_reviewer_reads_that_none_is_declared(story: Story):
    version = story.submitted()
    reviewer = story.world.client(version.reviewer.email.split("@")[0], "en")
    assert "The firm declares none." in reviewer.get(url("review", version.pk)).text


@pytest.mark.parametrize("count", [1, 3])
def test_pages_take_the_same_queries_for_any_number_of_modules(story: Story, queries, count):
    version = draft_with(story, count)
    owner, signer = story.world.client("owner"), story.world.client("signer")
    with queries(19):
        owner.get(url("deliverable", version.pk))
    version = story.submit(version)
    reviewer = story.world.client(version.reviewer.email.split("@")[0])
    with queries(14):
        reviewer.get(url("review", version.pk))
    story.review(version)
    with queries(15):
        signer.get(url("accept", version.pk))


def test_refused_hand_in_is_there_after_the_file_was_added(story: Story):
    """As a browser without scripts sends it: the form, then the upload that was asked for."""
    release = take(story.world, published(story.world))
    version, client = story.draft(), story.world.client("owner", "en")
    version.files.clear()
    typed = {"offered": "1", "releases": [release.pk], "note": NOTE, "version": 1, "draft_base": ""}
    assert client.post(url("deliverable_submit", version.pk), typed).status_code == 422
    page = client.get(url("deliverable", version.pk))
    assert page.context["submit"].initial["note"] == NOTE
    assert page.context["choice"].initial == {"releases": [str(release.pk)]}


def test_form_that_comes_too_late_leaves_no_draft(story: Story):
    version, client = story.draft(), story.world.client("owner", "en")
    sent = {"note": NOTE, "version": 1, "draft_base": ""}
    client.post(url("deliverable_submit", version.pk), sent)
    late = client.post(url("deliverable_submit", version.pk), {**sent, "note": "另一页的话"})
    assert (late.status_code, FormDraft.objects.count()) == (409, 0)
