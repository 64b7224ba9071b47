"""When a source is visited after a start of the service."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

from scheduler.executor import BATCH, batches
from scheduler.timetable import first_visit
from spiders.loader import LoadedSource, parse_source

HOUR = dt.timedelta(hours=1)


def test_a_new_source_is_visited_at_once_and_a_known_one_when_its_interval_ends(
    noon: dt.datetime,
) -> None:
    chance = random.Random(1)
    assert first_visit(None, HOUR, noon, chance) == noon
    assert first_visit(noon - HOUR / 2, HOUR, noon, chance) == noon + HOUR / 2


def test_overdue_sources_are_spread_not_visited_all_at_once(noon: dt.datetime) -> None:
    chance = random.Random(1)
    starts = {first_visit(noon - 9 * HOUR, HOUR, noon, chance) for _ in range(50)}
    assert len(starts) == 50
    assert noon <= min(starts)
    assert max(starts) <= noon + HOUR / 10


def source(number: int, host: str) -> LoadedSource:
    """A source at a host."""
    text = f'name = "S"\nurl = "https://{host}/{number}"\ntimezone = "UTC"\n'
    return LoadedSource(f"s{number}", Path("s.toml"), own=True, file=parse_source(text, "s.toml"))


def test_sources_of_one_host_share_a_batch_and_small_hosts_are_put_together() -> None:
    big = [source(number, "big.example") for number in range(BATCH + 3)]
    small = [source(100 + number, f"{number}.example") for number in range(BATCH + 1)]
    made = batches([small[0], *big, *small[1:]])
    hosts = [{one.file.url.split("/")[2] for one in batch} for batch in made]
    assert sum("big.example" in batch for batch in hosts) == 1
    assert sorted(len(batch) for batch in made) == [1, BATCH, BATCH + 3]
    assert sum(map(len, made)) == len(big) + len(small)
