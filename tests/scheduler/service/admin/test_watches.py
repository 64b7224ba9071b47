"""The pages of watches in the operator's room: matches, tests, deliveries, pauses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from lxml import html

from data.models import AlertDelivery, Facet
from data.watches.watch_file import load_watch
from feeds.alerts.channels import AlertWatch
from scheduler.home.home import open_home
from tests.command import communique
from tests.peer import Peer, peer_served
from tests.scheduler.service.admin.conftest import Running


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    with peer_served() as served:
        yield served


@pytest.fixture(scope="module")
def watch(running: Running, peer: Peer) -> Iterator[str]:
    """The page of a watch with a webhook."""
    arguments = ("add", "Ships & piers", "--source", "harbour", "--webhook", f"{peer.url}/s3cret")
    made = communique("watch", *arguments, "--json", home=running.home)
    yield f"/admin/watches/{json.loads(made.stdout)['id']}/"
    communique("watch", "remove", "ships-piers", home=running.home)


def test_a_watch_shows_its_matches_and_no_secret(running: Running, watch: str) -> None:
    assert "Ships &amp; piers" in running.web.get("/admin/watches/").text
    page = running.web.get(watch).text
    assert "Notice 1" in page
    assert "s3cret" not in page
    assert "whsec_" not in page


def test_a_delivery_shows_its_event_and_the_title_of_its_release(
    running: Running, watch: str
) -> None:
    with closing(open_home(running.home).plain_store()) as store:
        of_harbour = store.releases(Facet(source="harbour"))
        one = next(one for one in of_harbour if "Notice 2" in one.content.title)
        body = json.dumps({"type": "edit", "release": {"id": one.id}}).encode()
        made = AlertDelivery("msg_dead", "ships-piers", "webhook", body, 1.0, 2.0, "dead")
        store.settle_events(0, [made])
    page: Any = html.fromstring(running.web.get(watch).text)
    row = "//*[@id='alerts']//tbody/tr[contains(., 'msg_dead')]"
    (cell,) = page.xpath(f"{row}/td[@data-label='Event']")
    assert " ".join(cell.text_content().split()).startswith("edit harbour Notice 2")
    assert cell.xpath("a/@href")[0].endswith(f"releases/{one.id}/")


@pytest.mark.thorough
def test_a_test_is_sent_and_its_result_is_shown(running: Running, watch: str, peer: Peer) -> None:
    before = len(peer.posts())
    answer = running.post(f"{watch}test")
    assert "webhook: accepted (test_" in answer.text
    (sent,) = peer.posts()[before:]
    told = json.loads(sent.body)
    assert told["data"]["watch"]["name"] == "Test: Ships & piers"
    assert told["data"]["events"][0]["release"]["source"] == "harbour"
    assert sent.headers["webhook-id"].startswith("test_")


@pytest.mark.thorough
def test_a_rejected_test_shows_the_reason(running: Running, watch: str, peer: Peer) -> None:
    peer.statuses.append(500)
    answer = running.post(f"{watch}test")
    assert 'class="said fault"' in answer.text
    assert "500" in answer.text


@pytest.mark.thorough
def test_a_watch_is_paused_and_resumed(running: Running, watch: str) -> None:
    assert "is paused" in running.post(f"{watch}pause").text
    assert load_watch(running.home / "watches", "ships-piers", AlertWatch).paused
    assert "paused; " in running.web.get("/admin/watches/").text
    assert "is active again" in running.post(f"{watch}resume").text
    assert not load_watch(running.home / "watches", "ships-piers", AlertWatch).paused


def test_an_unknown_watch_has_no_page(running: Running, watch: str) -> None:
    for path in ("none/", "..%2fsources%2fharbour/", "-h/"):
        assert running.web.get(f"/admin/watches/{path}").status_code == 404
    assert running.web.get(f"{watch}test").status_code == 405


def test_a_watch_is_created_in_the_room(running: Running, peer: Peer) -> None:
    page: Any = html.fromstring(running.web.get("/admin/watches/").text)
    assert page.xpath("//nav[@class='tabs']/a[@aria-current='page']/text()") == ["Watches"]
    fields = {"name": "Storm surges", "query": "storm OR surge", "source": "harbour"}
    fields |= {"edit_class": "figure", "min_weight": "0.3"}
    try:
        answer = running.post(
            "/admin/watches/add",
            **fields,
            channel="webhook",
            recipient=f"{peer.url}/new",
        )
        assert answer.url.path == "/admin/watches/storm-surges/"
        made = load_watch(open_home(running.home).watches, "storm-surges", AlertWatch)
        assert (made.query, made.sources) == ("storm OR surge", ("harbour",))
        assert (made.edit_classes, made.min_weight) == (("figure",), 0.3)
        assert made.outputs == ("webhook",)
    finally:
        communique("watch", "remove", "storm-surges", home=running.home)


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"name": "Tides", "query": "(tide"}, "not closed"),
        ({"name": "Tides", "channel": "mail"}, "recipient"),
        ({"name": "Tides", "channel": "pigeon", "recipient": "loft"}, "pigeon"),
        ({"name": "潮"}, "id"),
        ({"name": "Tides", "min_weight": "heavy"}, "min_weight"),
        ({"name": "Tides", "edit_class": "comma"}, "comma"),
        ({"name": "Tides", "source": "nobody"}, "nobody"),
    ],
)
def test_an_invalid_watch_is_refused_with_the_reason(
    running: Running, fields: dict[str, str], fault: str
) -> None:
    answer = running.post("/admin/watches/add", **fields)
    page: Any = html.fromstring(answer.text)
    (said,) = page.xpath("//p[@class='said fault']")
    assert fault in said.text_content()
    assert not [*open_home(running.home).watches.glob("tides*")]
