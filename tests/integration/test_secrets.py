"""Secrets that are planted wherever there may be some, and looked for wherever something is told.

What holds a secret for good is left out: the files of sources, watches and settings that a person
wrote. Whatever is made of them, logged, published, archived, answered or printed is looked through.
"""

from __future__ import annotations

import base64
import gzip
import re
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from data.access.tokens import new_token
from tests.command import communique
from tests.press_room import Room, listing_html, release_html, served
from tests.services import started, until

PLANTED = {
    "the user of a source": "planted-user-1",
    "the password of a source": "planted-password-2",
    "a parameter of a source": "planted-parameter-3",
    "the password of a webhook": "planted-password-4",
    "a parameter of a webhook": "planted-parameter-5",
    "the secret of a webhook": "cGxhbnRlZC1zZWNyZXQtb2YtYS13ZWJob29r",
    "the password of a service": "planted-password-6",
    "the topic of a service": "planted-topic-7",
    "the password for mail": "planted-password-8",
    "the address of a dead man's switch": "planted-parameter-9",
    "the token of a feed": "planted-token-10-of-a-feed",
    "the password of an imported release": "planted-password-11",
    "the password of an address that is looked at": "planted-password-12",
    "the password of the store": "planted-password-13",
    "the key of a bucket": "planted-key-14",
}

USER, PASSWORD = PLANTED["the user of a source"], PLANTED["the password of a source"]

LOOKED_FOR = {
    **PLANTED,
    # As a request carries it.
    "the password of a source, encoded": base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode(),
}


@dataclass
class Told:
    """All that was told, by where."""

    by_place: dict[str, bytes] = field(default_factory=dict)

    def add(self, place: str, said: bytes | str) -> None:
        """Keep what was told at a place."""
        content = said.encode("utf-8", "surrogateescape") if isinstance(said, str) else said
        self.by_place[place] = self.by_place.get(place, b"") + content

    def places(self, secret: str) -> list[str]:
        """Where a secret was told."""
        return [place for place, said in self.by_place.items() if secret.encode() in said]


WRITTEN = {"communique.toml", "smtp-password", "communique.db"}
"""Files that hold secrets because a person wrote them there, and the store: a source is asked by
its whole address, of which is kept what it answered last."""

ADDRESSES = [
    "/",
    "/feeds/all.atom",
    "/feeds/all.rss",
    "/feeds/all.json",
    "/feeds/source/harbour.atom",
    "/feeds/health.atom",
    "/opml.xml",
    "/sources/",
    "/sources/harbour/",
    "/sources/harbour/health/",
    "/sources/broken/health/",
    "/health",
    "/health/",
    "/metrics",
    "/api/sources",
    "/api/releases",
    "/api/runs",
    "/api/health",
    "/api/changes",
    "/search?q=notice",
    "/admin/",
    "/admin/sources/",
    "/admin/sources/harbour/",
    "/admin/sources/broken/",
    "/admin/watches/",
    "/admin/watches/near/",
    "/admin/watches/far/",
    "/admin/add/",
]

COMMANDS = [
    ("collect", "--json"),
    ("collect",),
    ("publish", "--all", "--json"),
    ("sources", "list", "--json"),
    ("sources", "list"),
    ("sources", "check", "harbour"),
    ("sources", "show", "harbour", "--json"),
    ("sources", "show", "harbour"),
    ("health", "--json"),
    ("health",),
    ("watch", "list", "--json"),
    ("watch", "list"),
    ("watch", "test", "near", "--json"),
    ("watch", "test", "far"),
    ("token", "list", "--json"),
    ("export",),
    ("changes", "--json"),
    ("search", "notice", "--json"),
    ("mirror", "status", "--json"),
    ("mirror", "verify", "--json"),
    ("doctor", "--json"),
    ("doctor",),
]


