"""A body is shown without the layout of its site and loads nothing from other sites."""

from __future__ import annotations

import base64
import gzip
import random
from typing import Any

import lxml.html
import pytest

from data.text.sanitize import sanitize
from feeds.pages.releases import release_body
from feeds.pages.releases.release_body import MAX_BYTES, MAX_READ, is_layout, parsed, shown_body
from feeds.translations import texts_of
from tests.examples import thorough

ENGLISH = texts_of("en")
LONG = "A sentence that goes on and says what a ministry wants to have said. " * 4


def tree_of(html: str) -> Any:
    return lxml.html.fromstring(f"<div>{html}</div>")


def shown(html: str) -> str:
    return shown_body(sanitize(html, "https://acme.example/news/1"), ENGLISH).html


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ("<hr><p>one</p><hr><hr><p>two</p><hr>", "<p>one</p><hr><p>two</p>"),
        (
            "<p>one</p><p>&nbsp;</p><p><br></p><div><span> </span></div><p>two</p>",
            "<p>one</p><p>two</p>",
        ),
        ("<br>one<br>two<br><br>", "one<br>two"),
        ("<p>one</p> and <hr> more", "<p>one</p> and <hr> more"),
        ("<p>as <b>it</b> was</p>", "<p>as <b>it</b> was</p>"),
        ("<h1>one</h1><h2>two</h2>", "<h2>one</h2><h3>two</h3>"),
        ("<ul><li>one</li><li></li></ul>", "<ul><li>one</li></ul>"),
    ],
)
def test_needless_rules_and_empty_blocks_are_removed(html: str, kept: str) -> None:
    assert shown(html) == kept


@pytest.mark.parametrize(
    ("table", "layout"),
    [
        ("<tr><td>one</td></tr><tr><td>two</td></tr>", True),
        ("<tr><th>Head</th></tr><tr><td>one column</td></tr>", True),
        ("<tr><td><table><tr><td>1</td><td>2</td></tr></table></td><td>b</td></tr>", True),
        (f"<tr><td>{LONG}</td><td>aside</td></tr>", True),
        (f"<tr><th>Office</th><th>Duty</th></tr><tr><td>a</td><td>{LONG}</td></tr>", False),
        (f"<caption>Duties</caption><tr><td>a</td><td>{LONG}</td></tr>", False),
        ("<tr><td>2021</td><td>1,204</td></tr><tr><td>2022</td><td>1,377</td></tr>", False),
        ("", True),
    ],
)
def test_a_layout_table_is_recognized_by_its_content(table: str, *, layout: bool) -> None:
    root = parsed(sanitize(f"<table>{table}</table>", "https://acme.example/"))
    assert is_layout(next(root.iter("table"))) is layout


def test_a_layout_table_becomes_text_and_a_data_table_is_kept() -> None:
    data = "<table><tr><th>Year</th><th>Tonnes</th></tr><tr><td>2022</td><td>12</td></tr></table>"
    html = shown(f"<table><tr><td><p>Before</p>{data}</td></tr><tr><td>After</td></tr></table>tail")
    tree = tree_of(html)
    assert [" ".join(table.text_content().split()) for table in tree.iter("table")] == [
        "YearTonnes202212"
    ]
    assert tree.text_content() == "BeforeYearTonnes202212Aftertail"
    frame = next(tree.iter("table")).getparent()
    assert (frame.get("class"), frame.get("tabindex"), frame.get("role")) == ("wide", "0", "region")


def test_a_picture_is_a_link_with_its_description_and_host() -> None:
    html = '<img src="/a.jpg?b=1&c=2" alt="The &quot;quay&quot;"><figcaption>At dusk</figcaption>'
    html = f"<figure>{html}</figure>"
    body = shown_body(sanitize(html, "https://acme.example/"), ENGLISH)
    tree = tree_of(body.html)
    assert not tree.xpath("//img")
    (link,) = tree.xpath("//a")
    assert link.get("href") == "https://acme.example/a.jpg?b=1&c=2"
    assert link.get("rel") == "noreferrer"
    assert link.text_content() == 'The "quay" Show the picture from acme.example'
    assert tree.xpath("//figcaption")[0].text == "At dusk"
    assert body.pictures == {"https://acme.example/a.jpg?b=1&c=2"}


