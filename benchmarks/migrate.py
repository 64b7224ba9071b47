"""Move a store from SQLite to PostgreSQL and back, and kill the migration many times.

    python benchmarks/migrate.py [--releases 100000] [--kills 20] [--few]

The releases are those of benchmarks/store.py, recorded through the real write path. Some of them
are edited, retracted and hidden. The process that moves them (migrate_parts/mover.py) is killed
(SIGKILL) at random times: while it copies rows, during the final comparison, and while it fills the
search index. Then `communique migrate` completes the migration and reports how many rows it still
wrote. At the end, the sites published from the first store, from PostgreSQL and from the store that
was moved back must be the same, byte for byte. So must be the output of `communique export`. With
more than 5,000 releases, no site is published, because this takes most of an hour. Instead, feeds
that are made on demand, for some sources with each of some topics in all formats, are compared. The
last line is JSON. The exit code is 1 if there is a difference.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import itertools
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from benchmarks.store import BATCH, SOURCES, drafts
from data.store.open import open_store
from data.store.transfer.transfer import open_source
from feeds.urls import FORMATS
from tests.postgres_server import postgres_running

ROOT = Path(__file__).parents[1]
FEW = 500
MOST_PUBLISHED = 5000
FEW_KILLS = 6
HOUR = dt.timedelta(hours=1)
STAGES = ("rows", "comparing", "search")
PHASES = (*STAGES, "rows", "rows")
"""Amid what it is killed: so often of five times."""


def main() -> None:
    """Move a store there and back."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--releases", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--few", action="store_true", help="Few releases, few kills.")
    options = parser.parse_args()
    given = (FEW, FEW_KILLS) if options.few else (options.releases, options.kills)
    with tempfile.TemporaryDirectory() as folder, postgres_running() as server:
        found = measure(Path(folder), server.url(server.create()), *given)
    print(json.dumps(found))
    sys.exit(0 if found["equal"] else 1)


def measure(folder: Path, database: str, releases: int, kills: int) -> dict[str, Any]:
    """Fill a store, move it there and back, and compare what is published."""
    first, there, back = (folder / name for name in ("first", "there", "back"))
    for home, url in ((first, ""), (there, database), (back, "")):
        home.mkdir()
        named = f'[store]\nurl = "{url}"\n' if url else ""
        (home / "communique.toml").write_text(f"[archive]\nenabled = false\n{named}")
    one, other = f"sqlite:{first}/communique.db", f"sqlite:{back}/communique.db"
    timed("filled", lambda: fill(one, releases))
    published = {"first": timed("published or asked for", lambda: site(first, releases))}
    found: dict[str, Any] = {"releases": releases, "kills": 0}
    for way, source, target in (("there", one, database), ("back", database, other)):
        half = kills // 2
        phases = sorted(itertools.islice(itertools.cycle(PHASES), half), key=STAGES.index)
        amid = [killed(source, target, phase) for phase in phases]
        began = time.perf_counter()
        done = json.loads(communique("migrate", "--from", source, "--to", target, "--json"))
        found["kills"] += sum(amid)
        rows, written = sum(done["rows"].values()), sum(done["written"].values())
        found |= {f"rows_{way}": rows, f"written_by_the_last_{way}": written}
        found[f"last_seconds_{way}"] = round(time.perf_counter() - began, 1)
        print(
            f"{way}: killed {sum(amid)} times, {written:,} of {rows:,} rows left to the last",
            flush=True,
        )
    published["there"] = timed("published or asked for", lambda: site(there, releases))
    published["back"] = timed("published or asked for", lambda: site(back, releases))
    equal = [published[name] == published["first"] for name in ("there", "back")]
    print(f"{len(published['first']):,} files; equal there: {equal[0]}, back: {equal[1]}")
    return found | {"files": len(published["first"]), "equal": all(equal)}


