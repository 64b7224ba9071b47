"""The parts of invented pages that need files: each is a function of a Kit."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from benchmarks.requisite_themes.assets import font, photo, sprite, svg
from benchmarks.requisite_themes.kit import YEAR, Kit

BLANK = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


def logo(kit: Kit) -> None:
    """A drawing in an ``<img>``."""
    kit.page["top"].append(f'<a href="/"><img src="{kit.drawing("logo")}" alt="" width=120></a>')


def hero(kit: Kit) -> None:
    """A background that differs by width, and one that only paper has."""
    name = kit.cls("hero")
    if not kit.has("hero"):
        small, large = kit.picture("hero", 480, 200), kit.picture("hero", 1280, 300)
        paper = kit.picture("paper", 400, 100, needed=False)
        url = kit.from_sheet
        kit.style(
            "hero",
            f".{name}{{height:180px;background:#ccd url({url(small)}) center/cover no-repeat}}"
            f"@media (min-width:700px){{.{name}{{background-image:url('{url(large)}')}}}}"
            f"@media print{{.{name}{{background-image:url({url(paper)})}}}}",
        )
    kit.page["top"].append(f'<div class="{name}"></div>')


def inline_background(kit: Kit) -> None:
    """A background in a style attribute, with character references."""
    path = kit.picture("text-card", 600, 220)
    kit.page["body"].append(
        f'<div style="height:150px;background:url(&quot;{path}&quot;) center / cover"></div>'
    )


def srcset(kit: Kit) -> None:
    """An image in four widths, of which a screen takes one."""
    shown = ((400, True), (800, True), (1200, False), (1600, False))
    sizes = {one: kit.picture("text", one, one // 2, needed=needed) for one, needed in shown}
    listed = ", ".join(f"{path} {width}w" for width, path in sizes.items())
    kit.page["body"].append(
        f'<figure><img src="{kit.picture("text", 1200, 600, needed=False)}" srcset="{listed}"'
        ' sizes="(max-width: 600px) 100vw, 700px" alt="" style="width:100%;max-width:700px">'
        f"<figcaption>{kit.words(6)}</figcaption></figure>"
    )


def density(kit: Kit) -> None:
    """An image for screens of one and of two densities."""
    one = kit.picture("text-seal", 160, 160, kind="png")
    two = kit.picture("text-seal", 320, 320, needed=False, kind="png")
    kit.page["side"].append(
        f'<img src="{one}" srcset="{one}, {two} 2x" width=160 height=160 alt="">'
    )


def picture(kit: Kit) -> None:
    """A ``<picture>`` with types, media queries and a fallback that no browser of today takes."""
    large = kit.picture("text-wide", 1100, 360, kind="webp")
    small = kit.picture("text-wide", 420, 300, kind="webp")
    old = kit.picture("text-wide", 1100, 360, needed=False)
    kit.page["body"].append(
        f'<picture><source media="(min-width: 768px)" type="image/webp" srcset="{large}">'
        f'<source media="(min-width: 768px)" srcset="{old}">'
        f'<source type="image/webp" srcset="{small} 420w" sizes="100vw">'
        f'<img src="{old}" alt="" style="max-width:100%"></picture>'
    )


def lazy_native(kit: Kit) -> None:
    """An image that the browser loads when it is near."""
    path = kit.picture("text-far", 640, 300)
    kit.page["end"].append(f'<img src="{path}" loading="lazy" alt="" width=320 height=150>')


SWAP = """<script>document.addEventListener("DOMContentLoaded",function(){
document.querySelectorAll("[data-src],[data-srcset],[data-bg]").forEach(function(e){
if(e.dataset.srcset)e.srcset=e.dataset.srcset;if(e.dataset.src)e.src=e.dataset.src;
if(e.dataset.bg)e.style.backgroundImage="url("+e.dataset.bg+")"})})</script>"""


def lazy_script(kit: Kit) -> None:
    """Images and a background that a script loads, with a fallback without scripts for one."""
    first, second = kit.picture("text-lazy", 560, 260), kit.picture("text-lazy2", 560, 260)
    large = kit.picture("text-lazy2", 1400, 650, needed=False)
    bg = kit.picture("text-bg", 500, 160)
    kit.page["body"].append(
        f'<img class="lazyload" src="{BLANK}" data-src="{first}" width=560 height=260 alt="">'
        f'<noscript><img src="{first}" width=560 height=260 alt=""></noscript>'
        f'<img class="lazyload" src="{BLANK}" data-srcset="{second} 560w, {large} 1400w"'
        f' sizes="360px" width=360 height=170 alt="">'
        f'<div class="lazyload" data-bg="{bg}" style="height:120px"></div>'
    )
    kit.page["end"].append(SWAP)


def sprites(kit: Kit) -> None:
    """Icons cut from one picture."""
    name = kit.cls("icon")
    if not kit.has("sprites"):
        path = kit.add(
            f"{kit.design.folders[1]}/sprite.png", sprite(kit.design.name, 32, 8), "image/png"
        )
        rules = "".join(f".{name}.i{n}{{background-position:-{32 * n}px 0}}" for n in range(8))
        kit.style(
            "sprites",
            f".{name}{{display:inline-block;width:32px;height:32px;"
            f'background-image:url("{kit.from_sheet(path)}")}}{rules}',
        )
    kit.page["side"].append("".join(f'<i class="{name} i{n}"></i>' for n in range(8)))


def icon_font(kit: Kit) -> None:
    """Icons that are letters of a font, declared for browsers of all times."""
    name = kit.cls("glyph")
    if not kit.has("icon_font"):
        made = {
            flavor: kit.from_sheet(
                kit.add(
                    f"{kit.design.folders[2]}/icons.{flavor}",
                    font(f"{kit.design.name} icons", flavor, "\ue001\ue002\ue003"),
                    f"font/{flavor}",
                    needed=flavor == "woff2",
                    headers=YEAR,
                )
            )
            for flavor in ("woff2", "woff", "ttf")
        }
        kit.style(
            "icon_font",
            f"@font-face{{font-family:'Icons {name}';src:url('{made['ttf']}?#iefix')"
            f" format('embedded-opentype'),url('{made['woff2']}') format('woff2'),"
            f"url('{made['woff']}') format('woff'),url('{made['ttf']}') format('truetype');"
            f"font-display:block}}.{name}::before{{font:28px 'Icons {name}';content:'\\e001'}}"
            f".{name}.b::before{{content:'\\e002'}}",
        )
    kit.page["side"].append(f'<p><i class="{name}"></i> <i class="{name} b"></i></p>')


def web_font(kit: Kit) -> None:
    """The font of the text, after a local one that nobody has."""
    if kit.has("web_font"):
        return
    path = kit.add(
        f"{kit.design.folders[2]}/text.woff2", font(kit.design.name), "font/woff2", headers=YEAR
    )
    kit.style(
        "web_font",
        "@font-face { font-family: Text; src: local('Not Installed'), "
        f'url("{kit.from_sheet(path)}") format("woff2"); font-weight: 100 900 }}'
        "body{font-family:Text,sans-serif}",
    )


def font_subsets(kit: Kit) -> None:
    """A font at another host, in subsets of which one is used."""
    if kit.has("font_subsets"):
        return
    rules = []
    for name, letters, codes in (
        ("cyrillic", "абвгд", "U+0400-045F"),
        ("latin", "", "U+0000-024F"),
    ):
        made = font(f"{kit.design.name} {name}", "woff2", letters)
        path = kit.add(
            f"/s/{kit.design.name}/{name}.woff2",
            made,
            "font/woff2",
            needed=name == "latin",
            cdn=True,
            headers=YEAR,
            query="",
        )
        rules.append(
            f"/* {name} */@font-face{{font-family:'Head';src:url({path}) format('woff2');"
            f"unicode-range:{codes}}}"
        )
    sheet = kit.add(
        f"/css2/{kit.design.name}.css",
        "".join(rules).encode(),
        "text/css",
        cdn=True,
        query="?family=Head:wght@400;700&display=swap",
    )
    address = "//" + sheet.partition("://")[2]
    kit.style("font_subsets", "h1,h2{font-family:Head,serif}")
    kit.page["head"].append(f'<link href="{address.replace("&", "&amp;")}" rel="stylesheet">')


def svg_use(kit: Kit) -> None:
    """Icons that refer to symbols of a drawing."""
    path = kit.add(
        f"{kit.design.folders[1]}/symbols.svg", svg(kit.design.name, ids=4), "image/svg+xml"
    )
    kit.page["side"].append(
        "".join(
            f'<svg width=24 height=24><use {"xlink:" if n % 2 else ""}href="{path}#s{n}"/></svg>'
            for n in range(4)
        )
    )


def mask(kit: Kit) -> None:
    """A drawing that cuts out a colored area."""
    name = kit.cls("mask")
    if not kit.has("mask"):
        path = kit.from_sheet(kit.drawing("mask"))
        kit.style(
            "mask",
            f".{name}{{width:120px;height:40px;background:#384;-webkit-mask:url({path});"
            f"mask:url({path}) no-repeat}}",
        )
    kit.page["side"].append(f'<div class="{name}"></div>')


def image_set(kit: Kit) -> None:
    """A background in several densities and types."""
    name = kit.cls("set")
    if not kit.has("image_set"):
        url = kit.from_sheet
        one = kit.picture("set", 300, 100, kind="webp")
        two = kit.picture("set", 600, 200, kind="webp", needed=False)
        old = kit.picture("set", 300, 100, needed=False)
        kit.style(
            "image_set",
            f".{name}{{height:100px;background-image:url({url(old)});"
            f"background-image:-webkit-image-set(url({url(one)}) 1x,url({url(two)}) 2x);"
            f'background-image:image-set("{url(one)}" type("image/webp") 1x, "{url(two)}"'
            ' type("image/webp") 2x)}',
        )
    kit.page["body"].append(f'<div class="{name}"></div>')


def variables(kit: Kit) -> None:
    """A background that is a variable, with another for dark screens."""
    name = kit.cls("var")
    if not kit.has("variables"):
        url = kit.from_sheet
        day, night = kit.picture("day", 400, 120), kit.picture("night", 400, 120, needed=False)
        kit.style(
            "variables",
            f":root{{--band-{name}:url({url(day)});--gap:12px}}"
            f"@media (prefers-color-scheme:dark){{:root{{--band-{name}:url({url(night)})}}}}"
            f".{name}{{height:90px;background-image:var(--band-{name})}}",
        )
    kit.page["body"].append(f'<div class="{name}"></div>')


def escapes(kit: Kit) -> None:
    """Addresses with escapes, and a class that has them too."""
    if not kit.has("escapes"):
        folder = kit.design.folders[1]
        seed = kit.design.name
        tiles = {name: photo(seed + name, 60, 60, "PNG") for name in ("tile(1)", "wide tile")}
        round_, spaced = (
            kit.add(f"{folder}/{name}.png", tile, "image/png", query="")
            for name, tile in tiles.items()
        )
        bracket = round_.replace("(", "\\(").replace(")", "\\)")
        text = spaced.replace("%20", "\\20 ")
        kit.style(
            "escapes",
            f".bg-\\[url\\(tile\\)\\]{{height:60px;background:url({bracket})}}"
            f".md\\:w-1\\/2{{height:60px;background:\\75 rl('{text}')}}",
        )
    kit.page["body"].append('<div class="bg-[url(tile)]"></div><div class="md:w-1/2"></div>')


def markers(kit: Kit) -> None:
    """Pictures of list items, borders and generated content."""
    name = kit.cls("list")
    if not kit.has("markers"):
        url = kit.from_sheet
        dot, quote = kit.drawing("dot"), kit.drawing("quote")
        edge = kit.picture("edge", 90, 90, kind="png")
        kit.style(
            "markers",
            f".{name}{{list-style:square url({url(dot)});border:20px solid;"
            f"border-image:url('{url(edge)}') 30 round}}"
            f".{name}::after{{content:url({url(quote)})}}",
        )
    items = "".join(f"<li>{kit.words(4)}</li>" for _ in range(3))
    kit.page["body"].append(f'<ul class="{name}">{items}</ul>')


def embedded(kit: Kit) -> None:
    """A poster, a button, an object and an image in a drawing."""
    poster, button = kit.picture("text-poster", 480, 270), kit.picture("go", 80, 30, kind="png")
    inside = kit.picture("inside", 90, 60)
    kit.page["body"].append(
        f'<video poster="{poster}" preload="none" width=480 height=270></video>'
        f'<object data="{kit.drawing("chart")}" type="image/svg+xml" width=120 height=40></object>'
    )
    kit.page["side"].append(
        f'<form><input type="image" src="{button}" alt="go"></form><svg width=90 height=60>'
        f'<image xlink:href="{inside}" width="90" height="60"/></svg>'
    )


def table_background(kit: Kit) -> None:
    """Backgrounds and spacers as pages of 1999 have them."""
    path, spacer = kit.picture("cell", 200, 80), kit.picture("spacer", 1, 1, kind="gif")
    kit.page["side"].append(
        f'<table background="{path}" width=200><tr><td height=80>{kit.words(2)}</td></tr></table>'
        f'<img src="{spacer}" width=10 height=30 alt="">'
    )


def local_name(kit: Kit) -> None:
    """A file whose name has letters of the page's language."""
    name = kit.cls("local")
    if not kit.has("local_name"):
        word = {"ja": "画像", "zh": "图片", "ko": "그림", "ru": "фон"}.get(
            kit.design.script, "écran"
        )
        folder = kit.design.folders[1]
        kit.add(f"{folder}/{word}.png", sprite(kit.design.name + "n", 40, 3), "image/png", query="")
        kit.style("local_name", f".{name}{{height:40px;background:url('{folder}/{word}.png')}}")
    kit.page["body"].append(f'<div class="{name}"></div>')


