"""Catalogues: which files are accepted, and which line and key an error names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spiders.catalogue.catalogue import (
    CatalogueError,
    EntrySelection,
    UnknownCatalogue,
    examine,
    find_catalogue,
    read_catalogue,
)

HEAD = {
    "catalogue": "harbours",
    "name": "Harbours",
    "licence": "CC0-1.0",
    "origin": "our own list",
    "date": "2026-11-30",
}
ACME = {
    "id": "acme",
    "name": "Acme Harbour Board",
    "url": "https://acme.example/",
    "kind": "agency",
    "country": "GB",
    "group": "north",
}
MERROW = {**ACME, "id": "merrow", "name": "Merrow Council", "country": "FR", "kind": "government"}


def written(folder: Path, *rows: Any) -> Path:
    """A catalogue file. Texts are written as lines, all other values as JSON."""
    path = folder / "harbours.jsonl"
    lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def test_entries_are_read_and_chosen_by_id_country_kind_and_group(tmp_path: Path) -> None:
    read = read_catalogue(written(tmp_path, HEAD, ACME, "", MERROW))
    assert [*read.entries] == ["acme", "merrow"]
    assert read.key(read.entries["acme"]) == "harbours/acme"

    def chosen(**wanted: Any) -> list[str]:
        return [one.id for one in EntrySelection(**wanted).of(read)]

    assert chosen() == ["acme", "merrow"]
    assert chosen(ids=("merrow",)) == ["merrow"]
    assert chosen(countries=("GB",), groups=("north",)) == ["acme"]
    assert chosen(kinds=("government",)) == ["merrow"]
    with pytest.raises(CatalogueError, match="countries: FR, GB"):
        chosen(countries=("DE",))
    with pytest.raises(CatalogueError, match="did you mean acme"):
        chosen(ids=("acne",))


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"id": "Acme"}, "id"),
        ({"id": "../acme"}, "id"),
        ({"id": "acme"}, "id"),
        ({"name": ""}, "name"),
        ({"name": "Acme\u001b[2J"}, "name"),
        ({"name": "Acme \u202egro"}, "name"),
        ({"name": 'x"\nurl = "http://other.example'}, "name"),
        ({"names": ["a" * 201]}, "names"),
        ({"names": ["Acme"] * 51}, "names"),
        ({"languages": ["en"] * 51}, "languages"),
        ({"timezone": "a" * 5_000}, "timezone"),
        ({"press": "https://acme.example/\u202enews"}, "press"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "file:///etc/passwd"}, "url"),
        ({"press": "acme.example/news"}, "press"),
        ({"country": "UK1"}, "country"),
        ({"country": "QQ"}, "country"),
        ({"kind": "harbour"}, "kind"),
        ({"group": "A B"}, "group"),
        ({"languages": ["no such language"]}, "languages"),
        ({"timezone": "Lindmouth"}, "timezone"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_an_error_names_the_line_and_the_key(
    changed: dict[str, Any], key: str, tmp_path: Path
) -> None:
    # The second entry has the id of the first, unless the change is valid.
    path = written(tmp_path, HEAD, ACME, {**MERROW, **changed})
    with pytest.raises(CatalogueError) as caught:
        read_catalogue(path)
    assert f"{path}: line 3" in str(caught.value)
    assert key in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "rows",
    [
        ("",),
        ("<html>",),
        ("[" * 5_000,),
        ("\x00\x01",),
        (ACME,),
        ({**HEAD, "date": "yesterday"},),
        ({**HEAD, "catalogue": "A/B"},),
        (HEAD,),
    ],
    ids=["empty", "html", "nested", "binary", "entry", "date", "id", "alone"],
)
def test_a_file_that_is_not_a_catalogue_is_refused(rows: tuple[Any, ...], tmp_path: Path) -> None:
    with pytest.raises(CatalogueError):
        read_catalogue(written(tmp_path, *rows))


@pytest.mark.parametrize(
    ("changed", "accepted"), [({"kind": "agencyy"}, "court"), ({"pres": "/news"}, "press")]
)
def test_an_error_lists_the_accepted_kinds_or_keys(
    changed: dict[str, Any], accepted: str, tmp_path: Path
) -> None:
    with pytest.raises(CatalogueError, match=rf"\b{accepted}\b"):
        read_catalogue(written(tmp_path, HEAD, {**ACME, **changed}))


def test_all_errors_of_a_file_are_reported_and_valid_entries_remain(tmp_path: Path) -> None:
    bad = [{**ACME, "id": f"harbour-{number}", "country": "Q"} for number in range(300)]
    read, errors = examine(written(tmp_path, HEAD, ACME, *bad))
    assert read is not None
    assert [*read.entries] == ["acme"]
    assert len(errors) == 100


def test_a_catalogue_is_found_by_id_or_path(tmp_path: Path) -> None:
    assert find_catalogue("world", tmp_path).is_file()
    assert find_catalogue("./own.jsonl", tmp_path) == Path("own.jsonl")
    with pytest.raises(UnknownCatalogue, match="did you mean world"):
        find_catalogue("worlds", tmp_path)
    own = written(tmp_path, HEAD, ACME)
    assert find_catalogue("harbours", tmp_path) == own
    with pytest.raises(CatalogueError, match="can't be read"):
        read_catalogue(tmp_path)
