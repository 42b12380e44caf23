"""The sweep's own test: of every fault that is planted it has to tell."""

import pytest
from django.test import Client

from tests.access.routes import every_route
from tests.hostile import planted
from tests.hostile.pages import Field, Form
from tests.hostile.strings import BYTES, STRINGS, TYPED_STRINGS
from tests.hostile.sweep import (
    HEADERS,
    METHODS,
    Menu,
    Site,
    attack_address,
    attack_form,
    attack_params,
    attack_rudely,
    explore,
    name_of,
)
from tests.hostile.visitor import Visitor, watch_queries

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.hostile.planted")]

FULL = Menu(full=True)
ALL = set(planted.FAULTY.values())


@pytest.fixture
def nobody(monkeypatch):
    watch_queries(monkeypatch)
    name_of.cache_clear()
    yield Visitor(Client())
    name_of.cache_clear()


def told(visitor: Visitor) -> set[str]:
    """Return the faults that a visitor noted."""
    found = [what.partition("PlantedError: ")[2].rpartition(" (")[0] for what in visitor.failures]
    assert all(found), visitor.failures
    return set(found)


def test_forms_parameters_and_addresses_are_found_by_following_links(nobody):
    site = Site()
    explore(site, nobody, ["/planted/"], set())

    assert [form.action for _who, form in site.forms.values()] == ["/planted/form/"]
    assert ("planted_parameter", "q") in site.params
    assert site.examples["planted_address"] == (nobody, "/planted/address/ok/")
    assert nobody.failures == {}


def test_page_that_is_broken_as_it_stands_is_told_of(nobody):
    explore(Site(), nobody, ["/planted/address/null/"], set())
    assert told(nobody) == {"null"}


def form(action: str) -> Form:
    fields = [Field("harmless", "text"), Field("day", "date"), Field("text", "textarea")]
    return Form(action, "post", fields)


def test_every_string_in_a_free_text_is_told_of(nobody):
    attack_form(nobody, form("/planted/form/"), FULL)
    assert told(nobody) == ALL


def test_every_string_in_a_date_is_told_of(nobody):
    attack_form(nobody, form("/planted/day/"), FULL)
    names = {name for name, text in planted.ENCODED.items() if text in TYPED_STRINGS}
    assert names <= told(nobody) <= ALL


def test_every_string_in_a_parameter_is_told_of(nobody):
    attack_params(nobody, "/planted/parameter/", ["p", "q"], FULL)
    assert told(nobody) == ALL


def test_every_string_in_an_address_is_told_of(nobody):
    route = next(route for route in every_route() if route.name == "planted_address")
    attack_address(nobody, route, {"name": "ok"}, FULL)
    unreachable = {name for text, name in planted.FAULTY.items() if {"/", "\0"} & set(text)}
    assert told(nobody) == ALL - unreachable - BYTES.keys() - {"empty"}


def test_every_method_and_header_is_told_of(nobody):
    attack_rudely(nobody, "/planted/rude/", FULL)
    assert told(nobody) == {*METHODS, *(name for name, _value in HEADERS)}


@pytest.mark.parametrize(
    ("attack", "most"),
    [
        (lambda who, menu: attack_form(who, form("/planted/form/"), menu), 4),
        (lambda who, menu: attack_params(who, "/planted/parameter/", ["q"], menu), 6),
    ],
    ids=["form", "parameter"],
)
def test_a_few_at_a_time_come_to_every_string_in_turn(nobody, attack, most):
    menu = Menu(full=False)
    for _turn in range(-(-len(STRINGS) // most)):
        attack(nobody, menu)
    assert told(nobody) == ALL
