"""A crawl ends when its leases run out, unless its parent has renewed them."""

from __future__ import annotations

import asyncio
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg
import pytest

from data.models import Lease
from data.store.postgres.fleet_state import AskedVisit, Hosts
from scheduler.children.crawl_lines import LEASES_EXPIRED_CODE, ParentLines, Renewal, Watchdog
from scheduler.children.executor import Executor
from scheduler.children.service_child import LeaseLine
from scheduler.fleet.job_queue import pool_to, prepare
from scheduler.fleet.leases import Leases
from scheduler.home.home import open_home
from tests.fork_server import forking_python
from tests.peer import PATIENCE
from tests.services import home_on

HOUR = 3600.0


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """The child's end and the parent's end of a pipe."""
    read, write = os.pipe()
    yield read, write
    for file in (read, write):
        os.close(file)


class Ended:
    """Records the exit codes of a process that would have ended."""

    def __init__(self) -> None:
        self.codes = list[int]()
        self._event = threading.Event()

    def __call__(self, code: int) -> None:
        """Record an exit code."""
        self.codes.append(code)
        self._event.set()

    def wait(self) -> bool:
        """Wait for the end."""
        return self._event.wait(PATIENCE)


def renewal(until: float) -> bytes:
    """The line that renews leases."""
    return msgspec.json.encode(Renewal(until)) + b"\n"


def test_a_crawl_ends_when_its_leases_expire(pipe: tuple[int, int]) -> None:
    ended = Ended()
    Watchdog(time.monotonic() - 1, ParentLines(pipe[0]), ended)
    assert ended.wait()
    assert ended.codes == [LEASES_EXPIRED_CODE]


def test_a_renewal_is_not_passed_on_as_a_job(pipe: tuple[int, int]) -> None:
    ended = Ended()
    watchdog = Watchdog(time.monotonic() + HOUR, ParentLines(pipe[0]), ended)
    os.write(pipe[1], b'{"source":"harbour"}\n' + renewal(1.5) + b'{"source":"pilots"}\n\n')
    assert [*watchdog] == [b'{"source":"harbour"}', b'{"source":"pilots"}']
    # The renewed lease is over, too.
    assert ended.wait()


def test_a_waiting_renewal_counts_after_the_first_lease_expired(
    pipe: tuple[int, int],
) -> None:
    """The start of a child may take longer than a lease while the machine is busy."""
    ended = Ended()
    os.write(pipe[1], renewal(time.monotonic() + HOUR) + b'{"source":"harbour"}\n\n')
    watchdog = Watchdog(time.monotonic() - HOUR, ParentLines(pipe[0]), ended)
    assert [*watchdog] == [b'{"source":"harbour"}']
    assert ended.codes == []


def test_a_renewal_received_with_the_first_line_counts(pipe: tuple[int, int]) -> None:
    ended = Ended()
    os.write(pipe[1], b"{}\n" + renewal(time.monotonic() + HOUR) + b"\n")
    lines = ParentLines(pipe[0])
    assert next(lines) == b"{}"
    assert [*Watchdog(time.monotonic() - HOUR, lines, ended)] == []
    assert ended.codes == []


@pytest.mark.parametrize(("last", "held"), [(b"", 0), (b"\n", 1)])
def test_leases_are_released_when_the_parent_dies(
    tmp_path: Path, postgres_url: str, last: bytes, held: int
) -> None:
    # Its parent lives on, as one that was killed does for a moment after its pipes were closed.
    folder = home_on(tmp_path / "home", postgres_url)
    line = msgspec.json.encode(LeaseLine(claimed(folder, postgres_url))) + b"\n" + last
    program = [forking_python(), "-P", "-m", "scheduler.children.service_child", str(folder)]
    subprocess.run(program, input=line, check=True)  # noqa: S603 - our own program
    with psycopg.connect(postgres_url) as db:
        assert db.execute("SELECT count(*) FROM hosts WHERE token <> 0").fetchone() == (held,)


def claimed(folder: Path, url: str) -> Lease:
    """A host that is held."""
    home = open_home(folder)
    home.plain_store().close()

    async def claim() -> Lease:
        async with pool_to(url) as pool:
            await prepare(pool)
            hosts, executor = Hosts(pool), Executor(home)
            await hosts.ask([AskedVisit("harbour", "a.example", "")])
            lease = await Leases(hosts, executor.renew, executor.drop).claim("a.example")
            assert lease
            return lease

    return asyncio.run(claim())
