"""Make the files of an invented press room: its listing, its releases, and all that they need."""

from __future__ import annotations

import datetime as dt
import posixpath
from dataclasses import dataclass
from html import escape

from benchmarks.requisite_themes.assets import icon, seeded, sprite
from benchmarks.requisite_themes.designs import DESIGNS
from benchmarks.requisite_themes.kit import YEAR, Design, File, Kit
from benchmarks.requisite_themes.parts import PARTS

THEMES = tuple(design.name for design in DESIGNS)

FIRST_DAY = dt.date(2026, 2, 2)

LAYOUTS = {
    "float": "#main{{float:{left};width:66%}}#side{{float:{right};width:30%}}#foot{{clear:both}}",
    "flex": "#cols{{display:flex;flex-wrap:wrap;gap:2em}}#main{{flex:1 1 34em}}"
    "#side{{flex:0 1 16em}}",
    "grid": "@supports (display:grid){{@media (min-width:60em){{#cols{{display:grid;"
    "grid-template-columns:2fr 1fr;gap:30px}}}}}}",
    "table": "td{{vertical-align:top;padding:6px}}",
}


@dataclass(frozen=True)
class Site:
    """The files of a press room by path, and those that it has at the other host.

    ``pages`` are the paths of its releases, oldest first, and ``listing`` that of its listing.
    """

    design: Design
    origin: str
    files: dict[str, File]
    shared: dict[str, File]
    pages: tuple[str, ...]
    listing: str = "/"

    def needed(self) -> set[str]:
        """Return the paths, or addresses at the other host, of all files that screens show."""
        skipped = {*self.pages, self.listing}
        return {path for path, file in self.files.items() if file.needed} - skipped


def build(
    name: str, origin: str, cdn: str, releases: int = 2, *, own_pictures: bool = True
) -> Site:
    """Build a press room in the design ``name``.

    Its releases have pictures of their own, unless ``own_pictures`` is false.
    """
    design = next(one for one in DESIGNS if one.name == name)
    kit = Kit(design, origin, cdn, own_pictures=own_pictures)
    titles = {f"/press/notice-{number}": kit.words(7).capitalize() for number in range(releases)}
    days = {path: FIRST_DAY + dt.timedelta(number) for number, path in enumerate(titles)}
    pages: dict[str, str] = {}
    for number, (path, title) in enumerate(titles.items()):
        kit.begin(number)
        for part in design.parts:
            PARTS[part](kit)
        pages[path] = _article(kit, title, days[path])
        pages[path] += "".join(kit.page["end"])
        pages[path] = _page(kit, title, pages[path])
    _deliver_last(kit)
    rows = "".join(
        f'<li class="row"><time datetime="{days[path]}">{days[path]}</time>'
        f' <a href="{path}">{escape(titles[path])}</a></li>'
        for path in reversed(titles)
    )
    kit.begin(-1)
    pages["/"] = _page(kit, "Press", f'<main id="main"><h1>Press</h1><ul>{rows}</ul></main>')
    for path, html in pages.items():
        body = html.replace("/*styles*/", kit.inline).encode(design.charset, "xmlcharrefreplace")
        kit.files[path] = File(body, f"text/html; charset={design.charset}", {})
    kit.add("/favicon.ico", icon(), "image/x-icon", query="")
    kit.add("/apple-touch-icon.png", sprite("touch" + name, 180, 1), "image/png", query="")
    return Site(design, origin, kit.files, kit.shared, tuple(titles))


def _page(kit: Kit, title: str, inner: str) -> str:
    design, side = kit.design, "".join(kit.page["side"])
    ways = ' dir="rtl"' if design.is_rtl else ""
    language = {"la": "en"}.get(design.script, design.script)
    random = seeded(design.name + "menu")
    menu = "".join(
        f'<li class="{kit.cls("item")} menu-{n}"><a class="{kit.cls("link")}" href="/s/{n}">'
        f"{kit.words(random.randint(1, 4), random)}</a></li>"
        for n in range(160)
    )
    state = ",".join(f'"{kit.cls("k")}{n}":{{"id":{n * 7919},"on":false}}' for n in range(700))
    extra = "" if design.delivery == "base" else f'<link rel="canonical" href="{kit.origin}/">'
    cols = (
        f'<table id="cols"><tr><td>{inner}</td><td id="side" width=220>{side}</td></tr></table>'
        if design.layout == "table"
        else f'<div id="cols">{inner}<aside id="side">{side}</aside></div>'
    )
    return (
        f'<!DOCTYPE html><html lang="{language}"{ways}><head><meta charset="{design.charset}">'
        f"{_delivered(kit)}<title>{escape(title)}</title>{extra}"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="shortcut icon" href="/favicon.ico">'
        '<link rel="apple-touch-icon" sizes="180x180" href="/apple-touch-icon.png">'
        f"{''.join(kit.page['head'])}</head><body><header>{''.join(kit.page['top'])}"
        f'<nav><ul class="{kit.cls("menu")}">{menu}</ul></nav></header>{cols}'
        f'<footer id="foot"><p>{kit.words(30, random)}</p></footer>'
        f'<script type="application/json">{{{state}}}</script></body></html>'
    )


