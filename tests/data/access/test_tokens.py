"""Tokens: what is kept of them, for whom, and how a server follows what other processes do."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest

from data.access.permissions import TokenFolder
from data.access.tokens import load_tokens, new_token, revoke_token
from data.errors import TokenError, UnknownToken


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "tokens"


def test_a_token_is_stored_as_a_digest_that_only_its_owner_can_read(folder: Path) -> None:
    text = new_token(folder, "reader", ("read",))
    kept = folder / "reader.toml"
    assert text not in kept.read_text()
    assert len(text.removeprefix("communique_")) == 43, "256 bits"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert text != new_token(folder, "another", ("read",))


def test_a_token_is_found_only_by_its_text(folder: Path) -> None:
    texts = {name: new_token(folder, name, ("read",)) for name in ("reader", "desk", "third")}
    tokens = TokenFolder(folder)
    for name, text in texts.items():
        found = tokens.find(text)
        assert found is not None
        assert found.name == name
    (kept, *_), _ = load_tokens(folder)
    for wrong in ("", "x", texts["desk"][:-1], texts["desk"] + " ", kept.digest, "\ud800"):
        assert tokens.find(wrong) is None


def test_operating_includes_reading(folder: Path) -> None:
    new_token(folder, "reader", ("read",))
    new_token(folder, "operator", ("operate",))
    (operator, reader), _ = load_tokens(folder)
    assert (reader.allows("read"), reader.allows("operate")) == (True, False)
    assert (operator.allows("read"), operator.allows("operate")) == (True, True)


def test_new_and_revoked_tokens_count_at_once(folder: Path) -> None:
    tokens = TokenFolder(folder)
    assert tokens.find("x") is None, "there is no folder yet"
    first = new_token(folder, "first", ("read",))
    assert tokens.find(first)
    second = new_token(folder, "second", ("read",))
    assert tokens.find(second)
    revoke_token(folder, "second")
    assert tokens.find(second) is None
    assert tokens.find(first)


def test_two_changes_within_one_clock_tick_are_noticed(folder: Path) -> None:
    first = new_token(folder, "first", ("read",))
    moment = time.time_ns() + 3600 * 10**9
    os.utime(folder, ns=(moment, moment))
    tokens = TokenFolder(folder)
    assert tokens.find(first)
    second = new_token(folder, "second", ("read",))
    os.utime(folder, ns=(moment, moment))
    assert tokens.find(second)


def test_files_are_read_again_only_when_the_folder_changes(folder: Path) -> None:
    text = new_token(folder, "reader", ("read",))
    hour = 3600 * 10**9
    os.utime(folder, ns=(hour, hour))
    tokens = TokenFolder(folder)
    assert tokens.find(text)
    (folder / "reader.toml").write_text("not read again")
    assert tokens.find(text)
    os.utime(folder, ns=(2 * hour, 2 * hour))
    assert tokens.find(text) is None


def test_the_last_use_is_recorded_and_empty_before_the_first(folder: Path) -> None:
    text = new_token(folder, "reader", ("read",))
    assert load_tokens(folder)[0][0].last_used is None
    tokens = TokenFolder(folder)
    found = tokens.find(text)
    assert found is not None
    tokens.note_use(found)
    used = load_tokens(folder)[0][0].last_used
    assert used is not None
    assert used >= found.created
    os.utime(folder / "reader.toml", (1, 1))
    tokens.note_use(found)
    assert (folder / "reader.toml").stat().st_mtime == 1, "one use a minute is noted"


def test_using_a_token_that_was_just_revoked_is_not_an_error(folder: Path) -> None:
    text = new_token(folder, "reader", ("read",))
    tokens = TokenFolder(folder)
    found = tokens.find(text)
    assert found is not None
    revoke_token(folder, "reader")
    tokens.note_use(found)
    assert not (folder / "reader.toml").exists()


def test_a_second_token_with_a_name_is_refused(folder: Path) -> None:
    text = new_token(folder, "reader", ("read",))
    with pytest.raises(TokenError, match="exists"):
        new_token(folder, "reader", ("operate",))
    assert TokenFolder(folder).find(text)


@pytest.mark.parametrize("name", ["", "Reader", "../reader", "a b", "x" * 65])
def test_an_invalid_name_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(TokenError, match="lower-case"):
        new_token(folder, name, ("read",))
    with pytest.raises(UnknownToken):
        revoke_token(folder, name)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "sha256 = 1",
        'sha256 = "00"\nscopes = ["read"]\ncreated = 2026-03-02T12:00:00Z',
        f'sha256 = "{"0" * 64}"\nscopes = []\ncreated = 2026-03-02T12:00:00Z',
        f'sha256 = "{"0" * 64}"\nscopes = ["all"]\ncreated = 2026-03-02T12:00:00Z',
        f'sha256 = "{"0" * 64}"\nscopes = ["read"]\ncreated = 2026-03-02T12:00:00',
    ],
)
def test_an_invalid_file_grants_nothing_and_affects_no_other_token(
    folder: Path, content: str
) -> None:
    text = new_token(folder, "reader", ("read",))
    (folder / "broken.toml").write_text(content)
    tokens, errors = load_tokens(folder)
    assert [one.name for one in tokens] == ["reader"]
    assert [Path(error.path).name for error in errors] == ["broken.toml"]
    assert TokenFolder(folder).find(text)
    revoke_token(folder, "broken")
    assert load_tokens(folder)[1] == []
