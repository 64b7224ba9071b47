"""Documents that browsers read and libxml2 doesn't: their text is read all the same."""

from __future__ import annotations

import datetime as dt
import resource
from typing import Final

import pytest
from lxml import etree

from data.dates.context import DateContext
from data.text import markup as markup_limits
from spiders.page.html_tree import parse, shown_length
from spiders.page.page import Page
from spiders.release.read import read_release
from tests.examples import thorough

READING: Final = DateContext("UTC", now=dt.datetime(2026, 11, 20, tzinfo=dt.UTC))
MENU: Final = (
    '<ul class="nav"><li><a href="/">Home</a></li><li><a href="/tides">Tides</a></li></ul>'
)
HEADLINE: Final = "Second lamp for the northern mole"
LAST: Final = "Pilots had asked for it since the storms of last winter, harbour master Brandt said."
TEXT: Final = (
    f'<h1>{HEADLINE}</h1><span class="date">2 March 2026</span>'
    "<p>The Harbour Board of Lindmouth will light a second lamp on the northern mole.</p>"
    "<p>Work begins on Monday and ends before the first ferries of the summer leave.</p>"
    f"<p>{LAST}</p>"
)
HEAD: Final = "<head><title>Harbour Board of Lindmouth</title></head>"
UNENDED: Final = (
    *("textarea", "script", "style", "iframe", "noscript", "select", "object", "svg", "math"),
    *("template", "audio", "video", "canvas", "map", "option", "xmp", "noframes", "embed"),
)
STRAY: Final = {
    "an end of the document after the menu": f"<html>{HEAD}<body>{MENU}</html><div>{TEXT}</div>",
    "an end of the document in the head": f"<html>{HEAD}</html><body>{MENU}<div>{TEXT}</div>",
    "an end of the body after the menu": f"<html>{HEAD}<body>{MENU}</body><div>{TEXT}</div></html>",
    "a whole document before the document": f"<html><body>{MENU}</body></html><html>{HEAD}<body>"
    f"<div>{TEXT}</div></body></html>",
    "ends in the middle of the text": f"<html>{HEAD}<body>{MENU}<div>"
    + TEXT.replace("<p>Work", "</body></html><p>Work")
    + "</div></body></html>",
    "two documents in the text": f"<html>{HEAD}<body>{MENU}"
    + TEXT.replace("<p>Work", "</html><html><body><p>Work")
    + "</body></html>",
}
UNCLOSED: Final = {
    name: f"<html>{HEAD}<body>{MENU}<{name} class=x>Words {TEXT}<p>End</p></body></html>"
    for name in UNENDED
}
ODD: Final = {
    "an open comment": f"<html>{HEAD}<body>{MENU}<!-- banner {TEXT}<p>End</p></body></html>",
    "an open title": f"<html><head><title>Harbour Board</head><body>{MENU}{TEXT}</body></html>",
    "an open style in the head": f"<html><head><style>p {{}}</head><body>{MENU}{TEXT}</body>",
    "an open quote": f'<html>{HEAD}<body><ul><li><a href="/tides>Tides</a></li>'
    f'<li><a class="b" href="/">Home</a></li></ul>{TEXT}</body></html>',
    "nested forms": f"<html>{HEAD}<body><form>{MENU}<form><input></form>{TEXT}</form></body>",
    "paragraphs in a table": f"<html>{HEAD}<body>{MENU}<table>{TEXT}<tr><td></td></table></body>",
    "emphasis that never ends": f"<html>{HEAD}<body>{MENU}<b><font color=red><i>{TEXT}</body>",
    "an end in a script": f"<html>{HEAD}<body><script>w('</html>')</script>{MENU}{TEXT}</body>",
    "a comment with an odd end": f"<html>{HEAD}<body><!-- banner --!>{MENU}{TEXT}</body></html>",
    "elements that end themselves": "<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>"
    f"<head><title>x</title><script src='x.js'/></head><body>{MENU}<textarea/><iframe/>{TEXT}",
    "thousands of open elements": f"<html>{HEAD}<body>{MENU}{'<div><font>' * 2_000}{TEXT}</body>",
}


