"""The copied database gives every test, transactional or not, what the migrations wrote."""

import threading

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from wagtail.models import Locale, Page, Site


def migrated() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Group, Page, Site, Locale))


@pytest.fixture(scope="module")
def as_migrated(django_db_setup, django_db_blocker) -> tuple[int, ...]:
    with django_db_blocker.unblock():
        counts = migrated()
        connection.close()
    assert all(counts)
    return counts


@pytest.mark.parametrize("_turn", [1, 2])
@pytest.mark.django_db(transaction=True)
def test_rows_of_migrations_return_after_a_transactional_test(as_migrated, _turn):
    assert migrated() == as_migrated
    Group.objects.all().delete()
    Site.objects.all().delete()
    assert migrated() != as_migrated


@pytest.mark.parametrize("_turn", [1, 2])
@pytest.mark.django_db(transaction=True)
def test_rows_of_another_connection_are_gone_after_a_transactional_test(as_migrated, _turn):
    def add() -> None:
        Group.objects.create(name="written by a thread")
        connection.close()

    assert migrated() == as_migrated
    thread = threading.Thread(target=add)
    thread.start()
    thread.join()
    assert Group.objects.count() == as_migrated[0] + 1


@pytest.mark.django_db
def test_database_url_names_this_database(database_url):
    assert database_url.endswith(str(connection.settings_dict["NAME"]))
