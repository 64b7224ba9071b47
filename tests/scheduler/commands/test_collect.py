"""`communique collect` against a real server: results, reports and errors."""

from __future__ import annotations

import datetime as dt
import json
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.models import Facet, Release
from data.store.sqlite.store import SqliteStore
from scheduler.home.home import open_home
from tests.command import collect, command, communique, make_home
from tests.examples import thorough
from tests.peer import PATIENCE
from tests.press_room import Answer, Room, listing_html, release_html, served


@pytest.fixture
def room() -> Iterator[Room]:
    """A press room with three releases on its listing."""
    with served() as room:
        room.page("/news/", listing_html([1, 2, 3]))
        for number in (1, 2, 3):
            room.page(f"/news/{number}.html", release_html(number))
        yield room


@pytest.fixture
def home(tmp_path: Path, room: Room) -> Path:
    """A home directory with the press room as its only source."""
    return make_home(tmp_path / "home", f"{room.base}/news/")


def stored(home: Path) -> dict[str, Release]:
    """The releases in the store by title."""
    store = SqliteStore(home / "communique.db")
    found = {release.content.title: release for release in store.releases(Facet())}
    store.close()
    return found


def counts(run: dict[str, object]) -> tuple[object, ...]:
    """The counts of a run: found, new, changed, unchanged, retracted."""
    return tuple(run[name] for name in ("found", "new", "changed", "unchanged", "retracted"))


def test_a_press_room_is_collected_and_the_second_visit_is_answered_with_304(
    room: Room, home: Path
) -> None:
    assert counts(collect(home)) == (3, 3, 0, 0, 0)
    releases = stored(home)
    assert sorted(releases) == [f"Notice {n}: ships counted at pier {n}" for n in (1, 2, 3)]
    first = releases["Notice 1: ships counted at pier 1"]
    assert first.published.iso == "2026-03-02"
    assert first.content.publisher == "Harbour Board"
    assert "Home" not in first.content.body_text
    room.log.clear()
    again = collect(home)
    assert counts(again) == (3, 0, 0, 3, 0)
    assert again["errors"] == []
    asked = [pair for pair in room.log if pair[0] != "/robots.txt"]
    assert {status for _, status in asked} == {304}
    assert len(asked) == 4


def test_a_host_gets_one_request_at_a_time_on_one_connection(room: Room, home: Path) -> None:
    room.page("/news/", listing_html([*range(1, 20)]))
    for number in range(1, 20):
        room.page(f"/news/{number}.html", release_html(number))
    assert counts(collect(home)) == (19, 19, 0, 0, 0)
    assert len(room.connections) == 1


@pytest.mark.thorough
def test_an_edit_a_move_and_a_vanished_page_are_each_counted_once(room: Room, home: Path) -> None:
    collect(home)
    before = stored(home)
    room.page("/news/1.html", release_html(1).replace("37 ships", "38 ships"))
    room.page("/press/two", release_html(2))
    del room.answers["/news/2.html"], room.answers["/news/3.html"]
    page = listing_html([1, 2]).replace("/news/2.html", "/press/two")
    room.page("/news/", page)
    second = collect(home)
    assert counts(second)[1:] == (0, 1, 1, 0)
    assert second["gone"] == [f"{room.base}/news/3.html"]
    assert counts(collect(home))[1:] == (0, 0, 2, 1)
    assert counts(collect(home))[1:] == (0, 0, 2, 0)
    after = stored(home)
    assert {title: release.id for title, release in after.items()} == {
        title: release.id for title, release in before.items()
    }
    moved = after["Notice 2: ships counted at pier 2"]
    assert moved.url == f"{room.base}/press/two"
    assert f"{room.base}/news/2.html" in moved.aliases
    assert after["Notice 3: ships counted at pier 3"].retracted is not None
    assert after["Notice 1: ships counted at pier 1"].revision == 2


