"""A HOME with watches and releases, for the measurements of deliveries."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from data.clock import utc_now
from data.models import Content, Draft, Published
from data.settings import Log
from data.watches.watch_file import to_toml
from feeds.alerts.channels import AlertWatch
from feeds.alerts.channels.webhook import Webhook
from scheduler.home.home import Home, open_home
from scheduler.logs import log_to


def make_home(folder: Path, watches: Sequence[tuple[str, str]]) -> Home:
    """A HOME with watches, each a query and the address of its receiver."""
    (folder / "watches").mkdir(parents=True)
    (folder / "communique.toml").write_text(
        "[network]\nallow_private = true\n[archive]\nenabled = false\n"
    )
    for number, (query, url) in enumerate(watches):
        webhook = Webhook.from_option((url,))
        fields: dict[str, Any] = {"query": query, "webhook": webhook}
        watch = AlertWatch(f"Watch {number}", **fields)
        (folder / f"watches/watch-{number}.toml").write_text(to_toml(watch))
    return open_home(folder)


def record(home: Home, number: int, text: str) -> str:
    """Record a release that appeared just now; its id."""
    now = utc_now()
    content = Content(
        f"Notice {number} of the invented Harbour Board",
        published=Published(now, "second", "UTC", now.isoformat(), "made"),
        language="en",
        body_text=f"{text}\n\nNotice {number} is about pier {number} and about nothing else.",
    )
    with closing(home.plain_store()) as store:
        draft = Draft("harbour", f"http://harbour.example/{number}", content)
        return store.record(draft, seen=now, since=now).release.id


def begun(work: Callable[[], None]) -> multiprocessing.Process:
    """A process that does some work until it is killed."""

    def quietly() -> None:
        with Path(os.devnull).open("w") as nowhere:
            log_to(nowhere, Log())
            work()

    process = multiprocessing.Process(target=quietly, daemon=True)
    process.start()
    return process
