"""Releases out as lines of JSON and in again, through the command line."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.dates.context import DateContext
from data.interchange.lines import LineError, read_line
from data.models import Facet, Release
from data.store.sqlite.store import SqliteStore
from data.topics.taxonomy import load_taxonomy
from tests.command import communique
from tests.drafts import BODY

IDENTITY = ["id", "source", "url", "aliases"]
SAID = ["title", "published", "precision"]
TIMES = ["updated", "first_seen", "last_seen"]
ABOUT = ["language", "section", "topics", "publisher", "summary", "body_html", "body_text"]
REST = ["images", "attachments", "revision", "story", "retracted", "provenance"]
NAMES = [*IDENTITY, *SAID, *TIMES, *ABOUT, *REST]
READING = DateContext("Europe/Oslo")
TAXONOMY = load_taxonomy()


def line(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A release as a line says it."""
    return {
        "url": f"https://harbour.example/news/{number}",
        "title": f"Notice {number}",
        "published": "2026-03-02",
        "body_text": f"{BODY}\n\nNotice {number} ends here." * number,
        **changes,
    }


def bring(home: Path, *lines: Any, source: str = "harbour") -> dict[str, Any]:
    """What `communique import --json` says of lines; those that are bytes go in as they are."""
    file = home.parent / "lines.jsonl"
    encoded = (one if isinstance(one, bytes) else json.dumps(one).encode() for one in lines)
    file.write_bytes(b"\n".join(encoded) + b"\n")
    result = communique("import", str(file), "--source", source, "--json", home=home)
    assert result.stdout, result.stderr
    told: dict[str, Any] = json.loads(result.stdout)
    assert result.returncode == (1 if told["rejected"] else 0)
    return told


def exported(home: Path, *arguments: str) -> list[dict[str, Any]]:
    """The lines that `communique export` writes."""
    result = communique("export", *arguments, home=home)
    assert result.returncode == 0, result.stderr
    return [json.loads(one) for one in result.stdout.splitlines()]


