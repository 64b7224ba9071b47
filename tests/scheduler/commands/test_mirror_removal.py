"""`communique mirror redact`, `prune` and `status`: removed bytes, and how they are shown."""

from __future__ import annotations

import gzip
import json
import shutil
from contextlib import closing
from pathlib import Path

import pytest
from lxml import etree

from data.archive.warc.warc_file import own_files
from data.search.query import Query
from data.store.open import open_store
from data.text.urls import canonical_url
from data.wording import sized
from tests.command import collect, communique, make_home
from tests.press_room import Answer, listing_html, release_html, served
from tests.services import home_on

URL = "https://acme.example/news/0"


@pytest.fixture
def home(archived: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(archived, tmp_path / "home"))


def test_a_redacted_release_has_no_text_anywhere(home: Path, tmp_path: Path) -> None:
    (home / "communique.toml").write_text("[site]\ntitle = 'Harbour'\n")
    assert communique("publish", home=home).returncode == 0
    # A decision, so that the journal contains the texts.
    with closing(open_store(f"sqlite:{home / 'communique.db'}")) as store:
        release = next(store.by_first_seen("acme")).id
        listed = {canonical_url(URL): "2026-03-02 It was wrong"}
        store.list_items("acme", "page", 1, listed)
    retracted = communique("releases", "retract", release, "--why", "gone", home=home)
    result = communique("mirror", "redact", URL, "--why", "order 7", "--json", home=home)
    assert (retracted.returncode, result.returncode) == (0, 0), result.stderr
    told = json.loads(result.stdout)
    assert (told["releases"], told["records"] >= 4) == ([release], True)
    assert indexed(home)
    verified = communique("mirror", "verify", home=home)
    assert (verified.returncode, verified.stderr) == (0, "")
    assert "removed (redact): order 7" in verified.stdout
    shown = communique("show", release, "--json", home=home)
    assert json.loads(shown.stdout)["title"] == "[redacted]"
    assert "wrong" not in shown.stdout
    versions = json.loads(communique("show", release, "--revisions", "--json", home=home).stdout)
    assert [one["title"] for one in versions["revisions"]] == ["[redacted]"] * 2
    assert "quay 0" not in json.dumps(versions)
    provenance = communique("show", release, "--provenance", home=home)
    assert "removed from the archive" in provenance.stdout
    assert "by the rule \n" not in provenance.stdout
    told_of_it = communique("show", release, home=home).stdout
    assert "redacted: this archive removed its texts (order 7)" in told_of_it
    assert "gone from its site" not in told_of_it
    assert "no matches" in communique("search", "wrong", home=home).stdout
    records = own_files(home / "archive")
    held = b"".join(gzip.decompress(path.read_bytes()) for path in records)
    held += b"".join(path.read_bytes() for path in home.glob("communique.db*"))
    assert b"SQLite format 3" in held
    assert b"quay 1" in held
    for text in (b"It was wrong", b"quay 0"):
        assert text not in held
    rebuilt = tmp_path / "rebuilt"
    again = communique("mirror", "rebuild", "--to", str(rebuilt), home=home)
    assert (again.returncode, again.stderr) == (0, "")
    assert json.loads(communique("show", release, "--json", home=rebuilt).stdout) == json.loads(
        shown.stdout
    )
    assert b"It was wrong" not in (rebuilt / "communique.db").read_bytes()
    assert (rebuilt / "communique.toml").read_text() == "[site]\ntitle = 'Harbour'\n"
    # Another key signs the log there, and the note about the missing records.
    verified = communique("mirror", "verify", home=rebuilt)
    assert (verified.returncode, verified.stdout.count("order 7")) == (0, 1), verified.stderr
    published = communique("publish", "--all", home=home)
    assert published.returncode == 0
    page = (home / "site" / "releases" / release / "capture" / "index.html").read_text()
    assert "removed from the archive" in page
    page = (home / "site" / "releases" / release / "index.html").read_text()
    assert "<strong>Redacted.</strong>" in page
    left = [one for one in home.rglob("*") if one.is_file() and holds(one, b"It was wrong")]
    assert left == []


