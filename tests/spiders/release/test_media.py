"""The files that go with a release are found however its page leads to them."""

from __future__ import annotations

import pytest
from lxml import html

from data.models import Media
from spiders.page.embedded_metadata import EmbeddedMetadata
from spiders.page.media_files import leads_to_file
from spiders.release.media import attachments_of, images_of

BASE = "https://merrow.example/news/77"


def files(body: str) -> list[Media]:
    return list(attachments_of(html.fromstring(f"<div>{body}</div>"), BASE))


@pytest.mark.parametrize(
    ("body", "url", "kind"),
    [
        ('<a href="/f/plan.pdf">Plan</a>', "/f/plan.pdf", "application/pdf"),
        ('<a href="/get.ashx?id=7&amp;file=plan.PDF">Plan</a>', None, "application/pdf"),
        ('<a href="/?dl=files%2Fmap.odt">Map</a>', None, "application/vnd.oasis.opendocument.text"),
        ('<video src="/v/lock.mp4"></video>', "/v/lock.mp4", "video/mp4"),
        ('<video><source src="/v/lock.mp4"></video>', "/v/lock.mp4", "video/mp4"),
        ('<audio controls><source src="/a/talk.mp3"></audio>', "/a/talk.mp3", "audio/mpeg"),
        ('<iframe src="/f/plan.pdf#page=1"></iframe>', "/f/plan.pdf#page=1", "application/pdf"),
        ('<object data="/f/plan.pdf"></object>', "/f/plan.pdf", "application/pdf"),
        ('<embed src="/f/plan.pdf">', "/f/plan.pdf", "application/pdf"),
    ],
)
def test_a_file_is_attached_however_it_is_linked(body: str, url: str | None, kind: str) -> None:
    (found,) = files(f"<p>{body}</p>")
    assert found.type == kind
    assert url is None or found.url == f"https://merrow.example{url}"


@pytest.mark.parametrize(
    "body",
    [
        '<a href="/news/78?from=page">Next</a>',
        '<iframe src="https://video.example/embed/7"></iframe>',
        '<picture><source srcset="/i/lock.webp 1x"></picture>',
        '<a href="/search?q=pdf">Search</a>',
        "<a href=\"javascript:open('x.pdf')\">Open</a>",
        '<a href="http://[broken/x.pdf?f=y.pdf">Open</a>',
    ],
)
def test_what_is_not_a_file_is_not_attached(body: str) -> None:
    assert not files(f"<p>{body}</p>")


def test_an_image_before_the_body_that_links_to_the_home_page_is_no_image_of_the_release() -> None:
    tree = html.fromstring(
        "<body><table><tr><td><a href='/'><img src='logo.gif'></a></table>"
        "<p><img src='quay.jpg'></p><div><a href='/'><img src='map.gif'></a></div></body>"
    )
    images = images_of(tree[-1], EmbeddedMetadata({}, (), ""), BASE)
    assert [one.url.rpartition("/")[2] for one in images] == ["quay.jpg", "map.gif"]


def test_a_file_named_in_a_query_is_recognized() -> None:
    assert leads_to_file("/download?id=3&name=minutes.docx")
    assert not leads_to_file("/page?next=/about.html")


def test_what_no_page_can_load_is_not_an_image_and_no_file() -> None:
    body = html.fromstring(
        '<div><img src="mailto:a@b.c"><img src="tel:+4712"><img srcset="tel:1 2x" src="/b.png">'
        '<a href="mailto:plan.pdf">Plan</a><video src="tel:talk.mp4"></video></div>'
    )
    stated = EmbeddedMetadata({"og:image": ("mailto:a@b.c",)}, (), "")
    assert [one.url for one in images_of(body, stated, BASE)] == ["https://merrow.example/b.png"]
    assert attachments_of(body, BASE) == ()
