"""Check that a client of /api/changes gets every change exactly once, even if it is killed.

    python benchmarks/api_changes.py [--kills 200] [--few]

Three writer processes continually create, edit, retract, restore, hide and show releases.
`communique serve` responds to a client (api_changes_parts/consumer.py). In one transaction of its
own database file, the client stores the changes and the cursor. It is killed (SIGKILL) many times
during its work. At the end, its data must match the records of the writers: every change once, and
the changes of each release in order. The releases in its data must be those that the store shows.
The last line is JSON. The exit code is 1 if there is a difference.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import multiprocessing
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from data.models import Content, Draft, Published
from data.store.sqlite.store import SqliteStore
from tests.ports import free_port

ROOT = Path(__file__).parents[1]
CONSUMER = Path(__file__).with_name("api_changes_parts") / "consumer.py"
WRITERS = 3
FEW = 8
PAUSE = 0.02
"""Seconds between two releases of a writer, so that its consumer can be up with it or behind."""

STEPS = ("edit", "retraction", "return", "hidden", "shown")
"""What is done to a release, as far as chance has it."""

EDIT = " The work takes two weeks longer than was planned, said the harbour master."

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def main() -> None:
    """Run one consumer through all its deaths."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--few", action="store_true", help="Kill it a few times only.")
    options = parser.parse_args()
    found = measure(FEW if options.few else options.kills)
    print(json.dumps(found))
    sys.exit(0 if found["exact"] else 1)


def measure(kills: int) -> dict[str, Any]:
    """Kill a consumer so often, and compare what it has with what was done."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "communique.toml").write_text("[site]\napi_rate = 0\n")
        SqliteStore(home / "communique.db").close()
        kept = home / "kept.db"
        context = multiprocessing.get_context("spawn")
        done = context.Event()
        writers = [context.Process(target=write, args=(home, one, done)) for one in range(WRITERS)]
        with served(home) as url:
            for writer in writers:
                writer.start()
            began = time.perf_counter()
            amid = sum(killed(url, kept) for _ in range(kills))
            done.set()
            for writer in writers:
                writer.join()
            seconds = time.perf_counter() - began
            assert [writer.exitcode for writer in writers] == [0] * WRITERS
            with consumer(url, kept) as last:
                for line in last:
                    if line == "all\n":
                        break
        return {
            "kills": kills,
            "killed_amid_work": amid,
            "seconds": round(seconds, 1),
            **compared(home, kept),
        }


def killed(url: str, kept: Path) -> bool:
    """Let a consumer work for some pages, and kill it; whether it had work left."""
    with consumer(url, kept) as lines:
        line = ""
        for _ in range(random.randint(1, 6)):  # noqa: S311 - chance, no secret
            line = next(lines)
        time.sleep(random.uniform(0, 0.01))  # noqa: S311 - as above
    return line != "all\n"


@contextmanager
def consumer(url: str, kept: Path) -> Iterator[Iterator[str]]:
    """A consumer at work, by the lines that it prints; it is killed at the end."""
    command = [sys.executable, "-I", "-S", str(CONSUMER), url, str(kept)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout
        finally:
            process.send_signal(signal.SIGKILL)


def write(home: Path, writer: int, done: Event) -> None:
    """Make releases, and change them, until told to stop; note what was done once it is."""
    store = SqliteStore(home / "communique.db")
    chance = random.Random(writer)  # noqa: S311 - as above
    log: list[tuple[str, str]] = []
    number = 0
    while not done.wait(PAUSE):
        number += 1
        first = store.record(notice(writer, number), seen=NOON, since=NOON).release.id
        log.append((first, "new"))
        for kind in STEPS[: chance.randint(0, len(STEPS))]:
            change(store, first, kind, notice(writer, number, EDIT))
            log.append((first, kind))
    (home / f"writer-{writer}.json").write_text(json.dumps(log))
    store.close()


def change(store: SqliteStore, release: str, kind: str, edited: Draft) -> None:
    """Do one thing to a release."""
    if kind == "edit":
        store.record(edited, seen=NOON + HOUR, since=NOON + HOUR)
    elif kind == "retraction":
        store.retract(release, at=NOON + 2 * HOUR)
    elif kind == "return":
        store.mark_unchanged(release, seen=NOON + 3 * HOUR)
    elif kind == "hidden":
        store.hide(release, at=NOON + 4 * HOUR, why="a test")
    else:
        store.unhide(release)


def notice(writer: int, number: int, more: str = "") -> Draft:
    """A release of an invented harbour, unlike all others."""
    words = random.Random(writer * 1_000_000 + number)  # noqa: S311 - as above
    text = " ".join(
        "".join(words.choices("abdefgiklmnoprstu", k=words.randint(3, 9))) for _ in range(40)
    )
    published = Published(NOON, "day", "UTC", "2026-03-02", "test")
    title = f"Berth {number} of pier {writer}"
    content = Content(
        title, published, "en", body_html=f"<p>{text}{more}</p>", body_text=text + more
    )
    return Draft(f"pier{writer}", f"http://pier{writer}.example/{number}", content)


def compared(home: Path, kept: Path) -> dict[str, Any]:
    """Whether what the consumer has is what the writers did, and what the store shows."""
    done: dict[str, list[str]] = {}
    for writer in range(WRITERS):
        for release, kind in json.loads((home / f"writer-{writer}.json").read_text()):
            done.setdefault(release, []).append(kind)
    told = defaultdict[str, list[str]](list)
    with closing(sqlite3.connect(kept)) as db:
        for release, kind in db.execute("SELECT release, kind FROM changes ORDER BY number"):
            told[release].append(kind)
        known = dict(db.execute("SELECT id, release FROM releases"))
    store = SqliteStore(home / "communique.db")
    shown = {one.id: one for one in store.by_first_seen() if not one.hidden}
    store.close()
    agree = {
        one: json.loads(text)["revision"] == shown[one].revision
        and (json.loads(text)["retracted"] is None) == (shown[one].retracted is None)
        for one, text in known.items()
        if one in shown
    }
    return {
        "releases": len(done),
        "changes": sum(map(len, done.values())),
        "told": sum(map(len, told.values())),
        "lost_or_doubled": sum(told.get(one) != kinds for one, kinds in done.items()),
        "exact": told == done and known.keys() == shown.keys() and all(agree.values()),
    }


@contextmanager
def served(home: Path) -> Iterator[str]:
    """The address of `communique serve` in a process of its own."""
    port = free_port()
    command = [sys.executable, "-m", "scheduler", "--home", str(home), "serve"]
    with subprocess.Popen(
        [*command, "--port", str(port)], cwd=ROOT, stderr=subprocess.PIPE
    ) as process:
        url = f"http://127.0.0.1:{port}/"
        try:
            while True:
                try:
                    urllib.request.urlopen(url + "healthz").close()  # noqa: S310 - of this machine
                    break
                except OSError:
                    assert process.poll() is None, "the server ended"
                    time.sleep(0.05)
            yield url
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
