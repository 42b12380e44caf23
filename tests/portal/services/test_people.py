"""A person's settings, messages and inbox."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.utils import timezone, translation

from portal import labels
from portal.models import Job, Notification
from portal.notifications import notify
from portal.selectors.inbox import inbox, inbox_count, messages_of, unread_count
from portal.services.people import change_profile, mark_read, set_preferences
from portal.services.work import open_work


def tell(world, *logins, key="k1"):
    people = [world.people[login] for login in logins]
    return notify(people, "job_parked", key=key, now=world.now, url="/x/", task="sweep")


def test_notification_reaches_each_person_once(world):
    assert tell(world, "owner", "staff") == 2
    assert tell(world, "owner", "staff", "lead") == 1
    world.drain()
    world.drain()
    assert sorted(message.to[0] for message in mail.outbox) == [
        "lead@demo.example",
        "owner@demo.example",
        "staff@demo.example",
    ]


@pytest.mark.parametrize(
    ("choice", "mails", "shown"),
    [((True, True), 1, 1), ((True, False), 0, 1), ((False, True), 1, 0), ((False, False), 0, 0)],
)
def test_preferences_are_honoured(world, now, choice, mails, shown):
    set_preferences(user=world.owner, choices={"job_parked": choice}, now=now)
    tell(world, "owner")
    world.drain()
    assert Notification.objects.count() == any(choice)
    assert len(mail.outbox) == mails
    assert len(messages_of(world.owner)) == shown
    assert unread_count(world.owner) == shown


def test_preferences_are_replaced(world, now):
    set_preferences(user=world.owner, choices={"job_parked": (True, False)}, now=now)
    set_preferences(user=world.owner, choices={"job_parked": (False, False)}, now=now)
    assert tell(world, "owner") == 0


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_mail_speaks_the_language_of_its_reader(world, language):
    change_profile(user=world.owner, name="甲", phone="", language=language, now=world.now)
    tell(world, "owner")
    with translation.override("en" if language == "zh-hans" else "zh-hans"):
        world.drain()
    with translation.override(language):
        subject = translation.gettext("A background job failed three times")
    assert mail.outbox[0].subject == subject
    assert mail.outbox[0].extra_headers == {
        "Message-ID": f"<notification-{Notification.objects.get().pk}@portal>"
    }


def test_mail_is_not_sent_twice(world, now):
    from portal.notifications import mail as send

    tell(world, "owner")
    row = Notification.objects.get()
    send(pk=row.pk, now=now)
    send(pk=row.pk, now=now)
    assert len(mail.outbox) == 1
    assert Job.objects.get().key == f"mail:{row.pk}"


def test_messages_are_marked_as_read(world, now):
    tell(world, "owner")
    assert mark_read(user=world.owner, now=now) == 1
    assert mark_read(user=world.owner, now=now) == 0
    assert [message.read for message in messages_of(world.owner)] == [True]


def test_profile_is_changed_and_audited_without_its_values(world, now, trail):
    change_profile(user=world.owner, name=" 新名 ", phone=" 0971 ", language="en", now=now)
    world.owner.refresh_from_db()
    assert (world.owner.name, world.owner.phone, world.owner.language) == ("新名", "0971", "en")
    assert trail() == [("person.profile", "done", "")]


def test_profile_without_a_name_is_refused(world, now):
    with pytest.raises(ValidationError):
        change_profile(user=world.owner, name=" ", phone="", language="en", now=now)


@pytest.mark.parametrize("rows", [1, 3])
def test_inbox_is_one_query(world, queries, rows):
    today = timezone.localdate(world.now)
    for number in range(rows):
        open_work(
            "job_parked",
            subject=world.people[["owner", "owner2", "staff"][number]],
            url="/x/",
            now=world.now,
            due_on=today + timedelta(days=rows - number),
            role="sysadmin",
            task=f"task {number}",
        )
    assert world.sysadmin.role_codes == {"sysadmin"}  # read by the gate of every request
    with queries(1):
        lines = inbox(world.sysadmin, today)
    assert [line.url for line in lines] == ["/x/"] * rows
    assert [line.due for line in lines] == sorted(line.due for line in lines)
    with queries(1):
        assert inbox_count(world.sysadmin, today) == rows


def test_what_is_over_with_its_day_leaves_the_inbox_by_date(world, monkeypatch):
    today = timezone.localdate(world.now)
    due = {"job_parked": today, "data_request": today, "membership_invited": None}
    for kind, due_on in due.items():
        open_work(
            kind, subject=world.owner, url=f"/{kind}/", now=world.now, due_on=due_on, role="staff",
            task="x", person="x", organisation_name="x",
        )  # fmt: skip
    monkeypatch.setattr(labels, "OVER_WHEN_DUE", {"job_parked", "membership_invited"})
    tomorrow = today + timedelta(days=1)
    found = [[line.url for line in inbox(world.staff, day)] for day in (today, tomorrow)]
    assert [sorted(one) for one in found] == [
        ["/data_request/", "/job_parked/", "/membership_invited/"],
        ["/data_request/", "/membership_invited/"],
    ]
    assert [inbox_count(world.staff, day) for day in (today, tomorrow)] == [3, 2]


def test_inbox_shows_own_groups_and_memberships_only(world):
    today = timezone.localdate(world.now)
    firm = world.organisation("owner")
    for kind, more in (
        ("own", {"user": world.owner}),
        ("firm", {"role": "firm_signer", "organisation": firm}),
        ("group", {"role": "staff"}),
        ("both", {"user": world.staff, "role": "staff"}),
    ):
        open_work("job_parked", subject=firm, url=f"/{kind}/", now=world.now, task="", **more)
    seen = {
        login: sorted(line.url for line in inbox(world.people[login], today))
        for login in ("owner", "owner2", "member", "staff", "lead")
    }
    assert seen == {
        "owner": ["/firm/", "/own/"],
        "owner2": [],
        "member": [],
        "staff": ["/both/", "/group/"],
        "lead": [],
    }
