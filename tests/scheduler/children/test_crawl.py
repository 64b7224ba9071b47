"""The child process that crawls."""

from __future__ import annotations

import datetime as dt
import signal
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import msgspec
import psycopg
import pytest

from data.models import SeenDraft
from data.store.open import open_store
from scheduler.children.crawl_lines import CrawlStart, VisitJob
from scheduler.children.page_limit import NoteFile
from tests.command import make_home
from tests.drafts import draft
from tests.examples import thorough
from tests.hanging_python import LOOP, NATIVE, hanging_python
from tests.peer import PATIENCE
from tests.press_room import Answer, listing_html, release_html, served
from tests.services import wait_for


@pytest.mark.thorough
def test_a_crawl_does_not_load_rarely_needed_libraries() -> None:
    """Each crawl is a new process, which visits wait for."""
    rare = {"pypdf", "bs4", "soupsieve", "markdown_it", "structlog"}
    code = f"import sys, scheduler.children.crawl; sys.exit(not {rare!r}.isdisjoint(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603 - our own code


@pytest.mark.thorough
def test_parents_of_crawls_do_not_load_scrapy() -> None:
    parents = "scheduler.fleet.worker, scheduler.fleet.held_hosts"
    code = f"import sys, {parents}; sys.exit('scrapy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603 - our own code


RECORDS_CODE = """
import logging, sys
make, names = logging.getLogRecordFactory(), set()
def noted(name, *rest, **more):
    names.add(name)
    return make(name, *rest, **more)
logging.setLogRecordFactory(noted)
from scheduler.children.crawl import main
main()
sys.stderr.write(" ".join(sorted(names)))
"""
"""A crawl that prints the names of the loggers that created a record."""


