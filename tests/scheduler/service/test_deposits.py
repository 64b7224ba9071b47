"""Deposits from end to end: new versions, and an archive over real sockets."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest

from data.clock import utc_now
from data.models import DepositReceipt
from feeds.deposits.deposit_worker import DepositPace
from feeds.sending_loop import Backoff
from scheduler.home.home import Home, open_home
from scheduler.service.background import in_background
from scheduler.service.outbox import DepositService
from tests.command import communique
from tests.drafts import draft, published
from tests.save_archive import SaveArchive, archive_served
from tests.services import wait_for

pytestmark = pytest.mark.usefixtures("off_loop")

PATIENCE = 50
HOST = "http://93.184.216.34"
"""A public address, so that no name is looked up. No page is requested from it."""


@pytest.fixture
def archive() -> Iterator[SaveArchive]:
    with archive_served() as served:
        yield served


def make_home(folder: Path, archive: SaveArchive, more: str = "", top: str = "") -> Home:
    folder.mkdir()
    (folder / "communique.toml").write_text(
        f"{top}[network]\nallow_private = true\n"
        f'[archive.deposits.wayback]\ncredentials = "key:TOPSECRET"\n{archive.settings}{more}'
    )
    return open_home(folder)


@contextmanager
def at_work(home: Home, *, settle: float = 60) -> Iterator[None]:
    """Deposit versions meanwhile, with short waits."""
    ready = threading.Event()
    ends: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def work() -> None:
        pace = DepositPace(Backoff(0.05), poll=0.02, settle=settle)
        end = asyncio.Event()
        ends.append((asyncio.get_running_loop(), end))
        async with in_background(DepositService(home, pace).run(), end.set):
            ready.set()
            await end.wait()

    thread = threading.Thread(target=lambda: asyncio.run(work()))
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield
    finally:
        ((loop, end),) = ends
        loop.call_soon_threadsafe(end.set)
        thread.join(30)


def started(home: Home) -> None:
    """Have deposits begin with the events from now on."""
    with closing(home.store()) as store:
        store.begin_deposits()


def record(home: Home, number: int, url: str = "", **changes: Any) -> str:
    now = utc_now()
    body = f"Ship {number} is at pier {number}, says harbour master Odile Brandt."
    day = published(now.date().isoformat())
    changes = {"title": f"Ship {number}", "body_text": body, "published": day, **changes}
    one = draft(url or f"{HOST}/news/{number}", **changes)
    with closing(home.store()) as store:
        return store.record(one, seen=now, since=now).release.id


def states(home: Home) -> dict[str, int]:
    with closing(home.plain_store()) as store:
        return {one.state: one.number for one in store.deposit_counts()}


def cursor(home: Home) -> object:
    with closing(home.plain_store()) as store:
        return store.cursor_of(DepositService.consumer)


def problems(home: Home) -> str:
    with closing(home.plain_store()) as store:
        return " ".join(one.problem for one in store.deposit_counts())


def receipts(home: Home, release: str) -> list[DepositReceipt]:
    with closing(home.plain_store()) as store:
        return [*store.receipts(release)]


def test_each_new_version_is_saved_once_and_its_receipt_is_shown(
    tmp_path: Path, archive: SaveArchive
) -> None:
    home = make_home(tmp_path / "home", archive)
    before = record(home, 1)
    with at_work(home):
        wait_for(lambda: cursor(home))
        first, second = record(home, 2), record(home, 3)
        wait_for(lambda: states(home) == {"done": 2})
        record(home, 2, body_text="The pier is closed until Monday, says the harbour master.")
        wait_for(lambda: states(home) == {"done": 3})
        # Receipts are signed while the service runs.
        with closing(home.log()) as log:
            wait_for(lambda: (signed := log.checkpoint()) and signed.size == log.end())
    assert archive.authorized == {"LOW key:TOPSECRET"}
    assert [url for url, _ in archive.captures] == [f"{HOST}/news/{n}" for n in (2, 3, 2)]
    assert receipts(home, before) == []
    assert [one.revision for one in receipts(home, first)] == [1, 2]
    (one,) = receipts(home, second)
    stamp = archive.captures[1][1]
    assert one.url == f"{archive.url}/web/{stamp}/{HOST}/news/3"
    assert f"{one.at:%Y%m%d%H%M%S}" == stamp
    assert communique("publish", home=home.path).returncode == 0
    page = (home.site / "releases" / second / "index.html").read_text()
    assert f'href="{one.url}"' in page
    data = json.loads((home.site / "releases" / f"{second}.json").read_text())
    fields = {"archive": "wayback", "revision": 1, "at": one.at.isoformat(), "url": one.url}
    assert data["deposits"] == [fields]
    shown = communique("show", second, "--provenance", "--json", home=home.path)
    assert json.loads(shown.stdout)["deposits"] == [fields]


def test_a_lost_answer_leads_to_the_capture_and_not_to_a_second_one(
    tmp_path: Path, archive: SaveArchive
) -> None:
    home = make_home(tmp_path / "home", archive)
    started(home)
    archive.faults += ["lost", "lost"]
    released = [record(home, number) for number in (1, 2, 3)]
    with at_work(home):
        wait_for(lambda: states(home) == {"done": 3})
    assert sorted(url for url, _ in archive.captures) == [f"{HOST}/news/{n}" for n in (1, 2, 3)]
    assert [one.url for one in receipts(home, released[0])] == [
        f"{archive.url}/web/{archive.captures[0][1]}/{HOST}/news/1"
    ]


def test_a_request_that_never_arrived_is_repeated_after_the_archive_had_time(
    tmp_path: Path, archive: SaveArchive
) -> None:
    home = make_home(tmp_path / "home", archive)
    started(home)
    archive.faults.append("cut")
    record(home, 1)
    with at_work(home, settle=0.1):
        wait_for(lambda: states(home) == {"done": 1})
    assert len(archive.captures) == 1
    assert archive.asked.index("cdx") < len(archive.asked) - 1 - archive.asked[::-1].index(
        f"save {HOST}/news/1"
    )


def test_a_busy_archive_is_asked_again_after_its_time(tmp_path: Path, archive: SaveArchive) -> None:
    home = make_home(tmp_path / "home", archive)
    started(home)
    archive.faults += [429, {"status": "error", "status_ext": "error:user-session-limit"}]
    archive.retry_after = "3600"
    record(home, 1)
    with at_work(home):
        wait_for(lambda: "429" in problems(home))
    with closing(home.store()) as store:
        assert store.next_deposit("wayback", time.time() + 3000) is None
        assert store.next_deposit("wayback", time.time() + 3700)
        store.put_off_deposits("wayback", 0, "")
    assert archive.captures == []


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (f"{HOST}/news/1?token=TOPSECRET1", "secret"),
        ("http://user:word@93.184.216.34/news", "secret"),
        ("http://10.0.0.7/news/1", "not public"),
        ("http://intranet.local/news/1", "not public"),
    ],
)
def test_secret_and_private_addresses_are_never_sent(
    tmp_path: Path, archive: SaveArchive, url: str, reason: str
) -> None:
    home = make_home(tmp_path / "home", archive)
    started(home)
    record(home, 1, url)
    with at_work(home):
        wait_for(lambda: states(home) == {"refused": 1})
    assert reason in problems(home)
    assert archive.asked == []


def test_what_was_hidden_or_redacted_before_it_was_sent_is_not_sent(
    tmp_path: Path, archive: SaveArchive
) -> None:
    home = make_home(tmp_path / "home", archive)
    started(home)
    archive.faults.append(429)
    archive.retry_after = "1"
    ids = [record(home, number) for number in (1, 2)]
    with at_work(home):
        wait_for(lambda: "429" in problems(home))
    with closing(home.store()) as store:
        store.hide(ids[0], at=utc_now(), why="a mistake")
        store.redact(ids[1], at=utc_now(), why="an order")
    archive.asked.clear()
    with at_work(home):
        wait_for(lambda: states(home) == {"refused": 2})
    assert archive.asked == []


def test_a_site_with_tokens_deposits_nothing(tmp_path: Path, archive: SaveArchive) -> None:
    home = make_home(tmp_path / "home", archive, top='[site]\naccess = "token"\n')
    started(home)
    record(home, 1)
    with at_work(home):
        wait_for(lambda: states(home) == {"refused": 1})
    assert archive.asked == []


def test_answers_that_no_archive_should_give_are_no_receipts(
    tmp_path: Path, archive: SaveArchive
) -> None:
    home = make_home(tmp_path / "home", archive)
    started(home)
    archive.faults += [
        {"status": "success", "timestamp": "99991231235959"},
        {"status": "success", "timestamp": "00010101000000"},
    ]
    first, second = record(home, 1), record(home, 2)
    with at_work(home, settle=0.1):
        wait_for(lambda: states(home) == {"done": 2})
    (year,) = {one.at.year for release in (first, second) for one in receipts(home, release)}
    assert year == utc_now().year


def test_an_archive_that_repeats_our_credentials_does_not_reveal_them(
    tmp_path: Path, archive: SaveArchive
) -> None:
    home = make_home(tmp_path / "home", archive)
    started(home)
    archive.ending = {"status_ext": "error:blocked-url", "message": "Bad: LOW key:TOPSECRET"}
    record(home, 1)
    with at_work(home):
        wait_for(lambda: states(home) == {"dead": 1})
    assert problems(home) == "error:blocked-url Bad: LOW ***"


def test_a_daily_budget_is_kept(tmp_path: Path, archive: SaveArchive) -> None:
    home = make_home(tmp_path / "home", archive, "daily = 2\n")
    started(home)
    for number in range(4):
        record(home, number)
    with at_work(home):
        wait_for(lambda: "budget" in problems(home))
    assert len(archive.captures) == 2
    with closing(home.store()) as store:
        due = store.next_deposit("wayback", time.time() + 86_401)
    assert due
    assert due.due > time.time() + 86_000


def test_an_outage_of_our_network_abandons_no_version(
    tmp_path: Path, archive: SaveArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = make_home(tmp_path / "home", archive)
    started(home)
    record(home, 1, "http://press.acme.com/news/1")
    lookups: list[str] = []

    def failed(host: str, *_: object, **__: object) -> NoReturn:
        lookups.append(host)
        raise socket.gaierror

    with monkeypatch.context() as outage, at_work(home):
        outage.setattr(socket, "getaddrinfo", failed)
        wait_for(lambda: lookups.count("press.acme.com") > 2)
        assert states(home) == {"waiting": 1}
    with closing(home.store()) as store:
        due = store.next_deposit("wayback", time.time() + 9999)
    assert due
    assert due.attempts == 0


def test_requests_for_rejected_pages_count_for_the_daily_budget(
    tmp_path: Path, archive: SaveArchive
) -> None:
    home = make_home(tmp_path / "home", archive, "daily = 1\n")
    started(home)
    archive.faults.append({"status": "error", "status_ext": "error:proxy", "message": "Later."})
    record(home, 1)
    with at_work(home):
        wait_for(lambda: "budget" in problems(home))
    assert archive.asked == [f"save {HOST}/news/1"]


def test_unanswered_requests_count_for_the_daily_budget(
    tmp_path: Path, archive: SaveArchive
) -> None:
    home = make_home(tmp_path / "home", archive, "daily = 2\n")
    started(home)
    archive.faults += ["cut", "cut"]
    record(home, 1)
    with at_work(home, settle=0.1):
        wait_for(lambda: "budget" in problems(home))
    assert archive.asked.count(f"save {HOST}/news/1") == 2


def test_older_releases_are_deposited_only_on_request(tmp_path: Path, archive: SaveArchive) -> None:
    home = make_home(tmp_path / "home", archive, "backlog = true\n")
    record(home, 1, position=1)
    record(home, 2)
    with at_work(home):
        wait_for(lambda: states(home) == {"done": 2})
    assert len(archive.captures) == 2


def test_a_page_that_the_archive_refuses_is_abandoned_and_reported(
    tmp_path: Path, archive: SaveArchive
) -> None:
    home = make_home(tmp_path / "home", archive)
    started(home)
    archive.ending = {"status_ext": "error:blocked-url", "message": "This URL is blocked."}
    record(home, 1)
    with at_work(home):
        wait_for(lambda: states(home) == {"dead": 1})
    result = communique("doctor", "--json", home=home.path)
    (told,) = [one for one in json.loads(result.stdout)["checks"] if one["check"] == "deposits"]
    assert told["level"] == "warning"
    assert "blocked-url" in told["text"]
    assert "TOPSECRET" not in result.stdout


def test_receipts_survive_the_loss_of_the_store(tmp_path: Path, archive: SaveArchive) -> None:
    home = make_home(tmp_path / "home", archive)
    started(home)
    release = record(home, 1)
    receipt = DepositReceipt("wayback", 1, dt.datetime(2026, 3, 2, tzinfo=dt.UTC), "https://w/1")
    with closing(home.store()) as store:
        store.keep_receipt(release, receipt)
    rebuilt = communique("mirror", "rebuild", "--to", str(tmp_path / "copy"), home=home.path)
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert receipts(open_home(tmp_path / "copy"), release) == [receipt]
