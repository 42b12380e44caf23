"""Pages written in the back office: their addresses, and what its form says."""

import pytest
from django.contrib.messages import get_messages
from django.core.exceptions import PermissionDenied
from wagtail.models import Page as WagtailPage

from portal.models import HelpPage, NewsIndexPage, NewsPage
from portal.services.site import build_site


@pytest.fixture
def news(world):
    build_site(now=world.now)
    return NewsIndexPage.objects.get()


@pytest.mark.parametrize(
    ("values", "slug"),
    [
        ({"title": "最新消息"}, "news"),
        ({"title": "最新消息", "title_en": "Our News, 2026"}, "our-news-2026"),
        ({"title": "App 上线"}, "app"),
        ({"title": "最新消息", "slug": "own"}, "own"),
        ({"title": "x" * 200}, "x" * 80),
    ],
)
@pytest.mark.parametrize("live", [True, False])
def test_page_without_an_address_makes_one(news, world, values, slug, live):
    page = news.add_child(instance=NewsPage(date=world.now.date(), live=live, **values))
    assert page.slug == slug


def test_addresses_of_siblings_differ(news, world):
    pages = [
        news.add_child(instance=NewsPage(date=world.now.date(), title="消息")) for _i in range(3)
    ]
    assert [page.slug for page in pages] == ["news", "news-2", "news-3"]
    pages[1].slug = ""
    pages[1].save()
    assert NewsPage.objects.get(pk=pages[1].pk).slug == "news-2"


def test_page_without_a_parent_stays_without_an_address(db):
    page = HelpPage(title="帮助")
    page.fill_slug()
    assert page.slug == ""


def test_draft_on_its_way_does_not_take_a_page_back_that_was_published_meanwhile(news, world):
    page = news.add_child(instance=NewsPage(date=world.now.date(), title="消息", live=False))
    page.save_revision()
    on_its_way = NewsPage.objects.get(pk=page.pk).get_latest_revision_as_object()
    page.save_revision().publish()

    on_its_way.title = "旧稿"
    with pytest.raises(PermissionDenied, match="本页在此期间已发布"):
        on_its_way.save()

    stored = NewsPage.objects.get(pk=page.pk)
    assert (stored.live, stored.title) == (True, "消息")
    stored.unpublish()
    assert not NewsPage.objects.get(pk=page.pk).live


def test_wagtails_own_saving_is_told_that_the_page_was_published(news, world, monkeypatch):
    page = news.add_child(instance=NewsPage(date=world.now.date(), title="消息", live=False))
    page.save_revision()
    read = WagtailPage.get_latest_revision_as_object

    def read_and_publish(draft):
        found = read(draft)
        NewsPage.objects.get(pk=page.pk).save_revision().publish()
        return found

    monkeypatch.setattr(WagtailPage, "get_latest_revision_as_object", read_and_publish)
    stream = {f"{name}-count": "0" for name in ("body", "body_en")}
    response = world.client("staff", "en").post(
        f"/admin/pages/{page.pk}/edit/",
        {"date": "2026-11-23", "title": "旧稿", "slug": page.slug, **stream},
        headers={"Accept": "application/json"},
    )
    assert response.status_code == 400
    assert response.json()["error_code"] == "invalid_revision"
    assert "published in the meantime" in response.json()["error_message"]
    assert NewsPage.objects.get(pk=page.pk).live
    assert NewsPage.objects.get(pk=page.pk).title == "消息"


def posted(world, news, **values):
    client = world.client("staff", "zh-hans")
    stream = {f"{name}-count": "0" for name in ("body", "body_en")}
    values = {"date": "2026-11-23", "title": "最新消息", "slug": "", **stream, **values}
    return client.post(f"/admin/pages/add/portal/newspage/{news.pk}/", values)


def test_news_with_a_chinese_title_is_saved(world, news):
    response = posted(world, news)
    assert response.status_code == 302
    page = NewsPage.objects.get(title="最新消息")
    assert (page.slug, page.live) == ("news", False)


def test_banner_names_the_faults(world, news):
    before = NewsPage.objects.count()
    response = posted(world, news, date="someday", title="")
    [message] = [str(message) for message in get_messages(response.wsgi_request)]
    assert "填写有误，页面未能创建。" in message
    assert "标题: 请填写此项。" in message
    assert "出错的内容可能在其他标签页中，请逐项更正。" in message
    assert "网址与展示" in response.text
    assert NewsPage.objects.count() == before
