"""The cost of a publication after one new release. It lists all of many sources."""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from statistics import median

from benchmarks.store import drafts
from data.models import Source
from data.store.core.store import Store
from scheduler.home.home import open_home
from scheduler.home.home_publication import publish_home

TIMES = 5


def measure(sources: int) -> float:
    """Seconds of a processor, in a process that published before, as the service's does."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "communique.toml").write_text("[archive]\nenabled = false\n")
        home = open_home(Path(folder))
        with closing(home.store()) as store:
            for number in range(sources):
                name = f"room-{number}"
                store.register(Source(name, name, f"https://{name}.example/"))
            made = recorded(store, sources)
            with store.transaction():
                for _ in range(sources):
                    next(made)
            publish_home(home)
            spent = []
            for _ in range(TIMES):
                next(made)
                began = time.process_time()
                publish_home(home)
                spent.append(time.process_time() - began)
            return median(spent)


def recorded(store: Store, sources: int) -> Iterator[None]:
    """Record a release with each step: each source has its turn, all have one topic."""
    for number, (draft, seen) in zip(itertools.count(), drafts(sources + TIMES), strict=False):
        content = replace(draft.content, topics=("news",))
        mine = replace(draft, source=f"room-{number % sources}", content=content)
        store.record(mine, seen=seen, since=seen)
        yield
