"""A database behind a real PgBouncer."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from data.errors import StoreError
from data.store.open import open_store
from data.store.postgres.pool import close_pools, shares_sessions
from tests.command import SETTINGS, communique
from tests.ports import free_port
from tests.postgres_server import PASSWORD, USER, PostgresServer

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="there is no PgBouncer (Debian has it)")


@contextmanager
def pooled(server: PostgresServer, mode: str) -> Iterator[str]:
    """The address of an empty database behind a pooler."""
    assert PROGRAM
    port = free_port()
    name = server.create()
    # Not in a test's own folder: PgBouncer refuses to run as root, who alone may enter those.
    with TemporaryDirectory() as folder:
        path = Path(folder) / "pgbouncer.ini"
        path.write_text(
            f"[databases]\n* = host=127.0.0.1 port={server.port} user={USER} password={PASSWORD}\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
            f"auth_type = any\npool_mode = {mode}\n"
        )
        Path(folder).chmod(0o755)
        url = f"postgresql://{USER}@127.0.0.1:{port}/{name}"
        user = None if os.geteuid() else "nobody"
        with subprocess.Popen([PROGRAM, "-q", path], user=user, stderr=subprocess.DEVNULL) as run:  # noqa: S603 - Debian's program with our own words
            try:
                while run.poll() is None:
                    with suppress(psycopg.OperationalError):
                        psycopg.connect(url).close()
                        break
                yield url
            finally:
                close_pools()
                run.terminate()
    server.drop(name)


def test_a_pooler_that_shares_sessions_is_refused(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    with pooled(postgres_server, "transaction") as url:
        with pytest.raises(StoreError, match="set its pool_mode to session"):
            open_store(url)
        (tmp_path / "communique.toml").write_text(f"{SETTINGS}\n[store]\nurl = '{url}'\n")
        for command in ("doctor", "publish"):
            result = communique(command, home=tmp_path)
            assert result.returncode == 1
            assert "set its pool_mode to session" in result.stdout + result.stderr


@pytest.mark.thorough
def test_a_pooler_that_keeps_sessions_will_do(postgres_server: PostgresServer) -> None:
    with pooled(postgres_server, "session") as url:
        open_store(url).close()
        with psycopg.connect(url, autocommit=True) as db:
            assert not shares_sessions(db, url)


def test_no_pooler_shares_nothing(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as db:
        assert not shares_sessions(db, "postgresql://nobody@127.0.0.1:1/none")
