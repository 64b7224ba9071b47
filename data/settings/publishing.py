"""Settings for the site, buckets, the archive, alerts and logs."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from data.settings.service import MAX_BYTES, Bytes, BytesOrNone, DaysOrNone, Whole, WholeOrNone

MAIL_ADDRESS = (
    r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f-\U0010ffff]{1,64}"
    r"@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?"
)
"""Pattern that matches a mail address (RFC 5321) without comments and quoted parts."""

MIN_FEED_BYTES = 100_000
"""Minimum value of ``site.max_feed_bytes``, in bytes."""

PLACE = r"^(s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._/-]*)?)?\Z"
"""Pattern that matches the location of a bucket (name and prefix), or an empty string."""


class BucketSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings for access to the buckets of the site and the archive."""

    endpoint: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^(https?://[^\s/?#@]+/?)?\Z")],
        msgspec.Meta(
            description=(
                "The address of an S3 service, such as `https://s3.example`. The default is "
                "AWS in the region."
            )
        ),
    ] = ""
    region: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]*\Z")],
        msgspec.Meta(
            description="The region of the bucket. The default is AWS_REGION, or `us-east-1`."
        ),
    ] = ""
    access_key: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[!-~]*\Z")],
        msgspec.Meta(
            description=(
                "The access key. The default is AWS_ACCESS_KEY_ID, or the machine's own "
                "credentials."
            )
        ),
    ] = ""
    secret_key: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[!-~]*\Z")],
        msgspec.Meta(
            description=(
                "The secret key. The default is AWS_SECRET_ACCESS_KEY, or the machine's own "
                "credentials."
            )
        ),
    ] = ""
    secret_key_file: Annotated[
        str,
        msgspec.Meta(description="A file with the secret key (a path from HOME)."),
    ] = ""


class SiteSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings for the published site."""

    title: Annotated[
        str, msgspec.Meta(description="The name of the site, on its pages and feeds.")
    ] = "Communique"
    url: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$")],
        msgspec.Meta(
            description=(
                "The public address of the site, such as `https://press.example`, as feeds "
                "name it. The default is the web server's address."
            )
        ),
    ] = "http://127.0.0.1:8080"
    entries: Annotated[
        Whole,
        msgspec.Meta(
            description=(
                "Minimum number of releases in a feed, newest first. A feed has up to half as "
                "many more; older releases are on its archive pages."
            )
        ),
    ] = 100
    max_feed_bytes: Annotated[
        Annotated[int, msgspec.Meta(ge=MIN_FEED_BYTES, le=MAX_BYTES)],
        msgspec.Meta(
            description=(
                "Maximum size of one feed document, 100000 bytes or more. Entries that do not "
                "fit keep a summary and a link to the full text, the largest first."
            )
        ),
    ] = 5_000_000
    target: Annotated[
        Annotated[str, msgspec.Meta(pattern=PLACE)],
        msgspec.Meta(
            description=(
                "A place in a bucket, `s3://bucket/prefix`, to which the site is also "
                "published, and from which web nodes serve it. The default is HOME/site only."
            )
        ),
    ] = ""
    language: Annotated[
        Literal["en", "az"],
        msgspec.Meta(
            description=(
                "The language of pages, topic names and dates: `en` for English, `az` for "
                "Azerbaijani. Reasons of health, API explanations, errors and the operator's "
                "room are in English."
            )
        ),
    ] = "en"
    hub: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^(own|https?://[^\s/?#@]+([/?]\S*)?)?$")],
        msgspec.Meta(
            description=(
                "The address of a WebSub hub. Feeds name it, and it is notified of changes. "
                "`own` makes this site its own hub."
            )
        ),
    ] = ""
    access: Annotated[
        Literal["open", "token"],
        msgspec.Meta(
            description=(
                "Who may read the site: `open` for everyone who reaches the web server, "
                "`token` for clients with a token (`communique token new`)."
            )
        ),
    ] = "open"
    api_rate: Annotated[
        WholeOrNone,
        msgspec.Meta(
            description=(
                "Maximum number of costly requests per minute and address: `/api/`, searches, "
                "pages of the past, feeds on demand, missing pages. This machine may send ten "
                "times as many. 0 sets no limit."
            )
        ),
    ] = 600
    connections: Annotated[
        WholeOrNone,
        msgspec.Meta(
            description=(
                "Maximum number of open connections per address. This machine and trusted "
                "proxies have no limit. 0 sets no limit."
            )
        ),
    ] = 100
    proxies: Annotated[
        tuple[str, ...],
        msgspec.Meta(
            description=(
                "Addresses or networks of trusted proxies on other machines. In "
                "`X-Forwarded-For`, only the last address counts, and only if a trusted proxy "
                "or one on this machine added it."
            )
        ),
    ] = ()
    host: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[!-~]+\Z")],
        msgspec.Meta(description="The address on which the web server listens."),
    ] = "127.0.0.1"
    port: Annotated[
        Annotated[int, msgspec.Meta(ge=0, le=65535)],
        msgspec.Meta(
            description=(
                "The port on which the web server listens, up to 65535; 0 selects a free port."
            )
        ),
    ] = 8080


class ArchiveSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings for archive files, and for witnesses of the archive's log."""

    enabled: Annotated[
        bool,
        msgspec.Meta(description="Archive server responses in HOME/archive, as WARC files."),
    ] = True
    attachments: Annotated[
        bool,
        msgspec.Meta(
            description=(
                "Archive the attachments of releases. `archive` in a source file overrides it."
            )
        ),
    ] = True
    images: Annotated[bool, msgspec.Meta(description="Archive the images of releases.")] = False
    max_file: Annotated[
        Bytes,
        msgspec.Meta(
            description=(
                "Maximum bytes of a WARC file before the next one begins; a file also ends "
                "after a day."
            )
        ),
    ] = 1_000_000_000
    budget: Annotated[
        BytesOrNone,
        msgspec.Meta(
            description=(
                "Maximum bytes of all WARC files. Beyond it, responses are no longer "
                "archived, and every visit reports this. 0 sets no limit."
            )
        ),
    ] = 0
    target: Annotated[
        Annotated[str, msgspec.Meta(pattern=PLACE)],
        msgspec.Meta(
            description=(
                "A place in a bucket, `s3://bucket/prefix`, to which `communique run` copies "
                "finished archive files and the log every hour."
            )
        ),
    ] = ""
    retention: Annotated[
        DaysOrNone,
        msgspec.Meta(
            description=(
                "Minimum age in days of records that `communique mirror prune` may delete; 0 "
                "keeps all records."
            )
        ),
    ] = 0
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