def not_shown(kit: Kit) -> None:
    """What no screen loads: paper, alternative styles, missing files, commented rules."""
    folder = kit.design.folders[0]
    paper = kit.add(f"{folder}/print.css", b"body{color:#000}", "text/css", needed=False)
    other = kit.add(f"{folder}/contrast.css", b"body{color:#ff0}", "text/css", needed=False)
    kit.page["head"].append(
        f'<link rel="stylesheet" media="print" href="{paper}">'
        f'<link rel="alternate stylesheet" title="Contrast" href="{other}">'
    )
    gone = kit.from_sheet(f"{kit.design.folders[1]}/gone.png")
    kit.style(
        "not_shown",
        f".{kit.cls('gone')}{{background:url({gone})}}"
        f"/* .old{{background:url({gone}?comment)}} */.str::after{{content:'url(x.png)'}}"
        ".none{background:url()}.hash{fill:url(#grad)}.about{background:url(about:blank)}",
    )


PARTS: Mapping[str, Callable[[Kit], None]] = {
    part.__name__: part
    for part in (
        logo, hero, inline_background, srcset, density, picture, lazy_native, lazy_script, sprites,
        icon_font, web_font, font_subsets, svg_use, mask, image_set, variables, escapes, markers,
        embedded, table_background, local_name, not_shown,
    )
}  # fmt: skip
