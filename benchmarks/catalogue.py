"""Add 500 institutions from a catalogue, with kills, and update them to a newer catalogue.

    python benchmarks/catalogue.py [--few]

500 hosts on loopback show press rooms in the markup of 32 systems. `communique catalogue add` is
killed 20 times, and then runs to its end. A source is right if it has the address of the press room
and the releases of its first page, without manual changes. Nothing may be added twice. The hosts
count requests that break a rule: two simultaneous requests, and requests before robots.txt, to
forbidden paths, and before the end of Retry-After. A second run must request nothing. Then 100
source files are edited by hand, and `communique catalogue update` merges a catalogue in which all
names and time zones are new. ``--few`` uses 40 hosts, 3 kills and 20 edits. The last line is a JSON
object. The exit code is 1 if less than 95 % are right, or if any other claim is wrong.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.catalogue_parts.sites import Host, Sites, served

HOSTS, FEW_HOSTS = 500, 40
KILLS, FEW_KILLS = 20, 3
EDITS, FEW_EDITS = 100, 20
MIN_RIGHT = 0.95
COMMAND = (sys.executable, "-P", "-m", "scheduler", "catalogue")
HEAD = {
    "catalogue": "boards",
    "name": "Harbour boards",
    "licence": "CC0-1.0",
    "origin": "invented",
    "date": "2026-11-30",
}


def main() -> None:
    """Measure, and print the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--few", action="store_true")
    few = parser.parse_args().few
    hosts, kills, edits = (FEW_HOSTS, FEW_KILLS, FEW_EDITS) if few else (HOSTS, KILLS, EDITS)
    with tempfile.TemporaryDirectory() as folder, served(hosts) as sites:
        found = measure(Path(folder), sites, kills, edits)
    print(json.dumps(found))
    right = found["right"] >= MIN_RIGHT * found["hosts"]
    claims = right and not (found["doubled"] or found["rude"] or found["requests_of_second_run"])
    sys.exit(0 if claims and found["edits_kept"] == found["edits"] else 1)


def measure(folder: Path, sites: Sites, kills: int, edits: int) -> dict[str, Any]:
    """Add with kills, add again, edit and update."""
    home = folder / "home"
    home.mkdir()
    (home / "communique.toml").write_text("[network]\nallow_private = true\n")
    hosts = [*sites.hosts.values()]
    file = folder / "boards.jsonl"
    write(file, [host.entry for host in hosts])
    began = time.monotonic()
    add_with_kills(home, file, kills, len(hosts))
    result = command(home, "add", str(file), "--yes")
    seconds = time.monotonic() - began
    wrong = {host.number: why for host in hosts if (why := fault(home, host))}
    for number, why in wrong.items():
        print(f"board-{number} ({hosts[number].theme}): {why}")
    asked = sites.asked
    rude = [one for host in hosts for one in host.rude]
    print(*rude[:10], sep="\n")
    command(home, "add", str(file), "--yes")
    second = sites.asked - asked
    kept, updated = update(home, file, hosts, edits)
    return {
        "hosts": len(hosts),
        "themes": len({host.theme for host in hosts}),
        "right": len(hosts) - len(wrong),
        "last_run": Counter(one["state"] for one in result["entries"]),
        "kills": kills,
        "doubled": doubled(home),
        "requests": asked,
        "rude": len(rude),
        "requests_of_second_run": second,
        "edits": edits,
        "edits_kept": kept,
        "others_updated": updated,
        "seconds": round(seconds),
    }


def write(file: Path, entries: list[dict[str, object]]) -> None:
    """Write a catalogue."""
    file.write_text("".join(json.dumps(row) + "\n" for row in (HEAD, *entries)))


def command(home: Path, *arguments: str) -> Any:
    """The JSON output of a command."""
    done = subprocess.run(
        [*COMMAND, *arguments, "--json", "--home", str(home)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr
    return json.loads(done.stdout)


def add_with_kills(home: Path, file: Path, kills: int, count: int) -> None:
    """Kill the command repeatedly, each time after some results."""
    chance = random.Random(7)  # noqa: S311 - the same at each run
    for _ in range(kills):
        with subprocess.Popen(
            [*COMMAND, "add", str(file), "--yes", "--home", str(home)],
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            wanted = chance.randint(1, max(1, count // kills))
            for line in process.stdout:
                # Entries of earlier runs are listed first.
                wanted -= "added earlier" not in line
                if wanted <= 0:
                    break
            time.sleep(chance.random() / 4)
            process.kill()


def fault(home: Path, host: Host) -> str:
    """Why the source of a host is wrong, or ""."""
    path = home / "sources" / f"board-{host.number}.toml"
    if not path.exists():
        return "not added"
    if (url := tomllib.loads(path.read_text())["url"]) != host.room:
        return f"collects from {url}"
    expected = home / "samples" / path.stem / "expected.json"
    if not expected.exists():
        return "without samples"
    listed = {item["url"] for item in json.loads(expected.read_text())["listing"]["items"]}
    return (
        "" if listed == host.listed else f"{len(listed & host.listed)} of {len(host.listed)} rows"
    )


def source_files(home: Path) -> list[Path]:
    """The source files, without temporary files that a kill left."""
    return sorted((home / "sources").glob("*.toml"))


def doubled(home: Path) -> int:
    """The number of sources with the entry or the address of another source."""
    read = [tomllib.loads(path.read_text()) for path in source_files(home)]
    counts = (Counter(one[key] for one in read) for key in ("catalogue", "url"))
    return sum(count - 1 for found in counts for count in found.values())


def update(home: Path, file: Path, hosts: list[Host], edits: int) -> tuple[int, int]:
    """Edit files and update to a newer catalogue.

    Returns the numbers of kept edits and of new names.
    """
    paths = source_files(home)
    edited: dict[Path, list[str]] = {}
    for number, path in enumerate(paths[:edits]):
        text, line = path.read_text(), f"# a note of person {number}"
        kind = number % 4
        if kind == 0:
            text, line = (
                text.replace('timezone = "Europe/London"', x := 'timezone = "Asia/Baku"'),
                x,
            )
        elif kind == 1:
            x = f'name = "Board {number}"'
            text, line = "\n".join([x, *text.splitlines()[1:], ""]), x
        elif kind == 2:  # noqa: PLR2004
            line = f'topics = ["harbours-{number}"]'
            text = f"{line}\n{text}"
        else:
            text += f"{line}\n"
        path.write_text(text)
        edited[path] = [line]
    newer = [
        {**host.entry, "name": f"New {host.name}", "timezone": "Europe/Dublin"} for host in hosts
    ]
    write(file, newer)
    command(home, "update", str(file))
    kept = sum(all(line in path.read_text() for line in lines) for path, lines in edited.items())
    new = sum('name = "New ' in path.read_text() for path in paths[edits:])
    return kept, new


if __name__ == "__main__":
    main()
