"""`communique changes`, and the pages of `search` and `export`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.command import communique

TEXT = "The harbour board counts ships at pier {}, and so do the {} pilots, says the master."


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home directory with five releases, one of them hidden."""
    folder = tmp_path_factory.mktemp("paged")
    lines = folder / "lines.jsonl"
    lines.write_text(
        "\n".join(
            json.dumps(
                {
                    "url": f"http://wire.example/{number}",
                    "title": f"Ships at pier {number}",
                    "body_text": TEXT.format(number, number * 7),
                    "published": f"2026-03-{number:02}",
                }
            )
            for number in range(1, 6)
        )
    )
    communique("import", str(lines), "--source", "wire", home=folder / "home")
    second = exported(folder / "home")[1]["id"]
    communique("releases", "hide", second, "--why", "a test", home=folder / "home")
    return folder / "home"


def exported(home: Path, *options: str) -> list[dict[str, Any]]:
    done = communique("export", *options, home=home)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def told(home: Path, *options: str) -> dict[str, Any]:
    done = communique("changes", "--json", *options, home=home)
    assert done.returncode == 0, done.stderr
    page: dict[str, Any] = json.loads(done.stdout)
    return page


def test_an_export_continues_after_its_last_line(home: Path) -> None:
    whole = exported(home)
    assert len(whole) == 4
    found = exported(home, "--limit", "3")
    assert found == whole[:3]
    assert exported(home, "--limit", "3", "--cursor", found[-1]["id"]) == whole[3:]
    assert exported(home, "--cursor", whole[-1]["id"]) == []


def test_pages_of_changes_contain_each_change_once(home: Path) -> None:
    whole = told(home)
    assert [one["kind"] for one in whole["changes"]] == ["new"] * 5 + ["hidden"]
    first = told(home, "--limit", "4")
    rest = told(home, "--since", first["next"])
    assert (first["more"], rest["more"]) == (True, False)
    assert first["changes"] + rest["changes"] == whole["changes"]
    shown = communique("changes", "--limit", "6", home=home).stdout.splitlines()
    assert [line.split()[1] for line in shown[:-1]] == [one["kind"] for one in whole["changes"]]
    assert "(hidden)" in shown[-2]
    assert shown[-1].endswith(f"--since {whole['next']}")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("export", "--cursor", "no-such"), "no release 'no-such'"),
        (("export", "--limit", "0"), "limit"),
        (("changes", "--since", "no-such"), "`communique changes`"),
        (("changes", "--since", "!"), "since can't be '!'"),
        (("changes", "--limit", "0"), "from 1 to 200"),
        (("search", "ships", "--limit", "0"), "limit"),
    ],
)
def test_an_invalid_cursor_or_limit_is_reported(
    home: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = communique(*arguments, home=home)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
