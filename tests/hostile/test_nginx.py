"""The nginx example in front of the production settings: TLS, limits, private files, restarts."""

import re
import socket
import ssl
import threading
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, RemoteDisconnected

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import Client
from django.utils import timezone

from portal.models import StoredFile, User
from tests.hostile.served import NAME, Gunicorn, Nginx, gunicorn, nginx, wait_for
from tests.incubator.firms import PDF, attached, started
from tests.world import PASSWORD

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
LOGIN = "/accounts/login/"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def web(transactional_db, database_url, world, tmp_path) -> Iterator[Gunicorn]:
    """The web server under production settings, with the county in its database."""
    with gunicorn(tmp_path, database_url) as server:
        yield server


@pytest.fixture
def proxy(web, tmp_path) -> Iterator[Nginx]:
    """nginx in front of it, both ready."""
    with nginx(tmp_path) as running:
        wait_for(lambda: ready(running))
        yield running


@pytest.fixture
def tireless(web, tmp_path) -> Iterator[Nginx]:
    """As ``proxy``, without its limits on requests, which a load test would meet."""
    loose = {"rate=50r/s": "rate=9000r/s", "rate=12r/m": "rate=9000r/s"}
    with nginx(tmp_path, loose) as running:
        wait_for(lambda: ready(running))
        yield running


def ready(proxy: Nginx) -> None:
    ensure(proxy.ask("/healthz")[0] == 200)


def cookie_of(client: Client) -> dict[str, str]:
    return {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}


def test_tls_is_the_only_way_in(proxy):
    plain = HTTPConnection("127.0.0.1", proxy.http)
    plain.request("GET", "/notices/?a=1", headers={"Host": NAME})
    answer = plain.getresponse()
    plain.close()
    status, headers, body = proxy.ask("/notices/")
    old = proxy.context()
    with warnings.catch_warnings(action="ignore"):
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1

    assert (answer.status, answer.getheader("Location")) == (301, f"https://{NAME}/notices/?a=1")
    assert status == 200
    assert "公示".encode() in body
    assert headers["strict-transport-security"].startswith("max-age=31536000")
    assert headers["server"] == "nginx"
    assert "secure" in headers.get("set-cookie", "secure").lower()
    with pytest.raises((ssl.SSLError, OSError)):
        handshake(proxy, old, NAME)
    with pytest.raises((ssl.SSLError, OSError)):
        handshake(proxy, proxy.context(), "elsewhere.example")


@pytest.mark.parametrize(
    "name", ["elsewhere.example", "portal.example.elsewhere.example", "127.0.0.1", "", None]
)
def test_other_names_get_no_answer(proxy, name):
    for link in (HTTPConnection("127.0.0.1", proxy.http, timeout=10), proxy.connection()):
        link.putrequest("GET", "/notices/", skip_host=True)
        if name is not None:
            link.putheader("Host", name)
        link.endheaders()
        if name:
            with pytest.raises(RemoteDisconnected):
                link.getresponse()
        else:  # nginx refuses a request of HTTP/1.1 without a name by itself
            with suppress(RemoteDisconnected):
                assert link.getresponse().status == 400
        link.close()


def test_redirect_goes_to_the_configured_name_whatever_port_is_asked_for(proxy):
    link = HTTPConnection("127.0.0.1", proxy.http, timeout=10)
    link.request("GET", "/a?b=1", headers={"Host": f"{NAME.upper()}:8080"})
    answer = link.getresponse()
    link.close()
    assert (answer.status, answer.getheader("Location")) == (301, f"https://{NAME}/a?b=1")


def handshake(proxy: Nginx, context: ssl.SSLContext, name: str) -> None:
    with socket.create_connection(("127.0.0.1", proxy.https), 5) as plain:
        context.wrap_socket(plain, server_hostname=name).close()


def test_private_file_is_sent_by_nginx_to_whom_the_portal_lets(proxy, world):
    attached(world, started(world))
    # Production first has everybody choose a password of their own.
    User.objects.update(password_set_at=timezone.now())
    stored = StoredFile.objects.get()
    path = f"/files/{stored.pk}/"

    status, headers, body = proxy.ask(path, headers=cookie_of(world.client("owner")))
    part = proxy.ask(path, headers={**cookie_of(world.client("owner")), "Range": "bytes=0-3"})

    assert (status, body) == (200, PDF)
    assert headers["content-type"] == "application/pdf"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "private, no-cache"
    assert headers["content-disposition"].startswith("inline; filename*=UTF-8''")
    assert "x-accel-redirect" not in headers
    assert (part[0], part[2]) == (206, PDF[:4])
    assert proxy.ask(path, headers=cookie_of(world.client("owner2")))[0] == 404
    assert proxy.ask(path)[0] == 302
    for forbidden in (
        f"/protected/{stored.storage_name}",
        "/protected/../portal.sqlite3",
        "/static/../portal.sqlite3",
        "/static../portal.sqlite3",
        "/media/%2e%2e/nginx.conf",
    ):
        assert proxy.ask(forbidden)[0] in {400, 404}, forbidden


