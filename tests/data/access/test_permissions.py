"""What a token allows, and how wrong tokens are counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.access.permissions import (
    FORGIVENESS_SECONDS,
    MAX_NETWORKS,
    MAX_WRONG_TOKENS,
    Permissions,
    WrongTokens,
)
from data.access.tokens import new_token


def test_a_verdict_depends_on_the_token_and_the_required_access(tmp_path: Path) -> None:
    reader = new_token(tmp_path, "reader", ("read",))
    operator = new_token(tmp_path, "operator", ("operate",))
    permissions = Permissions(tmp_path, clock=lambda: 0.0)
    assert permissions.judge(None, "read", "192.0.2.1").status == 401
    assert permissions.judge(reader, "read", "192.0.2.1").status == 200
    assert permissions.judge(reader, "operate", "192.0.2.1").status == 403
    assert permissions.judge(operator, "operate", "192.0.2.1").status == 200
    wrong = [permissions.judge("x", "read", "192.0.2.1") for _ in range(MAX_WRONG_TOKENS + 1)]
    assert [one.status for one in wrong] == [401] * MAX_WRONG_TOKENS + [429]
    assert wrong[-1].retry_after == FORGIVENESS_SECONDS
    assert permissions.judge(reader, "read", "192.0.2.1").is_granted


def test_wrong_tokens_are_counted_per_address_and_forgotten() -> None:
    now = [0.0]
    wrong = WrongTokens(lambda: now[0])
    assert [wrong.wait("192.0.2.1") for _ in range(MAX_WRONG_TOKENS)] == [0] * MAX_WRONG_TOKENS
    assert wrong.wait("192.0.2.1") == FORGIVENESS_SECONDS
    assert wrong.wait("192.0.2.2") == 0
    now[0] += FORGIVENESS_SECONDS
    assert wrong.wait("192.0.2.1") == 0
    assert wrong.wait("192.0.2.1") == FORGIVENESS_SECONDS


def test_addresses_of_one_ipv6_network_count_together() -> None:
    wrong = WrongTokens(lambda: 0.0)
    waits = [wrong.wait(f"2001:db8::{n:x}") for n in range(MAX_WRONG_TOKENS + 1)]
    assert waits[-1] > 0
    assert wrong.wait("2001:db8:0:1::1") == 0


def test_the_number_of_counted_networks_is_limited() -> None:
    wrong = WrongTokens(lambda: 0.0)
    for number in range(MAX_NETWORKS + MAX_WRONG_TOKENS):
        wrong.wait(f"10.0.{number // 256}.{number % 256}")
    for _ in range(MAX_WRONG_TOKENS):
        wrong.wait("10.0.15.255")
    assert wrong.wait("10.0.15.255") > 0
    assert len(wrong._seen) == MAX_NETWORKS  # noqa: SLF001 - memory has no other look


def test_no_token_is_accepted_while_their_folder_is_unreadable(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "tokens"
    reader = new_token(folder, "reader", ("read",))
    permissions = Permissions(folder)
    assert permissions.find(reader)
    folder.rename(tmp_path / "away")
    folder.symlink_to(tmp_path / "disk")
    assert permissions.find(reader) is None
    assert f"{folder}: folder: the folder can't be read" in caplog.text
    folder.unlink()
    (tmp_path / "away").rename(folder)
    assert permissions.find(reader)
