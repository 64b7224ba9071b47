"""Blogs of Joomla: the teasers are the items, and the links to more articles below them."""

from __future__ import annotations

import pytest

from tests.listing_pages import day, listing_html, read, rows_of, titles

TEASER = (
    "<div class='{cls}' itemprop=blogPost itemscope itemtype='https://schema.org/BlogPosting'>"
    "<div class=page-header><h2><a href='/n/{n}-a' itemprop=url>{title}</a></h2></div>"
    "{meta}<p>{title}.</p><p class=readmore><a class=btn href='/n/{n}-a'>{more}: {title}</a></p>"
    "</div>"
)
META = (
    "<dl class=article-info><dt>…</dt><dd class=published><time datetime='{day}T10:00:00+00:00'>"
    "{day:%d.%m.%Y}</time></dd></dl>"
)
JOOMLA_3 = (
    "<div class=blog><div class=items-leading>{leading}</div><div class='items-row cols-1'>{items}"
    "</div><div class=items-more>{heading}<ol class='nav nav-tabs nav-stacked'>{links}</ol></div>"
    "<div class=pagination><ul><li><a href='?start=5'>2</a></ul></div></div>"
)
JOOMLA_4 = (
    "<div class='com-content-category-blog blog'><div class='items-leading'>{leading}</div>"
    "<div class=blog-items>{items}</div><div class='com-content-category-blog__link items-more'>"
    "{heading}<ol class=com-content-blog__links>{links}</ol></div></div>"
)


@pytest.mark.parametrize("blog", [JOOMLA_3, JOOMLA_4], ids=["3", "4"])
@pytest.mark.parametrize("heading", ["", "<h3>{}</h3>"], ids=["bare", "headed"])
@pytest.mark.parametrize("dated", [True, False], ids=["dated", "undated"])
@pytest.mark.parametrize(
    ("language", "leading", "shown"), [("tr", 1, 4), ("ka", 2, 5), ("el", 1, 2)]
)
def test_teasers_and_links_to_more_articles_are_the_items(
    language: str, leading: int, shown: int, heading: str, blog: str, *, dated: bool
) -> None:
    said = [*titles(language), *(f"{title} II" for title in titles(language))][: shown + 4]
    teasers = [
        TEASER.format(
            cls=f"leading-{n}" if n < leading else "item column-1",
            n=n,
            title=title,
            meta=META.format(day=day(n)) if dated else "",
            more=said[-1].split()[0],
        )
        for n, title in enumerate(said[:shown])
    ]
    links = "".join(
        f"<li><a href='/n/{n}-a'>{title}</a></li>"
        for n, title in enumerate(said[shown:], start=shown)
    )
    html = listing_html(
        language,
        blog.format(
            leading="".join(teasers[:leading]),
            items="".join(teasers[leading:]),
            heading=heading.format(said[-1].split()[0]),
            links=links,
        ),
    )
    found = rows_of(read(html, "/n"))
    assert [(url, title) for url, title, _ in found] == [
        (f"/n/{n}-a", title) for n, title in enumerate(said)
    ]


def test_a_box_of_popular_releases_below_a_list_is_not_its_continuation() -> None:
    rows = "".join(
        f"<div class=item><h2><a href='/n/{n}-a'>{title}</a></h2><i>{day(n):%d.%m.%Y}</i></div>"
        for n, title in enumerate(titles("nl"))
    )
    box = "".join(
        f"<li><a href='/n/{n + 40}-b'>{one} III</a>" for n, one in enumerate(titles("nl"))
    )
    body = f"<div class=rows>{rows}</div><div class=box><h3>Meest gelezen</h3><ul>{box}</ul></div>"
    found = rows_of(read(listing_html("nl", body), "/n"))
    assert [url for url, _, _ in found] == [f"/n/{n}-a" for n in range(6)]
