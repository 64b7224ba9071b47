"""With `render = true` lists are extended by clicks and scrolling, and come to an end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import in_a_browser
from tests.command import collect, make_home
from tests.press_room import Room, listing_html, release_html, served

pytestmark = in_a_browser

COUNT, SIZE = 9, 3

ROWS = """
const row = n => `<li class="row"><span class="date">${2 + n % 20} March 2026</span>
  <a href="/news/${n}.html">Notice ${n}: ships counted at pier ${n}</a></li>`;
const list = document.querySelector('ul.news');
const part = start => fetch('/parts/' + start).then(r => r.json());
"""

APPENDS = """<button id="b">{label}</button><script>{rows}
let start = 3;
document.getElementById('b').onclick = async () => {{
  const found = await part(start);
  start += 3;
  list.insertAdjacentHTML('beforeend', found.map(row).join(''));
  if (start >= 9) document.getElementById('b').remove();
}};</script>"""

REPLACES = """<a id="b" class="pager" href="#">{label}</a><script>{rows}
let start = 3;
document.getElementById('b').onclick = async event => {{
  event.preventDefault();
  const found = await part(start);
  start += 3;
  list.innerHTML = found.map(row).join('');
  if (start >= 9) document.getElementById('b').remove();
}};</script>"""

SCROLLS = """<div style="height: 3000px"></div><div id="end">.</div><script>{rows}
let start = 3;
new IntersectionObserver(async entries => {{
  if (!entries.some(one => one.isIntersecting) || start >= 9) return;
  const found = await part(start);
  start += 3;
  list.insertAdjacentHTML('beforeend', found.map(row).join(''));
  window.scrollTo(0, 0);
}}).observe(document.getElementById('end'));</script>"""

REPEATS = """<button id="b">{label}</button><script>{rows}
document.getElementById('b').onclick = async () => {{
  const found = await part(3);
  list.insertAdjacentHTML('beforeend', found.map(row).join(''));
}};</script>"""

LEADS_AWAY = """<button id="b">{label}</button><script>
document.getElementById('b').onclick = () => {{ location.href = '/news/1.html'; }};</script>"""

IN_FORMS = """<form action="/written"><input name="mail"><button>{label}</button></form>
<div class="newsletter"><button onclick="fetch('/written')">{label}</button></div>"""


@pytest.fixture
def room() -> Iterator[Room]:
    with served() as room:
        for number in range(1, COUNT + 1):
            room.page(f"/news/{number}.html", release_html(number))
        for start in range(0, COUNT, SIZE):
            numbers = [*range(COUNT, 0, -1)][start : start + SIZE]
            room.page(f"/parts/{start}", str(numbers), content_type="application/json")
        yield room


def show(room: Room, home: Path, script: str, label: str) -> dict[str, object]:
    """The report of a visit to a list with such a control."""
    more = script.format(label=label, rows=ROWS)
    room.page("/news/", listing_html([9, 8, 7], more=more))
    return collect(make_home(home, f"{room.base}/news/", render="true"))


@pytest.mark.parametrize(
    ("script", "label"),
    [(APPENDS, "Показать ещё"), (APPENDS, "تحميل المزيد"), (REPLACES, "次へ"), (SCROLLS, "")],
)
def test_a_list_is_shown_to_its_end(room: Room, tmp_path: Path, script: str, label: str) -> None:
    run = show(room, tmp_path / "home", script, label)
    assert (run["new"], run["errors"]) == (COUNT, [])


def test_rows_that_repeat_end_the_clicks(room: Room, tmp_path: Path) -> None:
    assert show(room, tmp_path / "home", REPEATS, "Load more")["new"] == 2 * SIZE
    assert len(room.statuses("/parts/3")) <= 3


def test_a_click_that_opens_another_page_is_undone(room: Room, tmp_path: Path) -> None:
    run = show(room, tmp_path / "home", LEADS_AWAY, "Load more")
    assert (run["new"], run["errors"]) == (SIZE, [])


def test_nothing_is_clicked_in_a_form_or_a_newsletter(room: Room, tmp_path: Path) -> None:
    show(room, tmp_path / "home", IN_FORMS, "Load more")
    assert not any(path.startswith("/written") for path, _ in room.log)
