"""A fork server: commands of tests are real processes, and import Scrapy once for all of them.

A process that has imported everything forks for each command, and for the crawls that a command
starts: 0.05 seconds of a processor in place of 1.3 each. Tests of how the interpreter itself is
started (tests.command.COMMUNIQUE) run without it.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import mimetypes
import os
import selectors
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import msgspec

# This import searches all loaded modules, so it saves 0.2 s to import it before ours.
from scrapy.core.downloader import contextfactory  # noqa: F401
from scrapy.settings import default_settings

from data.clock import utc_now
from data.dates.context import DateContext
from data.health.activity import public_holidays
from data.network.hosts import site_of
from data.text.words import without_counters
from data.topics.taxonomy import load_taxonomy
from feeds.pages.renderer import environment
from feeds.translations import texts_of
from scheduler.children.crawl_lines import CrawlStart, VisitJob
from scheduler.home.home import open_home
from scheduler.home.home_publication import publish_home
from spiders.barriers import barrier_to_listing
from spiders.extract.page_values import extract
from spiders.page.page import Page
from spiders.release.headline_text import is_credit_line
from spiders.sources.source_file import load_sources, program_digest
from tests import fork_client
from tests.drafts import draft

ROOT = Path(__file__).resolve().parents[1]

COMMANDS = [*(ROOT / "scheduler/commands").rglob("[!_]*.py")]

IMPORTED = (
    *(".".join(path.relative_to(ROOT).with_suffix("").parts) for path in COMMANDS),
    "scheduler.__main__", "data.store.sqlite.store", "spiders.crawl.visits.spider",
    "spiders.download.middlewares", "spiders.download.proxy", "spiders.download.robots",
    *(path.rpartition(".")[0] for path in default_settings.DOWNLOADER_MIDDLEWARES_BASE),
    *(path.rpartition(".")[0] for path in default_settings.SPIDER_MIDDLEWARES_BASE),
    "scrapy.extensions.throttle", "scrapy.logformatter", "scrapy.statscollectors", "_strptime",
    "encodings.charmap", "rich._emoji_codes", "tzdata",
)  # fmt: skip
"""What is imported before the first fork: commands, and what crawls import late."""

SENTENCE = "The board counts ships, and so do the pilots, says the harbour master. "


SOURCE = 'name = "Pier"\nurl = "http://127.0.0.1/"\ntimezone = "UTC"\n'


@functools.cache
def forking_python() -> str:
    """The path of what runs as Python does, by a server that ends with this process."""
    folder = Path(tempfile.mkdtemp(prefix="fork-"))
    python, address = folder / "python", folder / "socket"
    client = f"{sys.executable} -I -S {fork_client.__file__} {address} {sys.executable}"
    python.write_text(f'#!/bin/sh\nexec {client} "$@"\n')
    python.chmod(0o755)
    server = subprocess.Popen(  # noqa: S603 - this module
        [sys.executable, "-m", "tests.fork_server", str(address), str(python)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        # What numpy computes with would otherwise start threads, and threads are not forked.
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
    )
    assert server.stdout is not None
    assert server.stdout.read(1), "the fork server did not start"
    atexit.register(_end, server, folder)
    return str(python)


def forked(arguments: list[str], streams: tuple[int, int, int]) -> fork_client.Forked:
    """A process that runs a module, by a server that ends with this process."""
    address = Path(forking_python()).with_name("socket")
    return fork_client.Forked(str(address), arguments, streams)


def _end(server: subprocess.Popen[bytes], folder: Path) -> None:
    server.communicate()
    shutil.rmtree(folder)


class Server:
    """Forks for one client after the other; in each new process ``serve`` returns."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._running: dict[int, socket.socket] = {}
        self._ended, self._wakes = socket.socketpair()
        for one in (self._ended, self._wakes):
            one.setblocking(False)  # noqa: FBT003 - as it is named there
        self._selector = selectors.DefaultSelector()
        for watched in (listener, self._ended, sys.stdin):
            self._selector.register(watched, selectors.EVENT_READ)

    def serve(self) -> list[str]:
        """The module and arguments of a process that was forked; empty at the server's own end."""
        signal.set_wakeup_fd(self._wakes.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is sys.stdin:
                    self._kill(*self._running)
                    return []
                if key.fileobj is self._ended:
                    self._reap()
                elif key.fileobj is not self._listener:
                    # The shadow was killed, and so is what it stands for.
                    self._selector.unregister(key.fileobj)
                    self._kill(*(p for p, client in self._running.items() if client is key.fileobj))
                elif arguments := self._fork():
                    return arguments

    @staticmethod
    def _kill(*processes: int) -> None:
        for process in processes:
            os.kill(process, signal.SIGKILL)

    def _reap(self) -> None:
        with suppress(BlockingIOError):
            self._ended.recv(1024)
        for process in tuple(self._running):
            ended, status = os.waitpid(process, os.WNOHANG)
            if ended:
                client = self._running.pop(process)
                with suppress(KeyError):
                    self._selector.unregister(client)
                with suppress(OSError):
                    client.sendall(struct.pack("!i", status))
                client.close()

    def _fork(self) -> list[str]:
        client, _ = self._listener.accept()
        size, streams, _, _ = socket.recv_fds(client, 4, 3)
        length = int.from_bytes(size, "big")
        said = client.recv(length, socket.MSG_WAITALL) if length else b""
        if not said or len(said) < length:
            # The client was killed during its request.
            client.close()
            for stream in streams:
                os.close(stream)
            return []
        folder, count, *words = map(os.fsdecode, said.split(b"\0"))
        process = os.fork()
        if process:
            # Who asked may have been killed meanwhile: then the selector tells it.
            with suppress(OSError):
                client.sendall(struct.pack("!i", process))
            self._running[process] = client
            self._selector.register(client, selectors.EVENT_READ)
            for stream in streams:
                os.close(stream)
            return []
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._selector.close()
        for one in (self._listener, self._ended, self._wakes, client, *self._running.values()):
            one.close()
        os.setsid()
        for place, stream in enumerate(streams):
            os.dup2(stream, place)
            os.close(stream)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(dict(word.split("=", 1) for word in words[int(count) :]))
        # What was read of the server's own environment.
        tempfile.tempdir = None
        time.tzset()
        return words[: int(count)]


def main() -> None:
    """Serve until standard input closes; in a forked process run what was asked for."""
    address, python = sys.argv[1:]
    gc.disable()
    for name in (*fork_client.SERVED, *IMPORTED):
        importlib.import_module(name)
    _fill_caches()
    gc.collect()
    gc.freeze()
    gc.enable()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(64)
        sys.stdout.buffer.write(b"+")
        sys.stdout.flush()
        asked = Server(listener).serve()
    if asked:
        module, *arguments = asked
        sys.argv, sys.executable = [module, *arguments], python
        _run("scheduler.__main__" if module == "scheduler" else module)


def _fill_caches() -> None:
    """Load what the first page, home directory and site need, such as models and templates."""
    page = f"<h1>Pier</h1><p>2 March 2026</p><p>{SENTENCE * 9}</p>".encode()
    row = '<li>{0} May 2026 <a href="/{0}.html">Pier {0} is open</a>'
    listing = "".join(map(row.format, range(1, 6))).encode()
    context = DateContext("UTC", now=utc_now())
    extract("", Page("http://127.0.0.1/", page), context, "release")
    extract("", Page("http://127.0.0.1/", listing), context, "listing")
    without_counters("Read 7 times")
    load_taxonomy().matcher("en")
    for line in (CrawlStart(""), VisitJob("")):
        msgspec.json.decode(msgspec.json.encode(line), type=type(line))
    program_digest()
    is_credit_line("2 March 2026")
    barrier_to_listing(Page("http://127.0.0.1/", b"<h1>Pier</h1>"))
    mimetypes.guess_type("http://127.0.0.1/pier.html")
    site_of("http://127.0.0.1/")
    public_holidays("NO", 2026)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "communique.toml").write_text("[network]\nallow_private = true\n")
        home = open_home(Path(folder))
        home.sources.mkdir()
        (home.sources / "pier.toml").write_text(SOURCE)
        with closing(home.store()) as store:
            store.register(load_sources(home.sources)[0]["pier"].source)
            store.record(draft(source="pier"), seen=utc_now(), since=utc_now())
        publish_home(home)
    texts = texts_of("en")
    for name in environment(texts).list_templates(["html"]):
        environment(texts).get_template(name)


def _run(module: str) -> None:
    """Run a module, or a program after ``-c``, and end as Python does, but without freeing all."""
    try:
        if module == "-c":
            exec(sys.argv.pop(1), {"__name__": "__main__"})  # noqa: S102 - a test's own program
            raise SystemExit  # noqa: TRY301 - as an interpreter does at the end of a program
        code = importlib.import_module(module).main()
    except SystemExit as ended:
        code = ended.code
    # As os._exit does not: threads are waited for, and whoever asked to be told is told.
    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001
    atexit._run_exitfuncs()  # noqa: SLF001
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code or 0)


if __name__ == "__main__":
    main()
