"""The guard of the process that sends by Apprise, and the errors that it reports."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from feeds.alerts.apprise_child import SendOutcome, SendTask, without_parts
from feeds.alerts.channels.apprise import run_child
from tests.peer import peer_served

ATTEMPTS = """
import ctypes.util, json, os, pathlib, socket, subprocess, sys, syslog
from feeds.alerts.apprise_child import BlockedByGuard, PluginGuard
sys.addaudithook(PluginGuard(allow_private=False))
def resolved():
    with socket.socket() as one:
        one.connect(("localhost", 9))
def sent():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.sendto(b"x", ("10.1.2.3", 514))
def local():
    with socket.socket(socket.AF_UNIX) as one:
        one.connect("/dev/log")
attempts = {
    "loopback": lambda: socket.create_connection(("127.0.0.1", 9)),
    "loopback in IPv6": lambda: socket.create_connection(("::1", 9)),
    "mapped": lambda: socket.create_connection(("::ffff:10.0.0.1", 9)),
    "name": resolved,
    "datagram": sent,
    "unix": local,
    "program": lambda: subprocess.run(["true"]),
    "shell": lambda: os.system("true"),
    "fork": os.fork,
    "syslog": lambda: syslog.syslog("x"),
    "library": lambda: ctypes.CDLL("libc.so.6"),
    "file": lambda: pathlib.Path(sys.argv[1]).write_text("x"),
    "file that is read": lambda: pathlib.Path(sys.argv[2]).read_text(),
    "file by its number": lambda: os.open(sys.argv[1], os.O_CREAT),
}
through = []
for name, attempt in attempts.items():
    try:
        attempt()
    except BlockedByGuard:
        continue
    through.append(name)
print(json.dumps(through))
"""


def test_nothing_but_public_addresses_is_reached(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("none") / "file"
    secret = tmp_path_factory.mktemp("some") / "secret"
    secret.write_text("hidden")
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", ATTEMPTS, str(file), str(secret)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == []
    assert not file.exists()


def test_a_public_service_gets_the_message_and_a_private_one_does_not() -> None:
    with peer_served() as peer:
        address = peer.url.replace("http://", "json://")
        sent = asyncio.run(
            run_child(SendTask(address, "Ship 1 <at> pier", "Says & more", allow_private=True))
        )
        assert sent == SendOutcome(taken=True)
        (heard,) = peer.posts()
        said = json.loads(heard.body)
        assert (said["title"], said["message"]) == ("Ship 1 <at> pier", "Says & more")
        refused = asyncio.run(run_child(SendTask(address, "Ship 2", "Says")))
        assert not refused.taken
        assert "127.0.0.1, which is not a public address" in refused.problem
        assert len(peer.posts()) == 1


def test_a_file_named_in_an_address_is_not_sent(tmp_path: Path) -> None:
    template = tmp_path / "template.json"
    template.write_text('{"type": "message", "attachments": [{"contentType": "hidden"}]}')
    with peer_served() as peer:
        url = f"workflows://127.0.0.1:{peer.server_address[1]}/workflow/signature"
        task = SendTask(f"{url}?template={template}", "Title", "Body", allow_private=True)
        outcome = asyncio.run(run_child(task))
        assert not peer.heard
    assert not outcome.taken
    assert "read a file" in outcome.problem


@pytest.mark.thorough
def test_local_and_unknown_services_fail_finally() -> None:
    for address, said in (
        ("syslog://", "is a service on this machine"),
        ("nonsense://x", "does not support this URL"),
    ):
        outcome = asyncio.run(run_child(SendTask(address, "A", "B", allow_private=True)))
        assert outcome.final
        assert said in outcome.problem


def test_errors_contain_no_part_of_the_address() -> None:
    said = without_parts("Failed: T0KEN at /T0KEN/C0DE9 (401).", "slack://me@T0KEN/C0DE9/?x=y")
    assert said == "slack did not accept the message: Failed: *** at /***/*** (401)."