def home_with_secrets(home: Path, room: Room) -> str:
    """Write a HOME that has secrets wherever it may, and give one of its tokens."""
    for name in ("sources", "watches"):
        (home / name).mkdir(parents=True)
    (home / "smtp-password").write_text(f"{PLANTED['the password for mail']}\n")
    (home / "communique.toml").write_text(
        f"""
[network]
allow_private = true
[site]
port = 0
hub = "http://127.0.0.1:9/hub"
[health]
ping = "http://127.0.0.1:9/ping?key={PLANTED["the address of a dead man's switch"]}"
confirm_visits = 0
[bucket]
access_key = "press"
secret_key = "{PLANTED["the key of a bucket"]}"
[alerts]
smtp_host = "127.0.0.1"
smtp_port = 9
smtp_user = "me"
smtp_password_file = "smtp-password"
sender = "press@harbour.example"
operator = "desk@harbour.example"
"""
    )
    away = room.base.replace("://", f"://{USER}:{PASSWORD}@")
    asked = f"?token={PLANTED['a parameter of a source']}"
    for name, path in (("harbour", "/news/"), ("broken", "/broken/")):
        (home / "sources" / f"{name}.toml").write_text(
            f'name = "{name}"\nurl = "{away}{path}{asked}"\ntimezone = "Europe/Oslo"\n'
        )
    webhook = f"http://me:{PLANTED['the password of a webhook']}@127.0.0.1:9/call?api_key="
    (home / "watches" / "near.toml").write_text(
        f"""name = "Near"
[webhook]
url = "{webhook}{PLANTED["a parameter of a webhook"]}"
secret = "whsec_{PLANTED["the secret of a webhook"]}"
[feed]
token = "{PLANTED["the token of a feed"]}"
"""
    )
    service = f"ntfy://me:{PLANTED['the password of a service']}@127.0.0.1:9/"
    (home / "watches" / "far.toml").write_text(
        f"""name = "Far"
[apprise]
url = "{service}{PLANTED["the topic of a service"]}"
[mail]
to = ["desk@harbour.example"]
"""
    )
    return new_token(home / "tokens", "desk", ("operate",))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Told, str]:
    """All that a HOME with secrets tells at work, and one of its tokens."""
    told = Told()
    home = tmp_path_factory.mktemp("secrets") / "home"
    with served() as room:
        room.page(f"/news/?token={PLANTED['a parameter of a source']}", listing_html([1, 2]))
        for number in (1, 2):
            room.page(f"/news/{number}.html", release_html(number))
        token = home_with_secrets(home, room)
        with started("run", home) as (service, log):
            lines = [until(log, "running")]
            address = re.search(r"site=(\S+)", lines[0])
            assert address is not None
            lines += [until(log, "visited"), until(log, "visited")]
            with httpx.Client(base_url=address[1], timeout=60, follow_redirects=True) as web:
                # A publication may have begun before what it is to show was there.
                while not (release := re.search(r"releases/[0-9a-f-]{36}", web.get("/").text)):
                    lines.append(until(log, "published"))
                for path in (*ADDRESSES, f"/{release[0]}/", f"/{release[0]}.json"):
                    for headers in ({}, {"authorization": f"Bearer {token}"}):
                        answer = web.get(path, headers=headers)
                        assert answer.status_code < 500, path
                        told.add(path, f"{answer.headers}".encode() + answer.content)
                told.add("/feeds/watch", web.get("/feeds/watch/near.atom?token=wrong").content)
            service.terminate()
            told.add("the log of the service", "".join([*lines, *log]))
            assert service.wait(60) == 0
        for command in COMMANDS:
            done = communique(*command, home=home)
            told.add(f"communique {' '.join(command)}", done.stdout + done.stderr)
        line = (
            '{"url": "https://me:PW@harbour.example/old", "title": "Old",'
            ' "published": "2020-01-02", "body_text": "Long ago."}'
        ).replace("PW", PLANTED["the password of an imported release"])
        (home.parent / "lines").write_text(line)
        for command in (
            ("import", str(home.parent / "lines"), "--source", "old", "--json"),
            (
                "add",
                f"http://me:{PLANTED['the password of an address that is looked at']}@127.0.0.1:9/",
            ),
            ("publish",),
            ("export",),
            ("backup", str(home.parent / "backup")),
        ):
            done = communique(*command, home=home)
            told.add(f"communique {command[0]}", done.stdout + done.stderr)
    settings = home / "communique.toml"
    url = f"postgresql://me:{PLANTED['the password of the store']}@127.0.0.1:9/press"
    settings.write_text(f'{settings.read_text()}\n[store]\nurl = "{url}"\n')
    for command in (
        ("health", "--json"),
        ("collect", "--json"),
        ("publish",),
        ("doctor", "--json"),
    ):
        done = communique(*command, home=home)
        told.add(f"communique {command[0]}, without its store", done.stdout + done.stderr)
    for file in sorted(home.rglob("*")):
        kept = file.relative_to(home)
        if file.is_dir() or str(kept) in WRITTEN or kept.parts[0] in {"sources", "watches"}:
            continue
        content = file.read_bytes()
        told.add(str(kept), gzip.decompress(content) if ".gz" in file.suffixes else content)
    return told, token


@pytest.mark.parametrize("name", LOOKED_FOR)
def test_a_secret_is_shown_nowhere(told: tuple[Told, str], name: str) -> None:
    assert told[0].places(LOOKED_FOR[name]) == []


def test_a_token_is_kept_and_shown_nowhere(told: tuple[Told, str]) -> None:
    assert told[0].places(told[1]) == []


def test_a_reported_problem_was_checked(told: tuple[Told, str]) -> None:
    places = told[0].by_place
    assert b"Notice 1" in places["/feeds/all.atom"]
    assert b"event=visited source=broken" in places["the log of the service"]
    assert b"communique_source_state" in places["/metrics"]
    archived = [said for place, said in places.items() if place.startswith("archive/")]
    assert any(b"WARC-Type: request" in said for said in archived)
    assert any(place.startswith("site/") for place in places)
    assert b"the store postgresql://" in places["communique health, without its store"]
    # What is looked for would be found.
    assert len(told[0].places("127.0.0.1")) > 20
