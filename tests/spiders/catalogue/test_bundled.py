"""The bundled catalogues: valid, documented, and rebuilt with the same bytes."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from spiders.catalogue.catalogue import bundled_catalogues, read_catalogue
from spiders.catalogue.rebuild import DATA_SETS, catalogue_text

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "catalogues.md").read_text("utf-8")


@pytest.mark.parametrize("name", bundled_catalogues())
def test_a_bundled_catalogue_is_valid_and_its_size_and_licence_are_documented(name: str) -> None:
    read = read_catalogue(bundled_catalogues()[name])
    (row,) = (line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |"))
    counts = [int(number.replace(",", "")) for number in re.findall(r"[\d,]*\d", row)]
    members = sum(entry.kind == "member" for entry in read.entries.values())
    assert read.id == name
    assert (members or len(read.entries)) in counts
    assert read.head.licence in row


LEGISLATORS = """\
- id: {bioguide: C000127}
  name: {first: Maria, last: Núñez, official_full: Maria de la Núñez}
  terms:
  - {type: rep, url: 'https://old.house.gov'}
  - {type: sen, url: 'https://www.nunez.senate.gov', rss_url: 'http://www.nunez.senate.gov/rss'}
- id: {bioguide: G000607}
  name: {first: New, last: Member}
  terms: [{type: rep}]
"""
COMMITTEES = (
    "- {type: house, name: Committee on Tides, url: 'https://tides.house.gov/', thomas_id: HSTI}\n"
)
BODIES = """\
id,name,other_names,abbreviation,url,tags
gb/harbour,Harbour Board,Board of Piers,HB,http://harbour.example/about,
gb/harbour-police,Harbour Police,,,http://www.harbour.example/police/officers,
gb/merrow,Merrow Town Council,,,http://merrow.example,town_council
gb/gone,Gone Board,,,http://gone.example,defunct
gb/none,Board without a site,,,,
"""


def test_a_catalogue_is_rebuilt_from_a_copy_of_its_data_set_with_the_same_bytes(
    tmp_path: Path,
) -> None:
    (tmp_path / "legislators-current.yaml").write_text(LEGISLATORS, "utf-8")
    (tmp_path / "committees-current.yaml").write_text(COMMITTEES, "utf-8")
    (tmp_path / "data").mkdir()
    for country in ("br", "ch", "de", "eu", "gr", "np", "nz", "se", "us"):
        (tmp_path / "data" / f"{country}.csv").write_text(BODIES.splitlines()[0])
    (tmp_path / "data" / "gb.csv").write_text(BODIES, "utf-8")
    for name, read in DATA_SETS.items():
        texts = {catalogue_text(*read(tmp_path, dt.date(2026, 11, 30))) for _ in range(2)}
        (tmp_path / f"{name}.jsonl").write_bytes(texts.pop())
        assert not texts
    congress = read_catalogue(tmp_path / "us-congress.jsonl").entries
    assert [*congress] == ["committee-hsti", "nunez-c000127"]
    assert congress["nunez-c000127"].feed == "http://www.nunez.senate.gov/rss"
    assert congress["nunez-c000127"].group == "senate"
    bodies = read_catalogue(tmp_path / "public-bodies.jsonl").entries
    assert {one.id: (one.kind, one.group) for one in bodies.values()} == {
        "gb-harbour": ("agency", ""),
        "gb-merrow": ("government", "local"),
    }
    assert bodies["gb-harbour"].names == ("HB", "Board of Piers")
