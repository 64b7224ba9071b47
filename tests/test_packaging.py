"""The installed package agrees with the README and the reference."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import click
import msgspec
import pytest

from data.settings import Settings
from data.settings.value_types import MAX_BYTES, MAX_DAYS, MAX_NUMBER
from data.watches.watch_file import FeedAccess
from docs.write_commands import commands, page
from feeds.alerts.channels import CHANNELS, AlertWatch
from scheduler.cli import cli
from spiders.sources.source_file import ListingRules, ReleaseRules, SourceFile

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
SECURITY = (ROOT / "SECURITY.md").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
BUILD_FILES = ("pyproject.toml", "README.md", "LICENSE", ".gitignore")
"""Files that every build reads in addition to the content of the source distribution."""

REFERENCE = ROOT / "docs" / "reference"
COMMANDS, SETTINGS, SOURCE_FILES, WATCHES = (
    (REFERENCE / f"{name}.md").read_text("utf-8")
    for name in ("commands", "settings", "source-files", "watches")
)


@pytest.mark.parametrize("package", ["data", "feeds", "scheduler", "spiders"])
def test_no_other_distribution_owns_our_package_names(package: str) -> None:
    assert set(packages_distributions().get(package, [])) <= {"communique"}


ROOT_CONTEXT = click.Context(cli, info_name="communique")


@pytest.mark.parametrize(
    "context", [*commands(cli, ROOT_CONTEXT)], ids=lambda context: context.command_path
)
def test_every_command_has_a_help_text_and_accepts_a_home(context: click.Context) -> None:
    assert context.command.help
    options = {option for parameter in context.command.params for option in parameter.opts}
    assert "--home" in options or isinstance(context.command, click.Group)


def test_the_reference_shows_the_help_text_of_every_command() -> None:
    assert page() == COMMANDS, "run python docs/write_commands.py"


@pytest.mark.parametrize("part", msgspec.structs.fields(Settings), ids=lambda part: part.name)
def test_every_setting_is_documented_with_its_default(part: msgspec.structs.FieldInfo) -> None:
    for setting in msgspec.structs.fields(part.type):
        made = setting.default_factory
        value = setting.default if made is msgspec.NODEFAULT else made()
        default = msgspec.json.encode(value).decode()
        row = f"| `{part.name}.{setting.name}` | `{default}` |"
        assert row in SETTINGS, f"the reference does not contain {row}"


@pytest.mark.parametrize("part", msgspec.structs.fields(Settings), ids=lambda part: part.name)
def test_the_limits_of_every_setting_are_documented(part: msgspec.structs.FieldInfo) -> None:
    assert "1 or more" in SETTINGS
    assert [most for most in (MAX_NUMBER, MAX_BYTES, MAX_DAYS) if f"{most:,}" not in SETTINGS] == []
    _, tables = msgspec.json.schema_components([part.type])
    keys = tables[part.type.__name__]["properties"]
    for name, key in keys.items():
        bounds = {
            key[bound] for bound in ("minimum", "exclusiveMinimum", "maximum") if bound in key
        }
        row = re.search(rf"^\| `{part.name}\.{name}` \| [^|]* \|(.*)$", SETTINGS, re.MULTILINE)
        assert row
        for bound in bounds - {1, MAX_NUMBER, MAX_BYTES, MAX_DAYS}:
            assert re.search(rf"\b{bound:.0f}\b", row[1]), (
                f"{part.name}.{name} does not mention {bound}"
            )


@pytest.mark.parametrize(
    ("table", "prefix"), [(SourceFile, ""), (ListingRules, "listing."), (ReleaseRules, "release.")]
)
def test_every_key_of_a_source_file_is_documented(table: type[msgspec.Struct], prefix: str) -> None:
    keys = set(table.__struct_fields__) - {"listing", "release"}
    missing = [f"`{prefix}{key}`" for key in keys if f"`{prefix}{key}`" not in SOURCE_FILES]
    assert missing == []


def test_every_key_of_a_watch_is_documented() -> None:
    tables: dict[str, type[msgspec.Struct]] = {
        "feed": FeedAccess,
        **{one.table: one for one in CHANNELS},
    }
    keys = {*AlertWatch.__struct_fields__} - tables.keys()
    keys |= {f"{name}.{key}" for name, one in tables.items() for key in one.__struct_fields__}
    missing = [key for key in keys if f"`{key}`" not in WATCHES]
    assert missing == []


def test_the_two_set_up_lines_are_in_the_readme_and_ci_runs_the_second_word_for_word() -> None:
    demo = "python3 -m venv .venv && .venv/bin/pip install -q . && .venv/bin/communique demo"
    tests = "python3 -m venv .venv && .venv/bin/pip install -q -e '.[test]' && .venv/bin/pytest"
    assert demo in README
    assert tests in README
    assert "README.md" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_the_changelog_and_the_bill_of_materials_have_the_current_version() -> None:
    version = PROJECT["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    versions = re.findall(r"^## \[(.+)\](?: - \d{4}-\d\d-\d\d)?$", changelog, re.MULTILINE)
    assert versions[:2] == ["Unreleased", version]
    bill = json.loads((ROOT / "deploy" / "container" / "sbom.cdx.json").read_text("utf-8"))
    assert bill["metadata"]["component"]["version"] == version


def test_each_protection_of_the_security_page_names_existing_tests() -> None:
    rows = [row for row in SECURITY.splitlines() if row.startswith("|") and "test_" in row]
    assert len(rows) > 15
    for row in rows:
        named = re.findall(r"[a-z_/]+/test_\w+\.py", row) or re.findall(r"\btest_\w+\.py", row)
        assert named, row
        assert [file for file in named if not (ROOT / "tests" / file).is_file()] == []


LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize(
    "document",
    [ROOT / "README.md", ROOT / "SECURITY.md", *(ROOT / "docs").rglob("*.md")],
    ids=lambda path: path.stem,
)
def test_links_between_documents_exist(document: Path) -> None:
    links = LINK.findall(document.read_text("utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def built(project: Path, folder: Path, mask: int) -> dict[str, bytes]:
    """Build a copy of the project, and return the wheel and the source distribution."""
    epoch = {"SOURCE_DATE_EPOCH": "1577836800"}
    subprocess.run(  # noqa: S603 - our own build
        [sys.executable, "-m", "hatchling", "build", "--directory", str(folder)],
        cwd=project,
        check=True,
        capture_output=True,
        env=os.environ | epoch,
        umask=mask,
    )
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.thorough
def test_builds_of_the_wheel_and_the_source_distribution_are_reproducible(tmp_path: Path) -> None:
    # In another folder, at another time, with other permissions and without caches.
    copy = tmp_path / "copy"
    copy.mkdir()
    for part in (*PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"], *BUILD_FILES):
        if (ROOT / part).is_dir():
            unwanted = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / part, copy / part, ignore=unwanted, copy_function=shutil.copy)
        else:
            shutil.copy(ROOT / part, copy / part)
    first = built(ROOT, tmp_path / "first", 0o022)
    second = built(copy, tmp_path / "second", 0o077)
    assert sorted(name.rpartition(".")[2] for name in first) == ["gz", "whl"]
    (wheel,) = (tmp_path / "first").glob("*.whl")
    inside = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {one for one in inside if not one.endswith(".dist-info")} == {
        "data", "feeds", "scheduler", "spiders",
    }  # fmt: skip
    assert {name: hashlib.sha256(one).hexdigest() for name, one in first.items()} == {
        name: hashlib.sha256(one).hexdigest() for name, one in second.items()
    }


OPTIONAL = ("apprise", "obstore", "playwright", "procrastinate", "psycopg", "psycopg_pool")


@pytest.mark.thorough
def test_commands_and_children_start_without_the_optional_packages() -> None:
    code = f"""if True:
        import importlib, pkgutil, sys
        sys.modules.update(dict.fromkeys({OPTIONAL!r}))
        import scheduler.commands
        for module in pkgutil.walk_packages(scheduler.commands.__path__, "scheduler.commands."):
            importlib.import_module(module.name)
        for child in ("crawl", "service_child"):
            importlib.import_module(f"scheduler.children.{{child}}")
    """
    result = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stderr) == (0, "")
