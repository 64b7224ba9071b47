"""What the parts of an invented design write to: its files, its styles and one page at a time."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from urllib.parse import quote

from benchmarks.requisite_themes.assets import photo, seeded, svg

HOUR = {"Cache-Control": "public, max-age=3600"}
YEAR = {"Cache-Control": "public, max-age=31536000, immutable"}

LETTERS: Mapping[str, str] = {
    "la": "",
    "ar": "ابتثجحخدرسشعغفقكلمنهوي",
    "fa": "آبپتچدرزسشفکگلمنوهی",
    "he": "אבגדהוזחטיכלמנסעפצקרשת",
    "ja": "あかさたなはまやらわ港湾市会報告水道橋町",
    "zh": "江河湖港市政水务局工程规划建设公告桥路",
    "ko": "가나다라마바사아자차카타파하고노도로모",
    "ru": "абвгдежзиклмнопрстуфхцчшя",
}
"""Letters of the invented words, by the design's script. Latin words are made of syllables."""

UNSPACED = frozenset({"ja", "zh"})


@dataclass(frozen=True)
class File:
    """A file that a server sends. ``needed`` is whether a screen of 1280 or 390 pixels shows it."""

    body: bytes
    kind: str
    headers: Mapping[str, str] = field(default_factory=dict)
    needed: bool = True
    status: int = 200


@dataclass(frozen=True)
class Design:
    """A design: how it delivers its styles, and which parts its pages have.

    ``folders`` are those of styles, pictures and fonts. ``query`` follows each address.
    """

    name: str
    script: str
    layout: str
    delivery: str
    parts: tuple[str, ...]
    folders: tuple[str, str, str]
    query: str = ""
    charset: str = "utf-8"
    paragraphs: int = 9

    @property
    def is_rtl(self) -> bool:
        """Whether its pages are written from right to left."""
        return self.script in {"ar", "fa", "he"}


class Kit:
    """Builds the files of one design at ``origin``; some files are at ``cdn``, another host."""

    def __init__(self, design: Design, origin: str, cdn: str, *, own_pictures: bool) -> None:
        self.design = design
        self.origin, self.cdn = origin, cdn
        self.own_pictures = own_pictures
        self.files: dict[str, File] = {}
        self.shared: dict[str, File] = {}
        self.css: dict[str, str] = {}
        self.sheet = f"{design.folders[0]}/main.css"
        if design.delivery == "inline":
            self.sheet = "/press/page"
        self.inline = ""
        self.random: Random = seeded(design.name)
        self.release = 0
        self.page: dict[str, list[str]] = {}
        self._names: dict[str, str] = {}

    def begin(self, release: int) -> None:
        """Begin a page."""
        self.release = release
        self.page = {name: [] for name in ("head", "top", "body", "side", "end")}

    def cls(self, name: str) -> str:
        """Return the class of the design for ``name``."""
        found = self._names.get(name)
        if found is None:
            tail = f"{self.random.randrange(1 << 20):05x}"
            shapes = (f"{name}-{tail}", f"c-{name}__{tail[:3]}", f"{name}_{tail}", f"x{tail}{name}")
            found = self._names[name] = self.random.choice(shapes)
        return found

    def add(
        self,
        path: str,
        body: bytes,
        kind: str,
        *,
        needed: bool = True,
        cdn: bool = False,
        headers: Mapping[str, str] = HOUR,
        query: str | None = None,
    ) -> str:
        """Add a file and return its path, with the design's query."""
        query = self.design.query if query is None else query
        path = quote(path, safe="/%().~@-_") + query
        if cdn:
            headers = {**headers, "Access-Control-Allow-Origin": "*"}
        files = self.shared if cdn else self.files
        known = files.get(path)
        needed = needed or bool(known and known.needed)
        files[path] = File(body, kind, headers, needed)
        return (self.cdn if cdn else "") + path

    def picture(
        self, name: str, width: int, height: int, *, needed: bool = True, kind: str = "jpeg"
    ) -> str:
        """Add a photograph and return its path. Those of the text belong to one release."""
        seed = f"{self.design.name}-{name}"
        if name.startswith("text") and self.own_pictures:
            seed += f"-{self.release}"
        suffix = {"jpeg": "jpg"}.get(kind, kind)
        path = f"{self.design.folders[1]}/{seed}-{width}x{height}.{suffix}"
        return self.add(
            path, photo(seed, width, height, kind.upper()), f"image/{kind}", needed=needed
        )

    def drawing(self, name: str, *, needed: bool = True) -> str:
        """Add an SVG drawing and return its path."""
        path = f"{self.design.folders[1]}/{name}.svg"
        return self.add(path, svg(self.design.name + name), "image/svg+xml", needed=needed)

    def from_sheet(self, path: str) -> str:
        """Return an address as the style sheet writes it."""
        if "://" in path:
            return path
        way = self.random.randrange(4)
        if way == 0:
            return path
        if way == 1:
            return "//" + self.origin.partition("://")[2] + path
        return posixpath.relpath(path, posixpath.dirname(self.sheet))

    def style(self, name: str, text: str) -> None:
        """Add rules to the style sheet, once per site."""
        self.css.setdefault(name, text)

    def has(self, name: str) -> bool:
        """Whether rules of this name are in the style sheet."""
        return name in self.css

    def words(self, count: int, random: Random | None = None) -> str:
        """Return invented words in the design's script."""
        random = random or self.random
        letters = LETTERS[self.design.script]
        if not letters:
            parts = ("mar", "lo", "ven", "ti", "sel", "gra", "du", "nor", "pe", "kan", "ru", "bel")
            made = ("".join(random.choices(parts, k=random.randint(1, 4))) for _ in range(count))
            return " ".join(made)
        made = ("".join(random.choices(letters, k=random.randint(2, 6))) for _ in range(count))
        return ("" if self.design.script in UNSPACED else " ").join(made)
