"""What is doubtful about a release's date, as a sentence for the run."""

from __future__ import annotations

from data.judgement import yet_to_come
from data.models import Release

UNDATED = (
    "no date that can be right was found on the page; the release is dated by its first sight"
    " (write release.published in the source file)"
)


def date_doubt(release: Release) -> str | None:
    """Why the date of a new release is not one to rely on, or None where it is."""
    if release.published.rule.startswith("first-seen"):
        return UNDATED
    return yet_to_come(release)
