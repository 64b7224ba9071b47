"""Run histories: press rooms are served and visited at their times, and reports are recorded."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from benchmarks.breakages_parts.history import BEGUN, History, Line
from benchmarks.breakages_parts.living_room import LivingRoom
from benchmarks.breakages_parts.web_server import Answer, Asked, WebServer, tls_context
from data.health.health_changes import note_health_events
from data.health.state import overview
from data.models import HealthEvent, Run
from data.settings import HealthSettings
from data.store.open import open_store
from scheduler.children.child import Child
from scheduler.children.crawl_lines import CrawlStart, ReportLine, VisitJob

SETTINGS: Final = """
[network]
allow_private = true
timeout = 3

[collect]
run_timeout = 60

[archive]
enabled = false
"""


class Played:
    """A history as it goes: its ``runs``, the ``alerts`` that came of them, and how it is now."""

    def __init__(self, history: History, number: int, folder: Path) -> None:
        self.history = history
        self.source = f"{history.room}-{number:03}"
        host = f"{self.source}.example"
        self.room = LivingRoom(history.room, host, number, history.habit, feed=history.feed)
        self.server = WebServer(self.answer)
        self.line: Line = "open"
        self.runs: list[Run] = []
        self.alerts: list[HealthEvent] = []
        self.code = self.reason = ""
        self._folder = folder
        self._happens = [*history.happens]

    def answer(self, asked: Asked) -> Answer:
        """What the room answers now."""
        for since, until, fault in self.history.faults:
            if since <= self.room.now < until and (answer := fault(self.room, asked)):
                return answer
        return self.room.answer(asked)

    async def open(self) -> None:
        """Serve the room."""
        await self._listen()
        self.room.scheme, self.room.port = "https" if self.history.tls else "http", self.server.port

    async def go_to(self, now: dt.datetime) -> None:
        """Let it be this time, and happen what has to until then."""
        self.room.now = now
        while self._happens and self._happens[0][0] <= now:
            self._happens.pop(0)[1](self.room)
        if now > BEGUN and self.line != self.history.line:
            self.line = self.history.line
            await self._listen()

    async def _listen(self) -> None:
        if self.line == "closed":
            await self.server.close()
            return
        context = None
        if self.history.tls and self.line != "plain":
            until = self.room.now + dt.timedelta(days=-1 if self.line == "expired" else 90)
            context = tls_context(self._folder, self.room.host, until)
        await self.server.listen(context)


LATER: Final = dt.timedelta(minutes=2)
"""By when all visits are over."""


async def play(histories: Sequence[History], home: Path) -> list[Played]:
    """Play histories side by side, all sources in one HOME, which is made."""
    (home / "sources").mkdir(parents=True)
    (home / "communique.toml").write_text(SETTINGS)
    played = [Played(one, number, home) for number, one in enumerate(histories)]
    try:
        for one in played:
            await one.open()
            text = one.room.source_file + one.history.rules
            (home / "sources" / f"{one.source}.toml").write_text(text, "utf-8")
        for now in sorted({visit for one in played for visit in one.history.visits}):
            for one in played:
                await one.go_to(now)
            due = {one.source: one for one in played if now in one.history.visits}
            gone = [one.room.host for one in played if one.line == "no name"]
            for run in await visited(home, due, now, gone):
                due[run.source].runs.append(run)
            await asyncio.to_thread(note, home, due.values(), now)
    finally:
        for one in played:
            await one.server.close()
    return played


async def visited(
    home: Path, sources: Collection[str], now: dt.datetime, gone: Sequence[str]
) -> list[Run]:
    """Visit sources at a time, as the service does; hosts that are ``gone`` have no name."""
    child = await Child.start("benchmarks.breakages_parts.crawl_child", now.isoformat(), *gone)
    runs: list[Run] = []
    try:
        await child.say(CrawlStart(str(home)))
        for source in sources:
            await child.say(VisitJob(source))
        while len(runs) < len(sources):
            line = await child.hear(dict[str, Any])
            if "run" in line:
                runs.append(msgspec.convert(line, ReportLine).run)
    finally:
        await child.end()
    return runs


def note(home: Path, due: Iterable[Played], now: dt.datetime) -> None:
    """Have the health of sources noted at a time, and keep what was told of these."""
    known = {one.source: one for one in due}
    with contextlib.closing(open_store(f"sqlite:{home / 'communique.db'}")) as store:
        count = note_health_events(store, further=HealthSettings().confirm_visits, now=now + LATER)
        for event in store.health_events(limit=count) if count else ():
            if event.source in known and not event.well:
                known[event.source].alerts.append(event)
        for health in overview(store):
            if health.source in known:
                one = known[health.source]
                one.code, one.reason = health.code, health.reason
