"""Settings for the archive and its log, and for other archives: `[archive]`."""

from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from data.settings.value_types import PLACE, Bytes, BytesOrZero, DaysOrZero, Whole

AttachmentText: TypeAlias = Literal["none", "text", "scans"]
"""Texts of attachments to extract: none, text of documents, or also text in scans."""


Requisites: TypeAlias = Literal["none", "page", "rendered"]
"""Page requisites to archive: none, those of the page, or also what a browser requested."""

Address = Annotated[str, msgspec.Meta(pattern=r"^https?://[!-~]+\Z")]

WAYBACK: Final = "https://web.archive.org"
"""Address of the Wayback Machine of the Internet Archive."""


class DepositSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An archive with the API of Save Page Now, which receives requests to save new versions.

    ``credentials`` are an access key and a secret, separated by a colon. The address of a capture
    consists of ``captures``, the time in 14 digits, a slash, and the address of the page.
    """

    save: Address = f"{WAYBACK}/save"
    captures: Address = f"{WAYBACK}/web/"
    cdx: Address = f"{WAYBACK}/cdx/search/cdx"
    credentials: Annotated[str, msgspec.Meta(pattern=r"^([!-9;-~]+:[!-~]+)?\Z")] = ""
    daily: Whole = 1000
    backlog: bool = False


ArchiveName = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,40}\Z")]


class ArchiveSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings for archive files, and for witnesses of the archive's log."""

    enabled: bool = True
    """Archive server responses in HOME/archive, as WARC files."""
    attachments: bool = True
    """Archive the attachments of releases. `archive` in a source file overrides it."""
    attachment_text: AttachmentText = "text"
    """Text of archived attachments that is searched: `none`, `text` of documents, or `scans` for
    scanned documents, too, with tesseract. `attachment_text` in a source file overrides it."""
    images: bool = False
    """Archive the images of releases."""
    requisites: Requisites = "page"
    """Page requisites of new and changed releases that are archived: `none`; `page` for the style
    sheets, fonts, images and icons that a page refers to; `rendered` also for what the browser
    requested for pages with `render = true`. `archive = "none"` in a source file overrides it."""
    screenshots: bool = False
    """Archive a screenshot and a PDF of each new and changed release, with the system's Chromium.
    `archive = "none"` in a source file overrides it."""
    max_file: Bytes = 1_000_000_000
    """Maximum bytes of a WARC file before the next one begins; a file also ends after a day."""
    budget: BytesOrZero = 0
    """Maximum bytes of all WARC files. Beyond it, responses are no longer archived, and every visit
    reports this. 0 sets no limit."""
    target: Annotated[
        Annotated[str, msgspec.Meta(pattern=PLACE)],
        msgspec.Meta(
            description=(
                "A place in a bucket, `s3://bucket/prefix`, to which `communique run` copies "
                "finished archive files and the log every hour."
            )
        ),
    ] = ""
    retention: DaysOrZero = 0
    """Minimum age in days of records that `communique mirror prune` may delete; 0 keeps all
    records."""
    witnesses: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern=r"^([^\s+]+\+[0-9a-f]{8}\+\S+ )?\S.*$")], ...],
        msgspec.Meta(
            description=(
                "Witnesses that co-sign the log: their addresses, or folders (a path from "
                "HOME). Put a witness's key and a space in front if it does not publish the "
                "key."
            )
        ),
    ] = ()
    witnessed: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern=r"^\S")], ...],
        msgspec.Meta(
            description=(
                "Other logs that `communique run` co-signs every hour as their witness: "
                "addresses of sites, or folders."
            )
        ),
    ] = ()
    timestamp: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^(https?://\S+)?$")],
        msgspec.Meta(description="The address of a time-stamp authority (RFC 3161) for the log."),
    ] = ""
    deposits: Annotated[
        dict[ArchiveName, DepositSettings],
        msgspec.Meta(description="Archives that are asked to save each new version, by name."),
    ] = msgspec.field(default_factory=dict)
    instances: Annotated[
        tuple[Address, ...],
        msgspec.Meta(
            description="Sites of other Communique instances, whose copies are compared with ours."
        ),
    ] = ()
    web_archives: Annotated[
        tuple[Address, ...],
        msgspec.Meta(
            description="Web archives with a CDX server or TimeMaps, for the same comparison."
        ),
    ] = ()
