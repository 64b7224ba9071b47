"""The archive of a HOME in a bucket of a server that others wrote, and back."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from data.archive.archive import Archive
from data.network.bucket import open_bucket
from data.settings import ArchiveSettings as Settings
from data.settings import BucketSettings
from tests.buckets import KEY, bucket_server, missing
from tests.command import communique
from tests.exchanges import answer
from tests.peer import PATIENCE
from tests.services import started, until

LARGE = 12_000_000
"""Bytes of a file that goes in several parts."""


def put(home: Path, body: bytes) -> None:
    """Have the archive of a HOME hold one more answer, in a file that is finished."""
    with closing(Archive(home / "archive", Settings(), agent="Communique/0.1")) as archive:
        archive.exchange(answer(body=body, headers=((b"Content-Type", b"application/pdf"),)))
        archive.seal()
        archive.finish()


@pytest.mark.integration
def test_an_archive_is_copied_fetched_and_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if why := missing("moto"):
        pytest.skip(why)
    for name, value in KEY.items():
        monkeypatch.setenv(name, value)
    home = tmp_path / "home"
    # What can't be compressed.
    put(home, b"".join(number.to_bytes(3) for number in range(0, 2**24, 4))[:LARGE])
    told = communique("mirror", "upload", home=home)
    assert told.returncode == 2
    assert "archive.target is not set" in told.stderr

    with bucket_server("moto") as address:
        settings = f'[archive]\ntarget = "s3://press/a"\n[bucket]\nendpoint = "{address}"\n'
        (home / "communique.toml").write_text(settings)
        told = communique("mirror", "upload", "--json", home=home)
        assert told.returncode == 0, told.stderr
        done = json.loads(told.stdout)
        assert (done["files"], done["left"]) == (2, [])
        assert done["leaves"] > 0
        assert "0 files uploaded" in communique("mirror", "upload", home=home).stdout

        bucket = open_bucket("s3://press/a", BucketSettings(endpoint=address))
        copy = tmp_path / "copy/archive"
        for name, _, size in bucket.tags():
            found = bucket.read(name)
            assert found
            assert len(found.body) == size
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes(found.body)
        put(home, b"another")
        with (home / "communique.toml").open("a") as toml:
            toml.write("[site]\nport = 0\n")
        with started("run", home) as (service, log):
            assert "files=2" in until(log, '"archive uploaded"')
            service.terminate()
            service.wait(PATIENCE)
    verified = communique("mirror", "verify", home=tmp_path / "copy")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    # Nobody listens there any more.
    told = communique("mirror", "upload", home=home)
    assert told.returncode == 1
    assert told.stderr.startswith("communique: the bucket s3://press/a can't be used: ")
    assert "Traceback" not in told.stderr
