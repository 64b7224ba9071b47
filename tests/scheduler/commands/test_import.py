"""`communique import` where the store takes nothing any more."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import psycopg
import pytest

from tests.command import SETTINGS, communique
from tests.mounted import fill, mounted

FULL = """
    CREATE FUNCTION is_full() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';
    END $$;
    CREATE TRIGGER is_full BEFORE INSERT ON releases EXECUTE FUNCTION is_full()
"""


@pytest.fixture
def lines(tmp_path: Path) -> Callable[[Sequence[int]], Path]:
    """Writes a file of releases by their numbers."""

    def written(numbers: Sequence[int]) -> Path:
        path = tmp_path / "lines.jsonl"
        said = ({"url": f"http://acme.example/{one}", "title": f"News {one}"} for one in numbers)
        path.write_text("".join(f"{json.dumps(one)}\n" for one in said))
        return path

    return written


def exported(home: Path) -> list[str]:
    return communique("export", home=home).stdout.splitlines()


def test_a_database_that_is_full_ends_an_import_and_what_was_taken_in_stays(
    tmp_path: Path, postgres_url: str, lines: Callable[[Sequence[int]], Path]
) -> None:
    (tmp_path / "home").mkdir()
    settings = f"{SETTINGS}\n[store]\nurl = '{postgres_url}'\n"
    (tmp_path / "home" / "communique.toml").write_text(settings)
    asked = ("import", str(lines(range(3))), "--source", "acme")
    assert communique(*asked, home=tmp_path / "home").returncode == 0
    with psycopg.connect(postgres_url) as db:
        db.execute(FULL)
    lines(range(6))
    result = communique(*asked, home=tmp_path / "home")
    assert (result.returncode, result.stdout) == (1, "")
    assert "its disk is full, make room there" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert len(exported(tmp_path / "home")) == 3


def test_a_disk_that_is_full_ends_an_import_and_what_was_taken_in_stays(
    tmp_path: Path, lines: Callable[[Sequence[int]], Path]
) -> None:
    with mounted(tmp_path / "disk", "20m"):
        home = tmp_path / "disk" / "home"
        asked = ("import", str(lines(range(3))), "--source", "acme")
        assert communique(*asked, home=home).returncode == 0
        full = fill(tmp_path / "disk")
        lines(range(600))
        result = communique(*asked, home=home)
        assert result.returncode == 1
        assert "line " not in result.stderr
        assert "make room there" in result.stderr
        full.unlink()
        assert len(exported(home)) >= 3
        assert communique(*asked, home=home).returncode == 0
        assert len(exported(home)) == 600
