"""What all commands share: --home, exit codes and error messages."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from data.store.sqlite.store import SqliteStore
from tests.command import COMMANDS, command, communique, make_home, without_rights
from tests.press_room import listing_html, release_html, served
from tests.services import started


def plainly(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command exactly as given, without --home."""
    return subprocess.run(  # noqa: S603 - our own program
        [*command(), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
        env=os.environ | variables,
    )


@pytest.mark.parametrize("group", [(), ("mirror",), ("health",), ("releases",)])
def test_a_list_of_commands_shows_whole_sentences(
    group: tuple[str, ...],
) -> None:
    said = plainly(*group, "--help", COLUMNS="80").stdout.partition("Commands:")[2]
    assert "..." not in said
    assert len(said.splitlines()) > len(group)
    assert max(map(len, said.splitlines())) <= 80


@pytest.mark.parametrize(
    "arguments",
    [
        ("bogus",),
        ("sources", "bogus"),
        ("add",),
        ("show",),
        ("extract", "--kind", "nonsense"),
        ("publish", "--nonsense"),
        ("serve", "--port", "70000"),
        ("export", "--since", "yesterday"),
        ("import", "/nowhere/at/all", "--source", "acme"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_one_sentence_with_exit_code_2(arguments: tuple[str, ...]) -> None:
    result = plainly(*arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("communique: ")
    assert "--help`" in line


@pytest.mark.parametrize(
    ("arguments", "similar"), [(("serach", "sea"), "search"), (("mirror", "verfy"), "verify")]
)
def test_a_similar_command_is_suggested(arguments: tuple[str, ...], similar: str) -> None:
    assert f"; did you mean {similar}? See `communique" in plainly(*arguments).stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("serve", "--port", "many"), "'--port': 'many' is not a whole number; see"),
        (("releases", "hide", "0a1b", "--why", " "), "'--why': the reason is empty"),
        (("releases", "retract", "0a1b", "--why", ""), "'--why': the reason is empty"),
        (("health", "mute", "acme", "--why", ""), "'--why': the reason is empty"),
    ],
)
def test_an_invalid_value_is_reported_with_the_reason(
    arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    home = make_home(tmp_path / "home", "http://127.0.0.1:9/")
    result = communique(*arguments, home=home)
    assert result.returncode == 2
    assert said in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("backup", ""),
        ("restore", ""),
        ("prove", "0a1b", "--to", ""),
        ("extract", ""),
        ("mirror", "export", "--format", "bagit", "--to", ""),
        ("mirror", "rebuild", "--to", ""),
        ("mirror", "verify", "--against", ""),
        ("mirror", "witness", ""),
        ("collect", "--home", ""),
        ("--home", "", "collect"),
        ("demo", "--home", ""),
    ],
    ids=" ".join,
)
def test_an_empty_path_is_not_the_current_folder(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, here = make_home(tmp_path / "home", "http://127.0.0.1:9/"), tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    result = plainly(*arguments, COMMUNIQUE_HOME=str(home))
    assert result.returncode == 2
    assert result.stdout == ""
    assert "the path is empty" in result.stderr
    assert not [*here.iterdir()]


@pytest.mark.parametrize(
    "arguments",
    [("collect", "--home"), ("demo", "--home"), ("backup",), ("restore",)],
    ids=" ".join,
)
@pytest.mark.parametrize("folder", ["long/" * 100, "long/" * 900, "long" * 64 + "/home"], ids=len)
def test_a_path_that_is_too_long_is_reported_in_one_sentence(
    arguments: tuple[str, ...], folder: str, tmp_path: Path
) -> None:
    home = make_home(tmp_path / "home", "http://127.0.0.1:9/")
    result = plainly(*arguments, str(tmp_path / folder), COMMUNIQUE_HOME=str(home))
    assert result.returncode == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert "too long" in line
    # Only the limit that the path exceeds is reported.
    assert ("maximum 450" in line, "maximum 255" in line) == (
        (False, True) if folder.endswith("/home") else (True, False)
    )
    assert len(line) < 250
    assert [*tmp_path.iterdir()] == [home]


def test_a_path_of_the_maximum_length_works(tmp_path: Path) -> None:
    above = tmp_path / ("long" * 40) / ("long" * 25)
    home, to = (above / name.ljust(450 - len(f"{above}/"), "-") for name in ("home", "to"))
    make_home(home, "http://127.0.0.1:9/")
    for arguments in (("publish",), ("backup", str(to)), ("doctor",)):
        result = communique(*arguments, home=home)
        assert result.returncode == 0, result.stderr


def test_an_unreadable_site_does_not_create_a_home(tmp_path: Path) -> None:
    home = tmp_path / "mistyped"
    result = communique("add", "http://127.0.0.1:9/", "--save", home=home)
    assert result.returncode == 1
    assert "could not be read: 127.0.0.1 is not a public address" in result.stderr
    assert not home.exists()


@pytest.mark.parametrize(
    "arguments",
    [("collect", "harbour"), ("publish",), ("run",), ("health",), ("search", "x"), ("export",)],
    ids=" ".join,
)
def test_a_read_only_home_is_reported_in_one_sentence(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    home = make_home(tmp_path / "home", "http://127.0.0.1:9/")
    (home / "communique.db").unlink()
    home.chmod(0o555)
    result = without_rights(*arguments, home=home)
    assert result.returncode == 1
    assert result.stderr.startswith("communique: ")
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("folder", "arguments"),
    [
        ("sources", ("sources",)),
        ("sources", ("sources", "check")),
        ("sources", ("sources", "show", "harbour")),
        ("sources", ("sources", "remove", "harbour")),
        ("sources", ("sources", "rename", "harbour", "port")),
        ("sources", ("collect",)),
        ("sources", ("health",)),
        ("sources", ("export", "--source", "harbour")),
        ("sources", ("mirror", "reextract")),
        ("watches", ("watch",)),
        ("watches", ("watch", "show", "ships")),
        ("watches", ("watch", "test", "ships")),
        ("watches", ("watch", "remove", "ships")),
        ("tokens", ("token",)),
        ("tokens", ("token", "revoke", "desk")),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_an_unreadable_folder_is_not_an_empty_one(
    folder: str, arguments: tuple[str, ...], tmp_path: Path
) -> None:
    home = make_home(tmp_path / "home", "http://127.0.0.1:9/")
    (home / folder).mkdir(exist_ok=True)
    (home / folder).chmod(0)
    result = without_rights(*arguments, home=home)
    assert (result.returncode, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert str(home / folder) in line
    assert "the folder can't be read (Permission denied); run Communique as its owner" in line


def test_the_doctor_reports_unreadable_folders(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", "http://127.0.0.1:9/")
    for folder in ("watches", "tokens"):
        (home / folder).mkdir()
    for folder in ("sources", "watches", "tokens"):
        (home / folder).chmod(0)
    result = without_rights("doctor", "--json", home=home)
    assert result.returncode == 1
    found = json.loads(result.stdout)["checks"]
    for folder in ("sources", "watches", "tokens"):
        texts = [one["text"] for one in found if (one["check"], one["level"]) == (folder, "error")]
        assert [str(home / folder) in text for text in texts] == [True]


@pytest.mark.parametrize(
    "arguments",
    [
        *[(name,) for name in ("run", "collect", "publish", "health")],
        ("watch", "add", "Ships"),
        ("mirror", "status"),
    ],
    ids=" ".join,
)
def test_a_missing_home_is_refused_and_not_created(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    result = communique(*arguments, home=tmp_path / "mistyped")
    assert result.returncode == 2
    assert f"there is no HOME at {tmp_path / 'mistyped'}" in result.stderr
    assert not (tmp_path / "mistyped").exists()


def test_the_variable_names_the_home_and_the_option_wins(tmp_path: Path) -> None:
    for name in ("variable", "option"):
        make_home(tmp_path / name, f"http://{name}.example/")
    variable = {"COMMUNIQUE_HOME": str(tmp_path / "variable")}
    said = plainly("sources", "show", "harbour", "--json", **variable)
    assert json.loads(said.stdout)["url"] == "http://variable.example/"
    option = ("--home", str(tmp_path / "option"))
    said = plainly("sources", "show", "harbour", "--json", *option, **variable)
    assert json.loads(said.stdout)["url"] == "http://option.example/"


def test_the_home_option_may_precede_the_command(tmp_path: Path) -> None:
    for name in ("before", "behind"):
        make_home(tmp_path / name, f"http://{name}.example/")
    before = ("--home", str(tmp_path / "before"))
    variable = {"COMMUNIQUE_HOME": str(tmp_path / "nowhere")}
    said = plainly(*before, "sources", "show", "harbour", "--json", **variable)
    assert json.loads(said.stdout)["url"] == "http://before.example/"
    behind = ("--home", str(tmp_path / "behind"))
    said = plainly(*before, "sources", "show", "harbour", "--json", *behind)
    assert json.loads(said.stdout)["url"] == "http://behind.example/"


@pytest.mark.parametrize(
    "arguments",
    [
        ("health",),
        ("search", "x"),
        ("export",),
        ("show", "x"),
        ("publish",),
        ("serve",),
        ("sources",),
        ("sources", "check"),
        ("extract", "x"),
        ("collect",),
    ],
    ids=" ".join,
)
def test_a_missing_home_in_the_environment_is_reported_and_not_created(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    home = tmp_path / "typo" / "home"
    result = plainly(*arguments, COMMUNIQUE_HOME=str(home))
    assert result.returncode == 2
    assert str(home) in result.stderr
    assert result.stderr.count("\n") == 1
    assert not home.parent.exists()


def test_commands_work_without_a_home_or_create_one_to_store_data(
    tmp_path: Path,
) -> None:
    page = tmp_path / "page.html"
    page.write_text(release_html(1))
    data = {"XDG_DATA_HOME": str(tmp_path / "data")}
    assert plainly("extract", str(page), **data).returncode == 0
    assert "federal-reserve" in plainly("sources", **data).stdout
    assert not (tmp_path / "data").exists()
    taken = plainly("import", os.devnull, "--source", "harbour", **data)
    assert taken.returncode == 0, taken.stderr
    assert (tmp_path / "data" / "communique" / "communique.db").exists()


@pytest.mark.parametrize("log", [True, pytest.param(False, marks=pytest.mark.thorough)])
def test_a_read_only_home_can_be_read(tmp_path: Path, *, log: bool) -> None:
    home = make_home(tmp_path / "home", "http://127.0.0.1:9/")
    line = {"url": "http://127.0.0.1:9/1", "title": "Lamp", "published": "2026-03-02"}
    lines = tmp_path / "lines.jsonl"
    lines.write_text(json.dumps(line))
    assert communique("import", str(lines), "--source", "harbour", home=home).returncode == 0
    store = SqliteStore(home / "communique.db")
    if not log:
        store.close()

    # A release is not yet in the search index.
    assert communique("releases", "retract", line["url"], "--why", "x", home=home).returncode == 0
    if shutil.which("unshare") is None:
        pytest.skip("no folder can be mounted read-only here")
    commands = [
        ["sources"],
        ["export"],
        ["search", "lamp", "--state", "retracted"],
        ["show", line["url"]],
        ["health"],
        ["import", str(lines), "--source", "harbour"],
    ]
    asked = json.dumps([[*one, "--home", str(home)] for one in commands])
    mount = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
    program = [sys.executable, "-P", "-c", COMMANDS, asked]
    done = subprocess.run(  # noqa: S603 - our own program
        ["unshare", "-rm", "sh", "-c", mount, str(home), *program],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    if "mount" in done.stderr:
        pytest.skip("no folder can be mounted read-only here")
    sources, exported, found, shown, health, refused = json.loads(done.stdout)
    assert sources["code"] == 0
    assert json.loads(exported["out"])["title"] == "Lamp"
    assert "Lamp" in found["out"]
    assert "Lamp" in shown["out"]
    assert health["code"] == 0
    assert refused["code"] == 1
    assert "read-only" in refused["err"].lower()
    assert "Traceback" not in refused["err"]
    if log:
        store.close()


def test_an_unreadable_store_is_not_called_read_only(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", "http://127.0.0.1:9/")
    SqliteStore(home / "communique.db").close()
    (home / "communique.db").chmod(0)
    for arguments in (("search", "x"), ("collect",), ("export",)):
        result = without_rights(*arguments, home=home)
        assert result.returncode == 1
        assert "can't be read" in result.stderr
        assert "read-only" not in result.stderr
    (home / "communique.db").chmod(0o400)
    result = without_rights("publish", home=home)
    assert "its folder is read-only" not in result.stderr


def test_a_home_that_cannot_be_created_is_reported_before_any_request(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(0o555)
    with served() as room:
        room.page("/", listing_html([1]))
        home = tmp_path / "closed" / "home"
        result = without_rights("add", f"{room.base}/", "--save", home=home)
        assert result.returncode == 1
        (line,) = result.stderr.splitlines()
        assert str(tmp_path / "closed") in line
        assert room.log == []


def test_a_visit_with_a_read_only_home_is_one_error(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", "http://127.0.0.1:9/")
    (home / "sources" / "wire.toml").write_text((home / "sources" / "harbour.toml").read_text())
    assert communique("sources", home=home).returncode == 0
    SqliteStore(home / "communique.db").close()
    home.chmod(0o555)
    result = without_rights("collect", home=home)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert "Errno" not in line
    assert str(home) in line


@pytest.mark.parametrize("command", [("search", "x"), ("export",)], ids=" ".join)
def test_days_in_the_wrong_order_are_refused(command: tuple[str, ...], tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", "http://127.0.0.1:9/")
    days = ("--since", "2026-11-01", "--until", "2026-10-01")
    result = communique(*command, *days, home=home)
    assert (result.returncode, result.stdout) == (2, "")
    assert "--since 2026-11-01 is after --until 2026-10-01" in result.stderr


@pytest.mark.parametrize("query", [("",), ("--", "-ferry"), ("-ferry",), (".",)], ids=str)
def test_a_query_without_words_is_refused(query: tuple[str, ...], tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", "http://127.0.0.1:9/")
    result = plainly("search", "--home", str(home), *query)
    assert (result.returncode, result.stdout) == (2, "")
    if query == ("-ferry",):
        assert "write -- before a query" in result.stderr
    else:
        assert "at least one word" in result.stderr
    # With a filter, a query may have only excluded words.
    chosen = plainly("search", "--home", str(home), "--lang", "en", "--", "-ferry")
    assert chosen.returncode == 0


@pytest.mark.parametrize("source", ["", "nosuch", "b\u00e9\n"], ids=ascii)
@pytest.mark.parametrize(
    "command",
    [
        ("search", "tides", "--source"),
        ("export", "--source"),
        ("watch", "add", "Ships", "--source"),
        ("mirror", "export", "--format", "folder", "--to", "copy", "--source"),
        ("mirror", "prune", "--days", "1", "--source"),
        ("mirror", "reextract", "--source"),
        ("releases", "retract", "--held", "--why", "test", "--source"),
        ("collect",),
        ("sources", "show"),
        ("sources", "pause", "--why", "test"),
        ("sources", "resume"),
        ("health", "mute", "--why", "test"),
        ("health", "unmute"),
    ],
    ids=" ".join,
)
def test_an_unknown_source_is_refused_by_all_commands(
    command: tuple[str, ...], source: str, tmp_path: Path
) -> None:
    home = make_home(tmp_path / "home", "http://127.0.0.1:9/")
    result = communique(*command, source, home=home)
    assert (result.returncode, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert repr(source) in line or "is not an id" in line or "give either" in line
    assert not (home / "watches").exists()


@pytest.mark.parametrize(
    "command",
    [
        ("search", "tides", "--source"),
        ("export", "--source"),
        ("watch", "add", "Ships", "--source"),
        ("sources", "pause", "--why", "test"),
        ("health", "mute", "--why", "test"),
        ("mirror", "export", "--format", "sqlite", "--to", "copy.db", "--source"),
    ],
    ids=" ".join,
)
def test_a_source_without_a_visit_is_known(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    home = make_home(tmp_path / "home", "http://127.0.0.1:9/")
    result = communique(*command, "harbour", home=home)
    assert result.returncode == 0, result.stderr


def test_the_service_refuses_a_read_only_home_with_a_fix(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", "http://harbour.example/")
    home.chmod(0o555)
    result = without_rights("run", home=home)
    assert result.returncode == 1
    assert f"nothing can be written into {home}: mount its disk for writing" in result.stderr


def test_sources_without_a_subcommand_lists_them_without_cutting_text(tmp_path: Path) -> None:
    url = f"http://harbour.example/{'very-' * 30}long/"
    home = make_home(tmp_path / "home", url)
    file = home / "sources" / "harbour.toml"
    file.write_text(file.read_text().replace("Harbour Board", "Harbour [/b] Board"))
    result = communique("sources", home=home)
    assert result.returncode == 0
    assert url in result.stdout
    assert "Harbour [/b] Board" in result.stdout
    told = communique("sources", "--json", home=home)
    assert json.loads(told.stdout) == json.loads(
        communique("sources", "list", "--json", home=home).stdout
    )


def test_checks_can_be_printed_as_json(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", "http://harbour.example/")
    result = communique("sources", "check", "harbour", "--json", home=home)
    assert result.returncode == 0
    path = str(home / "sources" / "harbour.toml")
    assert json.loads(result.stdout) == {
        "sources": [
            {"id": "harbour", "path": path, "differences": [], "drift": [], "unmatched": []}
        ],
        "errors": [],
    }
    (home / "sources" / "bad.toml").write_text("typo = 1\n")
    result = communique("sources", "check", "bad", "--json", home=home)
    assert result.returncode == 2
    (error,) = json.loads(result.stdout)["errors"]
    assert "typo" in error


def test_commands_that_always_print_json_accept_the_option(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<h1>Lock opens</h1>")
    result = communique("extract", "--json", str(page), home=tmp_path)
    assert result.returncode == 0
    assert json.loads(result.stdout)["kind"] == "release"
    assert communique("export", "--json", home=tmp_path).returncode == 0


@pytest.mark.parametrize("address", ["file:///etc/passwd", "data:text/html,x", "ftp://a.example/"])
def test_only_web_addresses_are_fetched(address: str, tmp_path: Path) -> None:
    result = communique("extract", address, home=tmp_path)
    assert result.returncode == 1
    assert result.stdout == ""
    assert "only http:// and https:// are fetched" in result.stderr


def test_an_unwritable_site_is_reported_in_a_few_lines(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", "http://harbour.example/")
    (home / "site").touch()
    result = communique("publish", home=home)
    assert result.returncode == 1
    lines = result.stderr.splitlines()
    assert all(line.startswith("communique: ") for line in lines)
    assert len(lines) <= 11
    (home / "site").unlink()
    assert communique("publish", home=home).returncode == 0
    assert (home / "site" / "feeds" / "all.atom").is_file()


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "\udcff"),
        ("releases", "retract", "\udcff", "--why", "x"),
        ("add", "http://127.0.0.1:9/\udcff"),
    ],
)
def test_an_argument_that_is_not_utf_8_is_reported(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    home = make_home(tmp_path / "home", "http://127.0.0.1:9/")
    result = communique(*arguments, home=home)
    assert result.returncode == 2
    assert "is not valid UTF-8" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("host", "right"),
    [("0.0.0.0", "the public address of this site"), ("127.0.0.1", "http://127.0.0.1:")],
)
def test_serve_suggests_the_address_for_feeds(tmp_path: Path, host: str, right: str) -> None:
    home = make_home(tmp_path / "home", "http://127.0.0.1:9/")
    listens = {"COMMUNIQUE_SITE__HOST": host, "COMMUNIQUE_SITE__PORT": "0"}
    with started("serve", home, environ=listens) as (_, log):
        said = next(line for line in log if "feeds and pages contain" in line)
    assert f"set site.url to {right}" in said


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["publish"], ["could not publish"]),
        (["serve", "--host", "203.0.113.9"], ["file is not a database", "can't listen on"]),
    ],
    ids=["publish", "serve"],
)
def test_errors_are_json_lines_if_the_log_is_json(
    tmp_path: Path, asked: list[str], told: list[str]
) -> None:
    home = make_home(tmp_path / "home", "http://127.0.0.1:9/")
    with (home / "communique.toml").open("a") as settings:
        settings.write('[log]\nformat = "json"\nlevel = "error"\n')
    if asked == ["publish"]:
        (home / "site").symlink_to(tmp_path / "nowhere")
    else:
        (home / "communique.db").write_text("no database, " * 99)
        (home / "site" / "feeds").mkdir(parents=True)
    result = communique(*asked, home=home)
    assert result.returncode == 1
    lines = [json.loads(line) for line in result.stderr.splitlines()]
    assert all(line["level"] == "error" for line in lines)
    for line, sentence in zip(lines, told, strict=True):
        assert sentence in line["event"]
