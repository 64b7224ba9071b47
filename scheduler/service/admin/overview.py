"""Home page of the admin interface: health, visits, errors, deliveries and sizes."""

import asyncio
import datetime as dt
import platform
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing
from importlib.metadata import version
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from data.archive.warc.warc_file import cdxj_path, own_files, sorted_path
from data.clock import instant, utc_now
from data.models import AlertDelivery, Run
from data.store.core.store import Store
from data.store.shared_sql.events import PUBLISHING
from data.text.clean import plain
from data.text.masking import masked
from data.wording import counted, lasting, sized
from feeds.alerts.messages import subject_of
from feeds.urls import is_published
from scheduler.home.home_paths import total_size
from scheduler.service.admin.pages import PageGroup
from scheduler.sources.home_health import home_health

MAX_ROWS: Final = 15
"""Maximum number of rows per table. The page shows the number of omitted rows."""

SHOWN_PACKAGES: Final = ("communique", "scrapy", "lxml", "starlette", "uvicorn")
"""Packages whose versions are displayed."""


class Overview(PageGroup):
    """The page at /admin/."""

    async def show(self, request: Request) -> Response:
        """Render the page."""
        values = await asyncio.to_thread(self._values)
        now = utc_now()
        due = [(name, in_words(at, now)) for name, at in self._service.due().items()]
        return await self._pages.show(
            request,
            "overview.html",
            "Operator's room",
            visiting=sorted(self._service.visiting)[:MAX_ROWS],
            due=due[:MAX_ROWS],
            due_more=max(0, len(due) - MAX_ROWS),
            **values,
        )

    def _values(self) -> dict[str, Any]:
        home = self._home
        with closing(home.plain_store().public_view()) as store:
            health = home_health(home, store)
            lines = delivery_lines(store, store.alerts(limit=MAX_ROWS))
            counts = store.alert_counts()
            feeds = sum(map(is_published, store.facets()))
            dirty = len(store.dirty_feeds(store.cursor_of(PUBLISHING)))
            deposited = store.deposit_counts()
            lags = [one for one in store.consumer_lags() if one.events or one.problem]
            runs = [run for source in store.sources() for run in store.runs(source, limit=1)]
        runs.sort(key=lambda run: run.started, reverse=True)
        files = own_files(home.archive)
        indexes = (place(path) for path in files for place in (cdxj_path, sorted_path))
        archived = sized(total_size(files) + total_size(indexes))
        disk = shutil.disk_usage(home.path)
        store_files = home.store_files
        return {
            "runs": runs[:MAX_ROWS],
            "errors": errors_by_kind(runs)[:MAX_ROWS],
            "sources": len(health),
            "ill": [one for one in health if not one.is_well][:MAX_ROWS],
            "unseen": sum(one.last_run is None for one in health),
            "ill_count": sum(not one.is_well for one in health),
            "alerts": lines,
            "alert_counts": counts,
            "facts": [
                ("Feeds", f"{feeds:,}" + (f", {dirty:,} to be written" if dirty else "")),
                *(
                    (
                        "Events",
                        f"{one.name}: {counted(one.events, 'event')} to handle"
                        + (f"; failed: {one.problem}" if one.problem else ""),
                    )
                    for one in lags
                ),
                *(("Deposits", f"{one.archive}: {one.number:,} {one.state}") for one in deposited),
                ("Store", sized(total_size(store_files)) if store_files else "in PostgreSQL"),
                ("Archive", f"{archived} in {counted(len(files), 'file')}"),
                ("Disk", f"{sized(disk.free)} free of {sized(disk.total)}"),
                *((name.capitalize(), version(name)) for name in SHOWN_PACKAGES),
                ("Python", platform.python_version()),
                ("SQLite", sqlite3.sqlite_version),
            ],
            "now": f"{utc_now():%Y-%m-%d %H:%M:%S} UTC",
        }


def errors_by_kind(runs: Iterable[Run]) -> list[Mapping[str, Any]]:
    """Return one table row per kind of error, with the number and the newest error of this kind.

    ``runs`` are sorted, newest first.
    """
    errors = [(run, error) for run in runs for error in run.errors]
    counts = Counter(error.kind for _, error in errors)
    newest = {error.kind: (run, error) for run, error in reversed(errors)}
    return [
        {
            "kind": kind,
            "count": counts[kind],
            "source": run.source,
            "at": run.started,
            "url": masked(error.url),
            "message": plain(masked(error.message))[:300],
        }
        for kind, (run, error) in ((kind, newest[kind]) for kind in counts)
    ]


def delivery_lines(store: Store, deliveries: Iterable[AlertDelivery]) -> list[Mapping[str, str]]:
    """Return one table row per delivery, with the title of its release."""
    rows: list[Mapping[str, str]] = []
    for one in deliveries:
        about = subject_of(one, store.release)
        rows.append(
            {
                "watch": one.watch,
                "output": one.output.partition(":")[0],
                "state": one.state,
                "at": f"{instant(one.due or one.made):%Y-%m-%d %H:%M}",
                "problem": plain(masked(one.problem))[:200],
                "key": one.key,
                "kind": about.kind,
                "release": about.release,
                "title": " ".join(filter(None, (about.source, about.title))),
            }
        )
    return rows


def in_words(at: dt.datetime, now: dt.datetime) -> str:
    """Format a time in the near future as readable text, relative to ``now``."""
    seconds = (at - now).total_seconds()
    return f"in {lasting(seconds)}" if seconds > 1 else "now"
