"""Where what is collected is shown, told and kept for others."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from data.settings.numbers import MOST_BYTES, Bytes, BytesOrNone, DaysOrNone, Whole, WholeOrNone

MAIL_ADDRESS = (
    r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f-\U0010ffff]{1,64}"
    r"@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?"
)
"""A mail address as mail servers take it (RFC 5321), without comments and quotation marks."""

MIN_FEED_BYTES = 100_000
"""Minimum of ``site.max_feed_bytes``, in bytes."""

PLACE = r"^(s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._/-]*)?)?\Z"
"""A place in a bucket: its name, as S3 allows them, and a prefix."""


class Bucket(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How buckets are reached in which the site and the archive may lie."""

    endpoint: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^(https?://[^\s/?#@]+/?)?\Z")],
        msgspec.Meta(
            description="The address of the store that speaks S3, such as `https://s3.example`; "
            "left out, it is that of AWS in the region."
        ),
    ] = ""
    region: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]*\Z")],
        msgspec.Meta(
            description="The region of the bucket; left out, what AWS_REGION says, or `us-east-1`."
        ),
    ] = ""
    access_key: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[!-~]*\Z")],
        msgspec.Meta(
            description="The key to the bucket; left out, what AWS_ACCESS_KEY_ID says, or the "
            "machine is given."
        ),
    ] = ""
    secret_key: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[!-~]*\Z")],
        msgspec.Meta(
            description="Its secret; left out, what AWS_SECRET_ACCESS_KEY says, or the machine is "
            "given."
        ),
    ] = ""
    secret_key_file: Annotated[
        str,
        msgspec.Meta(description="The file that holds this secret instead (a path from HOME)."),
    ] = ""


class Site(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The published site."""

    title: Annotated[
        str, msgspec.Meta(description="The name of the site, on its pages and feeds.")
    ] = "Communique"
    url: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$")],
        msgspec.Meta(
            description="The public address of the site, such as `https://press.example`, as "
            "readers reach it; feeds name it. Left out, it is where the web server listens."
        ),
    ] = "http://127.0.0.1:8080"
    entries: Annotated[
        Whole,
        msgspec.Meta(
            description="Releases in a feed, newest first: so many at least, and up to half as "
            "many more; older ones are on its archive pages."
        ),
    ] = 100
    max_feed_bytes: Annotated[
        Annotated[int, msgspec.Meta(ge=MIN_FEED_BYTES, le=MOST_BYTES)],
        msgspec.Meta(
            description="Maximum size of one feed document, 100000 bytes or more. Entries that do "
            "not fit keep a summary and a link to the full text, the largest first."
        ),
    ] = 5_000_000
    target: Annotated[
        Annotated[str, msgspec.Meta(pattern=PLACE)],
        msgspec.Meta(
            description="A place in a bucket, `s3://bucket/prefix`, to which the site is published "
            "too, and from which web nodes serve it; left out, it is HOME/site alone."
        ),
    ] = ""
    language: Annotated[
        Literal["en", "az"],
        msgspec.Meta(
            description="The language of pages, of the names of topics and of dates: `en` for "
            "English, `az` for Azerbaijani. Reasons of health, explanations of the API, errors and "
            "the operator's room are English."
        ),
    ] = "en"
    hub: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^(own|https?://[^\s/?#@]+([/?]\S*)?)?$")],
        msgspec.Meta(
            description="The address of a WebSub hub that feeds name and that is told of changes; "
            "`own` makes this site its own hub."
        ),
    ] = ""
    access: Annotated[
        Literal["open", "token"],
        msgspec.Meta(
            description="Who may read the site: `open` is everybody who reaches the web server, "
            "`token` those with a token (`communique token new`)."
        ),
    ] = "open"
    api_rate: Annotated[
        WholeOrNone,
        msgspec.Meta(
            description="Requests per minute from one address that cost more than a lookup: "
            "`/api/`, searches, pages of the past, feeds on demand, missing pages. This machine "
            "may send ten times as many. 0 sets no limit."
        ),
    ] = 600
    connections: Annotated[
        WholeOrNone,
        msgspec.Meta(
            description="Connections that one address may have open at once, of this machine and "
            "of proxies as many as there are. 0 sets no bound."
        ),
    ] = 100
    proxies: Annotated[
        tuple[str, ...],
        msgspec.Meta(
            description="Addresses or networks of proxies on other machines. Of `X-Forwarded-For` "
            "only the last address counts that such a proxy, or one on this machine, appended."
        ),
    ] = ()
    host: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[!-~]+\Z")],
        msgspec.Meta(description="The address that the web server listens on."),
    ] = "127.0.0.1"
    port: Annotated[
        Annotated[int, msgspec.Meta(ge=0, le=65535)],
        msgspec.Meta(
            description="The port that the web server listens on, up to 65535; 0 takes a free one."
        ),
    ] = 8080


class Archive(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is kept of what servers answered, and by whom its log is witnessed."""

    enabled: Annotated[
        bool,
        msgspec.Meta(description="Keep what servers answer in HOME/archive, as WARC files."),
    ] = True
    attachments: Annotated[
        bool,
        msgspec.Meta(
            description="Keep the attachments of releases too; `archive` in a source file says "
            "otherwise for one source."
        ),
    ] = True
    images: Annotated[bool, msgspec.Meta(description="Keep the images of releases too.")] = False
    max_file: Annotated[
        Bytes,
        msgspec.Meta(
            description="Bytes after which a WARC file is full and another one begins; one that is "
            "a day old is full too."
        ),
    ] = 1_000_000_000
    budget: Annotated[
        BytesOrNone,
        msgspec.Meta(
            description="Bytes of WARC files beyond which no answer is kept any more, which "
            "every visit then tells; 0 sets no bound."
        ),
    ] = 0
    target: Annotated[
        Annotated[str, msgspec.Meta(pattern=PLACE)],
        msgspec.Meta(
            description="A place in a bucket, `s3://bucket/prefix`, to which `communique run` "
            "copies the finished files of the archive and its log every hour."
        ),
    ] = ""
    retention: Annotated[
        DaysOrNone,
        msgspec.Meta(
            description="Days for which `communique mirror prune` leaves records alone; 0 is for "
            "ever."
        ),
    ] = 0
    witnesses: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern=r"^([^\s+]+\+[0-9a-f]{8}\+\S+ )?\S.*$")], ...],
        msgspec.Meta(
            description="Witnesses that are asked to sign the log too: the address of each, or its "
            "folder (a path from HOME), with its key and a space before it where it publishes none."
        ),
    ] = ()
    witnessed: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern=r"^\S")], ...],
        msgspec.Meta(
            description="Logs of others that `communique run` signs every hour, as their witness: "
            "the address of the site of each, or a folder."
        ),
    ] = ()
    timestamp: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^(https?://\S+)?$")],
        msgspec.Meta(
            description="The address of a time-stamp authority (RFC 3161) that is asked to date "
            "the log."
        ),
    ] = ""