def _article(kit: Kit, title: str, day: dt.date) -> str:
    random = seeded(f"{kit.design.name}{kit.release}")
    parts = kit.page["body"]
    texts = [
        f"<p>{kit.words(random.randint(40, 90), random)}.</p>" for _ in range(kit.design.paragraphs)
    ]
    for number, part in enumerate(parts):
        texts.insert(min(2 * number + 1, len(texts)), part)
    return (
        f'<main id="main"><article><h1>{escape(title)}</h1>'
        f'<p><time datetime="{day}">{day}</time></p>{"".join(texts)}</article></main>'
    )


def _names(kit: Kit) -> dict[str, str]:
    """Return the addresses of the style sheets as pages write them, by purpose."""
    folder, query = kit.design.folders[0], kit.design.query.replace("&", "&amp;")
    return {
        name: f"{folder}/{name}.css{query}" for name in ("vendor", "main", "wide", "narrow", "base")
    }


def _delivered(kit: Kit) -> str:
    """Return the markup by which a page takes its style sheets."""
    at, folder, host = _names(kit), kit.design.folders[0], kit.cdn.partition("://")[2]
    link = '<link rel="stylesheet" href="{}">'.format
    plain = {name: path.replace("&amp;", "&") for name, path in at.items()}
    base = {name: posixpath.basename(path) for name, path in at.items()}
    both = link(at["vendor"]) + link(at["main"])
    ways = {
        "inline": f'{link(at["vendor"])}<style id="x">/*styles*/</style>',
        "imports": f'<style media="all">@import url("{plain["vendor"]}");\n'
        f"@import url('{kit.origin}{plain['main']}');</style>",
        "preload": f'<link rel="preload" as="style" href="{at["vendor"]}"'
        " onload=\"this.onload=null;this.rel='stylesheet'\">"
        f"<noscript>{link(at['vendor'])}</noscript>{link(at['main'])}",
        "media": f'{both}<link rel=stylesheet href="{at["wide"]}" media="(min-width: 700px)">'
        f'<link rel=stylesheet href="{at["narrow"]}" media="screen and (max-width: 699px)">',
        "base": f'<base href="{folder}/">{link(base["vendor"])}{link("./" + base["main"])}',
        "cdn": link(f"//{host}/npm/{kit.design.name}/vendor.min.css") + link(at["main"]),
    }
    return ways.get(kit.design.delivery, both)


def _vendor(kit: Kit) -> str:
    """Return some 90 KB of rules that no page uses, as libraries have them."""
    random = seeded(kit.design.name + "vendor")
    words = ("col", "btn", "card", "m", "p", "nav", "grid", "tab", "row", "text")
    rules = [
        f".{random.choice(words)}-{n}{{margin:{random.randrange(40)}px;padding:{n % 9}rem;"
        f"color:#{random.randrange(1 << 24):06x}}}"
        for n in range(1500)
    ]
    return "/*! vendor 4.1 */" + "".join(rules)


def _deliver_last(kit: Kit) -> None:
    """Add the style sheets, once all pages have added their rules."""
    design, folder = kit.design, kit.design.folders[0]
    left, right = ("right", "left") if design.is_rtl else ("left", "right")
    frame = (
        "body{margin:0 auto;max-width:1140px;line-height:1.5}img{vertical-align:middle}"
        "nav li{display:inline-block;margin:0 6px}"
    ) + LAYOUTS[design.layout].format(left=left, right=right)
    main, vendor = frame + "".join(kit.css.values()), _vendor(kit)

    def add(name: str, text: str, charset: str = "utf-8") -> None:
        mark = "" if charset == "utf-8" else f'@charset "{charset}";\n'
        body = (mark + text).encode(charset, "replace")
        kit.add(f"{folder}/{name}.css", body, "text/css")

    charset = design.charset if design.charset != "gb18030" else "gbk"
    if design.delivery == "cdn":
        kit.add(
            f"/npm/{design.name}/vendor.min.css",
            vendor.encode(),
            "text/css; charset=utf-8",
            cdn=True,
            headers=YEAR,
            query="",
        )
    else:
        add("vendor", vendor)
    if design.delivery == "inline":
        kit.inline = main
        return
    if design.delivery == "media":
        add("wide", "#main{border-top:4px solid #246}")
        add("narrow", "#main{border-top:4px solid #b42}nav{display:none}")
    if design.delivery == "chain":
        query = design.query
        add("base", f"@import url(./deep.css{query}) layer(deep) supports(display: grid);{frame}")
        add(
            "deep",
            f'@import "main.css{query}";@import "deep.css{query}";body{{background:#f4f4ee}}',
        )
        kit.add(f"{folder}/paper.css", b"body{color:#000}", "text/css", needed=False)
        main = f'@import "base.css{query}";@import url("paper.css{query}") print;' + "".join(
            kit.css.values()
        )
    add("main", main, charset)
