"""`communique releases`: hide, unhide and retract."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import feedparser
import httpx
import pytest

from data.settings import SiteSettings
from feeds.server.app import HomeFolders, create_app
from tests.command import SETTINGS, communique
from tests.feeds.serving import served_by

BODY = "The harbour board counts ships at pier {}, and so do the pilots, says the master."

LINES = [
    {
        "url": f"http://wire.example/{number}",
        "title": f"Ships at pier {number}",
        "body_text": BODY.format(number),
        # Two per day, so that each day still has a release if one is hidden.
        "published": f"2026-03-{(number + 1) // 2:02}",
    }
    for number in range(1, 13)
]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published home directory with twelve releases, and feeds with archive pages."""
    home = tmp_path_factory.mktemp("published") / "home"
    home.mkdir()
    (home / "communique.toml").write_text(SETTINGS + "\n[site]\nentries = 4\n")
    lines = home.parent / "lines.jsonl"
    lines.write_text("\n".join(map(json.dumps, LINES)))
    done(home, "import", str(lines), "--source", "wire")
    done(home, "publish")
    return home


@pytest.fixture
def home(published: Path, tmp_path: Path) -> Path:
    """A copy of the published home directory."""
    return Path(shutil.copytree(published, tmp_path / "home"))


def done(home: Path, *arguments: str) -> Any:
    """The JSON output of a command that succeeds."""
    result = communique(*arguments, "--json", home=home)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def served(home: Path) -> Iterator[httpx.Client]:
    url = f"sqlite:{home / 'communique.db'}"
    yield from served_by(
        create_app(home / "site", url, SiteSettings(), home=HomeFolders(home / "archive"))
    )


def titles(home: Path) -> dict[str, set[str]]:
    """The titles in each document of the source's feed."""
    folder = home / "site/feeds/source"
    return {
        str(path.relative_to(folder)): {one.title for one in feedparser.parse(path).entries}
        for path in folder.rglob("*.atom")
    }


def everywhere(home: Path, word: str) -> list[str]:
    """The files of the site that contain a word."""
    return [
        str(path.relative_to(home / "site"))
        for path in sorted((home / "site").rglob("*"))
        if path.is_file() and word.encode() in path.read_bytes()
    ]


def test_a_hidden_release_is_shown_nowhere_but_kept(home: Path) -> None:
    before = titles(home)
    assert "Ships at pier 2" in before["wire/page/1.atom"]
    # One in an archive page, and one in the current feed.
    old, new = "http://wire.example/2", "http://wire.example/12"
    hidden = done(home, "releases", "hide", old, new, "--why", "a page about the office")["hidden"]
    done(home, "publish")
    assert everywhere(home, "pier 2<") == []
    assert everywhere(home, "pier 12") == []
    after = titles(home)
    gone = {"Ships at pier 2", "Ships at pier 12"}
    assert after == {name: told - gone for name, told in before.items()}
    assert not any((home / "site/releases" / one).exists() for one in hidden)
    assert communique("search", "pier", "--json", home=home).stdout.count('"id"') == 10
    exported = communique("export", home=home).stdout.splitlines()
    assert len(exported) == 10
    told = done(home, "show", old)
    assert told["hidden"]["why"] == "a page about the office"
    text = communique("show", old, home=home).stdout
    assert "hidden since " in text
    assert BODY.format(2) in text


def test_addresses_of_hidden_releases_return_410(home: Path) -> None:
    (hidden,) = done(home, "releases", "hide", "http://wire.example/2", "--why", "x")["hidden"]
    done(home, "publish")
    for client in served(home):
        for rest in ("", "/", "/revisions/1/", "/timemap", "/capture/page", "/capture.json"):
            assert client.get(f"/releases/{hidden}{rest}").status_code == 410, rest
        past = {"accept-datetime": "Thu, 12 Mar 2026 12:00:00 GMT"}
        assert client.get(f"/releases/{hidden}/", headers=past).status_code == 410
        assert client.get(f"/releases/{'0' * 8}{hidden[8:]}/").status_code == 404
        found = client.get("/feeds/search.json", params={"q": "pier"}).json()["items"]
        assert "Ships at pier 2" not in {one["title"] for one in found}


@pytest.mark.thorough
def test_an_unhidden_release_is_unchanged(home: Path) -> None:
    before = titles(home)
    page = next((home / "site/releases").glob("*/index.html")).read_bytes()
    for one in LINES[:3]:
        done(home, "releases", "hide", one["url"], "--why", "x")
    done(home, "publish")
    assert titles(home) != before
    done(home, "releases", "unhide", *(one["url"] for one in LINES[:3]))
    done(home, "publish")
    assert titles(home) == before
    assert page in {path.read_bytes() for path in (home / "site/releases").glob("*/index.html")}


def test_repeated_decisions_and_unknown_releases_are_reported(home: Path) -> None:
    assert communique("releases", "unhide", "http://wire.example/1", home=home).returncode == 1
    again = ("releases", "hide", "http://wire.example/1", "--why", "x")
    assert communique(*again, home=home).stdout.endswith(" is hidden\n")
    result = communique(*again, home=home)
    assert (result.returncode, result.stdout) == (1, "")
    assert "hidden already" in result.stderr
    # If one argument is wrong, no release is hidden.
    both = ("releases", "hide", "http://wire.example/3", "http://wire.example/99", "--why", "x")
    assert communique(*both, home=home).returncode != 0
    assert done(home, "show", "http://wire.example/3")["hidden"] is None
    assert communique("releases", "hide", "http://wire.example/3", home=home).returncode == 2


def test_an_address_of_two_sources_is_reported_with_both_ids(home: Path, tmp_path: Path) -> None:
    lines = tmp_path / "lines.jsonl"
    lines.write_text(json.dumps(LINES[0]))
    done(home, "import", str(lines), "--source", "post")
    url = str(LINES[0]["url"])
    result = communique("releases", "hide", url, "--why", "no release", home=home)
    assert (result.returncode, len(result.stderr.splitlines())) == (2, 1)
    assert f"'{url}' is an address of several releases" in result.stderr
    assert result.stderr.count(" (Ships at pier 1)") == 2
    assert "\\n" not in result.stderr