@pytest.mark.thorough
def test_next_pages_are_followed_while_they_bring_something_new(room: Room, home: Path) -> None:
    room.page("/news/", listing_html([1, 2], more='<a rel="next" href="/news/?page=2">2</a>'))
    # The last page links to the first page: a loop that must end.
    room.page("/news/?page=2", listing_html([3], more='<a rel="next" href="/news/">3</a>'))
    assert counts(collect(home))[:2] == (3, 3)
    room.log.clear()
    collect(home)
    assert room.statuses("/news/?page=2") == [], "nothing on the first page was new"


def test_bad_pages_are_errors_and_do_not_affect_others(room: Room, home: Path) -> None:
    room.page("/news/", listing_html([1, 2, 3, 4, 5, 6, 7, 8]))
    room.page("/news/2.html", "gone for good", status=410)
    room.page("/news/3.html", "oops", status=500)
    room.answers["/news/4.html"] = Answer(b"\x89PNG\r\n", content_type="image/png")
    room.page("/news/5.html", "")
    room.page(
        "/news/6.html", release_html(6, text="<p>Lamps \x07 out ]]> and on again at pier six.</p>")
    )
    room.page("/news/7.html", release_html(7, day="no day at all").replace("2026", ""))
    room.answers["/news/8.html"] = Answer(status=302, headers={"Location": "file:///etc/passwd"})
    run = collect(home)
    kinds = {error["url"].rpartition("/news/")[2]: error["kind"] for error in run["errors"]}
    assert kinds.keys() >= {"2.html", "3.html", "4.html", "5.html", "8.html"}
    assert kinds["4.html"] == "media-type"
    assert kinds["5.html"] == "empty"
    (redirect,) = (one["message"] for one in run["errors"] if one["url"].endswith("/8.html"))
    assert ("302" in redirect, "file:///etc/passwd" in redirect) == (True, True)
    releases = stored(home)
    assert {title.partition(":")[0] for title in releases} == {"Notice 1", "Notice 6", "Notice 7"}
    lamps = releases["Notice 6: ships counted at pier 6"]
    assert "\x07" not in lamps.content.body_text
    assert "]]>" in lamps.content.body_text
    result = communique("collect", home=home)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert f"{room.base}/news/2.html: " in result.stderr


@pytest.mark.thorough
def test_a_very_long_address_is_requested(room: Room, home: Path) -> None:
    long = f"/news/4.html?words={'a' * 3000}"
    room.page("/news/", listing_html([1, 2, 3, 4]).replace("/news/4.html", long))
    room.page(long, release_html(4))
    run = collect(home)
    assert (run["new"], run["errors"]) == (4, [])


def test_the_date_of_the_listing_is_used_if_the_page_has_none(room: Room, home: Path) -> None:
    bare = release_html(2).replace('<span class="date">2 March 2026</span>', "")
    room.page("/news/2.html", bare)
    collect(home)
    assert stored(home)["Notice 2: ships counted at pier 2"].published.iso == "2026-03-04"


def test_a_row_without_a_date_is_fetched_and_a_link_to_another_site_is_reported(
    room: Room, home: Path
) -> None:
    numbers = list(range(1, 10))
    for number in numbers:
        room.page(f"/news/{number}.html", release_html(number))
    listing = listing_html(numbers).replace(">4 March 2026", ">31 February 2026")
    other = '<li class="row"><a href="/tides/4.html">Tide tables</a></li>'
    room.page("/news/", listing.replace('<ul class="news">', f'<ul class="news">{other}'))
    run = collect(home)
    assert counts(run)[:2] == (9, 9)
    assert stored(home)["Notice 2: ships counted at pier 2"].published.iso == "2026-03-02"
    ((url, kind),) = [(error["url"], error["kind"]) for error in run["errors"]]
    assert (url, kind) == (f"{room.base}/tides/4.html", "date")


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ("down", 503, "http:503"),
        *thorough(("<p>No news.</p>", 200, "empty"), ("", 404, "http:404")),
    ],
)
def test_a_listing_that_fails_removes_nothing(
    room: Room, home: Path, body: str, status: int, kind: str
) -> None:
    collect(home)
    room.page("/news/", body, status=status)
    run = collect(home)
    assert [error["kind"] for error in run["errors"]] == [kind]
    assert counts(run)[1:] == (0, 0, 3, 0)
    assert all(release.retracted is None for release in stored(home).values())


