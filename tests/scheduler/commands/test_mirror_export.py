"""`communique mirror export` writes a complete file or folder, or nothing."""

from __future__ import annotations

import json
import zipfile
from itertools import chain, count
from pathlib import Path

import pytest

from scheduler.cli import run
from tests.archived import archived_home
from tests.command import communique
from tests.data.archive.kills import comes_to_its_end, kill_before
from tests.examples import thorough


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    with archived_home(folder):
        pass
    return folder


@pytest.mark.parametrize(
    ("kind", "name", "told"),
    [
        ("wacz", "all.wacz", {"releases": 4, "pages": 4, "records": 13, "damaged": []}),
        ("bagit", "bag", {"releases": 4, "pages": 0, "records": 13, "damaged": []}),
        ("folder", "copy", {"releases": 4, "files": 1, "missing": 0}),
        ("sqlite", "press.db", {"releases": 4, "pages": 0, "records": 6, "damaged": []}),
    ],
)
def test_each_format_is_written_once_and_reported(
    home: Path, tmp_path: Path, kind: str, name: str, told: dict[str, object]
) -> None:
    to = tmp_path / name
    result = communique("mirror", "export", "--format", kind, "--to", str(to), "--json", home=home)
    assert (result.returncode, result.stderr) == (0, "")
    assert json.loads(result.stdout) == {"path": str(to), "format": kind, **told, "lost": []}
    assert [one.name for one in tmp_path.iterdir()] == [name]
    again = communique("mirror", "export", "--format", kind, "--to", str(to), home=home)
    assert again.returncode == 2
    assert "already exists" in again.stderr


@pytest.mark.parametrize(
    ("kind", "step"),
    # Only a folder takes thousands of system calls.
    [("wacz", 1.6), *thorough(("wacz", 1.1), ("folder", 1.4), ("bagit", 1.1), ("sqlite", 1.1))],
)
def test_leftovers_of_a_killed_export_are_removed_by_the_next(
    home: Path, tmp_path: Path, kind: str, step: float
) -> None:
    to = tmp_path / f"to.{kind}"
    command = ["mirror", "export", "--format", kind, "--to", str(to), "--home", str(home)]
    left: list[set[str]] = []

    def export(call: int) -> bool:
        """Kill an export at a system call. Returns whether it finished before."""

        def work(_: int) -> None:
            kill_before(call)
            assert run(command) == 0

        return comes_to_its_end(tmp_path.parent, work)

    for call in (int(16 * step**number) for number in count()):
        if export(call):
            break
        left.append({one.name for one in tmp_path.iterdir()})
        if to.exists():
            # The killed export was complete, so the next one finds it in its place.
            to.rename(tmp_path.with_name(f"{tmp_path.name}-{call}"))
    assert {f".to.{kind}.part"} in left
    assert {*chain(*left)} <= {to.name, f".to.{kind}.part"}
    assert list(tmp_path.iterdir()) == [to]


def test_exports_can_be_limited_to_days_and_sources(home: Path, tmp_path: Path) -> None:
    to = str(tmp_path / "one.wacz")
    chosen = ("--source", "wire", "--since", "2022-11-24", "--until", "2022-11-24")
    result = communique(
        "mirror", "export", "--format", "wacz", "--to", to, *chosen, "--json", home=home
    )
    assert json.loads(result.stdout)["releases"] == 1


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--format", "wacz", "--to", "TO"), "must end in .wacz"),
        (("--format", "warc", "--to", "TO"), "--format"),
        (("--format", "sqlite", "--to", "TO", "--source", "nobody"), "'nobody'"),
        (("--format", "sqlite", "--to", "TO/a/b"), "does not exist"),
        (("--format", "sqlite"), "--to"),
    ],
)
def test_wrong_usage_writes_nothing(
    home: Path, tmp_path: Path, arguments: tuple[str, ...], why: str
) -> None:
    given = [one.replace("TO", str(tmp_path / "to")) for one in arguments]
    result = communique("mirror", "export", *given, home=home)
    assert result.returncode == 2
    assert why in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_damage_is_reported_and_the_rest_is_exported(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with archived_home(home) as store:
        capture = next(store.captured())
    (file,) = (home / "archive").glob("*.warc.gz.open")
    whole = bytearray(file.read_bytes())
    whole[capture.offset + capture.length // 2] ^= 1
    file.write_bytes(whole)
    to = tmp_path / "all.wacz"
    result = communique("mirror", "export", "--format", "wacz", "--to", str(to), home=home)
    assert result.returncode == 1
    assert f"byte {capture.offset} can't be read" in result.stderr
    assert zipfile.ZipFile(to).testzip() is None
