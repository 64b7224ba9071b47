"""Check that concurrent publishers never leave an incomplete or outdated file in a bucket.

    python benchmarks/bucket.py [--publishers 32] [--rounds 20] [--faults 60] [--few]

Each publisher is a process with its own HOME. All publishers share one store, in which releases are
recorded continually. Each publisher repeatedly publishes the current content of the store: pages, a
feed that links to them, and the home page. Pages that are too old are deleted. Some publishers are
killed (SIGKILL) and started again with the same HOME. Others are paused until later publishers have
overtaken them. In the meantime, readers request the files from the server. They count

- torn: files that are incomplete,
- stale: files that are older than the version that the reader read before,
- dangling: missing pages to which the feed still links.

At the end, one more publication is made, and the bucket must contain exactly this publication. The
last line is JSON. The exit code is 1 if any such file was found.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import json
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from data.files import FileWriter
from data.models import Content, Draft, Published
from data.network.bucket import Bucket, open_bucket
from data.settings import BucketSettings
from data.store.sqlite.store import SqliteStore
from feeds.publishing import bucket_push
from feeds.publishing.bucket_push import SiteBucket, Superseded
from feeds.publishing.bucket_records import MANIFEST_FILE, PushedFiles, read_manifest
from tests.buckets import COMMANDS, KEY, bucket_server

PLACE = "s3://press/site"
FEED = "feeds/all.json"
PAGES = 12
"""Pages that the feed names; older ones are deleted."""

READERS = 3

SILENCE = 2.0
"""Seconds after which one is overtaken that shows no sign: soon, so that it happens often."""

FAULTY = 0.2
"""How likely a look at who is publishing ends in a kill or a hold."""

HELD = 4.0
"""Seconds for which one is held up amid its work (SIGSTOP), to go on with what is old by then."""
NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)

AMID = "amid"
"""The file of a HOME that is there while it publishes."""

Context = multiprocessing.get_context("spawn")


def main() -> None:
    """Have all of them race."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--publishers", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--faults", type=int, default=60)
    parser.add_argument("--few", action="store_true", help="Two rounds of each, and a few kills.")
    parser.add_argument("--server", choices=COMMANDS, default="ministack")
    options = parser.parse_args()
    os.environ.update(KEY)
    rounds, faults = (2, 6) if options.few else (options.rounds, options.faults)
    with tempfile.TemporaryDirectory() as folder, bucket_server(options.server) as address:
        found = measure(Path(folder), address, options.publishers, rounds, faults)
    print(json.dumps({"benchmark": "bucket", "server": options.server, **found}))
    sys.exit(1 if found["torn"] or found["stale"] or found["dangling"] or found["differ"] else 0)


def bucket_at(address: str) -> Bucket:
    """The bucket that all of them share."""
    return open_bucket(PLACE, BucketSettings(endpoint=address))


def measure(
    folder: Path, address: str, publishers: int, rounds: int, faults: int
) -> dict[str, Any]:
    """Race, and count."""
    SqliteStore(folder / "communique.db").close()
    began = time.perf_counter()
    done = Context.Event()
    counts = Context.Queue()
    # Daemons: where one fails, the others end with us.
    recorder = Context.Process(target=record, args=(folder, done), daemon=True)
    readers = [
        Context.Process(target=read, args=(address, done, counts), daemon=True)
        for _ in range(READERS)
    ]
    for one in (recorder, *readers):
        one.start()
    homes = [folder / str(number) for number in range(publishers)]
    running = {home: started(home, address, rounds) for home in homes}
    chance = random.Random(0)  # noqa: S311 - it keeps no secret
    killed = 0
    stopped: dict[Path, float] = {}
    while any(one.is_alive() for one in running.values()):
        time.sleep(0.01)
        for home, since in stopped.items():
            if time.monotonic() - since > HELD and running[home].is_alive():
                os.kill(pid_of(running[home]), signal.SIGCONT)
        amid = [home for home in homes if (home / AMID).exists() and running[home].is_alive()]
        amid = [home for home in amid if home not in stopped]
        if not amid or killed + len(stopped) == faults or chance.random() > FAULTY:
            continue
        home = chance.choice(amid)
        if killed > len(stopped):
            stopped[home] = time.monotonic()
            os.kill(pid_of(running[home]), signal.SIGSTOP)
        else:
            running[home].kill()
            running[home].join()
            (home / AMID).unlink(missing_ok=True)
            running[home] = started(home, address, rounds)
            killed += 1
    assert all(one.exitcode == 0 for one in running.values()), "a publisher failed"
    done.set()
    # What is in the queue is taken before its writers are waited for.
    read_counts = sum((Counter(counts.get()) for _ in readers), Counter())
    for one in (recorder, *readers):
        one.join()
        assert one.exitcode == 0, "a reader or the recorder failed"
    outcomes = Counter[str]()
    for home in homes:
        outcomes.update((home / "outcomes").read_text().split())
    return {
        "publishers": publishers,
        "killed": killed,
        "held": len(stopped),
        "published": outcomes["published"],
        "superseded": outcomes["superseded"],
        "reads": read_counts["reads"],
        "torn": read_counts["torn"],
        "stale": read_counts["stale"],
        "dangling": read_counts["dangling"],
        "differ": differing(folder, address),
        "seconds": round(time.perf_counter() - began, 1),
    }


