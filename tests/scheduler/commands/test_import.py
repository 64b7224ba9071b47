"""`communique import`: documented lines, names of sources, full disks."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from data.interchange.lines import InterchangeLine
from scheduler.home.home import home_at
from tests.command import SETTINGS, communique, make_home
from tests.mounted import fill, mounted
from tests.press_room import listing_html, release_html, served

FULL = """
    CREATE FUNCTION is_full() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';
    END $$;
    CREATE TRIGGER is_full BEFORE INSERT ON releases EXECUTE FUNCTION is_full()
"""


RELEASE = "/news/{}.html?token=Sec1ret-two"
"""The path of a release, with the secret of its source."""


@pytest.fixture
def lines(tmp_path: Path) -> Callable[[Sequence[int]], Path]:
    """Write a file of releases by their numbers."""

    def written(numbers: Sequence[int]) -> Path:
        path = tmp_path / "lines.jsonl"
        said = ({"url": f"http://acme.example/{one}", "title": f"News {one}"} for one in numbers)
        path.write_text("".join(f"{json.dumps(one)}\n" for one in said))
        return path

    return written


def exported(home: Path) -> list[str]:
    return communique("export", home=home).stdout.splitlines()


@pytest.mark.thorough
def test_a_full_database_stops_an_import_and_imported_releases_stay(
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
    assert "its disk is full; free some space there" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert len(exported(tmp_path / "home")) == 3


def test_a_full_disk_stops_an_import_and_imported_releases_stay(
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
        assert "disk is full" in result.stderr
        full.unlink()
        assert len(exported(home)) >= 3
        assert communique(*asked, home=home).returncode == 0
        assert len(exported(home)) == 600


DOCS = Path(__file__).parents[3] / "docs" / "reference" / "import.md"


def source_name(home: Path) -> str:
    with closing(home_at(home).store()) as store:
        return store.sources()["harbour"].name


def test_the_documented_example_is_imported_with_the_given_name(tmp_path: Path) -> None:
    text = DOCS.read_text("utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    (tmp_path / "releases.jsonl").write_text(example)
    command = shlex.split(text.partition("    communique ")[2].partition("\n")[0])
    command[1] = str(tmp_path / command[1])
    home = tmp_path / "home"
    result = communique(*command, home=home)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() in text
    assert source_name(home) == "Harbour Board of Lindmouth"
    kept = {one["title"]: one for one in map(json.loads, exported(home))}
    assert kept["Dredging starts"]["published"] == "2026-03-02T09:30:00+01:00"
    assert kept["Dredging starts"]["body_text"] == "The dredger Mole arrives on Monday."
    assert kept["Dredging starts"]["attachments"][0]["title"] == "The plan"
    assert kept["New signal station opened"]["precision"] == "none"
    again = communique(*command[:-2], home=home)
    assert "2 unchanged" in again.stdout
    assert source_name(home) == "Harbour Board of Lindmouth"


def test_every_field_of_a_line_is_documented() -> None:
    table = DOCS.read_text("utf-8").partition("## Fields")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == set(
        InterchangeLine.__struct_fields__
    )


def test_a_source_with_a_file_gets_no_other_name(
    tmp_path: Path, lines: Callable[[Sequence[int]], Path]
) -> None:
    home = make_home(tmp_path / "home", "http://harbour.example/news/")
    asked = ("import", str(lines(range(1))), "--source", "harbour", "--name")
    result = communique(*asked, "Harbour", home=home)
    assert result.returncode == 2
    assert "harbour.toml" in result.stderr
    result = communique("import", str(lines(range(1))), "--source", "x", "--name", " ", home=home)
    assert result.returncode == 2


def test_an_imported_source_is_listed_and_shown_without_a_file(tmp_path: Path) -> None:
    home, path = tmp_path / "home", tmp_path / "lines"
    path.write_text('{"url": "http://alpha.example/1", "title": "News", "published": "2026-03-02"}')
    done = communique("import", str(path), "--source", "alpha", "--name", "Alpha", home=home)
    assert done.returncode == 0
    listed = json.loads(communique("sources", "list", "--json", home=home).stdout)
    assert [(one["id"], one["imported"]) for one in listed["without_file"]] == [("alpha", True)]
    assert "Alpha" in communique("sources", "list", home=home).stdout
    shown = communique("sources", "show", "alpha", home=home)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "imported; it has no source file" in shown.stdout
    told = json.loads(communique("sources", "show", "alpha", "--json", home=home).stdout)
    assert (told["name"], told["path"], told["runs"]) == ("Alpha", None, [])
    (how,) = json.loads(communique("health", "--json", home=home).stdout)["sources"]
    assert (how["state"], how["reason"]) == ("new", "imported; it has no source file")
    assert "no source file" in communique("health", home=home).stdout
    unknown = communique("sources", "show", "beta", home=home)
    assert (unknown.returncode, "'beta'" in unknown.stderr) == (2, True)


def test_export_and_import_report_ids_that_hidden_secrets_lose(tmp_path: Path) -> None:
    with served() as room:
        room.page("/news/?token=Sec1ret-two", listing_html([1], path=RELEASE))
        room.page(RELEASE.format(1), release_html(1))
        home = make_home(tmp_path / "home", f"{room.base}/news/?token=Sec1ret-two")
        assert communique("collect", home=home).returncode == 0
    done = communique("export", home=home)
    assert "would change their ids" in done.stderr
    (line,) = done.stdout.splitlines()
    (tmp_path / "lines").write_text(line)
    asked = ("import", str(tmp_path / "lines"), "--source", "harbour", "--json")
    told = json.loads(communique(*asked, home=tmp_path / "other").stdout)
    assert ["another id" in one["message"] for one in told["doubtful"]] == [True]
    again = communique("export", home=tmp_path / "other")
    assert json.loads(again.stdout)["id"] != json.loads(line)["id"]


def test_a_new_source_and_a_file_without_lines_are_reported(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "lines.jsonl"
    file.write_text("")
    empty = communique("import", str(file), "--source", "north", "--name", "North", home=home)
    assert (empty.returncode, "has no lines" in empty.stderr) == (0, True)
    file.write_text(
        json.dumps({"url": "http://a.example/1", "title": "A", "published": "2026-03-02"})
    )
    first = communique("import", str(file), "--source", "north", "--name", "North", home=home)
    assert (first.returncode, first.stderr) == (0, "")
    again = communique("import", str(file), "--source", "north", home=home)
    assert (again.returncode, again.stderr) == (0, "")
    mistyped = communique("import", str(file), "--source", "noth", home=home)
    assert mistyped.returncode == 0
    assert "noth is a new source without a name" in mistyped.stderr
    assert "did you mean north?" in mistyped.stderr