WITHOUT_BODY_TAG: Final = {
    "main": f"<main>{TEXT}</main>",
    "header and main": f"<header>{MENU}</header><main><article>{TEXT}</article></main><p>x</p>",
    "article and text": f"<article>{TEXT}</article> Text after it",
    "a custom element": f"<press-release>{TEXT}</press-release>",
}


@pytest.mark.parametrize("markup", WITHOUT_BODY_TAG.values(), ids=WITHOUT_BODY_TAG)
def test_a_page_without_the_tags_of_head_and_body_is_read(markup: str) -> None:
    markup = f"<!doctype html><html lang=en><title>Harbour Board</title>{markup}"
    root = parse(markup.encode())
    assert [child.tag for child in root] == ["head", "body"]
    assert "Pilots" not in "".join(map(str, root[0].itertext()))
    read = read_release(Page("https://harbour.example/1", markup.encode()), READING).content
    assert read.title == HEADLINE
    assert LAST in read.body_text


@pytest.mark.parametrize("markup", (STRAY | UNCLOSED | ODD).values(), ids=STRAY | UNCLOSED | ODD)
def test_the_text_of_a_malformed_page_is_read(markup: str) -> None:
    read = read_release(Page("https://harbour.example/1", markup.encode()), READING).content
    assert LAST in read.body_text
    assert "Work begins on Monday" in read.body_text


@pytest.mark.parametrize("markup", STRAY.values(), ids=STRAY)
def test_title_and_date_after_a_stray_end_are_read(markup: str) -> None:
    read = read_release(Page("https://harbour.example/1", markup.encode()), READING).content
    assert read.title == HEADLINE
    assert read.published is not None
    assert read.published.iso == "2026-03-02"


def test_scripts_after_the_end_of_the_document_make_no_other_tree() -> None:
    page = f"<html>{HEAD}<body>{MENU}{TEXT}</body></html>\n<script>count('<p>no text</p>')</script>"
    root = parse(page.encode())
    assert [child.tag for child in root] == ["head", "body"]
    assert "no text" not in "".join(map(str, root.itertext()))


def test_a_hidden_part_with_an_end_tag_is_not_read() -> None:
    page = f"<html><body>{TEXT}<template><p>a</p><p>b</p><p>c</p></template></body></html>"
    root = parse(page.encode())
    assert [node.text for node in root.iterfind(".//template/p")] == ["a", "b", "c"]


@pytest.mark.thorough
@pytest.mark.parametrize(
    "inside",
    [
        "".join(f"<p><font color=c{number}>x" for number in range(20_000)),
        "<ul><li>" * 100_000,
        "<!-- " * 100_000,
        "</html><html>" * 50_000,
        *thorough(
            "<table><tr><td><font>" * 50_000,
            "<a href=x><div>" * 50_000,
            "<select>" * 100_000,
        ),
    ],
    ids=["formatting", "lists", "comments", "documents", "tables", "links", "selects"],
)
def test_an_entity_bomb_stays_small(inside: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    root = parse(f"<html><body>{MENU}</html>{inside}<p>the end</p>".encode())
    assert "Tides" in "".join(map(str, root.itertext()))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000


@pytest.mark.parametrize("rest", ["'</script><p>Ships.</p>", ""])
def test_a_script_in_which_a_page_is_cut_does_not_become_its_text(
    rest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(markup_limits, "MIN_CHECKED_BYTES", 10)
    monkeypatch.setattr(markup_limits, "MAX_TAGS", 20)
    html = f"<p>Lamps.</p><script>var a = '{'<p>x</p>' * 40}{rest}"
    page = Page("http://harbour.example/", html.encode())
    assert [one.text for one in page.tree.iter("p")] == ["Lamps."]
    assert page.is_cut


@pytest.mark.parametrize(
    ("html", "length"),
    [
        ("<p> one <b>two</b> </p>", 6),
        ("<title>one</title><p>two<script>three</script>four", 7),
        ("<p>a<noscript>b<select><option>c</select>d</noscript>e<svg><title>f</title></svg>", 2),
        ("<p>a<video>b<audio>c</audio>d<object>e</object></video>f</p>", 2),
    ],
)
def test_texts_of_hidden_elements_do_not_count_as_shown(html: str, length: int) -> None:
    assert shown_length(etree.fromstring(html, etree.HTMLParser())) == length
