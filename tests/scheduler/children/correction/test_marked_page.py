"""A saved page whose texts choose elements, and of whose markup nothing is let through."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree, html

from scheduler.children.correction.correction_child import MAX_ELEMENTS, elements_of, marked_page
from spiders.page.page import Page
from tests.examples import examples

HOSTILE = """
<html><head><base href="//evil.example/"><meta http-equiv="refresh" content="0;url=//evil.example">
<script>alert(1)</script><style>*{background:url(//evil.example/x)}</style>
<link rel="stylesheet" href="//evil.example/x.css"></head>
<body onload="alert(2)" style="background:url(//evil.example/y)">
<a href="javascript:alert(3)" target="_top" onclick="alert(4)">Click</a>
<form action="//evil.example"><input name="q" autofocus onfocus="alert(5)"><button>Send
</button></form>
<img src="//evil.example/z" onerror="alert(6)" alt='"><script>alert(7)</script>'>
<svg><a xlink:href="javascript:alert(8)"><text>Vector</text></a><script>alert(9)</script></svg>
<iframe srcdoc="<script>alert(10)</script>"></iframe><object data="//evil.example"></object>
<math><mtext><mglyph><style><img src=x onerror=alert(11)></style></mglyph></mtext></math>
<x-tag onclick="alert(12)">Own</x-tag><noscript><p title="</noscript><img src=x onerror=alert(13)>">
</noscript><template><script>alert(14)</script></template>
<p>&lt;script&gt;alert(15)&lt;/script&gt; &quot;quoted&quot;</p></body></html>
"""


def shown(markup: str, chosen: int | None = None) -> str:
    page = Page("http://room.example/", markup.encode())
    return marked_page(page, lambda number: f"./?n={number}&x=%22", chosen)


def attributes(written: str) -> set[tuple[str, str]]:
    """Each attribute in the body of a page, and its value."""
    body = html.document_fromstring(written).find("body")
    assert body is not None
    return {(str(name), str(value)) for one in body.iter("*") for name, value in one.items()}


def test_only_the_texts_of_a_hostile_page_remain() -> None:
    written = shown(HOSTILE)
    tree = html.document_fromstring(written)
    tags = {str(one.tag) for one in tree.iter("*")}
    assert tags <= {"html", "head", "meta", "title", "style", "body", "div", "span", "a", "p"}
    for name, value in attributes(written):
        assert (name, value) == ("target", "_top") or (
            name == "href" and re.fullmatch(r"\./\?n=\d+&x=%22", value)
        )
    assert "evil.example" not in written
    text = " ".join("".join(map(str, tree.itertext())).split())
    assert "Click" in text
    assert '<script>alert(15)</script> "quoted"' in text
    assert "[&quot;&gt;&lt;script&gt;alert(7)&lt;/script&gt;]" in written


@given(st.text(st.sampled_from("<>/=\"' aAbiscriptonlhref:&;!-x\n"), max_size=200))
@examples(200)
def test_no_attribute_or_script_is_copied(markup: str) -> None:
    written = shown(f"<body><p>text {markup} end")
    assert {name for name, _ in attributes(written)} <= {"href", "target"}
    assert "<script" not in written.lower()


def test_each_text_links_to_its_element() -> None:
    markup = "<body><div><p>One <b>two</b> three</p>four</div><img alt='five'></body>"
    page = Page("http://room.example/", markup.encode())
    written = html.document_fromstring(marked_page(page, str, 3))
    elements = elements_of(page)
    picked = {
        str(link.text): str(elements[int(link.get("href") or "")].tag) for link in written.iter("a")
    }
    assert picked == {
        "One ": "p",
        "two": "b",
        " three": "p",
        "four": "div",
        "[five]": "img",
    }
    (chosen,) = (one for one in written.iter("*") if one.get("class") == "chosen")
    assert chosen.tag == elements[3].tag == "p"


def test_element_numbers_count_removed_elements() -> None:
    page = Page("http://room.example/", b"<body><svg><g><g></g></g></svg><p>after</p></body>")
    written = html.document_fromstring(marked_page(page, str))
    (link,) = written.iter("a")
    assert elements_of(page)[int(link.get("href") or "")].tag == "p"


def test_a_very_long_page_is_cut_with_a_note() -> None:
    written = shown("<body>" + "<p>line</p>" * (MAX_ELEMENTS + 500))
    assert written.count("<p>") <= MAX_ELEMENTS + 1
    assert "Only the beginning of this page is shown" in written
    assert "Only the beginning of this page is shown" not in shown("<body><p>line</p>")


@pytest.mark.parametrize("markup", ["", "\0", "<", "<html>", "plain", "<frameset><frame src=x>"])
def test_a_nearly_empty_page_is_shown(markup: str) -> None:
    assert etree.HTML(shown(markup)) is not None
