"""Alerts from end to end: releases, watches and receivers over real sockets, with restarts."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import socket
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook as Judge

from data.clock import utc_now
from data.models import AlertDelivery, HealthEvent, QueuedEvent
from data.watches.schedule import send_time
from data.watches.watch_file import load_watch
from feeds.alerts.channels import AlertWatch
from feeds.alerts.channels.webhook import Webhook
from feeds.alerts.delivery.alert_worker import MAX_ATTEMPTS
from feeds.alerts.delivery.sending import Senders
from feeds.alerts.messages import EDIT_FIELDS, event_fields
from feeds.sending_loop import Backoff
from scheduler.home.home import Home, open_home
from scheduler.service.background import in_background
from scheduler.service.outbox import AlertService
from tests.command import communique
from tests.drafts import draft, published
from tests.mail_server import MailServer, mail_served
from tests.peer import PATIENCE, Heard, Peer, peer_served
from tests.services import wait_for

pytestmark = pytest.mark.usefixtures("off_loop")

BODY = b'{"type": "gone", "timestamp": "2026-03-02T12:00:00Z"}'


def make_home(folder: Path, *, allow_private: bool = True, more: str = "") -> Home:
    folder.mkdir()
    settings = f"[network]\nallow_private = {str(allow_private).lower()}\n{more}"
    (folder / "communique.toml").write_text(settings)
    return open_home(folder)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


@pytest.fixture
def peer() -> Iterator[Peer]:
    with peer_served() as served:
        yield served


def add(home: Home, name: str, url: str, *more: str) -> str:
    """Add a watch with a webhook; its id."""
    result = communique("watch", "add", name, "--webhook", url, *more, "--json", home=home.path)
    assert result.returncode == 0, result.stderr
    return str(json.loads(result.stdout)["id"])


def release(home: Home, number: int, **changes: Any) -> str:
    """Have a release recorded; its id."""
    now = utc_now()
    changes = {"published": published(now.date().isoformat()), **changes}
    body = f"Ship {number} is at pier {number}, says harbour master Odile Brandt."
    changes = {"title": f"Ship {number}", "body_text": body, **changes}
    one = draft(f"http://harbour.example/{number}", **changes)
    with closing(home.store()) as store:
        return store.record(one, seen=now, since=now).release.id


def deliveries(home: Home) -> list[AlertDelivery]:
    with closing(home.plain_store()) as store:
        return [*store.alerts(limit=1000)]


def states(home: Home) -> list[str]:
    return sorted(one.state for one in deliveries(home))


@contextmanager
def at_work(home: Home) -> Iterator[AlertService]:
    """Tell of alerts meanwhile, with short waits."""
    ready = threading.Event()
    ends: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
    services: list[AlertService] = []

    async def work() -> None:
        service = AlertService(home, Backoff(0.05))
        services.append(service)
        end = asyncio.Event()
        ends.append((asyncio.get_running_loop(), end))
        async with in_background(service.run(), end.set):
            ready.set()
            await end.wait()

    thread = threading.Thread(target=lambda: asyncio.run(work()))
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield services[0]
    finally:
        ((loop, end),) = ends
        loop.call_soon_threadsafe(end.set)
        thread.join(30)


def events_of(heard: Heard) -> list[dict[str, Any]]:
    return list(json.loads(heard.body)["data"]["events"])


def test_a_receiver_gets_each_event_once_and_can_verify_it(home: Home, peer: Peer) -> None:
    watch = add(home, "Ships", peer.url, "--query", "odile -tides", "--kind", "release")
    [secret] = load_watch(home.watches, watch, AlertWatch).channels
    assert isinstance(secret, Webhook)
    ids = {release(home, number) for number in (1, 2, 3)}
    release(home, 4, title="Tides")
    release(home, 5, position=1)
    hidden = release(home, 6)
    with closing(home.store()) as store:
        store.hide(hidden, at=utc_now(), why="no release")
    with at_work(home):
        peer.wait_for(lambda: states(home) == ["delivered"] * 3)
    with closing(home.store()) as store:
        alerted = [one.alerted is not None for one in store.release_times("harbour", limit=9)]
    # Newest first; older releases are not news.
    assert alerted == [False, False, True, True, True]
    # Many at once come as one message.
    (told,) = peer.posts()
    said = Judge(secret.secret).verify(told.body, told.headers)
    assert said["type"] == "release"
    assert said["data"]["watch"] == {"id": watch, "name": "Ships"}
    events = said["data"]["events"]
    assert {one["release"]["id"] for one in events} == ids
    assert {one["key"] for one in events} == {one.key for one in deliveries(home)}
    assert {one.message for one in deliveries(home)} == {told.headers["webhook-id"]}
    for one in events:
        assert "Odile" in one["passage"]
        assert "body_text" not in one["release"]
    # A new process sends no alert again.
    with at_work(home):
        seventh = release(home, 7)
        peer.wait_for(lambda: states(home) == ["delivered"] * 4)
    (_, alone) = peer.posts()
    assert [one["release"]["id"] for one in events_of(alone)] == [seventh]
    assert alone.headers["webhook-id"] == events_of(alone)[0]["key"]


def test_edits_retractions_and_health_have_their_own_fields(home: Home, peer: Peer) -> None:
    kinds = ("edit", "gone", "retraction", "return", "health")
    add(home, "All", peer.url, *(word for kind in kinds for word in ("--kind", kind)))
    one = release(home, 1)
    at = utc_now()
    with closing(home.store()) as store:
        again = draft(
            "http://harbour.example/1",
            title="Ship 9 and no other",
            body_text="It is at sea.",
            published=published(at.date().isoformat()),
        )
        assert store.record(again, seen=at, since=at).kind == "changed"
        store.mark_gone(one, seen=at)
        store.alert_gone(store.vanished("harbour"))
        store.retract(one, at=at)
        store.mark_unchanged(one, seen=at + dt.timedelta(seconds=1))
        store.retract(one, at=at + dt.timedelta(seconds=2))
        store.add_health_events([HealthEvent("harbour", False, at, "closed", "blocked")])  # noqa: FBT003 - its state
    with at_work(home):
        peer.wait_for(lambda: states(home) == ["delivered"] * 6)
    (told,) = peer.posts()
    assert json.loads(told.body)["type"] == "alert"
    events = events_of(told)
    said = ("edit", "gone", "retraction", "return", "retraction", "health")
    assert tuple(one["type"] for one in events) == said
    assert len({one["key"] for one in events}) == 6
    title, body = events[0]["changes"]
    assert title == {"field": "title", "text": "Ship [-1-]{+9 and no other+}", "coarse": False}
    assert (body["field"], "{+" in body["text"]) == ("body", True)
    assert {"figure", "title"} <= {*events[0]["classes"]}
    assert events[0]["announced"] is False
    assert events[0]["weight"] > 0.5
    assert not any("changes" in one or "weight" in one for one in events[1:])
    assert events[-1]["health"]["reason"] == "closed"
    assert events[-1]["health"]["degraded"] is False
    listed = json.loads(communique("watch", "deliveries", "--json", home=home.path).stdout)
    (edit,) = [one for one in listed["deliveries"] if "weight" in one]
    assert {name: edit[name] for name in EDIT_FIELDS} == {
        name: events[0][name] for name in EDIT_FIELDS
    }


def test_deliveries_have_the_event_and_the_current_title(home: Home, peer: Peer) -> None:
    add(home, "All", peer.url)
    add(home, "Health", peer.url, "--kind", "health")
    shown, hidden = release(home, 1), release(home, 2)
    ill = HealthEvent("harbour", False, utc_now(), "closed", "blocked")  # noqa: FBT003 - its state
    with closing(home.store()) as store:
        store.add_health_events([ill])
    with at_work(home):
        peer.wait_for(lambda: states(home) == ["delivered"] * 3)
    with closing(home.store()) as store:
        store.hide(hidden, at=utc_now(), why="no release")
    listed = communique("watch", "deliveries", "--json", home=home.path)
    told = [
        (one["kind"], one["release"], one["source"], one["title"])
        for one in json.loads(listed.stdout)["deliveries"]
    ]
    assert {*told} == {
        ("release", shown, "harbour", "Ship 1"),
        ("release", hidden, "harbour", "(hidden)"),
        ("health", None, "harbour", "blocked"),
    }
    text = communique("watch", "deliveries", home=home.path).stdout
    assert "release harbour Ship 1" in text
    assert "Ship 2" not in text
    assert not any(b"Odile" in one.body for one in deliveries(home))


def test_a_refused_alert_is_sent_again_with_the_same_id_after_restarts(
    home: Home, peer: Peer
) -> None:
    add(home, "Ships", peer.url)
    release(home, 1)
    peer.statuses = deque([500, 302, 404] + [204] * 9)
    with at_work(home):
        peer.wait_for(lambda: len(peer.posts()) >= 2)
    with at_work(home):
        peer.wait_for(lambda: states(home) == ["delivered"])
    heard = peer.posts()
    assert len(heard) == 4
    assert len({(one.headers["webhook-id"], one.body) for one in heard}) == 1


def test_a_release_hidden_before_sending_is_not_sent(home: Home, peer: Peer) -> None:
    add(home, "Ships", peer.url)
    shown, hidden = release(home, 1), release(home, 2)
    peer.statuses = deque([500] * 9)
    with at_work(home):
        peer.wait_for(lambda: len(peer.posts()) >= 1)
    (both, *_) = peer.posts()
    with closing(home.store()) as store:
        store.hide(hidden, at=utc_now(), why="no release")
    peer.statuses.clear()
    with at_work(home):
        peer.wait_for(lambda: states(home) == ["dead", "delivered"])
    last = peer.posts()[-1]
    assert [one["release"]["id"] for one in events_of(last)] == [shown]
    assert last.headers["webhook-id"] == both.headers["webhook-id"]
    (dead,) = (one for one in deliveries(home) if one.state == "dead")
    assert dead.problem == "the release was hidden before the alert was sent"
    # One that is alone is no message at all.
    alone = release(home, 3)
    peer.statuses = deque([500] * 9)
    with at_work(home):
        peer.wait_for(lambda: peer.posts()[-1] != last)
    with closing(home.store()) as store:
        store.hide(alone, at=utc_now(), why="no release")
    count = len(peer.posts())
    with at_work(home):
        peer.wait_for(lambda: states(home) == ["dead", "dead", "delivered"])
    assert len(peer.posts()) == count


def test_a_hanging_receiver_delays_no_other(home: Home, peer: Peer) -> None:
    add(home, "Slow", peer.url)
    peer.held = threading.Event()
    with peer_served() as quick:
        add(home, "Quick", quick.url)
        for number in (1, 2, 3):
            release(home, number)
        with at_work(home):
            quick.wait_for(lambda: states(home).count("delivered") == 3)
            assert {one.watch for one in deliveries(home) if one.state != "delivered"} == {"slow"}
    peer.held.set()


def test_abandoned_alerts_are_listed_and_can_be_resent(home: Home, peer: Peer) -> None:
    add(home, "Gone", peer.url)
    release(home, 1)
    peer.statuses = deque([410])
    with at_work(home):
        peer.wait_for(lambda: states(home) == ["dead"])
    listed = communique("watch", "deliveries", "--dead", "--json", home=home.path)
    (dead,) = json.loads(listed.stdout)["deliveries"]
    assert (dead["state"], dead["attempts"], dead["problem"]) == (
        "dead",
        1,
        "the receiver responded with status 410",
    )
    assert "dead" in communique("watch", "deliveries", home=home.path).stdout
    assert communique("watch", "replay", home=home.path).returncode == 2
    unknown = communique("watch", "replay", "msg_none", home=home.path)
    assert (unknown.returncode, "no failed alert has this key" in unknown.stderr) == (1, True)
    again = communique("watch", "replay", dead["key"], home=home.path)
    assert again.stdout == "1 message waits for `communique run`\n"
    with at_work(home):
        peer.wait_for(lambda: states(home) == ["delivered"])
    assert [one.headers["webhook-id"] for one in peer.posts()] == [dead["key"]] * 2


def test_alerts_to_a_receiver_that_fails_for_days_are_abandoned(home: Home, peer: Peer) -> None:
    add(home, "Down", peer.url)
    release(home, 1)
    with at_work(home):
        peer.statuses = deque([503] * 3)
        peer.wait_for(lambda: states(home) == ["delivered"])
    release(home, 2)
    with closing(home.plain_store()) as store:
        (event,) = store.queued_events(limit=5)
        now = utc_now().timestamp()
        store.settle_events(event.number, [AlertDelivery("old", "down", "webhook", BODY, now, now)])
        assert store.next_message("down", "webhook", now, most=1)
        for _ in range(MAX_ATTEMPTS - 1):
            store.put_off_message("old", now, "it answered 503")
    peer.statuses = deque([503])
    with at_work(home):
        peer.wait_for(lambda: "dead" in states(home))
    assert states(home) == ["dead", "delivered"]


def test_private_addresses_are_not_reached(tmp_path: Path, peer: Peer) -> None:
    home = make_home(tmp_path / "public", allow_private=False)
    add(home, "Inside", peer.url)
    release(home, 1)
    with at_work(home):
        peer.wait_for(lambda: any(one.problem for one in deliveries(home)))
    assert peer.heard == []
    assert "127.0.0.1" in deliveries(home)[0].problem


def test_a_removed_or_invalid_watch_does_not_affect_others(home: Home, peer: Peer) -> None:
    add(home, "Good", peer.url)
    add(home, "Removed", peer.url)
    release(home, 1)
    (home.watches / "broken.toml").write_text('name = "A"\nquery = "((("\n')
    peer.held = threading.Event()
    with at_work(home):
        peer.wait_for(lambda: len(deliveries(home)) == 2)
    (home.watches / "removed.toml").unlink()
    peer.held.set()
    with at_work(home):
        peer.wait_for(lambda: "waiting" not in states(home))
    found = {one.watch: (one.state, one.problem) for one in deliveries(home)}
    assert found["good"] == ("delivered", "")
    assert found["removed"][0] in {"dead", "delivered"}


def test_a_url_without_a_host_is_refused(home: Home, peer: Peer) -> None:
    refused = communique("watch", "add", "Bad", "--webhook", "http://[zz", home=home.path)
    assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1)
    assert "webhook.url: it has no valid host and port" in refused.stderr
    add(home, "Good", peer.url)
    good = (home.watches / "good.toml").read_text()
    (home.watches / "bad.toml").write_text(good.replace(peer.url, "http://[zz"))
    listed = communique("watch", "list", home=home.path)
    assert (listed.returncode, listed.stdout.startswith("good: ")) == (2, True)
    release(home, 1)
    with at_work(home):
        peer.wait_for(lambda: states(home) == ["delivered"])


@pytest.mark.thorough
def test_a_bug_with_one_watch_or_event_does_not_affect_others(
    home: Home, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken_for(whom: str, function: Callable[..., Any], place: int) -> Callable[..., Any]:
        def broken(*arguments: Any, **named: Any) -> Any:
            if getattr(arguments[place], "name", "") == whom:
                raise ValueError(whom)
            return function(*arguments, **named)

        return broken

    for name in ("Good", "Unnamed", "Unsent", "Untold"):
        add(home, name, peer.url)
    monkeypatch.setattr(Senders, "receiver", broken_for("Unnamed", Senders.receiver, 1))
    monkeypatch.setattr(Senders, "send", broken_for("Unsent", Senders.send, 1))
    monkeypatch.setattr(
        "feeds.alerts.delivery.alert_worker.send_time", broken_for("Untold", send_time, 0)
    )
    release(home, 1)
    with at_work(home):
        peer.wait_for(lambda: states(home) == ["delivered", "delivered", "waiting"])
        release(home, 2)
        peer.wait_for(
            lambda: (
                states(home).count("delivered") == 4
                and {one.problem for one in deliveries(home) if one.watch == "unsent"}
                == {"ValueError"}
            )
        )
    delivered = {one.watch for one in deliveries(home) if one.state == "delivered"}
    assert delivered == {"good", "unnamed"}


def test_an_event_that_cannot_be_matched_delays_no_other(
    home: Home, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fields(event: QueuedEvent, *more: Any) -> dict[str, Any]:
        if event.release == first:
            raise ValueError(first)
        return event_fields(event, *more)

    add(home, "Good", peer.url)
    first, second = release(home, 1), release(home, 2)
    monkeypatch.setattr("feeds.alerts.delivery.alert_worker.event_fields", fields)
    with at_work(home):
        peer.wait_for(lambda: states(home) == ["delivered"])
    (told,) = peer.posts()
    assert [one["release"]["id"] for one in events_of(told)] == [second]


def test_no_secret_of_a_webhook_is_shown_or_archived(home: Home, peer: Peer) -> None:
    watch = add(home, "Ships", f"{peer.url}/T0KEN")
    file = home.watches / f"{watch}.toml"
    assert file.stat().st_mode & 0o077 == 0
    [webhook] = load_watch(home.watches, watch, AlertWatch).channels
    assert isinstance(webhook, Webhook)
    shown = "".join(
        communique("watch", *arguments, home=home.path).stdout
        for arguments in (("list",), ("list", "--json"), ("show", watch), ("show", watch, "--json"))
    )
    assert "127.0.0.1" in shown
    release(home, 1)
    with at_work(home):
        peer.wait_for(lambda: states(home) == ["delivered"])
    kept = b"".join(path.read_bytes() for path in home.path.glob("communique.db*"))
    for secret in ("T0KEN", webhook.secret):
        assert secret not in shown
        assert secret.encode() not in kept


def mail_home(folder: Path, server: MailServer, more: str = "") -> Home:
    """A HOME that sends mail by a server."""
    alerts = (
        f'[alerts]\nsmtp_host = "127.0.0.1"\nsmtp_port = {server.port}\nsmtp_tls = "none"\n'
        f'sender = "alerts@press.example"\n{more}'
    )
    # Private addresses are forbidden: the server of the settings is the operator's own.
    return make_home(folder, allow_private=False, more=alerts)


@pytest.fixture
def mails() -> Iterator[MailServer]:
    with mail_served() as served:
        yield served


def test_each_recipient_gets_a_separate_mail(tmp_path: Path, mails: MailServer) -> None:
    login = 'smtp_user = "press"\nsmtp_password = "hush"\n'
    home = mail_home(tmp_path / "home", mails, login)
    arguments = ("--mail", "desk@news.example", "--mail", "nobody@news.example")
    added = communique("watch", "add", "Ships", *arguments, home=home.path)
    assert (added.returncode, added.stderr) == (0, "")
    hostile = "Ship\r\nBcc: all@news.example\x00 <b>at</b> pier"
    release(home, 1, title=hostile)
    with at_work(home):
        wait_for(lambda: states(home) == ["dead", "delivered"])
    (received,) = mails.received
    assert received.sender == "alerts@press.example"
    assert received.recipients == ["desk@news.example"]
    mail = received.mail
    keys = {one.output: one.key for one in deliveries(home)}
    assert mail["Message-ID"] == f"<{keys['mail:desk@news.example']}@press.example>"
    assert mail["To"] == "desk@news.example"
    assert mail["Bcc"] is None
    assert mail["Subject"].startswith("Ships: New: Ship Bcc: all@news.example")
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert "http://harbour.example/1" in plain.get_content()
    assert "Odile Brandt" in plain.get_content()
    assert "<b>at</b>" not in html.get_content()
    assert "press" in mails.users
    refused = next(one for one in deliveries(home) if one.state == "dead")
    assert refused.problem == "the mail server 127.0.0.1 refused nobody@news.example: 550"


def test_an_unavailable_mail_server_is_tried_again(tmp_path: Path, mails: MailServer) -> None:
    home = mail_home(tmp_path / "home", mails)
    communique("watch", "add", "Ships", "--mail", "desk@news.example", home=home.path)
    release(home, 1)
    mails.replies = deque(["451 later", "554 what is this"])
    with at_work(home):
        wait_for(lambda: states(home) == ["delivered"])
    assert len({one.mail["Message-ID"] for one in mails.received}) == 1
    assert len(mails.received) == 3
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        settings = (home.path / "communique.toml").read_text()
        settings = settings.replace(f"smtp_port = {mails.port}", f"smtp_port = {port}")
        (home.path / "communique.toml").write_text(settings)
        release(home, 2)
        with at_work(open_home(home.path)):
            wait_for(lambda: any(one.problem for one in deliveries(home)))
    problems = [one.problem for one in deliveries(home) if one.problem]
    assert "the mail server 127.0.0.1 did not accept the message" in problems[0]


def test_mail_without_a_mail_server_waits_and_is_logged(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    added = communique("watch", "add", "Ships", "--mail", "desk@news.example", home=home.path)
    assert "no mail is sent until smtp_host is set under [alerts]" in added.stderr
    release(home, 1)
    with at_work(home):
        wait_for(lambda: any(one.problem for one in deliveries(home)))
    assert states(home) == ["waiting"]
    assert "set smtp_host under [alerts]" in deliveries(home)[0].problem


def test_the_operator_gets_health_alerts_without_a_watch(tmp_path: Path, mails: MailServer) -> None:
    home = mail_home(tmp_path / "home", mails, 'operator = "ops@press.example"\n')
    release(home, 1)
    with closing(home.store()) as store:
        store.add_health_events([HealthEvent("harbour", False, utc_now(), "closed", "blocked")])  # noqa: FBT003 - its state
    with at_work(home):
        wait_for(lambda: states(home) == ["delivered"])
    (received,) = mails.received
    assert received.recipients == ["ops@press.example"]
    assert received.mail["Subject"] == "Health of sources: harbour: blocks our visits"
    plain = received.mail.get_body(("plain",))
    assert plain is not None
    assert "closed" in plain.get_content()


def test_the_operator_gets_alerts_about_degraded_sources(tmp_path: Path, mails: MailServer) -> None:
    home = mail_home(tmp_path / "home", mails, 'operator = "ops@press.example"\n')
    fault = HealthEvent("harbour", False, utc_now(), "its feed can't be read", "ok", "feed.unread")  # noqa: FBT003 - its state
    with closing(home.store()) as store:
        store.add_health_events([fault])
    with at_work(home):
        wait_for(lambda: states(home) == ["delivered"])
    (received,) = mails.received
    assert received.mail["Subject"] == "Health of sources: harbour: works but has a fault"


def test_the_operator_gets_alerts_about_our_own_network(tmp_path: Path, mails: MailServer) -> None:
    home = mail_home(tmp_path / "home", mails, 'operator = "ops@press.example"\n')
    down = HealthEvent(
        "", well=False, at=utc_now(), reason="nobody answers", state="failing", code="network.down"
    )
    with closing(home.store()) as store:
        store.add_health_events([down])
    with at_work(home):
        wait_for(lambda: states(home) == ["delivered"])
    (received,) = mails.received
    assert received.mail["Subject"] == "Health of sources: Our own network: stopped working"


def test_alerts_of_a_digest_or_quiet_hours_are_one_message(home: Home, peer: Peer) -> None:
    add(home, "Daily", f"{peer.url}/daily", "--digest", "daily 08:00", "--timezone", "Asia/Tokyo")
    for number in (1, 2, 3):
        release(home, number)
    with at_work(home):
        peer.wait_for(lambda: len(deliveries(home)) == 3)
        release(home, 4)
        peer.wait_for(lambda: len(deliveries(home)) == 4)
    assert peer.heard == []
    (due,) = {one.due for one in deliveries(home)}
    tokyo = dt.datetime.fromtimestamp(due, dt.timezone(dt.timedelta(hours=9)))
    assert (tokyo.hour, tokyo.minute) == (8, 0)
    # The day is over.
    with closing(sqlite3.connect(home.path / "communique.db")) as db, db:
        db.execute("UPDATE alert_deliveries SET due = made")
    with at_work(home):
        peer.wait_for(lambda: states(home) == ["delivered"] * 4)
    (told,) = peer.posts()
    assert [one["release"]["title"] for one in events_of(told)] == [
        f"Ship {n}" for n in range(1, 5)
    ]


def test_a_prepared_message_is_unchanged_after_a_crash(home: Home, peer: Peer) -> None:
    add(home, "Ships", peer.url)
    for number in (1, 2):
        release(home, number)
    peer.statuses = deque([500])
    with at_work(home):
        peer.wait_for(lambda: any(one.problem for one in deliveries(home)))
    release(home, 3)
    with at_work(home):
        peer.wait_for(lambda: states(home) == ["delivered"] * 3)
    heard = [(one.headers["webhook-id"], one.body) for one in peer.posts()]
    both = [one for one in heard if b'"Ship 1"' in one[1]]
    assert len(both) >= 2
    assert len({*both}) == 1
    assert len({*heard}) == 2


def test_an_apprise_service_gets_alerts_and_its_url_stays_secret(home: Home, peer: Peer) -> None:
    url = peer.url.replace("http://", "json://user:passw0rd@") + "/T0KEN"
    added = communique("watch", "add", "Ships", "--apprise", url, home=home.path)
    assert (added.returncode, added.stderr) == (0, "")
    for number in (1, 2):
        release(home, number)
    peer.statuses = deque([500])
    with at_work(home):
        peer.wait_for(lambda: states(home) == ["delivered"] * 2)
    first, second = peer.posts()
    assert first.body == second.body
    assert b"Ship 2" in first.body
    shown = "".join(
        communique("watch", *arguments, home=home.path).stdout
        for arguments in (("list",), ("list", "--json"), ("show", "ships"), ("deliveries",))
    )
    kept = b"".join(path.read_bytes() for path in home.path.glob("communique.db*"))
    assert "json://***" in shown
    for secret in ("T0KEN", "passw0rd"):
        assert secret not in shown
        assert secret.encode() not in kept


def test_alerts_for_a_removed_output_are_abandoned(home: Home, peer: Peer) -> None:
    add(home, "Ships", peer.url, "--mail", "desk@news.example")
    release(home, 1)
    peer.statuses = deque([500] * 99)
    with at_work(home):
        peer.wait_for(lambda: sum(bool(one.problem) for one in deliveries(home)) == 2)
    attempts = len(peer.posts())
    (home.watches / "ships.toml").write_text('name = "Ships"\n[mail]\nto = ["b@news.example"]\n')
    with at_work(home):
        peer.wait_for(lambda: states(home) == ["dead", "dead"])
    assert len(peer.posts()) == attempts
    assert sorted(one.problem for one in deliveries(home)) == [
        "the output mail was removed from the watch ships",
        "the output webhook was removed from the watch ships",
    ]


def test_pending_alerts_stay_while_the_file_of_their_watch_is_invalid(
    home: Home, peer: Peer
) -> None:
    name, other = add(home, "Ships", peer.url), add(home, "All ships", peer.url)
    peer.statuses.extend([500] * 1000)
    with at_work(home):
        release(home, 1)
        peer.wait_for(
            lambda: {one.watch for one in deliveries(home) if one.attempts} == {name, other}
        )
    peer.statuses.clear()
    text = (home.watches / f"{name}.toml").read_text()
    (home.watches / f"{name}.toml").write_text(text.replace("name", "nome"))
    with at_work(home):
        peer.wait_for(lambda: "delivered" in states(home))
        # The next message comes after the one that must wait.
        release(home, 2)
        peer.wait_for(lambda: states(home).count("delivered") == 2)
    found = {(one.watch, one.state) for one in deliveries(home)}
    assert found == {(name, "waiting"), (other, "delivered")}
    (home.watches / f"{name}.toml").write_text(text)
    with at_work(home):
        peer.wait_for(lambda: states(home) == ["delivered"] * 3)


def test_a_paused_watch_sends_nothing_and_pending_alerts_stay(home: Home, peer: Peer) -> None:
    name = add(home, "Ships", peer.url)
    other = add(home, "All ships", peer.url)
    peer.statuses.extend([500] * 1000)
    with at_work(home):
        release(home, 1)
        peer.wait_for(
            lambda: {one.watch for one in deliveries(home) if one.attempts} == {name, other}
        )
    assert communique("watch", "pause", name, home=home.path).stdout == f"{name} is paused\n"
    peer.statuses.clear()
    with at_work(home):
        release(home, 2)
        peer.wait_for(lambda: states(home).count("delivered") == 2)
    waiting = [one for one in deliveries(home) if one.state == "waiting"]
    assert [one.watch for one in waiting] == [name], "of the second release it knows nothing"
    assert communique("watch", "resume", name, home=home.path).stdout == f"{name} is active\n"
    with at_work(home):
        peer.wait_for(lambda: states(home) == ["delivered"] * 3)
