"""The page of one's tokens."""

import re

import pytest

from portal.models import AccessToken
from portal.services.tokens import create_token, user_of_token

PAGE = "/workspace/tokens/"


def test_token_is_shown_once(world):
    client = world.client("owner")
    answer = client.post(PAGE, {"label": "pip", "days": "90"})
    assert answer["Location"] == PAGE
    assert "hyt_" not in str(dict(client.session))
    answer = client.get(PAGE)
    secret = re.search(r"hyt_[\w-]+", answer.content.decode()).group()
    assert user_of_token(secret=secret, now=AccessToken.objects.get().created_at) == world.owner
    assert secret not in client.get(PAGE).content.decode()
    assert "no-store" in answer["Cache-Control"]


def test_token_form_with_a_fault_keeps_what_was_typed(world):
    answer = world.client("owner").post(PAGE, {"label": "构建机", "days": "7"})
    assert (answer.status_code, AccessToken.objects.count()) == (422, 0)
    assert "构建机" in answer.content.decode()


def test_token_is_revoked_by_its_owner_only(world):
    token, _secret = create_token(actor=world.owner, label="pip", days=30, now=world.now)
    world.client("owner2").post(f"{PAGE}{token.pk}/revoke/")
    token.refresh_from_db()
    assert token.revoked_at is None
    world.client("owner").post(f"{PAGE}{token.pk}/revoke/")
    token.refresh_from_db()
    assert token.revoked_at is not None


@pytest.mark.parametrize(("language", "words"), [("zh-hans", "2026年12月"), ("en", "Dec 2026")])
def test_token_page_writes_days_as_every_page(world, language, words):
    create_token(actor=world.owner, label="pip", days=30, now=world.now)
    client = world.client("owner", language)
    shown = client.get(PAGE).text
    assert words in shown
    assert "2026-12-" not in shown


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("rows", [1, 3])
def test_token_page_takes_the_same_queries(world, queries, language, rows):
    for number in range(rows):
        create_token(actor=world.owner, label=str(number), days=30, now=world.now)
    client = world.client("owner", language)
    client.get(PAGE)
    with queries(11):
        assert len(client.get(PAGE).context["rows"]) == rows
