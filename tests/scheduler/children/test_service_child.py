"""The child that publishes for the service answers once for each time, and may die."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
import uvloop

from data.models import Lease
from data.store.postgres.pool import close_pools
from scheduler.children.child import CHILD_NICENESS
from scheduler.children.executor import Executor
from scheduler.children.service_child import HealthNoted, ServiceChild
from scheduler.home.home import open_home
from scheduler.service import publishing
from spiders.sources.source_file import choose, load_sources
from tests.command import collect, communique, make_home
from tests.peer import PATIENCE
from tests.press_room import listing_html, release_html, served


@asynccontextmanager
async def started(publisher: ServiceChild) -> AsyncIterator[ServiceChild]:
    """A publisher whose child is ended."""
    try:
        yield publisher
    finally:
        await publisher.close()


@pytest.mark.usefixtures("forked_children")
def test_the_child_updates_the_health_of_sources(tmp_path: Path) -> None:
    with served() as room:
        room.page("/news/", "<h1>Not here</h1>", status=404)
        folder = make_home(tmp_path / "home", f"{room.base}/news/")
        settings = folder / "communique.toml"
        settings.write_text(settings.read_text() + "\n[health]\nconfirm_visits = 0\n")
        home = open_home(folder)
        loaded, _ = load_sources(home.sources)

        async def work() -> tuple[HealthNoted, HealthNoted]:
            await Executor(home).visit_all(choose(loaded, ()))
            async with started(ServiceChild(home)) as publisher:
                noted = await publisher.note_health()
                (folder / "communique.db").unlink()
                (folder / "communique.db").mkdir()
                return noted, await publisher.note_health()

        noted, failed = uvloop.run(work())
    assert noted == HealthNoted(changes=1)
    assert failed.changes == 0
    assert "it is not a file" in failed.error


def collected_home(tmp_path: Path) -> Path:
    """Make a home directory with one collected release."""
    with served() as room:
        room.page("/news/", listing_html([1]))
        room.page("/news/1.html", release_html(1))
        folder = make_home(tmp_path / "home", f"{room.base}/news/")
        collect(folder)
    return folder


@pytest.mark.usefixtures("forked_children")
def test_each_change_is_published_once(tmp_path: Path) -> None:
    folder = collected_home(tmp_path)

    async def work() -> None:
        async with started(ServiceChild(open_home(folder))) as publisher:
            first = await publisher.publish()
            assert first.written > 10
            assert first.errors == ()
            assert (await publisher.publish()).written == 0

    uvloop.run(work())
    assert "<entry" in (folder / "site/feeds/all.atom").read_text("utf-8")


def test_a_damaged_cache_between_publications_is_replaced(tmp_path: Path) -> None:
    folder = collected_home(tmp_path)
    assert communique("publish", home=folder).returncode == 0
    before = (folder / "site/feeds/all.atom").read_bytes()
    kept = folder / "rendered.db"
    with kept.open("r+b") as file:
        for page in range(1, kept.stat().st_size // 4096):
            file.seek(page * 4096)
            file.write(b"\xde\xad\xbe\xef" * 1024)
    result = communique("publish", "--all", "--json", home=folder)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["written"] == 0
    assert (folder / "site/feeds/all.atom").read_bytes() == before
    assert communique("publish", home=folder).stderr == ""


@pytest.mark.usefixtures("forked_children")
def test_a_cancelled_publication_does_not_answer_the_next_request(tmp_path: Path) -> None:
    async def work() -> None:
        async with started(ServiceChild(open_home(tmp_path))) as publisher:
            given_up = asyncio.create_task(publisher.publish())
            await asyncio.sleep(0)
            given_up.cancel()
            # The first time all is written; this is the answer to the second.
            assert (await publisher.publish()).written == 0

    uvloop.run(work())


@pytest.mark.usefixtures("forked_children")
def test_a_lease_is_given_to_the_child_during_a_publication(tmp_path: Path) -> None:
    home = open_home(tmp_path)

    async def work() -> None:
        async with started(ServiceChild(home)) as publisher:
            publication = asyncio.create_task(publisher.publish())
            # The publication starts the child.
            for _ in range(5):
                await asyncio.sleep(0)
            async with asyncio.timeout(PATIENCE):
                await publisher.give_back_later(Lease("duty:alerts", 1))
            # It waits for the lock.
            assert not publication.done()
            publisher.cut()
            assert (await publication).errors
            assert publisher.child is None

    with home.lock("publish", "a test"):
        uvloop.run(work())


# Not forked: a forked child might serve the next request before its shadow's death ends it.
@pytest.mark.thorough
def test_a_child_of_lower_priority_that_dies_is_reported_and_replaced(tmp_path: Path) -> None:
    async def work() -> None:
        async with started(ServiceChild(open_home(tmp_path))) as publisher:
            await publisher.publish()
            child = publisher.child
            assert child is not None
            nice = os.getpriority(os.PRIO_PROCESS, child)
            assert nice == min(os.getpriority(os.PRIO_PROCESS, 0) + CHILD_NICENESS, 19)
            # Where sessions are weighed against each other, its own counts as little.
            assert group_niceness(child) in {None, nice}
            os.kill(child, signal.SIGKILL)
            (error,) = (await publisher.publish()).errors
            assert "SIGKILL" in error
            assert (await publisher.publish()).errors == ()

    uvloop.run(work())


@pytest.mark.usefixtures("forked_children")
def test_a_child_that_cannot_start_is_reported_and_tried_again(tmp_path: Path) -> None:
    async def work() -> None:
        async with started(ServiceChild(open_home(tmp_path))) as publisher:
            with files_used_up():
                (error,) = (await publisher.publish()).errors
            assert "did not start" in error
            assert (await publisher.publish()).errors == ()

    uvloop.run(work())


@pytest.mark.usefixtures("forked_children")
def test_a_child_that_dies_during_its_response_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying = tmp_path / "dying"
    dying.write_text('#!/bin/sh\nread line\nprintf \'{"feeds": 12, "wri\'\nkill -9 $$\n')
    dying.chmod(0o755)

    async def work() -> None:
        async with started(ServiceChild(open_home(tmp_path / "home"))) as publisher:
            with monkeypatch.context() as patch:
                patch.setattr(sys, "executable", str(dying))
                (error,) = (await publisher.publish()).errors
            assert "SIGKILL" in error
            assert (await publisher.publish()).errors == ()

    uvloop.run(work())


@pytest.mark.usefixtures("forked_children")
def test_a_child_with_an_invalid_response_is_reported_and_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nread line\necho oops\necho '{}'\nread line\n")
    broken.chmod(0o755)

    async def work() -> None:
        async with started(ServiceChild(open_home(tmp_path / "home"))) as publisher:
            with monkeypatch.context() as patch:
                patch.setattr(sys, "executable", str(broken))
                (error,) = (await publisher.publish()).errors
            assert "invalid line" in error
            assert publisher.child is None
            assert (await publisher.publish()).written > 0

    uvloop.run(work())


@pytest.mark.usefixtures("forked_children")
def test_the_child_reports_a_publication_without_a_lock_and_continues(tmp_path: Path) -> None:
    lock = tmp_path / "locks" / "publish"
    lock.mkdir(parents=True)

    async def work() -> None:
        async with started(ServiceChild(open_home(tmp_path))) as publisher:
            (error,) = (await publisher.publish()).errors
            assert str(lock) in error
            child = publisher.child
            lock.rmdir()
            assert (await publisher.publish()).written > 0
            assert publisher.child == child is not None

    uvloop.run(work())


def test_a_crawl_that_cannot_start_or_dies_is_reported_for_its_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying = tmp_path / "dying"
    dying.write_text('#!/bin/sh\nread line\nprintf \'{"run": {"sou\'\nkill -9 $$\n')
    dying.chmod(0o755)
    home = open_home(make_home(tmp_path / "home", "http://127.0.0.1:9/"))
    sources = choose(load_sources(home.sources)[0], ())

    async def work() -> None:
        with files_used_up():
            (run,) = await Executor(home).visit_all(sources)
        assert run.source == "harbour"
        assert "open files" in run.errors[0].message
        monkeypatch.setattr(sys, "executable", str(dying))
        (run,) = await Executor(home).visit_all(sources)
        assert "SIGKILL" in run.errors[0].message

    uvloop.run(work())
    # Health tells of a source that no child could visit, though its first visit is still to come.
    health = json.loads(communique("health", "--json", home=home.path).stdout)["sources"]
    assert [(one["id"], one["state"]) for one in health] == [("harbour", "failing")]
    assert "SIGKILL" in health[0]["reason"]


def test_an_unusable_store_is_reported_for_the_source(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", "http://127.0.0.1:9/")
    (home / "communique.db").write_bytes(b"no store of ours" * 99)
    run = collect(home)
    assert [error["kind"] for error in run["errors"]] == ["crawl"]
    assert "communique.db failed: file is not a database" in run["errors"][0]["message"]


@pytest.mark.usefixtures("forked_children")
def test_invalid_topics_are_reported_for_the_source(tmp_path: Path) -> None:
    home = open_home(make_home(tmp_path / "home", "http://127.0.0.1:9/"))
    sources = choose(load_sources(home.sources)[0], ())
    home.topics.write_text("[[topic]]\nslug = 'tide'\nlable = 'Tide'\n")
    (run,) = asyncio.run(Executor(home).visit_all(sources))
    (error,) = run.errors
    assert error.message.startswith("HOME/topics.toml: ")
    assert "lable" in error.message


@contextmanager
def files_used_up() -> Iterator[None]:
    """A process that can open no more files, as where too many connections are open."""
    # Threads of pools that other tests opened would end by an error.
    close_pools()
    # What other tests left unclosed is warned of before: to warn Python opens files.
    gc.collect()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def group_niceness(process: int) -> int | None:
    """How much the session of a process stands back, where the system tells and takes that.

    It takes such a change at any time from root, from others one in a tenth of a second.
    """
    group = Path(f"/proc/{process}/autogroup")
    said = group.read_text("ascii") if os.geteuid() == 0 and group.exists() else ""
    return int(said.split()[-1]) if said else None


@pytest.fixture
def hanging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lets children write their process id to a pipe, and never answer or end by themselves."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    program = tmp_path / "hanging"
    program.write_text(f"#!/bin/sh\nread line\necho $$ > {pipe}\nexec sleep 900\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    return pipe


def test_a_stuck_publication_is_killed_with_the_service(hanging: Path, tmp_path: Path) -> None:
    async def work() -> None:
        publisher = ServiceChild(open_home(tmp_path / "home"))
        waiting = asyncio.create_task(publisher.publish())
        child = int(await asyncio.to_thread(hanging.read_text))
        # Another job waits for its turn.
        behind = asyncio.create_task(publisher.note_health())
        await asyncio.sleep(0)
        await publisher.close(0)
        await asyncio.wait({waiting, behind})
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)
        assert publisher.child is None

    uvloop.run(work())


def test_the_last_publication_of_a_service_has_a_time_limit(
    hanging: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "LAST_PUBLICATION_SECONDS", 0.2)

    async def note() -> None:
        """Tell nobody."""

    async def work() -> None:
        service = publishing.Publishing(open_home(tmp_path / "home"), note)
        # The publication of a stopped start continues.
        first = asyncio.create_task(service.publish())
        child = int(await asyncio.to_thread(hanging.read_text))
        first.cancel()
        await service.publish_last()
        await service.child.close()
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)

    uvloop.run(work())
