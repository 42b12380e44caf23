"""The named cast for tests: the demo's people and organisations in the real county."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client

from config.demo.cast import create_cast, load_county
from portal.models import Organisation, User
from portal.services.delivery import drain_outbox
from portal.services.registers import MAKE_FILE
from tests.support.kept import KEEPER

PASSWORD = "demo-630123"  # the demo's, never a real one


def created(now: datetime) -> dict[str, int]:
    """Load the county and create everybody; return people's keys by login."""
    load_county(now=now)
    people = create_cast(password=make_password(PASSWORD), now=now)
    return {login: person.pk for login, person in people.items()}


class World:
    """``world.owner`` is a person; ``world.firm`` what an organisation is called in the cast."""

    def __init__(self, now: datetime) -> None:
        """Load the county and create everybody."""
        self.now = now
        keys = KEEPER.get(("world", now), lambda: created(now))
        found = User.objects.in_bulk(keys.values())
        self.people = {login: found[key] for login, key in keys.items()}

    def __getattr__(self, login: str) -> User:
        """Return the person with this login."""
        try:
            return self.people[login]
        except KeyError:
            raise AttributeError(login) from None

    def organisation(self, login: str) -> Organisation:
        """Return the (first) organisation of a person."""
        return self.people[login].active_memberships[0].organisation

    def client(self, login: str | None = None, language: str = "zh-hans") -> Client:
        """Return a test client, logged in as ``login``."""
        client = Client(headers={"accept-language": language})
        if login:
            client.force_login(
                self.people[login], backend="django.contrib.auth.backends.ModelBackend"
            )
        return client

    def drain(self, *, files: bool = False) -> int:
        """Deliver every waiting event and job; draw documents (0.3 s each) where asked to."""
        return drain_outbox(now=self.now, leave=() if files else [MAKE_FILE])


@pytest.fixture
def world(db: None, now: datetime) -> World:
    """Return the county with its whole cast."""
    return World(now)


@pytest.fixture
def queries(django_assert_num_queries: Callable) -> Callable:
    """Return ``assert_num_queries`` under a short name."""
    return django_assert_num_queries
