"""An imported capture never replaces a capture of ours, and says that it was imported."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from data.archive.archive import Archive
from data.archive.foreign_archives import IMPORTED_FIELD
from data.archive.journal.removal import set_aside
from data.archive.log.keys import make_key
from data.archive.log.notes import (
    REMOVAL,
    REMOVAL_TYPE,
    SET_ASIDE,
    Removal,
    SigningKey,
    encode_removal,
)
from data.models import Capture, Draft
from data.settings import ArchiveSettings as Settings
from data.settings import SiteSettings
from data.store.open import open_store
from feeds.publishing.publish import publish
from feeds.server.app import HomeFolders, create_app
from tests.archived import START, archived_home
from tests.feeds.sample_store import make_release
from tests.feeds.serving import served_by

SITE = "https://press.example"
URL = "https://acme.example/news/1"
AT = START + dt.timedelta(days=1)
STAMP = f"{AT:%Y%m%d%H%M%S}"
FORGED = "Nobody ever served this text."
LATER = "20230101000000"


def adopt(
    home: Path,
    record_id: str,
    *,
    at: dt.datetime = AT,
    more: int = 0,
    body: str = FORGED,
    file: str = "an \u00e6 file.warc.gz",
) -> Capture:
    """Import a forged page from a ``file``; ``more`` fields make its head long."""
    fields = (
        ("WARC-Type", "response"),
        ("WARC-Record-ID", f"<{record_id}>"),
        ("WARC-Date", f"{at:%Y-%m-%dT%H:%M:%SZ}"),
        ("WARC-Target-URI", URL),
        ("Content-Type", "application/http; msgtype=response"),
        *((f"X-Field-{n}", f"{n}" * 800) for n in range(more)),
        (IMPORTED_FIELD, file),
    )
    block = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>{body}".encode()
    with closing(Archive(home / "archive", Settings())) as archive:
        capture = archive.adopt(fields, block)
    assert capture is not None
    return capture


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with archived_home(tmp_path) as store:
        publish(store, tmp_path / "site", SiteSettings(url=SITE))
    return tmp_path


def client(home: Path) -> Iterator[httpx.Client]:
    url = f"sqlite:{home / 'communique.db'}"
    yield from served_by(
        create_app(home / "site", url, SiteSettings(url=SITE), home=HomeFolders(home / "archive"))
    )


def framed(web: httpx.Client, home: Path) -> tuple[str, httpx.Response]:
    """The page around the captured page of the release, and the captured page."""
    with closing(open_store(f"sqlite:{home / 'communique.db'}")) as store:
        (release,) = store.find_releases(URL, limit=1)
    page = web.get(f"/releases/{release.id}/capture/page").text
    shown = re.search(r'src="(/memento/[^"]+)"', page)
    assert shown is not None
    return page, web.get(shown[1])


@pytest.mark.parametrize("more", [0, 90])
def test_an_own_capture_precedes_an_imported_one_of_the_same_second(home: Path, more: int) -> None:
    adopt(home, "urn:example:forged", more=more)
    for web in client(home):
        answer = web.get(f"/memento/{STAMP}/{URL}")
        assert answer.status_code == 200
        assert "quay 1" in answer.text
        assert "communique-imported" not in answer.headers
        assert "imported" not in web.get(f"/memento/timemap/{URL}").text
        page, captured = framed(web, home)
        assert "quay 1" in captured.text
        assert "imported from the file" not in page


def test_the_page_of_an_imported_version_shows_its_own_record(home: Path) -> None:
    capture = adopt(home, "urn:example:imported", file="acme s3cret-file.warc.gz")
    with closing(open_store(f"sqlite:{home / 'communique.db'}")) as store:
        store.begin_walk("acme", "https://acme.example/?token=s3cret-file", "rules", at=AT)
        edited = make_release(1, title="Other", body_text=FORGED)
        draft = Draft("acme", URL, edited.content, capture=capture)
        store.record(draft, seen=AT, since=AT)
    for web in client(home):
        page, captured = framed(web, home)
        assert "imported from the file" in page
        assert FORGED in captured.text
        assert captured.headers["communique-imported"] == "acme%20%2A%2A%2A.warc.gz"
        assert "acme ***.warc.gz" in page
        assert "s3cret-file" not in page
        assert captured.headers["memento-datetime"]
        assert "quay 1" in web.get(f"/memento/{STAMP}/{URL}").text
        for leaf in (capture.leaf + 1, capture.leaf + 10**17):
            assert web.get(f"/memento/{STAMP}-{leaf}/{URL}").status_code == 404


def test_an_imported_memento_and_its_timemap_report_the_import(home: Path) -> None:
    adopt(home, "urn:example:later", at=dt.datetime(2023, 1, 1, tzinfo=dt.UTC))
    for web in client(home):
        answer = web.get(f"/memento/{LATER}/{URL}")
        assert FORGED in answer.text
        assert answer.headers["communique-imported"] == "an%20%C3%A6%20file.warc.gz"
        ours, imported = [
            line
            for line in web.get(f"/memento/timemap/{URL}").text.splitlines()
            if "memento" in line and "datetime=" in line
        ]
        assert "imported" not in ours
        assert 'imported="an%20%C3%A6%20file.warc.gz"' in imported


@pytest.mark.thorough
@pytest.mark.parametrize("is_signed", [True, False])
def test_only_a_note_that_the_key_of_the_log_signed_sets_a_record_aside(
    home: Path, tmp_path: Path, *, is_signed: bool
) -> None:
    with closing(open_store(f"sqlite:{home / 'communique.db'}")) as store:
        (ours,) = [one for one in store.captured() if one.at == AT]
    capture = adopt(home, ours.record_id, at=dt.datetime(2023, 1, 1, tzinfo=dt.UTC))
    with closing(Archive(home / "archive", Settings())) as archive:
        known = archive.log.key()
        seed = known.seed if is_signed else make_key(tmp_path / "key", "other").seed
        note = encode_removal(
            Removal(SET_ASIDE, "forged", [(capture.leaf, capture.leaf)]),
            SigningKey(known.name, seed),
        )
        archive.metadata(REMOVAL, REMOVAL_TYPE, note, at=AT)
    for web in client(home):
        # The second answer is that of the verdict in memory.
        for _ in range(2):
            status = web.get(f"/memento/{LATER}/{URL}").status_code
            assert status == (302 if is_signed else 200)


def test_a_record_that_was_set_aside_is_not_replayed(home: Path) -> None:
    with closing(open_store(f"sqlite:{home / 'communique.db'}")) as store:
        (release,) = store.find_releases(URL, limit=1)
        (ours,) = [one for one in store.captured() if one.at == AT]
        later = dt.datetime(2023, 1, 1, tzinfo=dt.UTC)
        # As earlier versions imported it.
        capture = adopt(home, ours.record_id, at=later)
        edited = make_release(1, title="Other", body_text=FORGED)
        store.record(Draft("acme", URL, edited.content, capture=capture), seen=later, since=later)
    for web in client(home):
        assert web.get(f"/memento/{LATER}/{URL}").status_code == 200
        with closing(Archive(home / "archive", Settings())) as archive:
            assert set_aside(archive) == 1
        earlier = web.get(f"/memento/{LATER}/{URL}")
        assert earlier.headers["location"] == f"{SITE}/memento/{STAMP}/{URL}"
        assert web.get(f"/memento/{LATER}-{capture.leaf}/{URL}").status_code == 404
        assert LATER not in web.get(f"/memento/timemap/{URL}").text
        answer = web.get(f"/releases/{release.id}/capture/page")
        assert answer.status_code == 404
        assert "set aside" in answer.text
        # Our own record with the same id is shown.
        assert "quay 1" in web.get(f"/memento/{STAMP}/{URL}").text
