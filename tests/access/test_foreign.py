"""Somebody else's object is not there: every route with an id, asked by a stranger of the role."""

import pytest
from django.urls import reverse

from portal.permissions import PUBLIC
from tests.access.foreign import SCENES, SHARED, Found
from tests.access.routes import every_route, is_ours

WITH_ID = {
    route.name: route
    for route in every_route()
    if is_ours(route) and route.pattern.pattern.converters
}
FOREIGN = {name for scene in SCENES.values() for name in scene.asks}


def test_every_route_with_an_id_has_one_entry():
    assert sorted(WITH_ID.keys() - FOREIGN - SHARED.keys()) == []
    assert sorted((FOREIGN | SHARED.keys()) - WITH_ID.keys()) == []
    assert FOREIGN & SHARED.keys() == set()
    assert len(FOREIGN) == sum(len(scene.asks) for scene in SCENES.values())


def test_what_is_called_public_is_public():
    called = {name for name, why in SHARED.items() if why.startswith("a public record")}
    gated = {name for name in called if WITH_ID[name].pattern.callback.access != PUBLIC}
    assert gated == {"incubator:course_enrol"}


def looked_up(value: object, found: Found) -> object:
    is_name = isinstance(value, str) and value.startswith("@")
    return found[str(value)[1:]] if is_name else value


@pytest.mark.parametrize("name", SCENES)
def test_object_of_somebody_else_is_not_there(world, name):
    scene = SCENES[name]
    found = scene.build(world)
    answers = {}
    for route, ask in scene.asks.items():
        client = world.client(str(looked_up(ask.login, found)))
        names = {key: looked_up(value, found) for key, value in ask.names.items()}
        answers[route] = getattr(client, ask.method)(reverse(route, kwargs=names)).status_code
    assert answers == dict.fromkeys(scene.asks, 404)
