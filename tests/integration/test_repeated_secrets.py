"""A site that repeats the secret of its own address: nothing that the public can read holds it."""

from __future__ import annotations

import re
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from data.access.tokens import new_token
from data.store.open import open_store
from scheduler.home.home import open_home
from tests.command import communique
from tests.press_room import Answer, Room, listing_html, release_html, served
from tests.services import started, until

VALUE = "TOPsecret1-&x"
SENT = "TOPsecret1-%26x"
"""The secret as the address of the source spells it."""

SPELLINGS = (
    f"?token={SENT}&amp;p=2",
    "?token=TOPsecret1-%2526x",
    "?token=TOPsecret1-&#38;x",
    "%3Ftoken%3DTOPsecret1-%26x",
    r"?token=TOPsecret1-\u0026x",
    "?token=%54OPsecret1-%26x",
    "?token=&#x54;OPsecret1-&amp;x",
)

FORBIDDEN = re.compile(rb"OPsecret1|OPSECRET1", re.IGNORECASE)
"""A part of the secret that all of these spellings have."""

EVERYWHERE = (
    "".join(
        f'<a href="/news/x{one}" data-next="{one}">more</a>'
        f'<img src="/i.png" srcset="/i.png{one} 2x">'
        f'<link rel="stylesheet" href="/s.css{one}"><form action="/f{one}"></form>'
        f"<style>b{{background:url(/b.png{one})}}</style><script>var next = '{one}';</script>"
        f'<meta http-equiv="refresh" content="900;url=/news/{one}">'
        for one in SPELLINGS
    )
    + f'<script>{{"token": "{VALUE}", "t": "TOPsecret1-\\u0026x"}}</script>'
)