def test_no_older_releases_are_announced_for_an_unread_listing(room: Room, home: Path) -> None:
    room.page("/news/", "<p>No news.</p>")
    told = communique("collect", home=home)
    assert told.returncode == 1
    assert "no release was found on the listing" in told.stderr
    assert "older releases" not in told.stdout


def test_robots_txt_is_obeyed_and_the_user_agent_names_the_operator(room: Room, home: Path) -> None:
    room.answers["/robots.txt"] = Answer(
        b"User-agent: *\nDisallow: /news/2", content_type="text/plain"
    )
    (home / "communique.toml").write_text(
        '[network]\nallow_private = true\ncontact = "press@monitor.example"\n'
    )
    run = collect(home)
    assert [(error["kind"], error["url"]) for error in run["errors"]] == [
        ("robots", f"{room.base}/news/2.html")
    ]
    assert room.statuses("/news/2.html") == []
    assert all(agent.startswith("Communique/") for agent in room.agents)
    assert all(agent.endswith("(+press@monitor.example)") for agent in room.agents)


def test_private_addresses_are_refused_unless_the_settings_allow_them(
    room: Room, home: Path
) -> None:
    (home / "communique.toml").unlink()
    for url in (f"{room.base}/news/", f"{room.base}/news/".replace("127.0.0.1", "localhost")):
        make_home(home.parent / url.partition("//")[2][:5], url)
        other = home.parent / url.partition("//")[2][:5]
        (other / "communique.toml").unlink()
        (error,) = collect(other)["errors"]
        assert error["kind"] == "refused"
        assert "allow_private = true" in error["message"]
    assert room.log == []


def test_a_body_that_is_too_large_or_endless_is_abandoned(room: Room, home: Path) -> None:
    (home / "communique.toml").write_text(
        "[network]\nallow_private = true\nmax_bytes = 50_000\ntimeout = 2\n"
    )
    room.page("/news/2.html", release_html(2) + "<!--" + "x" * 60_000)
    never = threading.Event()
    room.page("/news/3.html", release_html(3), hold=never)
    run = collect(home)
    never.set()
    kinds = {error["url"].rpartition("/")[2]: error["kind"] for error in run["errors"]}
    assert kinds == {"2.html": "size", "3.html": "timeout"}
    assert list(stored(home)) == ["Notice 1: ships counted at pier 1"]


@pytest.mark.thorough
def test_a_document_on_the_listing_is_a_release_with_the_data_of_the_listing(
    room: Room, home: Path
) -> None:
    room.answers["/news/2.html"] = Answer(b"%PDF-1.4\n%%EOF", content_type="application/pdf")
    assert collect(home)["errors"] == []
    release = stored(home)["Notice 2: ships counted at pier 2"]
    assert release.published.iso == "2026-03-04"
    assert [(m.type, m.length) for m in release.content.attachments] == [("application/pdf", 14)]
    room.answers["/news/2.html"].body = b"%PDF-1.4\n/Corrected\n%%EOF"
    run = collect(home)
    assert (run["new"], run["changed"]) == (0, 1)
    assert stored(home)["Notice 2: ships counted at pier 2"].revision == 2
    told = communique("show", release.id, "--diff", home=home).stdout
    file = f"{room.base}/news/2.html"
    assert f"[-{file} (14 bytes)-]" in told
    assert f"{{+{file} (25 bytes)+}}" in told