def timed(what: str, work: Any) -> Any:
    """What some work gives; how long it took is printed."""
    began = time.perf_counter()
    result = work()
    print(f"{what} in {time.perf_counter() - began:,.0f} s", flush=True)
    return result


def fill(url: str, count: int) -> None:
    """Record releases; one in ten is edited, and some are retracted or hidden."""
    made = drafts(count)
    with closing(open_store(url)) as store:
        for _ in range(0, count, BATCH):
            with store.transaction():
                for number, (draft, seen) in enumerate(itertools.islice(made, BATCH)):
                    decision = store.record(draft, seen=seen, since=seen)
                    if number % 10 == 0:
                        text = f"{draft.content.body_text} It was wrong by {number} crowns."
                        content = replace(draft.content, body_text=text)
                        edited = replace(draft, content=content, digest=f"{number:064}")
                        store.record(edited, seen=seen + HOUR, since=seen)
                    elif number % 50 == 1:
                        store.retract(decision.release.id, at=seen + HOUR)
                    elif number % 50 == 2:  # noqa: PLR2004 - any other one
                        store.hide(decision.release.id, at=seen, why="It is an advertisement.")


chance = random.Random(20261127)  # noqa: S311 - places that repeat, no secret


def killed(source: str, target: str, phase: str) -> bool:
    """Start to move a store, kill that amid a phase, and say whether it was killed."""
    with closing(open_source(source)) as end:
        tables = {name: end.count(table) for name, table in end.tables().items()}
    # In the order in which they are moved, so that each place among all rows is as likely.
    before = dict(zip(tables, itertools.accumulate(tables.values(), initial=0), strict=False))
    place = chance.random()
    mover = [sys.executable, "-m", "benchmarks.migrate_parts.mover", source, target]
    with subprocess.Popen(mover, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            step, done, of = line.split()
            if step in tables and phase == "rows":
                if before[step] + int(done) >= place * sum(tables.values()):
                    break
            # What was entered for search is not entered again: something is left for the next.
            elif step == phase and int(done) >= place * int(of) / 4:
                break
        # Not at a step, but after some part of the next one.
        time.sleep(chance.random() / 20)
        process.kill()
    return process.returncode != 0


def communique(*arguments: str) -> str:
    """What a command writes."""
    command = [sys.executable, "-m", "scheduler", *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def site(home: Path, releases: int) -> dict[str, str]:
    """The digests of all files that a HOME publishes, or of feeds, and of what it exports."""
    found = files(home) if releases <= MOST_PUBLISHED else feeds(home)
    exported = communique("export", "--home", str(home)).encode()
    return {name: hashlib.sha256(data).hexdigest() for name, data in found} | {
        "export": hashlib.sha256(exported).hexdigest()
    }


def files(home: Path) -> Iterator[tuple[str, bytes]]:
    """All files that a HOME publishes."""
    communique("publish", "--all", "--home", str(home))
    for path in (home / "site").rglob("*"):
        if path.is_file():
            yield str(path.relative_to(home)), path.read_bytes()


def feeds(home: Path) -> Iterator[tuple[str, bytes]]:
    """Feeds of a HOME that are made on demand, by `communique serve`."""
    serve = [sys.executable, "-m", "scheduler", "serve", "--port", "0", "--home", str(home)]
    with subprocess.Popen(serve, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            (address,) = re.findall(r"http://\S+", server.stdout.readline())
            with httpx.Client(base_url=address, timeout=60) as web:
                yield from asked(web)
        finally:
            server.terminate()


def asked(web: httpx.Client) -> Iterator[tuple[str, bytes]]:
    """Feeds of some sources with some topics, as a server makes them."""
    for source, topic, kind in itertools.product(range(0, SOURCES, 10), range(8), FORMATS):
        feed = f"/feeds/source/source-{source}/topic/topic-{topic}.{kind}"
        answer = web.get(feed)
        assert answer.status_code in {200, 404}, (feed, answer.text)
        if answer.is_success:
            yield feed, answer.content


if __name__ == "__main__":
    main()
