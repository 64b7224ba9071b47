"""A site that admits only signed requests, visited by a real child process that fetches."""

from __future__ import annotations

from pathlib import Path

import pytest
from scrapy import Request
from scrapy.http import Response

from data.access.request_keys import RequestKeys
from data.network.request_signer import RequestSigner
from spiders.download.signing import clock_difference, clock_note
from tests.signature_judge import walled
from tests.spiders.download.fetching import fetched

SETTINGS = """
[network]
allow_private = true
sign = {sign}
contact = "desk@press.example"

[site]
url = "https://press.example"
"""


def test_pages_redirects_and_robots_txt_are_signed_each_for_their_host(tmp_path: Path) -> None:
    keys = RequestKeys(tmp_path / "bot.key")
    signer = RequestSigner("https://press.example", keys.load)
    (tmp_path / "communique.toml").write_text(SETTINGS.format(sign="true"))
    with walled(signer.directory()) as wall:
        other = wall.base.replace("127.0.0.1", "localhost")
        wall.pages = {f"/{n}": f"<p>Page {n} of the harbour." for n in range(20)}
        wall.pages |= {"/away": f"{other}/1", "/on": f"{wall.base}/2"}
        told = fetched(tmp_path, *(f"{wall.base}{path}" for path in wall.pages))
        assert {one["status"] for one in told.values()} == {200}
        assert {fault for _, fault in wall.log} == {""}
        asked = {url for url, _ in wall.log}
        assert {f"{other}/1", f"{wall.base}/robots.txt", f"{other}/robots.txt"} <= asked


def test_nothing_is_signed_unless_the_setting_is_on(tmp_path: Path) -> None:
    (tmp_path / "communique.toml").write_text(SETTINGS.format(sign="false"))
    with walled(b'{"keys": []}') as wall:
        wall.pages = {"/1": "<p>A page."}
        told = fetched(tmp_path, f"{wall.base}/1")
        assert told[f"{wall.base}/1"]["status"] == 403
    assert not (tmp_path / "bot.key").exists()


def test_a_clock_is_compared_with_the_date_of_a_response() -> None:
    assert clock_difference("Mon, 02 Mar 2020 09:00:00 GMT") > 100_000_000
    assert clock_difference("Mon, 02 Mar 2099 09:00:00 GMT") < -1_000_000_000
    assert [clock_difference(one) for one in ("", "yesterday")] == [0, 0]


@pytest.mark.parametrize(
    ("status", "headers", "is_noted"),
    [
        (403, {"Signature": "sig1=:AA==:"}, True),
        (404, {"Signature": "sig1=:AA==:"}, False),
        (403, {}, False),
    ],
)
def test_a_refused_signed_request_is_explained_by_a_wrong_clock(
    status: int, headers: dict[str, str], *, is_noted: bool
) -> None:
    url = "https://harbour.example/1"
    date = {"Date": "Mon, 02 Mar 2020 09:00:00 GMT"}
    response = Response(url, status, date, request=Request(url, headers=headers))
    assert ("correct the clock of this machine" in clock_note(response)) == is_noted
