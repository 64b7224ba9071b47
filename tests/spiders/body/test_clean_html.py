"""How a fragment becomes a body."""

from __future__ import annotations

import subprocess
import sys

import pytest

from data.text.sanitize import sanitize
from data.text.urls import absolute
from spiders.body.clean_html import clean_body, clean_fragment, parsed

BASE = "https://room.example/news/7"


def body(fragment: str) -> tuple[str, str]:
    return clean_body(fragment, BASE, "A title")[0].written()


def test_lists_tables_quotes_and_figures_stay() -> None:
    html, text = body(
        "<p>One</p><ul><li>a<li>b</ul><table><tr><td>1</td><td></td></tr></table>"
        "<blockquote>said</blockquote><figure><img src=x.png>"
        "<figcaption>Photo: me</figcaption></figure>"
    )

    assert "<ul><li>a</li><li>b</li></ul>" in html
    assert "<td>1</td><td></td>" in html
    assert '<figure><img src="https://room.example/news/x.png"><figcaption>' in html
    assert text == "One\n\na\nb\n\n1\n\nsaid"


def test_a_layout_table_is_not_a_data_table() -> None:
    rows = "<tr><td colspan=2></td></tr><tr><td> </td><td><br><p>One</p><p>Two</p></td></tr>"
    html, text = body(f"<table><tbody>{rows}<tr><td>&nbsp;</td></tr></tbody></table><p>Three</p>")

    assert "table" not in html
    assert text == "One\n\nTwo\n\nThree"
    for kept in (
        "<table><tr><td>1</td><td>2</td></tr></table>",
        "<table><tr><td>alone</td></tr></table>",
    ):
        assert "</table>" in body(kept)[0]


def test_empty_elements_and_breaks_at_the_edges_go() -> None:
    assert body("<br><p> </p><div><span></span></div><p>Text</p><br>")[0] == "<p>Text</p>"
    assert body("<hr><p>Text</p><hr><p>More</p><br><br>\n<hr><br>")[0] == (
        "<p>Text</p><hr><p>More</p>"
    )


def test_a_small_image_that_links_to_a_large_one_becomes_the_large_one() -> None:
    html, _ = body('<a href="/big.jpg"><img src="/small.jpg" alt="It"></a>')

    assert '<img src="https://room.example/big.jpg" alt="It">' in html


def test_images_that_load_late_get_their_address() -> None:
    assert (
        'src="https://room.example/real.jpg"'
        in body('<p>x<img src="data:image/gif;base64,R0lGOD" data-src="/real.jpg">')[0]
    )
    assert (
        'src="https://room.example/w2.jpg"'
        in body('<p>x<img srcset="/w1.jpg 400w, /w2.jpg 900w">')[0]
    )


def test_a_declared_body_loses_its_headline_buttons_and_tail() -> None:
    fragment = (
        "<div><h1>A title</h1><p>First paragraph of the release.</p>"
        "<ul><li>Share</li><li>Print</li></ul><h4>Related news</h4><p>Another one</p></div>"
    )

    assert body(fragment)[1] == "First paragraph of the release."


def test_a_declared_body_keeps_other_text_at_its_edges() -> None:
    fragment = "<div><p>2 March 2026</p><p>The text of it.</p><p>Contact: the office</p></div>"

    assert body(fragment)[1] == "2 March 2026\n\nThe text of it.\n\nContact: the office"
    assert body("<p>Share</p>")[1] == "Share"


def test_elements_dropped_by_a_source_file_are_removed_and_a_bad_selector_reported() -> None:
    fragment = "<p>One</p><div class=box><p>Two</p></div><p>Three</p>"
    prose, reasons = clean_body(fragment, BASE, "", (".box", "a["))

    assert prose.written()[1] == "One\n\nThree"
    assert len(reasons) == 1
    assert "a[" in reasons[0]


def test_elements_nested_as_deep_as_a_parser_lets_them_are_written() -> None:
    assert body("<div>" * 2_000 + "deep")[1] in {"deep", ""}


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "java\nscript:alert(1)",
        "\x01javascript:x",
        "data:text/html,x",
        "vbscript:x",
    ],
)
def test_addresses_that_run_something_are_dropped(address: str) -> None:
    assert absolute(BASE, address) is None
    assert "href" not in sanitize(f'<a href="{address}">x</a>', BASE)


def test_addresses_become_absolute() -> None:
    assert absolute(BASE, "../a b.pdf") == "https://room.example/a b.pdf"
    assert absolute(BASE, "//other.example/x") == "https://other.example/x"
    assert absolute(BASE, "mailto:press@room.example") == "mailto:press@room.example"
    assert absolute(BASE, "https://[bad") is None


FRAGMENTS = (
    '<p id=a class=b>One <a title="It" rel=x href="/2">two</a></p>\n\n <p>three',
    "<div><p lang=en dir=ltr>a<li>b</div></div><b>c",
    "loose text <!-- note --> & more &amp;lt; <script>if (a<b) {}</script>",
    "<html><head><title>t</title></head><body><p>b</p></body></html>",
    "<p>a</p><header><h2>b</h2></header><P>c<BR>d</P>",
    "\ufeff<p>a</p>",
    "<p>a\0b</p><plaintext>c<p>d",
    "<div>" * 400 + "a",
    "<table><tr><td><p>a<table><tr><td>b<td>c</table>d</table>e<table><td><div>f</div></table>g",
    "<TABLE><td> <td><script>x</script><td><p>a<td></TABLE><table><tr><td><p>a<td>b</table>",
    "<table><tr><td><img src=/a.png><p></p></table><table><tr><td><p><td><br></table>",
    "<td>a<table><table><td><ul><li>b",
    "<table><td><!-- a -->b<td><p>c</table><table><td><!-- a --><td><?x?><p>c</table>",
    "",
)


@pytest.mark.parametrize("fragment", FRAGMENTS)
def test_a_fragment_is_the_same_with_and_without_beautifulsoup(fragment: str) -> None:
    """A selector that finds nothing makes BeautifulSoup read the fragment."""
    read = clean_body(fragment, BASE, "A title")[0].written()

    assert read == clean_body(fragment, BASE, "A title", [".absent"])[0].written()


@pytest.mark.thorough
def test_a_plain_fragment_needs_no_beautifulsoup() -> None:
    """It takes 50 ms to load, and five times as long for each fragment."""
    fragment = "<p>The lock is open.</p><table><tr><td>At six</td></tr></table>"
    code = (
        "import sys; from spiders.body.clean_html import clean_body; "
        f"clean_body({fragment!r}, {BASE!r}, ''); sys.exit('bs4' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603 - our own code


def test_elements_with_very_many_attributes_are_not_sorted() -> None:
    """libxml2 compares each attribute that is added with all others of its element."""
    few, many = (" ".join(f"a{n}=1" for n in reversed(range(count))) for count in (200, 201))

    assert next(parsed(f"<p {few}>").iter("p")).keys()[0] == "a0"
    assert next(parsed(f"<p {many}>").iter("p")).keys()[0] == "a200"


@pytest.mark.parametrize("drop", [(), (".absent",)], ids=["plain", "with a selector"])
def test_an_element_loses_the_attributes_that_no_parser_reads_quickly(
    drop: tuple[str, ...],
) -> None:
    wide = " ".join(f"a{n}" for n in range(30_000))
    root, _ = clean_fragment(f"<p {wide}>The lock is open.</p><p>Ships pass.</p>", drop)
    first, second = root.iter("p")
    assert (first.text, second.text) == ("The lock is open.", "Ships pass.")
    assert len(first.attrib) <= 300
