"""What of a large page is read by a template, and when all of it is."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from spiders.learning.excerpt import MIN_EXCERPTED_BYTES, excerpt_of
from spiders.learning.template import Template, TemplateReader
from spiders.page.page import Page
from tests.spiders.learning.test_induction import READING, learned, old

MENU = '<div class="menu"><a href="/about/board-and-its-history">Of the board</a></div>' * 400
OTHERS = '<h3>Other news</h3><ul><li><a href="/news/77">The ferry crosses again in June</a></ul>'
LINKED = (
    '<script type="application/ld+json">{"@type": "NewsArticle", "author": "O. Brandt"}</script>'
)


def large(number: int, before: str = "", within: str = "", after: str = "") -> Page:
    """A release page with much around its release."""
    html = old(number).text
    html = html.replace('<div class="tools">', f'{within}<div class="tools">')
    html = html.replace('<div class="main">', f'{MENU}{before}<div class="main">')
    html = html.replace('<div class="foot">', f"{OTHERS}{after}{MENU}{LINKED}<div class='foot'>")
    assert len(html) > MIN_EXCERPTED_BYTES
    return Page(old(number).url, html.encode())


@pytest.fixture(scope="module")
def template() -> Template:
    """What is learned from three large pages."""
    return learned(large(1), large(2), large(3))


def test_an_excerpt_gives_the_same_result_as_the_page(template: Template) -> None:
    assert template.excerpt is not None
    reader = TemplateReader(template)
    page = large(4)
    part = excerpt_of(page, template.excerpt)
    assert part is not None
    assert len(part.body) < len(page.body) / 2
    found = reader.read_part(part, READING, None)
    assert found == reader.read_part(page, READING, None)
    assert found is not None
    assert found.content.author == "O. Brandt"
    assert [link.url for link in found.links] == ["https://harbour.example/news/77"]


@pytest.mark.parametrize(
    "cloak",
    [
        '<!-- <div class="main"><h2 class="headline">Old</h2></div> -->',
        """<script>box = '<div class="main"><h2 class="headline">Old</h2></div>'</script>""",
        """<script>a = "<!-- "</script><style>a::after {content: '<div class="main">'}</style>""",
    ],
)
def test_a_tag_in_a_comment_or_script_is_not_a_tag(template: Template, cloak: str) -> None:
    page = large(4, before=cloak)
    found = TemplateReader(template).read(page, READING)
    assert found == TemplateReader(without_excerpt(template)).read(page, READING)
    assert found is not None
    assert found.content.title == "Decision 4 on the tide gauge"


@pytest.mark.parametrize(
    "odd",
    [
        "<script>box = '</div></div>'</script>",
        "<script>box = '<!--<script>'</script>",
        "<!-- </div></div> -->",
        "<!-- <script> --><p>The board thanks all who came.</p>",
        "<div>",
        "</div>",
        "</div></div>",
    ],
)
def test_the_parser_decides_where_an_element_ends(template: Template, odd: str) -> None:
    more = "".join(f"<p>The board met {n} times in the year {n + 1500}.</p>" for n in range(200))
    page = large(4, within=odd + more, after="<p>This stands below the release.</p>")
    found = TemplateReader(template).read(page, READING)
    right = TemplateReader(without_excerpt(template)).read(page, READING)
    assert found is not None
    assert right is not None
    assert found.content == right.content


@pytest.mark.parametrize(
    "page",
    [
        old(4),
        replace(large(4), body=large(4).body.replace(b'class="main"', b'class="box"')),
        replace(large(4), body=large(4).body.replace(b"May", "Maï".encode("cp1252"))),
        replace(
            large(4), body=large(4).body.replace(b"</body>", b"").partition(b"</p><p>Ships")[0]
        ),
    ],
    ids=["a small page", "another layout", "another encoding", "a page that was cut off"],
)
def test_the_whole_page_is_read_if_no_part_is_certain(template: Template, page: Page) -> None:
    assert template.excerpt is not None
    assert excerpt_of(page, template.excerpt) is None


def without_excerpt(template: Template) -> Template:
    """The same template, to read whole pages by."""
    return msgspec.structs.replace(template, excerpt=None)
