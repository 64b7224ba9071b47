"""`communique mirror import` imports WARC and WACZ files as if they had been collected."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import pty
import re
import shutil
import subprocess
import zipfile
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from data.archive.archive import Archive
from data.archive.warc.archive_record import ArchiveRecord
from data.archive.warc.reader import read_file, read_record
from data.topics.taxonomy import load_taxonomy
from scheduler.home.home import open_home
from scheduler.mirror.import_archive import ArchiveImport
from spiders.sources.source_file import load_source
from spiders.stored.imported_pages import ImportedPages
from tests.command import command, communique, exported, make_home
from tests.foreign_warc import HTML, packed, page, record

SITE = "https://harbour.example"
TOWNS = ("Lindmouth", "Orsholm", "Kettering Vale", "Brae")
TEXTS = (
    "Skippers can hand in their papers from eight to six, and the lamps are lit all night.",
    "The council paid for the roof, a mason of the town for the stairs; nobody for the paint.",
    "Ferry tickets are sold at the counter again, three years after the storm took the booth.",
    "A room upstairs shows the charts of the pilot Anders Voll, who drew them in one summer.",
)


def listing(numbers: list[int]) -> str:
    """A listing page."""
    rows = "".join(
        f'<li><time datetime="2020-03-0{n + 1}">{n + 1} March 2020</time> '
        f'<a href="/news/{n}.html">Harbour office of {TOWNS[n]} opens its doors</a></li>'
        for n in numbers
    )
    return f"<html><body><h1>News</h1><main><ul class='news'>{rows}</ul></main></body></html>"


def release(number: int, text: str = "") -> str:
    """The page of a release."""
    town = TOWNS[number]
    return (
        f"<html lang='en'><body><main><h1>Harbour office of {town} opens its doors</h1>"
        f"<time datetime='2020-03-0{number + 1}'>{number + 1} March 2020</time>"
        f"<p>{text or TEXTS[number]}</p><p>Visitors find it beside pier {number}.</p>"
        f"<p><a href='/files/{number}.pdf'>The plan of pier {number} (PDF)</a></p>"
        "</main></body></html>"
    )


PDF = b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.4 plan"


def archive(numbers: list[int]) -> list[bytes]:
    """The records of a listing, its releases, an edit, and other pages."""
    return [
        page(f"{SITE}/news/", listing(numbers), "2020-04-01T00:00:00Z"),
        *(page(f"{SITE}/news/{n}.html", release(n), "2020-04-01T00:00:00Z") for n in numbers),
        page(
            f"{SITE}/news/1.html",
            release(1, "The council paid for nothing at all, it says now, neither roof nor door."),
            "2020-05-01T12:30:00.250000Z",
        ),
        page(f"{SITE}/about.html", release(3), "2020-04-01T00:00:00Z"),
        page("https://elsewhere.example/news/1.html", release(1), "2020-04-01T00:00:00Z"),
        record(f"{SITE}/files/1.pdf", PDF, "2020-04-01T00:00:00Z"),
        record(f"{SITE}/news/", b"GET /news/ HTTP/1.1\r\nCookie: a=secret\r\n\r\n", kind="request"),
    ]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_home(tmp_path / "home", f"{SITE}/news/")


def imported(home: Path, path: Path, code: int = 0) -> dict[str, Any]:
    result = communique("mirror", "import", str(path), "--source", "harbour", "--json", home=home)
    assert result.returncode == code, result.stdout + result.stderr
    return dict(json.loads(result.stdout))


def test_pages_become_releases_of_the_day_on_which_they_were_captured(
    home: Path, tmp_path: Path
) -> None:
    path = tmp_path / "old.warc.gz"
    path.write_bytes(packed(archive([2, 1, 0])))
    told = imported(home, path)
    assert (told["new"], told["changed"], told["damaged"], told["errors"]) == (3, 1, [], [])
    assert (told["records"], told["duplicates"]) == (8, 0)
    found = exported(home)
    assert set(found) == {f"{SITE}/news/{n}.html" for n in range(3)}
    one = found[f"{SITE}/news/1.html"]
    assert one["published"] == "2020-03-02"
    assert one["first_seen"] == "2020-04-01T00:00:00+00:00"
    assert one["updated"] == "2020-05-01T12:30:00.250000+00:00"
    assert one["revision"] == 2
    assert "nothing at all" in one["body_text"]
    assert one["provenance"]["capture"]["record_id"].startswith("urn:uuid:")


def test_imported_records_keep_their_ids_and_name_their_file(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "old.warc.gz"
    path.write_bytes(packed(archive([2, 1, 0])))
    imported(home, path)
    capture = exported(home)[f"{SITE}/news/0.html"]["provenance"]["capture"]
    original = archive([0])[1]
    assert f"WARC-Record-ID: <{capture['record_id']}>".encode() in original
    files = list((home / "archive").glob("communique-*.warc.gz*"))
    content = b"".join(gzip.decompress(one.read_bytes()) for one in files)
    assert content.count(b"Communique-Imported: old.warc.gz\r\n") == 8
    assert b"secret" not in content
    shown = communique("show", f"{SITE}/news/0.html", "--provenance", "--json", home=home)
    assert json.loads(shown.stdout)["imported"] == "old.warc.gz"


def test_a_second_import_changes_nothing(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "old.warc.gz"
    path.write_bytes(packed(archive([2, 1, 0])))
    imported(home, path)
    before = exported(home)
    again = imported(home, path)
    assert (again["duplicates"], again["new"], again["changed"]) == (8, 0, 0)
    assert exported(home) == before


def test_each_count_is_printed(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "old.warc.gz"
    path.write_bytes(packed(archive([2, 1, 0])))
    arguments = ("mirror", "import", str(path), "--source", "harbour")
    said = communique(*arguments, home=home).stdout
    assert said == ("8 records: 3 new releases, 1 changed release, 3 pages that are not releases\n")
    told = json.loads(communique(*arguments, "--json", home=home).stdout)
    explained = communique("mirror", "import", "--help", home=home).stdout
    documented = (Path(__file__).parents[3] / "docs" / "mirror.md").read_text("utf-8")
    for key in told:
        assert re.search(rf"^ +{key}  +\S", explained, re.MULTILINE)
        assert f"| `{key}` |" in documented


def test_an_import_interrupted_after_its_records_can_be_repeated(
    home: Path, tmp_path: Path
) -> None:
    path = tmp_path / "old.warc.gz"
    path.write_bytes(packed(archive([2, 1, 0])))
    with closing(open_home(home).plain_store()) as store:
        store.register(load_source(home / "sources", "harbour").source)
    shutil.copy(home / "communique.db", tmp_path / "empty.db")
    imported(home, path)
    before = exported(home)
    for file in home.glob("communique.db*"):
        file.unlink()
    # Restore the store from before the import.
    shutil.copy(tmp_path / "empty.db", home / "communique.db")
    again = imported(home, path)
    assert (again["duplicates"], again["new"], again["changed"]) == (8, 3, 1)
    assert {url: one["provenance"] for url, one in exported(home).items()} == {
        url: one["provenance"] for url, one in before.items()
    }


def test_an_exported_archive_is_imported_unchanged(home: Path, tmp_path: Path) -> None:
    path, to = tmp_path / "old.warc.gz", tmp_path / "all.wacz"
    path.write_bytes(packed(archive([2, 1, 0])))
    imported(home, path)
    arguments = ("mirror", "export", "--format", "wacz", "--to", str(to))
    assert communique(*arguments, home=home).returncode == 0
    other = make_home(tmp_path / "other", f"{SITE}/news/")
    assert imported(other, to)["new"] == 3
    told = ("id", "title", "published", "first_seen", "updated", "revision", "body_text")
    assert [[one[name] for name in told] for one in exported(other).values()] == [
        [one[name] for name in told] for one in exported(home).values()
    ]


def test_an_older_page_does_not_undo_a_newer_one(home: Path, tmp_path: Path) -> None:
    new, old = tmp_path / "new.warc.gz", tmp_path / "old.warc.gz"
    new.write_bytes(packed(archive([2, 1, 0])))
    imported(home, new)
    old.write_bytes(
        packed([page(f"{SITE}/news/1.html", release(1, "Not yet open."), "2020-03-02T00:00:00Z")])
    )
    told = imported(home, old)
    assert (told["earlier"], told["changed"]) == (1, 0)
    assert "nothing at all" in exported(home)[f"{SITE}/news/1.html"]["body_text"]


def test_without_a_listing_a_page_must_look_like_a_release(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "pages.warc"
    pages = [page(f"{SITE}/news/{n}.html", release(n), "2020-04-01T00:00:00Z") for n in range(3)]
    about = "<html><body><main><h1>About</h1><p>We are the harbour board.</p></main></body></html>"
    path.write_bytes(b"".join([*pages, page(f"{SITE}/about.html", about)]))
    told = imported(home, path)
    assert (told["new"], told["passed"]) == (3, 1)


def test_damage_is_reported_and_the_rest_is_imported(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "old.warc.gz"
    late = page(f"{SITE}/late.html", "x", "2999-01-01T00:00:00Z")
    path.write_bytes(packed([*archive([2, 1, 0]), late])[:-20])
    told = imported(home, path, code=1)
    assert told["new"] == 3
    assert len(told["damaged"]) == 1


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04"])
def test_other_files_are_rejected_in_one_sentence(
    home: Path, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "no.warc.gz"
    path.write_bytes(content)
    result = communique("mirror", "import", str(path), "--source", "harbour", home=home)
    assert (result.returncode, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("communique: ")


def test_an_unknown_source_is_wrong_usage(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "old.warc.gz"
    path.write_bytes(packed(archive([0])))
    result = communique("mirror", "import", str(path), "--source", "nobody", home=home)
    assert result.returncode == 2


def test_responses_304_and_non_pages_are_not_imported_as_releases(
    tmp_path: Path,
) -> None:
    home = make_home(tmp_path / "home", f"{SITE}/news/")
    unchanged = b"HTTP/1.1 304 Not Modified\r\n\r\n"
    nowhere = b"HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n"
    taken = tmp_path / "a.warc.gz"
    taken.write_bytes(
        packed(
            [
                *archive([0, 1]),
                record(f"{SITE}/news/0.html", unchanged, kind="revisit"),
                record(f"{SITE}/old", nowhere),
                record("urn:communique:file:topics.toml", b"", kind="resource"),
            ]
        )
    )
    for _ in range(2):
        told = communique(
            "mirror", "import", str(taken), "--source", "harbour", "--json", home=home
        )
        assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["records"] == json.loads(told.stdout)["duplicates"]
    checked = communique("mirror", "verify", home=home)
    assert checked.returncode == 0, checked.stdout


def test_a_page_of_the_same_host_at_another_port_is_of_another_site(
    home: Path, tmp_path: Path
) -> None:
    beside = f"{SITE}:8443"
    path = tmp_path / "a.warc.gz"
    pages = [
        page(f"{beside}/news/", listing([0, 1]), "2020-04-01T00:00:00Z"),
        *(page(f"{beside}/news/{n}.html", release(n), "2020-04-01T00:00:00Z") for n in (0, 1)),
    ]
    path.write_bytes(packed([*archive([2]), *pages]))
    assert imported(home, path)["new"] == 1
    assert set(exported(home)) == {f"{SITE}/news/2.html"}


RED = "\x1b[31m"
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def hostile_archive(folder: Path) -> Path:
    """A WACZ file with terminal control characters in each name and field."""
    named = page(f"{SITE}/news/0.html", release(0), record_id=f"<urn:uuid:{RED}\x9b31m\u202e>")
    of_old = page(f"{SITE}/news/1.html", release(1), f"1920-04-01T00:00:00Z {RED}")
    path = folder / f"a{RED}\x9b\n[b].wacz"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr(f"archive/{RED}.warc.gz", packed([archive([0])[0], named, of_old]))
        package.writestr("archive/\x9b\nall of it is whole.warc", of_old[:-100])
    return path


def test_control_characters_of_a_hostile_file_are_escaped(home: Path, tmp_path: Path) -> None:
    path = hostile_archive(tmp_path)
    (home / "archive").mkdir()
    (home / "archive" / f"{RED}.warc").touch()
    Path(os.fsdecode(bytes(home / "archive" / "no") + b"\xff.warc")).touch()
    into = ("mirror", "import", str(path), "--source", "harbour")
    seen = ("show", f"{SITE}/news/0.html", "--provenance")
    for asked in (into, ("mirror", "verify"), seen):
        for arguments in (asked, (*asked, "--json")):
            result = communique(*arguments, home=home)
            assert result.returncode == (asked == into), result.stderr
            said = result.stdout + result.stderr
            assert not CONTROLS.search(said)
            assert "\nall of it is whole.warc" not in said
            assert "[31m" in said


def test_the_progress_bar_escapes_markup_in_a_file_name(home: Path, tmp_path: Path) -> None:
    path = hostile_archive(tmp_path)
    leader, follower = pty.openpty()
    arguments = ("mirror", "import", str(path), "--source", "harbour", "--home", str(home))
    with subprocess.Popen(  # noqa: S603 - our own program
        [*command(), *arguments], stdout=subprocess.DEVNULL, stderr=follower
    ) as process:
        os.close(follower)
        shown = b""
        # Reading from a closed terminal raises an error.
        with suppress(OSError):
            while some := os.read(leader, 65536):
                shown += some
    os.close(leader)
    assert process.returncode == 1
    assert b"a\\x1b[31m\\x9b\\n[b].wacz" in shown
    assert b"\x1b[31m" not in shown
    assert "\x9b".encode() not in shown


def revisit(uri: str, original: bytes, date: str, **more: str) -> bytes:
    """A revisit record of the page in ``original``, as Heritrix and Browsertrix write it."""
    digest = re.search(rb"WARC-Payload-Digest: (\S+)", original)
    assert digest is not None
    made = record(uri, HTML, date, kind="revisit", **more)
    return re.sub(rb"(?<=WARC-Payload-Digest: )\S+", digest[1], made, count=1)


def import_bytes(home: Path, content: bytes, code: int = 0) -> dict[str, Any]:
    """Import the bytes of a file."""
    path = home.parent / "theirs.warc.gz"
    path.write_bytes(content)
    return imported(home, path, code)


def captured(home: Path) -> list[tuple[str, str]]:
    """The id and the payload digest of every record in the archive of a HOME."""
    found = []
    for file in sorted((home / "archive").glob("*.warc.gz*")):
        records = (one for one in read_file(file) if isinstance(one, ArchiveRecord))
        found += [(one.record_id, one.field("WARC-Payload-Digest")) for one in records]
    return found


@pytest.mark.parametrize("order", ["before", "behind"])
def test_a_revisit_is_imported_before_or_after_its_original(home: Path, order: str) -> None:
    original = page(f"{SITE}/news/0.html", release(0), "2020-04-01T00:00:00Z")
    other = revisit(f"{SITE}/news/0.html", original, "2020-04-09T00:00:00Z")
    records = [other, original] if order == "before" else [original, other]
    listed = page(f"{SITE}/news/", listing([0]), "2020-04-01T00:00:00Z")
    told = import_bytes(home, packed([listed, *records]))
    assert (told["records"], told["duplicates"], told["damaged"]) == (3, 0, [])
    assert (told["new"], told["unchanged"], told["errors"]) == (1, 1, [])
    verified = communique("mirror", "verify", home=home)
    assert (verified.returncode, verified.stderr) == (0, "")
    again = import_bytes(home, packed([listed, *records]))
    assert (again["records"], again["duplicates"], again["damaged"]) == (3, 3, [])


def test_a_revisit_is_imported_if_its_original_is_in_the_archive(home: Path) -> None:
    original = page(f"{SITE}/news/0.html", release(0), "2020-04-01T00:00:00Z")
    import_bytes(home, packed([original]))
    told = import_bytes(home, packed([revisit(f"{SITE}/x", original, "2020-05-01T00:00:00Z")]))
    assert (told["records"], told["damaged"]) == (1, [])
    assert communique("mirror", "verify", home=home).returncode == 0


def test_a_revisit_names_its_original_by_another_algorithm(home: Path) -> None:
    """A wrong digest of another tool does not matter, because the bytes are compared."""
    original = page(f"{SITE}/news/0.html", release(0), "2020-04-01T00:00:00Z")
    import_bytes(home, packed([original]))
    payload = release(0).encode()
    made = revisit(f"{SITE}/news/0.html", original, "2020-05-01T00:00:00Z")
    sha256 = f"sha256:{hashlib.sha256(payload).hexdigest()}".encode()
    made = re.sub(rb"sha1:\S+", sha256, made, count=1)
    told = import_bytes(home, packed([made]))
    assert (told["records"], told["damaged"]) == (1, [])
    digests = {digest for _, digest in captured(home) if digest.startswith("sha1:")}
    assert [digest for _, digest in captured(home)].count(digests.pop()) == 2
    assert communique("mirror", "verify", home=home).returncode == 0


def test_a_revisit_without_its_original_is_skipped_and_reported(home: Path) -> None:
    original = page(f"{SITE}/news/0.html", release(0), "2020-04-01T00:00:00Z")
    made = revisit(f"{SITE}/news/0.html", original, "2020-04-09T00:00:00Z")
    forged = page(f"{SITE}/news/1.html", release(1), "2020-04-01T00:00:00Z")
    # It claims to be the record that the revisit refers to.
    digest = re.search(rb"sha1:\S+", original)
    assert digest is not None
    forged = re.sub(rb"sha1:\S+", digest[0], forged, count=1)
    told = import_bytes(home, packed([forged, made]), code=1)
    assert told["records"] == 1
    (skipped,) = told["damaged"]
    assert "revisit record" in skipped["cause"]
    assert skipped["offset"] > 0
    verified = communique("mirror", "verify", home=home)
    assert (verified.returncode, verified.stderr) == (0, "")


def test_a_page_is_read_once_for_all_revisits_that_do_not_match_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A million small records must not each read all captures of an address."""
    original = page(f"{SITE}/news/0.html", release(0), "2020-04-01T00:00:00Z")
    import_bytes(home, packed([original]))
    wrong = [
        re.sub(
            rb"sha1:\S+",
            b"sha1:" + hashlib.sha1(b"%d" % number, usedforsecurity=False).hexdigest().encode(),
            revisit(f"{SITE}/news/0.html", original, "2020-05-01T00:00:00Z"),
            count=1,
        )
        for number in range(20)
    ]
    path = home.parent / "theirs.warc.gz"
    path.write_bytes(packed(wrong))
    read = Counter[int]()

    def counted(archive: Archive, file: str, offset: int) -> ArchiveRecord:
        read[offset] += 1
        return read_record(archive.folder, file, offset)

    monkeypatch.setattr(Archive, "record", counted)
    opened = open_home(home)
    source = load_source(opened.sources, "harbour")
    with closing(opened.open_archive()) as archive, closing(opened.store(archive=archive)) as store:
        pages = ImportedPages(source, store, load_taxonomy())
        task = ArchiveImport(archive, store, pages, source.id, 1_000_000)
        task.run(path, lambda *_: None)
    assert len(task.outcome.damaged) == len(wrong)
    assert [*read.values()] == [1]


