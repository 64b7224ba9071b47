"""Services, workers and press rooms of a benchmark, each a process that is restarted if it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).parents[2]
PINNED = sorted(os.sched_getaffinity(0))
"""Of two processors or more the first is the database's and the hosts', the others ours."""

SETTINGS = """
[network]
allow_private = true
delay = 0.0
[collect]
interval = {interval}
least_interval = {interval}
revisit_most = 1
[site]
port = 0
[archive]
enabled = false
[store]
url = "{url}"
[run]
executor = "{executor}"
"""


def ours() -> set[int]:
    """The processors of services and workers."""
    return set(PINNED[1:] or PINNED)


def theirs() -> set[int]:
    """The processors of the database and the press rooms."""
    return set(PINNED[:1])


class Rooms:
    """The press rooms: addresses and orders."""

    def __init__(self, process: subprocess.Popen[bytes], hosts: int) -> None:
        assert process.stdout
        self.port = int(process.stdout.readline())
        self.addresses = [f"127.9.{n // 250}.{1 + n % 250}" for n in range(hosts)]

    def say(self, order: str = "told") -> dict[str, Any]:
        """Give an order, and take what is counted."""
        url = f"http://127.0.0.1:{self.port}/~{order}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            return dict(json.load(answer))


@contextmanager
def rooms(hosts: int, delay: float) -> Iterator[Rooms]:
    """Press rooms at many addresses."""
    command = [sys.executable, str(Path(__file__).with_name("rooms.py")), str(delay)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        os.sched_setaffinity(process.pid, theirs())
        try:
            yield Rooms(process, hosts)
        finally:
            process.kill()


class Kept:
    """A command that is started again a second after it ended, as systemd would."""

    def __init__(self, command: str, home: Path, processors: Collection[int]) -> None:
        self._processors = processors
        self._command = [sys.executable, "-P", "-m", "scheduler", command, "--home", str(home)]
        self._log = (home / f"{command}.log").open("ab")
        self.log = home / f"{command}.log"
        self.exits: list[int] = []
        self._over = threading.Event()
        self.process = self._start()
        threading.Thread(target=self._keep, daemon=True).start()

    def _start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            self._command,
            stdout=self._log,
            stderr=self._log,
            cwd=ROOT,
            preexec_fn=lambda: os.sched_setaffinity(0, self._processors),  # noqa: PLW1509 - no threads yet
        )
        self.started = time.monotonic()
        return process

    def _keep(self) -> None:
        while True:
            code = self.process.wait()
            if self._over.is_set():
                return
            self.exits.append(code)
            time.sleep(1)
            if self._over.is_set():
                return
            self.process = self._start()

    def kill(self) -> None:
        """SIGKILL, of the process alone: its children are to see to themselves."""
        self.process.kill()

    def stall(self, seconds: float) -> None:
        """Let it and its children stand still for so long."""
        stopped = [self.process.pid, *children(self.process.pid)]
        for process in stopped:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGSTOP)
        time.sleep(seconds)
        for process in stopped:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)

    def end(self) -> None:
        """End it for good."""
        self._over.set()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self._log.close()


def children(process: int) -> list[int]:
    """The processes that a process started."""
    found = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        found += [int(one) for one in task.read_text().split()]
    return found


def processor_seconds(process: int) -> float:
    """The seconds of processor of a process and all that it started, those that ended included."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        below = sum(map(processor_seconds, children(process)))
    except OSError:
        return 0.0
    # utime, stime, cutime and cstime of proc(5), which counts from 1 and before the name.
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK") + below


class Fleet:
    """What runs on one database: ``services`` and ``workers``."""

    def __init__(self, services: Sequence[Kept], workers: Sequence[Kept], url: str) -> None:
        self.services = services
        self.workers = workers
        self.url = url

    def ask(self, sql: str) -> Any:
        """The first value of a query, of a database that may be away for a moment."""
        until = time.monotonic() + 120
        while True:
            try:
                with psycopg.connect(self.url, autocommit=True, connect_timeout=5) as db:
                    ((value,),) = db.execute(sql.encode()).fetchall()
                    return value
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    @property
    def processor_seconds(self) -> float:
        """What all of it took of the processors so far."""
        return sum(processor_seconds(one.process.pid) for one in (*self.services, *self.workers))

    @property
    def leader(self) -> Kept:
        """The service that leads, as far as its log says: the last that said so."""
        told = {
            kept.log.read_text()
            .rpartition("event=leading\n")[0][-200:]
            .rpartition("timestamp=")[2]: kept
            for kept in self.services
            if "event=leading\n" in kept.log.read_text()
        }
        return told[max(told)]


@contextmanager
def fleet(
    folder: Path,
    rooms: Rooms,
    url: str,
    *,
    services: int,
    workers: int,
    interval: int,
    processors: Collection[int],
) -> Iterator[Fleet]:
    """Services with a source a host, and workers; without workers one service does it all.

    All share ``processors``.
    """
    executor = "procrastinate" if workers else "local"
    text = SETTINGS.format(url=url, executor=executor, interval=interval)
    with ExitStack() as ending:

        def started(command: str, number: int) -> Kept:
            home = folder / f"{command}-{number}"
            (home / "sources").mkdir(parents=True)
            (home / "communique.toml").write_text(text)
            if command == "run":
                for address in rooms.addresses:
                    (home / "sources" / f"pier-{address.replace('.', '-')}.toml").write_text(
                        f'name = "Pier {address}"\nurl = "http://{address}:{rooms.port}/news/"\n'
                        'timezone = "Europe/Oslo"\n'
                    )
            kept = Kept(command, home, processors)
            ending.callback(kept.end)
            return kept

        running = [started("run", number) for number in range(services)]
        yield Fleet(running, [started("worker", number) for number in range(workers)], url)
