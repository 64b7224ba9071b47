"""Web archives are read politely, and what they return is checked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from data.clock import utc_now
from data.network.client import Outbound
from data.network.http_dates import asked_until, parse_http_date
from data.network.web_archive_index import (
    IndexedCapture,
    parse_cdx,
    parse_timemap,
)
from spiders.web_archives import web_archive as web_archive_client
from spiders.web_archives.raw_capture import without_additions
from spiders.web_archives.web_archive import (
    MAX_ATTEMPTS,
    NoCapture,
    NotAWebArchive,
    WebArchive,
    WebArchiveError,
)
from tests.ports import free_port
from tests.web_archive import LoopbackArchive, web_archive

URL = "https://harbour.example/news/1.html"
PAGE = f"<html><head></head><body><a href='{URL}'>Pier</a> opens</body></html>"


@pytest.fixture
def served() -> Iterator[LoopbackArchive]:
    archive = LoopbackArchive()
    archive.add(URL, "20180401000000", PAGE)
    archive.add(URL, "20190401000000", PAGE + "<!-- later -->")
    with web_archive(archive) as found:
        yield found


def client_of(served: LoopbackArchive, waits: list[float] | None = None) -> WebArchive:
    client = Outbound(allow_private=True, max_body=100_000)
    sleep = (waits if waits is not None else []).append
    found = WebArchive(f"{served.address}/coll", client, 1.0, sleep=sleep)
    found.find(URL)
    return found


def captures_of(archive: WebArchive) -> list[IndexedCapture]:
    return sorted(archive.captures(URL), key=lambda one: one.at)


def test_a_busy_archive_is_asked_again_after_the_time_that_it_states(
    served: LoopbackArchive,
) -> None:
    waits: list[float] = []
    archive = client_of(served, waits)
    served.down = [(429, {"Retry-After": "120"}), (503, {})]
    raw = archive.fetch(captures_of(archive)[0])
    assert raw.body == PAGE.encode()
    assert [one for one in waits if 119 < one <= 120]
    assert len(served.fetched) == 3


def test_one_wait_precedes_each_attempt_and_none_follows_the_last(served: LoopbackArchive) -> None:
    waits: list[float] = []
    archive = client_of(served, waits)
    first = captures_of(archive)[0]
    waits.clear()
    served.down = [(503, {"Retry-After": "7"})] * MAX_ATTEMPTS
    with pytest.raises(WebArchiveError, match="asked to wait until"):
        archive.fetch(first)
    # The archive requested seven seconds; the own delay before the other attempts is longer.
    assert [round(one) for one in waits[1:]] == [7, 10, 20, 40]


def test_a_wait_of_days_and_an_archive_that_is_gone_end_the_run(served: LoopbackArchive) -> None:
    archive = client_of(served)
    first = captures_of(archive)[0]
    served.down = [(429, {"Retry-After": "604800"})]
    with pytest.raises(WebArchiveError, match=r"asked to wait until .* again later"):
        archive.fetch(first)
    served.down = [(502, {})] * 9
    with pytest.raises(WebArchiveError, match=r"the server responded with 502.* again later"):
        archive.fetch(first)
    address = f"http://127.0.0.1:{free_port()}/coll"
    gone = WebArchive(address, Outbound(allow_private=True), 1.0, sleep=lambda _: None)
    with pytest.raises(WebArchiveError, match=r"connection refused.* again later"):
        gone.find(URL)


def test_an_address_without_an_index_is_no_archive(served: LoopbackArchive) -> None:
    for address in (f"{served.address}/other", "harbour.example"):
        archive = WebArchive(address, Outbound(allow_private=True), 1.0)
        with pytest.raises(NotAWebArchive) as found:
            archive.find(URL)
        assert found.value.exit_code == 2


def test_unfinished_additions_of_archives_are_found_in_one_pass() -> None:
    page = b"<p>Pier</p><!-- WB Insert --><b>An archive</b><!-- End WB Insert --><p>opens</p>"
    hostile = b"<!-- WB Insert --><script /_static/js/><!-- FILE ARCHIVED ON " * 40_000
    assert without_additions(page, "http://archive.example/") == b"<p>Pier</p><p>opens</p>"
    # With a search per beginning, this would take an hour.
    assert without_additions(hostile, "http://archive.example/") is None


def test_an_index_of_too_many_captures_is_refused(
    served: LoopbackArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = client_of(served)
    monkeypatch.setattr(web_archive_client, "MAX_CAPTURES", 1)
    with pytest.raises(WebArchiveError, match="too many captures"):
        captures_of(archive)


def test_a_private_address_is_never_requested(served: LoopbackArchive) -> None:
    archive = WebArchive(f"{served.address}/coll", Outbound(), 1.0)
    with pytest.raises(WebArchiveError, match="not a public address"):
        archive.find(URL)
    assert served.asked == []


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ("20190401000000", "capture 20190401000000 instead of 20180401000000"),
        ("19910101000000", "invalid time"),
        ("20990101000000", "invalid time"),
    ],
)
def test_a_capture_of_another_time_is_refused(served: LoopbackArchive, told: str, why: str) -> None:
    served.held[0].told = told
    served.held[0].digest = "OTHER"
    archive = client_of(served)
    with pytest.raises(NoCapture, match=why):
        archive.fetch(captures_of(archive)[0])


def test_banner_and_rewritten_links_are_removed(served: LoopbackArchive) -> None:
    served.adds = True
    archive = client_of(served)
    assert archive.fetch(captures_of(archive)[0]).body == PAGE.encode()
    served.held[0].body = PAGE.replace("opens", "<script src='/x/wombat.js'></script>").encode()
    with pytest.raises(NoCapture, match="its own scripts"):
        archive.fetch(IndexedCapture(URL, captures_of(archive)[0].at, digest="OTHER"))


def test_a_redirect_to_the_capture_of_another_page_is_refused(served: LoopbackArchive) -> None:
    archive = client_of(served)
    served.add("https://harbour.example/", "20180401000001", PAGE)
    target = f"{served.address}/coll/20180401000001id_/https://harbour.example/"
    served.down = [(302, {"Location": target})]
    with pytest.raises(NoCapture, match=r"redirects to a capture of https://harbour\.example/"):
        archive.fetch(captures_of(archive)[0])


@pytest.mark.parametrize("index", ["pywb", "timemap"])
def test_an_error_page_with_status_200_is_no_capture(served: LoopbackArchive, index: str) -> None:
    served.index = index
    archive = client_of(served)
    first = captures_of(archive)[0]
    served.down = [(200, {"Content-Type": "text/html"})]
    with pytest.raises(NoCapture, match="another page"):
        archive.fetch(first)


def test_an_endless_index_is_reported(served: LoopbackArchive) -> None:
    served.index = "endless"
    archive = client_of(served)
    with pytest.raises(WebArchiveError, match="or repeats a page"):
        captures_of(archive)


@pytest.mark.parametrize(
    "text",
    [
        "harbour)/ 20180401000000 https://harbour.example/ text/html 200 AAA 1",
        (
            'harbour)/ 20180401000000 {"url": "https://harbour.example/", "mime": "text/html",'
            ' "status": "200", "digest": "sha1:AAA"}'
        ),
        (
            '{"timestamp": "20180401000000", "url": "https://harbour.example/",'
            ' "mime": "text/html", "status": "200", "digest": "AAA"}'
        ),
        (
            '[["urlkey","timestamp","original","mimetype","statuscode","digest"],'
            '["k","20180401000000","https://harbour.example/","text/html","200","AAA"]]'
        ),
    ],
)
def test_all_formats_of_lines_are_read(text: str) -> None:
    page = parse_cdx(text)
    assert page
    (found,) = page.captures
    assert (found.url, found.stamp, found.status, found.media_type, found.digest) == (
        *("https://harbour.example/", "20180401000000", 200, "text/html", "AAA"),
    )


@pytest.mark.parametrize(
    "text", ["<html>no</html>", "hello", "[1, 2]", '{"error": "no"}', "[" * 9999]
)
def test_other_texts_are_no_index(text: str) -> None:
    assert parse_cdx(text) is None
    assert parse_timemap(text, "https://a.example/") is None


def test_bad_lines_are_skipped() -> None:
    text = "k 2018 https://a.example/ text/html 200 A 1\nk 20189901000000 https://a.example/ - - -"
    page = parse_cdx(f"{text}\nk 20180401000000 https://a.example/ - - -\nk 20180401000000 ftp:x")
    assert page
    assert [(one.status, one.digest, one.media_type) for one in page.captures] == [(0, "", "")]


def test_addresses_that_would_add_lines_to_a_record_are_skipped() -> None:
    row = '{"timestamp": "20180401000000", "url": "https://a.example/\\r\\nWARC-Type: warcinfo"}'
    page = parse_cdx(row)
    assert page
    assert (page.captures, page.rows) == ([], 1)


@pytest.mark.parametrize("text", ["Fri, 31 Dec 9999 23:00:00 -2300", "never"])
def test_impossible_dates_are_no_times(text: str) -> None:
    assert parse_http_date(text) is None
    assert asked_until(text, utc_now()) is None
