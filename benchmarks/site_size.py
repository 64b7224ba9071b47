"""Measure the size of a published site relative to its store, in apparent bytes.

    python benchmarks/site_size.py [--releases 5000] [--sources 1000]

Two sites are built: the bundled demo, and a store of very many sources with a few releases each,
over one year, with their own topics. For each part of a site, a line shows its size as a multiple
of communique.db, and its number of files. The copy of the archive's log is omitted. The last line
is JSON. The requirement is 8 times, the goal 5.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import random
import subprocess
import sys
import tempfile
import uuid
from collections import Counter
from dataclasses import replace
from pathlib import Path

from data.models import Capture, Content, Draft, Media, Published, Source
from data.settings import SiteSettings
from data.store.open import open_store
from feeds.publishing.publish import publish

BAR, AIM = 8, 5
TOPICS, DAYS = 17, 365
END = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
LETTERS = "eeeeetttaaaooiinnsshhrrddlucmwfgypbvkxjqz"


def main() -> None:
    """Build both sites and print their sizes."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--releases", type=int, default=5000)
    options.add_argument("--sources", type=int, default=1000)
    chosen = options.parse_args()
    ratios = {}
    with tempfile.TemporaryDirectory() as folder:
        demo, made = Path(folder, "demo"), Path(folder, "made")
        command = [sys.executable, "-m", "scheduler", "demo", "--once", "--home", str(demo)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        ratios["demo"] = measured("demo", demo)
        build(made, chosen.releases, chosen.sources)
        ratios["many_sources"] = measured(f"{chosen.sources} sources", made)
    reached = all(ratio <= BAR for ratio in ratios.values())
    print(json.dumps({**ratios, "bar": BAR, "aim": AIM, "reached": reached}))


def measured(name: str, home: Path) -> float:
    """Print the parts of a site; how many times as large as its store it is."""
    store = (home / "communique.db").stat().st_size
    sizes: Counter[str] = Counter()
    files: Counter[str] = Counter()
    for path in (home / "site").rglob("*"):
        parts = path.relative_to(home / "site").parts
        if path.is_file() and parts[0] != "log":
            part = part_of(parts)
            sizes[part] += path.stat().st_size
            files[part] += 1
    print(f"{name}: store {store / 1e6:.1f} MB, site {sizes.total() / 1e6:.1f} MB")
    for part, size in sizes.most_common():
        print(f"  {part:24} {size / store:6.2f}  {files[part]:6} files")
    return round(sizes.total() / store, 2)


def part_of(parts: tuple[str, ...]) -> str:
    """What a file belongs to: a kind of feed or of page."""
    kind = parts[0]
    if kind == "feeds" and len(parts) > 1:
        kind += f" {parts[1].partition('.')[0]}"
    if "source" in parts[1:2] and "topic" in parts[3:]:
        kind += " topic"
    if "page" in parts:
        kind += ", archive pages"
    if parts[2:3] == ("capture",) or parts[-1] == "capture.json":
        kind += ", captures"
    return kind


def build(home: Path, releases: int, sources: int) -> None:
    """Record and publish made-up releases."""
    chance = random.Random(3)  # noqa: S311 - the same releases in every run
    words = ["".join(chance.choices(LETTERS, k=chance.randint(2, 11))) for _ in range(8000)]
    home.mkdir()
    store = open_store(f"sqlite:{home / 'communique.db'}")
    try:
        for number in range(sources):
            store.register(
                Source(f"source-{number}", f"Source {number}", f"https://s{number}.example/")
            )
        with store.transaction():
            for number in range(releases):
                made = draft(chance, words, number, releases, sources)
                seen = END - dt.timedelta(days=DAYS) * (releases - number) / releases
                captured = replace(made, capture=capture(number, seen))
                store.record(captured, seen=seen, since=seen)
        store.update_search_index()
        done = publish(store, home / "site", SiteSettings(), cache=home / "rendered.db", now=END)
        assert not done.errors, done.errors[:3]
    finally:
        store.close()


def capture(number: int, at: dt.datetime) -> Capture:
    """The capture of a record that nobody wrote."""
    record = f"urn:uuid:{uuid.UUID(int=number, version=4)}"
    file = f"communique-20260101000000-{number // 20_000:08x}.warc.gz"
    return Capture(record, file, 9000 * number, 9000, f"sha256:{number:064x}", 2 * number, at)


def draft(
    chance: random.Random, words: list[str], number: int, releases: int, sources: int
) -> Draft:
    """A release of about 2 KB of text; each source has two topics of its own."""
    at = END - dt.timedelta(days=DAYS) * (releases - number) / releases
    source = chance.randrange(sources)
    own = source % TOPICS, source // TOPICS % TOPICS
    paragraphs = [
        " ".join(chance.choices(words, k=60)).capitalize() + "."
        for _ in range(chance.randint(2, 8))
    ]
    return Draft(
        source=f"source-{source}",
        url=f"https://s{source}.example/news/{number}",
        content=Content(
            title=" ".join(chance.choices(words, k=9)).capitalize(),
            published=Published(at, "second", "UTC", at.isoformat(), "meta"),
            language="en",
            topics=tuple(sorted({f"topic-{one}" for one in own[: chance.randint(1, 2)]})),
            summary=paragraphs[0][:200],
            body_html="".join(f"<p>{one}</p>" for one in paragraphs),
            body_text="\n\n".join(paragraphs),
            attachments=(
                Media(f"https://s{source}.example/{number}.pdf", "application/pdf", 9999),
            ),
        ),
    )


if __name__ == "__main__":
    main()
