"""Content policies: no page, of the portal or of the back office, may run what stands in it."""

import re

import pytest
from django.test import Client
from django.utils import timezone
from wagtail.admin.widgets import AdminPageChooser
from wagtail.models import Page

from portal.adapters.backoffice import start
from portal.models import User

INLINE = re.compile(
    r"<script(?![^>]*(?:\bsrc=|application/json))|<style|\son\w+=|\sstyle=", re.IGNORECASE
)


@pytest.fixture
def editor(db, now) -> Client:
    person = User.objects.create(
        email="root@demo.example", is_superuser=True, password_set_at=timezone.now()
    )
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def policy(response) -> dict[str, list[str]]:
    """Return the content policy: directive → sources."""
    parts = (part.split() for part in response["Content-Security-Policy"].split(";"))
    return {name: sources for name, *sources in parts}


@pytest.mark.parametrize("path", ["/notices/", "/accounts/login/", "/admin/", "/admin/pages/"])
def test_policy_allows_no_inline_code(editor, path):
    found = policy(editor.get(path))

    assert found["script-src"] == ["'self'"]
    assert found["object-src"] == ["'none'"]
    assert not [s for sources in found.values() for s in sources if s.startswith("'unsafe")]


def test_portal_has_no_frames_and_the_back_office_only_its_own(editor):
    assert policy(editor.get("/notices/"))["frame-ancestors"] == ["'none'"]
    assert policy(editor.get("/admin/"))["frame-ancestors"] == ["'self'"]


def test_nonce_is_new_for_every_page_and_on_one_script_only(editor):
    pages = [editor.get("/admin/") for _each in range(2)]
    nonces = [re.findall(r'nonce="([^"]+)"', page.content.decode()) for page in pages]

    assert [len(found) for found in nonces] == [1, 1]
    assert nonces[0] != nonces[1]
    assert policy(pages[0])["style-src"] == ["'self'", f"'nonce-{nonces[0][0]}'"]


def test_preview_may_be_framed_by_the_back_office(editor):
    page = Page.objects.get(depth=2)
    answer = editor.get(f"/admin/pages/{page.pk}/edit/preview/?in_preview_panel=true")

    assert answer.status_code == 200
    assert policy(answer)["frame-ancestors"] == ["'self'"]
    assert answer["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize(
    "path",
    ["redirects/add/", "workflows/add/", "sites/new/", "reports/aging-pages/", "account/"],
)
def test_pages_with_widgets_hold_no_inline_code(editor, path):
    answer = editor.get(f"/admin/{path}")

    assert answer.status_code == 200
    assert INLINE.findall(answer.content.decode()) == []


def test_chooser_names_its_call_in_attributes(db):
    drawn = AdminPageChooser().render("a", None, {"id": 'x"y'})

    assert 'data-portal-start-name-value="PageChooser"' in drawn
    assert 'data-portal-start-arguments-value="[&quot;x\\&quot;y&quot;, {' in drawn


@pytest.mark.parametrize("call", ["alert(1)", "new A(document.body);", "a.b(1);", ""])
def test_what_is_no_call_with_json_is_refused(call):
    with pytest.raises(ValueError, match=r"no call|Expecting"):
        start(call)
