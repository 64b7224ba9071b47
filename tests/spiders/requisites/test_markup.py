"""Which images screens of 1280 and 390 pixels take."""

from __future__ import annotations

import pytest

from spiders.page.page import Page
from spiders.requisites.markup import requisites_of_page
from spiders.requisites.media_queries import SCREENS, matches, source_size

WIDE, NARROW = SCREENS
URL = "http://harbour.example/news/1"


def found(markup: str, *, scripts: bool = False) -> list[str]:
    page = Page(URL, markup.encode(), "text/html; charset=utf-8")
    urls = [one.url for one in requisites_of_page(page, scripts=scripts)]
    return sorted({url.removeprefix("http://harbour.example") for url in urls})


@pytest.mark.parametrize(
    ("markup", "paths"),
    [
        ("<img src=a.jpg>", ["/news/a.jpg"]),
        ("<base href='/static/'><img src=a.jpg>", ["/static/a.jpg"]),
        (
            (
                "<img src=/s.jpg srcset='/400.jpg 400w, /800.jpg 800w, /1600.jpg 1600w'"
                " sizes='(max-width: 600px) 100vw, 700px'>"
            ),
            ["/400.jpg", "/800.jpg"],
        ),
        ("<img src=/1.jpg srcset='/2.jpg 2x, /3.jpg 3x'>", ["/1.jpg"]),
        ("<img srcset='/a,b.jpg 500w,/c.jpg 1300w'>", ["/a,b.jpg", "/c.jpg"]),
        ("<img src='data:image/gif;base64,AA' data-src=/lazy.jpg>", ["/lazy.jpg"]),
        (
            "<img data-srcset='/500.jpg 500w, /1500.jpg 1500w' data-sizes=auto>",
            ["/1500.jpg", "/500.jpg"],
        ),
        (
            (
                "<picture><source media='(min-width: 800px)' srcset=/wide.webp type=image/webp>"
                "<source srcset=/x.jxl type=image/jxl><source srcset=/narrow.webp>"
                "<img src=/old.jpg></picture>"
            ),
            ["/narrow.webp", "/wide.webp"],
        ),
        ("<noscript><img src=/n.jpg></noscript>", ["/n.jpg"]),
        ("<div data-bg=/bg.jpg>x</div>", ["/bg.jpg"]),
        ("<div data-background-image=\"url('/bg.jpg')\">x</div>", ["/bg.jpg"]),
        ("<div style='background:url(&quot;/bg.jpg&quot;)'>x</div>", ["/bg.jpg"]),
        ("<table background=/cell.gif><tr><td>x</table>", ["/cell.gif"]),
        ("<video poster=/p.jpg src=/v.mp4></video>", ["/p.jpg"]),
        ("<svg><use xlink:href='/i.svg#a'/><use href='#b'/></svg>", ["/i.svg"]),
        ("<input type=image src=/go.png><input type=text src=/no.png>", ["/go.png"]),
        ("<link rel='Shortcut Icon' href=/f.ico>", ["/f.ico"]),
        ("<link rel=apple-touch-icon href=/t.png>", ["/t.png"]),
        ("<link rel=stylesheet href=/a.css media=print>", []),
        ("<link rel=stylesheet href=/a.css media=print onload=\"this.media='all'\">", ["/a.css"]),
        ("<link rel='alternate stylesheet' href=/a.css>", []),
        ("<link rel=preload as=style href=/a.css>", ["/a.css"]),
        ("<link rel=canonical href=/a>", []),
        ("<style>@import '/a.css';</style>", ["/a.css"]),
        ("<script src=/a.js></script>", []),
        ("<img src='http://[bad'><img src=javascript:1><img src=''>", []),
    ],
)
def test_requisites_are_found_in_markup(markup: str, paths: list[str]) -> None:
    assert found(f"<html><body><p>Quay 4 reopens.</p>{markup}</body></html>") == paths


def test_scripts_are_requisites_only_if_they_are_wanted() -> None:
    assert found("<script src=/a.js></script><p>x</p>", scripts=True) == ["/a.js"]


@pytest.mark.parametrize(
    "piece",
    [
        f"<img srcset='a 1w' sizes='{'1' * 990}'>",
        f"<img srcset='a 1w' sizes='{'calc(' * 190}\n)'>",
        f"<img srcset='{'a 1w,' * 200}' sizes='{'(a) 1px,' * 110}'>",
        "<picture><img src=a>",
        "<picture><source><source>",
    ],
)
def test_hostile_markup_takes_no_longer_than_other_markup(piece: str) -> None:
    assert len(found(f"<img src=/i.png>{piece * (100_000 // len(piece))}")) <= 2


@pytest.mark.parametrize(
    ("query", "wide", "narrow"),
    [
        ("", True, True),
        ("screen and (max-width: 40em)", False, True),
        ("(min-width: 1281px), print", False, False),
        ("not print", True, True),
        ("(width >= 600px)", True, False),
        ("(orientation: portrait)", False, True),
        ("(unknown-feature: x)", True, True),
    ],
)
def test_media_queries_are_evaluated_for_both_screens(
    query: str, *, wide: bool, narrow: bool
) -> None:
    assert (matches(query, WIDE), matches(query, NARROW)) == (wide, narrow)


@pytest.mark.parametrize(
    ("sizes", "wide", "narrow"),
    [
        ("", 1280, 390),
        ("50vw", 640, 195),
        ("(max-width: 600px) calc(100vw - 40px), 20em", 320, 350),
        ("(min-width: 900px) min(800px, 100vw), 100vw", 800, 390),
        ("auto", 1280, 390),
        ("(", 1280, 390),
    ],
)
def test_sizes_give_a_width_on_both_screens(sizes: str, wide: float, narrow: float) -> None:
    assert (source_size(sizes, WIDE), source_size(sizes, NARROW)) == (wide, narrow)
