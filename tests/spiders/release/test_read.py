"""What is read off a release page."""

from __future__ import annotations

import datetime as dt
import json
import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.dates.context import DateContext
from spiders.items import ExtractedRelease, ListingItem
from spiders.page.page import NO_TEXT, Page
from spiders.release.read import UNTITLED, read_release
from spiders.sources.source_file import ReleaseRules
from tests.examples import examples, thorough

NOW = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
BAKU = DateContext("Asia/Baku", now=NOW)
FIRST = (
    "The harbour authority of Lower Merrow has opened its second lock to ships of up to ninety "
    "metres, after four years of work and two winters in which the basin froze over."
)
SECOND = (
    "The director thanked the divers, who had worked in the dark for most of the time, and said "
    "that the old lock would be kept for small craft, for the school and for the lifeboat."
)
PAGE = f"""<!DOCTYPE html><html lang="en-GB"><head>
<title>Second lock opens to larger ships | Harbour of Merrow</title>
<meta property="og:site_name" content="Harbour of Merrow">
<meta name="keywords" content="lock, harbour">
<link rel="canonical" href="/news/77"><link rel="alternate" hreflang="cy" href="/cy/news/77">
</head><body><nav><a href="/">Home</a> <a href="/news">News</a> <a href="/about">About</a></nav>
<main><article><span class="category">Works</span>
<h1>Second lock opens to larger ships</h1><p class="date">12 February 2026</p>
<div class="article-body"><p>{FIRST}</p><p>{SECOND}</p>
<ul><li>length of the chamber: 94 metres</li><li>width of the chamber: 14 metres</li></ul>
<figure><img src="/s.gif" data-src="/img/lock.jpg" alt="The lock">
<figcaption>Photo: A. Diver</figcaption>
</figure><p>{FIRST} The next open day is on 14 March 2026.</p>
<p><a href="/files/plan.pdf">Plan of the lock (PDF)</a></p></div>
<div class="share"><a href="#">Share on Facebook</a> <a href="#">Print</a></div></article>
<section class="related"><h3>Other news</h3><ul>
<li><a href="/news/76">Ferry timetable for the spring published</a> 2 February 2026</li>
<li><a href="/news/75">New buoys mark the northern channel</a> 30 January 2026</li></ul></section>
</main><footer>Harbour of Merrow, 2 March 2026</footer></body></html>"""


LD = '<script type="application/ld+json">…</script>'


def read(html: str | bytes, **given: object) -> ExtractedRelease:
    body = html.encode() if isinstance(html, str) else html
    return read_release(
        Page("https://merrow.example/news/77", body),
        DateContext("Europe/London", now=NOW),
        **given,  # type: ignore[arg-type]
    )


def test_the_seed_is_extracted_as_expected(shared: Path) -> None:
    seed = shared / "seed"
    expected = json.loads((seed / "expected.json").read_text("utf-8"))
    page = Page(expected["url"], (seed / "site/en/news/1781.html").read_bytes())

    found = read_release(page, BAKU)

    content = found.content
    assert content.title == expected["title"]
    assert content.section == expected["section"]
    assert content.language == expected["language"]
    assert content.published is not None
    assert content.published.iso == expected["published"]
    paragraphs = content.body_text.split("\n\n")
    assert len(paragraphs) == expected["paragraphs"]
    assert paragraphs[0].startswith(expected["body_first"])
    assert paragraphs[-1].endswith(expected["body_last"])
    assert not [line for line in expected["not_in_body"] if line in content.body_text]
    links = [link.url for link in found.links]
    assert links == [f"http://press.example{path}" for path in expected["other_news"]]


def test_every_field_is_read_without_rules() -> None:
    found = read(PAGE)

    content = found.content
    assert content.title == "Second lock opens to larger ships"
    assert content.published is not None
    assert (content.published.iso, content.published.precision) == ("2026-02-12", "day")
    assert content.published.zone == "Europe/London"
    assert content.body_text.startswith(FIRST)
    assert SECOND in content.body_text
    assert "length of the chamber" in content.body_text
    assert "Other news" not in content.body_text
    assert "Share" not in content.body_text
    assert "Photo: A. Diver" not in content.body_text
    assert content.language == "en-GB"
    assert content.section == "Works"
    assert content.publisher == "Harbour of Merrow"
    assert found.canonical == "https://merrow.example/news/77"
    assert found.editions == (("cy", "https://merrow.example/cy/news/77"),)
    assert [image.url for image in content.images] == ["https://merrow.example/img/lock.jpg"]
    assert [(file.url, file.type) for file in content.attachments] == [
        ("https://merrow.example/files/plan.pdf", "application/pdf")
    ]
    assert [link.title for link in found.links] == [
        "Ferry timetable for the spring published",
        "New buoys mark the northern channel",
    ]


