"""The published list: issued where it changed, with the digest of what it says."""

import hashlib
from datetime import timedelta

import pytest

from certification.models import ProviderListing
from certification.services.grades import cancel_grade, resume_grade, revoke_grade, suspend_grade
from certification.services.listings import refresh_listing
from certification.services.snapshots import publish_list
from certification.tasks import publish_list as nightly
from portal.models import IssuedDocument
from portal.services.registers import canonical_json
from tests.certification.rounds import MIDDLE, NEW, Known, effective

pytestmark = pytest.mark.django_db


@pytest.fixture
def grade(world):
    """One firm graded B, one not graded."""
    firm, other = world.organisation("owner"), world.organisation("owner2")
    (found,) = effective(world, {firm: MIDDLE})
    known = Known({firm.pk: MIDDLE, other.pk: NEW})
    for one in (firm, other):
        refresh_listing(organisation_id=one.pk, now=world.now, gather=known)
    return found


def rows(document: IssuedDocument) -> dict[str, tuple[str | None, str]]:
    return {row["name"]: (row["tier"], row["status"]) for row in document.payload["providers"]}


def test_list_says_every_provider_and_its_digest_is_of_that(world, grade):
    made = publish_list(now=world.now)

    firm, other = world.organisation("owner"), world.organisation("owner2")
    assert rows(made) == {firm.name: ("B", "active"), other.name: (None, "not_graded")}
    line = next(row for row in made.payload["providers"] if row["name"] == firm.name)
    assert line["statement"] == grade.document.number
    assert line["total"] == f"{grade.scorecard.total:.2f}"
    assert made.digest == hashlib.sha256(canonical_json(made.payload).encode()).hexdigest()
    assert made.number.startswith("HYQD-2026-")


def test_list_without_a_change_is_not_published_again(world, grade):
    made = publish_list(now=world.now)

    assert publish_list(now=world.now + timedelta(days=1)) is None
    made.refresh_from_db()
    assert made.state == "valid"


def test_changed_list_supersedes_the_one_before(world, grade):
    before = publish_list(now=world.now)
    suspend_grade(
        grade=grade,
        reason="核查",
        until=world.now.date() + timedelta(days=30),
        actor=world.lead,
        now=world.now,
    )

    after = publish_list(now=world.now)

    before.refresh_from_db()
    assert (before.state, before.state_reason) == ("superseded", after.number)
    assert rows(after)[world.organisation("owner").name] == (None, "suspended")


def test_day_that_passes_changes_the_list(world, grade):
    publish_list(now=world.now)

    after = publish_list(now=world.now + timedelta(days=5000))

    assert rows(after)[world.organisation("owner").name] == (None, "expired")


def test_revocation_publishes_the_list_anew(world, grade):
    world.drain()
    (before,) = IssuedDocument.objects.filter(kind="recommendation_snapshot")
    revoke_grade(
        grade=grade,
        reason="佐证不实",
        may_reapply_on=world.now.date() + timedelta(days=700),
        actor=world.lead,
        now=world.now,
    )
    world.drain()

    after = IssuedDocument.objects.get(kind="recommendation_snapshot", state="valid")
    assert after.pk != before.pk
    assert rows(after)[world.organisation("owner").name][0] is None


def suspend(world, grade):
    grade = suspend_grade(
        grade=grade,
        reason="核查",
        until=world.now.date() + timedelta(days=30),
        actor=world.lead,
        now=world.now,
    )
    world.drain()
    return grade


def resume(world, grade):
    return resume_grade(grade=grade, actor=world.lead, now=world.now)


@pytest.mark.parametrize(
    ("move", "shown"),
    [
        (suspend, (None, "suspended")),
        (lambda world, grade: resume(world, suspend(world, grade)), ("B", "active")),
        (
            lambda world, grade: cancel_grade(
                grade=grade, reason="自愿退出", actor=world.owner, now=world.now
            ),
            (None, "not_graded"),
        ),
    ],
    ids=["suspend", "resume", "cancel"],
)
def test_change_of_a_grade_publishes_the_list_anew(world, grade, move, shown):
    world.drain()
    before = IssuedDocument.objects.filter(kind="recommendation_snapshot").count()
    move(world, grade)
    world.drain()

    lists = IssuedDocument.objects.filter(kind="recommendation_snapshot")
    assert lists.count() > before
    assert rows(lists.get(state="valid"))[world.organisation("owner").name] == shown


def test_night_publishes_and_then_rests(world, grade):
    assert nightly().startswith("HYQD-")
    assert nightly() == ""


def test_sign_without_a_glyph_does_not_stop_the_list(world, grade):
    ProviderListing.objects.filter(organisation=grade.organisation).update(name="示例😀公司")

    assert "示例〓公司" in rows(publish_list(now=world.now))