class Alerts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings for the mail server of alerts, and for the operator, who needs no watch."""

    operator: Annotated[
        Annotated[str, msgspec.Meta(pattern=rf"^({MAIL_ADDRESS})?\Z")],
        msgspec.Meta(
            description=(
                "A mail address that is notified when a source stops working or works again, "
                "without any watch."
            )
        ),
    ] = ""
    smtp_host: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[!-~]*\Z")],
        msgspec.Meta(description="The mail server for alerts; it may have a private address."),
    ] = ""
    smtp_port: Annotated[
        Annotated[int, msgspec.Meta(ge=1, le=65535)],
        msgspec.Meta(description="The port of the mail server, up to 65535."),
    ] = 587
    smtp_tls: Annotated[
        Literal["starttls", "tls", "none"],
        msgspec.Meta(
            description=(
                "Encryption of the connection: `starttls`, `tls` (usually port 465), or "
                "`none` for a server on this machine."
            )
        ),
    ] = "starttls"
    smtp_user: Annotated[
        str, msgspec.Meta(description="The user name at the mail server; empty for no login.")
    ] = ""
    smtp_password: Annotated[str, msgspec.Meta(description="The password of that user.")] = ""
    smtp_password_file: Annotated[
        str,
        msgspec.Meta(description="A file with the password (a path from HOME)."),
    ] = ""
    sender: Annotated[
        Annotated[str, msgspec.Meta(pattern=rf"^({MAIL_ADDRESS})?\Z")],
        msgspec.Meta(description="The sender address of alert mails."),
    ] = ""


class Log(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings for the format and level of logs."""

    format: Annotated[
        Literal["logfmt", "json"],
        msgspec.Meta(
            description=(
                "The format of log lines: `logfmt`, or `json` with one object per line. It "
                "applies to `run`, `serve` and `publish`, and to HOME/crawl.log, where their "
                "child processes log."
            )
        ),
    ] = "logfmt"
    level: Annotated[
        Literal["info", "warning", "error"],
        msgspec.Meta(
            description=(
                "Minimum level of log events: `info` for all, `warning` for possible faults, "
                "`error` for faults. Child processes and libraries log less."
            )
        ),
    ] = "info"