def test_static_files_come_from_nginx_for_a_year(proxy):
    path = re.search(r"/static/[^\"]+\.css", proxy.ask("/notices/")[2].decode())[0]

    status, headers, _body = proxy.ask(path)

    assert status == 200
    assert "immutable" in headers["cache-control"]
    assert headers["x-content-type-options"] == "nosniff"


def test_too_large_an_upload_is_refused_before_it_is_sent(proxy):
    status, _headers, _body = proxy.ask(
        LOGIN, "POST", headers={"Content-Length": str(300 * 2**20), "Connection": "close"}
    )

    assert status == 413


def test_guessing_and_flooding_are_slowed_down(proxy):
    guesses = Counter(
        proxy.ask(LOGIN, "POST", b"login=a@b.example&password=x", FORM)[0] for _try in range(30)
    )
    looks = Counter(proxy.ask(LOGIN)[0] for _try in range(5))

    assert guesses[429] >= 15
    assert guesses[403] >= 5  # let through to the portal, which misses its form's token
    assert set(guesses) == {403, 429}
    assert looks == {200: 5}


def test_what_a_visitor_says_of_himself_is_not_believed(proxy, world):
    said = {"X-Forwarded-For": "6.6.6.6", "X-Real-IP": "6.6.6.6", "X-Request-ID": "chosen-by-me"}
    # The tests' own hash of the password is one that production does not accept.
    world.owner.password = PBKDF2PasswordHasher().encode(PASSWORD, "salt")
    world.owner.save()
    status, headers, body = proxy.ask(LOGIN, headers=said)
    token = body.decode().split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    cookie = headers["set-cookie"].split(";")[0]
    form = f"csrfmiddlewaretoken={token}&login=owner@demo.example&password={PASSWORD}"

    done, _headers, _body = proxy.ask(
        LOGIN,
        "POST",
        form.encode(),
        {**FORM, **said, "Cookie": cookie, "Referer": f"https://{NAME}{LOGIN}"},
    )

    assert (status, done) == (200, 302)
    assert headers["x-request-id"] != "chosen-by-me"
    assert list(UserSession.objects.values_list("ip", flat=True)) == ["127.0.0.1"]


def test_no_request_fails_while_the_web_server_reloads_and_restarts(web, tireless):
    before = web.workers()
    answers, stop = Counter(), threading.Event()
    threads = [threading.Thread(target=load, args=(tireless, answers, stop)) for _each in range(4)]
    for thread in threads:
        thread.start()
    try:
        answered(answers, 12)
        for _round in range(2):
            old = web.workers()
            web.reload()
            wait_for(lambda old=old: renewed(web, old))
            answered(answers, 12)
        assert web.workers().isdisjoint(before)
        assert web.stop() == 0
        web.start()
        answered(answers, 24)
    finally:
        stop.set()
        for thread in threads:
            thread.join()

    assert set(answers) == {"GET 200", "POST 403"}


def renewed(web: Gunicorn, old: set[int]) -> None:
    """Fail until two workers are there, and none of ``old``."""
    now = web.workers()
    ensure(len(now) == 2 and not now & old)


def answered(answers: Counter, more: int) -> None:
    """Wait until ``more`` requests are answered than were when this was first called."""
    before = answers.total()
    wait_for(lambda: ensure(answers.total() >= before + more))


def ensure(held: object) -> None:
    if not held:
        raise OSError


def load(proxy: Nginx, answers: Counter, stop: threading.Event) -> None:
    """Ask for pages, and send forms without a token, one after the other."""
    while not stop.is_set():
        for method, path in (("GET", "/notices/"), ("POST", LOGIN), ("GET", "/healthz")):
            try:
                status = proxy.ask(path, method, b"a=1" if method == "POST" else None)[0]
                answers[f"{method} {status}"] += 1
            except (OSError, HTTPException) as error:
                answers[repr(error)] += 1


def test_log_keeps_no_query_and_no_link_that_opens_something(proxy):
    asked = {
        "/notices/?q=owner@demo.example": "GET /notices/",
        "/accounts/password/reset/key/3-cxyz12-0f1e/": "GET /accounts/password/reset/key/...",
        "/accounts/confirm-email/MQ:1abc:x/?a=b": "GET /accounts/confirm-email/...",
        "/workspace/invitations/NQ:1vO:aa/": "GET /workspace/invitations/...",
    }
    for path in asked:
        proxy.ask(path)

    def text() -> str:
        return (proxy.certificate.parent / "portal.log").read_text(encoding="utf-8")

    # Two workers write it, each after its answer: in an order of their own.
    wait_for(lambda: ensure(set(asked.values()) <= set(re.findall(r'\] "(.*?)" ', text()))))
    for secret in ("owner@demo", "3-cxyz12", "MQ:1abc", "NQ:1vO", "a=b"):
        assert secret not in text()
