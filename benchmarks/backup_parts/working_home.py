"""A HOME at work: press rooms that publish and correct releases, a watch, the service, commands."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from data.watches.watch_file import to_toml
from feeds.alerts.channels import AlertWatch
from feeds.alerts.channels.webhook import Webhook
from tests.press_room import Room

SOURCES: Final = 4
LISTED: Final = 10
"""Releases on a page of a listing; older ones are on the pages after it."""

SETTINGS: Final = """[network]
allow_private = true
[collect]
interval = 2
least_interval = 1
revisit_most = 10
[site]
port = 0
[health]
confirm_visits = 0
[archive]
max_file = 200_000
"""

NAMED: Final = 5
"""Files that are told by their names."""

HALF: Final = re.compile(r"\..+\.part")
"""Names of files that are half written."""

ARCHIVE_PAGE: Final = re.compile(r"^feeds/.*/page/\d+\.\w+$")
"""Names of archive pages of feeds."""

PATIENCE: Final = 120.0
"""Seconds after which an alert that did not come counts as lost."""

SYLLABLES: Final = [
    "ba",
    "ke",
    "li",
    "mo",
    "nu",
    "pra",
    "sto",
    "ter",
    "vin",
    "wol",
    "yer",
    "zan",
    "dor",
    "fel",
    "gri",
    "hum",
    "jat",
    "kos",
    "lem",
    "mir",
]


def words(chance: random.Random, count: int) -> str:
    """So many words of no language, as no other text has them."""
    made = ("".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))) for _ in range(count))
    return " ".join(made)


@dataclass
class Notice:
    """A release as its press room shows it now."""

    source: str
    number: int
    at: dt.datetime
    text: str
    edits: int = 0

    @property
    def path(self) -> str:
        """Its address in the room."""
        return f"/{self.source}/{self.number}.html"

    @property
    def title(self) -> str:
        """Its title, as no other has it."""
        return f"Notice {self.number} of the {self.source}: {self.text.split('.')[0]}"

    def html(self) -> str:
        """Its page."""
        return (
            f'<!DOCTYPE html><html lang="en"><head><title>{self.title}</title></head><body><main>'
            f'<h1>{self.title}</h1><time datetime="{self.at:%Y-%m-%dT%H:%M:%SZ}">{self.at:%d %B %Y}'
            f"</time><div><p>{self.text}</p></div></main></body></html>"
        )


class Rooms:
    """The press rooms of all sources on one server, and what they have shown so far."""

    def __init__(self, room: Room, seed: int) -> None:
        self.room = room
        self.chance = random.Random(seed)  # noqa: S311 - the same at each run
        self.notices: dict[str, list[Notice]] = {f"pier-{one}": [] for one in range(SOURCES)}

    def publish(self, source: str) -> Notice:
        """Have a room publish another release."""
        known = self.notices[source]
        at = dt.datetime.now(dt.UTC).replace(microsecond=0)
        text = ". ".join(words(self.chance, 9).capitalize() for _ in range(12)) + "."
        notice = Notice(source, len(known) + 1, at, text)
        known.append(notice)
        self.room.page(notice.path, notice.html())
        self._list(source)
        return notice

    def correct(self, source: str) -> None:
        """Have a room change one of those that were asked for already, each once at the most."""
        newest = [one for one in self.notices[source][-LISTED:] if not one.edits]
        some = [one for one in newest if self.room.statuses(one.path)]
        if some:
            notice = self.chance.choice(some)
            notice.edits += 1
            first, _, rest = notice.text.partition(". ")
            told = words(self.chance, 30).capitalize()
            notice.text = f"{first}. {told}. {rest}"
            self.room.page(notice.path, notice.html())

    def _list(self, source: str) -> None:
        newest = self.notices[source][::-1]
        pages = [newest[at : at + LISTED] for at in range(0, len(newest), LISTED)]
        for number, some in enumerate(pages):
            rows = "".join(
                f'<li><time datetime="{one.at:%Y-%m-%dT%H:%M:%SZ}">{one.at:%d %B %Y}</time>'
                f' <a href="{one.path}">{one.title}</a></li>'
                for one in some
            )
            more = f'<a rel="next" href="/{source}/?page={number + 1}">Older</a>'
            more = more if number + 1 < len(pages) else ""
            query = f"?page={number}" if number else ""
            html = f"<html lang='en'><body><ul>{rows}</ul>{more}</body></html>"
            self.room.page(f"/{source}/{query}", html)

    def all(self) -> dict[str, Notice]:
        """All releases by their addresses."""
        return {
            f"{self.room.base}{one.path}": one for some in self.notices.values() for one in some
        }


@dataclass
class Told:
    """What a receiver of webhooks was told: by key how often, and of what each key is."""

    heard: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    of: dict[str, tuple[str, str]] = field(default_factory=dict)
    bodies: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))


@contextmanager
def receiver() -> Iterator[tuple[str, Told]]:
    """A receiver of webhooks: its address, and what it is told."""
    told, lock = Told(), threading.Lock()

    class Receive(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            events = json.loads(body)["data"]["events"]
            with lock:
                told.bodies[self.headers["webhook-id"]].add(hash(body))
                for one in events:
                    told.heard[one["key"]] += 1
                    told.of[one["key"]] = (one["type"], one["release"]["id"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - inherited name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receive)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/", told
    finally:
        server.shutdown()
        server.server_close()


def make_home(folder: Path, rooms: Rooms, url: str) -> Path:
    """A HOME with the sources of all rooms, and a watch for all that happens."""
    (folder / "sources").mkdir(parents=True)
    (folder / "watches").mkdir()
    (folder / "communique.toml").write_text(SETTINGS)
    for source in rooms.notices:
        text = f'name = "{source}"\nurl = "{rooms.room.base}/{source}/"\ntimezone = "UTC"\n'
        (folder / "sources" / f"{source}.toml").write_text(text)
    webhook = Webhook.from_option((url,))
    fields: dict[str, Any] = {"backlog": True, "kinds": ("release", "edit"), "webhook": webhook}
    watch = AlertWatch("All", **fields)
    (folder / "watches" / "all.toml").write_text(to_toml(watch))
    return folder


def command(home: Path, *arguments: str) -> str:
    """What a command prints; it must end well."""
    done = subprocess.run(
        [sys.executable, "-m", "scheduler", *arguments, "--home", str(home)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"communique {' '.join(arguments)}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


class Service:
    """`communique run`, a group of processes of its own."""

    def __init__(self, home: Path) -> None:
        self.log = (home.parent / "service.log").open("a")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "scheduler", "run", "--home", str(home)],
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
        )

    def children(self) -> dict[str, list[int]]:
        """Its processes by what they do."""
        found: dict[str, list[int]] = {"service": [self.process.pid]}
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(path.read_text().rpartition(")")[2].split()[1])
                line = (path.parent / "cmdline").read_bytes().split(b"\0")
            except (OSError, IndexError, ValueError):
                continue
            if parent == self.process.pid:
                for name in ("crawl", "publish"):
                    if f"scheduler.children.{name}".encode() in line:
                        found.setdefault(name, []).append(int(path.parent.name))
        return found

    def kill(self) -> None:
        """End all of it by force."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.log.close()

    def stop(self) -> None:
        """End it as systemd does; one that ended by itself ends all of this."""
        if self.process.poll() is not None:
            sys.exit(f"the service ended by itself: see {self.log.name}")
        self.process.terminate()
        self.process.wait()
        self.log.close()


