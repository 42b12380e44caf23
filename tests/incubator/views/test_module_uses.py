"""The library says in how many accepted deliveries a module is, and tells few people whose."""

import pytest

from portal.domain.identifiers import make_uscc
from tests.incubator.modules_story import admitted_firm, contributed, published, used
from tests.world import World

URL = "/modules/hy-part/"
USCC = make_uscc("91", "630123", "MAD00001")


def filled(world: World) -> None:
    """Deliver with a firm's module: two firms that count, three deliveries, and the firm itself."""
    old, new = contributed(world), contributed(world, version="1.1.0")
    admitted_firm(world, USCC)
    for delivery, (release, login) in enumerate(
        [(old, "owner"), (new, "owner"), (new, "owner"), (new, "learner"), (new, "owner2")], 1
    ):
        used(world, release, login, min(delivery, 4) if login != "owner2" else 9)


def test_module_detail_counts_deliveries_and_firms_by_version_and_in_total(world: World):
    filled(world)
    page = world.client().get(URL).context["page"]
    assert [(row.number, row.deliveries, row.deliverers) for row in page.releases] == [
        ("1.1.0", 3, 2),
        ("1.0.0", 1, 1),
    ]
    assert (page.module.deliveries, page.module.deliverers) == (4, 2)


def test_version_that_followed_in_the_same_deliverable_counts_once_in_total(world: World):
    for version in ("1.0.0", "1.1.0"):
        used(world, contributed(world, version=version), delivery=1)
    module = world.client().get(URL).context["page"].module
    assert (module.deliveries, module.deliverers) == (1, 1)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "used in 4 accepted deliveries, by 2 firms"),
        ("zh-hans", "用于 4 件已验收交付物，涉及 2 家企业"),
    ],
)
def test_library_says_it_in_words(world: World, language, words):
    filled(world)
    published(world)
    client = world.client(language=language)
    assert client.get("/modules/").text.count(words) == 1
    assert words in client.get(URL).text
    assert words not in client.get("/modules/hy-uscc-check/").text


@pytest.mark.parametrize("login", [None, "owner", "learner", "officer"])
def test_names_of_firms_are_not_for_everybody(world: World, login):
    filled(world)
    answer = world.client(login).get(URL)
    assert answer.context["deliverers"] is None
    assert world.organisation("owner").name not in answer.text


@pytest.mark.parametrize("login", ["owner2", "staff", "resources"])
def test_contributor_and_staff_see_who_delivered_and_what_does_not_count(world: World, login):
    filled(world)
    answer = world.client(login, "en").get(URL)
    counted = {row["name"]: row["deliveries"] for row in answer.context["deliverers"]}
    assert counted[world.organisation("owner").name] == 3
    assert "The contributor's own delivery: not counted" in answer.text


def test_nobody_delivered_with_a_new_module(world: World):
    contributed(world)
    answer = world.client("owner2", "en").get(URL)
    assert "in none yet" in answer.text
    assert "No accepted delivery declares it yet" in answer.text


@pytest.mark.parametrize("rows", [1, 3])
def test_pages_take_the_same_queries_whatever_their_length(world: World, queries, rows):
    for number in range(rows):
        release = contributed(world, version=f"1.{number}.0")
        contributed(world, name=f"hy-part-{number}")
        used(world, release, delivery=number)
    client = world.client()
    client.get("/modules/")
    with queries(1):
        assert len(client.get("/modules/").context["rows"]) == rows + 1
    with queries(3):
        assert len(client.get(URL).context["page"].releases) == rows
