"""`communique extract`: saved pages to JSON lines."""

from __future__ import annotations

import gzip
import json
import subprocess
from pathlib import Path

import pytest

from spiders.extract.page_values import Task, read_page
from spiders.page.page import Page
from tests.command import command, communique
from tests.press_room import Answer, listing_html, release_html, served

RELEASE = {
    "id", "kind", "title", "published", "precision", "language", "section", "publisher",
    "body_html", "body_text", "images", "attachments", "links", "confidence",
}  # fmt: skip

WRONG = ("http://[", "::::", "http://harbour.example:99999/", "file:///etc/passwd", "//x", "x")


def lines(text: str) -> list[dict[str, object]]:
    """Parse lines of JSON."""
    return [json.loads(line) for line in text.splitlines()]


def test_a_saved_release_is_distinguished_from_a_listing(tmp_path: Path) -> None:
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


def test_results_keep_the_input_order_and_bad_lines_are_reported(
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
    asked.append(json.dumps({"id": "nul", "html_path": "a\x00b.html"}))
    asked.append(json.dumps({"id": "cut", "html_path": str(tmp_path / "cut.html.gz")}))
    result = subprocess.run(  # noqa: S603 - our own program
        [*command(), "extract", "--kind", "release", "--home", str(tmp_path)],
        input="\n".join(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert [page["id"] for page in lines(result.stdout)] == [f"p{n}" for n in range(30)]
    assert "line 4 of the input" in result.stderr
    assert result.stderr.count("can't be read") == 3
    assert "Traceback" not in result.stderr


@pytest.mark.thorough
def test_fetched_and_saved_pages_keep_their_order(tmp_path: Path) -> None:
    (tmp_path / "communique.toml").write_text("[network]\nallow_private = true\n")
    (tmp_path / "saved.html").write_text(release_html(5))
    with served() as room:
        room.page("/news/7.html", release_html(7))
        room.page("/news/", listing_html(list(range(12))))
        room.page("/moved", "", status=301, headers={"Location": "/news/7.html"}, etag=False)
        room.answers["/feed.json"] = Answer(
            b'{"items": [{"url": "/news/7.html", "title": "Notice 7"}]}',
            content_type="application/feed+json",
        )
        result = communique(
            "extract", f"{room.base}/news/7.html", str(tmp_path / "saved.html"),
            f"{room.base}/news/", f"{room.base}/moved", f"{room.base}/feed.json", home=tmp_path,
        )  # fmt: skip
        assert result.returncode == 0, result.stderr
        release, saved, listing, moved, feed = lines(result.stdout)
        assert release["id"] == f"{room.base}/news/7.html"
        assert release["title"] == "Notice 7: ships counted at pier 7"
        assert saved["title"] == "Notice 5: ships counted at pier 5"
        assert (listing["kind"], feed["kind"]) == ("listing", "listing")
        assert (moved["id"], moved["url"]) == (f"{room.base}/moved", f"{room.base}/news/7.html")
        assert "/robots.txt" in dict(room.log), "fetched with the manners of a visit"


def test_an_unreadable_address_is_one_error_and_the_rest_is_extracted(
    tmp_path: Path,
) -> None:
    (tmp_path / "communique.toml").write_text("[network]\nallow_private = true\n")
    with served() as room:
        room.page("/news/7.html", release_html(7))
        room.answers["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /private")
        room.answers["/7.pdf"] = Answer(b"%PDF-1.4", content_type="application/pdf")
        failing = {
            f"{room.base}/gone": "the server responded with 404",
            f"{room.base}/private/7": "robots.txt forbids",
            f"{room.base}/7.pdf": "the file is application/pdf",
            "http://127.0.0.1:1/": "could not be read",
            "http://[bad/": "not an http or https address",
        }
        result = communique("extract", *failing, f"{room.base}/news/7.html", home=tmp_path)
        assert result.returncode == 1
        (release,) = lines(result.stdout)
        assert release["title"] == "Notice 7: ships counted at pier 7"
        told = result.stderr.splitlines()
        assert len(told) == len(failing)
        for said, (address, why) in zip(told, failing.items(), strict=True):
            assert said.startswith(f"communique: {address} could not be read: ")
            assert why in said


def test_private_addresses_are_refused_unless_the_home_allows_them(tmp_path: Path) -> None:
    with served() as room:
        room.page("/news/7.html", release_html(7))
        result = communique("extract", f"{room.base}/news/7.html", home=tmp_path)
        assert (result.returncode, result.stdout) == (1, "")
        assert "allow_private" in result.stderr
        assert room.log == []


def test_a_page_is_extracted_without_its_invalid_address(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(listing_html(list(range(12))))
    asked = [{"id": url, "html_path": str(tmp_path / "page.html"), "url": url} for url in WRONG]
    result = subprocess.run(  # noqa: S603 - our own program
        [*command(), "extract", "--home", str(tmp_path)],
        input="\n".join(map(json.dumps, asked)),
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert (result.returncode, result.stderr) == (0, "")
    for said in lines(result.stdout):
        assert said["kind"] == "listing"
        assert repr(said["id"]) in str(said["reasons"])
    named = communique("extract", str(tmp_path / "page.html"), "--url", "http://[", home=tmp_path)
    assert named.returncode == 2
    assert "is not a web address" in named.stderr


def test_an_unexpected_error_on_a_page_does_not_stop_the_others() -> None:
    class Broken(Page):
        """A page on which the extraction raises an unexpected error."""

        @property
        def base(self) -> str:
            raise ValueError("unforeseen")

    html = release_html(7).encode()
    said = read_page(Task("7", "7.html", "", "auto", fetched=Broken("", html)))
    assert isinstance(said, str)
    assert said.startswith("7.html: our own code failed on this page; please report it")
    assert "ValueError: unforeseen" in said