VIEWS = ((), ("--revisions",), ("--diff",), ("--provenance",), ("--provenance", "--json"))
"""The options of `communique show`."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """All that a HOME publishes, answers and prints of such a source, by where."""
    home = tmp_path_factory.mktemp("repeated") / "home"
    (home / "sources").mkdir(parents=True)
    (home / "watches").mkdir()
    (home / "communique.toml").write_text("[network]\nallow_private = true\n[site]\nport = 0\n")
    (home / "watches" / "near.toml").write_text(
        'name = "Near"\n[feed]\ntoken = "a-token-of-a-feed-for-readers"\n'
    )
    found: dict[str, bytes] = {}
    with served() as room:
        listing = listing_html([1, 2], path=f"/news/{{}}.html?token={SENT}", more=EVERYWHERE)
        room.answers[f"/press?token={SENT}"] = Answer(
            b"", 302, headers={"Location": f"/news/?token={SENT}"}
        )
        room.page(f"/news/?token={SENT}", listing)
        room.answers[f"/s.css?token={SENT}"] = Answer(b"", content_type="text/css")
        for number in (1, 2):
            text = (
                f'<p>The board of pier {number} said that its <a href="/more?token={SENT}">ships'
                f'</a> stay in their basins until spring. <img src="/s.png?token={SENT}"></p>'
                f"<p>Its letters bear the mark {VALUE.replace('&', '&amp;')} this year.</p>"
                f'<p><a href="/files/{number}.pdf?token={SENT}">The letter of the board</a></p>'
            )
            room.page(
                f"/news/{number}.html?token={SENT}",
                release_html(number, text=text).replace("</body>", f"{EVERYWHERE}</body>"),
            )
        url = f"{room.base}/press?token={SENT}"
        (home / "sources" / "harbour.toml").write_text(
            f'name = "Harbour"\nurl = "{url}"\ntimezone = "Europe/Oslo"\n'
        )
        for command in (
            ("collect", "--json"),
            ("publish", "--all"),
            ("export",),
            ("search", "board", "--json"),
            ("changes", "--json"),
            ("watch", "test", "near", "--json"),
            ("mirror", "export", "--format", "sqlite", "--to", str(home.parent / "copy.db")),
            ("mirror", "export", "--format", "folder", "--to", str(home.parent / "copy")),
        ):
            done = communique(*command, home=home)
            assert done.returncode in {0, 1}, done.stderr
            found[" ".join(command)] = (done.stdout + done.stderr).encode()
        with closing(open_home(home).plain_store()) as store:
            releases = [*store.by_first_seen("harbour")]
        assert {one.url for one in releases} == {
            f"{room.base}/news/{number}.html?token={SENT}" for number in (1, 2)
        }
        for one in releases:
            done = communique("show", one.id, "--json", home=home)
            found[f"show {one.id}"] = (done.stdout + done.stderr).encode()
        with started("serve", home) as (service, log):
            address = re.search(r"at (http://[\w.:]+)", log.readline())
            assert address is not None
            with httpx.Client(base_url=address[1], timeout=60) as web:
                for path in paths(web, [one.id for one in releases], room.base):
                    answer = web.get(path)
                    assert answer.status_code < 500, path
                    found[path] = f"{answer.headers}".encode() + answer.content
                    found[path + " status"] = str(answer.status_code).encode()
            service.terminate()
            found["the log"] = "".join(log).encode()
        # The crawler still sends it: every page is there at the next visit.
        room.log.clear()
        communique("collect", home=home)
        assert room.statuses(f"/news/1.html?token={SENT}") != [404]
        assert room.statuses(f"/news/1.html?token={SENT}")
        found |= operated(home, room, [one.id for one in releases])
    for folder in (home / "site", home.parent / "copy"):
        for file in sorted(one for one in folder.rglob("*") if one.is_file()):
            found[f"{folder.name}/{file.relative_to(folder)}"] = file.read_bytes()
    found["copy.db"] = "\n".join(sqlite3.connect(home.parent / "copy.db").iterdump()).encode()
    return found


OPERATED = [
    (*command, *form)
    for command in (
        ("sources", "list"),
        ("sources", "show", "harbour"),
        ("sources", "check", "harbour"),
        ("sources", "sample", "harbour"),
        ("sources", "show", "draft"),
        ("collect", "harbour"),
        ("health",),
        ("doctor",),
        ("mirror", "status"),
        ("mirror", "verify"),
    )
    for form in ((), ("--json",))
    if command[1:2] != ("sample",) or not form
]
"""What an operator runs, for people and for programs."""


def operated(home: Path, room: Room, ids: list[str]) -> dict[str, bytes]:
    """All that commands and the operator's room print after one release is gone."""
    found: dict[str, bytes] = {}
    room.answers[f"/news/2.html?token={SENT}"] = Answer(b"", 404)
    room.page(f"/news/?token={SENT}", listing_html([1], path=f"/news/{{}}.html?token={SENT}"))
    (home / "sources" / "draft.toml").write_text(
        (home / "sources" / "harbour.toml").read_text().replace("Harbour", "Draft")
    )
    commands = [
        ("collect", "harbour"),
        *OPERATED,
        *(("show", one, *view) for one in ids for view in VIEWS),
        ("extract", f"{room.base}/news/?token={SENT}"),
        ("add", f"{room.base}/news/?token={SENT}"),
        ("add", f"{room.base}/news/?token={SENT}", "--json"),
        ("add", f"{room.base}/none?token={SENT}"),
    ]
    for command in commands:
        done = communique(*command, home=home)
        assert done.returncode in {0, 1}, done.stderr
        found[f"communique {' '.join(command)}"] = (done.stdout + done.stderr).encode()
    token = new_token(home / "tokens", "desk", ("operate",))
    with started("run", home) as (service, log):
        address = re.search(r"site=(\S+)", until(log, "running"))
        assert address is not None
        headers = {"authorization": f"Bearer {token}"}
        with httpx.Client(base_url=address[1], headers=headers, timeout=60) as web:
            for path in ("", "sources/", "sources/harbour/", "sources/draft/", "watches/near/"):
                answer = web.get(f"/admin/{path}")
                assert answer.status_code == 200, path
                found[f"/admin/{path}"] = answer.content
        service.terminate()
        found["the log of the service"] = "".join(log).encode()
    return found


