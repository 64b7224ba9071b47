"""An address of a database is refused where its password could be taken for something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import CommuniqueError, SettingsError, StoreError
from data.settings.load import is_clearly_escaped, load_settings
from data.store.open import open_store, path_of

WRONG = ["S3?cret", "S3#cret", "S3/cret", "S3'cret", 'S3"cret', "S3<cret", "S3@cret", "S3%2Rcret"]
"""Passwords of which other programs would show a part, or libpq itself."""


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://",
        "postgresql:///press",
        "postgresql://press@db.example/press",
        "postgres://press:S3%2Fcr%25et!*@db.example:5432/press?sslmode=verify-full",
        "postgresql://press@/press?host=/var/run/postgresql&port=5433",
        "postgresql://a.example:1,b.example:2/press?target_session_attrs=read-write",
        "postgresql://u@[::1]:5432/press?options=-c%20search_path%3Dpress",
    ],
)
def test_addresses_in_the_form_of_postgresql_are_accepted(url: str) -> None:
    assert is_clearly_escaped(url)


@pytest.mark.parametrize("password", WRONG)
def test_an_address_with_a_character_that_parts_it_is_refused_unshown(
    password: str, tmp_path: Path
) -> None:
    url = f"postgresql://press:{password}@127.0.0.1:1/press"
    settings = tmp_path / "communique.toml"
    settings.write_text(f"[store]\nurl = '''{url}'''\n")
    told: list[CommuniqueError] = []
    with pytest.raises(StoreError) as refused:
        open_store(url)
    told.append(refused.value)
    with pytest.raises(StoreError) as unmoved:
        path_of(url)
    told.append(unmoved.value)
    for environ in ({}, {"COMMUNIQUE_STORE__URL": url}):
        if environ:
            settings.unlink()
        with pytest.raises(SettingsError) as unread:
            load_settings(settings, environ)
        told.append(unread.value)
    for error in told:
        assert "percent code" in str(error)
        assert "cret" not in str(error)
