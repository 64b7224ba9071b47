"""`communique migrate` to PostgreSQL and back keeps the published site the same."""

from __future__ import annotations

import datetime as dt
import json
import signal
from contextlib import closing
from pathlib import Path

import pytest

from data.archive.log.shared_log import LeafTable, SharedLog
from data.archive.log.tree_log import log_of
from data.models import Source
from data.store.open import open_store
from scheduler.home.home import home_at
from tests.command import SETTINGS, communique, make_home
from tests.data.archive.log.leaves import leaf_of, leaves_of
from tests.drafts import draft, published
from tests.peer import PATIENCE
from tests.postgres_server import PASSWORD
from tests.press_room import listing_html, release_html, served
from tests.services import home_on, started, until

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
LATER = NOON + dt.timedelta(hours=1)


def made(folder: Path, store: str = "") -> Path:
    """Open a home directory, with its releases in another store if one is given."""
    home = make_home(folder, "http://harbour.example/")
    named = f'[store]\nurl = "{store}"\n' if store else ""
    (home / "communique.toml").write_text(f"{SETTINGS}\n[archive]\nenabled = false\n{named}")
    return home


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home directory with releases, some of them edited, retracted or hidden."""
    home = made(tmp_path / "home")
    with closing(open_store(f"sqlite:{home / 'communique.db'}")) as store:
        store.register(Source("harbour", "Harbour Board", "http://harbour.example/"))
        for number in [*range(60), 3]:
            one = draft(
                f"http://harbour.example/{number}",
                title=f"Pier {number}",
                body_text=f"Ships at pier {number} wait for {number * 7919} pilots."
                + " It was wrong." * (number == 3),
                topics=("transport", f"topic-{number % 3}"),
                published=published(f"2026-02-{number % 28 + 1:02}"),
            )
            store.record(one, seen=NOON, since=NOON)
        ids = [one.id for one in store.by_first_seen(None)]
        store.retract(ids[5], at=LATER)
        store.hide(ids[7], at=LATER, why="It is an advertisement.")
        store.update_search_index()
    return home


def done(home: Path, *arguments: str) -> str:
    """The output of a command that succeeds."""
    result = communique(*arguments, home=home)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def site(home: Path) -> dict[str, bytes]:
    """All files of the published site."""
    folder = home / "site"
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_the_published_site_is_the_same_on_both_stores(
    home: Path, empty_postgres_url: str, tmp_path: Path
) -> None:
    done(home, "publish")
    told = json.loads(done(home, "migrate", "--to", empty_postgres_url, "--json"))
    assert told["rows"]["releases"] == told["written"]["releases"] == told["searchable"] == 60
    there, back = made(tmp_path / "there", empty_postgres_url), made(tmp_path / "back")
    done(there, "publish", "--all")
    before = site(home)
    assert len([name for name in before if name.startswith("feeds/")]) > 30
    assert site(there) == before
    found = json.loads(done(there, "search", "wrong", "--json"))["releases"]
    assert [one["url"] for one in found] == ["http://harbour.example/3"]
    said = done(
        back, "migrate", "--from", empty_postgres_url, "--to", f"sqlite:{back}/communique.db"
    )
    assert f"sqlite:{back}/communique.db: 60 releases" in said
    assert PASSWORD not in said
    done(back, "publish", "--all")
    assert site(back) == before


def test_a_store_outside_of_home_is_migrated(
    home: Path, empty_postgres_url: str, tmp_path: Path
) -> None:
    done(home, "migrate", "--to", empty_postgres_url)
    there = made(tmp_path / "there", empty_postgres_url)
    done(there, "migrate", "--to", f"sqlite:{tmp_path}/copy.db")
    again = done(there, "migrate", "--to", f"sqlite:{tmp_path}/copy.db")
    assert again.rstrip().endswith("0 new")


@pytest.mark.thorough
def test_the_log_continues_in_the_database_for_any_first_writer(
    home: Path, empty_postgres_url: str
) -> None:
    alone = log_of(home)
    alone.append(*leaves_of("a", 3))
    alone.integrate()
    alone.close()
    written = f"sqlite:{home.parent}/{home.name}/../{home.name}/communique.db"
    done(home, "migrate", "--from", written, "--to", empty_postgres_url)
    worker = SharedLog(
        home / "elsewhere/log",
        home / "elsewhere/log.key",
        LeafTable(empty_postgres_url),
        signs=False,
    )
    assert worker.append(leaf_of("b")) == 3


def test_the_log_returns_with_the_last_leaves_of_workers(
    empty_postgres_url: str, tmp_path: Path
) -> None:
    there = made(tmp_path / "there", empty_postgres_url)
    open_store(empty_postgres_url).close()
    with closing(home_at(there).shared_log(signs=True)) as log:
        log.append(*leaves_of("a", 3))
        log.seal(lambda: None)
    folder = tmp_path / "worker"
    worker = SharedLog(
        folder / "log", folder / "log.key", LeafTable(empty_postgres_url), signs=False
    )
    with closing(worker):
        worker.append(leaf_of("b"))
        worker.seal(lambda: None)
    done(there, "migrate", "--to", f"sqlite:{there}/communique.db")
    with closing(log_of(there)) as alone:
        assert alone.end() == 4


def test_a_store_is_not_migrated_while_a_service_uses_it(home: Path, tmp_path: Path) -> None:
    elsewhere = f"sqlite:{tmp_path}/copy.db"
    (tmp_path / "link").symlink_to(home)
    with home_at(home).lock("run", "communique run"):
        for named in ((), ("--from", f"sqlite:{tmp_path}/link/communique.db")):
            refused = communique("migrate", *named, "--to", elsewhere, home=home)
            assert refused.returncode == 1
            assert "is in use by communique run" in refused.stderr
    assert not (tmp_path / "copy.db").exists()
    done(home, "migrate", "--to", elsewhere)


@pytest.mark.thorough
def test_other_spellings_of_the_url_of_home_are_recognized(
    home: Path, empty_postgres_url: str, tmp_path: Path
) -> None:
    done(home, "migrate", "--to", empty_postgres_url)
    there = make_home(tmp_path / "there", "http://harbour.example/")
    with (there / "communique.toml").open("a") as settings:
        settings.write(f'[store]\nurl = "{empty_postgres_url}"\n')
    elsewhere = f"sqlite:{tmp_path}/copy.db"
    written = f"{empty_postgres_url}?application_name=press".replace("127.0.0.1", "localhost")
    with home_at(there).lock("run", "communique run"):
        refused = communique("migrate", "--from", written, "--to", elsewhere, home=there)
    assert refused.returncode == 1
    assert "is in use by communique run" in refused.stderr
    done(there, "migrate", "--from", written, "--to", elsewhere)


def test_a_database_is_not_migrated_while_a_worker_uses_it(
    empty_postgres_url: str, tmp_path: Path
) -> None:
    back = f"sqlite:{tmp_path}/back.db"
    with served() as room:
        room.page("/news/", listing_html([1]))
        room.page("/news/1.html", release_html(1))
        home = home_on(tmp_path / "service", empty_postgres_url, room)
        with started("worker", home_on(tmp_path / "worker", empty_postgres_url)) as (
            worker,
            its_log,
        ):
            with started("run", home) as (service, log):
                until(its_log, "visited")
                service.send_signal(signal.SIGTERM)
                until(log, "stopping")
                assert service.wait(PATIENCE) == 0
            refused = communique("migrate", "--to", back, home=home)
            worker.send_signal(signal.SIGTERM)
            until(its_log, "stopping")
            assert worker.wait(PATIENCE) == 0
    assert refused.returncode == 1
    assert "services or workers of Communique use it: stop them all" in refused.stderr
    done(home, "migrate", "--to", back)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--to", "mysql://me:sesame@there/db"], "unknown kind of store"),
        (["--to", "postgresql://me:sesame@127.0.0.1:1/db"], "it can't be reached"),
        (["--to", "postgresql://me:sesame@[::/db"], "the store "),
        (["--from", "postgresql://me:sesame@127.0.0.1:1/db", "--to", "sqlite:x.db"], "reached"),
        (["--from", "sqlite:/nowhere/at/all.db", "--to", "sqlite:x.db"], "no store exists"),
        (["--from", "sqlite:{home}/communique.toml", "--to", "sqlite:x.db"], "not a database"),
        (["--to", "sqlite:{home}/communique.toml"], "not a database"),
        (["--to", "sqlite:{home}/communique.db"], "the same store"),
    ],
)
def test_an_unusable_store_url_is_reported_without_its_secrets(
    home: Path, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    before = (home / "communique.db").read_bytes()
    asked = [
        one.replace("{home}", str(home)).replace(":x.db", f":{tmp_path}/x.db") for one in arguments
    ]
    result = communique("migrate", *asked, home=home)
    assert result.returncode == 1
    assert sentence in result.stderr
    assert "sesame" not in result.stderr + result.stdout
    assert "Traceback" not in result.stderr
    assert (home / "communique.db").read_bytes() == before
