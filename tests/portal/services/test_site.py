"""The first pages of an installation."""

from wagtail.models import Page, Site

from portal.models import HomePage
from portal.services.site import build_site


def test_site_built_twice_keeps_what_editors_made(db, now):
    home = build_site(now=now)
    help_page = Page.objects.get(slug="help")
    help_page.title = "办事帮助"
    help_page.save()
    pages = Page.objects.count()

    again = build_site(now=now)

    assert again.pk == home.pk
    assert HomePage.objects.count() == 1
    assert Page.objects.count() == pages
    assert Page.objects.get(slug="help").title == "办事帮助"
    assert Site.objects.get(is_default_site=True).root_page_id == home.pk
