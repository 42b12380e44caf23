"""The first pages of a new installation: home, news, policies, help, privacy, accessibility.

The words live in ``site_words.json`` beside this file; editors change them in Wagtail.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.utils import timezone
from wagtail.models import GroupPagePermission, Page, Site

from portal.domain.roles import Role
from portal.models import HelpPage, HomePage, NewsIndexPage, NewsPage, PolicyPage, StandardPage
from portal.services.operations import operation

WORDS = Path(__file__).with_name("site_words.json")
KINDS: dict[str, type[Page]] = {
    "home": HomePage,
    "news_index": NewsIndexPage,
    "news": NewsPage,
    "policy": PolicyPage,
    "help": HelpPage,
    "standard": StandardPage,
}


def build_site(*, now: datetime) -> HomePage:
    """Create the pages that are missing and let the staff edit them; return the home page.

    Idempotent: a page that exists under its slug is left as its editors made it.
    """
    with operation("site.build", actor=None, now=now):
        words = json.loads(WORDS.read_text(encoding="utf-8"))
        home = HomePage.objects.first() or create_home(words["home"])
        for page in words["pages"]:
            build_page(home, page, now=now)
        let_edit(Role.STAFF, home, ("add_page", "change_page", "publish_page"))
    return home


def create_home(words: dict[str, Any]) -> HomePage:
    """Put the home page in the place of Wagtail's welcome page."""
    root = Page.get_first_root_node()
    Page.objects.filter(depth=2, slug="home").delete()
    root = Page.objects.get(pk=root.pk)
    home = HomePage(slug="home", **page_fields(words))
    root.add_child(instance=home)
    Site.objects.update_or_create(
        is_default_site=True,
        defaults={"hostname": "localhost", "port": 80, "root_page": home, "site_name": home.title},
    )
    Site.clear_site_root_paths_cache()
    return home


def build_page(parent: Page, words: dict[str, Any], *, now: datetime) -> Page:
    """Create a page and its children unless the slug is taken."""
    page = Page.objects.child_of(parent).filter(slug=words["slug"]).first()
    if page is None:
        fields = page_fields(words)
        if words["kind"] == "news":
            fields["date"] = timezone.localdate(now)
        page = KINDS[words["kind"]](slug=words["slug"], **fields)
        parent.add_child(instance=page)
    for child in words.get("pages", []):
        build_page(page, child, now=now)
    return page


def page_fields(words: dict[str, Any]) -> dict[str, Any]:
    """Return a page's fields from its words; a body is a list of [block, value]."""
    fields = {
        key: value
        for key, value in words.items()
        if key not in {"kind", "slug", "pages", "body", "body_en"}
    }
    for name in ("body", "body_en"):
        fields[name] = json.dumps(
            [{"type": kind, "value": value} for kind, value in words.get(name, [])],
            ensure_ascii=False,
        )
    return fields


def let_edit(role: str, page: Page, codenames: tuple[str, ...]) -> None:
    """Give a role's group Wagtail permissions on ``page`` and below, and the back office."""
    group = Group.objects.get(name=role)
    group.permissions.add(
        Permission.objects.get(content_type__app_label="wagtailadmin", codename="access_admin")
    )
    for codename in codenames:
        GroupPagePermission.objects.get_or_create(
            group=group,
            page=page,
            permission=Permission.objects.get(
                content_type__app_label="wagtailcore", codename=codename
            ),
        )