def test_a_source_may_be_a_feed(room: Room, tmp_path: Path) -> None:
    items = "".join(
        f"<item><title>Notice {n}: ships counted at pier {n}</title>"
        f"<link>{room.base}/news/{n}.html</link>"
        f"<pubDate>Mon, 02 Mar 2026 0{n}:00:00 +0100</pubDate></item>"
        for n in (1, 2, 3)
    )
    room.answers["/feed"] = Answer(
        f"<?xml version='1.0'?><rss version='2.0'><channel>{items}</channel></rss>".encode(),
        content_type="application/rss+xml",
    )
    home = make_home(tmp_path / "fed", f"{room.base}/news/", feed=f'"{room.base}/feed"')
    assert counts(collect(home))[:2] == (3, 3)
    assert room.statuses("/news/") == [200], "the page is the cross-check"


@pytest.mark.thorough
def test_two_visits_to_a_source_do_not_run_at_once(room: Room, home: Path) -> None:
    gate = threading.Event()
    room.page("/news/3.html", release_html(3), hold=gate)
    first = subprocess.Popen(  # noqa: S603 - our own program
        [*command(), "collect", "--json", "--home", str(home)], stdout=subprocess.PIPE
    )
    room.wait_for("/news/3.html")
    (error,) = collect(home)["errors"]
    assert error["kind"] == "busy"
    assert "under way" in error["message"]
    gate.set()
    output, _ = first.communicate(timeout=PATIENCE)
    assert json.loads(output)["runs"][0]["new"] == 3


@pytest.mark.parametrize("told", [signal.SIGINT, *thorough(signal.SIGTERM)])
def test_a_stopped_visit_keeps_its_releases_and_the_next_visit_continues(
    room: Room, home: Path, told: signal.Signals
) -> None:
    room.page("/news/", listing_html([1, 2], more='<a rel="next" href="/news/?page=2">2</a>'))
    room.page("/news/?page=2", listing_html([3]))
    gate = threading.Event()
    room.page("/news/3.html", release_html(3), hold=gate)
    child = subprocess.Popen(  # noqa: S603 - our own program
        [*command(), "collect", "--home", str(home)], stderr=subprocess.PIPE, text=True
    )
    room.wait_for("/news/3.html")
    child.send_signal(told)
    gate.set()
    _, complaint = child.communicate(timeout=PATIENCE)
    assert child.returncode == 130
    (line,) = complaint.strip().splitlines()
    assert line.startswith("communique: stopped")
    kept = stored(home)
    assert "Notice 1: ships counted at pier 1" in kept
    collect(home)
    assert len(stored(home)) == 3


def test_unknown_names_and_an_empty_folder_are_reported_with_a_fix(tmp_path: Path) -> None:
    nothing = communique("collect", home=tmp_path)
    assert nothing.returncode == 2
    assert "write a source file into" in nothing.stderr
    unknown = communique("collect", "nobody", home=tmp_path)
    assert unknown.returncode == 2
    assert "no source named 'nobody'" in unknown.stderr


def test_a_store_that_is_not_a_database_is_reported_once(room: Room, home: Path) -> None:
    assert room.log == []
    (home / "communique.db").write_bytes(b"Dear reader, " * 999)
    result = communique("collect", home=home)
    assert (result.returncode, result.stderr.count("not a database")) == (1, 1)
    told = communique("collect", "--json", home=home)
    assert "not a database" in told.stdout
    assert (told.returncode, told.stderr.count("not a database")) == (1, 1)


def test_an_invalid_source_file_is_not_reported_as_missing(room: Room, home: Path) -> None:
    (home / "sources/quay.toml").write_text('name = "Quay"\nurll = "https://quay.example/"\n')
    told = communique("collect", "quay", home=home)
    assert told.returncode == 2
    assert "did you mean url?" in told.stderr
    assert "there is no source" not in told.stderr
    for verb in ("show", "sample", "check"):
        one = communique("sources", verb, "quay", home=home)
        assert one.returncode == 2
        assert "did you mean url?" in one.stderr
        assert one.stdout == "", "no other source is looked at"
    both = communique("collect", "quay", "harbour", home=home)
    assert both.returncode == 1
    assert "harbour: 3 found, 3 new" in both.stdout
    assert len(room.log) > 0


