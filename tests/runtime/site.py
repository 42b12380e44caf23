"""The web server under production settings, a signer in front of it, and its workers killed."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from django.db import transaction

from incubator.models import Application
from portal.domain.identifiers import make_uscc
from portal.models import AuditHead
from portal.services.accounts import register_organisation
from tests.hostile.served import NAME, PATIENCE_SECONDS, Gunicorn, wait_for
from tests.incubator.firms import applications, attached, window
from tests.world import World

BACK_SECONDS = 20
BOOT_SECONDS = 4
"""What a web process takes to start on a quiet machine; on a busy one the rest is allowed too."""
CAUGHT_SECONDS = 3
PIECE = 64 * 1024
TOKEN = "k" * 32


class ToSocket(HTTPConnection):
    """A connection to the web server's own socket, as nginx makes one."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=PATIENCE_SECONDS)
        self.path = str(path)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Site:
    """The web server with a firm's signer in front of it."""

    def __init__(self, web: Gunicorn, session: str) -> None:
        self.web = web
        self.headers = {
            "Host": NAME,
            "X-Forwarded-Proto": "https",
            "X-Real-IP": "127.0.0.1",
            "Referer": f"https://{NAME}/",
            "Cookie": f"sessionid={session}; csrftoken={TOKEN}",
            "X-CSRFToken": TOKEN,
        }
        self.boot = self.back()

    def ask(
        self, method: str, path: str, body: bytes = b"", kind: str = "", *, cut_at: int = -1
    ) -> int | None:
        """Return the status, or None where the connection broke.

        With ``cut_at`` every worker is killed when so many bytes are sent.
        """
        link = ToSocket(self.web.path)
        try:
            link.putrequest(method, path, skip_host=True)
            for name, value in self.headers.items():
                link.putheader(name, value)
            link.putheader("Content-Type", kind)
            link.putheader("Content-Length", str(len(body)))
            link.endheaders()
            for start in range(0, len(body), PIECE):
                if start <= cut_at < start + PIECE:
                    time.sleep(0.5)  # what was sent is read meanwhile
                    self.kill()
                link.send(body[start : start + PIECE])
            return link.getresponse().status
        except (OSError, HTTPException):
            return None
        finally:
            link.close()

    def kill(self) -> None:
        """Kill every worker; the master starts others."""
        for pid in self.web.workers():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def back(self) -> float:
        """Wait until a page of the signer's comes, and return how long that took."""
        started = time.monotonic()

        def answer() -> None:
            if self.ask("GET", "/workspace/applications/") != 200:
                raise OSError

        wait_for(answer)
        return time.monotonic() - started

    def recovers(self) -> None:
        """Fail where the site does not answer again in time after ``kill``."""
        took, allowed = self.back(), BACK_SECONDS + max(0.0, self.boot - BOOT_SECONDS)
        assert took < allowed, f"back after {took:.1f} s, started in {self.boot:.1f} s"


@contextmanager
def nobody_writes() -> Iterator[None]:
    """Hold what every write needs: it gets as far as it can, and waits."""
    with transaction.atomic():
        assert list(AuditHead.objects.select_for_update())
        yield


def together(deeds: list[Callable[[], int | None]], meanwhile: Callable[[], None]) -> list:
    """Do all at once and ``meanwhile`` beside them; return their statuses."""
    answers: list[int | None] = [None] * len(deeds)

    def one(number: int) -> None:
        answers[number] = deeds[number]()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(len(deeds))]
    for thread in threads:
        thread.start()
    meanwhile()
    for thread in threads:
        thread.join(timeout=2 * PATIENCE_SECONDS)
    return answers


def drafts(world: World, count: int) -> list[Application]:
    """Return as many complete drafts of firms of the same signer."""
    made = []
    for number in range(count):
        firm = register_organisation(
            kind="firm",
            name=f"示例{number}有限公司",
            uscc=make_uscc("91", "630123", f"MAK{number:05d}"),
            actor=world.owner,
            now=world.now,
        )
        draft = applications.create_application(
            window=window(world), organisation=firm, actor=world.owner, now=world.now
        )
        made.append(attached(world, draft))
    return made


def caught(site: Site) -> None:
    """Wait until requests have got as far as they can, and kill."""
    time.sleep(CAUGHT_SECONDS)
    site.kill()
