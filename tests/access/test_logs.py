"""Nothing personal in the logs: everybody goes everywhere, then the lines are read."""

import io
import json
import logging
import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils.log import log_response
from django_q.tasks import async_task

from config.demo.cast import CAST
from portal.adapters.logs import DiscreetFormatter, discreet
from portal.models import Job
from portal.notifications import enqueue_job
from portal.services.accounts import invitation_token, invite
from portal.services.tokens import create_token
from tests.access.routes import Route, every_route, is_ours
from tests.world import PASSWORD, World

OURS = [route for route in every_route() if is_ours(route)]
SHARES = 12
"""Everybody takes a share of the addresses; each is opened by two people."""
PHONE = "13912345678"
TYPED = "typed-Secret-77"


class Lines:
    """What the console would have shown."""

    def __init__(self, stream: io.StringIO) -> None:
        self.stream = stream

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def records(self) -> list[dict]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """The site's own console handler, its formatter and filters, writing into memory."""
    root = logging.getLogger()
    console = next(one for one in root.handlers if isinstance(one.formatter, DiscreetFormatter))
    stream = io.StringIO()
    before, level = console.setStream(stream), root.level
    root.setLevel(logging.DEBUG)
    yield Lines(stream)
    root.setLevel(level)
    console.setStream(before)


def secrets_of(world: World) -> dict[str, str]:
    """Return what must not be seen, by what it is."""
    found = {"password": PASSWORD, "typed password": TYPED, "phone": PHONE, "domain": "@demo.ex"}
    for person in CAST:
        found[f"address of {person.login}"] = f"{person.login}@"
        found[f"name of {person.login}"] = person.name
    return found


def wander(world: World, login: str | None, routes: list[Route]) -> None:
    """Open addresses with a name and an address in the query, and some where nothing is."""
    client = world.client(login)
    client.raise_request_exception = False
    query = {"q": world.owner.name, "email": world.owner.email, "phone": PHONE}
    for route in routes:
        client.get(route.url, query)
        client.post(route.url, {**query, "reason": world.owner.name, "password": TYPED})
    for lost in (world.owner.name, world.owner.email, PHONE):
        client.get(f"/no-such-page/{lost}/")
        client.get("/admin/users/", {"q": lost})


def sign_in_badly_and_well(world: World) -> None:
    for password in (TYPED, PASSWORD):
        client = Client(raise_request_exception=False)
        form = {"login": world.owner.email, "password": password}
        client.post(reverse("account_login"), form)
        client.post(reverse("account_reauthenticate"), {"password": TYPED})
        client.post(reverse("account_logout"))
    form = {"email": "fresh@demo.example", "name": "新来人", "password1": TYPED, "password2": "x"}
    Client().post(reverse("account_signup"), form)


def links(world: World, mailbox: list) -> list[str]:
    """Have links sent that open something, and try each, rightly and wrongly."""
    Client().post(reverse("account_reset_password"), {"email": world.owner.email})
    reset = re.search(r"/accounts/password/reset/key/\S+", mailbox[-1].body)[0]
    sent = invite(
        organisation=world.organisation("owner"), email="guest@demo.example",
        role="firm_member", actor=world.owner, now=world.now,
    )  # fmt: skip
    token = invitation_token(sent)
    invitation = reverse("portal:invitation", args=[token])
    key = reset.rstrip("/").rsplit("/", 1)[-1]
    client = world.client("learner")
    for path in (reset, reset[:-2] + "x/", invitation, f"{invitation}x/", f"/x{invitation}"):
        client.get(path, follow=True)
    return [key, token]


def work_that_fails(world: World) -> None:
    """Background work whose error names somebody; the mail of the invitation goes out too."""
    enqueue_job("tests.access.test_logs.fail", "failing", now=world.now, who=world.owner.email)
    world.drain()
    with pytest.raises(ValueError, match=PHONE):
        async_task("tests.access.test_logs.fail", who=world.owner.email, sync=True)


