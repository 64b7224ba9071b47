"""What is doubtful about a release's date, as a sentence for the run."""

from __future__ import annotations

from data.judgement import yet_to_come
from data.models import Release

UNDATED = (
    "no date was found on the page, though other releases of this source have one; it is kept"
    " without a date (write release.published in the source file)"
)
REFUSED = (
    "no date that can be right was found on the page ({raw!r} can't be); it is kept without a date"
    " (write release.published in the source file)"
)


def date_doubt(release: Release) -> str | None:
    """Why the date of a new release is not one to rely on, or None where it is."""
    if release.published.precision == "none" and release.published.raw:
        return REFUSED.format(raw=release.published.raw)
    return yet_to_come(release)
