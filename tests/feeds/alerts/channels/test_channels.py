"""The tables of channels in the files of watches, and the registry of channels."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import feeds
from data.errors import WatchError
from data.watches.watch_file import PlainWatch, Watch, parse_watch, to_toml
from feeds.alerts.channels import CHANNELS, AlertWatch
from feeds.alerts.channels.apprise import Apprise
from feeds.alerts.channels.mail import Mail
from feeds.alerts.channels.webhook import Webhook
from tests.command import COMMANDS

KEY = "whsec_" + 32 * "A"
SIGNED_BY = 'name = "A"\n[webhook]\nurl = "https://a.example/"\nsecret = "{}"'
EVERY: dict[str, Any] = {
    "webhook": Webhook("https://hooks.example/a?b=c", KEY),
    "apprise": Apprise("json://hooks.example/a"),
    "mail": Mail(("desk@news.example", "o'neil+x@news.example")),
}


@pytest.mark.parametrize(
    ("line", "key", "said"),
    [
        ('name = "A"\n[webhook]\nurl = "https://a.example/"', "webhook.secret", "missing"),
        (f'name = "A"\n[webhook]\nurl = "file:///a"\nsecret = "{KEY}"', "webhook.url", "http"),
        (f'name = "A"\n[webhook]\nurl = "http://a b"\nsecret = "{KEY}"', "webhook.url", "http"),
        *(
            (SIGNED_BY.replace("https://a.example/", url).format(KEY), "webhook.url", "a host")
            for url in (
                *("http://[zz", "http://[::1", "http:///x", "http://:80/", "http://a..b/"),
                *("http://xn--/", "http://xn--a/", "http://a:abc/", "http://127.0.0.1:99999/"),
                *("http://a:0/", f"http://{'a' * 64}.example/", "http://a%41.example/"),
            )
        ),
        (SIGNED_BY.format("hush"), "webhook.secret", "write whsec_ and 24 to 64 bytes"),
        (SIGNED_BY.format("whsec_AAAA"), "webhook.secret", "24 to 64 bytes"),
        ('name = "A"\n[mail]\nto = []', "mail.to", "the value is empty"),
        (
            'name = "A"\n[mail]\nto = ["a@b.example\\nBcc: c@d.example"]',
            "mail.to",
            "the value can't be",
        ),
        ('name = "A"\n[mail]\nto = ["a b@c.example"]', "mail.to[0]", "such as desk@news.example"),
        ('name = "A"\n[apprise]\nurl = "syslog://"', "apprise.url", "is a service on this machine"),
        (
            'name = "A"\n[apprise]\nurl = "file:///etc/passwd"',
            "apprise.url",
            "a service on this machine",
        ),
        ('name = "A"\n[apprise]\nurl = "no address"', "apprise.url", "is not an Apprise URL"),
        (SIGNED_BY.format("whsec_é"), "webhook.secret", "24 to 64 bytes"),
        ('name = "A"\n[fax]\nnumber = "1"', "fax", "no such key exists"),
        ('name = "A"\n[mial]\nto = []', "mial", "did you mean mail"),
    ],
)
def test_an_error_names_the_file_the_key_and_the_fix(line: str, key: str, said: str) -> None:
    with pytest.raises(WatchError) as error:
        parse_watch(line, "watches/a.toml", AlertWatch)
    assert str(error.value).startswith("watches/a.toml: ")
    assert key in error.value.key
    assert said in str(error.value)


def test_a_written_watch_reads_back_equal() -> None:
    watch = AlertWatch("Harbour", **EVERY)
    text = to_toml(watch)
    assert parse_watch(text, "a.toml", AlertWatch) == watch
    assert parse_watch(text, "a.toml", PlainWatch).channels == ()
    with pytest.raises(WatchError, match="no such key exists"):
        parse_watch(text, "a.toml", Watch)


def test_a_watch_has_an_output_for_each_receiver() -> None:
    watch = AlertWatch("Harbour", **EVERY)
    assert [one.table for one in CHANNELS] == ["apprise", "mail", "webhook"]
    mails = ("mail:desk@news.example", "mail:o'neil+x@news.example")
    assert watch.outputs == ("apprise", *mails, "webhook")


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost",
        "https://me:word@hooks.example:8443/a?b=%20#c",
        "http://127.0.0.1:65535/",
        "http://[::1]:8080/x",
        "https://xn--mnchen-3ya.example./",
    ],
)
def test_a_webhook_may_be_at_any_host_and_port(url: str) -> None:
    watch = parse_watch(
        SIGNED_BY.replace("https://a.example/", url).format(KEY), "a.toml", AlertWatch
    )
    assert watch.channels == (Webhook(url, KEY),)


NEW_CHANNEL = '''
"""Datagrams to a display board."""

from __future__ import annotations

import socket
from typing import ClassVar, Self

from feeds.alerts.channels.channel import Alert, AlertChannel


class Board(AlertChannel, frozen=True, forbid_unknown_fields=True):
    """A display board by its port on this machine."""

    port: int

    table: ClassVar[str] = "board"
    metavar: ClassVar[str] = "PORT"
    option_help: ClassVar[str] = "Port of a display board that receives alerts."

    @classmethod
    def from_option(cls, values: tuple[str, ...]) -> Self:
        return cls(int(values[0]))

    def fault(self) -> tuple[str, str] | None:
        return None if self.port > 1023 else ("port", "write a port above 1023")

    def described(self) -> str:
        return f"board at port {self.port}"

    async def send(self, alert: Alert) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.sendto(alert.text.subject.encode(), ("127.0.0.1", self.port))
'''


@pytest.mark.thorough
def test_one_file_adds_a_channel(tmp_path: Path) -> None:
    # A copy of the package with one more file comes first on the path of the commands.
    shutil.copytree(Path(feeds.__path__[0]), tmp_path / "code" / "feeds")
    (tmp_path / "code" / "feeds/alerts/channels/board.py").write_text(NEW_CHANNEL)
    home = tmp_path / "home"
    home.mkdir()

    release = {"url": "https://harbour.example/1", "title": "Pier 4 reopens", "body_text": "Open."}
    (tmp_path / "lines.jsonl").write_text(json.dumps(release))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as board:
        board.bind(("127.0.0.1", 0))
        board.settimeout(60)
        port = board.getsockname()[1]
        commands = [
            ["import", str(tmp_path / "lines.jsonl"), "--source", "harbour"],
            ["watch", "add", "--help"],
            ["watch", "add", "Piers", "--board", "80"],
            ["watch", "add", "Piers", "--board", "four"],
            ["watch", "add", "Piers", "--board", str(port), "--json"],
            ["watch", "list"],
            ["watch", "test", "piers", "--send", "--json"],
        ]
        asked = json.dumps([["--home", str(home), *one] for one in commands])
        done = subprocess.run(  # noqa: S603 - our own interpreter
            [sys.executable, "-c", COMMANDS, asked],
            env={**os.environ, "PYTHONPATH": str(tmp_path / "code")},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        imported, explained, small, wrong, added, listed, sent = json.loads(done.stdout)
        assert imported["code"] == 0, imported["err"]
        assert "display board" in explained["out"]
        assert "board.port" in small["err"]
        assert (wrong["code"], wrong["out"]) == (2, "")
        (line,) = wrong["err"].splitlines()
        assert "--board" in line
        assert "four" in line
        assert json.loads(added["out"])["board"] == {"port": port}, added["err"]
        assert f"board at port {port}" in listed["out"]
        assert [one["output"] for one in json.loads(sent["out"])["sent"]] == ["board"]
        assert board.recv(1000) == b"Test: Piers: New: Pier 4 reopens"
