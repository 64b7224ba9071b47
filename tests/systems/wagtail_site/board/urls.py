"""A feed, and pages at all other addresses."""

from typing import Any

from django.contrib.syndication.views import Feed
from django.http import Http404
from django.urls import include, path
from wagtail import urls

from .models import NewsIndexPage


class News(Feed):
    """The ten newest."""

    title = "News of the board"
    link = "/news/"
    description = "News of the board"

    def items(self) -> Any:
        """The pages. Raises Http404 where the site is without feeds."""
        index = NewsIndexPage.objects.get()
        if not index.feeds:
            raise Http404
        return index.news()[:10]

    def item_title(self, item: Any) -> str:
        """Its title."""
        return str(item.title)

    def item_description(self, item: Any) -> str:
        """Its intro."""
        return str(item.intro)

    def item_link(self, item: Any) -> str:
        """Its address."""
        return str(item.url)

    def item_pubdate(self, item: Any) -> Any:
        """Its time."""
        return item.published


urlpatterns = [path("news/feed/", News()), path("", include(urls))]