def test_a_scripted_listing_is_reported(room: Room, home: Path) -> None:
    room.page("/news/", "<html><body><div id=app></div><script src=/app.js></script></body></html>")
    (error,) = collect(home)["errors"]
    assert error["kind"] == "empty"
    assert "render = true" in error["message"]


def test_a_scripted_listing_below_text_is_reported(room: Room, home: Path) -> None:
    text = "The Harbour Board answers questions of journalists from Monday to Friday. " * 6
    widget = f"<p>{text}</p><div class=press-widget>Laden…</div><script src=/app.js></script>"
    room.page("/news/", f"<html><body>{widget}</body></html>")
    (error,) = collect(home)["errors"]
    assert error["kind"] == "empty"
    assert "render = true" in error["message"]


def test_releases_shown_by_a_script_router_are_an_error_with_a_fix(room: Room, home: Path) -> None:
    room.page("/news/", listing_html([1, 2, 3], path="#/news/{}") + "<script src=/app.js></script>")
    run = collect(home)
    assert run["new"] == 0
    (error,) = run["errors"]
    assert "#/news/1" in error["message"]
    assert "render = true" in error["message"]


@pytest.mark.thorough
@pytest.mark.parametrize("encoding", ["utf-16", *thorough("utf-8")])
def test_a_meta_refresh_is_followed(room: Room, home: Path, encoding: str) -> None:
    lead = '<html><head><meta http-equiv="Refresh" content="0; url=/news/2b.html"></head></html>'
    room.answers["/news/2.html"] = Answer(
        lead.encode(encoding), content_type=f"text/html; charset={encoding}"
    )
    room.page("/news/2b.html", release_html(2))
    run = collect(home)
    assert (counts(run), run["errors"]) == ((3, 3, 0, 0, 0), [])
    release = stored(home)["Notice 2: ships counted at pier 2"]
    assert release.url == f"{room.base}/news/2b.html"
    assert f"{room.base}/news/2.html" in release.aliases


@pytest.mark.thorough
def test_a_blocked_source_is_recorded_before_publishing(room: Room, home: Path) -> None:
    room.page("/news/", "closed", status=403)

    def told() -> list[str]:
        assert communique("collect", home=home).returncode == 1
        store = SqliteStore(home / "communique.db")
        states = [one.state for one in store.health_events(limit=9)]
        store.close()
        return states

    assert [told() for _ in range(3)] == [[], [], ["blocked"]]
    assert not (home / "site").exists()


@pytest.mark.thorough
def test_the_number_of_waiting_alerts_is_shown_without_the_service(room: Room, home: Path) -> None:
    for name in ("Ships", "Piers"):
        url = ("--webhook", "https://hooks.example/")
        done = communique("watch", "add", name, "--query", "pier", *url, home=home)
        assert done.returncode == 0
    # Releases of the first visit send no alerts.
    assert "wait" not in communique("collect", home=home).stdout
    today = f"{dt.datetime.now(dt.UTC):%d %B %Y}"
    room.page("/news/", listing_html([4, 1, 2, 3]).replace("6 March 2026", today))
    room.page("/news/4.html", release_html(4, day=today))
    told = communique("collect", home=home)
    assert told.stdout.splitlines()[-1] == "2 alerts wait for `communique run`"
    again = communique("collect", "--json", home=home)
    assert again.stderr == "communique: 2 alerts wait for `communique run`\n"
    with open_home(home).lock("alerts", "another process"):
        assert "wait" not in communique("collect", home=home).stdout


def test_an_invalid_topics_file_is_reported_before_any_visit(room: Room, home: Path) -> None:
    (home / "topics.toml").write_text('[[topic]]\nslug = "a"\nlabel = "A"\nparent = "b"\n')
    result = communique("collect", home=home)
    assert result.returncode == 2
    assert "topic a.parent: no topic has the slug 'b'" in result.stderr
    assert room.log == []
