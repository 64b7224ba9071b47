"""Adding a source by pasting an address, against a press room of the demo."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator

import pytest

from data.wording import time_limit
from scheduler.demo.process import rooms_served
from scheduler.service.admin.adding import LOOK_SECONDS
from tests.peer import PATIENCE
from tests.press_room import Answer
from tests.scheduler.service.admin.conftest import Running, kill_command

pytestmark = pytest.mark.xdist_group("admin")


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The address of a press room that nobody collects yet."""
    with rooms_served() as rooms:
        yield f"{rooms.bases['merrow']}/"


def looked_at(running: Running, **fields: str) -> tuple[str, str]:
    """Where the page of an address is that was looked at, and what it says in the end."""
    answer = running.post("/admin/add/look", **fields)
    found = re.search("/admin/add/[0-9a-f]{16}/", str(answer.url))
    assert found is not None, answer.text
    return found[0], ended(running, found[0])


def ended(running: Running, page: str) -> str:
    """What a page says once nothing of it is under way."""
    with running.web.stream("GET", "/admin/events", timeout=PATIENCE) as stream:
        for line in stream.iter_lines():
            if line:
                text = running.web.get(page).text
                if 'http-equiv="refresh"' not in text:
                    return text
    raise AssertionError("the service ended")


def test_a_site_is_looked_at_saved_under_another_name_and_visited(
    running: Running, site: str
) -> None:
    page, text = looked_at(running, url=site)
    assert "Merrow Sound Harbour Authority" in text
    assert '<th scope="row">published</th>' in text
    assert re.search(r"\d+&nbsp;%", text), "how sure each field is"
    assert not (running.home / "sources" / "sound.toml").exists(), "nothing was written"
    fields = {"name": "Merrow <Sound>", "id": "sound", "timezone": "Europe/London"}
    answer = running.post(f"{page}save", **fields)
    assert answer.status_code == 200
    text = ended(running, page)
    assert "Saved, and being visited" in text
    kept = (running.home / "sources" / "sound.toml").read_text()
    assert 'name = "Merrow <Sound>"' in kept
    assert (running.home / "samples" / "sound" / "expected.json").exists()
    with running.web.stream("GET", "/admin/events", timeout=PATIENCE) as stream:
        for line in stream.iter_lines():
            if line and "Merrow &lt;Sound&gt;" in running.web.get("/admin/sources/sound/").text:
                break
    _, again = looked_at(running, url=site)
    assert "collects from" in again or "This is what would be collected" in again


def test_what_can_not_be_reached_is_told_in_a_sentence(running: Running) -> None:
    _, text = looked_at(running, url="http://127.0.0.1:9/news/")
    assert 'class="said fault"' in text
    assert "could not be read" in text
    assert "Traceback" not in text
    listed = running.web.get("/admin/add/").text
    assert "not checked" not in listed
    assert re.search(r"127\.0\.0\.1:9/news/</a>: (check failed|not found)", listed)


def test_a_site_whose_check_was_killed_is_not_said_to_be_without_releases(
    running: Running,
) -> None:
    held = threading.Event()
    running.room.answers["/silent/"] = Answer(b"<p>nothing", hold=held)
    url = f"{running.room.base}/silent/"
    answer = running.post("/admin/add/look", url=url)
    assert f"up to {time_limit(LOOK_SECONDS)}" in answer.text
    found = re.search("/admin/add/[0-9a-f]{16}/", str(answer.url))
    assert found is not None
    kill_command("add", url)
    held.set()
    text = ended(running, found[0])
    assert "No releases were found" not in text
    assert "could not be checked" in text
    assert 'action="save"' not in text


def test_a_page_without_releases_gives_a_file_to_go_on_with(running: Running) -> None:
    running.room.page("/empty/", "<title>Nothing</title><h1>Nothing here</h1><p>At all.</p>")
    _, text = looked_at(running, url=f"{running.room.base}/empty/")
    assert "No releases were found" in text
    assert 'action="save"' not in text


def test_no_password_of_an_address_is_shown(running: Running, site: str) -> None:
    page, text = looked_at(running, url=site.replace("://", "://me:hunter2@") + "?token=hunter2")
    shown = [text, running.web.get("/admin/add/").text, running.web.get(page).text]
    _, failed = looked_at(running, url="http://me:hunter2@127.0.0.1:9/news/?token=hunter2")
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
def test_what_is_no_address_is_not_looked_at(running: Running, url: str) -> None:
    answer = running.post("/admin/add/look", url=url)
    assert str(answer.url).endswith("/admin/add/")
    assert "no address of the web" in answer.text


def test_a_site_that_nobody_looked_at_has_no_page(running: Running) -> None:
    assert running.web.get("/admin/add/0123456789abcdef/").status_code == 404
    assert running.web.get("/admin/add/look").status_code == 405
