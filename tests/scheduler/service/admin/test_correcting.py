"""The pages to correct a field, without JavaScript."""

from __future__ import annotations

import re
from html import unescape

import pytest

from tests.scheduler.service.admin.conftest import Running

PLACE = "/admin/sources/harbour/correct"


def test_a_field_is_corrected_with_links_only(running: Running) -> None:
    text = running.web.get(f"{PLACE}/?field=release.title").text
    frame = re.search(r'<iframe [^>]*src="([^"]+)" sandbox="([^"]*)"', text)
    assert frame is not None
    assert frame[2] == "allow-top-navigation-by-user-activation"
    shown = running.web.get(f"{PLACE}/{unescape(frame[1])}")
    link = re.search(r'<h1><a target="_top" href="\./(\?[^"]+)">', shown.text)
    assert link is not None
    text = running.web.get(f"{PLACE}/{unescape(link[1])}").text
    selector = re.search(r'name="selector" value="([^"]+)" checked', text)
    assert selector is not None
    assert "Chosen:" in text
    asked = {"field": "release.title", "selector": unescape(selector[1])}
    text = running.web.get(f"{PLACE}/preview", params=asked).text
    digest = re.search(r'name="digest" value="([0-9a-f]{64})"', text)
    assert digest is not None
    assert "the same" in text
    file = running.home / "sources" / "harbour.toml"
    before = file.read_text()
    answer = running.post(f"{PLACE}/save", **asked, digest=digest[1])
    assert "wrote release.title into" in answer.text
    assert file.read_text() == f'{before}\n[release]\ntitle = "{asked["selector"]}"\n'
    again = running.post(f"{PLACE}/save", **asked, digest=digest[1])
    assert "was changed by someone else" in again.text
    file.write_text(before)


def test_the_saved_page_is_isolated(running: Running) -> None:
    answer = running.web.get(f"{PLACE}/page?field=release.title")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-top-navigation-by-user-activation; default-src 'none'")
    assert "script" not in policy
    assert "allow-same-origin" not in policy
    assert "set-cookie" not in answer.headers
    assert running.site not in answer.text
    assert "form" not in re.sub("information|performance", "", answer.text)


@pytest.mark.thorough
def test_every_field_can_be_chosen_and_previewed(running: Running) -> None:
    page = running.web.get(f"{PLACE}/").text
    fields = re.findall(r'<option value="([a-z]+\.[a-z]+)"', page)
    assert len(fields) == 11
    for field in fields:
        answer = running.web.get(f"{PLACE}/", params={"field": field})
        assert answer.status_code == 200
        assert 'class="said fault"' not in answer.text


@pytest.mark.parametrize(
    ("selector", "said"),
    [("h1[", "not a CSS selector"), ("a|b", "no namespaces"), ("x" * 2000, "Extracted values")],
)
def test_an_entered_selector_is_previewed_or_rejected(
    running: Running, selector: str, said: str
) -> None:
    asked = {"field": "release.title", "selector": "h1", "other": selector}
    answer = running.web.get(f"{PLACE}/preview", params=asked)
    assert answer.status_code == 200
    assert said in unescape(answer.text)


@pytest.mark.parametrize(
    "asked",
    [
        "page?field=none",
        "page",
        "?field=release.nothing",
        "?field=release.title&page=x",
        "?field=release.title&element=-1",
        "?field=release.title&element=99999999999",
        "preview?field=%00",
        "../../none/correct/?field=release.title",
    ],
)
def test_invalid_queries_return_404(running: Running, asked: str) -> None:
    assert running.web.get(f"{PLACE}/{asked}").status_code == 404


def test_a_missing_element_is_reported(running: Running) -> None:
    answer = running.web.get(f"{PLACE}/?field=release.title&element=999999")
    assert "the saved page has changed" in answer.text
