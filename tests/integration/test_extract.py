"""`communique extract`: saved pages in, lines of JSON out."""

from __future__ import annotations

import gzip
import json
import subprocess
from pathlib import Path

from tests.command import COMMUNIQUE, communique
from tests.press_room import listing_html, release_html

RELEASE = {
    "id", "kind", "title", "published", "precision", "language", "section", "publisher",
    "body_html", "body_text", "images", "attachments", "links", "confidence",
}  # fmt: skip


def lines(text: str) -> list[dict[str, object]]:
    """Lines of JSON."""
    return [json.loads(line) for line in text.splitlines()]


def test_a_saved_page_is_read_and_told_from_a_listing(tmp_path: Path) -> None:
    (tmp_path / "release.html").write_text(release_html(7))
    (tmp_path / "listing.html").write_text(listing_html(list(range(12))))
    result = communique(
        "extract", str(tmp_path / "release.html"), str(tmp_path / "listing.html"),
        "--url", "http://harbour.example/news/", home=tmp_path,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    release, listing = lines(result.stdout)
    assert release.keys() >= RELEASE
    assert (release["kind"], release["published"], release["precision"]) == (
        "release", "2026-03-02", "day",
    )  # fmt: skip
    assert release["title"] == "Notice 7: ships counted at pier 7"
    assert listing["kind"] == "listing"
    items = listing["items"]
    assert isinstance(items, list)
    assert items[0] == {
        "url": "http://harbour.example/news/0.html",
        "title": "Notice 0: ships counted at pier 0",
        "published": "2026-03-02",
    }


def test_many_pages_come_out_in_the_order_they_went_in_and_bad_lines_are_told(
    tmp_path: Path,
) -> None:
    asked = []
    for number in range(30):
        path = tmp_path / f"{number}.html.gz"
        path.write_bytes(gzip.compress(release_html(number).encode()))
        asked.append(json.dumps({"id": f"p{number}", "html_path": str(path), "url": None}))
    (tmp_path / "cut.html.gz").write_bytes(gzip.compress(b"x" * 999)[:20])
    asked.insert(3, "nonsense")
    asked.append(json.dumps({"id": "absent", "html_path": str(tmp_path / "absent.html")}))
    asked.append(json.dumps({"id": "cut", "html_path": str(tmp_path / "cut.html.gz")}))
    result = subprocess.run(  # noqa: S603 - our own program
        [*COMMUNIQUE, "extract", "--kind", "release", "--home", str(tmp_path)],
        input="\n".join(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert [page["id"] for page in lines(result.stdout)] == [f"p{n}" for n in range(30)]
    assert "line 4 of the input" in result.stderr
    assert result.stderr.count("can't be read") == 2
    assert "Traceback" not in result.stderr
