"""`communique watch`: create, list, test, pause and remove watches."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.command import COMMUNIQUE, communique, make_home
from tests.press_room import listing_html, release_html, served


def told(home: Path, *arguments: str) -> Any:
    """The JSON output of a command that succeeds."""
    result = communique("watch", *arguments, "--json", home=home)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home directory with three releases, one of them retracted and one hidden."""
    home = tmp_path_factory.mktemp("watched") / "home"
    home.mkdir()
    lines = [
        {
            "url": f"http://wire.example/{number}",
            "title": f"Ships at pier {number}",
            "body_text": f"The harbour board counts ships at pier {number}, says the master.",
            "published": f"2026-03-0{number}",
        }
        for number in (1, 2, 3)
    ]
    file = home.parent / "lines.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    for arguments in (
        ("import", str(file), "--source", "wire"),
        ("releases", "retract", "http://wire.example/2", "--why", "they said so"),
        ("releases", "hide", "http://wire.example/3", "--why", "no release"),
    ):
        done = communique(*arguments, home=home)
        assert done.returncode == 0, done.stderr
    return home


@pytest.fixture
def home(imported: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(imported, tmp_path / "home"))


def test_a_watch_is_limited_to_weighty_edits_of_some_classes(home: Path) -> None:
    classes = ("figure", "silent", "figure")
    limits = ("--min-weight", "0.3", *(part for one in classes for part in ("--edit-class", one)))
    added = told(home, "add", "Figures", *limits, "--feed")
    assert (added["min_weight"], added["edit_classes"]) == (0.3, ["figure", "silent"])
    listed = communique("watch", "list", home=home).stdout
    assert "edits of weight 0.3 or more" in listed
    assert "edits of class figure, silent" in listed
    file = home.parent / "edited.jsonl"
    body = "The harbour board counts ships at pier 70, says the master."
    shown = {"url": "http://wire.example/1", "title": "Ships at pier 1", "published": "2026-03-01"}
    file.write_text(json.dumps(shown | {"body_text": body}))
    assert communique("import", str(file), "--source", "wire", home=home).returncode == 0
    tried = communique("watch", "test", "figures", home=home).stdout
    (match,) = [one for one in told(home, "test", "figures")["matches"] if one["kind"] == "edit"]
    assert match["classes"] == ["figure"]
    assert f" edit (figure, silent; weight {match['weight']:.2f}) wire " in tried
    useless = told(home, "add", "Useless", "--kind", "release", "--min-weight", "0.3", "--feed")
    assert "have no effect" in useless["doubts"][0]
    for wrong in (("--min-weight", "1.5"), ("--edit-class", "comma")):
        assert communique("watch", "add", "Wrong", *wrong, home=home).returncode == 2


def test_a_watch_is_added_listed_tried_and_removed(home: Path) -> None:
    added = told(
        home, "add", "Ships & piers!", "--query", "pier master", "--source", "wire", "--feed"
    )
    assert added["id"] == "ships-piers"
    assert added["doubts"] == []
    assert [one["id"] for one in told(home, "list")["watches"]] == ["ships-piers"]
    assert told(home, "show", "ships-piers")["query"] == "pier master"
    found = told(home, "test", "ships-piers")["matches"]
    assert sorted((one["kind"], one["title"]) for one in found) == [
        ("release", "Ships at pier 1"),
        ("release", "Ships at pier 2"),
        ("retraction", "Ships at pier 2"),
    ]
    lines = communique("watch", "test", "ships-piers", home=home).stdout.splitlines()
    # Imported releases are backlog, but not their later retraction.
    assert lines[-2] == "1 of the last 3 events would have alerted."
    assert lines[-1].startswith("2 also match, but without an alert: they existed before the first")
    assert sum(line.endswith("(backlog)") for line in lines) == 2
    assert [one["backlog"] for one in found].count(True) == 2
    assert told(home, "add", "Old ships", "--source", "wire", "--backlog", "--feed")
    (*_, last) = communique("watch", "test", "old-ships", home=home).stdout.splitlines()
    assert last == "3 of the last 3 events would have alerted."
    told(home, "remove", "old-ships")
    assert told(home, "remove", "ships-piers") == {"removed": "ships-piers"}
    assert told(home)["watches"] == []


def test_a_watch_is_written_once_and_its_sources_and_topics_are_checked(home: Path) -> None:
    first = communique("watch", "add", "Ferries", "--source", "wire", home=home)
    assert first.returncode == 0
    again = communique("watch", "add", "Ferries", home=home)
    assert again.returncode == 2
    assert "choose another id with --id" in again.stderr
    file = home / "watches/ferries.toml"
    assert 'sources = ["wire"]' in file.read_text()
    # A source or topic of a file may be added later.
    file.write_text('name = "Ferries"\nsources = ["wira"]\ntopics = ["x"]\n')
    shown = communique("watch", "show", "ferries", home=home)
    assert shown.returncode == 0
    assert "there is no source 'wira' yet; did you mean wire?" in shown.stderr
    assert "no topic named 'x'" in shown.stderr
    file.write_text('name = "Ferries"\nquery = "pier -source:wira"\nquery_language = 2\n[feed]\n')
    file.write_text(file.read_text() + 'token = "abcdefghijklmnop"\n')
    (doubt,) = told(home, "show", "ferries")["doubts"]
    assert doubt == "there is no source 'wira' yet; did you mean wire?"


