"""The key of a log: its file, its loss, and how it hands over to another."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from data.archive.log.keys import key_chain, read_key, signed_by_both
from data.archive.log.notes import SigningKey, sign_checkpoint
from data.archive.log.tree_log import TreeLog, log_of
from data.errors import ArchiveError
from tests.data.archive.log.leaves import grown, leaf_of

ROOT = b"r" * 32


@pytest.fixture
def log(tmp_path: Path) -> TreeLog:
    return grown(log_of(tmp_path), "a", 1)


def test_the_key_is_created_at_first_use_and_readable_only_by_its_owner(tmp_path: Path) -> None:
    key = log_of(tmp_path).key()
    path = tmp_path / "log.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_key(path) == key
    assert (tmp_path / "archive/log/key/0").read_text() == f"{key.verifier}\n"
    assert log_of(tmp_path).key() == key


def test_the_key_is_in_no_file_of_the_log(log: TreeLog) -> None:
    seed = log.key().seed
    secret = read_key(log.folder.parents[1] / "log.key").seed
    assert seed == secret
    for file in log.folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert seed not in content
            assert b"PRIVATE" not in content


def test_after_a_rotation_the_old_key_vouches_for_the_new_one(log: TreeLog) -> None:
    old = log.key().verifier
    checkpoint = log.rotate_key()
    new = log.key().verifier
    assert old.name == new.name
    assert old != new
    assert log.key_chain().keys == (old, new)
    assert checkpoint.size == 1
    assert checkpoint.note.signed_by(new)
    assert not checkpoint.note.signed_by(old)
    assert (log.folder.parents[1] / "log.key").stat().st_mode & 0o777 == 0o600
    log.rotate_key()
    assert len(log.key_chain().keys) == 3


def test_a_rotation_records_the_tree_size_and_each_key_signs_its_own_time(
    log: TreeLog,
) -> None:
    keys = [log.key()]
    for added in ("b", "c"):
        grown(log, added, 2)
        log.rotate_key()
        keys.append(log.key())
    verifiers = [key.verifier for key in keys]
    note = (log.folder / "key/2").read_text().split("\n")
    assert note[:5] == [keys[0].name, "key rotation 2", "5", *map(str, verifiers[1:])]
    chain = log.key_chain()
    assert (chain.keys, chain.sizes) == (tuple(verifiers), (0, 3, 5))
    signs = {size: [verifiers.index(one) for one in chain.at(size)] for size in range(7)}
    assert signs == {0: [0], 1: [0], 2: [0], 3: [0, 1], 4: [1], 5: [1, 2], 6: [2]}
    for size, numbers in signs.items():
        by = [n for n, key in enumerate(keys) if chain.signatures(sign_checkpoint(key, size, ROOT))]
        assert by == numbers


def test_a_rotation_at_a_smaller_tree_than_the_one_before_is_not_followed(log: TreeLog) -> None:
    log.rotate_key()
    key = log.key()
    other = SigningKey(key.name, bytes(32))
    (log.folder / "key/2").write_bytes(signed_by_both(2, 0, key, other).encode())
    with pytest.raises(ArchiveError, match=r"key/2: .* smaller tree size"):
        log.key_chain()
    (log.folder / "key/2").write_bytes(signed_by_both(2, 1, key, other).encode())
    assert log.key_chain().present == other.verifier


def test_a_rotation_that_the_old_key_did_not_sign_is_not_followed(
    log: TreeLog, tmp_path: Path
) -> None:
    log.rotate_key()
    other = log_of(tmp_path / "other")
    other.key()
    other.rotate_key()
    forged = (other.folder / "key/1").read_text().replace(other.key().name, log.key().name)
    (log.folder / "key/1").write_text(forged)
    with pytest.raises(ArchiveError, match="key/1"):
        log.key_chain()


def test_a_rotation_that_one_key_alone_signed_is_not_followed(log: TreeLog) -> None:
    log.rotate_key()
    path = log.folder / "key/1"
    lines = path.read_text().splitlines(keepends=True)
    for left_out in (-1, -2):
        path.write_text("".join(line for line in lines if line != lines[left_out]))
        with pytest.raises(ArchiveError, match="not signed by both"):
            log.key_chain()


def test_a_replaced_key_is_reported(log: TreeLog, tmp_path: Path) -> None:
    other = log_of(tmp_path / "other")
    other.key()
    shutil.copy(tmp_path / "other/log.key", tmp_path / "log.key")
    assert log.append(leaf_of("b")) == 1
    with pytest.raises(ArchiveError, match=r"not the key that signs the log .* restore"):
        log.integrate()


@pytest.mark.parametrize("content", [b"", b"\xff", b"PRIVATE+KEY+a+b+c", b"x+y\n"])
def test_a_damaged_key_is_reported(log: TreeLog, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "log.key").write_bytes(content)
    with pytest.raises(ArchiveError, match=r"log\.key: .*key"):
        log.integrate()


def test_a_folder_without_keys_is_not_a_log() -> None:
    def read(path: str) -> bytes:
        raise FileNotFoundError(path)

    with pytest.raises(ArchiveError, match="key/0"):
        key_chain(read, "https://acme.example/log")
