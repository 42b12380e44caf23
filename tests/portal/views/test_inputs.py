"""What is done with a request before any page sees it."""

import json
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from wagtail.models import Page

from portal.adapters.inputs import in_our_code, is_address
from portal.adapters.search import Readable, readable
from portal.models import AuditEntry
from portal.services.site import build_site
from tests.world import PASSWORD


@pytest.mark.parametrize("path", ["/verify/a%00b/", "/%00", "/notices/%00/?a=1"])
def test_path_with_a_nul_is_refused_with_a_page(db, client, path):
    response = client.get(path)
    assert response.status_code == 400
    assert "请求有误".encode() in response.content


def test_id_that_no_database_holds_is_not_found(world):
    assert world.client("lead").get(f"/workspace/rounds/{2**63}/scorecards/1/").status_code == 404
    assert world.client("lead").get(f"/workspace/rounds/{2**63 - 1}/").status_code == 404


@pytest.mark.parametrize("query", ["kind=a%00b", "kind=%2500", "after=%00"])
def test_nul_in_a_parameter_is_a_wrong_choice_like_any(db, client, query):
    assert client.get(f"/notices/?{query}").status_code == 200


@pytest.mark.parametrize(
    ("setting", "given", "believed"),
    [
        ("X-Real-IP", "10.1.2.3", "10.1.2.3"),
        ("X-Real-IP", "2001:db8::1", "2001:db8::1"),
        ("X-Real-IP", "' OR 1=1 --", "127.0.0.1"),
        ("X-Real-IP", "10.1.2.3, 6.6.6.6", "127.0.0.1"),
        ("", "10.1.2.3", "127.0.0.1"),
    ],
)
def test_address_of_the_visitor_is_the_proxys_word_where_there_is_one(
    world, settings, setting, given, believed
):
    settings.CLIENT_ADDRESS_HEADER = setting
    world.owner.password = make_password(PASSWORD)
    world.owner.save()

    world.client().post(
        "/accounts/login/",
        {"login": world.owner.email, "password": PASSWORD},
        headers={"X-Real-IP": given},
    )

    assert AuditEntry.objects.get(action="login").address == believed


@pytest.mark.parametrize("text", ["", "localhost", "1.2.3", "::1%lo\n", "1" * 5000])
def test_what_is_no_address(text):
    assert not is_address(text)


def test_back_office_search_takes_quotation_marks(world):
    build_site(now=world.now)
    response = world.client("staff").get("/admin/pages/search/", {"q": "'农业\" OR \\ (*"})
    assert response.status_code == 200


def test_back_office_says_that_it_cannot_search_by_usage(world):
    assert readable("'农业\" OR") == "农业  OR"
    with pytest.raises(ValueError, match="cannot be filtered"):
        unsearchable().search("x", Page)


def unsearchable() -> Any:
    """A backend whose query stumbles as Wagtail's does over a computed column."""

    class Stumbles:
        def _search(self, *_args: object) -> None:
            raise AttributeError

        def search(self, query: str, model: type) -> None:
            return self._search(None, query, model)

    return type("Backend", (Readable, Stumbles), {})()


@pytest.mark.parametrize("number", ["1e999999999", "-1.5E+99999", " 1e9999 "])
def test_back_office_computes_no_endless_number(world, number):
    build_site(now=world.now)
    response = world.client("staff").get("/admin/pages/3/", {"owner": number})
    assert response.status_code == 400


@pytest.mark.parametrize("parent", ['"', "9" * 5000, ""])
def test_back_office_answers_400_to_what_its_pages_never_send(world, parent):
    build_site(now=world.now)
    client = world.client("staff")
    client.raise_request_exception = False

    response = client.post("/admin/pages/create/portal/helppage", {"parent_page": parent})

    assert response.status_code == (200 if not parent else 400)


def test_title_too_long_for_a_copied_page_is_answered_400(world):
    build_site(now=world.now)
    client = world.client("staff")
    client.raise_request_exception = False
    page = Page.objects.filter(depth=3).first()
    form = {"new_title": "字" * 70_000, "new_slug": "copy", "new_parent_page": page.get_parent().pk}

    assert client.post(f"/admin/pages/{page.pk}/copy/", form).status_code == 400
    assert not Page.objects.filter(slug="copy").exists()


def test_fault_in_our_own_code_is_told_from_one_in_a_packages():
    with pytest.raises(ValueError, match="invalid") as ours:
        int("x")
    with pytest.raises(json.JSONDecodeError) as theirs:
        json.loads("{")

    assert in_our_code(ours.value)
    assert not in_our_code(theirs.value.with_traceback(theirs.value.__traceback__.tb_next))
