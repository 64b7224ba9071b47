"""Which files style sheets refer to."""

from __future__ import annotations

import pytest

from spiders.requisites.style_sheet import (
    MAX_PER_SHEET,
    PageWords,
    requisites_of_sheet,
    requisites_of_style,
)

BASE = "http://harbour.example/theme/css/main.css"
SITE = "http://harbour.example"


def urls(css: str | bytes, content_type: str = "text/css") -> list[str]:
    body = css if isinstance(css, bytes) else css.encode()
    return [one.url for one in requisites_of_sheet(body, BASE, content_type)]


@pytest.mark.parametrize(
    ("css", "path"),
    [
        ("a{background:url(../img/a.png)}", "/theme/img/a.png"),
        ("a{background:url( '/a.png' ) no-repeat}", "/a.png"),
        ('a{background:URL("a.png")}', "/theme/css/a.png"),
        ("a{background:url(tile\\(1\\).png)}", "/theme/css/tile(1).png"),
        ("a{background:\\75 rl('a\\20 b.png')}", "/theme/css/a b.png"),
        ("a{background:url(a.png?v=1#x)}", "/theme/css/a.png?v=1"),
        ("a::before{content:url(/q.svg)}", "/q.svg"),
        ("a{mask:linear-gradient(red,blue),url(/m.svg)}", "/m.svg"),
        (":root{--hero:url(/h.jpg)}", "/h.jpg"),
        ("@media (max-width:500px){@supports (display:grid){a{background:url(/s.jpg)}}}", "/s.jpg"),
        ("@layer x{.card{&:hover{background:url(/n.jpg)}}}", "/n.jpg"),
        ("@import '/b.css';", "/b.css"),
        ("@import url(/b.css) layer(x) supports(display:grid) screen;", "/b.css"),
        ("a{background:image-set('/2.webp' 2x, '/1.webp' type('image/webp') 1x)}", "/1.webp"),
        ("a{background:-webkit-image-set(url(/1.png) 1x,url(/2.png) 2x)}", "/1.png"),
        (
            (
                "@font-face{src:url(i.eot);src:url('i.eot?#iefix') format('embedded-opentype'),"
                "url(/i.woff2) format('woff2'),url(/i.ttf) format('truetype')}"
            ),
            "/i.woff2",
        ),
        ("@font-face{src:local('X'),url(/o.otf)}", "/o.otf"),
    ],
)
def test_addresses_are_resolved_against_the_style_sheet(css: str, path: str) -> None:
    assert urls(css) == [SITE + path]


def test_a_host_without_a_scheme_gets_that_of_the_style_sheet() -> None:
    assert urls("a{background:url(//cdn.example/a.png)}") == ["http://cdn.example/a.png"]


@pytest.mark.parametrize(
    "css",
    [
        "a{background:url(data:image/png;base64,AAAA)}",
        "a{background:url()}",
        "a{fill:url(#gradient)}",
        "a{background:url(about:blank)}",
        "a::after{content:'url(x.png)'}",
        "/* a{background:url(x.png)} */",
        "@import '/p.css' print;",
        "@media print{a{background:url(x.png)}}",
        "@media (prefers-color-scheme:dark){a{background:url(x.png)}}",
        "@media (min-width:1600px){a{background:url(x.png)}}",
        "@namespace svg url(http://www.w3.org/2000/svg)",
        "@font-face{src:url(x.eot)}",
        "}}}{{{@@;url",
    ],
)
def test_what_no_screen_shows_is_left_out(css: str) -> None:
    assert urls(css) == []


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ('@charset "shift_jis";a{background:url(画.png)}'.encode("shift_jis"), "text/css"),
        ("a{background:url(画.png)}".encode("euc-jp"), "text/css; charset=EUC-JP"),
        ("\ufeffa{background:url(画.png)}".encode(), "text/css; charset=iso-8859-1"),
    ],
)
def test_the_encoding_is_that_of_mark_header_or_rule(body: bytes, content_type: str) -> None:
    assert urls(body, content_type) == [f"{SITE}/theme/css/画.png"]


def test_a_page_needs_the_files_of_rules_whose_classes_and_ids_it_has() -> None:
    css = (
        b".flag.fr{background:url(/fr.svg)}.flag.de,.old{background:url(/de.svg)}"
        b"#Top .x{background:url(/top.png)}body{background:url(/all.png)}"
        b"@font-face{src:url(/greek.woff2);unicode-range:U+370-3FF}"
        b"@font-face{src:url(/latin.woff2);unicode-range:U+0-FF,U+2??}"
    )
    words = PageWords(frozenset({"flag", "de", "top", "x"}), [ord("a"), ord("b")])
    needed = [one.url for one in requisites_of_sheet(css, BASE) if words.need(one)]
    assert needed == [f"{SITE}/{name}" for name in ("de.svg", "top.png", "all.png", "latin.woff2")]


def test_a_font_with_thousands_of_ranges_is_always_needed() -> None:
    rule = b"@font-face{src:url(/greek.woff2);unicode-range:U+370-3FF}"
    for css in (rule * 1_001, rule.replace(b"}", b",U+370" * 1_001 + b"}")):
        (font,) = requisites_of_sheet(css, BASE)
        assert font.letters == ()


def test_a_style_attribute_and_element_refer_to_files_of_the_page() -> None:
    base = f"{SITE}/news/1"
    assert [one.url for one in requisites_of_style("background:url('a.png')", base)] == [
        f"{SITE}/news/a.png"
    ]
    assert [one.url for one in requisites_of_style("<!-- @import 'b.css'; -->", base)] == [
        f"{SITE}/news/b.css"
    ]


def test_the_files_of_one_style_sheet_and_its_depth_are_limited() -> None:
    many = "".join(f".a{n}{{background:url({n}.png)}}" for n in range(MAX_PER_SHEET + 50))
    assert len(urls(many)) == MAX_PER_SHEET
    assert len(urls("@media screen{" * 3_000 + "a{background:url(x.png)}")) == 1
    assert len(urls("a{b:" + "(" * 20_000 + "url(x.png)")) == 1
