"""The pages to add a source, with a press room of the demo."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest

from data.wording import time_limit
from scheduler.children.child import CommandResult
from scheduler.demo.server import rooms_served
from scheduler.home.home import open_home
from scheduler.operations import visits_and_inspections
from scheduler.operations.visits_and_inspections import INSPECTION_SECONDS, Inspections
from scheduler.service.admin.adding import AddPages, Inspection
from scheduler.service.admin.pages import LiveEvents
from tests.peer import PATIENCE
from tests.press_room import Answer
from tests.scheduler.service.admin.conftest import Running, kill_command


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The address of a press room that is not a source yet."""
    with rooms_served() as rooms:
        yield f"{rooms.bases['merrow']}/"


def inspected(running: Running, **fields: str) -> tuple[str, str]:
    """Inspect a site. Returns the path of its page, and the HTML once it is finished."""
    answer = running.post("/admin/add/look", **fields)
    found = re.search("/admin/add/[0-9a-f]{16}/", str(answer.url))
    assert found is not None, answer.text
    return found[0], ended(running, found[0])


def ended(running: Running, page: str) -> str:
    """Wait until a page no longer reloads itself, and return its HTML."""
    with running.web.stream("GET", "/admin/events", timeout=PATIENCE) as stream:
        for line in stream.iter_lines():
            if line:
                text = running.web.get(page).text
                if 'http-equiv="refresh"' not in text:
                    return text
    raise AssertionError("the service ended")


def test_a_site_is_inspected_saved_under_another_name_and_visited(
    running: Running, site: str
) -> None:
    page, text = inspected(running, url=site)
    assert "Merrow Sound Harbour Authority" in text
    assert '<th scope="row">published</th>' in text
    assert re.search(r"\d+&nbsp;%", text), "how sure each field is"
    assert not (running.home / "sources" / "sound.toml").exists(), "nothing was written"
    fields = {"name": "Merrow <Sound>", "id": "sound", "timezone": "Europe/London"}
    answer = running.post(f"{page}save", **fields)
    assert answer.status_code == 200
    text = ended(running, page)
    assert "Saved. The first visit is running" in text
    kept = (running.home / "sources" / "sound.toml").read_text()
    assert 'name = "Merrow <Sound>"' in kept
    assert (running.home / "samples" / "sound" / "expected.json").exists()
    with running.web.stream("GET", "/admin/events", timeout=PATIENCE) as stream:
        for line in stream.iter_lines():
            if line and "Merrow &lt;Sound&gt;" in running.web.get("/admin/sources/sound/").text:
                break
    _, again = inspected(running, url=site)
    assert "collects from" in again or "Preview of the releases" in again


@pytest.mark.thorough
def test_a_single_page_is_inspected_and_saved(running: Running, site: str) -> None:
    page, text = inspected(running, url=site, page="yes")
    assert "Text of the page" in text
    assert "kind = &#34;page&#34;" in text
    fields = {"name": "Merrow's page", "id": "merrow-page", "timezone": "Europe/London"}
    assert running.post(f"{page}save", **fields).status_code == 200
    assert "Saved. The first visit is running" in ended(running, page)
    kept = (running.home / "sources" / "merrow-page.toml").read_text()
    assert 'kind = "page"' in kept


@pytest.mark.thorough
def test_an_unreachable_site_is_reported_in_one_sentence(running: Running) -> None:
    _, text = inspected(running, url="http://127.0.0.1:9/news/")
    assert 'class="said fault"' in text
    assert "could not be read" in text
    assert "Traceback" not in text
    listed = running.web.get("/admin/add/").text
    assert "not checked" not in listed
    assert re.search(r"127\.0\.0\.1:9/news/</a>: (check failed|not found)", listed)


def test_a_killed_check_does_not_claim_that_a_site_has_no_releases(
    running: Running,
) -> None:
    held = threading.Event()
    running.room.answers["/silent/"] = Answer(b"<p>nothing", hold=held)
    url = f"{running.room.base}/silent/"
    answer = running.post("/admin/add/look", url=url)
    assert f"up to {time_limit(INSPECTION_SECONDS)}" in answer.text
    found = re.search("/admin/add/[0-9a-f]{16}/", str(answer.url))
    assert found is not None
    kill_command("add", url)
    held.set()
    text = ended(running, found[0])
    assert "No releases were found" not in text
    assert "did not finish" in text
    assert 'action="save"' not in text


@pytest.mark.thorough
def test_a_page_without_releases_yields_a_draft_source_file(running: Running) -> None:
    running.room.page("/empty/", "<title>Nothing</title><h1>Nothing here</h1><p>At all.</p>")
    _, text = inspected(running, url=f"{running.room.base}/empty/")
    assert "No releases were found" in text
    assert 'action="save"' not in text


def test_passwords_in_addresses_are_hidden(running: Running, site: str) -> None:
    page, text = inspected(running, url=site.replace("://", "://me:hunter2@") + "?token=hunter2")
    shown = [text, running.web.get("/admin/add/").text, running.web.get(page).text]
    _, failed = inspected(running, url="http://me:hunter2@127.0.0.1:9/news/?token=hunter2")
    assert site.removesuffix("/") in text
    assert "could not be read" in failed
    assert not [one for one in (*shown, failed) if "hunter2" in one]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/etc/passwd",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://",
        "http://[::1",
        "https://a.example/\x00news/",
        "https://a.example/ news/\x1b[2J",
        "https://a.example/" + "x" * 3000,
        "http://a.example:0/",
    ],
)
def test_an_invalid_address_is_not_inspected(running: Running, url: str) -> None:
    answer = running.post("/admin/add/look", url=url)
    assert str(answer.url).endswith("/admin/add/")
    assert "not a web address" in answer.text


def test_a_site_that_was_not_inspected_has_no_page(running: Running) -> None:
    assert running.web.get("/admin/add/0123456789abcdef/").status_code == 404
    assert running.web.get("/admin/add/look").status_code == 405


def test_a_result_that_cannot_be_shown_ends_the_inspection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def incomplete(*_: object, **__: object) -> CommandResult:
        return CommandResult(0, {"releases": []}, ())

    monkeypatch.setattr(visits_and_inspections, "run_command", incomplete)
    one = Inspection("1", "https://acme.example/")
    pages = AddPages(
        *(Mock(), Mock(), Mock(), Mock(), LiveEvents()), Inspections(open_home(tmp_path))
    )
    asyncio.run(pages._run(one, {}))  # noqa: SLF001 - a task of the page
    assert (one.state, len(one.faults)) == ("unfinished", 1)