def test_nothing_published_reports_a_redaction_as_an_act_of_the_publisher(tmp_path: Path) -> None:
    with served() as room:
        room.page("/", listing_html([1, 2]))
        for number in (1, 2):
            room.page(f"/news/{number}.html", release_html(number))
        home = make_home(tmp_path / "home", f"{room.base}/")
        watch = ["--webhook", f"{room.base}/hook", *("--kind", "retraction", "--kind", "return")]
        added = communique("watch", "add", "Taken down", *watch, home=home)
        assert added.returncode == 0, added.stderr
        assert collect(home)["new"] == 2
        address = f"{room.base}/news/1.html"
        done = communique("mirror", "redact", address, "--why", "order 7", home=home)
        assert done.returncode == 0, done.stderr
        room.page("/news/1.html", release_html(1, text="The pier is open again."))
        room.log.clear()
        run = collect(home)
        assert (run["changed"], run["retracted"], run["errors"]) == (0, 0, [])
        assert "/news/2.html" in dict(room.log)
        assert "/news/1.html" not in dict(room.log)
        assert communique("publish", "--all", home=home).returncode == 0
        for name in ("retractions", "changes"):
            assert b"<entry>" not in (home / "site" / "feeds" / f"{name}.atom").read_bytes()
            page = (home / "site" / name / "index.html").read_text()
            assert "redacted" not in page
        feed = etree.parse(home / "site" / "feeds" / "source" / "harbour.atom")
        entries = feed.iterfind("{*}entry")
        (entry,) = (one for one in entries if one.findtext("{*}title") == "[redacted]")
        shown = etree.tostring(entry, encoding="unicode")
        assert 'term="redacted"' in shown
        assert "the operator of this archive removed" in shown
        assert "etracted" not in shown
        assert not feed.findall(".//{*}deleted-entry")
        told = json.loads(communique("changes", "--json", home=home).stdout)
        kinds = [one["kind"] for one in told["changes"]]
        assert "redaction" in kinds
        assert not {"retraction", "return", "edit"} & {*kinds}
        waiting = json.loads(communique("watch", "deliveries", "--json", home=home).stdout)
        assert "redacted" not in json.dumps(waiting)
        shown = communique("show", address, home=home).stdout
        assert "redacted: this archive removed its texts (order 7)" in shown


def test_a_rebuild_finds_all_records_beside_a_redacted_image(tmp_path: Path) -> None:
    with served() as room:
        room.page("/", listing_html([1]))
        body = '<p>The pilots of pier 1 show their new lamp.</p><img src="/lamp.png">'
        room.page("/news/1.html", release_html(1, text=body))
        room.answers["/lamp.png"] = Answer(b"\x89PNG\r\n\x1a\n1", content_type="image/png")
        home = make_home(tmp_path / "home", f"{room.base}/")
        with (home / "communique.toml").open("a") as file:
            file.write("\n[archive]\nimages = true\n")
        assert collect(home)["new"] == 1
        image = f"{room.base}/lamp.png"
        done = communique("mirror", "redact", image, "--why", "order 7", "--json", home=home)
        assert (json.loads(done.stdout)["releases"], done.returncode) == ([], 0), done.stderr
    rebuilt = tmp_path / "rebuilt"
    again = communique("mirror", "rebuild", "--to", str(rebuilt), "--json", home=home)
    assert (again.returncode, json.loads(again.stdout)["unreadable"]) == (0, []), again.stderr


def holds(path: Path, text: bytes) -> bool:
    """Return whether a file contains a text, compressed or not."""
    content = path.read_bytes()
    return text in (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content)


def test_an_unknown_record_or_address_is_reported(home: Path) -> None:
    result = communique("mirror", "redact", "https://acme.example/no", "--why", "x", home=home)
    assert result.returncode == 1
    assert "no record in the archive has" in result.stderr
    assert communique("mirror", "redact", URL, home=home).returncode == 2


def test_a_redaction_warns_that_other_machines_have_archives(
    tmp_path: Path, postgres_url: str
) -> None:
    home = home_on(tmp_path / "home", postgres_url)
    result = communique("mirror", "redact", URL, "--why", "x", home=home)
    assert result.returncode == 1
    assert "each machine has its own archive, so run this command on all" in result.stderr


def test_prune_needs_a_retention_and_keeps_texts(home: Path) -> None:
    assert communique("mirror", "prune", home=home).returncode == 2
    planned = communique("mirror", "prune", "--days", "1", "--dry-run", "--json", home=home)
    assert json.loads(planned.stdout)["records"] == 12
    other = communique("mirror", "prune", "--days", "1", "--source", "wire", "--json", home=home)
    assert json.loads(other.stdout)["records"] == 2
    (home / "communique.toml").write_text("[archive]\nretention = 30\n")
    done = communique("mirror", "prune", "--json", home=home)
    assert json.loads(done.stdout)["records"] == 10
    assert communique("mirror", "prune", "--source", "no", home=home).returncode == 2
    verified = communique("mirror", "verify", home=home)
    assert (verified.returncode, verified.stderr) == (0, "")
    assert "older than 30 days" in verified.stdout
    assert "Corrected" in communique("search", "wrong", home=home).stdout


def test_status_shows_present_and_missing_parts(home: Path) -> None:
    found = json.loads(communique("mirror", "status", "--json", home=home).stdout)
    assert (found["captures"], found["leaves"], found["signed"]) == (6, 13, 13)
    assert found["sources"][0] == {"source": "acme", "versions": 4, "without": 0, "taken_out": 0}
    (home / "communique.toml").write_text("[archive]\nbudget = 100\n")
    full = communique("mirror", "status", home=home)
    assert full.returncode == 1
    assert "of 100 bytes, used up" in full.stdout


