"""Images, fonts and icons of the invented designs, made from a seed."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from random import Random
from zlib import crc32

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw

SVG = "http://www.w3.org/2000/svg"


def seeded(seed: str) -> Random:
    """Return a random generator for a seed."""
    return Random(crc32(seed.encode()))  # noqa: S311 - invented data


@cache
def photo(seed: str, width: int, height: int, kind: str = "JPEG") -> bytes:
    """Return a picture that compresses like a photograph."""
    random = seeded(seed)
    small = Image.new("RGB", (12, 8))
    small.putdata([tuple(random.randrange(256) for _ in range(3)) for _ in range(96)])
    rough = Image.effect_noise((max(width // 3, 1), max(height // 3, 1)), 30).convert("RGB")
    image = Image.blend(
        small.resize((width, height), Image.Resampling.BICUBIC),
        rough.resize((width, height), Image.Resampling.BILINEAR),
        0.15,
    )
    out = BytesIO()
    image.save(out, kind, quality=70)
    return out.getvalue()


@cache
def sprite(seed: str, cell: int, count: int) -> bytes:
    """Return a PNG with ``count`` marks beside each other."""
    random = seeded(seed)
    image = Image.new("RGBA", (cell * count, cell), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    for number in range(count):
        color = (*(random.randrange(40, 220) for _ in range(3)), 255)
        box = (number * cell + 2, 2, (number + 1) * cell - 3, cell - 3)
        (draw.ellipse if number % 2 else draw.rectangle)(box, fill=color)
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def svg(seed: str, width: int = 120, height: int = 40, ids: int = 0) -> bytes:
    """Return a drawing, or ``ids`` symbols s0, s1 and so on."""
    random = seeded(seed)

    def color() -> str:
        return f"#{random.randrange(1 << 24):06x}"

    if ids:
        drawn = "".join(
            f'<symbol id="s{number}" viewBox="0 0 24 24"><circle cx="12" cy="12" r="{6 + number}"'
            f' fill="{color()}"/></symbol>'
            for number in range(ids)
        )
    else:
        drawn = f'<rect width="100%" height="100%" fill="{color()}"/>' + "".join(
            f'<circle cx="{random.randrange(width)}" cy="{random.randrange(height)}"'
            f' r="{random.randrange(3, 15)}" fill="{color()}"/>'
            for _ in range(6)
        )
    return (
        f'<svg xmlns="{SVG}" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f"{drawn}</svg>"
    ).encode()


@cache
def icon() -> bytes:
    """Return a favicon."""
    out = BytesIO()
    Image.new("RGB", (16, 16), (20, 90, 160)).save(out, "ICO", sizes=[(16, 16)])
    return out.getvalue()


@cache
def font(seed: str, flavor: str = "woff2", characters: str = "") -> bytes:
    """Return a web font with blocky letters, so that a page without it looks different."""
    random = seeded(seed)
    codes = [ord(one) for one in characters] or [*range(0x20, 0x7F), *range(0xA0, 0x180)]
    names = [".notdef", *(f"u{code:04X}" for code in codes)]
    width = random.randrange(480, 640)
    glyphs, metrics = {}, {}
    for place, name in enumerate(names):
        pen = TTGlyphPen(None)
        if place and codes[place - 1] not in {0x20, 0xA0}:
            top, bar = random.randrange(420, 760), random.randrange(60, 140)
            for left, low, right, high in (
                (60, 0, 60 + bar, top),
                (60, top - bar, width - 60, top),
                (60, 0, 60 + random.randrange(bar + 20, width - 120), bar),
            ):
                pen.moveTo((left, low))
                pen.lineTo((left, high))
                pen.lineTo((right, high))
                pen.lineTo((right, low))
                pen.closePath()
        glyphs[name], metrics[name] = pen.glyph(), (width, 60)
    made = FontBuilder(1000, isTTF=True)
    made.setupGlyphOrder(names)
    made.setupCharacterMap(dict(zip(codes, names[1:], strict=True)))
    made.setupGlyf(glyphs)
    made.setupHorizontalMetrics(metrics)
    made.setupHorizontalHeader(ascent=800, descent=-200)
    made.setupNameTable({"familyName": f"Made {seed}", "styleName": "Regular"})
    made.setupOS2(sTypoAscender=800, usWinAscent=800, usWinDescent=200)
    made.setupPost()
    found: TTFont = made.font
    found.flavor = None if flavor == "ttf" else flavor
    out = BytesIO()
    found.save(out)
    return out.getvalue()
