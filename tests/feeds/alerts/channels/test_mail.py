"""Mail: its headers and text are safe whatever a press room wrote, and delivery is certain."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any, Literal, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.models import AlertDelivery, AlertKind, AlertMessage
from data.network.client import Outbound
from data.revisions.diff import COARSE
from data.settings import Alerts, SiteSettings
from data.watches.watch_file import Watch
from feeds.alerts.channels.channel import Alert, Environment, Undelivered
from feeds.alerts.channels.mail import Mail, mail_of
from feeds.alerts.messages import webhook_body
from tests.examples import examples
from tests.mail_server import certificate, mail_served

ALERTS = Alerts(smtp_host="127.0.0.1", smtp_tls="none", sender="alerts@press.example")
DESK = "desk@news.example"
OUTPUT = f"mail:{DESK}"


def message(title: str, passage: str = "It says.", kind: str = "release") -> AlertMessage:
    """Return a message about one release."""
    release = {
        "id": "5f0c",
        "source": "harbour",
        "url": "http://harbour.example/1",
        "title": title,
        "publisher": None,
        "published": "2026-03-02",
        "first_seen": "2026-03-02T12:00:00+00:00",
        "revision": 1,
    }
    told = {"type": kind, "timestamp": "2026-03-03T12:05:59Z"}
    body = json.dumps({**told, "release": release, "passage": passage}).encode()
    delivery = AlertDelivery("msg_1", "w", OUTPUT, body, 1.0)
    return AlertMessage("msg_1", "w", OUTPUT, (delivery,))


def alert(sent: AlertMessage, alerts: Alerts = ALERTS, name: str = "Ships") -> Alert:
    """Return a message of a watch, and of a site with the same name."""
    environment = Environment(Outbound(), alerts, SiteSettings(title=name))
    return Alert(Watch(name), sent, environment)


def send(alerts: Alerts) -> Coroutine[Any, Any, None]:
    """Send a message about one release to the desk."""
    return Mail((DESK,)).send(alert(message("Tides"), alerts))


@examples(40)
@given(st.text(), st.text(min_size=1))
def test_no_text_adds_a_header_or_breaks_a_mail(title: str, name: str) -> None:
    made = mail_of(alert(message(title, title), name=name))
    read = message_from_bytes(made.as_bytes(), policy=policy.default)
    expected = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version"]
    assert [*read.keys()] == [*expected, "Content-Type"]
    assert read["To"] == DESK
    assert read["Message-ID"] == "<msg_1@press.example>"
    assert [part.get_content_type() for part in read.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]


def test_it_describes_the_event_and_links_to_the_copy() -> None:
    made = mail_of(alert(message("<b>Tides</b>")))
    plain, html = (made.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert html is not None
    assert plain.get_content().splitlines()[:6] == [
        "New: <b>Tides</b>",
        "harbour, 2 March 2026",
        "Found 3 March 2026, 12:05 UTC",
        "http://harbour.example/1",
        "Archived copy: http://127.0.0.1:8080/releases/5f0c/",
        "It says.",
    ]
    assert (
        '<a href="http://harbour.example/1">New: &lt;b&gt;Tides&lt;/b&gt;</a>' in html.get_content()
    )


@pytest.mark.parametrize("kind", [kind for kind in get_args(AlertKind) if kind != "health"])
def test_it_has_the_time_of_each_kind_of_event(kind: str) -> None:
    made = mail_of(alert(message("Tides", kind=kind)))
    for part in ("plain", "html"):
        body = made.get_body((part,))
        assert body is not None
        assert "3 March 2026, 12:05 UTC" in body.get_content()


def test_the_subject_names_the_first_of_several_alerts() -> None:
    (first,), (second,) = message("Tides").deliveries, message("Cranes " * 40).deliveries
    several = AlertMessage("msg_1", "w", OUTPUT, (first, second))
    subject = mail_of(alert(several))["Subject"]
    assert subject.startswith("Ships: 2 alerts: New: Tides; New: Cranes Cranes")
    assert subject.endswith("…")
    assert len(subject) < 200


def test_an_edit_shows_its_changes() -> None:
    changes = [
        {"field": "title", "text": "Tides [-rise-]{+<fall>+}"},
        {"field": "body", "text": "[-a-]\n\nb", "coarse": True},
    ]
    (told,) = message("Tides").deliveries
    body = json.dumps({**json.loads(told.body), "type": "edit", "changes": changes}).encode()
    edit = AlertMessage("msg_1", "w", OUTPUT, (replace(told, body=body),))
    made = mail_of(alert(edit))
    plain, html = (made.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert html is not None
    lines = plain.get_content().splitlines()
    assert lines[2] == "Edit seen 3 March 2026, 12:05 UTC"
    assert lines[5:8] == ["title: Tides [-rise-]{+<fall>+}", "body: [-a-] b", COARSE]
    assert "{+&lt;fall&gt;+}<br>body: " in html.get_content()


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_it_is_encrypted_and_the_certificate_of_the_server_is_verified(
    tls: Literal["starttls", "tls"], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = certificate(tmp_path)
    with mail_served(tls, pem) as server:
        alerts = Alerts(
            smtp_host="127.0.0.1", smtp_port=server.port, smtp_tls=tls, sender=ALERTS.sender
        )

        async def tried() -> None:
            with pytest.raises(Undelivered, match="certificate verify failed"):
                await send(alerts)
            assert server.received == []
            monkeypatch.setenv("SSL_CERT_FILE", str(pem))
            await send(alerts)

        asyncio.run(tried())
        assert [one.recipients for one in server.received] == [[DESK]]


def test_a_server_without_encryption_gets_nothing_unless_the_settings_allow_it() -> None:
    with mail_served() as server:
        alerts = Alerts(smtp_host="127.0.0.1", smtp_port=server.port, sender=ALERTS.sender)
        with pytest.raises(Undelivered, match="STARTTLS"):
            asyncio.run(send(alerts))
        assert server.received == []


async def sent_to(replies: list[str]) -> bytes:
    """Send a mail to a server with these replies, which then closes; returns the mail it got."""
    mails: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for reply in replies:
            writer.write(reply.encode() + b"\r\n")
            if reply == replies[-1]:
                break
            if reply.startswith("354"):
                mails.append(await reader.readuntil(b"\r\n.\r\n"))
            else:
                await reader.readline()
        await reader.readline()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        alerts = Alerts(
            smtp_host="127.0.0.1", smtp_port=port, smtp_tls="none", sender=ALERTS.sender
        )
        await send(alerts)
    return b"".join(mails)


ACCEPTED = ["220 hello", "250 hello", "250 sender", "250 recipient", "354 go on", "250 taken"]


def test_an_accepted_mail_counts_whatever_happens_on_quit() -> None:
    assert b"Subject: Ships: New: Tides" in asyncio.run(sent_to(ACCEPTED))


@pytest.mark.parametrize("count", range(1, len(ACCEPTED)))
def test_a_mail_counts_as_failed_if_the_connection_ends_before_it_is_accepted(count: int) -> None:
    with pytest.raises(
        Undelivered, match=r"the mail server 127\.0\.0\.1 did not accept the message"
    ):
        asyncio.run(sent_to(ACCEPTED[:count]))


def two_edits() -> AlertMessage:
    """Return a message about a light edit and a later, heavier one."""
    deliveries = []
    for title, classes, weight in (("Tides", ["letters"], 0.02), ("Cranes", ["figure"], 0.5)):
        (told,) = message(title).deliveries
        edit = {"type": "edit", "classes": classes, "weight": weight, "announced": False}
        body = json.dumps({**json.loads(told.body), **edit}).encode()
        deliveries.append(replace(told, body=body))
    return AlertMessage("msg_1", "w", OUTPUT, (*deliveries,))


def test_edits_name_their_classes_and_the_heaviest_comes_first() -> None:
    made = mail_of(alert(two_edits()))
    headlines = "Changed (figure): Cranes; Changed (letters): Tides"
    assert made["Subject"] == f"Ships: 2 alerts: {headlines}"
    plain = made.get_body(("plain",))
    assert plain is not None
    assert "Weight 0.50, silent." in plain.get_content()


@pytest.mark.parametrize(
    ("digest", "titles"), [("daily 08:00", ["Cranes", "Tides"]), ("", ["Tides", "Cranes"])]
)
def test_a_webhook_gets_the_heaviest_edit_first_only_in_a_digest(
    digest: str, titles: list[str]
) -> None:
    body = json.loads(webhook_body(Watch("Ships", digest=digest), two_edits()))
    assert [event["release"]["title"] for event in body["data"]["events"]] == titles