def test_declared_selectors_win() -> None:
    rules = ReleaseRules(
        title="h3", published="footer", body="div.article-body", drop=("ul", "figure")
    )

    content = read(PAGE, rules=rules).content

    assert content.title == "Other news"
    assert content.title_rule == "declared"
    assert content.published is not None
    assert content.published.iso == "2026-03-02"
    assert content.body_rule == "declared"
    assert "length of the chamber" not in content.body_html
    assert "<img" not in content.body_html
    assert SECOND in content.body_text


def test_drop_rules_hold_for_a_detected_body_too() -> None:
    found = read(PAGE, rules=ReleaseRules(drop=(".article-body ul", "a[")))

    assert "length of the chamber" not in found.content.body_text
    assert SECOND in found.content.body_text
    assert any("a[" in reason for reason in found.reasons)


def test_a_missing_declared_body_is_detected_and_reported() -> None:
    found = read(PAGE, rules=ReleaseRules(body="div.no-such-thing"))

    assert SECOND in found.content.body_text
    assert any("no-such-thing" in reason for reason in found.reasons)


def test_values_from_the_listing_are_used_only_if_the_page_has_none() -> None:
    listed = ListingItem("https://merrow.example/news/77", "From the listing")

    assert read(PAGE, listed=listed).content.title == "Second lock opens to larger ships"
    assert read("<p>", listed=listed).content.title == "From the listing"


def test_the_listing_provides_the_title_of_a_page_with_an_empty_heading() -> None:
    page = (
        f"<title>Notice - Port of Merrow</title><ul><li><a href=/>Home</a></ul><h1></h1>"
        f"<p>12 February 2026</p><div><p>{FIRST}</p><p>{SECOND}</p></div>"
    )
    listed = ListingItem("https://merrow.example/news/77", "Second lock opens to larger ships")
    assert read(page, listed=listed).content.title == "Second lock opens to larger ships"
    longer = page.replace("Notice - Port of Merrow", "Second lock opens to larger ships at last")
    assert read(longer, listed=listed).content.title == "Second lock opens to larger ships at last"


def test_false_json_ld_is_not_believed() -> None:
    lie = LD.replace("…", '{"@type": "NewsArticle", "datePublished": "2099-01-01"}')

    found = read(PAGE.replace("</head>", f"{lie}</head>"))

    assert found.content.published is not None
    assert found.content.published.iso == "2026-02-12"


def test_json_ld_of_any_shape_names_no_home_and_no_author_of_a_million_letters() -> None:
    lies: list[dict[str, object]] = [
        {"headline": "Home", "author": "x" * 1_000_000, "articleSection": ["a"] * 100_000},
        {"headline": ["Home"], "datePublished": 20990101, "author": [[[[]]]], "publisher": 7},
        {"headline": {"@value": "Home"}, "datePublished": {"@value": "0001-01-01"}, "image": 5},
        {"headline": {"name": {"name": {"name": {"name": {"name": "deep"}}}}}},
    ]
    for lie in lies:
        said = json.dumps({"@type": "NewsArticle", **lie})
        found = read(PAGE.replace("</head>", f"{LD.replace('…', said)}</head>")).content

        assert found.title == "Second lock opens to larger ships"
        assert found.published is not None
        assert found.published.iso == "2026-02-12"
        assert len(found.author or "") < 10_000


def test_the_date_of_broken_json_ld_is_read() -> None:
    broken = LD.replace("…", '{"datePublished": "2026-02-11", "headline": "a "b" c"}')

    found = read(PAGE.replace("</head>", f"{broken}</head>"))

    assert found.content.published is not None
    assert found.content.published.iso == "2026-02-11"


def test_scripts_and_javascript_links_never_reach_the_body() -> None:
    bad = (
        '<p>More <a href="java\tscript:alert(1)" onclick="x()">about it</a>'
        "<script>alert(2)</script>"
    )

    html = read(PAGE.replace(f"<p>{SECOND}", f"{bad}{SECOND}")).content.body_html

    assert "More <a>about it</a>" in html.replace("  ", " ")
    assert "alert" not in html
    assert "onclick" not in html


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"\x00" * 5000,
        bytes(range(256)) * 40,
        b"%PDF-1.7 \xff\xfe\x00 binary",
        b"<html",
        b"<html><body></body></html>",
        b"<div>" * 100_000 + b"text",
        b"<b>" * 100_000 + b"text",
        b"<a><p>" * 30_000,
        b"<table><tr><td>" * 20_000,
        b'<script type="application/ld+json">' + b'{"a":' * 50_000 + b"</script>",
        "<html><body><p>\ud83d\ude00 \u202e \ufffe".encode("utf-8", "surrogatepass"),
    ],
    ids=range(13),
)
def test_no_page_raises_and_missing_values_are_reported(body: bytes) -> None:
    found = read(body)

    assert found.content.title
    assert found.reasons
    assert found.content.published is None


def test_a_file_of_another_kind_is_reported_and_not_read_as_text() -> None:
    found = read(random.Random(3).randbytes(50_000))

    assert found.content.body_text == ""
    assert found.content.language is None
    assert NO_TEXT in found.reasons


