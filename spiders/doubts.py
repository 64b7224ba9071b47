"""What is doubtful about a release's date, as a sentence for the run."""

from __future__ import annotations

from data.models import Release

UNDATED = (
    "no date that can be right was found on the page; the release is dated by its first sight"
    " (write release.published in the source file)"
)


def date_doubt(release: Release) -> str | None:
    """Why the date of a new release is not one to rely on, or None where it is."""
    if release.published.rule.startswith("first-seen"):
        return UNDATED
    if release.order != release.published.at:
        return (
            f"it is dated {release.published.iso}, which is yet to come; that is kept, and the"
            " release stands where its first sight puts it"
        )
    return None
