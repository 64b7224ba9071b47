"""What many tests need: a store on a real file, and drafts to put into it."""

from __future__ import annotations

import asyncio
import datetime as dt
import gc
import importlib
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, suppress
from contextvars import ContextVar
from pathlib import Path

import pytest
from hypothesis import settings

# This import searches all loaded modules, so it saves 0.2 s to import it before ours.
from scrapy.core.downloader import contextfactory  # noqa: F401

from data.store.core.store import Store
from data.store.open import open_store
from data.store.sqlite.connection import SqliteConnection
from data.store.sqlite.store import SqliteStore
from scheduler.home.home import Home
from tests.blank_store import blank_store
from tests.feeds.sample_store import close_samples
from tests.fork_server import forking_python
from tests.postgres_server import PostgresServer, missing, postgres_running
from tests.postgres_store import emptied, store_template

# No test depends on its speed. .ci/run uses the second profile (--hypothesis-profile=thorough).
settings.register_profile("quick", deadline=None, max_examples=30)
settings.register_profile("thorough", deadline=None, max_examples=1000)
settings.load_profile("quick")

# A shell that starts the tests in the background has them ignore Ctrl-C, and all that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Tests start many interpreters, which would all compile the same modules.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

MEMORY = Path("/dev/shm")  # noqa: S108 - asked for by what makes temporary folders
ENOUGH = 2 * 2**30
"""Free bytes of a file system in memory; a whole run needs a tenth of them at a time."""


def is_roomy(folder: Path) -> bool:
    """Whether temporary folders can lie here: there is space, and programs in it may run."""
    if not os.access(folder, os.W_OK) or os.statvfs(folder).f_flag & os.ST_NOEXEC:
        return False
    return shutil.disk_usage(folder).free >= ENOUGH


# Publishing, sealing and each commit ask the disk to keep something; memory answers at once.
if "TMPDIR" not in os.environ and is_roomy(MEMORY):
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)

SHARED = Path(__file__).resolve().parents[2] / "shared"


SLOW = ("tests/scheduler/", "tests/integration/", "tests/test_packaging.py", "tests/feeds/")
"""Folders and files with the slowest tests."""


def pytest_xdist_auto_num_workers() -> int | None:
    """Two processes for each processor: tests wait for their servers and child processes."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    return 2 * len(os.sched_getaffinity(0))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the slowest files first, so that no process waits for the last one."""
    items.sort(key=lambda item: not item.nodeid.startswith(SLOW))


def import_share(arguments: Sequence[str], worker: int, workers: int) -> None:
    """Import every nth test module of the folders that pytest was given.

    pytest compiles test modules slowly and writes the result to a file. After a fresh clone, all
    processes would otherwise compile all modules.
    """
    root = Path(__file__).parents[1]
    folders = [Path(argument) for argument in arguments if Path(argument).is_dir()]
    paths = sorted({path.resolve() for folder in folders for path in folder.rglob("test_*.py")})
    for path in paths[worker::workers]:
        # pytest imports a module that failed again, and reports the error.
        with suppress(Exception, pytest.skip.Exception):
            importlib.import_module(".".join(path.relative_to(root).with_suffix("").parts))


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Let the garbage collector pass over what stays to the end: all modules, and all tests."""
    gc.disable()
    if name := os.environ.get("PYTEST_XDIST_WORKER"):
        workers = int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
        import_share(session.config.args, int(name.removeprefix("gw")), workers)
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty store: the test runs on each kind of database."""
    if request.param == "sqlite":
        path = tmp_path / "communique.db"
        path.write_bytes(blank_store())
        return f"sqlite:{path}"
    shared: PostgresServer = request.getfixturevalue("postgres_server")
    return emptied(shared)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An empty store on a real database."""
    with closing(open_store(store_url)) as opened:
        yield opened


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[SqliteStore]:
    """An empty store on a real file."""
    path = tmp_path / "communique.db"
    path.write_bytes(blank_store())
    with closing(SqliteStore(path)) as opened:
        yield opened


@pytest.fixture(scope="module", autouse=True)
def closed_samples() -> Iterator[None]:
    """Close the sample stores of a module after its tests."""
    yield
    close_samples()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL of this process alone: a test may stop it and start it anew."""
    if reason := missing():
        pytest.skip(reason)
    with postgres_running() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of a new database with an empty store."""
    name = postgres_server.create(template=store_template(postgres_server))
    yield postgres_server.url(name)
    postgres_server.drop(name)


@pytest.fixture
def empty_postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of a new database without tables."""
    name = postgres_server.create()
    yield postgres_server.url(name)
    postgres_server.drop(name)


@pytest.fixture
def forked_children(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process fork its children from one that has already imported Scrapy."""
    monkeypatch.setattr(sys, "executable", forking_python())


@pytest.fixture
def shared() -> Path:
    """The folder of real pages beside the project; the test skips where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the folder of real pages, ../shared, is not here")
    return SHARED


@pytest.fixture
def noon() -> dt.datetime:
    """A fixed instant to count from."""
    return dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)


@pytest.fixture
def off_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail each use of an open SQLite store in the thread of an event loop, which would block."""
    opening = ContextVar("opening", default=False)
    plain_store = Home.plain_store

    def opened(home: Home, *, patience: float = 30.0) -> Store:
        token = opening.set(True)
        try:
            return plain_store(home, patience=patience)
        finally:
            opening.reset(token)

    def checked(method: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **more: object) -> object:
            try:
                asyncio.get_running_loop()
            except RuntimeError:
                return method(*args, **more)
            assert opening.get(), "a store is used in the thread of an event loop"
            return method(*args, **more)

        return call

    monkeypatch.setattr(Home, "plain_store", opened)
    for name in ("ask", "writing", "postponed"):
        monkeypatch.setattr(SqliteConnection, name, checked(getattr(SqliteConnection, name)))
