"""Tools that archivists use take our archive and our exports as they are, and we take theirs."""

from __future__ import annotations

import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from data.archive.log.tree_log import log_of
from data.export.bagit import write_bag
from data.export.chosen_records import Choice
from data.export.wacz import write_wacz
from data.store.core.store import Store
from tests.archived import PDF, archived_home, page
from tests.command import collect, communique, make_home
from tests.foreign_warc import packed
from tests.ports import free_port
from tests.press_room import Answer, listing_html, release_html, served
from tests.scheduler.commands.test_mirror_import import SITE, archive, imported
from tests.systems.installed import from_pypi
from tests.systems.processes import Absent, answers, running

pytestmark = pytest.mark.integration

OLD = "setuptools<81"
"""The last that has pkg_resources, which these tools import."""

TOLD: dict[str, Any] = {
    "title": "Press",
    "software": "Us",
    "parts_of": lambda _: (),
    "on_progress": print,
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def store(home: Path) -> Iterator[Store]:
    """Releases with an archive of several full files, and one that grows."""
    with archived_home(home, max_file=2000) as opened:
        yield opened


def programs(name: str, *packages: str) -> Path:
    """The folder of programs of some packages; where they can't be installed, the test skips."""
    try:
        return from_pypi(name, *packages, OLD)
    except Absent as error:
        pytest.skip(str(error))


def run(*command: str | Path) -> str:
    """What a program says that must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)  # noqa: S603 - programs that we name
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_wacz_validates_our_packages(store: Store, home: Path, tmp_path: Path) -> None:
    to = tmp_path / "all.wacz"
    with closing(log_of(home)) as log:
        write_wacz(
            store,
            home / "archive",
            to,
            Choice(),
            key=log.key(),
            **TOLD,
        )
    said = run(programs("wacz", "wacz") / "wacz", "validate", "-f", to)
    assert "the passed WACZ is valid" in said


def test_cdxj_indexer_writes_the_same_index(store: Store, home: Path, tmp_path: Path) -> None:
    to = tmp_path / "all.wacz"
    write_wacz(store, home / "archive", to, Choice(), **TOLD)
    with zipfile.ZipFile(to) as package:
        package.extractall(tmp_path)
        ours = package.read("indexes/index.cdx").decode()
    files = sorted((tmp_path / "archive").iterdir())
    theirs = run(programs("cdxj", "cdxj-indexer") / "cdxj-indexer", "-s", *files)
    assert theirs == ours


def test_bagit_validates_our_bags(store: Store, home: Path, tmp_path: Path) -> None:
    to = tmp_path / "bag"
    write_bag(store, home / "archive", to, Choice(), **TOLD)
    validate = programs("bagit", "bagit") / "bagit.py", "--validate", to
    run(*validate)
    # It would not say so of a bag in which a byte is another.
    (first, *_) = sorted(one for one in (to / "data").rglob("*") if one.is_file())
    content = first.read_bytes()
    first.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    done = subprocess.run(validate, capture_output=True, text=True, check=False, timeout=100)  # noqa: S603 - a program that we name
    assert done.returncode == 1
    assert first.name in done.stderr


def test_pywb_serves_the_archive_byte_for_byte(store: Store, home: Path, tmp_path: Path) -> None:
    folder, port = home / "archive", free_port()
    (edited,) = store.find_releases("https://acme.example/news/0", limit=1)
    assert edited.capture
    assert (folder / f"{edited.capture.file}.open").exists()
    (tmp_path / "config.yaml").write_text(
        f"collections:\n  press:\n    index_paths: {folder}\n    archive_paths: {folder}/\n"
    )
    url = f"http://127.0.0.1:{port}/press"
    command = [programs("pywb", "pywb") / "pywb", "-p", str(port), "-b", "127.0.0.1"]
    with running(
        list(map(str, command)), lambda: answers(url), log=tmp_path / "log", folder=tmp_path
    ):
        text = "All that the harbour board of quay 1 said."
        shown = httpx.get(f"{url}/20221125080000id_/https://acme.example/news/1", timeout=60)
        assert shown.headers["memento-datetime"] == "Fri, 25 Nov 2022 08:00:00 GMT"
        assert shown.content == page(1, text)
        last = httpx.get(f"{url}/20221214080000id_/https://acme.example/news/0", timeout=60)
        assert last.headers["memento-datetime"] == "Wed, 14 Dec 2022 08:00:00 GMT"
        assert last.content == page(0, "It was wrong.")
        file = httpx.get(f"{url}/20221214080000id_/https://acme.example/0.pdf", timeout=60)
        assert (file.headers["content-type"], file.content) == ("application/pdf", PDF)


def test_pywb_takes_a_wacz(store: Store, home: Path, tmp_path: Path) -> None:
    to = tmp_path / "all.wacz"
    write_wacz(store, home / "archive", to, Choice(), **TOLD)
    with pywb_of(to, tmp_path) as url:
        shown = httpx.get(f"{url}/20221214080000id_/https://acme.example/news/0", timeout=60)
        assert shown.content == page(0, "It was wrong.")


@contextmanager
def pywb_of(wacz: Path, folder: Path) -> Iterator[str]:
    """The address of a collection of pywb with the records of a WACZ file."""
    found = programs("pywb", "pywb")
    manager = str((found / "wb-manager").absolute())
    for arguments in (("init", "press"), ("add", "--unpack-wacz", "press", str(wacz))):
        done = subprocess.run(  # noqa: S603 - a program that we name
            [manager, *arguments], cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    port = free_port()
    url = f"http://127.0.0.1:{port}/press"
    command = [str(found / "pywb"), "-p", str(port), "-b", "127.0.0.1"]
    with running(command, lambda: answers(url), log=folder / "log", folder=folder):
        yield url


def test_tools_accept_exports_of_one_source_with_page_requisites(tmp_path: Path) -> None:
    """Style sheets, fonts and images of a source's pages, one of them after a redirect."""
    styles = "@import 'deep.css';body{background:url(/moved.png)}"
    files = {
        "/main.css": Answer(styles.encode(), content_type="text/css"),
        "/deep.css": Answer(b"@font-face{src:url(/f.woff2)}", content_type="text/css"),
        "/f.woff2": Answer(b"font", content_type="font/woff2"),
        "/i.jpg": Answer(b"jpeg", content_type="image/jpeg"),
        "/b.png": Answer(b"png", content_type="image/png"),
    }
    html = release_html(1).replace("</p>", "</p><img src=/i.jpg>", 1)
    with served() as room:
        room.page("/news/", listing_html([1]))
        room.page("/news/1.html", html.replace("</head>", "<link rel=stylesheet href=/main.css>"))
        room.answers |= files
        room.answers["/moved.png"] = Answer(status=302, headers={"Location": "/b.png"})
        home = make_home(tmp_path / "home", f"{room.base}/news/")
        assert collect(home)["new"] == 1
        wacz, bag = tmp_path / "harbour.wacz", tmp_path / "bag"
        for kind, to in (("wacz", wacz), ("bagit", bag)):
            words = ("export", "--source", "harbour", "--format", kind, "--to", str(to))
            assert communique("mirror", *words, home=home).returncode == 0
        base = room.base
    assert "the passed WACZ is valid" in run(
        programs("wacz", "wacz") / "wacz", "validate", "-f", wacz
    )
    run(programs("bagit", "bagit") / "bagit.py", "--validate", bag)
    warcs = sorted((bag / "data" / "archive").glob("*.warc.gz"))
    assert warcs
    run(programs("cdxj", "cdxj-indexer") / "warcio", "check", *warcs)
    with pywb_of(wacz, tmp_path) as url:
        for path, answer in files.items():
            shown = httpx.get(f"{url}/2026id_/{base}{path}", timeout=60)
            assert (shown.status_code, shown.content) == (200, answer.body), path
        page_text = httpx.get(f"{url}/2026mp_/{base}/news/1.html", timeout=60).text
        assert "main.css" in page_text


def test_a_wacz_of_another_tool_is_imported(tmp_path: Path) -> None:
    old, to = tmp_path / "old.warc.gz", tmp_path / "old.wacz"
    old.write_bytes(packed(archive([2, 1, 0])))
    run(programs("wacz", "wacz") / "wacz", "create", "-f", old, "-o", to)
    harbour = make_home(tmp_path / "home", f"{SITE}/news/")
    told = imported(harbour, to)
    assert (told["new"], told["changed"], told["records"]) == (3, 1, 8)