def test_control_characters_in_a_page_are_left_out_and_its_text_is_kept() -> None:
    found = read(PAGE.replace("o", "o\x01\x02"))

    assert found.content.title == "Second lock opens to larger ships"


def test_a_page_without_anything_is_untitled_with_three_reasons() -> None:
    found = read("<html><body></body></html>")

    assert found.content.title == UNTITLED
    assert len(found.reasons) == 3
    assert found.confidence == {"title": 0.0, "published": 0.0, "body": 0.0}


def test_a_huge_page_is_read_from_its_beginning() -> None:
    rows = "".join(f"<tr><td>{number}</td></tr>" for number in range(120_000))

    found = read(PAGE.replace("</main>", f"</main><table>{rows}</table>"))

    assert found.content.title == "Second lock opens to larger ships"
    assert "119999" not in found.content.body_text
    assert any("only its beginning" in reason for reason in found.reasons)


@pytest.mark.parametrize("rules", [None, ReleaseRules(body="div.article-body")])
@pytest.mark.parametrize("paragraphs", [1, *thorough(300)])
def test_of_a_huge_body_html_and_text_are_the_same_beginning(
    rules: ReleaseRules | None, paragraphs: int
) -> None:
    words = [f"lamp{number}" for number in range(400_000)]
    size = len(words) // paragraphs
    parts = (" ".join(words[at : at + size]) for at in range(0, len(words), size))
    found = read(
        PAGE.replace(f"<p>{SECOND}</p>", "".join(f"<p>{p}</p>" for p in parts)), rules=rules
    )
    content = found.content
    assert len(content.body_html) < 2_001_000
    shown = re.sub("<[^>]+>", " ", content.body_html).split()
    assert len(shown) > 150_000
    assert (len(shown), shown[-9:]) == (len(said := content.body_text.split()), said[-9:])
    assert any("2,000,000 characters" in reason for reason in found.reasons)


@examples(60)
@given(
    cuts=st.lists(
        st.tuples(
            st.integers(0, len(PAGE)), st.integers(0, 300), st.text(max_size=12) | st.just("<div>")
        ),
        max_size=8,
    )
)
def test_mutated_pages_never_raise(cuts: list[tuple[int, int, str]]) -> None:
    page = PAGE
    for start, length, put in cuts:
        page = page[:start] + put + page[start + length :]

    found = read(page.encode("utf-8", "surrogatepass"))

    assert found.content.title
    assert "<script" not in found.content.body_html


MENU = "".join(f'<li><a href="/{part}">{part.title()} and more</a></li>' for part in "abcdefgh")


@pytest.mark.parametrize(
    "menu", [f"<nav><ul>{MENU}</ul></nav>", f'<ul class="main-menu">{MENU}</ul>']
)
def test_a_menu_within_the_text_is_not_part_of_it(menu: str) -> None:
    """Menus are passed over; what stands around them stays in order."""
    found = read(PAGE.replace(f"<p>{SECOND}</p>", f"{menu}<p>{SECOND}</p>"))
    assert "and more" not in found.content.body_text
    assert found.content.body_text == read(PAGE).content.body_text


@pytest.mark.parametrize("opening", ["<nav>", '<div class="navigation">', '<section class="menu">'])
def test_a_menu_that_is_never_closed_swallows_no_release(opening: str) -> None:
    page = PAGE.replace("<nav>", opening).replace("</nav>", "")
    assert read(page).content.body_text == read(PAGE).content.body_text
    assert read(page).content.published == read(PAGE).content.published


def test_a_date_in_an_element_named_navigation_is_found() -> None:
    page = PAGE.replace('<p class="date">12 February 2026</p>', "")
    line = '<div class="nav-meta"><a href="/news/all">All of our news</a> 12 February 2026</div>'
    found = read(page.replace('<div class="article-body">', f'{line}<div class="article-body">'))
    assert found.content.published is not None
    assert found.content.published.day == dt.date(2026, 2, 12)


@pytest.mark.parametrize(
    ("stated", "refused"),
    [
        ('<p class="date">12 February 2041</p>', "12 February 2041"),
        ("<p>Published: 32 February 2026</p>", "Published: 32 February 2026"),
        ('<p class="date">31.02.2026</p>', "31.02.2026"),
        ('<meta name="date" content="2041-02-12">', "2041-02-12"),
        ('<meta name="dcterms.issued" content="2026-02-30">', "2026-02-30"),
        ("", ""),
        ("<p>Open until 12 February 2041</p>", ""),
    ],
)
def test_an_impossible_stated_date_is_kept_as_written(stated: str, refused: str) -> None:
    found = read(
        f"<html><head>{stated if 'meta' in stated else ''}</head><body><main>"
        f"<h1>Second lock opens to larger ships</h1>{'' if 'meta' in stated else stated}"
        f"<div><p>{FIRST}</p><p>{SECOND}</p></div></main></body></html>"
    )
    assert found.content.published is None
    assert found.refused == refused