def fail(*, who: str, now: object = None) -> None:
    """A job that says too much when it fails."""
    raise ValueError(f"no such person: 张三 {who} {PHONE} {PASSWORD=}")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_logs_name_nobody_after_everybody_went_everywhere(world, lines, mailoutbox):
    world.owner.phone = PHONE
    world.owner.save()
    _token, access = create_token(actor=world.owner, label="pip", days=30, now=world.now)
    hidden = secrets_of(world) | {"access token": access}
    sign_in_badly_and_well(world)
    keys = links(world, mailoutbox)
    work_that_fails(world)
    for number, login in enumerate((None, *world.people)):
        wander(world, login, OURS[number % SHARES :: SHARES])
    hidden |= {f"link {number}": key for number, key in enumerate(keys)}
    seen = {what for what, secret in hidden.items() if secret.lower() in lines.text.lower()}
    assert seen == set()
    loggers = {record["name"] for record in lines.records}
    assert {"django.request", "portal.services.delivery"} <= loggers
    assert len(lines.records) > 200
    assert Job.objects.get(key="failing").attempts > 0


def test_line_is_one_object_with_its_request_and_no_query(world, lines):
    response = world.client("owner").get("/no-such-page/", {"q": world.owner.name})
    (line,) = (record for record in lines.records if record["name"] == "django.request")
    assert line["message"] == "Not Found: /no-such-page/"
    assert line["request_id"] == response["X-Request-ID"]
    assert line["request"] == "<WSGIRequest: GET '/no-such-page/…'>"
    assert line["status_code"] == 404


def test_trace_keeps_its_frames_and_loses_its_data(lines):
    try:
        fail(who="owner@demo.example")
    except ValueError:
        logging.getLogger("portal.request").exception("broken for %s", PHONE)
    (line,) = lines.records
    assert line["message"] == "broken for …"
    assert "test_logs.py" in line["exc_info"]
    assert line["exc_info"].endswith("ValueError: no such person: … … … PASSWORD='…'")


def test_values_of_every_kind_are_cleaned():
    given = {"张三": [PHONE, 3, None, True, ("a@b.cn",)], "n": 1.5}
    assert discreet(given) == {"…": ["…", 3, None, True, ["…"]], "n": 1.5}


def test_every_handler_of_ours_is_discreet():
    formatters = settings.LOGGING["formatters"]
    assert {name: one["()"] for name, one in formatters.items()} == {
        "json": "portal.adapters.logs.DiscreetFormatter"
    }
    handlers = settings.LOGGING["handlers"].values()
    assert {handler["formatter"] for handler in handlers} == {"json"}


SUSPICIOUS = {
    "another host": (
        lambda client: client.get("/notices/", headers={"host": "evil.example"}),
        "django.security.DisallowedHost",
    ),
    "too many fields": (
        lambda client: client.post("/accounts/login/", dict.fromkeys(map(str, range(2100)), "x")),
        "django.security.TooManyFieldsSent",
    ),
}


@pytest.mark.parametrize("what", SUSPICIOUS)
def test_what_a_scanner_sends_is_one_warning(db, lines, settings, what):
    settings.ALLOWED_HOSTS = ["testserver"]
    ask, logger = SUSPICIOUS[what]
    assert ask(Client()).status_code == 400
    (line,) = (one for one in lines.records if one["levelname"] != "DEBUG")
    assert (line["levelname"], line["name"], line["status_code"]) == ("WARNING", logger, 400)
    assert not {"exc_info", "exc_text", "stack_info"} & {key for key in line if line[key]}


def test_other_bad_request_keeps_its_line(db, lines):
    request = RequestFactory().get("/x")
    log_response("%s: %s", "Bad Request", "/x", response=HttpResponse(status=400), request=request)
    assert [line["message"] for line in lines.records] == ["Bad Request: /x"]


def test_wrong_method_is_one_line(world, lines):
    response = world.client("sysadmin").get("/workspace/jobs/job/1/retry/")
    assert (response.status_code, response["Allow"]) == (405, "POST")
    (line,) = (one for one in lines.records if one["name"] == "django.request")
    assert (line["levelname"], line["status_code"]) == ("WARNING", 405)


def test_refused_page_is_one_line_and_a_fault_keeps_its_traceback(world, lines):
    client = world.client("learner")
    assert client.get(reverse("incubator:screening_list")).status_code == 403
    assert client.get("/nowhere/").status_code == 404
    refused = [line for line in lines.records if line["name"] == "django.request"]
    assert [line["levelname"] for line in refused] == ["WARNING", "WARNING"]
    assert not any("exc_info" in line for line in refused)

    try:
        int("x")
    except ValueError:
        logging.getLogger("django.request").exception("x", extra={"status_code": 500})
    assert "ValueError" in lines.records[-1]["exc_info"]
