"""Measure which extraction changes are held for review: harmful ones, and no harmless ones.

    python benchmarks/drift.py

The same releases are shown in every theme of tests/themes, each as a separate source, and
collected. The faults in this module must be held wherever they damage the extraction. They cause no
damage, for example, if a selector finds nothing and detection replaces it. Then all sources switch
to one theme and to another, as real sites do. They are compared as after an update of Communique,
and as after a change of the source file without effect. A change that is then held is a false
alarm.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.table import Table

from data.topics.taxonomy import load_taxonomy
from scheduler.home.home import home_at
from scheduler.sources.drift_guard import DriftGuard, KeptReading
from spiders.sources.source_file import (
    ListingRules,
    LoadedSource,
    ReleaseRules,
    SourceReading,
    load_sources,
)
from spiders.stored.drift import Drift
from tests.command import SETTINGS, communique
from tests.press_room import Room, served
from tests.themes import SITE, THEMES, listing, posts, shown

FAULTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "title of a paragraph": {"release": ReleaseRules(title="p")},
    "title of a link": {"release": ReleaseRules(title="a")},
    "title of the window": {"release": ReleaseRules(title="title")},
    "body of a paragraph": {"release": ReleaseRules(body="p")},
    "body of the whole page": {"release": ReleaseRules(body="body")},
    "body of a menu": {"release": ReleaseRules(body="ul")},
    "drop of the second paragraph": {"release": ReleaseRules(drop=("p:nth-of-type(2)",))},
    "drop of all paragraphs": {"release": ReleaseRules(drop=("p",))},
    "listing of all links": {"listing": ListingRules(link="a")},
    "listing of the menu": {"listing": ListingRules(link="nav a")},
    "listing of one release": {"listing": ListingRules(link="a[href$='1.html']")},
    "drop of scripts (no fault)": {"release": ReleaseRules(drop=("script",))},
    "another zone (no fault: days)": {"timezone": "America/Lima"},
}
"""Keys of a source file that a person may get wrong."""


def show(room: Room, theme: str = "") -> None:
    """Let every source show all releases, each in its own theme or all in one."""
    for name in THEMES:
        path = f"/{name}/"
        room.page(path, listing(posts(), path))
        for post in posts():
            room.page(f"{path}{post.name}.html", shown(theme or name, post, posts(), path))


def write_home(home: Path, base: str) -> None:
    """A HOME with one source for each theme."""
    (home / "sources").mkdir(parents=True)
    (home / "communique.toml").write_text(SETTINGS)
    for theme in THEMES:
        lines = f'name = "{SITE}"\nurl = "{base}/{theme}/"\ntimezone = "Europe/Oslo"\n'
        (home / "sources" / f"{theme}.toml").write_text(lines)


@contextmanager
def guarded(folder: Path) -> Iterator[tuple[DriftGuard, Sequence[LoadedSource]]]:
    """What compares the readings of a HOME, and its sources."""
    home = home_at(folder)
    loaded, _ = load_sources(home.sources)
    with closing(home.plain_store()) as store:
        guard = DriftGuard(home, store, load_taxonomy(home.topics))
        yield guard, [one for one in loaded.values() if one.own]


def otherwise(folder: Path) -> Iterator[Drift]:
    """All sources as after an update, and by rules that changed without effect."""
    with guarded(folder) as (guard, sources), closing(home_at(folder).plain_store()) as store:
        for one in sources:
            text = store.source_reading(one.id)
            today = SourceReading.of(one.file)
            harmless = (msgspec.structs.replace(today.releases[0], drop=(".no-such",)),)
            for before in (
                msgspec.structs.replace(today, program="another"),
                msgspec.structs.replace(today, releases=harmless),
            ):
                kept = msgspec.json.encode(KeptReading(before)).decode()
                store.keep_source_reading(one.id, kept)
                yield from guard.drifts(one)
            store.keep_source_reading(one.id, text)


def verdict(drift: Drift) -> str:
    """What becomes of a change."""
    return "held" if drift.is_mass_change else "taken" if drift.differs else "same"


def main() -> None:
    """Print what is held back."""
    table = Table("what changed", "held back", "taken", "read alike", "seconds of CPU each")
    with tempfile.TemporaryDirectory() as folder, served() as room:
        home = Path(folder) / "home"
        write_home(home, room.base)

        def row(what: str, drifts: Iterator[Drift]) -> None:
            began = time.process_time()
            counts = Counter(map(verdict, drifts))
            each = (time.process_time() - began) / max(counts.total(), 1)
            table.add_row(
                what, *(str(counts[name]) for name in ("held", "taken", "same")), f"{each:.2f}"
            )

        show(room)
        communique("collect", home=home)
        communique("collect", home=home)
        with guarded(home) as (guard, sources):
            for name, keys in FAULTS.items():
                files = [
                    replace(one, file=msgspec.structs.replace(one.file, **keys)) for one in sources
                ]
                row(name, (drift for one in files for drift in guard.drifts(one)))
        row("nothing", otherwise(home))
        for theme in (THEMES[0], THEMES[5]):
            show(room, theme)
            communique("collect", home=home)
            row(f"nothing, all in {theme}", otherwise(home))
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
