"""What people read counts things as sentences do."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.wording import counted
from tests.command import communique, make_home
from tests.press_room import listing_html, release_html, served


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 stories"), (1, "1 story"), (2, "2 stories"), (1001, "1001 stories")]
)
def test_one_is_singular_and_all_other_numbers_plural(count: int, said: str) -> None:
    assert counted(count, "story", "stories") == said
    assert counted(count, "feed") == f"{count} feed{'s' if count != 1 else ''}"


def test_one_release_and_one_error_are_told_as_one(tmp_path: Path) -> None:
    with served() as room:
        room.page("/news/", listing_html([1, 2]))
        room.page("/news/1.html", release_html(1))
        home = make_home(tmp_path / "home", f"{room.base}/news/")
        told = communique("collect", home=home).stdout
    assert "1 new, 0 changed, 0 unchanged, 0 retracted, 1 error (3 pages in" in told
    assert communique("publish", home=home).returncode == 0
    page = (home / "site" / "index.html").read_text("utf-8")
    assert "1 press release of 1 institution," in page
    assert 'title="1 release"' in page
    assert "1 error" in communique("sources", "show", "harbour", home=home).stdout
    lines = communique("export", home=home).stdout
    (tmp_path / "lines").write_text(lines, "utf-8")
    told = communique("import", str(tmp_path / "lines"), "--source", "wire", home=home).stdout
    assert told.endswith("0 rejected; 1 story\n")
