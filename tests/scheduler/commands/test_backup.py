"""`communique backup` and `restore`: an exact copy of a home directory, or an error."""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import json
import os
import shutil
import sqlite3
import stat
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from data.archive.archive import Archive
from data.models import HubRequest
from data.settings import ArchiveSettings as Settings
from data.store.sqlite.store import SqliteStore
from scheduler.home.backup.contents import MANIFEST_FILE, Manifest, read_manifest, write_manifest
from scheduler.home.errors import UNFINISHED_RESTORE_FILE
from tests.archived import START, archived_home, exchange, page
from tests.command import communique, make_home, without_rights
from tests.mounted import mounted, remount
from tests.postgres_server import PASSWORD, PostgresServer
from tests.press_room import listing_html, release_html, served

SOURCE = 'name = "Acme"\nurl = "https://acme.example/"\ntimezone = "UTC"\n'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home directory with all kinds of files; its archive has full and growing files."""
    home = tmp_path_factory.mktemp("made") / "home"
    home.mkdir()
    with archived_home(home, 30, max_file=12_000) as store:
        asked = HubRequest("subscribe", "https://reader.example/", "t")
        store.add_subscription(asked, "feeds/all.atom", "reader.example", 9.0)
    for name in ("sources", "watches", "samples/acme", "witness/log"):
        (home / name).mkdir(parents=True)
    (home / "sources" / "acme.toml").write_text(SOURCE)
    (home / "watches" / "tide.toml").write_text(
        f'name = "Tide"\n[webhook]\nurl = "https://a.example/"\nsecret = "whsec_{"c2VjcmV0" * 4}"\n'
    )
    (home / "communique.toml").write_text('[site]\ntitle = "Ours"\n')
    (home / "topics.toml").write_text("shipped = true\n")
    (home / "samples" / "acme" / "listing.html").write_text("<p>Listing</p>")
    (home / "witness" / "log" / "checkpoint").write_text("of others\n")
    (home / "witness.key").write_text("PRIVATE+KEY+w\n")
    (home / "archive" / "theirs.warc.gz").write_bytes(b"of somebody else")
    assert communique("token", "new", "reader", home=home).returncode == 0
    assert communique("publish", home=home).returncode == 0
    return home


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "home"))


@pytest.fixture
def to(home: Path, tmp_path: Path) -> Path:
    """A backup of the home directory."""
    assert communique("backup", str(tmp_path / "to"), home=home).returncode == 0
    return tmp_path / "to"


def refused(*arguments: str, home: Path) -> str:
    """The error message of a command that fails."""
    result = communique(*arguments, home=home)
    assert result.returncode in {1, 2}
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    return line.removeprefix("communique: ")


def exported(home: Path) -> str:
    result = communique("export", home=home)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


CACHES = (
    "site/",
    "locks/",
    "backed-up.json",
    "rendered.db",
    "crawl.log",
    "archive/index.db",
    "communique.db",
)


def kept_files(home: Path) -> dict[str, bytes]:
    """The files of a home directory that a backup must contain, without the store and caches."""
    return {
        name: content
        for name, content in files_of(home).items()
        if not name.startswith(CACHES) and not name.endswith((".lock", ".open.cdxj"))
    }


def test_a_restored_home_contains_the_same_data(home: Path, to: Path, tmp_path: Path) -> None:
    restored = tmp_path / "restored"
    result = communique("restore", str(to), home=restored)
    assert (result.returncode, result.stderr) == (0, "")
    assert kept_files(restored) == kept_files(home)
    assert exported(restored) == exported(home) != ""
    verified = communique("mirror", "verify", home=restored)
    assert (verified.returncode, verified.stderr) == (0, "")
    with closing(SqliteStore(restored / "communique.db")) as store:
        assert store.subscriptions() == {("feeds/all.atom", "https://reader.example/"): 9.0}
    assert communique("publish", "--all", home=restored).returncode == 0
    feed = "site/feeds/all.atom"
    assert (restored / feed).read_bytes() == (home / feed).read_bytes()


def test_only_the_owner_can_read_secrets_in_a_backup_and_a_restored_home(
    home: Path, to: Path, tmp_path: Path
) -> None:
    (home / "witness.key").chmod(0o644)
    assert communique("backup", str(to), home=home).returncode == 0
    assert stat.S_IMODE(to.stat().st_mode) == 0o700
    restored = tmp_path / "restored"
    assert communique("restore", str(to), home=restored).returncode == 0
    secrets = ["log.key", "witness.key", "communique.db", "communique.toml", "watches/tide.toml"]
    for name in [*secrets, "tokens/reader.toml"]:
        assert stat.S_IMODE((restored / name).stat().st_mode) == 0o600, name
    (state,) = to.glob("state-*")
    changing = [path for path in state.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in changing} == {0o600}


def test_full_archive_files_are_linked_and_copied_once(home: Path, to: Path) -> None:
    full = {
        path.name: path.stat().st_ino
        for path in (home / "archive").glob("*.warc.gz")
        if path.name != "theirs.warc.gz"
    }
    assert len(full) > 1
    assert {name: (to / "archive" / name).stat().st_ino for name in full} == full
    told = json.loads(communique("backup", str(to), "--json", home=home).stdout)
    # Nothing else is new either, such as the store or the growing file of records.
    assert (told["copied"], told["linked"], told["copied_bytes"]) == (0, 0, 0)
    assert told["problems"] == []
    assert len(list(to.glob("state-*"))) == 1


@pytest.mark.thorough
def test_added_and_deleted_files_are_in_the_next_backup(
    home: Path, to: Path, tmp_path: Path
) -> None:
    (home / "sources" / "wire.toml").write_text(SOURCE)
    (home / "topics.toml").unlink()
    with archived_home_again(home):
        pass
    assert communique("backup", str(to), home=home).returncode == 0
    restored = tmp_path / "restored"
    assert communique("restore", str(to), home=restored).returncode == 0
    assert kept_files(restored) == kept_files(home)
    assert exported(restored) == exported(home)
    assert communique("mirror", "verify", home=restored).returncode == 0


@contextmanager
def archived_home_again(home: Path, count: int = 3) -> Iterator[Archive]:
    """Add records to the archive that the store does not know."""
    with closing(Archive(home / "archive", Settings(max_file=12_000))) as archive:
        for number in range(count):
            archive.exchange(
                exchange(f"https://late.example/{number}", page(number, "Late"), START)
            )
        yield archive


def test_data_written_during_a_backup_is_left_out_completely(
    home: Path, to: Path, tmp_path: Path
) -> None:
    with archived_home_again(home) as archive:
        # Its records are not yet in the tree, and half a record follows them.
        (growing,) = (home / "archive").glob("*.warc.gz.open")
        before = growing.stat().st_size
        with growing.open("ab") as file:
            file.write(b"\x1f\x8b\x08half")
        assert communique("backup", str(to), home=home).returncode == 0
        os.truncate(growing, before)
        archive.exchange(exchange("https://late.example/9", page(9, "Later"), START))
    restored = tmp_path / "restored"
    assert communique("restore", str(to), home=restored).returncode == 0
    assert (restored / "archive" / growing.name).read_bytes() == growing.read_bytes()[:before]
    verified = communique("mirror", "verify", home=restored)
    assert (verified.returncode, verified.stderr) == (0, "")


def test_a_restored_home_continues_to_collect(to: Path, tmp_path: Path) -> None:
    restored = tmp_path / "restored"
    assert communique("restore", str(to), home=restored).returncode == 0
    (first, *_) = map(json.loads, exported(restored).splitlines())
    hidden = communique("releases", "hide", first["id"], "--why", "A test.", home=restored)
    assert hidden.returncode == 0
    assert communique("publish", home=restored).returncode == 0
    verified = communique("mirror", "verify", home=restored)
    assert (verified.returncode, verified.stderr) == (0, "")


def test_a_killed_backup_keeps_the_previous_one_and_the_next_continues(
    home: Path, to: Path, tmp_path: Path
) -> None:
    before = exported(home)
    # A killed run leaves the lock like this.
    left = to / "state-20260101T000000-0-1"
    left.mkdir()
    (left / "communique.db").write_bytes(b"half")
    (to / "archive" / ".communique-1.warc.gz.0011aabb").write_bytes(b"half")
    restored = tmp_path / "restored"
    assert communique("restore", str(to), home=restored).returncode == 0
    assert exported(restored) == before
    assert communique("backup", str(to), home=home).returncode == 0
    assert not left.exists()
    assert not list((to / "archive").glob(".*"))


def test_a_killed_first_backup_cannot_be_restored_but_continued(
    home: Path, to: Path, tmp_path: Path
) -> None:
    known = read_manifest(to)
    assert known is not None
    write_manifest(to, Manifest(known.home, known.at))
    assert "no backup was ever finished here" in refused("restore", str(to), home=tmp_path / "r")
    inodes = {path.name: path.stat().st_ino for path in (to / "archive").iterdir()}
    told = json.loads(communique("backup", str(to), "--json", home=home).stdout)
    assert told["linked"] == 0
    assert {path.name: path.stat().st_ino for path in (to / "archive").iterdir()} == inodes


def test_a_killed_restore_can_be_continued_and_other_commands_refuse_the_home(
    home: Path, to: Path, tmp_path: Path
) -> None:
    restored = tmp_path / "restored"
    assert communique("restore", str(to), home=restored).returncode == 0
    known = read_manifest(to)
    assert known is not None
    (restored / UNFINISHED_RESTORE_FILE).write_text(f"{known.home} {known.at.isoformat()}\n")
    (restored / "communique.db").unlink()
    (restored / "log.key").write_text("half")
    assert "is only partially restored" in refused("publish", home=restored)
    assert communique("restore", str(to), home=restored).returncode == 0
    assert exported(restored) == exported(home)
    assert not (restored / UNFINISHED_RESTORE_FILE).exists()


@pytest.mark.parametrize("which", ["communique.db", "archive/", "log.key"])
def test_a_flipped_bit_is_reported_with_its_file(which: str, to: Path, tmp_path: Path) -> None:
    known = read_manifest(to)
    assert known is not None
    name = next(one for one in known.files if one.startswith(which) and not one.endswith("cdxj"))
    place = to / known.files[name].at
    content = bytearray(place.read_bytes())
    content[len(content) // 2] ^= 1
    # Replace the file, because a hard link would change HOME, too.
    place.unlink()
    place.write_bytes(content)
    told = refused("restore", str(to), home=tmp_path / "restored")
    assert told.startswith(f"1 file is damaged or missing in the backup {to}: {place}; ")
    assert "is only partially restored" in refused("export", home=tmp_path / "restored")


def test_the_target_of_a_link_is_not_part_of_a_backup(to: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("somebody else's")
    (to / "archive/link").symlink_to(outside)
    (to / "archive/up").symlink_to(tmp_path)
    manifest = json.loads((to / MANIFEST_FILE).read_text())
    digest = hashlib.sha256(outside.read_bytes()).hexdigest()
    for number, place in enumerate(("archive/link", "archive/up/outside")):
        stored = STORED | {"at": place, "bytes": outside.stat().st_size, "sha256": digest}
        files = manifest["files"] | {"sources/more.toml": stored}
        (to / MANIFEST_FILE).write_text(json.dumps({**manifest, "files": files}))
        told = refused("restore", str(to), home=tmp_path / f"restored{number}")
        assert told.startswith(f"1 file is damaged or missing in the backup {to}: {to}/{place}; ")
    assert outside.stat().st_nlink == 1


def test_a_folder_or_a_file_with_a_wrong_size_is_damaged(to: Path, tmp_path: Path) -> None:
    manifest = json.loads((to / MANIFEST_FILE).read_text())
    store = manifest["files"]["communique.db"]
    place = to / store["at"]
    wrong = manifest["files"] | {"communique.db": store | {"bytes": 3}}
    (to / MANIFEST_FILE).write_text(json.dumps({**manifest, "files": wrong}))
    assert str(place) in refused("restore", str(to), home=tmp_path / "one")
    (to / MANIFEST_FILE).write_text(json.dumps(manifest))
    place.unlink()
    place.mkdir()
    assert str(place) in refused("restore", str(to), home=tmp_path / "other")


def test_a_missing_file_is_reported(to: Path, tmp_path: Path) -> None:
    (gone,) = to.glob("state-*/sources/acme.toml")
    gone.unlink()
    assert str(gone) in refused("restore", str(to), home=tmp_path / "restored")


def test_a_folder_inside_home_or_with_other_files_is_refused(home: Path, tmp_path: Path) -> None:
    inside = refused("backup", str(home / "backups" / "x"), home=home)
    assert inside.startswith(f"{home}/backups/x: the folder is inside {home}; ")
    assert not (home / "backups").exists()
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("Dear")
    told = refused("backup", str(tmp_path / "letters"), home=home)
    assert told == f"{tmp_path}/letters: the folder contains other files; choose an empty folder"
    assert files_of(tmp_path / "letters") == {"dear.txt": b"Dear"}
    told = refused("backup", str(tmp_path / "letters" / "dear.txt"), home=home)
    assert "the path is not a folder; choose another one" in told


def test_a_new_home_does_not_overwrite_the_backup_of_a_lost_one(home: Path, to: Path) -> None:
    shutil.rmtree(home)
    with archived_home(home, 1):
        pass
    before = files_of(to)
    assert "the folder holds a backup of" in refused("backup", str(to), home=home)
    assert files_of(to) == before


STORED = {"at": "state-x/a", "bytes": 1, "sha256": "", "mode": 0o600, "changed": 0}

NO_NAMES = {
    "a\0b": STORED,
    "a" * 300: STORED,
    "sources": STORED,
    "sources/acme.toml/x": STORED,
    "a//b": STORED,
    "./a": STORED,
    "restore.unfinished": STORED,
    "locks/run": STORED,
    "fine": STORED | {"at": "/etc/hostname"},
}


def test_other_folders_and_backups_of_newer_versions_are_rejected(to: Path, tmp_path: Path) -> None:
    nowhere = refused("restore", str(tmp_path / "nowhere"), home=tmp_path / "restored")
    assert nowhere.startswith(f"{tmp_path}/nowhere: there is no backup in this folder; ")
    (tmp_path / "empty").mkdir()
    assert "there is no backup in this folder" in refused(
        "restore", str(tmp_path / "empty"), home=tmp_path / "restored"
    )
    manifest = json.loads((to / MANIFEST_FILE).read_text())
    for wrong, told in (
        (
            {**manifest, "format": 99, "files": 1},
            "the backup was written by a newer version of Communique",
        ),
        (
            {**manifest, "files": {"../../etc/passwd": next(iter(manifest["files"].values()))}},
            "is not a valid file name",
        ),
        ({"files": 3}, "can't be read"),
        *(
            ({**manifest, "files": manifest["files"] | {name: stored}}, "is not a valid file name")
            for name, stored in NO_NAMES.items()
        ),
        *(
            ({**manifest, "files": {"sources/a.toml": STORED | wrong}}, "can't be read")
            for wrong in ({"bytes": -1}, {"bytes": 10**30}, {"mode": -1}, {"changed": 10**30})
        ),
    ):
        (to / MANIFEST_FILE).write_text(json.dumps(wrong))
        assert told in refused("restore", str(to), home=tmp_path / "restored")
    (to / MANIFEST_FILE).write_bytes(b"\x00\xff")
    assert "can't be read" in refused("restore", str(to), home=tmp_path / "restored")
    (to / MANIFEST_FILE).unlink()
    os.mkfifo(to / MANIFEST_FILE)
    assert "the manifest is not a file" in refused("restore", str(to), home=tmp_path / "restored")
    other = make_home(tmp_path / "other", "https://acme.example/")
    assert "the manifest is not a file" in refused("backup", str(to), home=other)
    assert not (tmp_path / "restored").exists()


def test_a_backup_of_a_store_of_a_newer_version_is_refused(home: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(home / "communique.db")) as db, db:
        db.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
            " VALUES ('communique', 'lay_tomorrow', '')"
        )
    told = refused("backup", str(tmp_path / "to"), home=home)
    assert "it was written by a newer version of Communique" in told


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "it is missing or empty"),
        (b"Dear reader, " * 999, "file is not a database"),
        (None, "damaged"),
    ],
)
def test_a_damaged_store_does_not_overwrite_an_intact_backup(
    content: bytes | None, cause: str, home: Path, to: Path, tmp_path: Path
) -> None:
    before = exported(home)
    database = home / "communique.db"
    if content is None:
        whole = database.read_bytes()
        content = whole[: len(whole) // 2 // 4096 * 4096]
    for name in ("communique.db-wal", "communique.db-shm"):
        (home / name).unlink(missing_ok=True)
    database.write_bytes(content)
    told = refused("backup", str(to), home=home)
    assert told.startswith(f"the backup in {to} was not finished (")
    assert cause in told or "malformed" in told
    restored = tmp_path / "restored"
    assert communique("restore", str(to), home=restored).returncode == 0
    assert exported(restored) == before


def test_a_backup_is_not_restored_into_itself(to: Path) -> None:
    (state,) = to.glob("state-*")
    inside = state / "restored"
    told = refused("restore", str(to), home=inside)
    assert told == f"{inside}: the folder is inside the backup {to}; choose a folder outside"
    assert not inside.exists()


def test_a_home_that_is_in_use_or_not_empty_is_not_restored_into(
    home: Path, to: Path, tmp_path: Path
) -> None:
    assert refused("restore", str(to), home=home).startswith(f"{home} is not empty; ")
    busy = tmp_path / "busy"
    (busy / "locks").mkdir(parents=True)
    with (busy / "locks" / "run").open("w") as file:
        file.write("communique run (process 7)")
        file.flush()
        fcntl.flock(file, fcntl.LOCK_EX)
        told = refused("restore", str(to), home=busy)
        assert told.startswith(f"{busy} is in use by communique run (process 7); ")
    (tmp_path / "file").write_text("")
    assert "is a file" in refused("restore", str(to), home=tmp_path / "file")


def test_a_file_missing_from_the_archive_is_kept_in_the_backup_and_reported(
    home: Path, to: Path, tmp_path: Path
) -> None:
    gone = next(path for path in sorted((home / "archive").glob("communique-*.warc.gz")))
    gone.rename(tmp_path / gone.name)
    result = communique("backup", str(to), home=home)
    assert result.returncode == 1
    assert f"archive/{gone.name} is gone from {home}" in result.stderr
    restored = tmp_path / "restored"
    assert communique("restore", str(to), home=restored).returncode == 0
    assert communique("mirror", "verify", home=restored).returncode == 0


def test_a_file_missing_from_the_log_is_kept_in_the_backup_and_reported(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with archived_home(home, 150):
        pass
    to, tile = tmp_path / "to", home / "archive/log/tile/entries/000"
    assert communique("backup", str(to), home=home).returncode == 0
    content = tile.read_bytes()
    tile.unlink()
    result = communique("backup", str(to), home=home)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert f"1 file of the log missing from {home}" in line
    assert "archive/log/tile/entries/000" in line
    assert "restore them from this backup" in line
    restored = tmp_path / "restored"
    assert communique("restore", str(to), home=restored).returncode == 0
    assert (restored / "archive/log/tile/entries/000").read_bytes() == content
    assert communique("mirror", "verify", home=restored).returncode == 0

    anew = communique("backup", str(tmp_path / "anew"), home=home)
    assert anew.returncode == 1
    assert "restore them from another copy of the log" in anew.stderr
    assert (tmp_path / "anew/archive/log/tile/0/000").exists(), "all else is copied"


def test_records_removed_from_the_archive_are_removed_from_the_backup(
    home: Path, to: Path, tmp_path: Path
) -> None:
    before = {path.name for path in (to / "archive").glob("communique-*.warc.gz")}
    assert communique("mirror", "prune", "--days", "1", home=home).returncode == 0
    result = communique("backup", str(to), home=home)
    assert (result.returncode, result.stderr) == (0, "")
    assert not before & {path.name for path in (to / "archive").glob("communique-*.warc.gz")}
    restored = tmp_path / "restored"
    assert communique("restore", str(to), home=restored).returncode == 0
    verified = communique("mirror", "verify", home=restored)
    assert (verified.returncode, verified.stderr) == (0, "")


@pytest.mark.parametrize("fixture", ["lay_tables", "lay_captures"])
def test_a_store_of_an_earlier_version_is_copied_as_it_is(fixture: str, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", "http://harbour.example/")
    schemas = Path(__file__).parents[2] / "data" / "store" / "sqlite" / "schemas"
    content = gzip.decompress((schemas / f"{fixture}.db.gz").read_bytes())
    (home / "communique.db").write_bytes(content)
    told = json.loads(communique("backup", str(tmp_path / "to"), "--json", home=home).stdout)
    assert told["schema"] == fixture
    assert (home / "communique.db").read_bytes() == content
    restored = tmp_path / "restored"
    assert communique("restore", str(tmp_path / "to"), home=restored).returncode == 0
    assert exported(restored) == exported(home) != ""


def test_an_unreadable_folder_is_not_left_out(home: Path, tmp_path: Path) -> None:
    unreadable = home / "archive" / "log" / "checkpoints"
    unreadable.mkdir(exist_ok=True)
    unreadable.chmod(0)
    result = without_rights("backup", str(tmp_path / "copy"), home=home)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert str(unreadable) in line
    unreadable.chmod(0o700)


def test_a_home_without_a_store_or_an_archive_is_backed_up(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", "http://harbour.example/")
    assert communique("backup", str(tmp_path / "to"), home=home).returncode == 0
    assert communique("restore", str(tmp_path / "to"), home=tmp_path / "r").returncode == 0
    assert kept_files(tmp_path / "r") == kept_files(home)


def test_a_postgresql_store_is_dumped_and_restored(
    tmp_path: Path, postgres_server: PostgresServer
) -> None:
    urls = [postgres_server.url(postgres_server.create()) for _ in range(2)]
    home, restored = tmp_path / "home", tmp_path / "restored"
    with served() as room:
        room.page("/news/", listing_html([1, 2, 3]))
        for number in (1, 2, 3):
            room.page(f"/news/{number}.html", release_html(number))
        make_home(home, f"{room.base}/news/")
        with (home / "communique.toml").open("a") as settings:
            settings.write(f'\n[store]\nurl = "{urls[0]}"\n')
        assert communique("collect", home=home).returncode == 0
        assert communique("publish", home=home).returncode == 0
    made = communique("backup", str(tmp_path / "to"), home=home)
    assert (made.returncode, made.stderr) == (0, "")
    result = communique("restore", str(tmp_path / "to"), home=restored)
    assert result.returncode == 0
    dump = restored / "store.dump"
    assert "restore it into an empty database" in result.stderr
    assert PASSWORD not in result.stderr
    subprocess.run(["pg_restore", "--no-owner", f"--dbname={urls[1]}", str(dump)], check=True)  # noqa: S603, S607 - of PostgreSQL
    for command in (["publish", "--all"], ["mirror", "verify"], ["export"]):
        refused = communique(*command, home=restored)
        assert refused.returncode == 1
        assert "the store of " in refused.stderr
    assert "store.dump" in communique("doctor", home=restored).stdout
    dump.unlink()
    text = (restored / "communique.toml").read_text()
    (restored / "communique.toml").write_text(text.replace(urls[0], urls[1]))
    assert exported(restored) == exported(home) != ""
    verified = communique("mirror", "verify", home=restored)
    assert (verified.returncode, verified.stderr) == (0, "")
    assert communique("publish", "--all", home=restored).returncode == 0


def test_links_are_followed_and_special_files_are_left_out(home: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "pier.toml").write_text(SOURCE)
    (home / "sources" / "pier.toml").symlink_to(elsewhere / "pier.toml")
    (elsewhere / "back").symlink_to(elsewhere)
    (home / "notes").symlink_to(elsewhere)
    (home / "gone.toml").symlink_to(elsewhere / "gone")
    os.mkfifo(home / "pipe")
    assert communique("backup", str(tmp_path / "to"), home=home).returncode == 0
    restored = tmp_path / "restored"
    assert communique("restore", str(tmp_path / "to"), home=restored).returncode == 0
    assert (restored / "sources" / "pier.toml").read_text() == SOURCE
    assert (restored / "notes" / "pier.toml").read_text() == SOURCE
    assert not (restored / "gone.toml").exists()
    assert not (restored / "pipe").exists()


def test_a_full_disk_is_reported_and_the_next_backup_continues(home: Path, tmp_path: Path) -> None:
    small = tmp_path / "small"
    with mounted(small, "300k"):
        told = refused("backup", str(small), home=home)
        assert told.startswith(f"the backup in {small} was not finished (")
        assert "the disk is full" in told
        remount(small, "size=30m")
        assert communique("backup", str(small), home=home).returncode == 0
        restored = tmp_path / "restored"
        assert communique("restore", str(small), home=restored).returncode == 0
        assert exported(restored) == exported(home)


def test_a_read_only_target_is_reported(home: Path, to: Path, tmp_path: Path) -> None:
    place = tmp_path / "fixed"
    with mounted(place, "30m"):
        shutil.copytree(to, place / "to")
        remount(place, "ro")
        for folder in (place / "new", place / "to"):
            assert "Read-only file system" in refused("backup", str(folder), home=home)
        assert "Read-only file system" in refused("restore", str(to), home=place / "home")
        # A backup may be on a read-only disk.
        restored = communique("restore", str(place / "to"), home=tmp_path / "restored")
        assert restored.returncode == 0


def test_a_read_only_home_is_backed_up(home: Path, tmp_path: Path) -> None:
    place = tmp_path / "fixed"
    with mounted(place, "30m"):
        shutil.copytree(home, place / "home")
        remount(place, "ro")
        result = communique("backup", str(tmp_path / "to"), home=place / "home")
        assert (result.returncode, result.stderr) == (0, "")
    restored = tmp_path / "restored"
    assert communique("restore", str(tmp_path / "to"), home=restored).returncode == 0
    assert exported(restored) == exported(home)