def test_status_shows_growing_and_lost_files(home: Path) -> None:
    (path,) = own_files(home / "archive")
    size = path.stat().st_size
    told = json.loads(communique("mirror", "status", "--json", home=home).stdout)
    assert told["growing"] == [{"file": path.name, "bytes": size}]
    assert told["lost"] == []
    shown = communique("mirror", "status", home=home)
    assert shown.returncode == 0
    assert f"growing: {path.name}, {sized(size)}\n" in shown.stdout
    assert "budget: none\n" in shown.stdout
    path.rename(home / "kept")
    name = path.name.removesuffix(".open")
    lost = communique("mirror", "status", "--json", home=home)
    told = json.loads(lost.stdout)["lost"]
    assert (lost.returncode, told) == (1, [{"file": name, "captures": 6}])
    assert f"{name} (6)" in communique("mirror", "status", home=home).stderr


def test_a_dry_run_of_redact_changes_nothing_and_needs_a_reason(home: Path) -> None:
    before = {one: one.stat().st_mtime_ns for one in own_files(home / "archive")}
    tried = communique("mirror", "redact", URL, "--why", "x", "--dry-run", "--json", home=home)
    assert tried.returncode == 0
    told = json.loads(tried.stdout)
    assert told["records"] >= 4
    assert len(told["releases"]) == 1
    empty = communique("mirror", "redact", URL, "--why", " ", home=home)
    assert empty.returncode == 2
    assert "'--why': the reason is empty" in empty.stderr
    assert {one: one.stat().st_mtime_ns for one in own_files(home / "archive")} == before
    assert "wrong" in communique("search", "wrong", "--json", home=home).stdout


def test_nothing_is_removed_without_the_key_of_the_log(home: Path) -> None:
    key = (home / "log.key").rename(home / "kept.key")
    (release,) = json.loads(
        communique("mirror", "redact", URL, "--why", "x", "--dry-run", "--json", home=home).stdout
    )["releases"]
    shown = communique("show", release, "--json", home=home).stdout
    for command in (["redact", URL, "--why", "order 7"], ["prune", "--days", "1"]):
        result = communique("mirror", *command, home=home)
        assert result.returncode == 1
        assert "the key of the log is missing" in result.stderr
        assert communique("show", release, "--json", home=home).stdout == shown
    key.rename(home / "log.key")
    done = communique("mirror", "redact", URL, "--why", "order 7", home=home)
    assert done.returncode == 0
    assert "comes back" not in done.stdout
    verified = communique("mirror", "verify", home=home)
    assert (verified.returncode, verified.stdout.count("removed (redact)")) == (0, 1)


def test_damage_that_hides_records_from_a_redaction_is_reported(home: Path) -> None:
    (file,) = own_files(home / "archive")
    content = bytearray(file.read_bytes())
    at = content.rindex(b"\x1f\x8b\x08")
    content[at + 40] ^= 255
    file.write_bytes(content)
    (home / "communique.toml").write_text("[archive]\nenabled = true\n")
    result = communique("mirror", "redact", URL, "--why", "order 7", home=home)
    assert result.returncode == 1
    assert f"byte {at}: " in result.stderr
    assert "may contain data that should be removed" in result.stderr


def test_status_and_verify_report_a_lost_key(home: Path) -> None:
    good = communique("mirror", "status", home=home)
    assert (good.returncode, good.stderr) == (0, "")
    key = (home / "log.key").rename(home / "kept.key")
    for command, code in (("status", 1), ("verify", 0)):
        told = communique("mirror", command, home=home)
        assert told.returncode == code
        assert "the key of the log is missing" in told.stderr
    key.rename(home / "log.key")
    key = home / "log.key"
    key.write_text(key.read_text()[:-8])
    told = communique("mirror", "status", home=home)
    assert told.returncode == 1
    assert "restore it from a copy" in told.stderr


def test_status_and_verify_show_the_same_size(home: Path) -> None:
    status = json.loads(communique("mirror", "status", "--json", home=home).stdout)
    report = json.loads(communique("mirror", "verify", "--json", home=home).stdout)
    assert status["bytes"] - status["index_bytes"] == report["bytes"]
    size = sized(report["bytes"])
    assert size in communique("mirror", "verify", home=home).stdout
    assert size in communique("mirror", "status", home=home).stdout


def indexed(home: Path) -> bool:
    """Return whether all releases are in the search index, and the others are found."""
    with closing(open_store(f"sqlite:{home / 'communique.db'}")) as store:
        return not store.awaits_indexing() and bool(store.search(Query("quay"), limit=1))