def lines_of(exported: str) -> dict[str, dict[str, Any]]:
    """The releases of an export, by their ids."""
    releases = map(json.loads, exported.splitlines())
    return {one["id"]: one for one in releases}


def expected(releases: dict[str, dict[str, Any]]) -> dict[tuple[str, str], int]:
    """How many keys a watch for all is told of each release: one, and one of each edit."""
    of_releases = {("release", one): 1 for one in releases}
    edits = {("edit", one): told["revision"] - 1 for one, told in releases.items()}
    return of_releases | {key: count for key, count in edits.items() if count}


def keys_told(told: Told) -> dict[tuple[str, str], int]:
    """How many keys a watch was told of each release."""
    found: defaultdict[tuple[str, str], int] = defaultdict(int)
    for of in told.of.values():
        found[of] += 1
    return dict(found)


def settle(home: Path, told: Told) -> dict[str, dict[str, Any]]:
    """Visit all, publish it, and tell the watch all that waits; what is stored then, by id."""
    # Releases that left the first page before they were corrected are all looked at again now.
    path = home / "communique.toml"
    path.write_text(path.read_text().replace("revisit_most = 10\n", "revisit_most = 1000\n"))
    for _ in range(2):
        command(home, "collect")
    command(home, "publish")
    releases = lines_of(command(home, "export"))
    wanted, end = expected(releases), time.monotonic() + PATIENCE
    service = Service(home)
    try:
        # What does not come is counted as lost.
        while keys_told(told) != wanted and time.monotonic() < end:
            time.sleep(0.2)
    finally:
        service.stop()
    command(home, "publish")
    return releases


def wrongs(releases: dict[str, dict[str, Any]], rooms: Rooms, told: Told) -> dict[str, int]:
    """How much of what rooms showed was lost on the way to a store and a watch, or doubled."""
    shown = rooms.all()
    urls = [one["url"] for one in releases.values()]
    stale = sum(
        " ".join(one["body_text"].split()) != shown[one["url"]].text
        for one in releases.values()
        if one["url"] in shown
    )
    made = sum(
        one["revision"] > 1 + shown[one["url"]].edits
        for one in releases.values()
        if one["url"] in shown
    )
    wanted, had = expected(releases), keys_told(told)
    keys = wanted.keys() | had.keys()
    return {
        "releases lost": len(shown.keys() - set(urls)),
        "releases doubled": len(urls) - len(set(urls)) + len(set(urls) - shown.keys()),
        "edits lost": stale,
        "edits made up": made,
        "alerts lost": sum(max(0, wanted.get(key, 0) - had.get(key, 0)) for key in keys),
        "alerts doubled": sum(max(0, had.get(key, 0) - wanted.get(key, 0)) for key in keys),
        "messages changed": sum(len(bodies) > 1 for bodies in told.bodies.values()),
    }


def differing_files(home: Path, other: Path) -> list[str]:
    """The files by which the sites of two HOMEs differ.

    Left aside are the log, which goes on, and what a publication that was killed left half written
    under another name, which the next one that writes that file takes.
    """

    def files(folder: Path) -> dict[str, bytes]:
        found = (path for path in (folder / "site").rglob("*") if path.is_file())
        return {
            name: path.read_bytes()
            for path in found
            if not (name := path.relative_to(folder / "site").as_posix()).startswith("log/")
            and not HALF.fullmatch(path.name)
        }

    one, two = files(home), files(other)
    return sorted(name for name in one.keys() | two.keys() if one.get(name) != two.get(name))


def differing_sites(home: Path, restored: Path) -> list[str]:
    """The files by which the sites of a HOME and of one that was restored from it differ.

    Archive pages show releases as they were when the pages were cut, and where all is written anew
    as they are then. So they are compared once both have written all anew.
    """
    command(restored, "publish", "--all")
    one = [name for name in differing_files(home, restored) if not ARCHIVE_PAGE.match(name)]
    command(home, "publish", "--all")
    return sorted({*one, *differing_files(home, restored)})
