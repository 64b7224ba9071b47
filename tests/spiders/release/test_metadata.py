"""What goes with a release is read off what its page marks, and nothing else is taken for it."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from data.dates.context import DateContext
from data.text.clean import clean_line
from spiders.page.embedded_metadata import read_metadata
from spiders.page.page import Page
from spiders.release.metadata import author_of, links_after
from spiders.release.read import read_release

READING = DateContext("UTC", now=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))


def author(body: str, head: str = "") -> str | None:
    page = Page("https://merrow.example/n/1", f"<html><head>{head}</head><body>{body}".encode())
    return author_of(page, read_metadata(page))


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ('<p>By <a rel="author" href="/a/7">Ada Brook</a></p>', "Ada Brook"),
        ("<span itemprop=author>By Ada Brook</span>", "Ada Brook"),
        ("<span itemprop=author>BY ADA BROOK</span>", "ADA BROOK"),
        (
            "<div itemprop='author'><span itemprop=name>Ada Brook</span></div>",
            "Ada Brook",
        ),
        ('<a rel="nofollow author" href="/a/7">Da Silva</a>', "Da Silva"),
        ('<a rel="author" href="/a/7">von Berg</a>', "von Berg"),
        (f'<a rel="author" href="/a/7">{"All that was said and done " * 9}</a>', None),
        ('<p class="comment-author">Zeno</p>', None),
        ("<p>The author was thanked.</p>", None),
    ],
)
def test_a_marked_name_is_the_authors(body: str, name: str | None) -> None:
    assert author(body) == name


def test_an_address_is_not_a_name() -> None:
    profile = '<meta property="article:author" content="https://social.example/ada">'
    assert author("", profile) is None
    assert author('<a rel="author">Ada Brook</a>', profile) == "Ada Brook"
    assert author("", profile + '<meta name="author" content="Ada Brook">') == "Ada Brook"


def test_state_in_scripts_names_its_author_and_its_image() -> None:
    text = "<p>The harbour authority of Lower Merrow has closed the bridge to all traffic. </p>" * 9
    post = {
        "slug": "bridge-closes", "title": "Bridge closes", "publishDate": 1762164000000,
        "content": text, "author": {"name": "Ada Brook"}, "hero": {"url": "/i/bridge.jpg"},
        "banner": {"url": "/subscribe"},
    }  # fmt: skip
    html = (
        '<html><body><div id="__next"></div><script id="__NEXT_DATA__" type="application/json">'
        f"{json.dumps({'props': {'pageProps': {'post': post}}})}</script></body></html>"
    )
    page = Page("https://merrow.example/n/bridge-closes", html.encode())
    content = read_release(page, READING).content
    assert content.author == "Ada Brook"
    assert [image.url for image in content.images] == ["https://merrow.example/i/bridge.jpg"]


def test_microdata_names_section_and_publisher() -> None:
    html = (
        '<div itemscope><span itemprop="articleSection">Works</span><div itemprop="publisher" '
        'itemscope><meta itemprop="name" content="Port of Merrow"><img src="/logo.png"></div></div>'
    )
    page = Page("https://merrow.example/n/1", f"<html><body>{html}".encode())
    content = read_release(page, READING).content
    assert (content.section, content.publisher) == ("Works", "Port of Merrow")


@pytest.mark.parametrize(
    "image",
    ["/i/a.jpg", {"@type": "ImageObject", "url": "/i/a.jpg"}, ["/i/a.jpg", "/i/b.jpg"],
     [{"contentUrl": "/i/a.jpg"}], "javascript:1", 7, [[]], {"url": {}}],
)  # fmt: skip
def test_json_ld_names_the_lead_image(image: object) -> None:
    node = {"@type": "NewsArticle", "headline": "Bridge closes", "image": image}
    head = f'<script type="application/ld+json">{json.dumps(node)}</script>'
    page = Page("https://merrow.example/n/1", f"<html><head>{head}</head><body>".encode())
    found = [media.url for media in read_release(page, READING).content.images]
    assert found == (["https://merrow.example/i/a.jpg"] if "a.jpg" in json.dumps(image) else [])


def test_a_choice_of_languages_names_the_other_editions() -> None:
    links = '<a hreflang="cy" href="/cy/1">Cymraeg</a><a hreflang="en" href="/en/1">English</a>'
    html = f'<html lang="en"><body><ul class="language-switcher"><li>{links}</ul>'
    page = Page("https://merrow.example/en/1", html.encode())
    assert read_release(page, READING).editions == (("cy", "https://merrow.example/cy/1"),)
    page = Page("https://merrow.example/en/1", f'<html lang="en"><body><p>{links}</p>'.encode())
    assert read_release(page, READING).editions == ()


@pytest.mark.parametrize("tag", ["main", "article"])
def test_a_release_that_is_but_a_file_has_it_attached(tag: str) -> None:
    html = (
        "<nav><a href=/site.pdf>Map of the site</a></nav>"
        f"<{tag}><h1>Bridge closes</h1><p><a href=/f/a.pdf>Read it (PDF)</a></p></{tag}>"
    )
    page = Page("https://merrow.example/n/1", f"<html><body>{html}".encode())
    (found,) = read_release(page, READING).content.attachments
    assert found.url == "https://merrow.example/f/a.pdf"


def test_of_several_articles_in_json_ld_that_of_the_page_is_believed() -> None:
    nodes = [
        {"@type": "NewsArticle", "headline": "Ferry", "datePublished": "2025-10-01", "url": "/x/"},
        {"@type": "NewsArticle", "headline": "Bridge closes", "datePublished": "2025-11-03",
         "mainEntityOfPage": {"@id": "http://www.merrow.example/n/1/"}},
    ]  # fmt: skip
    head = f'<script type="application/ld+json">{json.dumps(nodes)}</script>'
    page = Page("https://merrow.example/n/1", f"<html><head>{head}</head><body>".encode())
    published = read_release(page, READING).content.published
    assert published
    assert published.iso == "2025-11-03"


def test_the_meta_elements_of_government_sites_name_the_site_the_section_and_the_title() -> None:
    head = (
        '<meta name="SiteName" content="麦罗市港务局"><meta name="ColumnName" content="工作动态">'
        '<meta name="ArticleTitle" content="第二座船闸正式启用"><title>麦罗市港务局</title>'
        '<meta name="Author" content=""><meta name="ContentSource" content="麦罗日报">'
    )
    text = (
        "<p>市港务局今天宣布，第二座船闸经过四年施工后正式启用，长度九十米以内的船舶可以通行。</p>"
    )
    page = Page("https://merrow.example/n/1", f"<head>{head}</head><body>{text * 2}".encode())
    content = read_release(page, READING).content
    assert (content.publisher, content.section) == ("麦罗市港务局", "工作动态")
    assert content.author == "麦罗日报"
    assert (content.title, content.title_rule) == ("第二座船闸正式启用", "meta:articletitle")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("PubDate", "2024年05月14日 17:55"),
        ("pubDate", "2024-05-14 17:55:03.0"),
        ("publishdate", "20240514"),
        ("firstpublishedtime", "2024-05-14-17:55:12"),
        ("PUBDATE", "Tue May 14 17:55:03 CST 2024"),
    ],
)
def test_the_day_of_a_release_is_read_from_each_spelling_of_its_meta_element(
    name: str, content: str
) -> None:
    head = (
        f'<meta name="Maketime" content="2025-01-02 03:04"><meta name="{name}" content="{content}">'
    )
    page = Page("https://merrow.example/n/1", f"<head>{head}</head><body><h1>启用".encode())
    published = read_release(page, READING).content.published
    assert published
    assert str(published.day) == "2024-05-14"


@pytest.mark.parametrize(
    ("head", "author"),
    [
        ('<meta name="Author" content="王丽"><meta name="ContentSource" content="日报">', "王丽"),
        ('<meta name="DC.creator" content="Puerto de Merrow">', "Puerto de Merrow"),
        ('<meta name="ContentSource" content="https://merrow.example/">', None),
    ],
)
def test_an_institution_is_the_author_only_of_a_text_without_a_named_one(
    head: str, author: str | None
) -> None:
    page = Page("https://merrow.example/n/1", f"<head>{head}</head><body><h1>A".encode())
    assert read_release(page, READING).content.author == author


TITLES = ["第二座船闸正式启用", "第二閘門の供用開始", "제2갑문 개통 안내", "Second lock opens"]


@pytest.mark.parametrize("title", TITLES)
def test_a_short_title_in_dense_letters_is_a_title(title: str) -> None:
    html = (
        "<html><body><div id='b'><p>Text.</p></div><ul>"
        f"<li><a href='/n/1'>{title}</a><li><a href='/n/2'>更多</a><li><a href='/n/3'>More</a></ul>"
    )
    page = Page("https://merrow.example/n/7", html.encode())
    body = next(page.tree.iter("p"))
    found = links_after(body, page.base)
    assert [(link.url, link.title) for link in found] == [
        ("https://merrow.example/n/1", clean_line(title))
    ]
