"""Web processes killed with SIGKILL in mid-request and in mid-upload: nothing half-saved."""

import hashlib
import http.client
import os
import random
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage
from django.db import connection
from django.utils import timezone

from portal.models import StoredFile, User
from portal.services import leftovers
from portal.services.audit import verify_chain
from tests.hostile.served import NAME, Gunicorn, gunicorn, wait_for
from tests.incubator.firms import PDF, started

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.django_db(transaction=True),
]
BACK_SECONDS = 20
BOOT_SECONDS = 5
"""What the web server takes to start on a quiet machine; on a busy one the rest is allowed too."""
FILES = 16
KILLS = 6
TRIES = 60
TOKEN = "k" * 32
BOUNDARY = "portal-boundary"


class Local(http.client.HTTPConnection):
    """A connection to the web server's Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__(NAME, timeout=30)
        self.place = str(path)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.place)


@pytest.fixture
def web(transactional_db, database_url, world, tmp_path) -> Iterator[Gunicorn]:
    """The web server under production settings, ready."""
    User.objects.update(password_set_at=timezone.now())
    with gunicorn(tmp_path, database_url) as server:
        server.allowed = BACK_SECONDS + 2 * max(0.0, back(server) - BOOT_SECONDS)
        yield server


def headers_of(world, login: str = "owner") -> dict[str, str]:
    """Return what a browser sends that is signed in and has seen a form."""
    session = world.client(login).cookies["sessionid"].value
    return {
        "Host": NAME,
        "X-Forwarded-Proto": "https",
        "X-Real-IP": "127.0.0.1",
        "Referer": f"https://{NAME}/",
        "Cookie": f"sessionid={session}; csrftoken={TOKEN}",
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
    }


def form(content: bytes, name: str) -> bytes:
    """Return the form with a file, as a browser sends it."""
    head = "".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
        for field, value in (("csrfmiddlewaretoken", TOKEN), ("kind", "other"))
    )
    file = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: application/pdf\r\n\r\n"
    )
    return (head + file).encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


def ask(
    web: Gunicorn, method: str, path: str, body: bytes | None, headers: dict[str, str]
) -> tuple[int, str]:
    """Return status and where the answer leads."""
    link = Local(web.path)
    try:
        link.request(method, path, body, headers)
        answer = link.getresponse()
        answer.read()
        return answer.status, answer.getheader("Location", "")
    finally:
        link.close()


def healthy(web: Gunicorn) -> None:
    """Fail until the web server answers."""
    try:
        status, _place = ask(web, "GET", "/healthz", None, {"Host": NAME})
    except http.client.HTTPException as error:
        raise OSError from error
    if status != 200:
        raise OSError


def back(web: Gunicorn) -> float:
    """Wait until the web server answers and return how many seconds that took."""
    began = time.monotonic()
    wait_for(lambda: healthy(web))
    return time.monotonic() - began


def kill(web: Gunicorn, pid: int | None = None) -> None:
    """Kill one web process (or ``pid``); gunicorn's own parent starts another."""
    with suppress(ProcessLookupError, IndexError):
        os.kill(pid or random.choice(sorted(web.workers())), signal.SIGKILL)


def upload_all(
    web: Gunicorn,
    address: str,
    headers: dict[str, str],
    waiting: list[bytes],
    sent: dict[str, tuple[int, str]],
) -> None:
    """Send every file, again and again until there is an answer."""
    while True:
        try:
            content = waiting.pop()
        except IndexError:
            return
        for _try in range(TRIES):
            try:
                status, place = ask(web, "POST", address, form(content, "附件.pdf"), headers)
            except (OSError, http.client.HTTPException):
                time.sleep(0.2)
                continue
            sent[hashlib.sha256(content).hexdigest()] = (status, place)
            break


def files_of(home: Path) -> FileSystemStorage:
    """Return the private files of the web server below ``home``."""
    return FileSystemStorage(location=home / "files")


def require_content(home: Path) -> int:
    """Hold every row against its bytes; return how many rows there are."""
    store = files_of(home)
    rows = list(StoredFile.objects.all())
    for row in rows:
        with store.open(row.storage_name) as opened:
            content = opened.read()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (row.size, row.sha256)
    return len(rows)


def test_web_processes_killed_at_work_save_every_file_once(web, world, tmp_path):
    case = started(world)
    address, headers = f"/workspace/applications/{case.pk}/files/", headers_of(world)
    contents = [PDF + os.urandom(400_000) for _each in range(FILES)]
    waiting, sent = list(contents), {}
    senders = [
        threading.Thread(target=upload_all, args=(web, address, headers, waiting, sent))
        for _each in range(3)
    ]
    for sender in senders:
        sender.start()
    for _turn in range(KILLS):
        time.sleep(0.3 + random.random() / 2)
        kill(web)
        assert back(web) < web.allowed
    for sender in senders:
        sender.join()
    connection.close()

    digests = [hashlib.sha256(content).hexdigest() for content in contents]
    page = f"/workspace/applications/{case.pk}/"
    assert sent == dict.fromkeys(digests, (302, page))
    kept = Counter(case.attachments.values_list("file__sha256", flat=True))
    assert kept == dict.fromkeys(digests, 1)
    assert require_content(tmp_path) >= FILES
    assert verify_chain().broken is None


def test_upload_cut_off_by_a_killed_process_leaves_no_trace(web, world, tmp_path, monkeypatch):
    case = started(world)
    address, headers = f"/workspace/applications/{case.pk}/files/", headers_of(world)
    content = PDF + os.urandom(8 * 2**20)
    body = form(content, "大文件.pdf")
    link = Local(web.path)
    link.putrequest("POST", address, skip_host=True)
    for name, value in {**headers, "Content-Length": str(len(body))}.items():
        link.putheader(name, value)
    link.endheaders()
    link.send(body[: len(body) // 2])
    folder = tmp_path / "uploads"
    # The process has begun to write what comes in.
    wait_for(lambda: taking_in(folder))
    for pid in web.workers():
        kill(web, pid)
    with pytest.raises((OSError, http.client.HTTPException)):
        finish(link, body)
    assert back(web) < web.allowed

    assert StoredFile.objects.count() == 0
    assert files_in(tmp_path / "files") == []
    assert len(files_in(folder)) == 1
    assert ask(web, "POST", address, body, headers)[0] == 302
    assert case.attachments.get().file.size == len(content)
    assert require_content(tmp_path) == 1
    # The web process removes the second upload's file after it has answered.
    wait_for(lambda: one_left(folder))

    monkeypatch.setattr(leftovers, "private_storage", lambda: files_of(tmp_path))
    monkeypatch.setattr("django.conf.settings.FILE_UPLOAD_TEMP_DIR", folder)
    found = leftovers.remove_leftovers(now=timezone.now() + timedelta(days=2))
    assert (found.uploads, found.contents) == (1, 0)
    assert files_in(folder) == []
    assert verify_chain().broken is None


def finish(link: Local, body: bytes) -> None:
    """Send the second half of a body and read the answer."""
    try:
        link.send(body[len(body) // 2 :])
        link.getresponse()
    finally:
        link.close()


def one_left(folder: Path) -> None:
    """Fail until one file lies in ``folder``."""
    if len(files_in(folder)) != 1:
        raise OSError


def taking_in(folder: Path) -> None:
    """Fail until half an upload lies in ``folder``."""
    if not any(path.stat().st_size > 2**20 for path in files_in(folder)):
        raise OSError


def files_in(folder: Path) -> list[Path]:
    """Return the files below a folder that may not be there yet."""
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.exists() else []