class Alerts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """By which mail server watches tell by mail, and who is told without one."""

    operator: Annotated[
        Annotated[str, msgspec.Meta(pattern=rf"^({MAIL_ADDRESS})?\Z")],
        msgspec.Meta(
            description="A mail address that is told where a source stops working, and when it "
            "works again, without any watch."
        ),
    ] = ""
    smtp_host: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[!-~]*\Z")],
        msgspec.Meta(
            description="The mail server that takes what watches send by mail; it may have a "
            "private address."
        ),
    ] = ""
    smtp_port: Annotated[
        Annotated[int, msgspec.Meta(ge=1, le=65535)],
        msgspec.Meta(description="Its port, up to 65535."),
    ] = 587
    smtp_tls: Annotated[
        Literal["starttls", "tls", "none"],
        msgspec.Meta(
            description="How the connection is encrypted: `starttls` after its beginning, `tls` "
            "from it on (port 465, most often), `none` for a server on this machine."
        ),
    ] = "starttls"
    smtp_user: Annotated[
        str, msgspec.Meta(description="The user to log in as; empty, nobody logs in.")
    ] = ""
    smtp_password: Annotated[str, msgspec.Meta(description="The password of that user.")] = ""
    smtp_password_file: Annotated[
        str,
        msgspec.Meta(
            description="The file that holds this password instead, so that this one holds no "
            "secret (a path from HOME)."
        ),
    ] = ""
    sender: Annotated[
        Annotated[str, msgspec.Meta(pattern=rf"^({MAIL_ADDRESS})?\Z")],
        msgspec.Meta(description="The address that mail comes from."),
    ] = ""


class Log(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How is told what happens."""

    format: Annotated[
        Literal["logfmt", "json"],
        msgspec.Meta(
            description="How `run`, `serve` and `publish` write a line about each event, and their "
            "children into HOME/crawl.log: `logfmt`, or `json` with one object a line."
        ),
    ] = "logfmt"
    level: Annotated[
        Literal["info", "warning", "error"],
        msgspec.Meta(
            description="What is told: `info` is all, `warning` what may be wrong, `error` what "
            "is. Of children and of libraries less is told."
        ),
    ] = "info"