def test_a_record_with_the_id_of_another_is_skipped_and_reported(home: Path) -> None:
    first = page(f"{SITE}/news/0.html", release(0), "2020-04-01T00:00:00Z")
    import_bytes(home, packed([first]))
    name = re.search(rb"WARC-Record-ID: (\S+)", first)
    assert name is not None
    ours = f"<{captured(home)[0][0]}>"
    capitals = ours.upper().replace("URN:UUID", "urn:uuid")
    for record_id in (name[1].decode(), ours, capitals, ours.upper()):
        forged = page(
            f"{SITE}/news/1.html", release(1), "2019-04-01T00:00:00Z", record_id=record_id
        )
        before = captured(home)
        told = import_bytes(home, packed([forged]), code=1)
        assert told["records"] == 0
        (skipped,) = told["damaged"]
        assert "with the same id" in skipped["cause"]
        assert captured(home) == before
        verified = communique("mirror", "verify", home=home)
        assert (verified.returncode, verified.stderr) == (0, "")


def test_an_altered_record_is_skipped_and_reported(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "forged.warc.gz"
    digest = base64.b32encode(hashlib.sha256(HTML + release(2).encode()).digest()).decode()
    wrong, right = (f"WARC-Block-Digest: sha256:{one}\r\n" for one in ("0" * 64, digest))
    path.write_bytes(
        packed(
            [
                page(f"{SITE}/news/", listing([2, 1])),
                page(f"{SITE}/news/1.html", release(1), more=wrong),
                page(f"{SITE}/news/2.html", release(2), more=right),
            ]
        )
    )
    told = imported(home, path, code=1)
    (damage,) = told["damaged"]
    assert "WARC-Block-Digest" in damage["cause"]
    assert set(exported(home)) == {f"{SITE}/news/2.html"}
    assert communique("mirror", "verify", home=home).returncode == 0


def test_an_id_in_capitals_is_imported_in_small_letters(home: Path) -> None:
    record_id = "<URN:UUID:5F0C1E2A-0000-4000-8000-00000000000A>"
    small = page(f"{SITE}/news/0.html", release(0), record_id=record_id.lower())
    large = page(f"{SITE}/news/0.html", release(0), record_id=record_id)
    told = import_bytes(home, packed([large]))
    assert (told["records"], told["duplicates"]) == (1, 0)
    for known in (large, small):
        told = import_bytes(home, packed([known]))
        assert (told["records"], told["duplicates"]) == (1, 1)
    other = page(f"{SITE}/news/1.html", release(1), record_id=record_id.lower())
    assert import_bytes(home, packed([other]), code=1)["records"] == 0
    assert communique("mirror", "verify", home=home).returncode == 0


def test_only_one_of_two_records_with_the_same_id_is_imported(home: Path) -> None:
    first = page(f"{SITE}/news/0.html", release(0), record_id="<urn:example:1>")
    second = page(f"{SITE}/news/1.html", release(1), record_id="<urn:example:1>")
    told = import_bytes(home, packed([first, second]), code=1)
    assert (told["records"], len(told["damaged"])) == (1, 1)
    assert communique("mirror", "verify", home=home).returncode == 0


def test_a_home_is_rebuilt_from_an_archive_that_was_repaired(home: Path, tmp_path: Path) -> None:
    pages = [page(f"{SITE}/news/", listing([0, 1]), "2020-04-01T00:00:00Z")]
    pages += [page(f"{SITE}/news/{n}.html", release(n), "2020-04-01T00:00:00Z") for n in (0, 1)]
    import_bytes(home, packed(pages))
    ours = [one for one, digest in captured(home) if digest.startswith("sha1:")]
    with closing(open_home(home).open_archive()) as archive:
        # Earlier versions imported it like this.
        fields = (
            ("WARC-Type", "response"),
            ("WARC-Record-ID", f"<{ours[1]}>"),
            ("WARC-Date", "2019-01-01T00:00:00Z"),
            ("WARC-Target-URI", f"{SITE}/news/0.html"),
            ("Content-Type", "application/http; msgtype=response"),
            ("Communique-Imported", "own.warc.gz"),
        )
        assert archive.adopt(fields, HTML + b"<p>Forged.")
    assert communique("mirror", "verify", home=home).returncode == 1
    assert communique("mirror", "verify", "--repair", home=home).returncode == 0
    rebuilt = tmp_path / "rebuilt"
    done = communique("mirror", "rebuild", "--to", str(rebuilt), home=home)
    assert done.returncode == 0, done.stderr
    assert exported(rebuilt) == exported(home)
    verified = communique("mirror", "verify", home=rebuilt)
    assert (verified.returncode, verified.stderr) == (0, "")
    assert "1 record set aside" in verified.stdout


def test_a_truncated_response_is_archived_but_not_extracted(home: Path) -> None:
    head = HTML.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n")
    cut = head + gzip.compress(release(2).encode())[:-40]
    found = import_bytes(
        home,
        packed(
            [
                page(f"{SITE}/news/", listing([1, 2, 3])),
                record(f"{SITE}/news/1.html", head + gzip.compress(release(1).encode())),
                record(f"{SITE}/news/2.html", cut),
                page(f"{SITE}/news/3.html", release(3), more="WARC-Truncated: length\r\n"),
            ]
        ),
        code=1,
    )
    assert [*exported(home)] == [f"{SITE}/news/1.html"]
    assert {error["kind"] for error in found["errors"]} == {"truncated"}
