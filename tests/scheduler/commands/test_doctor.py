"""`communique doctor` reports problems of a home directory with fixes, and changes nothing."""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from data.access.request_keys import RequestKeys
from data.archive.warc.warc_file import own_files
from data.clock import utc_now
from data.models import Run, Source
from data.store.open import open_store
from data.store.shared_sql.events import ALERTS, SEARCH_INDEX
from scheduler.home.backup.archive_files import log_state
from scheduler.home.doctor.archive import check_captures
from scheduler.home.doctor.files import (
    check_scans,
    check_screenshots,
    check_settings,
    check_sources,
)
from scheduler.home.doctor.finding import Examination
from scheduler.home.errors import UNFINISHED_RESTORE_FILE
from scheduler.home.home import home_at
from tests.command import communique, make_home, without_rights
from tests.postgres_server import PASSWORD, PostgresServer

SITE = '[site]\nurl = "https://ours.example"\n'
CONTACT = '[network]\ncontact = "desk@ours.example"\n'


@pytest.fixture(scope="module")
def made(archived: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home directory without faults, except that its disk may have little room."""
    home = tmp_path_factory.mktemp("made") / "home"
    shutil.copytree(archived, home)
    (home / "communique.toml").write_text(CONTACT)
    assert communique("mirror", "verify", home=home).returncode == 0
    return home


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "home"))


def examined(home: Path) -> dict[str, Any]:
    """The report of the doctor as JSON."""
    result = communique("doctor", "--json", home=home)
    assert result.stderr == ""
    told = json.loads(result.stdout)
    assert result.returncode == (1 if told["errors"] else 0)
    return dict(told)


def found(home: Path, check: str, level: str) -> Iterator[str]:
    """The texts and fixes of the findings of one check and level."""
    for one in examined(home)["checks"]:
        if (one["check"], one["level"]) == (check, level):
            yield f"{one['text']}: {one['fix']}"


def state_of(home: Path) -> dict[str, tuple[bytes, int]]:
    """All files of a home directory but those that SQLite writes for readers of a store."""
    return {
        path.relative_to(home).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in home.rglob("*")
        if path.is_file() and not path.name.startswith("communique.db-")
    }


def test_a_healthy_home_has_no_errors_and_is_not_changed(home: Path) -> None:
    before = state_of(home)
    result = communique("doctor", home=home)
    assert (result.returncode, result.stderr) == (0, "")
    *lines, last = result.stdout.splitlines()
    assert last.startswith("0 errors, ")
    told = {line.split()[1] for line in lines}
    assert told == {
        *("settings", "permissions", "disk", "versions", "store", "clock", "log", "archive"),
        *("verification", "locks", "leftovers", "topics", "sources", "watches"),
        *("searches", "tokens", "signatures"),
    }
    assert {line.split()[1] for line in lines if not line.startswith("ok ")} <= {"disk"}
    assert state_of(home) == before


def test_invalid_files_are_errors(home: Path) -> None:
    (home / "communique.toml").write_text("[site]\nportt = 1\n")
    (home / "topics.toml").write_text("= 3")
    for folder in ("sources", "watches", "tokens"):
        (home / folder).mkdir()
        (home / folder / "pier.toml").write_text("nmae = 1\n")
    told = examined(home)
    errors = [one for one in told["checks"] if one["level"] == "error"]
    assert [one["check"] for one in errors] == [
        *("settings", "topics", "sources", "watches", "tokens")
    ]
    assert "portt" in errors[0]["text"]
    assert all(one["fix"] for one in errors)


def test_a_source_with_an_unknown_proxy_is_an_error(home: Path) -> None:
    file = home / "sources" / "pier.toml"
    file.parent.mkdir()
    file.write_text(
        'name = "Pier"\nurl = "https://pier.example/"\ntimezone = "UTC"\nproxy = "eu"\n'
    )
    (error, _) = check_sources(Examination(home_at(home)))
    assert (error.level, "no proxy named 'eu'" in error.text) == ("error", True)
    checked = communique("sources", "check", "pier", home=home)
    assert (checked.returncode, "proxy: no proxy named 'eu'" in checked.stderr) == (2, True)


def test_a_watch_without_an_output_is_a_warning(home: Path) -> None:
    (home / "watches").mkdir()
    (home / "watches" / "mute.toml").write_text('name = "Mute"\n')
    (home / "watches" / "fed.toml").write_text(
        'name = "Fed"\n[feed]\ntoken = "0123456789abcdef0123"\n'
    )
    (warning,) = found(home, "watches", "warning")
    assert warning.startswith("the watch mute has no output")
    assert [*found(home, "watches", "ok")] == ["1 watch is valid: "]


def test_missing_programs_for_scans_are_a_warning_if_a_source_needs_them(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examination = Examination(home_at(home))
    monkeypatch.setenv("PATH", str(home))
    assert [*check_scans(examination)] == []
    (home / "communique.toml").write_text('[archive]\nattachment_text = "scans"\n' + CONTACT)
    (finding,) = check_scans(Examination(home_at(home)))
    assert (finding.check, finding.level) == ("scans", "warning")
    assert "tesseract, pdftoppm" in finding.text
    assert finding.fix


def test_a_missing_browser_is_a_warning_if_screenshots_are_wanted(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(home))
    assert [*check_screenshots(Examination(home_at(home)))] == []
    (home / "communique.toml").write_text("[archive]\nscreenshots = true\n" + CONTACT)
    (finding,) = check_screenshots(Examination(home_at(home)))
    assert (finding.check, finding.level) == ("screenshots", "warning")
    assert "archive.screenshots" in finding.fix


def test_secrets_that_other_users_can_read_are_warnings(home: Path) -> None:
    (home / "communique.toml").write_text('[alerts]\nsmtp_password = "x"\n' + CONTACT)
    (home / "communique.toml").chmod(0o640)
    (home / "log.key").chmod(0o644)
    home.chmod(0o755)
    told = [*found(home, "permissions", "warning")]
    assert [one.rpartition(": ")[2] for one in told] == [
        f"chmod go= {home}/communique.toml",
        f"chmod go= {home}/log.key",
    ]
    home.chmod(0o700)
    assert [*found(home, "permissions", "warning")] == []
    home.chmod(0o777)
    (told_error,) = found(home, "permissions", "error")
    assert told_error.endswith(f": chmod o-w {home}")


def test_the_password_of_a_proxy_that_other_users_can_read_is_a_warning(home: Path) -> None:
    proxies = '[network.proxies]\neu = "http://desk:s3cret@192.0.2.7:3128"\n'
    (home / "communique.toml").write_text(proxies + CONTACT)
    (home / "communique.toml").chmod(0o640)
    home.chmod(0o755)
    assert any("communique.toml" in one for one in found(home, "permissions", "warning"))


def test_a_password_from_the_environment_is_not_in_communique_toml(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMMUNIQUE_NETWORK__PROXIES", '{eu = "http://desk:s3cret@192.0.2.7:3128"}')
    (home / "communique.toml").chmod(0o640)
    home.chmod(0o755)
    assert not any("communique.toml" in one for one in found(home, "permissions", "warning"))


def test_the_file_of_a_secret_that_other_users_can_read_is_a_warning(home: Path) -> None:
    (home / "password").write_text("x")
    (home / "password").chmod(0o644)
    (home / "communique.toml").write_text('[alerts]\nsmtp_password_file = "password"\n' + CONTACT)
    (told,) = found(home, "permissions", "warning")
    assert told.endswith(f": chmod go= {home}/password")


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "it is missing or empty"),
        (b"Dear reader, " * 999, "file is not a database"),
        (None, "malformed"),
    ],
)
def test_an_unusable_store_is_an_error(content: bytes | None, cause: str, home: Path) -> None:
    (home / "site" / "feeds").mkdir(parents=True)
    whole = (home / "communique.db").read_bytes()
    for name in ("communique.db-wal", "communique.db-shm"):
        (home / name).unlink(missing_ok=True)
    (home / "communique.db").write_bytes(
        whole[: len(whole) // 2 // 4096 * 4096] if content is None else content
    )
    (told,) = found(home, "store", "error")
    assert cause in told
    assert "communique restore" in told


def test_a_store_that_only_its_owner_can_read_is_an_error(home: Path, tmp_path: Path) -> None:
    (home / "communique.db").chmod(0)
    result = without_rights("doctor", home=home)
    assert result.returncode == 1
    assert f"{home}/communique.db can't be read: run Communique as the owner of" in result.stdout
    result = without_rights("backup", str(tmp_path / "copy"), home=home)
    assert result.returncode == 1
    assert f"{home}/communique.db: Permission denied" in result.stderr


def test_stores_of_other_versions_are_reported(home: Path, tmp_path: Path) -> None:
    schemas = Path(__file__).parents[2] / "data" / "store" / "sqlite" / "schemas"
    old = make_home(tmp_path / "old", "http://harbour.example/")
    content = gzip.decompress((schemas / "lay_captures.db.gz").read_bytes())
    (old / "communique.db").write_bytes(content)
    (told,) = found(old, "store", "warning")
    assert "its schema is of an earlier version" in told
    assert "communique backup" in told
    assert (old / "communique.db").read_bytes() == content
    with closing(sqlite3.connect(home / "communique.db")) as db, db:
        db.execute(
            "UPDATE _sqlite_migrations SET name = 'lay_tomorrow' WHERE name LIKE '%prefixes'"
        )
    (told,) = found(home, "store", "error")
    assert "it was written by a newer version of Communique" in told


def test_the_check_of_signatures_creates_no_key_in_the_database(
    tmp_path: Path, postgres_url: str
) -> None:
    home = make_home(tmp_path / "node", "http://harbour.example/")
    settings = f'[store]\nurl = "{postgres_url}"\n{CONTACT}sign = true\n{SITE}'
    (home / "communique.toml").write_text(settings)
    (home / "communique.toml").chmod(0o600)
    with closing(open_store(postgres_url)):
        pass
    (told,) = found(home, "signatures", "ok")
    assert "the first visit creates the key" in told
    assert not RequestKeys(home / "bot.key", postgres_url).exist()


def test_a_store_in_postgresql_is_checked(tmp_path: Path, postgres_server: PostgresServer) -> None:
    home = make_home(tmp_path / "node", "http://harbour.example/")
    name = postgres_server.create()
    url = postgres_server.url(name)
    (home / "communique.toml").write_text(f'[store]\nurl = "{url}"\n{CONTACT}')
    (home / "communique.toml").chmod(0o600)
    (told,) = found(home, "store", "ok")
    assert "PostgreSQL" in told
    assert "it has no store yet" in told
    assert PASSWORD not in told
    with closing(open_store(url)):
        pass
    (told,) = found(home, "store", "ok")
    assert "it has a store" in told
    with closing(psycopg.connect(url)) as db, db:
        db.execute("INSERT INTO communique_migrations (name) VALUES ('tomorrow')")
    (told,) = found(home, "store", "error")
    assert "it was written by a newer version of Communique" in told
    (home / "communique.toml").write_text(f'[store]\nurl = "{url}x"\n{CONTACT}')
    (told,) = found(home, "store", "error")
    assert "it does not exist: create it" in told


def test_a_key_of_a_log_without_the_beginning_of_the_log_is_an_error(
    home: Path, tmp_path: Path, postgres_server: PostgresServer
) -> None:
    url = postgres_server.url(postgres_server.create())
    assert communique("migrate", "--to", url, home=home).returncode == 0
    there = tmp_path / "there"
    there.mkdir()
    for one in (home, there):
        (one / "communique.toml").write_text(
            f'[store]\nurl = "{url}"\n[run]\nexecutor = "procrastinate"\n{CONTACT}'
        )
    shutil.copy(home / "log.key", there)
    assert not [*found(home, "log", "error")]
    (home / "verified.json").unlink()
    (told,) = found(home, "verification", "ok")
    assert "the archives of all machines together" in told
    (told,) = found(there, "log", "error")
    assert "copy the folder archive/log from the machine that signed last" in told


def test_missing_records_and_keys_of_the_archive_are_errors(home: Path) -> None:
    (growing,) = (home / "archive").glob("*.warc.gz.open")
    os.truncate(growing, growing.stat().st_size // 2)
    (home / "log.key").unlink()
    assert any("records in archive/" in one for one in found(home, "archive", "error"))
    (told,) = found(home, "log", "error")
    assert "the key of the log is missing; restore it from a copy" in told


def test_a_file_that_is_finished_during_the_check_has_all_its_records(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (growing,) = (home / "archive").glob("*.warc.gz.open")

    def listed(folder: Path) -> list[Path]:
        """List the files of an archive just before a writer finishes one."""
        found = own_files(folder)
        growing.rename(growing.with_suffix(""))
        return found

    examination = Examination(home_at(home))
    state = log_state(home, wait=False)
    assert examination.stored
    monkeypatch.setattr("scheduler.home.doctor.archive.own_files", listed)
    assert list(check_captures(examination.home, state, examination.stored)) == []


def test_a_missing_archive_is_an_error(home: Path) -> None:
    (home / "archive").rename(home.with_name("away"))
    (told,) = found(home, "archive", "error")
    assert f"{home}/archive is missing" in told


@pytest.mark.parametrize("name", ["archive", "site"])
def test_a_link_or_file_in_place_of_a_folder_is_an_error(
    name: str, home: Path, tmp_path: Path
) -> None:
    if (home / name).exists():
        (home / name).rename(tmp_path / "away")
    (home / name).symlink_to(tmp_path / "unmounted")
    (told,) = found(home, "permissions", "error")
    assert told.startswith(f"{home / name} is a link: its target is missing")
    (home / name).unlink()
    (home / name).touch()
    (told,) = found(home, "permissions", "error")
    assert told.startswith(f"{home / name} must be a folder: ")


def test_a_pipe_instead_of_a_key_or_a_lock_does_not_block(home: Path, tmp_path: Path) -> None:
    (home / "log.key").unlink()
    (home / "locks").mkdir(exist_ok=True)
    for name in ("log.key", "locks/run"):
        (home / name).unlink(missing_ok=True)
        os.mkfifo(home / name)
    (told,) = found(home, "archive", "error")
    assert "log.key: the path is a pipe or a device" in told
    result = communique("backup", str(tmp_path / "copy"), home=home)
    assert result.returncode == 1
    assert "log.key: the path is a pipe or a device" in result.stderr


def test_leftovers_of_a_killed_process_are_warnings(home: Path) -> None:
    (growing,) = (home / "archive").glob("*.warc.gz.open")
    with growing.open("ab") as file:
        file.write(b"\x1f\x8b\x08half")
    left = home / ".communique.toml.0011aabb"
    left.write_text("half")
    os.utime(left, (1, 1))
    (home / ".young.0011aabb").write_text("at work")
    (told,) = found(home, "archive", "warning")
    assert told.startswith(f"{growing.name} ends with 7 bytes that a killed process left")
    (told,) = found(home, "leftovers", "warning")
    assert told.endswith(f"rm -r {left}")


def test_held_locks_are_listed_with_their_holders(home: Path) -> None:
    (home / "locks").mkdir(exist_ok=True)
    (home / "locks" / "publish").write_text("communique publish (process 1)")
    with (home / "locks" / "run").open("w") as file:
        file.write(f"communique run (process {os.getpid()})")
        file.flush()
        fcntl.flock(file, fcntl.LOCK_EX)
        (told,) = found(home, "locks", "ok")
    assert told == f"run: held by communique run (process {os.getpid()}): "
    (told,) = found(home, "locks", "ok")
    assert "`communique run` is not running" in told


def test_a_clock_behind_the_time_of_a_file_is_an_error(home: Path) -> None:
    (home / "sources").mkdir()
    os.utime(home / "sources", (4e9, 4e9))
    (told,) = found(home, "clock", "error")
    assert told.startswith("sources was written at 2096-10-02 07:06 UTC")
    assert "NTP" in told


def test_a_damaged_archive_is_an_error_and_an_unverified_one_a_warning(home: Path) -> None:
    (growing,) = (home / "archive").glob("*.warc.gz.open")
    content = bytearray(growing.read_bytes())
    content[5] ^= 1
    growing.write_bytes(content)
    assert communique("mirror", "verify", home=home).returncode == 1
    (told,) = found(home, "verification", "error")
    assert "1 problem found" in told
    (home / "verified.json").unlink()
    (told,) = found(home, "verification", "warning")
    assert told.endswith(": run `communique mirror verify`")


def test_own_and_bundled_sources_are_counted_separately(home: Path) -> None:
    (home / "sources").mkdir(exist_ok=True)
    (home / "sources/pier.toml").write_text(
        'name = "Pier"\nurl = "http://pier.example/"\ntimezone = "Europe/London"\n'
    )
    (told,) = found(home, "sources", "ok")
    assert told.startswith("1 of your own and 3 bundled sources are valid")


def test_an_unfinished_restore_is_an_error(home: Path) -> None:
    (home / UNFINISHED_RESTORE_FILE).write_text("")
    (told,) = found(home, "leftovers", "error")
    assert "`communique restore`" in told


def test_a_missing_home_is_refused_and_an_empty_one_is_healthy(tmp_path: Path) -> None:
    result = communique("doctor", home=tmp_path / "nowhere")
    assert result.returncode == 2
    assert "there is no HOME at" in result.stderr
    (tmp_path / "empty").mkdir()
    assert examined(tmp_path / "empty")["errors"] == 0
    assert [*(tmp_path / "empty").iterdir()] == []


def test_settings_from_the_environment_are_listed_without_their_values(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMMUNIQUE_NETWORK__CONTACT", "other@ours.example")
    monkeypatch.setenv("COMMUNIQUE_ALERTS__SMTP_PASSWORD", "hunter2")
    _, listed = (one.text for one in check_settings(Examination(home_at(home))))
    assert listed.endswith(
        ": alerts.smtp_password (COMMUNIQUE_ALERTS__SMTP_PASSWORD),"
        " network.contact (COMMUNIQUE_NETWORK__CONTACT)"
    )


def test_settings_that_name_the_file_of_a_secret_are_deprecated(home: Path) -> None:
    (home / "ping").write_text("https://ping.example/one")
    with (home / "communique.toml").open("a") as settings:
        settings.write('\n[health]\nping_file = "ping"\n')
    _, warning = check_settings(Examination(home_at(home)))
    assert (warning.level, warning.text.split()[0]) == ("warning", "health.ping_file")
    assert "COMMUNIQUE_HEALTH__PING_FILE" in str(warning.fix)


def test_visited_sources_without_their_files_are_an_error(home: Path) -> None:
    with closing(open_store(f"sqlite:{home / 'communique.db'}")) as store:
        for name in ("acme", "gone"):
            store.register(Source(name, name, f"https://{name}.example/", "UTC"))
            store.add_run(Run(name, utc_now(), 1.0))
        store.remove_source("gone", at=utc_now(), kept=False)
    (home / "sources").mkdir(exist_ok=True)
    file = home / "sources" / "acme.toml"
    file.write_text('name = "A"\nurl = "https://acme.example/"\ntimezone = "UTC"\n')
    assert [*found(home, "sources", "error")] == []
    shutil.rmtree(home / "sources")
    (told,) = found(home, "sources", "error")
    assert "acme" in told
    assert "gone" not in told


def test_a_consumer_that_fails_or_is_days_behind_is_reported(home: Path) -> None:
    assert [*found(home, "events", "warning")] == []
    with closing(home_at(home).plain_store()) as store:
        store.note_failure(SEARCH_INDEX, ValueError("no room"))
        store.pass_events(ALERTS, 0)
    with closing(sqlite3.connect(home / "communique.db")) as db, db:
        db.execute("UPDATE events SET seen = at - 691200, at = at - 691200 WHERE kind = 'new'")
    # Without a watch, nobody waits for alerts.
    failed, unpublished = found(home, "events", "warning")
    assert failed.startswith("search index failed: ")
    assert unpublished.startswith("publishing ")
    assert "ValueError: no room" in failed
    (home / "watches").mkdir(exist_ok=True)
    (home / "watches" / "ships.toml").write_text('name = "Ships"')
    behind = [one for one in found(home, "events", "warning") if one != failed]
    assert [one.split()[0] for one in behind] == ["alerts", "publishing"]