def stored(home: Path) -> list[Release]:
    """What the store holds."""
    store = SqliteStore(home / "communique.db")
    found = list(store.releases(Facet()))
    store.close()
    return found


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty HOME."""
    return tmp_path / "home"


def test_lines_are_imported_once_and_an_edit_makes_a_revision(home: Path) -> None:
    lines = [line(1), line(2), line(3)]
    counts: dict[str, Any] = {"read": 3, "new": 3, "changed": 0, "unchanged": 0, "stories": 0}
    counts |= {"rejected": [], "doubtful": []}
    assert bring(home, *lines) == counts
    assert bring(home, *lines) == counts | {"new": 0, "unchanged": 3}
    lines[1]["body_text"] = lines[1]["body_text"].replace("4.2", "4.6")
    assert bring(home, *lines) == counts | {"new": 0, "changed": 1, "unchanged": 2}
    assert sorted(release.revision for release in stored(home)) == [1, 1, 2]


def test_exports_have_public_names_and_are_imported_unchanged(home: Path, tmp_path: Path) -> None:
    media = [{"url": "https://harbour.example/a.pdf", "type": "application/pdf", "length": 5}]
    dated = {"published": "2026-03-02T09:30:00+04:00", "attachments": media, "section": "Tides"}
    bring(home, line(1, topics=["transport", "Ports & <b>piers</b>"]), line(2, **dated))
    lines = exported(home)
    assert [list(one) for one in lines] == [NAMES, NAMES]
    assert lines[0]["published"] == "2026-03-02"
    assert lines[0]["precision"] == "day"
    assert lines[1]["published"] == "2026-03-02T09:30:00+04:00"
    assert lines[1]["provenance"]["published"]["zone"] == "+04:00"
    assert lines[1]["provenance"]["capture"] is None
    other = tmp_path / "other" / "home"
    other.parent.mkdir()
    assert bring(other, *lines)["new"] == 2
    moving = set(TIMES)
    assert [
        {name: value for name, value in one.items() if name not in moving}
        for one in exported(other)
    ] == [{name: value for name, value in one.items() if name not in moving} for one in lines]
    assert bring(home, *lines)["unchanged"] == 2


def test_a_retraction_is_exported_and_imported_with_its_time(home: Path, tmp_path: Path) -> None:
    gone = "2026-03-05T10:30:00+02:00"
    alike = f"{BODY}\n\nIts lamps are lit from sunset to sunrise, and in fog at all hours."
    # The second has nearly the text of the first, as notices cut from one template do.
    other_text = alike.replace("in fog", "in rain")
    bring(home, line(1, body_text=alike), line(2, title="Notice 1", body_text=other_text))
    bring(home, line(1, body_text=alike, retracted=gone))
    lines = exported(home)
    assert [one["retracted"] for one in lines] == ["2026-03-05T08:30:00+00:00", None]
    other = tmp_path / "other" / "home"
    other.parent.mkdir()
    assert bring(other, *lines)["new"] == 2
    assert [one["retracted"] for one in exported(other)] == [one["retracted"] for one in lines]
    shown = json.loads(communique("show", lines[0]["id"], "--json", home=other).stdout)
    assert shown["retracted"] == lines[0]["retracted"]
    assert communique("publish", home=other).returncode == 0
    feed = json.loads((other / "site" / "feeds" / "retractions.json").read_text())
    assert [lines[0]["title"] in item["title"] for item in feed["items"]] == [True]


def test_a_line_decides_whether_a_known_release_is_retracted(home: Path) -> None:
    first, second = "2026-03-05T10:30:00+00:00", "2026-03-09T10:30:00+00:00"
    words: list[tuple[str | None, str, str | None]] = [
        (None, "new", None),
        (first, "changed", first),
        (second, "unchanged", first),
        (None, "changed", None),
        ("2026-03-09T12:30:00", "changed", "2026-03-09T12:30:00+00:00"),
    ]
    for said, kind, kept in words:
        assert bring(home, line(1, retracted=said))[kind] == 1
        assert [one["retracted"] for one in exported(home)] == [kept]
    (release,) = stored(home)
    assert release.revision == 1


def test_a_retraction_in_the_future_counts_as_now(home: Path) -> None:
    bring(home, line(1, retracted="2999-01-01T00:00:00Z"))
    (release,) = stored(home)
    assert release.retracted == release.first_seen


def test_export_chooses_by_source_and_by_days_inclusive(home: Path) -> None:
    bring(home, *(line(n, published=f"2026-03-0{n}") for n in (1, 2, 3)))
    bring(home, line(7, published="2026-03-02"), source="wire")

    def numbers(*arguments: str) -> list[str]:
        return [one["url"].rpartition("/")[2] for one in exported(home, *arguments)]

    assert numbers() == ["1", "2", "3", "7"]
    assert numbers("--source", "harbour", "--since", "2026-03-02") == ["2", "3"]
    assert numbers("--until", "2026-03-02") == ["1", "2", "7"]
    assert numbers("--source", "wire", "--until", "2026-03-01") == []
    assert communique("export", "--since", "soon", home=home).returncode == 2


def test_export_of_an_unknown_source_names_the_known_ones(home: Path) -> None:
    bring(home, line(1))
    result = communique("export", "--source", "nobody", home=home)
    assert (result.returncode, result.stdout) == (2, "")
    (said,) = result.stderr.splitlines()
    assert "'nobody'" in said
    assert "harbour" in said


def test_export_of_a_source_without_releases_is_empty(home: Path) -> None:
    home.mkdir()
    assert exported(home, "--source", "federal-reserve") == []


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (b"{", "release in JSON"),
        (b"[1, 2]", "Expected `object`"),
        (b"\xff\xfe", "release in JSON"),
        (b"[" * 100_000, "release in JSON"),
        ({"title": "No address"}, "missing required field `url`"),
        (line(9, url="javascript:alert(1)"), "http or https address"),
        (line(9, url="/news/9"), "http or https address"),
        (line(9, title=" <i></i> "), "title is empty"),
        (line(9, title=7), "Expected `str`"),
        (line(9, published="03/04/26"), "published is"),
        (line(9, published="soon"), "published is"),
        (line(9, published=1646200000), "Expected `str | null`"),
        (line(9, retracted="soon"), "retracted is"),
        (line(9, retracted="0001-01-01T00:00:00+14:00"), "retracted is"),
        (line(9, retracted=True), "Expected `str | null`"),
    ],
)
def test_a_bad_line_is_reported_with_its_number_and_the_others_are_read(
    home: Path, bad: Any, said: str
) -> None:
    told = bring(home, line(1), b"", bad, line(2))
    assert (told["read"], told["new"]) == (3, 2)
    ((number, message),) = [(one["line"], one["message"]) for one in told["rejected"]]
    assert number == 3
    assert said in message


def test_a_file_without_a_good_line_leaves_no_source_behind(home: Path) -> None:
    bring(home, b"{")
    listed = json.loads(communique("sources", "list", "--json", home=home).stdout)
    assert "harbour" not in {one["id"] for one in listed["sources"]}
    store = SqliteStore(home / "communique.db")
    assert not store.sources()
    store.close()


def test_an_unlikely_date_is_reported_once_and_the_release_accepted(home: Path) -> None:
    year = dt.datetime.now(dt.UTC).year + 1
    lines = [
        line(1),
        line(2, published=f"{year}-03-02"),
        line(3, published="1970-01-01"),
        line(4, published=None),
    ]
    told = bring(home, *lines)
    assert told["new"] == 4
    assert [one["line"] for one in told["doubtful"]] == [2, 3, 4]
    assert "in the future" in told["doubtful"][0]["message"]
    assert "no usable date" in told["doubtful"][1]["message"]
    kept = {one.url[-1]: one for one in stored(home)}
    assert kept["2"].published.iso == f"{year}-03-02"
    assert kept["2"].order == kept["2"].first_seen
    assert bring(home, *lines)["doubtful"] == []
    # What a first sight dated elsewhere was told there.
    other = home.parent / "other"
    again = bring(other, *exported(home))
    assert [one["line"] for one in again["doubtful"]] == [2]


def test_hostile_values_are_cleaned(home: Path) -> None:
    bring(
        home,
        line(
            1,
            title='Lamps <script>alert(1)</script> & <b onclick="x()">bells</b>\u0007',
            summary="<p>In <i>short</i></p>",
            body_html='<p onclick="x()">Lamps</p><script>alert(2)</script><a href="/b">b</a>',
            body_text=None,
            images=[{"url": "javascript:alert(3)"}, {"url": "/i.png", "type": "x", "length": -1}],
            aliases=["javascript:alert(4)", "https://harbour.example/old/1"],
            provenance={"published": {"zone": "../../etc/passwd", "raw": "x" * 9000}},
        ),
    )
    (release,) = stored(home)
    content = release.content
    assert content.title == "Lamps & bells"
    assert content.summary == "In short"
    assert content.body_html == '<p>Lamps</p><a href="https://harbour.example/b">b</a>'
    assert content.body_text == "Lamps\n\nb"
    assert [(m.url, m.type, m.length) for m in content.images] == [
        ("https://harbour.example/i.png", "image/png", None)
    ]
    assert release.aliases == ("https://harbour.example/news/1", "https://harbour.example/old/1")
    assert release.published.zone == "UTC"
    assert len(release.published.raw) == 200


def test_text_alone_becomes_paragraphs_and_a_title_may_hold_a_less_than_sign(home: Path) -> None:
    bring(home, line(1, title="Draught < 4 m & falling", body_text="One <b>\n\nTwo\nlines"))
    (release,) = stored(home)
    assert release.content.title == "Draught < 4 m & falling"
    assert release.content.body_html == "<p>One &lt;b&gt;</p><p>Two<br>lines</p>"


def test_words_that_look_like_markup_survive_an_export(home: Path) -> None:
    title = "The <b> element & </title>, explained"
    bring(home, line(1, title=title, summary="<p> it is", provenance={"title": {"rule": "h1"}}))
    (before,) = stored(home)
    assert (before.content.title, before.content.summary) == (title, "<p> it is")
    exported = communique("export", home=home).stdout
    file = home.parent / "again.jsonl"
    file.write_text(exported)
    again = communique("import", str(file), "--source", "copy", "--json", home=home)
    assert json.loads(again.stdout)["new"] == 1
    assert {release.content.title for release in stored(home)} == {title}


def test_no_password_of_an_address_is_stored(home: Path) -> None:
    away = "https://me:hunter2@harbour.example"
    bring(
        home,
        line(
            1,
            url=f"{away}/news/1",
            aliases=[f"{away}/old/1"],
            images=[{"url": f"{away}/i.png"}],
            attachments=[{"url": f"{away}/a.pdf"}],
        ),
    )
    (release,) = stored(home)
    assert release.url == "https://harbour.example/news/1"
    assert release.content.images[0].url == "https://harbour.example/i.png"
    assert "hunter2" not in communique("export", home=home).stdout


def test_a_cut_text_is_reported(home: Path) -> None:
    told = bring(home, line(1, body_text="lamp " * 500_000), line(2))
    assert [one["line"] for one in told["doubtful"]] == [1]
    assert "2,000,000 characters" in told["doubtful"][0]["message"]
    assert told["new"] == 2


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["body_html", "body_text", "both"])
def test_of_a_huge_body_html_and_text_are_the_same_beginning(name: str) -> None:
    text = " ".join(f"lamp{number}" for number in range(400_000))
    said = {"body_html": f"<p>{text}</p>", "body_text": text}
    bodies = said if name == "both" else {"body_text": None, name: said[name]}
    content = read_line(
        json.dumps(line(1, **bodies)).encode(), "a", READING, TAXONOMY
    ).draft.content
    assert 1_900_000 < len(content.body_text) < 2_000_000
    assert content.body_html == f"<p>{content.body_text}</p>"


def test_the_same_text_from_two_sources_is_one_story(home: Path) -> None:
    bring(home, line(1))
    copy = line(1, url="https://wire.example/77", title="As the Harbour Board says")
    assert bring(home, copy, source="wire")["stories"] == 1


def test_a_topic_keeps_its_first_label_and_slugs_never_merge_labels(
    home: Path,
) -> None:
    bring(home, line(1, topics=["Énergie & climat", "transport"]))
    lines = exported(home)
    for again in (lines, [line(2, topics=lines[0]["topics"])]):
        bring(home, *again)
        store = SqliteStore(home / "communique.db")
        assert sorted(store.topics().values()) == ["transport", "Énergie & climat"]
        store.close()


def test_a_source_with_a_file_lends_its_zone_its_topics_and_its_name(home: Path) -> None:
    (home / "sources").mkdir(parents=True)
    (home / "sources" / "harbour.toml").write_text(
        'name = "Harbour Board"\nurl = "https://harbour.example/"\n'
        'timezone = "Asia/Baku"\ntopics = ["Shipping"]\n'
    )
    bring(home, line(1, published="2026-03-02T09:30:00"))
    (release,) = stored(home)
    assert release.published.iso == "2026-03-02T09:30:00+04:00"
    assert "shipping" in release.content.topics


def test_standard_input_and_wrong_usage(home: Path) -> None:
    assert communique("import", "-", "--source", "harbour", home=home).returncode == 0
    assert communique("import", "-", "--source", "../x", home=home).returncode == 2
    missing = communique("import", "nowhere.jsonl", "--source", "harbour", home=home)
    assert missing.returncode == 2
    assert "Traceback" not in missing.stderr


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.fixed_dictionaries(
        {"url": st.just("https://a.example/1") | st.text(), "title": st.text(min_size=1)},
        optional={name: json_values | st.text() for name in NAMES if name not in ("url", "title")},
    )
)
def test_any_line_is_a_clean_release_or_a_line_error(said: dict[str, Any]) -> None:
    try:
        content = read_line(json.dumps(said).encode(), "a", READING, TAXONOMY).draft.content
    except LineError:
        return
    assert content.title
    assert "\x00" not in content.title + content.body_html + content.body_text


def test_a_moved_release_keeps_its_id_when_imported_elsewhere(tmp_path: Path, home: Path) -> None:
    old, new = "https://harbour.example/news/1", "https://harbour.example/presse/eins"
    bring(home, line(), line(url=new, aliases=[old]))
    (moved,) = exported(home)
    assert (moved["url"], moved["aliases"]) == (new, [old, new])
    other = tmp_path / "other"
    bring(other, moved)
    (kept,) = exported(other)
    assert (kept["id"], kept["url"]) == (moved["id"], new)


def test_an_id_that_no_address_of_the_line_gives_is_rejected(tmp_path: Path, home: Path) -> None:
    foreign = "6b130855-3b17-50d1-a333-49c5cc0c2387"
    bring(home, line(id=foreign), line(2, id="no id"))
    bring(tmp_path / "other", line(), line(2))
    assert {one["id"] for one in exported(home)} == {
        one["id"] for one in exported(tmp_path / "other")
    }


def test_half_a_surrogate_costs_only_itself(home: Path) -> None:
    told = bring(
        home, rb'{"url": "https://harbour.example/1", "title": "Pier \ud83d open \ud83d\ude00"}'
    )
    assert (told["new"], told["rejected"]) == (1, [])
    assert exported(home)[0]["title"] == "Pier open 😀"
