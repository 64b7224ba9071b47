"""Redactions and rebuilds on sites whose addresses contain secrets that the archive lacks."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest

from data.archive.warc.index import Index
from data.models import Release
from scheduler.home.home import home_at
from tests.command import collect, communique, make_home
from tests.press_room import Answer, listing_html, release_html, served
from tests.spiders.attachments.made_files import docx

NUMBER: Final = re.compile(r"(?:news/|code=)(\d)")

QUERY: Final = "token=TOPsecret1-%26x"


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A HOME of a site that wants a token, with attachments, and the address of the site.

    Pages at `/view` differ only in a parameter that the archive hides.
    """
    with served() as room:
        pages = {f"/news/{one}.html?{QUERY}": one for one in (1, 2)}
        pages |= {f"/view?code={one}": one for one in (3, 4)}
        rows = listing_html([1, 2], path=f"/news/{{}}.html?{QUERY}")
        room.page(f"/?{QUERY}", rows + listing_html([3, 4], path="/view?code={}"))
        for path, number in pages.items():
            file = f"/files/{number}.docx?{QUERY}"
            text = (
                f"<p>The pilots of the eastern basin said that lamp{number} burns again, and that "
                f"the harbour is open all winter.</p><p><a href='{file}'>The plan</a></p>"
            )
            room.page(path, release_html(number, text=text))
            document = docx([f"This plan shows zebra{number}."])
            room.answers[file] = Answer(document, content_type="application/msword")
        home = make_home(tmp_path_factory.mktemp("secret") / "home", f"{room.base}/?{QUERY}")
        assert collect(home)["new"] == 4
        yield home, room.base


@pytest.fixture
def home(collected: tuple[Path, str], tmp_path: Path) -> Path:
    return Path(shutil.copytree(collected[0], tmp_path / "home"))


@pytest.fixture
def site(collected: tuple[Path, str]) -> str:
    return collected[1]


def releases(home: Path) -> dict[str, Release]:
    """The releases of a HOME by the numbers in their addresses."""
    with closing(home_at(home).plain_store()) as store:
        kept = [*store.by_first_seen()]
    return {found[1]: one for one in kept if (found := NUMBER.search(one.url))}


def redacted(home: Path, name: str) -> dict[str, Any]:
    """The report of a redaction."""
    done = communique("mirror", "redact", name, "--why", "order 7", "--json", home=home)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def finds(home: Path, word: str) -> bool:
    """Return whether a search finds a word."""
    return "no matches" not in communique("search", word, home=home).stdout


@pytest.mark.parametrize("name", ["{}/news/1.html?token=***", f"{{}}/news/1.html?{QUERY}", ""])
def test_a_redaction_finds_the_release_of_a_secret_address(
    name: str, home: Path, site: str
) -> None:
    release = releases(home)["1"]
    assert release.capture
    assert redacted(home, name.format(site) or release.capture.record_id)["releases"] == [
        release.id
    ]
    now = releases(home)
    assert [now[one].content.redacted for one in "1234"] == [True, False, False, False]
    assert [finds(home, word) for word in ("lamp1", "zebra1", "lamp2", "zebra2")] == [
        False,
        False,
        True,
        True,
    ]


def test_a_redaction_finds_the_text_of_an_attachment_at_a_secret_address(
    home: Path, site: str
) -> None:
    assert redacted(home, f"{site}/files/1.docx?token=***")["releases"] == []
    found = [finds(home, word) for word in ("lamp1", "zebra1", "zebra2")]
    assert found == [True, False, True]


def test_only_one_of_several_pages_with_the_same_archived_url_is_redacted(
    home: Path, site: str
) -> None:
    refused = communique("mirror", "redact", f"{site}/view?code=***", "--why", "x", home=home)
    assert refused.returncode == 1
    assert "several pages" in refused.stderr
    before = releases(home)
    assert redacted(home, f"{site}/view?code=3")["releases"] == [before["3"].id]
    now = releases(home)
    assert [now[one].content.redacted for one in "1234"] == [False, False, True, False]
    other = before["4"].capture
    with closing(Index(home / "archive")) as index:
        held = {one.leaf for one in index.captures(f"{site}/view?code=***")}
    assert other
    assert other.leaf in held
    assert redacted(home, other.record_id)["releases"] == [before["4"].id]


def test_a_rebuild_restores_the_texts_of_attachments_at_secret_addresses(
    home: Path, tmp_path: Path
) -> None:
    communique("mirror", "rebuild", "--to", str(tmp_path / "again"), home=home)
    assert [finds(tmp_path / "again", f"zebra{one}") for one in (1, 2)] == [True, True]