def test_a_watch_may_name_topics_of_the_taxonomy_of_source_files_and_sections(
    home: Path,
) -> None:
    (home / "sources").mkdir()
    (home / "sources/port.toml").write_text(
        'name = "Port"\nurl = "http://port.example/"\ntimezone = "UTC"\ntopics = ["Ship lifts"]\n'
    )
    for topic in ("crime", "ship-lifts"):
        added = communique("watch", "add", topic, "--source", "port", "--topic", topic, home=home)
        assert added.returncode == 0, added.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "…"), "'…' is not a valid id"),
        (("add", "A", "--id", "../a"), "'../a' is not a valid id"),
        (("add", "A", "--query", "(a+)+$ " * 200), "too long (1,400 characters)"),
        (("add", "A", "--language", "german"), 'did you mean "de"'),
        (("add", ""), "is not a valid id"),
        (("add", "A", "--source", "wira"), "no source named 'wira'; did you mean wire?"),
        (
            ("add", "A", "--query", "pier source:wira"),
            "no source is named 'wira'; did you mean wire?",
        ),
        (("add", "A", "--topic", "crine"), "no topic named 'crine'; did you mean crime?"),
        (("add", "A", "--topic", ""), "no topic named ''"),
        (("add", "A", "--query", " "), "the query is empty"),
        (("add", "A", "--query", "ships -ships"), "both requires and excludes 'ships'"),
        (("add", "A", "--query", '"tall ships" -ship*'), "both requires and excludes 'ship'"),
        (("show", "none"), "no watch named 'none'"),
        (("test", "../communique"), "no watch named"),
        (("remove", "none"), "no watch named 'none'"),
        (("test", "broken"), "name: the key is required"),
    ],
)
def test_a_mistake_is_one_sentence_and_writes_nothing(
    arguments: tuple[str, ...], said: str, home: Path
) -> None:
    (home / "watches").mkdir()
    (home / "watches/broken.toml").write_text("")
    result = communique("watch", *arguments, home=home)
    assert (result.returncode, result.stdout) == (2, "")
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert [path.name for path in (home / "watches").iterdir()] == ["broken.toml"]


def test_a_watch_without_outputs_or_with_an_unclosed_quote_is_reported(home: Path) -> None:
    (home / "watches").mkdir()
    file = home / "watches" / "nobody.toml"
    file.write_text('name = "Nobody"\nquery = "\\"harbour"\n')
    doubts = told(home, "show", "nobody")["doubts"]
    assert [doubt.partition(";")[0] for doubt in doubts] == [
        "the watch has no output",
        "the query '\"harbour' has an unclosed quotation mark",
    ]
    assert told(home, "add", "Desk", "--query", '"harbour"', "--feed")["doubts"] == []
    (doubt,) = told(home, "add", "Chat", "--query", "storm or surge", "--feed")["doubts"]
    assert doubt.startswith("“or” is searched as a word")
    assert told(home, "show", "chat")["query_language"] == 2
    result = communique("watch", "add", "Bad", "--query", "storm OR", home=home)
    assert (result.returncode, "character 7" in result.stderr) == (2, True)


def test_a_watch_file_is_written_completely_or_not_at_all(home: Path) -> None:
    add = (*COMMUNIQUE, "--home", str(home), "watch", "add", "Ships")
    full = subprocess.run(  # noqa: S603 - our own command
        ["/bin/sh", "-c", 'ulimit -f 0; exec "$@"', "sh", *add],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (full.returncode, len(full.stderr.splitlines())) == (1, 1)
    assert [*(home / "watches").iterdir()] == []
    told(home, "add", "Ships")
    (written,) = (home / "watches").iterdir()
    assert written.stat().st_mode & 0o777 == 0o600


def test_a_broken_watch_is_reported_beside_valid_ones_and_can_be_removed(home: Path) -> None:
    told(home, "add", "Good")
    (home / "watches/broken.toml").write_text("name = 1\n")
    listed = communique("watch", "list", home=home)
    assert listed.returncode == 2
    assert listed.stdout == (
        "good: Good (release, edit, retraction, return; no output, so it sends nothing)\n"
    )
    assert "broken.toml: name: the value must be a text in quotes" in listed.stderr
    assert communique("watch", "remove", "broken", home=home).returncode == 0
    assert communique("watch", home=home).returncode == 0


def test_a_test_needs_an_output_and_a_release(home: Path, tmp_path: Path) -> None:
    told(home, "add", "Silent")
    result = communique("watch", "test", "silent", "--send", home=home)
    assert result.returncode == 1
    assert "silent has no output" in result.stderr
    empty = tmp_path / "empty"
    empty.mkdir()
    told(empty, "add", "Early", "--webhook", "https://hooks.example/")
    result = communique("watch", "test", "early", "--send", home=empty)
    assert result.returncode == 1
    assert "no release to send" in result.stderr


def test_deliveries_list_the_alerts_that_collect_counts(tmp_path: Path) -> None:
    with served() as room:
        room.page("/", listing_html([1]))
        room.page("/news/1.html", release_html(1))
        home = make_home(tmp_path / "home", f"{room.base}/")
        told(home, "add", "All", "--backlog", "--webhook", f"{room.base}/hook")
        result = communique("collect", home=home)
        assert "1 alert waits for `communique run`" in result.stdout
        (waiting,) = told(home, "deliveries")["deliveries"]
        assert (waiting["state"], waiting["kind"], waiting["attempts"]) == ("waiting", "release", 0)
        assert waiting["title"] == "Notice 1: ships counted at pier 1"
        listed = communique("watch", "deliveries", home=home)
        assert "Notice 1: ships counted at pier 1" in listed.stdout
        assert told(home, "deliveries", "--dead")["deliveries"] == []
