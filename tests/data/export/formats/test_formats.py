"""Each export format keeps the fields of releases, and ninjs follows its standard."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from data.export import formats
from data.export.formats import FORMATS
from data.export.formats.export_format import ExportFormat
from data.export.formats.json_lines import news_item
from data.interchange.release_fields import release_fields
from data.models import Media, Published, Release
from data.plugins import classes_in
from data.store.sqlite.store import SqliteStore
from tests.drafts import draft

FILE = Media("http://harbour.example/a.pdf", "application/pdf", 12, "")


def text_list(*more: str) -> dict[str, Any]:
    """Schema of a list of texts with their roles."""
    names = ("role", "contenttype", "value")
    return {
        "type": "array",
        "minItems": 1,
        "items": {
            "type": "object",
            "required": ["value", *more],
            "properties": {name: {"type": "string"} for name in names},
            "additionalProperties": False,
        },
    }


INSTANT = {"type": "string", "format": "date-time", "pattern": r"T.*([+-]\d\d:\d\d|Z)$"}
CONCEPTS = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {name: {"type": "string"} for name in ("name", "rel", "role", "literal")},
        "additionalProperties": False,
    },
}

NINJS: dict[str, Any] = {
    "type": "object",
    "required": ["uri"],
    "additionalProperties": False,
    "properties": {
        "uri": {"type": "string", "pattern": "^[a-z]+:"},
        "standard": {"type": "object"},
        "type": {
            "enum": ["text", "audio", "video", "picture", "graphic", "composite", "component"]
        },
        "representationtype": {"enum": ["full", "partial"]},
        "version": {"type": "string"},
        "firstcreated": INSTANT,
        "versioncreated": INSTANT,
        "contentcreated": INSTANT,
        "embargoed": INSTANT,
        "pubstatus": {"enum": ["usable", "withheld", "canceled"]},
        **{name: {"type": "string"} for name in ("language", "title", "by")},
        "headlines": text_list(),
        "descriptions": text_list(),
        "bodies": text_list("contenttype"),
        **dict.fromkeys(("organisations", "infosources", "subjects"), CONCEPTS),
        "associations": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "uri"],
                "properties": {"renditions": {"items": {"required": ["name"]}}},
            },
        },
        "altids": {
            "type": "array",
            "items": {
                "properties": {"role": {"type": "string"}, "value": {"type": "string"}},
                "additionalProperties": False,
            },
        },
    },
}
"""The properties of ninjs 2.1 that we write, with their types and values."""


@pytest.fixture
def releases(tmp_path: Path, noon: dt.datetime) -> list[Release]:
    """A release, one with a topic, a retracted one, and one dated after the last visit."""
    store = SqliteStore(tmp_path / "communique.db")
    ahead = Published(noon + dt.timedelta(days=2), "second", "UTC", "in two days", "json-ld")
    drafts = [
        draft("http://harbour.example/1", title='=Storm, "early"', attachments=(FILE,)),
        draft("http://harbour.example/2", title="Tides", body_text="Low tide.", topics=("sea",)),
        draft("http://harbour.example/3", title="Gone", body_text="A pier."),
        draft("http://harbour.example/4", title="Ahead", published=ahead),
    ]
    for one in drafts:
        store.record(one, seen=noon, since=noon)
    found = list(store.by_first_seen())
    gone = next(one for one in found if one.content.title == "Gone")
    store.retract(gone.id, at=noon)
    every = list(store.by_first_seen())
    store.close()
    return every


def written(name: str, releases: Iterable[Release]) -> bytes:
    """The export of releases in a format."""
    output = io.BytesIO()
    FORMATS[name]().write(iter(releases), output)
    return output.getvalue()


def plain(releases: Iterable[Release]) -> list[dict[str, Any]]:
    """The public fields of releases."""
    return [json.loads(line) for line in written("jsonl", releases).splitlines()]


def test_rows_of_csv_have_every_field(releases: list[Release]) -> None:
    rows = list(csv.DictReader(io.StringIO(written("csv", releases).decode(), newline="")))
    for row, fields in zip(rows, plain(releases), strict=True):
        assert row.keys() == fields.keys()
        assert row["title"].removeprefix("'") == fields["title"]
        assert json.loads(row["attachments"]) == fields["attachments"]
    assert rows[0]["title"].startswith("'=")
    assert written("csv", []) == b""


@pytest.mark.integration  # 150 MB to install
def test_a_table_of_parquet_has_every_field(releases: list[Release]) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    rows = pq.read_table(io.BytesIO(written("parquet", releases))).to_pylist()
    for row, fields in zip(rows, plain(releases), strict=True):
        assert row.keys() == fields.keys()
        assert (row["title"], row["topics"]) == (fields["title"], fields["topics"])
        assert row["updated"].isoformat() == fields["updated"]
        assert json.loads(row["provenance"]) == fields["provenance"]
    assert pq.read_table(io.BytesIO(written("parquet", []))).num_rows == 0


def test_news_items_follow_the_standard(releases: list[Release]) -> None:
    items = [json.loads(line) for line in written("ninjs", releases).splitlines()]
    for item in items:
        Draft202012Validator(NINJS).validate(item)
    by_title = {item["title"]: item for item in items}
    assert by_title["Gone"]["pubstatus"] == "canceled"
    assert by_title["Tides"]["pubstatus"] == "usable"
    assert by_title["Tides"]["subjects"] == [{"literal": "sea", "rel": "about"}]
    assert "embargoed" not in by_title["Tides"]
    assert by_title["Tides"]["uri"].startswith("urn:uuid:")
    assert by_title['=Storm, "early"']["associations"][0]["uri"] == FILE.url


def test_a_release_dated_after_the_last_visit_is_embargoed(releases: list[Release]) -> None:
    ahead = next(one for one in releases if one.content.title == "Ahead")
    item = news_item(ahead)
    assert item["embargoed"] == item["contentcreated"]


def test_a_new_module_is_a_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "titles.py").write_text(
        "from typing import ClassVar\n"
        "from data.export.formats.export_format import ExportFormat\n"
        "class Titles(ExportFormat):\n"
        "    name: ClassVar[str] = 'titles'\n"
        "    def write(self, releases, output):\n"
        "        for release in releases:\n"
        "            output.write(release.content.title.encode())\n"
    )
    monkeypatch.setattr(formats, "__path__", [*formats.__path__, str(tmp_path)])
    found = classes_in(formats.__name__, ExportFormat)  # type: ignore[type-abstract]  # only a filter
    assert {one.name for one in found} == {*FORMATS, "titles"}


def test_json_lines_have_the_fields_of_the_api(releases: list[Release]) -> None:
    assert [one["id"] for one in plain(releases)] == [release_fields(one)["id"] for one in releases]
