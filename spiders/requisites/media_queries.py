"""Evaluate media queries and lengths for two screens, a desktop and a phone.

Pages are archived with the images that they show on these screens.
"""

import re
from typing import Final

SCREENS: Final = ((1280, 800), (390, 844))
"""Width and height of the screens in CSS pixels, with one device pixel per CSS pixel."""

MAX_QUERY: Final = 1_000
"""Maximum length in characters of a media query or ``sizes`` attribute. Longer media queries are
assumed to match."""

PIXELS_PER_UNIT: Final = {"px": 1.0, "em": 16.0, "rem": 16.0, "pt": 4 / 3, "cm": 37.8, "in": 96.0}

_FEATURE: Final = re.compile(
    r"\(\s*(?P<name>(?:min-|max-)?(?:device-)?(?:width|height))\s*:\s*(?P<value>[\d.]+)"
    r"(?P<unit>[a-z]*)\s*\)"
)
_RANGE: Final = re.compile(
    r"\(\s*(?P<name>width|height)\s*(?P<sign>[<>]=?)\s*(?P<value>[\d.]+)(?P<unit>[a-z]*)\s*\)"
)
_DARK: Final = re.compile(r"\(\s*prefers-(?:color-scheme\s*:\s*dark|contrast\s*:\s*more)\s*\)")
_OTHER_TYPE: Final = re.compile(r"(?:only\s+)?(?:print|speech|aural|tty|tv|braille|handheld)\b")
_PORTRAIT: Final = re.compile(r"\(\s*orientation\s*:\s*(portrait|landscape)\s*\)")
_FUNCTION_AT_END: Final = re.compile(r"(?:calc|min|max|clamp)\(.*\Z", re.DOTALL)
_LENGTH: Final = re.compile(r"([+-]?)\s{0,9}+(?<![\d.])(\d++(?:\.\d++)?|\.\d++)([a-z%]++)")


def matches_any(query: str) -> bool:
    """Whether a media query matches one of the SCREENS."""
    return any(matches(query, screen) for screen in SCREENS)


def matches(query: str, screen: tuple[int, int]) -> bool:
    """Whether a media query matches a screen. Unknown features count as true."""
    query = query.strip().lower()
    if not query or len(query) > MAX_QUERY:
        return True
    return any(_matches_one(one.strip(), screen) for one in query.split(","))


def _matches_one(query: str, screen: tuple[int, int]) -> bool:
    if query.startswith("not "):
        return not _matches_one(query[4:].strip(), screen)
    if _OTHER_TYPE.match(query) or _DARK.search(query):
        return False
    width, height = screen
    for oriented in _PORTRAIT.findall(query):
        if (oriented == "portrait") != (height >= width):
            return False
    for found in _FEATURE.finditer(query):
        actual = width if found["name"].endswith("width") else height
        wanted = pixels(found["value"], found["unit"], screen)
        is_met = {"min": actual >= wanted, "max": actual <= wanted}
        if not is_met.get(found["name"][:3], actual == wanted):
            return False
    for found in _RANGE.finditer(query):
        actual = width if found["name"] == "width" else height
        wanted = pixels(found["value"], found["unit"], screen)
        if not (actual > wanted if found["sign"][0] == ">" else actual < wanted):
            return len(found["sign"]) > 1 and actual == wanted
    return True


def pixels(value: str, unit: str, screen: tuple[int, int]) -> float:
    """Convert a length to CSS pixels. Unknown units count as pixels."""
    try:
        number = float(value)
    except ValueError:
        return 0.0
    if unit in {"vw", "%", "dvw", "svw"}:
        return number * screen[0] / 100
    if unit in {"vh", "dvh", "svh"}:
        return number * screen[1] / 100
    return number * PIXELS_PER_UNIT.get(unit, 1.0)


def source_size(sizes: str, screen: tuple[int, int]) -> float:
    """Return the width of an image on a screen from its ``sizes`` attribute, in CSS pixels.

    Without a usable size, this is the width of the screen.
    """
    if len(sizes) <= MAX_QUERY:
        for entry in _entries(sizes.lower()):
            query, _, size = entry.rpartition(")") if entry.startswith("(") else ("", "", entry)
            if entry.endswith(")") and not entry.rpartition("(")[0].endswith((" ", "(")):
                found = _FUNCTION_AT_END.search(entry)
                query, size = (entry[: found.start()].strip(), found[0]) if found else ("", entry)
            elif query:
                query += ")"
            if matches(query, screen) and (width := _size(size, screen)):
                return width
    return float(screen[0])


def _entries(sizes: str) -> list[str]:
    """Split a ``sizes`` attribute at the commas outside of parentheses."""
    found, depth, start = [], 0, 0
    for place, char in enumerate(sizes):
        depth += (char == "(") - (char == ")")
        if char == "," and not depth:
            found.append(sizes[start:place].strip())
            start = place + 1
    return [*found, sizes[start:].strip()]


def _size(size: str, screen: tuple[int, int]) -> float:
    """Evaluate a size: return the sum, minimum or maximum of its lengths, in CSS pixels."""
    lengths = [
        pixels(value, unit, screen) * (-1 if sign == "-" else 1)
        for sign, value, unit in _LENGTH.findall(size)
    ]
    if size.startswith(("min(", "clamp(")):
        return min(lengths, default=0.0)
    if size.startswith("max("):
        return max(lengths, default=0.0)
    return max(sum(lengths), 0.0)
