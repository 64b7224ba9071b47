"""What page requisites cost, and whether all that pages need is archived, once and within limits.

Invented press rooms (benchmarks/requisite_themes) publish 20 releases, then one a day, and are
visited after each. Between two visits, the age of all that is archived grows by a day. One home
directory follows all rooms with requisites, and another without. Measured: files that screens of
1280 or 390 pixels show and that are not archived; addresses whose unchanged payload is archived
twice; how many more bytes the archive gets per room and release after the first 20; and requests
that robots.txt of another host forbids. The bytes of a room are those of its records in WARC files,
journal records included. Pictures of the text are shared by all releases; with --own, each release
has its own.

    python -m benchmarks.requisites [--few] [--rooms N] [--days N] [--own]
"""

from __future__ import annotations

import argparse
import json
import re
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path
from statistics import median

from benchmarks.requisite_themes.kit import File
from benchmarks.requisite_themes.server import Host, serving
from benchmarks.requisite_themes.sites import THEMES, Site
from data.archive.requisite_cache import REQUISITES_FILE
from data.archive.warc.archive_record import ArchiveRecord
from data.archive.warc.index import Index
from data.archive.warc.reader import read_file
from data.archive.warc.warc_file import own_files
from scheduler.cli import run

SETTINGS = '[network]\nallow_private = true\ndelay = 0\n[archive]\nrequisites = "{}"\n'

SOURCE = """name = "{name}"
url = "{url}"
timezone = "UTC"
[listing]
item = "li.row"
link = "a"
title = "a"
published = "time"
[release]
title = "h1"
published = "time"
body = "article"
"""

FIRST = 20
"""Number of releases before the bytes per release count."""

DAY = 86_400.0

MAX_EXTRA = 0.15


class Follower:
    """A home directory that follows press rooms, with or without requisites."""

    def __init__(self, folder: Path, rooms: Sequence[tuple[Site, Host]], mode: str) -> None:
        self.home = folder / mode
        self._rooms = rooms
        self._listings = [site.files[site.listing] for site, _ in rooms]
        (self.home / "sources").mkdir(parents=True)
        (self.home / "communique.toml").write_text(SETTINGS.format(mode))
        for site, host in rooms:
            source = SOURCE.format(name=site.design.name, url=host.origin + "/")
            (self.home / "sources" / f"{site.design.name}.toml").write_text(source)

    def visit(self, published: int) -> str:
        """Publish releases until each room has ``published``, and visit the rooms a day later."""
        later = re.compile(rb'<li class="row">(?:(?!</li>).)*/notice-(\d+)"(?:(?!</li>).)*</li>')

        def shown(row: re.Match[bytes]) -> bytes:
            return row[0] if int(row[1]) < published else b""

        for (site, host), listing in zip(self._rooms, self._listings, strict=True):
            body = later.sub(shown, listing.body)
            host.files[site.listing] = replace(listing, body=body)
        cache = self.home / "archive" / REQUISITES_FILE
        if cache.exists():
            with closing(sqlite3.connect(cache)) as db, db:
                db.execute("UPDATE files SET until = until - ?", (DAY,))
                db.execute("UPDATE pages SET due = due - ?", (DAY,))
        out = StringIO()
        with redirect_stdout(out), redirect_stderr(out):
            run(["collect", "--home", str(self.home)])
        return out.getvalue()

    def sizes(self, other: Host) -> Counter[str]:
        """Return the compressed size of each room's records in bytes, by the room's name."""
        rooms = {host.origin: site.design.name for site, host in self._rooms}
        paths = {path: site.design.name for site, _ in self._rooms for path in site.shared}
        sizes: Counter[str] = Counter()
        for path in own_files(self.home / "archive"):
            for one in read_file(path):
                if not isinstance(one, ArchiveRecord):
                    raise SystemExit(f"the archive is damaged: {one}")
                uri = one.uri if one.is_http else one.block.decode()
                origin = re.search(r"http://127\.0\.0\.1:\d+", uri)
                name = rooms.get(origin[0], "") if origin else ""
                if origin and origin[0] == other.origin:
                    name = paths.get(uri.removeprefix(other.origin), "")
                sizes[name] += one.length
        return sizes

    def archived(self) -> Counter[str]:
        """Return how often each address has a record with its own payload."""
        with closing(Index(self.home / "archive")) as index:
            return Counter(
                {
                    uri: sum(not one.is_revisit for one in index.captures(uri))
                    for uri in index.addresses()
                }
            )


def measure(
    folder: Path, rooms: Sequence[tuple[Site, Host]], other: Host, days: int
) -> list[dict[str, object]]:
    """Visit all rooms with and without requisites, and return the figures of each room."""
    growth = {}
    for mode in ("none", "page"):
        follower = Follower(folder, rooms, mode)
        for published in range(FIRST, FIRST + days + 1):
            output = follower.visit(published)
            print(mode, published, flush=True)
            if output.count(f" {FIRST if published == FIRST else 1} new") != len(rooms):
                raise SystemExit(output)
            if published == FIRST:
                first = follower.sizes(other)
        last = follower.sizes(other)
        growth[mode] = {name: (last[name] - first[name]) / days for name in last}
    archived = follower.archived()
    found: list[dict[str, object]] = []
    for site, host in rooms:
        name = site.design.name
        needed = {host.origin + path for path in site.needed()}
        needed |= {other.origin + path for path, file in site.shared.items() if file.needed}
        found.append(
            {
                "room": name,
                "bytes_none": round(growth["none"][name]),
                "bytes_page": round(growth["page"][name]),
                "extra": round(growth["page"][name] / growth["none"][name] - 1, 3),
                "needed": len(needed),
                "missing": sorted(needed - {*archived}),
                "twice": sorted(url for url in needed if archived[url] > 1),
            }
        )
    return found


def main() -> int:
    """Measure and print the figures, then JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--few", action="store_true", help="one room and fewer days")
    parser.add_argument("--rooms", type=int, default=len(THEMES))
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--own", action="store_true", help="pictures of their own per release")
    options = parser.parse_args()
    names, days = THEMES[: options.rooms], options.days
    if options.few:
        names, days = ("sitecore",), 2
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(names, FIRST + days + 1, own_pictures=options.own) as (rooms, other),
    ):
        other.files["/robots.txt"] = File(b"User-agent: *\nDisallow: /private/", "text/plain")
        found = measure(Path(folder), rooms, other, days)
        for one in found:
            print(one)
        forbidden = sum(path.startswith("/private/") for path in other.requested())
    extra = median(float(str(one["extra"])) for one in found)
    worst = max(float(str(one["extra"])) for one in found)
    above = sum(float(str(one["extra"])) > MAX_EXTRA for one in found)
    faults = [one for one in found if one["missing"] or one["twice"]]
    passed = not faults and not forbidden and (options.own or not above)
    told = {
        "rooms": len(found),
        "days": days,
        "extra_median": extra,
        "extra_worst": worst,
        "rooms_above_bar": above,
        "rooms_with_faults": len(faults),
        "forbidden_requests": forbidden,
        "passed": passed,
    }
    print(json.dumps(told))
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
