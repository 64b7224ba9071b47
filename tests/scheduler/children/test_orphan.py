"""A child releases the leases of its parent if the parent died, and only then."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import msgspec
import psycopg
import pytest

from data.models import Lease
from data.store.postgres.hosts import AskedVisit, Hosts
from scheduler.children.executor import Executor
from scheduler.children.service_child import PublishJob
from scheduler.fleet.job_queue import pool_to, prepare
from scheduler.fleet.leases import Leases
from scheduler.home import open_home
from tests.fork_server import forking_python
from tests.services import home_on


@pytest.mark.parametrize(("last", "held"), [(b"", 0), (b"\n", 1)])
def test_leases_are_released_when_the_parent_dies(
    tmp_path: Path, postgres_url: str, last: bytes, held: int
) -> None:
    # Its parent lives on, as one that was killed does for a moment after its pipes were closed.
    folder = home_on(tmp_path / "home", postgres_url)
    line = msgspec.json.encode(PublishJob(claimed(folder, postgres_url))) + b"\n" + last
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
