"""An archive in a bucket: what is copied, what is refused, and what stays there."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from data.archive.archive import Archive
from data.archive.log.tree_log import TreeLog, log_of
from data.archive.upload import upload
from data.archive.verification.tree import ArchiveProblem
from data.archive.verification.verify_archive import verify_archive
from data.archive.warc.reader import DOT_OPEN
from data.network.bucket import Bucket, BucketError, BucketObject
from data.settings import ArchiveSettings as Settings
from tests.data.archive.log.leaves import leaves_of
from tests.exchanges import answer

PLACE = "s3://press/archive"


class KilledError(BaseException):
    """What no handler takes for an error."""


@pytest.fixture
def bucket() -> Bucket:
    return Bucket(PLACE, MemoryStore())


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def archived(home: Path, *names: str, finished: bool = True) -> Path:
    """The archive of a HOME, with an answer more for each name, each in a file of its own."""
    for name in names:
        archive = Archive(home / "archive", Settings(max_file=1), agent="Communique/0.1")
        archive.exchange(answer(f"http://harbour.example/{name}", body=name.encode() * 100))
        archive.seal()
        archive.finish()
        archive.close()
    if not finished:
        archive = Archive(home / "archive", Settings(), agent="Communique/0.1")
        archive.exchange(answer("http://harbour.example/growing"))
        archive.seal()
        archive.close()
    return home / "archive"


def copied_to(home: Path, bucket: Bucket, *, delete: bool = False) -> tuple[int, tuple[str, ...]]:
    """Copy the archive of a HOME; how many files that were, and what is there and no more here."""
    log = log_of(home)
    try:
        done = upload(home / "archive", log, bucket, home / "uploaded.txt", delete=delete)
    finally:
        log.close()
    return done.files, done.left


def fetched(bucket: Bucket, folder: Path) -> Path:
    """What the bucket holds, as any tool brings it back."""
    for name, _, _ in bucket.tags():
        found = bucket.read(name)
        assert found
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(found.body)
    return folder


def problems_of(home: Path) -> list[ArchiveProblem]:
    """What is wrong with the archive of a HOME."""
    log = log_of(home)
    try:
        report = verify_archive(
            home / "archive", log, (), "", known=(), on_progress=lambda _, __: None
        )
        return [*report.problems]
    finally:
        log.close()


def test_files_fetched_from_there_equal_the_archive(
    home: Path, bucket: Bucket, tmp_path: Path
) -> None:
    folder = archived(home, "a", "b")
    assert copied_to(home, bucket)[0] == 4
    assert copied_to(home, bucket)[0] == 0
    archived(home, "c")
    assert copied_to(home, bucket)[0] == 2

    copy = fetched(bucket, tmp_path / "copy/archive")
    names = {path.name for path in folder.glob("communique-*")}
    assert {path.name for path in copy.glob("*") if path.is_file()} == names
    assert problems_of(tmp_path / "copy") == []
    assert (copy / "log/checkpoint").read_bytes() == (folder / "log/checkpoint").read_bytes()


def test_growing_and_secret_files_are_not_uploaded(home: Path, bucket: Bucket) -> None:
    folder = archived(home, "a", finished=False)
    assert any(path.name.endswith(DOT_OPEN) for path in folder.iterdir())
    copied_to(home, bucket)
    names = [name for name, _, _ in bucket.tags()]
    assert not [name for name in names if DOT_OPEN in name or "pending" in name or "lock" in name]
    bodies = [found.body for name in names if (found := bucket.read(name))]
    assert not [body for body in bodies if b"PRIVATE" in body]


def test_a_killed_copy_is_resumed(
    home: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    archived(home, "a", "b", "c")
    write = bucket.upload

    def killed_at_third(name: str, file: Path, headers: dict[str, str]) -> None:
        if len([one for one, _, _ in bucket.tags() if "/" not in one]) == 3:
            raise KilledError
        write(name, file, headers)

    with monkeypatch.context() as patched:
        patched.setattr(bucket, "upload", killed_at_third)
        with pytest.raises(KilledError):
            copied_to(home, bucket)
    copied_to(home, bucket)
    fetched(bucket, tmp_path / "copy/archive")
    assert problems_of(tmp_path / "copy") == []


def test_files_removed_here_are_reported_and_deleted_there_on_request(
    home: Path, bucket: Bucket
) -> None:
    folder = archived(home, "a", "b")
    # Another machine copies its files to the same place.
    bucket.write("communique-20260302120000-00000001.warc.gz", b"of others", over=None)
    copied_to(home, bucket)
    gone = sorted(path.name for path in folder.glob("communique-*"))[:2]
    for name in gone:
        (folder / name).unlink()
    assert copied_to(home, bucket) == (0, tuple(gone))
    assert copied_to(home, bucket, delete=True) == (0, ())
    there = [name for name, _, _ in bucket.tags()]
    assert not set(gone) & set(there)
    assert "communique-20260302120000-00000001.warc.gz" in there


def test_another_log_and_a_restored_one_are_refused(
    home: Path, bucket: Bucket, tmp_path: Path
) -> None:
    archived(home, "a")
    older = tmp_path / "older"
    shutil.copytree(home, older)
    archived(home, "b")
    copied_to(home, bucket)
    before = bucket.read("log/checkpoint")
    with pytest.raises(BucketError, match="restored from an older copy"):
        copied_to(older, bucket)
    archived(older, "c", "d", "e")
    with pytest.raises(BucketError, match="differ in their first"):
        copied_to(older, bucket)
    archived(tmp_path / "another", "a")
    with pytest.raises(BucketError, match="log of another archive"):
        copied_to(tmp_path / "another", bucket)
    assert bucket.read("log/checkpoint") == before


def test_a_machine_that_signs_no_log_copies_its_files(home: Path, bucket: Bucket) -> None:
    folder = archived(home, "a")
    shutil.rmtree(folder / "log")
    assert copied_to(home, bucket)[0] == 2


def test_a_machine_whose_log_another_one_signs_by_now_copies_its_files(
    home: Path, bucket: Bucket, tmp_path: Path
) -> None:
    archived(home, "one", "two")
    before = Path(shutil.copytree(home, tmp_path / "before"))
    archived(home, "three", "four")
    copied_to(home, bucket)
    there = bucket.read("log/checkpoint")
    archived(before, "mine")
    with closing(log_of(before)) as log:
        done = upload(before / "archive", log, bucket, before / "uploaded.txt", shared=True)
    assert done.files == 2
    assert done.leaves > 0
    assert bucket.read("log/checkpoint") == there


def test_machines_that_copy_one_log_at_once_write_the_same(home: Path, tmp_path: Path) -> None:
    class Beside(Bucket):
        """Another machine writes each object just before this one does, as ``written`` says."""

        written: Callable[[bytes], bytes] = staticmethod(lambda body: body)

        def write(
            self,
            name: str,
            body: bytes,
            *,
            over: str | None,
            headers: Mapping[str, str] | None = None,
        ) -> str:
            super().write(name, self.written(body), over=over)
            return super().write(name, body, over=over, headers=headers)

    archived(home, "a", "b")
    bucket = Beside(PLACE, MemoryStore())
    assert copied_to(home, bucket)[0] == 4
    fetched(bucket, tmp_path / "copy/archive")
    assert problems_of(tmp_path / "copy") == []
    bucket = Beside(PLACE, MemoryStore())
    bucket.written = lambda body: body + b" "
    with pytest.raises(BucketError, match="another process copies this archive"):
        copied_to(home, bucket)


def test_the_log_is_signed_while_it_is_copied(
    home: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = archived(home, "a", "b")
    write = bucket.write

    def signed_meanwhile(name: str, body: bytes, *, over: str | None) -> str:
        with (folder / "log/tree.lock").open("r+b") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        archived(home, f"c{len(list(bucket.tags()))}")
        return write(name, body, over=over)

    with monkeypatch.context() as patched:
        patched.setattr(bucket, "write", signed_meanwhile)
        copied_to(home, bucket)
    copied_to(home, bucket)
    fetched(bucket, tmp_path / "copy/archive")
    assert problems_of(tmp_path / "copy") == []


def test_unchanging_files_of_the_log_are_not_fetched_again(
    home: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = archived(home, "a") / "log/checkpoints/1"
    folder.mkdir(parents=True)
    for name in ("checkpoint", "cosignatures", "timestamp.tsr"):
        (folder / name).write_bytes(name.encode())
    copied_to(home, bucket)
    names: list[str] = []
    read = bucket.read

    def noted(name: str) -> BucketObject | None:
        names.append(name)
        return read(name)

    monkeypatch.setattr(bucket, "read", noted)
    copied_to(home, bucket)
    assert names == ["log/checkpoint", "log/checkpoints/1/cosignatures"]


@pytest.mark.thorough
def test_a_log_that_grew_much_is_copied_whole(home: Path, bucket: Bucket) -> None:
    log: TreeLog = log_of(home)
    for name, count in (("a", 300), ("b", 70_000)):
        log.append(*leaves_of(name, count))
        log.integrate()
        upload(home / "archive", log, bucket, home / "uploaded.txt")
    there = {name for name, _, _ in bucket.tags()}
    for path in (home / "archive/log/tile").rglob("*"):
        if path.is_file():
            assert f"log/{path.relative_to(home / 'archive/log')}" in there
    log.close()
