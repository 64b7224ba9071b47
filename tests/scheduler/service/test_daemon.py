"""`communique run`: the service, as a child process that is stopped by a signal."""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import hmac
import json
import os
import re
import shutil
import signal
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs

import feedparser
import httpx
import pytest

from data.clock import utc_now
from data.errors import ArchiveError
from data.models import Run, VisitFacts
from scheduler.home.home import open_home
from scheduler.service.daemon import Service
from scheduler.service.publishing import Publishing
from scheduler.service.timetable import RECURRING_JOBS
from spiders.sources.source_file import LoadedSource
from tests.command import COMMUNIQUE, communique, make_home
from tests.examples import thorough
from tests.mounted import fill, mounted
from tests.peer import PATIENCE, Peer, peer_served
from tests.ports import free_port
from tests.press_room import Answer, Room, listing_html, release_html, served
from tests.services import started, until


@pytest.fixture
def room() -> Iterator[Room]:
    """A press room with two releases."""
    with served() as room:
        room.page("/news/", listing_html([1, 2]))
        for number in (1, 2):
            room.page(f"/news/{number}.html", release_html(number))
        yield room


@pytest.fixture
def home(tmp_path: Path, room: Room) -> Path:
    """A HOME whose web server takes a free port."""
    home = make_home(tmp_path / "home", f"{room.base}/news/", interval="60")
    with (home / "communique.toml").open("a") as settings:
        settings.write("\n[site]\nport = 0\n")
    return home


def test_a_service_on_a_given_port_refuses_a_second_one_until_it_is_killed(
    home: Path,
) -> None:
    port = free_port()
    with started("run", home, options=["--port", str(port)]) as (service, log):
        site = re.search(r"site=(\S+)", until(log, "running"))
        assert site is not None
        assert site[1] == f"http://127.0.0.1:{port}/"
        second = communique("run", home=home)
        assert second.returncode == 1
        assert "is in use by communique run" in second.stderr
        until(log, "visited")
        until(log, "published")
        feed = httpx.get(f"{site[1]}feeds/all.json", timeout=PATIENCE).json()
        assert feed["feed_url"] == f"http://127.0.0.1:{port}/feeds/all.json"
        service.kill()
        service.wait(PATIENCE)
    with started("run", home) as (service, log):
        until(log, "running")
        service.send_signal(signal.SIGINT)
        assert service.wait(PATIENCE) == 0
    assert "<entry" in (home / "site/feeds/all.atom").read_text("utf-8")


