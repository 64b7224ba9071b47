"""Keys that sign requests: who can read them, how they are replaced, and who shares them."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from data.access.request_keys import RequestKeyError, RequestKeys
from data.clock import utc_now
from data.store.open import open_store


def test_the_first_key_is_created_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "bot.key"
    (key,) = RequestKeys(path).load()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (again,) = RequestKeys(path).load()
    assert again.id == key.id
    assert key.since <= utc_now()


def test_a_rotated_key_keeps_the_old_one_and_a_revoked_one_is_gone(tmp_path: Path) -> None:
    keys = RequestKeys(tmp_path / "bot.key")
    (old,) = keys.load()
    assert keys.rotate(revoke=False)[0].id == old.id
    assert len(keys.load()) == 2
    assert keys.load()[1].since > utc_now()
    (new,) = keys.rotate(revoke=True)
    assert [one.id for one in keys.load()] == [new.id]
    assert stat.S_IMODE((tmp_path / "bot.key").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content", ["", "[]", "x", '[{"seed":"AAAA","since":"2026-01-01T00:00Z"}]']
)
def test_a_damaged_file_is_reported_with_the_command_that_replaces_it(
    tmp_path: Path, content: str
) -> None:
    path = tmp_path / "bot.key"
    path.write_text(content)
    with pytest.raises(RequestKeyError, match="bot rotate --revoke"):
        RequestKeys(path).load()
    assert len(RequestKeys(path).rotate(revoke=True)) == 1


def test_machines_of_a_fleet_share_the_keys_of_the_database(
    tmp_path: Path, postgres_url: str
) -> None:
    open_store(postgres_url).close()
    (own,) = RequestKeys(tmp_path / "bot.key").load()
    first = RequestKeys(tmp_path / "bot.key", postgres_url)
    second = RequestKeys(tmp_path / "another.key", postgres_url)
    assert not second.exist()
    assert [one.id for one in first.load()] == [own.id]
    assert second.exist()
    assert [one.id for one in second.load()] == [own.id]
    assert not (tmp_path / "another.key").exists()
    (new,) = second.rotate(revoke=True)
    assert [one.id for one in first.load()] == [new.id]