def paths(web: httpx.Client, ids: list[str], room: str) -> list[str]:
    """What a reader may request of the server, every capture among it."""
    found = [
        "/",
        "/feeds/all.atom",
        "/feeds/search.atom?q=board",
        "/search?q=board",
        "/feeds/all.json?asof=2100-01-01",
        "/sources/harbour/health/",
        "/metrics",
        *(f"/api/{one}" for one in ("sources", "releases", "runs", "changes", "search?q=board")),
    ]
    for one in ids:
        found += [f"/releases/{one}/", f"/releases/{one}.json", f"/api/releases/{one}"]
        found += [f"/releases/{one}/timemap", f"/releases/{one}/revisions/1"]
        found += [f"/releases/{one}/capture/", f"/releases/{one}/capture/page"]
        shown = web.get(f"/releases/{one}/capture/page").text
        found += re.findall(r'src="(/memento/[^"]+)"', shown)
    for path in ("/press", "/news/", "/news/1.html"):
        original = f"{room}{path}?token=***"
        found.append(f"/memento/timemap/{original}")
        stamps = re.findall(r"/memento/(\d{14})/", web.get(found[-1]).text)
        assert stamps, path
        found += [f"/memento/{stamp}/{original}" for stamp in stamps]
    return found


def test_nothing_that_the_public_reads_holds_the_secret(told: dict[str, bytes]) -> None:
    assert [place for place, said in told.items() if FORBIDDEN.search(said)] == []


def test_commands_show_addresses_without_the_secret(told: dict[str, bytes]) -> None:
    shown = told["communique sources show harbour --json"]
    assert b"/news/2.html?token=***" in shown
    assert b"/press?token=***" in shown
    assert b"/press?token=***" in told["communique sources show harbour"]
    added = [said for place, said in told.items() if place.startswith("communique add http")]
    assert sum(b"/news/?token=***" in said for said in added) >= 2


def test_the_pages_and_captures_are_there(told: dict[str, bytes]) -> None:
    mementos = [place for place in told if re.match(r"/memento/\d{14}/\S+$", place)]
    assert len(mementos) >= 4
    assert {told[f"{one} status"] for one in mementos} == {b"200", b"302"}
    assert any(b"token=***" in said for place, said in told.items() if place in mementos)
    assert b"stay in their basins until spring" in told["/feeds/all.atom"]
    assert b"token=***" in told["site/feeds/all.json"]
    assert b"stay in their basins until spring" in told["copy.db"]


def test_the_redirect_target_does_not_contain_the_secret(told: dict[str, bytes]) -> None:
    redirects = [
        place
        for place in told
        if place.startswith("/memento/2") and told.get(f"{place} status") == b"302"
    ]
    assert redirects
    assert all(b"token=***" in told[one] for one in redirects)


def test_the_archive_and_its_wacz_keep_the_bytes_as_served(
    told: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    del told
    home = next(tmp_path_factory.getbasetemp().glob("repeated*/home"))
    target = tmp_path_factory.mktemp("wacz") / "copy.wacz"
    done = communique("mirror", "export", "--format", "wacz", "--to", str(target), home=home)
    assert "secret" in done.stderr
    with zipfile.ZipFile(target) as package:
        names = [one for one in package.namelist() if one.endswith(".warc.gz")]
    assert names
    with closing(open_store(f"sqlite:{home / 'communique.db'}")) as store:
        (release, *_) = store.by_first_seen("harbour")
    done = communique("prove", release.id, "--to", str(target.parent / "proof"), home=home)
    assert done.returncode == 0
    assert "secret" in done.stderr
    assert "secret" in (target.parent / "proof" / "README.txt").read_text()