def started(home: Path, address: str, rounds: int) -> BaseProcess:
    """A publisher, at work."""
    process = Context.Process(target=publish, args=(home, address, rounds), daemon=True)
    process.start()
    return process


def pid_of(process: BaseProcess) -> int:
    """The number of a process that was started."""
    assert process.pid
    return process.pid


def record(folder: Path, done: Event) -> None:
    """Record releases until told to stop."""
    number = 0
    with closing(SqliteStore(folder / "communique.db")) as store:
        while not done.wait(0.02):
            number += 1
            at = NOON + dt.timedelta(minutes=number)
            content = Content(
                title=f"Notice {number} to mariners",
                published=Published(at, "second", "UTC", "", "test"),
                language="en",
                topics=(),
                body_html=f"<p>Buoy {number} is lit again.</p>",
                body_text=f"Buoy {number} is lit again.",
            )
            url = f"http://harbour.example/{number}"
            store.record(Draft(source="harbour", url=url, content=content), seen=at, since=at)


def publish(home: Path, address: str, rounds: int) -> None:
    """Publish so often, each time what the store holds by then."""
    # Soon, so that it happens often; and nobody gives up.
    for name, seconds in (
        ("ABANDONED_AFTER_SECONDS", SILENCE),
        ("MAX_WAIT_SECONDS", 3600.0),
        ("CHECK_INTERVAL_SECONDS", 0.1),
    ):
        setattr(bucket_push, name, seconds)
    home.mkdir(exist_ok=True)
    bucket = bucket_at(address)
    with (
        closing(PushedFiles(home / "pushed.db", PLACE)) as kept,
        closing(SqliteStore(home.parent / "communique.db")) as store,
        (home / "outcomes").open("a") as outcomes,
        SiteBucket(bucket, home / "site", kept) as target,
    ):
        while rounds:
            target.begin(store)
            (home / AMID).touch()
            write_site(home / "site", store.last_release_event()[0])
            try:
                target.push()
                rounds -= 1
                outcomes.write("published ")
            except Superseded:
                outcomes.write("superseded ")
            outcomes.flush()
            (home / AMID).unlink(missing_ok=True)


def write_site(site: Path, change: int) -> None:
    """The site as it is after a change of the store: all files tell that change."""
    pages = [f"releases/{number}.html" for number in range(max(change - PAGES, 0), change)]
    files = {name: body_of(change, []) for name in pages}
    files[FEED] = body_of(change, pages)
    files["index.html"] = body_of(change, [FEED])
    site.mkdir(exist_ok=True)
    writer = FileWriter(site)
    for name, body in files.items():
        writer.write(name, body)
    writer.flush()
    for path in (site / "releases").glob("*"):
        if f"releases/{path.name}" not in files:
            writer.remove(f"releases/{path.name}")


def body_of(change: int, names: list[str]) -> bytes:
    """A file that tells whether it is whole, of which change, and what it names."""
    text = json.dumps({"change": change, "names": names, "rest": "signal station " * 500})
    return f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}".encode()


def said_by(body: bytes) -> dict[str, Any] | None:
    """What a file tells, or None where it is not whole."""
    digest, _, text = body.partition(b"\n")
    return json.loads(text) if hashlib.sha256(text).hexdigest().encode() == digest else None


def read(address: str, done: Event, counts: Any) -> None:
    """Read what readers read until told to stop, and count what is wrong."""
    bucket, last, found = bucket_at(address), dict[str, int](), Counter[str]()

    def said(name: str) -> dict[str, Any] | None:
        stored = bucket.read(name)
        found["reads"] += 1
        if stored is None:
            return None
        told = said_by(stored.body)
        if told is None:
            found["torn"] += 1
            return None
        found["stale"] += told["change"] < last.get(name, 0)
        last[name] = max(told["change"], last.get(name, 0))
        return told

    while not done.is_set():
        said("index.html")
        feed = said(FEED)
        for name in feed["names"] if feed else ():
            if said(name) is None:
                # Somebody may have published since: then the feed says something else by now.
                again = said(FEED)
                found["dangling"] += again == feed and said(name) is None
                break
    counts.put(dict(found))


def differing(folder: Path, address: str) -> int:
    """Files of the bucket that are not as one last publication has them."""
    home = folder / "last"
    publish(home, address, 1)
    bucket = bucket_at(address)
    here = {
        path.relative_to(home / "site").as_posix(): path.read_bytes()
        for path in (home / "site").rglob("*.*")
    }
    there = {name: found.body for name, _, _ in bucket.tags() if (found := bucket.read(name))}
    there.pop(MANIFEST_FILE)
    manifest = read_manifest(bucket)
    assert manifest
    incomplete = manifest.manifest.complete != manifest.manifest.number
    return len(dict(here.items() ^ there.items())) + incomplete


if __name__ == "__main__":
    main()