@pytest.mark.usefixtures("forked_children")
def test_no_log_record_is_created_for_a_response(tmp_path: Path) -> None:
    with served() as room:
        room.page("/news/", listing_html([1]))
        room.page("/news/1.html", release_html(1))
        home = make_home(tmp_path, f"{room.base}/news/")
        lines = (CrawlStart(str(home)), VisitJob("harbour"))
        with subprocess.Popen(  # noqa: S603 - our own code
            [sys.executable, "-P", "-c", RECORDS_CODE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as child:
            assert child.stdin
            assert child.stdout
            assert child.stderr
            child.stdin.write(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
            child.stdin.flush()
            report = next(line for line in child.stdout if line.startswith(b'{"run"'))
            child.stdin.close()
            loggers = child.stderr.read().split()
    assert b'"new":1' in report
    assert loggers
    assert b"scrapy.core.engine" not in loggers


@pytest.mark.usefixtures("forked_children")
def test_all_visits_of_a_dead_parent_are_cut_and_reported(tmp_path: Path) -> None:
    held = threading.Event()
    with served() as pier, served() as mole:
        for number, room in enumerate((pier, mole)):
            room.page("/news/", listing_html([1]))
            room.answers["/news/1.html"] = Answer(release_html(1).encode(), hold=held)
            home = make_home(tmp_path / f"{number}", f"{room.base}/news/")
            (home / "sources/harbour.toml").rename(tmp_path / "0/sources" / f"board-{number}.toml")
        home = tmp_path / "0"
        with subprocess.Popen(
            [sys.executable, "-P", "-m", "scheduler.children.crawl"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as child:
            assert child.stdin
            assert child.stdout
            assert child.stderr
            lines = (CrawlStart(str(home)), VisitJob("board-0"), VisitJob("board-1"))
            for line in lines:
                child.stdin.write(msgspec.json.encode(line) + b"\n")
            child.stdin.flush()
            for room in (pier, mole):
                room.wait_for("/news/1.html")
            child.stdout.close()
            child.stdin.close()
            assert (child.wait(PATIENCE), child.stderr.read()) == (0, b"")
        held.set()
    with closing(open_store(f"sqlite:{home / 'communique.db'}")) as store:
        for source in ("board-0", "board-1"):
            (run,) = store.runs(source, limit=9)
            assert [error.kind for error in run.errors] == ["interrupted"]


@pytest.mark.usefixtures("forked_children")
def test_a_long_queue_of_the_search_index_delays_no_report(
    tmp_path: Path, noon: dt.datetime
) -> None:
    with served() as room:
        room.page("/news/", listing_html([1]))
        room.page("/news/1.html", release_html(1))
        home = make_home(tmp_path, f"{room.base}/news/")
        with closing(open_store(f"sqlite:{home / 'communique.db'}")) as store:
            queued = [draft(f"http://b.example/{n}", body_text=f"Tide {n}.") for n in range(900)]
            store.record_all([SeenDraft(one, noon, noon) for one in queued])
            with subprocess.Popen(
                [sys.executable, "-P", "-m", "scheduler.children.crawl"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            ) as child:
                assert child.stdin
                assert child.stdout
                for line in (CrawlStart(str(home)), VisitJob("harbour")):
                    child.stdin.write(msgspec.json.encode(line) + b"\n")
                child.stdin.flush()
                assert next(line for line in child.stdout if line.startswith(b'{"run"'))
                child.send_signal(signal.SIGSTOP)
                assert store.awaits_indexing()
                child.send_signal(signal.SIGCONT)
                child.stdin.close()
                assert child.wait(PATIENCE) == 0
            assert not store.awaits_indexing()


@pytest.mark.parametrize(
    ("kind", "limit", "stops", "codes"),
    [
        (LOOP, 1000.0, "death of its parent", {-signal.SIGALRM}),
        *thorough(
            (LOOP, 1000.0, "SIGTERM", {-signal.SIGALRM}),
            (LOOP, 1000.0, "SIGINT", {-signal.SIGALRM}),
            # No signal handler of Python runs amid C code: the limit of the page ends it then.
            (NATIVE, 0.5, "SIGTERM", {-signal.SIGALRM, -signal.SIGVTALRM}),
        ),
    ],
)
def test_a_stopped_crawl_that_is_stuck_in_a_page_is_killed_in_time(
    tmp_path: Path, kind: str, limit: float, stops: str, codes: set[int]
) -> None:
    with served() as room, closing(NoteFile()) as note:
        room.page(f"/news/{kind}-1.html", release_html(1))
        room.page("/news/", listing_html([1]).replace("/1.html", f"/{kind}-1.html"))
        home = make_home(tmp_path / "home", f"{room.base}/news/")
        with subprocess.Popen(  # noqa: S603 - our own program
            [hanging_python(tmp_path, seconds=limit), "-P", "-m", "scheduler.children.crawl"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        ) as child:
            assert child.stdin
            for line in (CrawlStart(str(home), note=note.path), VisitJob("harbour")):
                child.stdin.write(msgspec.json.encode(line) + b"\n")
            child.stdin.flush()
            wait_for(lambda: (page := note.read()) and kind in page.url)
            if stops in signal.Signals.__members__:
                child.send_signal(signal.Signals[stops])
            else:
                child.stdin.close()
            assert child.wait(PATIENCE) in codes


def crawl(home: Path, *sources: str) -> None:
    """Make visits in one child."""
    lines = (CrawlStart(str(home)), *(VisitJob(source, explicit=True) for source in sources))
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "scheduler.children.crawl"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdin
        assert child.stdout
        child.stdin.write(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
        child.stdin.flush()
        reported = 0
        while reported < len(sources):
            reported += b'"errors":[]' in child.stdout.readline()
        child.stdin.close()
        assert child.wait(PATIENCE) == 0


@pytest.mark.thorough
@pytest.mark.usefixtures("forked_children")
def test_a_visit_without_changes_makes_three_transactions(
    tmp_path: Path, postgres_url: str
) -> None:
    with served() as pier, served() as mole, psycopg.connect(postgres_url) as db:
        for number, room in enumerate((pier, mole)):
            room.page("/news/", listing_html([*range(20, 0, -1)]))
            for release in range(1, 21):
                room.page(f"/news/{release}.html", release_html(release))
            home = make_home(tmp_path / f"{number}", f"{room.base}/news/")
            (home / "sources/harbour.toml").rename(tmp_path / "0/sources" / f"board-{number}.toml")
        home = tmp_path / "0"
        settings = (home / "communique.toml").read_text()
        (home / "communique.toml").write_text(f"{settings}\n[store]\nurl = '{postgres_url}'\n")

        def transactions(*sources: str) -> int:
            before = db.execute("SELECT nextval('writes')").fetchone()
            crawl(home, *sources)
            after = db.execute("SELECT nextval('writes')").fetchone()
            assert before
            assert after
            return int(after[0] - before[0] - 1)

        crawl(home, "board-0", "board-1")
        crawl(home, "board-0", "board-1")
        # What is written for a child as a whole is not part of its visits.
        assert transactions("board-0", "board-1") - transactions("board-0") <= 3
