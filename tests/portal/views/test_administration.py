"""The three administrators' pages."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.domain.lifecycle import Conflict
from portal.models import AuditEntry, Job, WorkerCluster
from portal.services.operations import LAST_DEED, operation
from portal.views.base import done_text


def entries(world, count: int, action: str = "tests.deed") -> None:
    for _number in range(count):
        with operation(action, actor=world.staff, now=world.now):
            pass


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(
    ("login", "path"),
    [
        ("auditor", "/workspace/audit/"),
        ("secadmin", "/workspace/people/"),
        ("sysadmin", "/workspace/jobs/"),
    ],
)
def test_page_is_drawn_for_its_administrator_only(world, login, path, language):
    assert world.client(login, language).get(path).status_code == 200
    for other in {"auditor", "secadmin", "sysadmin", "leader", "owner"} - {login}:
        assert world.client(other).get(path).status_code == 403


def test_audit_trail_is_searched_and_paged(world):
    entries(world, 60)
    client = world.client("auditor")
    page = client.get("/workspace/audit/?q=tests.deed").context
    rest = client.get(f"/workspace/audit/{page['next_url']}").context
    numbers = [entry.number for entry in (*page["entries"], *rest["entries"])]
    assert (len(page["entries"]), len(numbers)) == (50, 60)
    assert numbers == sorted(numbers, reverse=True)
    assert {entry.action for entry in rest["entries"]} == {"tests.deed"}


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("outcome=done&q=tests.deed", 2),
        ("outcome=refused&q=tests.deed", 0),
        ("since=2026-11-23&q=tests.deed", 2),
        ("since=2026-11-24&q=tests.deed", 0),
        ("q=staff%40demo.example&outcome=done", 2),
        ("q=Staff@Demo&since=2026-11-23", 2),
        ("since=yesterday", 0),
        ("outcome=unheard", 0),
        (f"q={'x' * 81}", 0),
    ],
)
def test_audit_trail_is_filtered(world, query, count):
    entries(world, 2)
    assert (
        len(world.client("auditor").get(f"/workspace/audit/?{query}").context["entries"]) == count
    )


@pytest.mark.parametrize(
    ("query", "emails"),
    [
        ("q=assessor2", ["assessor2@demo.example"]),
        ("role=village_signer", ["signer@demo.example"]),
        ("role=lead", ["lead@demo.example"]),
        ("q=nobody-at-all", []),
    ],
)
def test_people_are_found(world, query, emails):
    people = world.client("secadmin").get(f"/workspace/people/?{query}").context["people"]
    assert [line.person.email for line in people] == emails


def test_only_roles_that_can_be_given_or_taken_are_offered(world):
    def offers(login: str) -> dict[str, list[str]]:
        page = world.client("secadmin").get(f"/workspace/people/?q={login}@")
        [line] = page.context["people"]
        return {one.deed: [code for code, _name in one.roles] for one in line.offers}

    assert offers("auditor")["revoke"] == ["auditor"]
    assert {"assessor", "sysadmin", "auditor"} & set(offers("auditor")["grant"]) == set()
    assert "learner" in offers("auditor")["grant"]
    clerk = offers("clerk")
    assert "revoke" not in clerk
    assert "sysadmin" not in clerk["grant"]
    assert "expert" in clerk["grant"]


def test_nobody_is_offered_a_change_of_their_own_roles(world):
    page = world.client("secadmin", "en").get("/workspace/people/?q=secadmin@").text
    assert "another security administrator" in page
    assert "hy-roleform" not in page


@pytest.mark.parametrize("path", ["/workspace/audit/", "/workspace/people/"])
def test_search_costs_the_same_queries_whatever_is_found(world, queries, path):
    client = world.client("auditor" if "audit" in path else "secadmin")
    client.get(path)
    with queries(11):
        client.get(f"{path}?q=nobody-at-all")
    with queries(11 if "audit" in path else 13):
        client.get(f"{path}?q=staff")


def test_people_and_organisations_are_named_as_subjects(world, queries):
    for subject in (world.learner, world.organisation("owner"), world.staff):
        with operation("tests.deed", actor=world.staff, now=world.now, subject=subject):
            pass
    client = world.client("auditor")
    client.get("/workspace/audit/?q=tests.deed")
    with queries(13):
        text = client.get("/workspace/audit/?q=tests.deed").text
    for subject in (world.learner, world.organisation("owner"), world.staff):
        assert f"<br>{subject.name}</td>" in text


def test_reason_of_a_refusal_is_said_in_words(world):
    with pytest.raises(Conflict), operation("tests.deed", actor=world.staff, now=world.now):
        raise Conflict("role_clash", held="x")
    with pytest.raises(Conflict), operation("tests.deed", actor=world.staff, now=world.now):
        raise Conflict("unheard_of")
    client = world.client("auditor", "en")
    text = client.get("/workspace/audit/?q=tests.deed").text
    assert "cannot be held together with the role “…”" in text
    assert "role_clash" in text
    assert "unheard_of" in text
    found = client.get("/workspace/audit/?q=cannot be held together").context["entries"]
    assert [entry.reason for entry in found] == ["role_clash"]


def test_people_are_not_listed_for_an_invalid_filter(world):
    client = world.client("secadmin")
    assert client.get("/workspace/people/?role=emperor").context["people"] == []


def test_role_is_granted_and_taken(world):
    client, path = world.client("secadmin"), f"/workspace/people/{world.learner.pk}/role/"
    assert client.post(path, {"role": "expert", "deed": "grant"})["Location"] == (
        "/workspace/people/"
    )
    assert set(world.learner.groups.values_list("name", flat=True)) == {"learner", "expert"}
    client.post(path, {"role": "expert", "deed": "revoke"})
    assert set(world.learner.groups.values_list("name", flat=True)) == {"learner"}


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Done: Grant a role."), ("zh-hans", "已完成：授予角色。")]
)
def test_answer_says_what_was_done(world, language, words):
    path = f"/workspace/people/{world.learner.pk}/role/"
    values = {"role": "expert", "deed": "grant"}
    response = world.client("secadmin", language).post(path, values, follow=True)
    assert [str(message) for message in response.context["messages"]] == [words]


def test_deed_without_a_record_is_only_done():
    LAST_DEED.set("")
    assert done_text() == "操作已完成。"


def test_list_stays_as_it_was_searched(world):
    client = world.client("secadmin")
    action = f"/workspace/people/{world.learner.pk}/role/?q=learner&amp;role="
    assert f'action="{action}"' in client.get("/workspace/people/?q=learner&role=").text
    response = client.post(action.replace("&amp;", "&"), {"role": "expert", "deed": "grant"})
    assert response["Location"] == "/workspace/people/?q=learner&role="


@pytest.mark.parametrize(
    ("role", "deed", "words"),
    [
        ("learner", "grant", "This person has this role already."),
        ("expert", "revoke", "This person does not have this role."),
    ],
)
def test_deed_that_changes_nothing_says_so(world, role, deed, words):
    client = world.client("secadmin", "en")
    path = f"/workspace/people/{world.learner.pk}/role/"
    response = client.post(path, {"role": role, "deed": deed}, follow=True)
    [message] = response.context["messages"]
    assert (message.level_tag, str(message)) == ("error", f"{words} Nothing was changed.")
    deeds = AuditEntry.objects.filter(action=f"role.{deed}", subject_id=world.learner.pk)
    assert not deeds.filter(outcome="done", actor_id=world.secadmin.pk).exists()


@pytest.mark.parametrize("deed", ["", "promote"])
def test_unknown_deed_is_a_bad_request(world, deed):
    path = f"/workspace/people/{world.learner.pk}/role/"
    response = world.client("secadmin").post(path, {"role": "expert", "deed": deed})
    assert response.status_code == 400
    assert set(world.learner.groups.values_list("name", flat=True)) == {"learner"}


@pytest.mark.parametrize("role", ["", "firm_signer", "emperor"])
@pytest.mark.parametrize("deed", ["grant", "revoke"])
def test_role_that_is_none_becomes_a_message(world, role, deed):
    response = world.client("secadmin").post(
        f"/workspace/people/{world.learner.pk}/role/", {"role": role, "deed": deed}, follow=True
    )
    assert [message.level_tag for message in response.context["messages"]] == ["error"]


def test_own_role_is_refused(world):
    path = f"/workspace/people/{world.secadmin.pk}/role/"
    assert (
        world.client("secadmin").post(path, {"role": "expert", "deed": "grant"}).status_code == 403
    )


def test_clashing_role_becomes_a_message(world):
    response = world.client("secadmin").post(
        f"/workspace/people/{world.auditor.pk}/role/",
        {"role": "assessor", "deed": "grant"},
        follow=True,
    )
    assert [message.level_tag for message in response.context["messages"]] == ["error"]
    assert set(world.auditor.groups.values_list("name", flat=True)) == {"auditor"}


def test_parked_job_is_shown_and_retried(world):
    job = Job.objects.create(
        key="k", task="portal.tasks.nothing", state="parked", attempts=3, created_at=world.now
    )
    client = world.client("sysadmin")
    assert [row.pk for row in client.get("/workspace/jobs/").context["page"].parked_jobs] == [
        job.pk
    ]
    assert client.post(f"/workspace/jobs/job/{job.pk}/retry/").status_code == 302
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("waiting", 0)


def test_job_that_does_not_exist_becomes_a_message(world):
    response = world.client("sysadmin").post("/workspace/jobs/job/99/retry/", follow=True)
    assert [message.level_tag for message in response.context["messages"]] == ["error"]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_background_work_shows_queues_and_workers(world, language, queries):
    for queue in ("short", "long"):
        WorkerCluster.objects.create(
            host=f"{queue}.example",
            watchdog=1,
            queue=queue,
            group=2,
            workers=2,
            started_at=world.now,
            restarts=2,
            last_restart="stuck",
        )
    Job.objects.create(key="late", task="x", created_at=world.now)
    client = world.client("sysadmin", language)
    client.get("/workspace/jobs/")
    response = client.get("/workspace/jobs/")
    page = response.context["page"]
    assert (page.waiting, page.failing, page.parked, page.done) == (1, 0, 0, 0)
    assert [(row.state.kind, row.messages) for row in page.rows] == [
        ("event", None),
        ("short", 0),
        ("long", 0),
    ]
    text = response.content.decode()
    assert "short.example" in text
    assert {"zh-hans": "失去响应", "en": "It gave no sign of life"}[language] in text


@pytest.mark.parametrize(
    ("language", "silent", "stopped", "none"),
    [
        ("en", "No sign of life since", "The workers were stopped at", "No worker is known"),
        ("zh-hans", "起未收到后台工作进程的响应", "后台工作进程已于", "未发现后台工作进程"),
    ],
)
def test_background_work_is_red_without_workers(world, language, silent, stopped, none):
    client = world.client("sysadmin", language)

    def shown(**values) -> tuple[str, int]:
        WorkerCluster.objects.all().delete()
        for queue in ("short", "long"):
            WorkerCluster.objects.create(
                host="h", watchdog=1, queue=queue, group=2, workers=2, started_at=ago, **values
            )
        text = client.get("/workspace/jobs/").content.decode()
        return text, text.count("hy-banner is-bad")

    ago = timezone.now() - timedelta(minutes=2)
    text, red = shown(acknowledged_at=ago)
    assert (silent in text, red) == (True, 2)
    text, red = shown(acknowledged_at=ago, stopped_at=ago)
    assert (stopped in text, red) == (True, 2)
    text, red = shown(acknowledged_at=timezone.now())
    assert (silent in text, stopped in text, red) == (False, False, 0)
    WorkerCluster.objects.all().delete()
    text = client.get("/workspace/jobs/").content.decode()
    assert (none in text, text.count("hy-banner is-bad")) == (True, 2)