def test_a_picture_in_a_link_moves_behind_it_and_trackers_are_removed() -> None:
    tree = tree_of(
        shown(
            '<a href="/report.pdf"><img src="/a.jpg" alt="Report"></a> and '
            '<a href="/b.jpg"><img src="/b.jpg" alt="Quay"></a>'
            '<img src="https://count.example/?id=1" width="1" height="1">'
        )
    )
    links = [(link.get("href").rpartition("/")[2], link.text_content()) for link in tree.iter("a")]
    assert links == [
        ("report.pdf", "Report"),
        ("a.jpg", "Report Show the picture from acme.example"),
        ("b.jpg", "Quay Show the picture from acme.example"),
    ]
    assert not any(list(link.iterdescendants("a")) for link in tree.iter("a"))


@pytest.mark.parametrize(
    "html",
    [
        '<p title="<table onmouseover=alert(1) x">z</p><table><tr><td>h<td>i</table>',
        '<img src="/a.png" title="<img src=x onerror=alert(1)>"><hr>',
        '<img src="/a.png" alt="&lt;script&gt;alert(1)&lt;/script&gt;">',
        '<table><tr><td title="</table><svg onload=alert(1)>">a</td><td>b</td></tr></table>',
        "<p>&lt;img src=x onerror=alert(1)&gt;</p><hr>",
        '<a href="javascript:alert(1)"><img src="javascript:alert(1)" alt="x"></a>',
    ],
)
def test_text_like_markup_in_an_attribute_remains_text(html: str) -> None:
    tree = tree_of(shown(html))
    for element in tree.iter():
        assert element.tag not in {"script", "svg", "img"}
        assert not [name for name in element.attrib if name.startswith("on")]
        assert not str(element.get("href", "")).startswith("javascript")


def noise(length: int, seed: int = 7) -> str:
    return base64.b64encode(random.Random(seed).randbytes(length)).decode()


@pytest.mark.parametrize(
    "html",
    [
        "<p>" + "lorem ipsum dolor " * 100_000 + "</p>",
        "".join(f"<p>{place} {noise(500, place)}</p>" for place in range(900)),
        f"<p>A short beginning.</p><p>{noise(600_000)}</p>",
        "<div><blockquote>" + "<p>all the same</p>" * 50_000 + "</blockquote></div>",
        "漢字仮名交じり文" * 100_000,
        *thorough(
            "<table>" + "<tr><td>1,234</td><td>5,678</td></tr>" * 20_000 + "</table>",
            "line<br>" * 50_000,
        ),
    ],
)
def test_a_long_body_is_cut_to_keep_its_page_small(html: str) -> None:
    body = shown_body(sanitize(html, "https://acme.example/"), ENGLISH)
    assert body.beginning
    assert len(gzip.compress(body.html.encode())) < 20_000
    assert len(body.html) > 2_000
    said = tree_of(html).text_content()
    start = tree_of(body.html).text_content()
    assert said[:1000] == start[:1000]


def test_a_body_that_is_cut_ends_with_a_whole_block() -> None:
    html = "".join(f"<p>{place} {noise(500, place)} end</p>" for place in range(200))
    body = shown_body(sanitize(html, "https://acme.example/"), ENGLISH)
    assert body.html.endswith(" end</p>")
    assert not shown_body(body.html, ENGLISH).beginning


def test_nested_elements_are_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    texts: list[str | None] = []
    is_word = release_body.has_word

    def noted(text: str | None) -> bool:
        texts.append(text)
        return is_word(text)

    monkeypatch.setattr(release_body, "has_word", noted)
    depth = 100
    safe = sanitize("<div>" * depth + "<hr>" + "</div>" * depth, "https://acme.example/")
    assert shown(f"<p>one</p>{safe}<p>two</p>") == f"<p>one</p>{safe}<p>two</p>"
    assert len(texts) <= 2 * (depth + 3)


@pytest.mark.parametrize(
    "part", ["<p>A lamp is lit.</p>", "word ", "&amp; ", *thorough("<b></b>x")]
)
def test_only_the_beginning_of_a_very_long_body_is_parsed(
    part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lengths: list[int] = []
    parse = release_body.parsed

    def noted(safe: str) -> Any:
        lengths.append(len(safe))
        return parse(safe)

    monkeypatch.setattr(release_body, "parsed", noted)
    body = shown_body(part * (2 * MAX_READ // len(part)), ENGLISH, max_bytes=MAX_READ)
    assert lengths
    assert max(lengths) <= MAX_READ
    assert body.beginning
    assert len(body.html) <= 2 * MAX_BYTES


def test_a_body_with_an_empty_start_is_marked_as_cut() -> None:
    body = shown_body("<p></p>" * (MAX_READ // 7 + 1) + "<p>A lamp</p>", ENGLISH)
    assert body.beginning
