"""A client that follows /api/changes and may be killed at any time.

    python consumer.py URL FILE

Every client of this API should work in the same way: it stores the cursor in the same transaction
as the results of a page. After each page it prints a line: ``all`` if there are no more changes.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
import urllib.error
import urllib.request


def consume(url: str, path: str) -> None:
    """Follow the changes for ever."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("CREATE TABLE IF NOT EXISTS cursor (one INTEGER PRIMARY KEY, text TEXT)")
    db.execute(
        "CREATE TABLE IF NOT EXISTS changes (number INTEGER PRIMARY KEY, release TEXT, kind TEXT,"
        " revision INTEGER)"
    )
    db.execute("CREATE TABLE IF NOT EXISTS releases (id TEXT PRIMARY KEY, release TEXT)")
    while True:
        row = db.execute("SELECT text FROM cursor").fetchone()
        since = row[0] if row else ""
        try:
            with urllib.request.urlopen(f"{url}api/changes?limit=7&since={since}") as answer:  # noqa: S310 - of this machine
                page = json.load(answer)
        except urllib.error.HTTPError as error:
            if wait := error.headers["Retry-After"]:
                time.sleep(float(wait))
                continue
            raise
        db.execute("BEGIN IMMEDIATE")
        for one in page["changes"]:
            db.execute(
                "INSERT INTO changes (release, kind, revision) VALUES (?, ?, ?)",
                [one["id"], one["kind"], one["revision"]],
            )
            if one["release"]:
                told = json.dumps(one["release"], sort_keys=True)
                db.execute("INSERT OR REPLACE INTO releases VALUES (?, ?)", [one["id"], told])
            else:
                db.execute("DELETE FROM releases WHERE id = ?", [one["id"]])
        db.execute("INSERT OR REPLACE INTO cursor VALUES (1, ?)", [page["next"]])
        db.execute("COMMIT")
        print("page" if page["more"] else "all", flush=True)
        if not page["changes"]:
            time.sleep(0.005)


if __name__ == "__main__":
    consume(*sys.argv[1:])
