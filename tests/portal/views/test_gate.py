"""What holds for every request: gate, headers, languages, error pages."""

import pytest
from django.conf import settings
from django.urls import reverse

PAGES = ("portal:notices", "portal:verify", "portal:workspace", "portal:profile")


@pytest.mark.parametrize("login", [None, "owner", "sysadmin"])
@pytest.mark.urls("tests.portal.views.urls")
def test_view_without_a_mark_is_closed_to_everybody(world, login):
    assert world.client(login).get("/unmarked/").status_code == 403


@pytest.mark.parametrize("name", PAGES)
def test_page_allows_no_inline_code(world, name):
    response = world.client("owner").get(reverse(name))
    assert response.status_code == 200
    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert b"<style" not in response.content
    assert b"style=" not in response.content


def test_headers_of_every_answer(world):
    response = world.client("owner").get(reverse("portal:profile"))
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Cache-Control"] == "private, no-cache"
    assert response["Permissions-Policy"].startswith("camera=(self)")


@pytest.mark.parametrize(
    ("given", "kept"),
    [("abcd-1234-EFGH", True), ("short", False), ("x" * 41, False), ("<script>alert", False)],
)
def test_request_id_is_kept_where_it_is_harmless(db, client, given, kept):
    answered = client.get("/healthz", headers={"X-Request-ID": given})["X-Request-ID"]
    assert (answered == given) is kept
    assert len(answered) == (len(given) if kept else 32)


def test_request_id_reaches_the_audit_trail(world):
    from portal.models import AuditEntry

    world.client("owner").post(
        reverse("portal:profile"),
        {"name": "甲", "phone": "", "language": "en"},
        headers={"X-Request-ID": "request-2026"},
    )
    entry = AuditEntry.objects.latest("number")
    assert (entry.action, entry.request_id, entry.address) == (
        "person.profile",
        "request-2026",
        "127.0.0.1",
    )


@pytest.mark.parametrize(
    ("wish", "language"),
    [("zh-CN,zh;q=0.9", "zh-hans"), ("en-GB,en;q=0.8", "en"), ("fr", "zh-hans"), ("", "zh-hans")],
)
def test_language_follows_the_browser(db, client, wish, language):
    response = client.get(reverse("portal:notices"), headers={"accept-language": wish})
    assert response["Content-Language"] == language
    assert {"Accept-Language", "Cookie"} <= set(response["Vary"].replace(" ", "").split(","))


def test_language_switch_wins_over_the_browser_and_leads_back(db, client):
    response = client.post(
        reverse("set_language"), {"language": "en", "next": "/notices/"}, follow=False
    )
    assert (response.status_code, response["Location"]) == (302, "/notices/")
    assert client.cookies[settings.LANGUAGE_COOKIE_NAME]["samesite"] == "Lax"
    page = client.get("/notices/", headers={"accept-language": "zh-CN"})
    assert page["Content-Language"] == "en"
    assert b'lang="en"' in page.content


def test_stranger_is_sent_to_the_login_and_back(db, client):
    response = client.get("/workspace/profile/")
    assert response["Location"] == "/accounts/login/?next=/workspace/profile/"


def test_administrator_without_a_second_factor_is_sent_to_set_one_up(world, settings):
    settings.REQUIRE_ADMINISTRATOR_MFA = True
    assert world.client("auditor").get("/workspace/audit/")["Location"] == reverse("mfa_index")
    assert world.client("owner").get("/workspace/").status_code == 200


# --- Errors


@pytest.mark.urls("tests.portal.views.urls")
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/broken/400/", 400),
        ("/unmarked/", 403),
        ("/nothing/here/", 404),
        ("/broken/500/", 500),
        ("/broken/not_allowed/", 403),
        ("/broken/conflict/", 409),
        ("/broken/invalid/", 422),
        ("/broken/unknown/", 409),
    ],
)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_error_page_has_the_portals_look_and_tells_no_secret(world, path, status, language):
    client = world.client(None, language)
    client.raise_request_exception = False
    response = client.get(path)
    text = response.content.decode()
    assert response.status_code == status
    assert text.count("<h1") == 1
    assert "portal.css" in text
    assert "a secret" not in text
    assert "Traceback" not in text


@pytest.mark.urls("tests.portal.views.urls")
def test_refusal_says_why_in_the_readers_language(world):
    response = world.client(None, "en").get("/broken/invalid/")
    assert "“a.pdf” is empty" in response.content.decode()


def test_form_from_elsewhere_is_refused(world):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(world.owner, backend=settings.AUTHENTICATION_BACKENDS[0])
    response = client.post(reverse("portal:notifications_read"))
    assert response.status_code == 403
    assert response.content.decode().count("<h1") == 1
