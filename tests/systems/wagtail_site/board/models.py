"""A list of news, pages of news, and pages beside them."""

from typing import Any

from django.core.paginator import Paginator
from django.db import models
from wagtail.models import Page


class ContentPage(Page):
    """About, Careers and their like."""

    body = models.TextField()


class NewsIndexPage(Page):
    """The list: ten a page. ``style`` says which template shows the site."""

    style = models.CharField(max_length=20, default="cards")
    feeds = models.BooleanField(default=True)

    def news(self) -> Any:
        """The news, newest first."""
        return NewsPage.objects.live().descendant_of(self).order_by("-published")

    def get_context(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """The page of the list that is asked for."""
        context = super().get_context(request, *args, **kwargs)
        context["shown"] = Paginator(self.news(), 10).get_page(request.GET.get("page"))
        context["index"] = self
        return context

    def get_template(self, request: Any, *args: Any, **kwargs: Any) -> str:
        """The template of the style."""
        del request, args, kwargs
        return f"board/index_{self.style}.html"


class NewsPage(Page):
    """One release."""

    published = models.DateTimeField()
    intro = models.TextField(blank=True)
    body = models.TextField()

    def get_context(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """The list that it is of."""
        context = super().get_context(request, *args, **kwargs)
        context["index"] = NewsIndexPage.objects.get()
        return context
