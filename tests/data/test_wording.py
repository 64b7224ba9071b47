"""What people read counts things as sentences do."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.wording import counted, lasting, sized, time_limit
from tests.command import communique, make_home
from tests.press_room import listing_html, release_html, served


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a minute"),
        (59.9, "less than a minute"),
        (60, "1 minute"),
        (3569, "59 minutes"),
        (3570, "1 hour"),
        (84_000, "23 hours"),
        (86_000, "1 day"),
        (30 * 86_400, "30 days"),
    ],
)
def test_times_are_shown_in_a_readable_form(seconds: float, words: str) -> None:
    assert lasting(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.5, "0.5 seconds"),
        (1.0, "1 second"),
        (40, "40 seconds"),
        (90, "90 seconds"),
        (180, "3 minutes"),
    ],
)
def test_a_limit_is_exact(seconds: float, words: str) -> None:
    assert time_limit(seconds) == words


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 stories"), (1, "1 story"), (2, "2 stories"), (1001, "1001 stories")]
)
def test_one_is_singular_and_all_other_numbers_plural(count: int, said: str) -> None:
    assert counted(count, "story", "stories") == said
    assert counted(count, "feed") == f"{count} feed{'s' if count != 1 else ''}"


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (9949, "9.9 kB"),
        (9950, "10 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (1_217_353, "1.2 MB"),
        (250_000_000_000, "250 GB"),
        (5 * 10**15, "5000 TB"),
    ],
)
def test_a_size_is_shown_in_two_or_three_digits(size: int, said: str) -> None:
    assert sized(size) == said


def test_one_release_and_one_error_are_reported_in_the_singular(tmp_path: Path) -> None:
    with served() as room:
        room.page("/news/", listing_html([1, 2]))
        room.page("/news/1.html", release_html(1))
        home = make_home(tmp_path / "home", f"{room.base}/news/")
        told = communique("collect", home=home).stdout
    assert "1 new, 0 changed, 0 unchanged, 0 retracted, 1 error (3 pages in" in told
    assert communique("publish", home=home).returncode == 0
    page = (home / "site" / "index.html").read_text("utf-8")
    assert "Press releases of 1 institution, exactly as issued" in page
    page = (home / "site" / "sources" / "harbour" / "index.html").read_text("utf-8")
    assert ">1 release" in page
    assert "1 error" in communique("sources", "show", "harbour", home=home).stdout
    lines = communique("export", home=home).stdout
    (tmp_path / "lines").write_text(lines, "utf-8")
    told = communique("import", str(tmp_path / "lines"), "--source", "wire", home=home).stdout
    assert told.endswith("0 rejected; 1 story\n")
