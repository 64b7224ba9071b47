"""Elements that lie too deep in one another are set side by side before a parser meets them."""

from __future__ import annotations

import pytest
from lxml import etree

from data.text.html_text import text_of
from data.text.markup import flattened
from data.text.sanitize import MAX_LEVELS, PART, SEPARATOR, _ready, sanitize, sanitize_absolute

DEEP = {
    "lists": "<ul><li>",
    "boxes": "<div>",
    "tables": "<table><tr><td>",
    "emphasis": "<b><i>",
    "with ends of others": "<ul></b><li>",
}


def depth(html: str) -> int:
    """How many levels a document has, as libxml2 reads it."""
    parser = etree.HTMLParser(huge_tree=True)
    levels = deepest = 0
    for event, _ in etree.iterwalk(etree.fromstring(html, parser), events=("start", "end")):
        levels += 1 if event == "start" else -1
        deepest = max(deepest, levels)
    return deepest


@pytest.mark.parametrize("tags", DEEP.values(), ids=DEEP)
def test_nothing_is_nested_deeper_than_allowed(tags: str) -> None:
    html = flattened(tags * 60_000 + "the end", 100)
    assert depth(html) <= 100 + 2
    assert html.endswith("the end")


@pytest.mark.parametrize("tags", DEEP.values(), ids=DEEP)
def test_a_deep_body_is_sanitized_and_keeps_its_text(tags: str) -> None:
    fragment = f"<p>Before.</p>{tags * 15_000}The end."
    safe = sanitize(fragment, "https://harbour.example/")
    assert depth(safe) <= 250  # libxml2 gives up at 256
    assert "The end." in sanitize_absolute(safe)
    assert text_of(safe).startswith("Before.")
    assert text_of(safe).endswith("The end.")


def test_the_paragraphs_of_a_deep_body_stay_apart() -> None:
    safe = sanitize("<div>" * 1_000 + "<p>One.</p><p>Two.</p>", "https://harbour.example/")
    assert "<p>One.</p><p>Two.</p>" in safe


@pytest.mark.parametrize(
    "html",
    [
        "<p>a" * 1_000,
        "<ul>" + "<li>a" * 1_000 + "</ul>",
        "<table>" + "<tr><td>a<td>b" * 1_000 + "</table>",
        "<dl>" + "<dt>a<dd>b" * 1_000 + "</dl>",
        "<p>a<br><img src=x><hr>" * 1_000,
        "<div><b>a</b></div>" * 1_000,
    ],
)
def test_long_texts_that_are_not_deep_stay_as_they_are(html: str) -> None:
    assert flattened(html, MAX_LEVELS) is html


def test_a_script_in_the_depth_is_not_turned_into_text() -> None:
    html = "<div>" * 1_000 + "<script>alert(1)</script><style>p {}</style>The end."
    assert text_of(sanitize(html, "https://harbour.example/")) == "The end."


@pytest.mark.parametrize(
    "unit", ["&amp;", "\xa0", "&nbsp;x ", "&", '<a href="/?a=1&amp;b=2">x</a>']
)
def test_a_text_full_of_references_is_sanitized_to_the_same(unit: str) -> None:
    part = f"<p>{unit * 600}</p>"
    whole = sanitize(part * 10 + f"<p>{unit * 20_000}</p>", "https://harbour.example/")
    assert "x-part" not in whole
    once, last = (
        sanitize(part, "https://harbour.example/"),
        sanitize(unit, "https://harbour.example/"),
    )
    assert whole == once * 10 + f"<p>{last * 20_000}</p>"


def test_long_addresses_stay_whole_among_many_references() -> None:
    link = f'<a href="https://harbour.example/{"a" * 3_000}">x</a>'
    html = f"<p>{link}</p>" + "<p>&amp;</p>" * 5_000
    assert sanitize(html, "https://harbour.example/") == html


@pytest.mark.parametrize("text", ["\xa9", "\xc3\xa9\xe2\x80\x99", "<\xab", "&", '< "\xbb'])
def test_a_long_text_of_slow_characters_is_split(text: str) -> None:
    """nh3 reads the rest of a text again after each of these characters."""
    parts = _ready(f"<p>{text * 20_000}</p>").split(SEPARATOR)
    assert max(map(len, parts)) <= 1_100
    assert "".join(parts) == f"<p>{text * 20_000}</p>"


@pytest.mark.parametrize("image", ["", ' src="x'])
def test_a_text_of_slow_characters_is_sanitized_to_the_same(image: str) -> None:
    text = "\xa9 4 &lt; 5 " * 5_000
    html = f"<p>Lamps{image} {text}</p>"
    assert sanitize_absolute(html) == html


def test_a_tag_with_a_long_attribute_of_slow_characters_is_dropped() -> None:
    html = f'<p>One <b title="{chr(169) * 20_000}">lamp</b> is lit.</p>'
    assert sanitize(html, "https://harbour.example/") == "<p>One lamp is lit.</p>"


def test_a_long_attribute_without_slow_characters_is_kept() -> None:
    html = f'<p>One <b title="{"lamp" * 20_000}">lamp</b> is lit.</p>'
    assert sanitize(html, "https://harbour.example/") == html


def test_a_text_is_read_in_its_visible_order() -> None:
    """Marks that turn text around show another sum than is there, in text and by reference."""
    html = "<p>Pay \u202e0001\u202c now, &#8238;today&#x2069;, \u05e9\u05dc\u05d5\u05dd\u200f.</p>"
    safe = sanitize(html, "https://harbour.example/")
    assert safe == "<p>Pay 0001 now, today, \u05e9\u05dc\u05d5\u05dd\u200f.</p>"
    assert sanitize(safe, "https://harbour.example/") == safe


@pytest.mark.parametrize(
    "text",
    [
        "&amp;" * 3_000,
        "a&lt;b <b>c</b> " * 900,
        "&" * 5_000 + "<p>",
        "a < b \xa9 " * 900,
        "</" * 99,
    ],
)
def test_each_character_of_a_fragment_with_many_references_is_read_once(text: str) -> None:
    # A place where no part begins would be tried, and left, at great cost.
    assert "".join(part[0] for part in PART.finditer(text)) == text
