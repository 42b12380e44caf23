"""The pages of lost second factors, and what the gate asks afterwards."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.urls import reverse
from django.utils import timezone

from portal.models import FactorReset
from portal.services.factors import ask_factor_reset

LIST = "/workspace/factor-resets/"
QUERIES = 11


def protected(world, *logins: str) -> None:
    for login in logins:
        TOTP.activate(world.people[login], generate_totp_secret())


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_reset_from_page_to_page(world, language):
    protected(world, "staff")
    person = f"/workspace/people/{world.staff.pk}/"
    security, system = (world.client(login, language) for login in ("secadmin", "sysadmin"))
    assert reverse("portal:factor_reset_ask", args=[world.staff.pk]) in (
        security.get(person).content.decode()
    )
    sent = security.post(f"{person}factor/", {"reason": "手机遗失"})
    assert sent["Location"] == person
    request = FactorReset.objects.get()
    answer = f"{LIST}{request.pk}/"
    mine, theirs = security.get(LIST), system.get(LIST)
    assert b'value="confirm"' not in mine.content
    assert b'value="confirm"' in theirs.content
    assert system.post(answer, {"deed": "confirm"})["Location"] == LIST
    assert not Authenticator.objects.filter(user=world.staff).exists()
    assert [row.state for row in system.get(LIST).context["rows"]] == ["granted"]
    assert reverse("portal:factor_reset_ask", args=[world.staff.pk]) not in (
        security.get(person).content.decode()
    )


def test_asker_is_refused_and_may_take_back(world):
    protected(world, "staff")
    client = world.client("secadmin")
    client.post(f"/workspace/people/{world.staff.pk}/factor/", {"reason": "手机遗失"})
    answer = f"{LIST}{FactorReset.objects.get().pk}/"
    assert client.post(answer, {"deed": "confirm"}).status_code == 403
    client.post(answer, {"deed": "decline"})
    assert [row.state for row in client.get(LIST).context["rows"]] == ["declined"]
    refused = client.post(f"/workspace/people/{world.owner.pk}/factor/", {"reason": "x"})
    assert refused.status_code == 302
    assert FactorReset.objects.count() == 1


def test_auditor_reads_and_cannot_answer(world):
    protected(world, "staff")
    now = timezone.now()
    ask_factor_reset(user=world.staff, reason="手机遗失", actor=world.secadmin, now=now)
    client = world.client("auditor")
    page = client.get(LIST)
    assert "手机遗失" in page.content.decode()
    assert b'name="deed"' not in page.content
    answer = f"{LIST}{FactorReset.objects.get().pk}/"
    assert client.post(answer, {"deed": "confirm"}).status_code == 403
    trail = client.get("/workspace/audit/?q=factor.ask")
    assert "手机遗失" in trail.content.decode()


def test_expired_request_says_so(world):
    protected(world, "staff")
    then = timezone.now() - timedelta(hours=25)
    ask_factor_reset(user=world.staff, reason="手机遗失", actor=world.secadmin, now=then)
    page = world.client("sysadmin").get(LIST)
    assert [row.state for row in page.context["rows"]] == ["expired"]
    assert b'name="deed"' not in page.content


def test_nobody_is_offered_their_own_reset(world):
    protected(world, "secadmin", "sysadmin")
    person = f"/workspace/people/{world.secadmin.pk}/"
    assert b"/factor/" not in world.client("secadmin").get(person).content
    ask_factor_reset(
        user=world.sysadmin, reason="手机遗失", actor=world.secadmin, now=timezone.now()
    )
    assert b'name="deed"' not in world.client("sysadmin").get(LIST).content


def test_whoever_had_a_factor_reset_needs_a_new_one_in_production(world, settings):
    settings.REQUIRE_ADMINISTRATOR_MFA = True
    world.staff.factor_reset_at = world.now
    world.staff.save()
    client = world.client("staff")
    assert client.get("/workspace/")["Location"] == reverse("mfa_index")
    protected(world, "staff")
    assert client.get("/workspace/").status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_list_asks_as_much_for_many_as_for_one(world, queries, count):
    logins = ("staff", "training", "resources")[:count]
    protected(world, *logins)
    for login in logins:
        ask_factor_reset(
            user=world.people[login], reason="x", actor=world.secadmin, now=timezone.now()
        )
    client = world.client("sysadmin")
    client.get(LIST)
    with queries(QUERIES):
        client.get(LIST)