@pytest.mark.parametrize("program", [(), *thorough((COMMUNIQUE,))], ids=["forked", "installed"])
def test_the_service_visits_publishes_serves_stops_cleanly_and_notifies_systemd(
    home: Path, tmp_path: Path, program: tuple[str, ...]
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(PATIENCE)
        told = {"NOTIFY_SOCKET": f"{tmp_path}/notify", "WATCHDOG_USEC": "60000000"}
        with started("run", home, *program, environ=told) as (service, log):
            assert {systemd.recv(100), systemd.recv(100)} == {b"READY=1", b"WATCHDOG=1"}
            site = re.search(r"site=(\S+)", until(log, "running"))
            assert site is not None
            assert httpx.get(f"{site[1]}healthz", timeout=PATIENCE).status_code == 200
            assert "new=2" in until(log, "visited")
            until(log, "published")
            answer = httpx.get(f"{site[1]}feeds/source/harbour.atom", timeout=PATIENCE)
            assert answer.status_code == 200
            assert len(feedparser.parse(answer.content).entries) == 2
            again = httpx.get(
                f"{site[1]}feeds/source/harbour.atom",
                headers={"If-None-Match": answer.headers["ETag"]},
                timeout=PATIENCE,
            )
            assert again.status_code == 304
            service.send_signal(signal.SIGTERM)
            until(log, "stopping")
            while (word := systemd.recv(100)) != b"STOPPING=1":
                assert word == b"WATCHDOG=1"
            assert service.wait(PATIENCE) == 0
    assert not list((home / "site").rglob("*.part"))


@pytest.mark.usefixtures("forked_children")
def test_health_is_recorded_after_the_visit_that_shows_it(
    home: Path, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = {name: seconds for name, seconds in RECURRING_JOBS.items() if name != "health"}
    monkeypatch.setattr("scheduler.service.timetable.RECURRING_JOBS", jobs)
    with (home / "communique.toml").open("a") as settings:
        settings.write("\n[health]\nconfirm_visits = 0\n")
    room.page("/news/", "<p>Not here.</p>", status=404)
    opened = open_home(home)

    note_health = Publishing.note_health

    async def noted(publishing: Publishing) -> int:
        """End the service once something is noted."""
        if changes := await note_health(publishing):
            os.kill(os.getpid(), signal.SIGTERM)
        return changes

    monkeypatch.setattr(Publishing, "note_health", noted)

    asyncio.run(Service(opened).run())
    with closing(opened.plain_store()) as store:
        assert [(one.source, one.well) for one in store.health_events(limit=9)] == [
            ("harbour", False)
        ]


def test_a_change_of_a_page_that_another_process_found_is_confirmed_soon(home: Path) -> None:
    source = home / "sources" / "harbour.toml"
    source.write_text(source.read_text().replace("= 60", '= 36000\nkind = "page"'))
    opened, now = open_home(home), utc_now()
    soon = dt.timedelta(seconds=opened.settings.health.confirm_after)

    async def due_after(service: Service, *, age: dt.timedelta, waits: bool) -> dt.datetime:
        """The next visit after another process visited the page."""
        with closing(opened.plain_store()) as store:
            store.add_run(Run("harbour", now - age, 1.0, found=1, facts=VisitFacts(waits=waits)))
        await service._reload()  # noqa: SLF001 - otherwise done twice a minute
        return service._timetable.due()["harbour"]  # noqa: SLF001 - nobody else plans visits

    async def work() -> None:
        with closing(opened.store()):
            service, restarted = Service(opened), Service(opened)
        for one in (service, restarted):
            one._timetable.scheduler.start(paused=True)  # noqa: SLF001 - nobody else has it
        late = await due_after(service, age=3 * soon, waits=False)
        assert late > now + 9 * soon
        assert await due_after(service, age=2 * soon, waits=True) < now + soon / 2
        assert await due_after(restarted, age=1.5 * soon, waits=True) < now + soon / 2
        for one in (service, restarted):
            one._timetable.scheduler.shutdown()  # noqa: SLF001 - nobody else has it

    asyncio.run(work())


class WaitingVisitor:
    """Makes visits that end when the event ``over`` is set."""

    def __init__(self) -> None:
        self.begun = list[str]()
        self.over = asyncio.Event()

    async def visit(self, source: LoadedSource, *, explicit: bool = False) -> Run:
        """Wait, and report an empty visit."""
        del explicit
        self.begun.append(source.id)
        await self.over.wait()
        return Run(source.id, utc_now(), 1.0)


class FailingVisitor:
    """Raises an error for each visit, like a visitor whose archive has lost its key."""

    async def visit(self, source: LoadedSource, *, explicit: bool = False) -> Run:
        """Raise ArchiveError."""
        del source, explicit
        raise ArchiveError("log.key", "the key of the log is missing")


def test_a_visit_that_cannot_be_made_is_repeated_and_the_service_continues(home: Path) -> None:
    async def work() -> None:
        opened = open_home(home)
        opened.store().close()
        service = Service(opened)
        service._visitor = FailingVisitor()  # noqa: SLF001 - otherwise set with the whole service
        service._timetable.scheduler.start(paused=True)  # noqa: SLF001 - nobody else has it
        await service._reload()  # noqa: SLF001 - otherwise done twice a minute
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as service._visits:  # noqa: SLF001 - as above
            assert await service.visit_now("harbour")
        assert "harbour" in service.due()
        assert not service.visiting
        service._timetable.scheduler.shutdown()  # noqa: SLF001 - as above

    asyncio.run(work())


def test_only_one_visit_begins_if_two_requests_and_the_timetable_begin_visits(home: Path) -> None:
    async def work() -> None:
        opened, visitor = open_home(home), WaitingVisitor()
        opened.store().close()
        service = Service(opened)
        service._visitor = visitor  # noqa: SLF001 - otherwise set with the whole service
        service._timetable.scheduler.start(paused=True)  # noqa: SLF001 - nobody else has it
        await service._reload()  # noqa: SLF001 - otherwise done twice a minute
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as service._visits:  # noqa: SLF001 - as above
            requests = [service.visit_now("harbour") for _ in range(2)]
            visits = await asyncio.gather(*requests)
            assert len([*filter(None, visits)]) == 1
            # The timetable calls this.
            await service._begin_visit("harbour")  # noqa: SLF001 - as above
            assert await service.visit_now("harbour") is None
            visitor.over.set()
        assert visitor.begun == ["harbour"]
        assert "harbour" in service.due()
        service._timetable.scheduler.shutdown()  # noqa: SLF001 - as above

    asyncio.run(work())


@pytest.mark.thorough
@pytest.mark.usefixtures("forked_children")
def test_the_service_ends_with_a_stuck_publisher_and_loses_nothing(
    home: Path, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scheduler.service.publishing.LAST_PUBLICATION_SECONDS", 0.5)
    publish, stopped, lines = Publishing.publish, list[int](), home / "lines.jsonl"

    async def published(publishing: Publishing) -> None:
        """Stop the publisher after its first publication, then end the service with news."""
        await publish(publishing)
        child = publishing.child.child
        if stopped or child is None:
            return
        stopped.append(child)
        os.kill(child, signal.SIGSTOP)
        lines.write_text(json.dumps({"url": f"{room.base}/news/3.html", "title": "Notice 3"}))
        words = ("import", str(lines), "--source", "harbour", "--json")
        imported = await asyncio.to_thread(communique, *words, home=home)
        assert json.loads(imported.stdout)["new"] == 1
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(Publishing, "publish", published)
    assert communique("collect", home=home).returncode == 0
    asyncio.run(Service(open_home(home)).run())
    (child,) = stopped
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
    assert communique("publish", home=home).returncode == 0
    assert len([*(home / "site/releases").glob("*/index.html")]) == 3


def test_the_service_has_its_log_signed_by_configured_witnesses(home: Path, tmp_path: Path) -> None:
    assert communique("collect", home=home).returncode == 0
    theirs = tmp_path / "theirs"
    assert communique("mirror", "witness", str(home), home=theirs).returncode == 0
    with (home / "communique.toml").open("a") as settings:
        settings.write(f'\n[archive]\nwitnesses = ["{theirs}", "{tmp_path}/nowhere"]\n')
    with started("run", home) as (service, log):
        assert "nowhere" in until(log, "the archive's log could not be attested")
        assert "witnesses=1" in until(log, "attested")
        service.send_signal(signal.SIGTERM)
        assert service.wait(PATIENCE) == 0
    key = json.loads(communique("mirror", "key", "show", "--json", home=theirs).stdout)["witness"]
    assert (home / "site/log/witnesses").read_text() == f"{key}\n"


@pytest.fixture
def switch(home: Path) -> Iterator[Peer]:
    """Who hears that the service of a HOME lives, at an address that nobody else may know."""
    with peer_served() as heard:
        with (home / "communique.toml").open("a") as settings:
            settings.write(f'\n[health]\nping = "{heard.url}/s3cret"\n')
        yield heard


def test_a_working_service_pings_its_monitor_and_does_not_visit_paused_sources(
    home: Path, switch: Peer
) -> None:
    sources = home / "sources"
    (sources / "quay.toml").write_text((sources / "harbour.toml").read_text())
    assert communique("sources", "pause", "quay", home=home).returncode == 0
    with started("run", home) as (service, log):
        assert "source=harbour" in until(log, "visited")
        switch.wait_for(switch.posts)
        service.send_signal(signal.SIGTERM)
        assert service.wait(PATIENCE) == 0
    # Sources that were never visited are begun together.
    visited = json.loads(communique("health", "--json", home=home).stdout)["sources"]
    assert [(one["id"], one["last_run"] is None) for one in visited] == [
        ("harbour", False),
        ("quay", True),
    ]
    assert {(one.path, one.body) for one in switch.posts()} == {("/call/s3cret", b"")}
    kept = b"".join(map(gzip.decompress, map(Path.read_bytes, home.glob("archive/*.gz*"))))
    assert b"ping" in kept
    assert b"s3cret" not in kept


@pytest.mark.thorough
def test_a_service_that_cannot_write_serves_existing_files(home: Path, switch: Peer) -> None:
    assert communique("publish", home=home).returncode == 0
    # As on a full disk: no file may grow.
    no_file_grows = ("sh", "-c", 'ulimit -f 0; exec "$@"', "sh")
    with started("run", home, *no_file_grows, *COMMUNIQUE) as (service, log):
        site = re.search(r"site=(\S+)", until(log, "running"))
        assert site is not None
        assert httpx.get(f"{site[1]}feeds/all.atom", timeout=PATIENCE).status_code == 200
        for line in log:
            if "retrying later" in line:
                break
        assert service.poll() is None
        switch.wait_for(switch.posts)
        (told, *_) = switch.posts()
        assert told.path == "/call/s3cret/fail"
        assert b"communique.db failed" in told.body
        service.send_signal(signal.SIGTERM)
        assert service.wait(PATIENCE) == 0


OFTEN = """
import scheduler.service.timetable as timetable
often, timetable.MAX_SPREAD_SECONDS = {"reload", "publish"}, 0.0
timetable.RECURRING_JOBS |= dict.fromkeys(often, 0.5)
"""
"""Has a service look every half second for what is to be done, and does it."""


def test_a_service_on_a_full_disk_serves_existing_files_and_resumes_when_space_is_free(
    home: Path, room: Room, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    with mounted(disk, "12m"):
        copy = Path(shutil.copytree(home, disk / "home"))
        assert communique("collect", home=copy).returncode == 0
        assert communique("publish", home=copy).returncode == 0
        # A source that was never visited is due at once.
        harbour = (copy / "sources" / "harbour.toml").read_text()
        (copy / "sources" / "quay.toml").write_text(harbour.replace("/news/", "/quay/"))
        room.page("/quay/", listing_html([3]))
        room.page("/news/3.html", release_html(3))
        filler = fill(disk)
        with started("run", copy, first=OFTEN) as (service, log):
            site = re.search(r"site=(\S+)", until(log, "running"))
            assert site is not None
            before = httpx.get(f"{site[1]}feeds/all.atom", timeout=PATIENCE)
            assert len(feedparser.parse(before.content).entries) == 2
            assert "its disk is full; free some space there" in next(
                line for line in log if "retrying later" in line
            )
            filler.unlink()
            until(log, "visited")
            until(log, "published")
            after = httpx.get(f"{site[1]}feeds/all.atom", timeout=PATIENCE)
            assert len(feedparser.parse(after.content).entries) == 3
            service.send_signal(signal.SIGTERM)
            assert service.wait(PATIENCE) == 0


def test_a_hint_of_a_hub_causes_one_early_visit(tmp_path: Path, room: Room) -> None:
    port = free_port()
    home = make_home(tmp_path / "pushed", f"{room.base}/news/", interval="86400")
    with (home / "communique.toml").open("a") as settings:
        settings.write("least_interval = 1\n")
        settings.write(f'\n[site]\nport = {port}\nurl = "http://127.0.0.1:{port}"\n')
    offer = '<link rel="alternate" type="application/rss+xml" href="/feed.xml">'
    with peer_served() as hub, started("run", home) as (service, log):
        feed = f'<rss><channel><link rel="hub" href="{hub.url}"/></channel></rss>'
        room.answers["/feed.xml"] = Answer(feed.encode(), content_type="application/rss+xml")
        room.page("/news/", offer + listing_html([1, 2]))
        until(log, "visited")
        hub.wait_for(hub.posts)
        form = {name: one[0] for name, one in parse_qs(hub.posts()[0].body.decode()).items()}
        assert form["hub.topic"] == f"{room.base}/feed.xml"
        asked = {"hub.mode": "subscribe", "hub.topic": form["hub.topic"], "hub.challenge": "dare"}
        answer = httpx.get(form["hub.callback"], params=asked, timeout=PATIENCE)
        assert (answer.status_code, answer.text) == (200, "dare")
        room.page("/news/", offer + listing_html([1, 2, 3]))
        room.page("/news/3.html", release_html(3))
        mark = hmac.new(form["hub.secret"].encode(), b"news", "sha256").hexdigest()
        for signature in ("sha256=" + "0" * 64, f"sha256={mark}", f"sha256={mark}"):
            sent = {"x-hub-signature": signature}
            told = httpx.post(form["hub.callback"], content=b"news", headers=sent, timeout=PATIENCE)
            assert told.status_code == 204
        assert "new=1" in until(log, "visited")
        shown = json.loads(communique("sources", "show", "harbour", "--json", home=home).stdout)
        assert shown["pushed"]["hub"] == hub.url
        assert shown["pushed"]["heard"] > shown["runs"][-1]["started"]
        assert "pushed by hub" in communique("sources", "show", "harbour", home=home).stdout
        assert len(shown["runs"]) == 2
        service.send_signal(signal.SIGTERM)
        assert service.wait(PATIENCE) == 0
