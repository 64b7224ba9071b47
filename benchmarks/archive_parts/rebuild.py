"""Time and result of rebuilding a HOME with 10,000 captures, and the size of its journal.

Releases are captured, recorded and published. Some are edited, others are visited again without a
change, some disappear, and the site is published again. Some visits find nothing new. Then the HOME
is rebuilt from its archive, and the files of the two sites are compared. The size of the journal is
that of its records, their CDXJ lines and their leaves.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.archive_parts.polls import unchanged
from benchmarks.archive_parts.writing import exchanges
from benchmarks.publish import END, draft, vocabulary
from data.archive.archive import Archive
from data.archive.journal.journal import JOURNAL_URI, decode_journal_record
from data.archive.journal.scan import read_archive
from data.archive.log.leaves import ENTRY_BYTES
from data.archive.warc.archive_record import ArchiveRecord
from data.archive.warc.cdxj import entry_of
from data.models import Capture, Draft, Run, Source
from data.models.capture import Exchange
from data.store.core.store import Store
from data.store.unit_of_work import decisions
from scheduler.home.home import Home, home_at, open_home
from scheduler.home.home_publication import publish_home
from scheduler.mirror.rebuild.rebuild import rebuild

CAPTURES, FEW = 10_000, 600
EDITED, GONE = 20, 50
"""Of so many releases, one is edited, and one vanishes."""

POLLS, VISITS = 10, 10


def drafts(count: int) -> Iterator[tuple[Draft, Exchange]]:
    """Releases of an even stream over ten years, and the answers that show them."""
    chance = random.Random(13)  # noqa: S311 - the same at each run
    words = vocabulary(chance)
    for number in range(count):
        made = draft(chance, words, number, count)
        yield made, answer(made)


def answer(made: Draft) -> Exchange:
    """The answer that shows a release."""
    published = made.content.published
    assert published
    (exchange,) = exchanges([made.content.body_html.encode()])
    return replace(exchange, url=made.url, at=published.at)


def captured(made: Draft, exchange: Exchange, archive: Archive, store: Store) -> str:
    """Archive and record a release; its id."""
    capture = archive.exchange(exchange)
    kept = replace(made, capture=capture, digest=capture.digest.removeprefix("sha256:"))
    return store.record(kept, seen=capture.at, since=capture.at).release.id


def first_life(home: Home, made: list[tuple[Draft, Exchange]]) -> list[str]:
    """Collect all of them and publish; their ids."""
    archive = home.open_archive()
    store = home.store(archive=archive)
    for source in sorted({one.source for one, _ in made}):
        store.register(Source(source, source.title(), f"https://{source}.example/"))
    ids = [captured(one, exchange, archive, store) for one, exchange in made]
    store.update_search_index()
    store.close()
    publish_home(home)
    return ids


def second_life(home: Home, made: list[tuple[Draft, Exchange]], ids: list[str]) -> None:
    """Visit all of them again, and publish."""
    archive = home.open_archive()
    store = home.store(archive=archive)
    at = max(exchange.at for _, exchange in made)
    for number, (one, exchange) in enumerate(made):
        again = replace(exchange, at=at)
        if number % EDITED == 0:
            content = replace(one.content, body_text=f"{one.content.body_text}\n\nMended {number}.")
            edited = replace(one, content=content)
            captured(edited, replace(again, body=again.body + b"<p>Mended"), archive, store)
        elif number % GONE == 1:
            gone = replace(again, status=404, reason="Not Found", body=b"not here")
            capture = archive.exchange(gone)
            store.mark_gone(ids[number], seen=at, capture=capture)
            store.retract(ids[number], at=at)
        else:
            capture = archive.exchange(unchanged(again))
            store.mark_unchanged(ids[number], seen=at, capture=capture)
    store.add_run(Run(made[0][0].source, at, 1.0, found=len(made), unchanged=len(made)))
    store.close()
    publish_home(home)


def quiet_visits(home: Home, kept: list[tuple[str, Exchange]]) -> None:
    """Visits of some releases each, to which nothing changed."""
    for first in range(0, POLLS * VISITS, POLLS):
        archive = home.open_archive()
        store = home.store(archive=archive)
        for one, exchange in kept[first : first + POLLS]:
            capture = archive.exchange(unchanged(replace(exchange, at=END)))
            store.mark_unchanged(one, seen=END, capture=capture)
        store.close()


def journal_bytes(archive: Path) -> dict[str, float]:
    """The bytes that the journal takes for a new release, and for one that is merely as it was."""
    size: Counter[str] = Counter()
    count: Counter[str] = Counter()
    for record, leaf in read_archive(archive, lambda _done, _of: None):
        if not isinstance(record, ArchiveRecord) or record.uri != JOURNAL_URI:
            continue
        line = entry_of(record, leaf or 0)
        took = record.length + ENTRY_BYTES + len(line.encode() if line else b"")
        told = decode_journal_record(record.block).decisions
        if [one for one in told if isinstance(one, decisions.Recorded) and one.kind == "new"]:
            size["new"] += took
            count["new"] += 1
        elif isinstance(told[0], decisions.Seen) and len(told[0].releases) == POLLS:
            size["seen"] += took
            count["seen"] += POLLS
    return {
        "journal, bytes a new release": size["new"] / max(count["new"], 1),
        f"journal, bytes a poll of {POLLS} in a visit": size["seen"] / max(count["seen"], 1),
    }


def last_sights(home: Home) -> list[Capture | None]:
    """What saw each release last."""
    store = home.plain_store()
    found = [store.sightings(one.id).seen for one in store.by_first_seen()]
    store.close()
    return found


def files_of(site: Path) -> dict[str, bytes]:
    """All files of a site by name."""
    return {
        str(path.relative_to(site)): path.read_bytes() for path in site.rglob("*") if path.is_file()
    }


def measure(*, few: bool) -> dict[str, object]:
    """The time of a rebuild, the number of files that differ, and the bytes of the journal."""
    made = [*drafts((FEW if few else CAPTURES) // 2)]
    with tempfile.TemporaryDirectory() as folder:
        home = open_home(Path(folder, "home"))
        ids = first_life(home, made)
        second_life(home, made, ids)
        exchanged = [exchange for _, exchange in made]
        kept = [
            one for place, one in enumerate(zip(ids, exchanged, strict=True)) if place % GONE != 1
        ]
        quiet_visits(home, kept)
        # What was signed since is published too.
        publish_home(home)
        started, worked = time.perf_counter(), time.process_time()
        done = rebuild(home.archive, Path(folder, "again"), key=home.log_key)
        seconds, processor = time.perf_counter() - started, time.process_time() - worked
        site, again = files_of(home.site), files_of(Path(folder, "again", "site"))
        last = last_sights(home), last_sights(home_at(Path(folder, "again")))
        differing = sum(site.get(name) != again.get(name) for name in site.keys() | again.keys())
        return {
            "captures": 2 * len(made),
            "releases": done.releases,
            "seconds": seconds,
            "seconds of processor": processor,
            "whole": done.whole,
            "files": len(site),
            "files that differ": differing,
            "last sights that differ": sum(one != other for one, other in zip(*last, strict=True)),
            **journal_bytes(home.archive),
        }
