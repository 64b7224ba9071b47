"""Whether a body ends as its format does, and which ends count as the same."""

from __future__ import annotations

import pytest

from spiders.download.truncation import LOOSE_CHARACTERS, Ending, end_digest, end_of

PAGE = "<!doctype html><html><head><title>Tide</title></head><body><p>High tide.</p></body></html>"
CUT = PAGE[:-20]


@pytest.mark.parametrize(
    "body",
    [
        PAGE,
        PAGE.upper(),
        PAGE + "<!--" + "seen by node west " * 200 + "-->",
        "Notice\n" + PAGE,
        "<!-- <p>old</p> -->" + PAGE,
        "<!--[if !IE]><!-->" + PAGE,
        "<!-->" + PAGE,
        '<?xml version="1.0"?><!-- <p>old</p> --><rss><channel/></rss>',
        '{"title": "Tide"}',
        "",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_body_that_ends_as_its_format_does_is_complete(body: str, encoding: str) -> None:
    if body.startswith(("<", "\ufeff")) or encoding in {"utf-8", "utf-16"}:
        assert end_of(body.encode(encoding)) == "complete"


@pytest.mark.parametrize(
    "body",
    [
        CUT,
        "<!-- <p>old</p> -->" + CUT,
        "<!-- " + "old " * 2_000 + "<p>old</p> -->" + CUT,
        "<p>Notice</p>" + CUT,
        "Notice\n" + CUT,
        CUT + "<!-- </html> -->",
        CUT + "<script>write('</html>')</script>",
        CUT + "<script>write('</html>')",
        "<rss><channel><!-- </rss> -->",
        '{"title": "Ti',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_body_without_the_end_of_its_format_is_cut(body: str, encoding: str) -> None:
    assert end_of(body.encode(encoding)) == "cut"


def test_plain_text_has_no_end_marker() -> None:
    assert end_of(b"User-agent: *") == "unknown"
    assert end_of(b"Fewer than <10 ships") == "unknown"


def test_times_and_ids_at_the_end_of_a_body_count_as_the_same() -> None:
    ids = ["12:30:59", "9f86d081884c", "DEADBEEF", "123e4567-e89b-12d3-a456-426614174000"]
    for one in ids:
        marks = {end_digest(f"{CUT}{'x' * 200}<!-- {end} -->".encode()) for end in (one, one[::-1])}
        assert len(marks) == 1
    assert end_digest(b"<p>node west") != end_digest(b"<p>node south")


def test_an_ending_continues_a_text_that_differs_only_at_its_end() -> None:
    text = "".join(f"<p>Ships in quay {chr(103 + n % 17) * n}.</p>" for n in range(60))
    known = Ending.decoded(Ending.of(f"{text}<p>west".encode()).encoded(1))
    assert known.visits == 1
    for same in (text, f"{text}<p>south, by night", f"<b>{text}</b><script>n=1</script>"):
        assert Ending.of(same.encode()).continues(known)
    for other in (text[:-600], text + "y" * 2 * LOOSE_CHARACTERS, text.replace("Ships", "Boats")):
        assert not Ending.of(other.encode()).continues(known)
    assert not Ending.of(b"").continues(Ending.decoded(Ending.of(b"").encoded(3)))
    assert Ending.decoded("0a1b").visits == 0, "earlier versions stored the mark alone"
