"""The shapes of lists and releases beside the project, against the right values in their file."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.command import command


def wrongs(found: dict[str, Any], want: dict[str, Any], kind: str) -> Iterator[str]:
    """What was read from a page and differs from the right values."""
    if kind == "listing":
        days = {item["url"]: (item["published"] or "")[:10] for item in found["items"]}
        if days.keys() != want.keys():
            yield f"items {sorted(days)}"
        stated = {url: day for url, day in want.items() if day}
        yield from (f"{url} {days.get(url)}" for url in stated if days.get(url) != stated[url])
    else:
        text = found["body_text"]
        if found["title"] != want.get("title", found["title"]):
            yield f"title {found['title']}"
        if "published" in want and (found["published"] or "")[:10] != (want["published"] or ""):
            yield f"published {found['published']}"
        if want.get("body", "") not in text or ("not_body" in want and want["not_body"] in text):
            yield f"body {text}"


@pytest.mark.thorough
@pytest.mark.parametrize("kind", ["listing", "release"])
def test_every_shape_is_read_right(shared: Path, tmp_path: Path, kind: str) -> None:
    lines = (shared / "found" / "shapes.jsonl").read_text("utf-8").splitlines()
    cases = [case for case in map(json.loads, lines) if case["kind"] == kind]
    tasks = []
    for number, case in enumerate(cases):
        path = tmp_path / f"{number}.html"
        path.write_text(case["html"], encoding="utf-8")
        tasks.append(json.dumps({"id": case["id"], "html_path": str(path), "url": case["url"]}))
    done = subprocess.run(  # noqa: S603 - our own program
        [*command(), "extract", "--kind", kind],
        input="\n".join(tasks),
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=60,
    )
    read = {one["id"]: one for one in map(json.loads, done.stdout.splitlines())}
    wrong = {case["id"]: [*wrongs(read[case["id"]], case["want"], kind)] for case in cases}
    assert cases
    assert not {name: said for name, said in wrong.items() if said}
