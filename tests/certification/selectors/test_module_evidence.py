"""Modules in accepted deliveries are evidence of innovation, for who used and who gave them."""

from datetime import date

import pytest
from django.utils.translation import override

from certification import labels
from certification.models import ProviderListing
from certification.receivers import on_modules_used
from certification.selectors.evidence import gather_evidence, reuse_since
from portal.events import ModulesUsed
from tests.incubator.modules_story import contributed, used
from tests.world import World

SINCE, UNTIL = date(2024, 1, 1), date(2026, 12, 31)


def test_accepted_use_is_evidence_of_both_firms(world: World):
    used(world, contributed(world))
    user, owner = (world.organisation(login).pk for login in ("owner", "owner2"))
    found = gather_evidence([user, owner], SINCE, UNTIL)
    fields = [
        (found[pk]["fields"]["modules_used"], found[pk]["fields"]["module_reuse_by_others"])
        for pk in (user, owner)
    ]
    assert fields == [(1, 0), (0, 1)]
    assert [found[pk]["facts"]["modules"] for pk in (user, owner)] == [1, 0]
    assert [found[pk]["facts"]["reusers"] for pk in (user, owner)] == [0, 1]
    source = {
        "title": "统一社会信用代码校验 hy-part",
        "note": world.now.date().isoformat(),
        "value": "",
        "url": "/modules/hy-part/",
    }
    assert found[user]["sources"]["modules_used"] == [source]
    assert found[user]["sources"]["module_contributed"] == []
    reused = [source | {"value": "firms:1"}]
    assert found[owner]["sources"]["module_contributed"] == reused
    assert found[owner]["sources"]["module_reuse_by_others"] == reused


def test_use_among_tied_firms_is_evidence_of_none(world: World):
    used(world, contributed(world, "owner"))
    firm = world.organisation("owner").pk
    fields = gather_evidence([firm], SINCE, UNTIL)[firm]["fields"]
    assert (fields["modules_used"], fields["module_reuse_by_others"]) == (0, 0)


@pytest.mark.parametrize(
    ("until", "since"),
    [(date(2026, 10, 31), date(2024, 10, 28)), (date(2028, 2, 29), date(2026, 2, 28))],
)
def test_reuse_counts_for_two_years(until, since):
    assert reuse_since(until) == since


@pytest.mark.parametrize(
    ("language", "value", "words"),
    [
        ("en", "firms:3", "3 other firms"),
        ("zh-hans", "firms:3", "其他企业 3 家"),
        ("en", "refuse", "refused"),
        ("en", "3.50", "3.50"),
    ],
)
def test_value_is_said_in_words(language, value, words):
    with override(language):
        assert labels.value_words(value) == words


def test_news_of_used_modules_lists_both_firms(world: World):
    used(world, contributed(world))
    user, owner = (world.organisation(login) for login in ("owner", "owner2"))
    event = ModulesUsed(organisation_id=user.pk, contributor_ids=(owner.pk,))
    on_modules_used(event, event_id=1, now=world.now)
    facts = {row.organisation_id: row.summary["facts"] for row in ProviderListing.objects.all()}
    assert (facts[user.pk]["modules"], facts[owner.pk]["reusers"]) == (1, 1)
