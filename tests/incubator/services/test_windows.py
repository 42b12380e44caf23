"""Windows: publication freezes, faults are refused, the first one is set up once."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import DatabaseError, transaction

from incubator.models import ApplicationWindow, FormVersion
from incubator.models.windows import content_of
from incubator.services import windows
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.models import AuditEntry
from tests.incubator import firms
from tests.incubator.forms import check, form, question


def draft(world, **changes):
    today = world.now.date()
    values = {"key": "autumn", "content": form(question("short")), "opens_on": today, **changes}
    return windows.create_window(now=world.now, **values)


def published(world, row):
    return windows.publish_window(window=row, actor=world.staff, now=world.now)


def test_first_window_is_set_up_once_with_the_rights_of_the_staff(world):
    first = windows.setup_applications(now=world.now)
    assert windows.setup_applications(now=world.now + timedelta(days=9)) == first
    assert ApplicationWindow.objects.count() == FormVersion.objects.count() == 1
    assert first.clock(world.now.date()) == "open"
    assert first.current.content == {
        **windows.first_content(),
        "opens_on": world.now.date().isoformat(),
        "closes_on": None,
    }
    rights = Group.objects.get(name="staff").permissions.values_list("codename", flat=True)
    assert set(windows.RIGHTS) <= set(rights)


def test_setup_applications_says_where_firms_apply(world, capsys):
    call_command("setup_applications")
    assert "/apply/first/" in capsys.readouterr().out


def test_publication_freezes_what_the_draft_says(world):
    row = published(world, draft(world))
    assert (row.state, row.current.number, row.version) == ("published", 1, 2)
    assert row.current.content == content_of(row)
    assert (row.current.frozen_by, row.current.frozen_at) == (world.staff, world.now)
    entry = AuditEntry.objects.filter(action="incubator.application_window.publish").get()
    assert entry.data == {"form": 1, "digest": row.current.digest}
    assert str(row.current) == "申请 · 1"
    assert str(row) == "申请"


def test_change_after_publication_is_a_draft_until_it_is_published(world):
    row = published(world, draft(world))
    row.title = "改名"
    row.save()
    assert row.current.content["title"] == "申请"
    again = published(world, row)
    assert (again.current.number, again.current.content["title"]) == (2, "改名")
    assert row.forms.count() == 2


def test_publication_of_nothing_new_is_refused(world):
    row = published(world, draft(world))
    with pytest.raises(Conflict) as refusal:
        published(world, row)
    assert refusal.value.code == "form_unchanged"


def test_publication_from_a_stale_page_is_refused(world):
    with pytest.raises(Conflict) as refusal:
        windows.publish_window(
            window=draft(world), actor=world.staff, now=world.now, expected_version=7
        )
    assert refusal.value.code == "stale"
    assert FormVersion.objects.count() == 0


@pytest.mark.parametrize("when", ["{", "[" * 100_000, '{"field": "short", "op": "=>"}'])
def test_bad_check_is_refused_with_its_path(world, when):
    row = draft(world, content=form(question("short"), checks=[check("c", 1)]))
    raw = {**check("c", 1), "when": when}
    row.checks = [("check", raw)]
    row.save()
    with pytest.raises(Invalid) as refusal:
        published(world, row)
    assert refusal.value.code == "form_bad"
    assert [path.startswith("checks[c].when") for path in refusal.value.fields] == [True]
    assert all(text.startswith(path) for path, text in refusal.value.fields.items())
    row.refresh_from_db()
    assert row.state == "draft"


@pytest.mark.parametrize("login", ["owner", "assessor", "lead", "sysadmin", "training"])
def test_only_staff_publish_and_close(world, login):
    row = draft(world)
    with pytest.raises(NotAllowed):
        windows.publish_window(window=row, actor=world.people[login], now=world.now)
    published(world, row)
    with pytest.raises(NotAllowed):
        windows.close_window(window=row, reason="x", actor=world.people[login], now=world.now)


def test_closed_window_says_why_and_can_be_published_again(world):
    row = published(world, draft(world))
    with pytest.raises(Invalid):
        windows.close_window(window=row, reason=" ", actor=world.staff, now=world.now)
    closed = windows.close_window(window=row, reason="满额", actor=world.staff, now=world.now)
    assert (closed.clock(world.now.date()), closed.closing_note) == ("closed", "满额")
    again = published(world, closed)
    assert (again.clock(world.now.date()), again.closing_note) == ("open", "")


def test_database_refuses_to_change_a_frozen_form(world):
    current = firms.window(world).current
    with pytest.raises(DatabaseError, match="published form"), transaction.atomic():
        FormVersion.objects.filter(pk=current.pk).update(digest="0" * 64)
    FormVersion.objects.filter(pk=current.pk).update(frozen_by=None)


def test_draft_has_no_clock_and_dates_show_in_order(world):
    assert draft(world).clock(world.now.date()) == "draft"
    with pytest.raises(DatabaseError), transaction.atomic():
        ApplicationWindow.objects.update(closes_on=world.now.date() - timedelta(days=1))
