"""Changes of responses, texts and pages that a later visit must confirm."""

import datetime as dt
from typing import Final

from data.clock import instant
from data.store.shared_sql.database.connection import Part
from data.text.urls import MAX_KEY_LENGTH

PAGE_STATE_PREFIX: Final = "page:"
"""Prefix of the key of a single page's stored state. The id of its release follows."""


class UnconfirmedTable(Part):
    """Methods for responses, texts and pages whose changes a later visit must confirm.

    Each change has a mark, stored under one of three kinds of subjects:

    - the URL of a response that may be truncated: the mark is the digest of its end
    - the id of a release whose text may be truncated: the mark is the fingerprint of the text
    - PAGE_STATE_PREFIX and the id of a release that is a single page: the mark is the state of its
      noise, as JSON (data.revisions.settled_content)
    """

    def unconfirmed(self, subject: str) -> tuple[str, dt.datetime] | None:
        """Return the unconfirmed mark stored for a subject and the time it was stored, or None."""
        for mark, seen in self._ask(
            "SELECT mark, seen FROM unconfirmed WHERE subject = ?", [subject]
        ):
            return mark, instant(seen)
        return None

    def keep_unconfirmed(self, subject: str, mark: str, seen: dt.datetime) -> None:
        """Store the mark of a subject, for comparison in a later visit.

        Nothing is stored for an address that is too long for a key, so its responses are never
        confirmed.
        """
        if len(subject) > MAX_KEY_LENGTH:
            return
        row = {"subject": subject, "mark": mark, "seen": seen.timestamp()}
        with self._writing():
            self._connection.upsert("unconfirmed", row)
