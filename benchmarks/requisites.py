"""What page requisites cost, and whether all that pages need is archived, once and within limits.

Invented press rooms (benchmarks/requisite_themes) publish 20 releases, then one a day, and are
visited after each. Between two visits, the age of all that is archived grows by a day. Each room is
visited with and without requisites. Measured: files that screens of 1280 or 390 pixels show and
that are not archived; addresses whose unchanged payload is archived twice; how many more bytes the
archive gets per release after the first 20; and requests that robots.txt of another host forbids.
Pictures of the text are shared by all releases; with --own, each release has its own.

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
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path
from statistics import median

from benchmarks.requisite_themes.kit import File
from benchmarks.requisite_themes.server import Host, serving
from benchmarks.requisite_themes.sites import THEMES, Site
from data.archive.requisite_cache import REQUISITES_FILE
from data.archive.warc.index import Index
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


class Room:
    """A press room and the home directory that follows it, with or without requisites."""

    def __init__(self, folder: Path, site: Site, host: Host, listing: File, mode: str) -> None:
        self.home = folder / f"{site.design.name}-{mode}"
        self.site, self.host = site, host
        self.listing = listing
        self.sizes: list[int] = []
        (self.home / "sources").mkdir(parents=True)
        (self.home / "communique.toml").write_text(SETTINGS.format(mode))
        source = SOURCE.format(name=site.design.name, url=host.origin + "/")
        (self.home / "sources" / "room.toml").write_text(source)

    def visit(self, published: int) -> str:
        """Publish releases until there are ``published``, and visit the room a day later."""
        later = re.compile(rb'<li class="row">(?:(?!</li>).)*/notice-(\d+)"(?:(?!</li>).)*</li>')

        def shown(row: re.Match[bytes]) -> bytes:
            return row[0] if int(row[1]) < published else b""

        self.host.files["/"] = replace(self.listing, body=later.sub(shown, self.listing.body))
        cache = self.home / "archive" / REQUISITES_FILE
        if cache.exists():
            with closing(sqlite3.connect(cache)) as db, db:
                db.execute("UPDATE files SET until = until - ?", (DAY,))
                db.execute("UPDATE pages SET due = due - ?", (DAY,))
        output = self._command("collect")
        self.sizes.append(sum(path.stat().st_size for path in own_files(self.home / "archive")))
        return output

    def _command(self, *words: str) -> str:
        out = StringIO()
        with redirect_stdout(out), redirect_stderr(out):
            run([*words, "--home", str(self.home)])
        return out.getvalue()

    def archived(self) -> Counter[str]:
        """Return how often each address has a record with its own payload."""
        with closing(Index(self.home / "archive")) as index:
            return Counter(
                {
                    uri: sum(not one.is_revisit for one in index.captures(uri))
                    for uri in index.addresses()
                }
            )


def measure(folder: Path, site: Site, host: Host, other: Host, days: int) -> dict[str, object]:
    """Visit a room with and without requisites, and return its figures."""
    growth = {}
    listing = site.files["/"]
    for mode in ("none", "page"):
        room = Room(folder, site, host, listing, mode)
        for published in range(FIRST, FIRST + days + 1):
            host.log.clear()
            output = room.visit(published)
            if f" {FIRST if published == FIRST else 1} new" not in output:
                raise SystemExit(output)
        growth[mode] = (room.sizes[-1] - room.sizes[0]) / days
    archived = room.archived()
    needed = {host.origin + path for path in site.needed()}
    needed |= {other.origin + path for path, file in site.shared.items() if file.needed}
    return {
        "room": site.design.name,
        "bytes_none": round(growth["none"]),
        "bytes_page": round(growth["page"]),
        "extra": round(growth["page"] / growth["none"] - 1, 3),
        "needed": len(needed),
        "missing": sorted(needed - {*archived}),
        "twice": sorted(url for url in needed if archived[url] > 1),
    }


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
    found = []
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(names, FIRST + days + 1, own_pictures=options.own) as (sites, other),
    ):
        other.files["/robots.txt"] = File(b"User-agent: *\nDisallow: /private/", "text/plain")
        for site, host in sites:
            found.append(measure(Path(folder), site, host, other, days))
            print(found[-1], flush=True)
        forbidden = sum(path.startswith("/private/") for path in other.requested())
    extra = median(float(str(one["extra"])) for one in found)
    worst = max(float(str(one["extra"])) for one in found)
    faults = [one for one in found if one["missing"] or one["twice"]]
    passed = not faults and not forbidden and (options.own or extra <= MAX_EXTRA)
    told = {
        "rooms": len(found),
        "days": days,
        "extra_median": extra,
        "extra_worst": worst,
        "rooms_with_faults": len(faults),
        "forbidden_requests": forbidden,
        "passed": passed,
    }
    print(json.dumps(told))
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
