"""Rows survive as CSV, and no cell is a formula."""

from __future__ import annotations

import csv

from data.export.formats.comma_separated import csv_lines


def test_a_reader_of_csv_gets_every_value() -> None:
    row = {"title": 'A "quoted",\nlong title', "n": 3, "none": None, "topics": ["a"], "ok": True}
    text = b"".join(csv_lines([row], [*row, "missing"])).decode()
    (read,) = csv.DictReader(text.splitlines(keepends=True))
    assert read == {
        "title": row["title"],
        "n": "3",
        "none": "",
        "topics": '["a"]',
        "ok": "true",
        "missing": "",
    }


def test_no_cell_is_run_as_a_formula() -> None:
    hostile = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\n=1", "\uff1d1+1", "\uff20SUM(A1)"]
    lines = list(csv_lines(({"title": one} for one in hostile), ["title"]))
    assert all(line.lstrip(b'"').startswith(b"'") for line in lines[1:])
